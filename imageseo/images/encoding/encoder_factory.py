"""Make the encoder of a build from the settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from imageseo.config.settings import Settings
from imageseo.images.encoding import profiles
from imageseo.images.encoding.cache_keys import Prefetch
from imageseo.images.encoding.encoder import Encoder
from imageseo.images.encoding.factory import codecs, metrics, policy
from imageseo.images.encoding.postponed import Postponed
from imageseo.images.encoding.spare_worker import SpareWorker
from imageseo.images.encoding.tasks import EncodeJob, Engine, Outcomes
from imageseo.model.protocols import Codec, Metric, Store

if TYPE_CHECKING:
    from imageseo.images.credentials.signer import Signer
    from imageseo.images.encoding.isolation import Cancellation


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderFactory:
    """What the settings define about encoding. ``policies``: the first one encodes, the variants of others are used."""

    settings: Settings
    project: Path
    codecs: Mapping[str, Codec]
    policies: Sequence[profiles.EncodingPolicy]
    metric: Metric | None
    signer: Signer | None = None

    @classmethod
    def of(cls, settings: Settings, project: Path, accepts: Iterable[profiles.Profile] = ()) -> EncoderFactory:
        """``accepts``: profiles whose variants are used if the store has them already. Raises SettingsError."""
        encoders = codecs((*settings.formats, settings.img_format, "jpeg"), settings.encode)
        policies = [policy(settings), *(policy(settings, profile) for profile in accepts)]
        metric = metrics(settings.encode.metric) if any(each.tunes for each in policies) else None
        return cls(
            settings=settings,
            project=project,
            codecs=encoders,
            policies=policies,
            metric=metric,
            signer=_signer(settings, project),
        )

    def encoder(
        self,
        store: Store,
        executor: Executor,
        *,
        workers: int,
        postponed: Postponed | None = None,
        cancellation: Cancellation | None = None,
        spare: SpareWorker | None = None,
        prefetch: Prefetch | None = None,
    ) -> Encoder:
        """Return an encoder. ``postponed``: it encodes nothing. ``cancellation``: it works in the background.

        ``spare``: a process to encode in. ``prefetch``: as in ``Encoder``.
        """
        isolated = self.settings.encode.isolate or cancellation is not None
        make: Callable[..., Encoder] = Encoder
        if self.signer is not None:
            from imageseo.images.encoding.signing_encoder import SigningEncoder  # few sites sign files

            make = partial(SigningEncoder, signer=self.signer)
        return make(
            store,
            self.codecs,
            executor,
            self.policies[0],
            workers=workers,
            metric=self.metric,
            accepts=self.policies[1:],
            engine=self._engine(workers, store, cancellation, spare) if isolated else None,
            postponed=postponed,
            prefetch=prefetch,
        )

    def _engine(
        self, workers: int, store: Store, cancellation: Cancellation | None, spare: SpareWorker | None
    ) -> Engine:
        def engine(sources: Sequence[EncodeJob]) -> Outcomes:
            from imageseo.images.encoding.isolation import WorkerEngine  # not needed by a build without new variants

            return WorkerEngine(
                settings=self.settings,
                project=self.project,
                workers=workers,
                store=store,
                cancellation=cancellation,
                spare=spare,
            )(sources)

        return engine


def _signer(settings: Settings, project: Path) -> Signer | None:
    """Return what signs published files. Raises SettingsError for a certificate that cannot sign now."""
    if settings.c2pa.certificate is None:
        return None
    from imageseo.images.credentials.identity import load_identity
    from imageseo.images.credentials.signer import Signer

    identity = load_identity(settings.c2pa, project)
    return None if identity is None else Signer(identity)
