"""What encoders are fitted out with, by the settings: leaves by name, the store, the policy, the tuner."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import cast

from imageseo.config.plugins import load_plugin, plugin_loaders
from imageseo.config.settings import EncodeSettings, Settings
from imageseo.images.encoding import profiles
from imageseo.images.encoding.tasks import load_resizer
from imageseo.images.encoding.tuner import Tuner
from imageseo.model.protocols import Codec, Metric, Store
from imageseo.storage.store import FolderStore


def codecs(names: Iterable[str] | None = None, settings: EncodeSettings | None = None) -> dict[str, Codec]:
    """The codecs of these formats, each by the encoder that is set; without names all that need no extra."""
    chosen = {"avif": "avif_svt"} if settings is not None and settings.avif_encoder == "svt" else {}
    wanted = names or sorted(plugin_loaders("imageseo.codecs").keys() - {"avif_svt"})
    return {name: cast("Codec", load_plugin("imageseo.codecs", chosen.get(name, name)).CODEC) for name in wanted}


def metrics(name: str) -> Metric:
    """The metric that is set."""
    return cast("Metric", load_plugin("imageseo.metrics", {"numpy": "ssimulacra2"}.get(name, name)).METRIC)


def store(settings: Settings, project: Path) -> FolderStore:
    """The variant store of a project; nothing is made on disk before something is kept."""
    return FolderStore(project / settings.cache_dir)


def policy(settings: Settings, profile: profiles.Profile | None = None) -> profiles.EncodingPolicy:
    """What the settings make of encoding, in their profile or in another one."""
    chosen = profile or settings.profile
    return profiles.policy(
        chosen,
        encode=settings.encode,
        quality=settings.quality,
        target=settings.target,
        recompress=settings.fallback == "recompress",
    )


def tuner(settings: Settings, known: Store) -> Tuner:
    """What a process needs to know that only encodes. ``known``: what was found out before."""
    how = policy(settings)
    return Tuner(
        store=known,
        codecs=codecs((*settings.formats, "jpeg"), settings.encode),
        policy=how,
        metric=metrics(settings.encode.metric) if how.tunes else None,
        pixels=load_resizer(how.resizer).version(),
    )
