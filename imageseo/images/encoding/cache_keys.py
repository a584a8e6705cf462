"""Compute the cache key of a variant: a hash of everything that can change its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from imageseo.images.decoding import content_type
from imageseo.images.encoding.profiles import EncodingPolicy
from imageseo.images.encoding.tasks import conversion_key, is_whole_file, load_resizer
from imageseo.images.encoding.tuner import Tuner
from imageseo.images.metadata.rights import xmp_packet
from imageseo.model.errors import ImageseoError, SettingsError
from imageseo.model.image import Asset, Rights, VariantSpec
from imageseo.model.protocols import Codec, Metric, Store

if TYPE_CHECKING:
    from imageseo.images.encoding.jobs import Jobs


class Prefetch(Protocol):
    """Has the store look up many keys at once, which costs less where it is on another machine."""

    def __call__(self, keys: Iterable[str], *, counted: bool = True) -> None:
        """``counted``: keys without an entry are counted in what the build reports."""


@dataclass(slots=True, kw_only=True)
class CacheKeys:
    """Compute cache keys under any policy; each policy has a tuner, which contributes to the keys of tuned variants."""

    store: Store
    codecs: Mapping[str, Codec]
    metric: Metric | None
    _tuners: dict[int, Tuner] = field(default_factory=dict)
    _versions: dict[tuple[str, str], str] = field(default_factory=dict)

    def variant_key(self, spec: VariantSpec, asset: Asset, policy: EncodingPolicy) -> str:
        """Return the key of a variant of an asset."""
        xmp = rights_xmp(asset.rights, spec.source if spec.in_place else None)
        return self._hash(
            spec,
            conversion_key(asset, spec, policy) if is_whole_file(asset, spec) else self._encoding_key(spec, policy),
            xmp,
        )

    def prefetch(
        self, specs: Iterable[VariantSpec], jobs: Jobs, policies: Iterable[EncodingPolicy], prefetch: Prefetch
    ) -> None:
        """Prefetch the variants of specs, and for sources that lack one, what is known about their pixels."""
        left = list(specs)
        for policy in policies:
            keys = {spec: self.variant_key(spec, jobs[spec.source][1], policy) for spec in left}
            prefetch(keys.values())
            left = [spec for spec in left if self.store.find(keys[spec]) is None]
            formats: dict[str, dict[str, None]] = {}
            for spec in left:
                formats.setdefault(spec.source, {})[spec.format] = None
            tuner = self.tuner(policy)
            about = (tuner.search_keys(jobs[source][1], tuned) for source, tuned in formats.items())
            prefetch((key for keys_of_source in about for key in keys_of_source), counted=False)

    def quality_key(self, spec: VariantSpec, asset: Asset, policy: EncodingPolicy) -> str:
        """Return the key of the quality with which a variant was encoded."""
        return hashlib.sha256(f"quality of {self.variant_key(spec, asset, policy)}".encode()).hexdigest()

    def master_key(self, spec: VariantSpec, policy: EncodingPolicy, xmp: bytes) -> str:
        """Return the key of a published master."""
        return self._hash(spec, self._encoding_key(spec, policy), xmp)

    def tuner(self, policy: EncodingPolicy) -> Tuner:
        """Return the tuner for a policy."""
        if id(policy) not in self._tuners:
            self._tuners[id(policy)] = Tuner(
                store=self.store,
                codecs=self.codecs,
                policy=policy,
                metric=self.metric,
                resizer_version=load_resizer(policy.resizer).version(),
            )
        return self._tuners[id(policy)]

    def _hash(self, spec: VariantSpec, encoding: str, xmp: bytes) -> str:
        parts = (spec.source, f"{spec.width}x{spec.height}", encoding, hashlib.sha256(xmp).hexdigest() if xmp else "")
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _encoding_key(self, spec: VariantSpec, policy: EncodingPolicy) -> str:
        settings = policy.way(spec.format)
        quality = settings.quality if spec.quality is None else spec.quality
        goal = f"quality {quality}" if quality is not None else self.tuner(policy).target_key(spec.format)
        if quality is None and spec.ceiling is not None:
            goal += f"\nhero {settings.hero_target} up to {spec.ceiling} bytes"
        effort = settings.effort if settings.text_effort is None else f"{settings.effort}, text {settings.text_effort}"
        if settings.wide_effort is not None:
            effort = f"{effort}, wide {settings.wide_effort}"
        return f"{goal}\neffort {effort}\n{self._version(spec.format, policy.resizer)}"

    def _version(self, codec: str, resizer: str) -> str:
        if (codec, resizer) not in self._versions:
            try:
                version = self.codecs[codec].version()
            except ImageseoError:
                raise
            except Exception as error:  # a library built without the codec may raise any exception
                raise codec_unavailable(codec, error) from error
            self._versions[codec, resizer] = (
                f"{codec} {version}\n{load_resizer(resizer).version()}\n{content_type.VERSION}"
            )
        return self._versions[codec, resizer]


@lru_cache(maxsize=4096)
def rights_xmp(rights: Rights, original: str | None = None) -> bytes:
    """Return ``xmp_packet``, cached for all variants of a source file."""
    return xmp_packet(rights, original=original)


def codec_unavailable(format: str, error: Exception) -> SettingsError:
    """Return the error for a codec that does not work on this machine."""
    return SettingsError(
        (f"formats: {format} cannot be encoded on this machine ({type(error).__name__}: {error})",),
        hint=f"`pip install --force-reinstall pillow` installs encoders for all formats; or remove {format} from "
        "`formats`. `imageseo doctor` lists the available encoders.",
    )
