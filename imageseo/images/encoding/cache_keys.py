"""The store's key of a variant: everything that may change its bytes, hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from imageseo.images.decoding import content_type
from imageseo.images.encoding.profiles import EncodingPolicy
from imageseo.images.encoding.tasks import conversion_key, is_whole_file, load_resizer
from imageseo.images.encoding.tuner import Tuner
from imageseo.images.metadata.rights import xmp_packet
from imageseo.model.errors import ImageseoError, SettingsError
from imageseo.model.image import Asset, Rights, VariantSpec
from imageseo.model.protocols import Codec, Metric, Store


@dataclass(slots=True, kw_only=True)
class CacheKeys:
    """Keys under one policy or another; each has its tuner, which has a say in what is tuned."""

    store: Store
    codecs: Mapping[str, Codec]
    metric: Metric | None
    _tuners: dict[int, Tuner] = field(default_factory=dict)
    _versions: dict[tuple[str, str], str] = field(default_factory=dict)

    def of(self, spec: VariantSpec, asset: Asset, policy: EncodingPolicy) -> str:
        """The key of a variant of an asset."""
        xmp = rights_xmp(asset.rights, spec.source if spec.in_place else None)
        return self._of(
            spec, conversion_key(asset, spec, policy) if is_whole_file(asset, spec) else self._way(spec, policy), xmp
        )

    def of_master(self, spec: VariantSpec, policy: EncodingPolicy, xmp: bytes) -> str:
        """The key of a master as it is published."""
        return self._of(spec, self._way(spec, policy), xmp)

    def tuner(self, policy: EncodingPolicy) -> Tuner:
        """Who finds the qualities under a policy."""
        if id(policy) not in self._tuners:
            self._tuners[id(policy)] = Tuner(
                store=self.store,
                codecs=self.codecs,
                policy=policy,
                metric=self.metric,
                pixels=load_resizer(policy.resizer).version(),
            )
        return self._tuners[id(policy)]

    def _of(self, spec: VariantSpec, way: str, xmp: bytes) -> str:
        parts = (spec.source, f"{spec.width}x{spec.height}", way, hashlib.sha256(xmp).hexdigest() if xmp else "")
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _way(self, spec: VariantSpec, policy: EncodingPolicy) -> str:
        way = policy.way(spec.format)
        quality = way.quality if spec.quality is None else spec.quality
        aim = f"quality {quality}" if quality is not None else self.tuner(policy).aim(spec.format)
        return f"{aim}\neffort {way.effort}\n{self._version(spec.format, policy.resizer)}"

    def _version(self, codec: str, resizer: str) -> str:
        if (codec, resizer) not in self._versions:
            try:
                said = self.codecs[codec].version()
            except ImageseoError:
                raise
            except Exception as error:  # as a library may fail that was built without it
                raise codec_unavailable(codec, error) from error
            self._versions[codec, resizer] = (
                f"{codec} {said}\n{load_resizer(resizer).version()}\n{content_type.VERSION}"
            )
        return self._versions[codec, resizer]


@lru_cache(maxsize=4096)
def rights_xmp(rights: Rights, original: str | None = None) -> bytes:
    """``provenance.packet``, made once for all variants of a source."""
    return xmp_packet(rights, original=original)


def codec_unavailable(format: str, error: Exception) -> SettingsError:
    """What a codec that this machine cannot run means for its user."""
    return SettingsError(
        (f"formats: {format} cannot be encoded on this machine ({type(error).__name__}: {error})",),
        hint=f"`pip install --force-reinstall pillow` brings encoders for all formats; or leave {format} out of "
        "`formats`. `imageseo doctor` shows what there is.",
    )
