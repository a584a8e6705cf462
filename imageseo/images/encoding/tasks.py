"""What encoders are asked for and what comes back: sources opened once, variants made of their images."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseo.images.encoding.profiles import CodecSettings, EncodingPolicy
from imageseo.images.encoding.quality_search import is_out_of_memory
from imageseo.images.encoding.tuner import Size, sizes
from imageseo.model.image import Asset, ContentType, VariantSpec
from imageseo.model.protocols import Codec

if TYPE_CHECKING:
    from PIL.Image import Image

_DECODE = {"webp": 18, "avif": 16}
"""Bytes a pixel while decoding and shrinking: the image, the decoder's planes or coefficients, one conversion."""
_DECODE_OTHER = 12
_USUAL = 71.0
HELD = 4
"""Bytes a pixel of an image that waits to be encoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodeJob:
    """One file to decode once, and what to make of it.

    ``xmp``: to write into every variant; ``mark``: into a file that takes the source's own place.
    """

    path: Path
    asset: Asset
    specs: tuple[VariantSpec, ...]
    xmp: bytes = b""
    mark: bytes = b""

    @property
    def memory(self) -> int:
        """Bytes while it is decoded, estimated."""
        pixels = self.asset.width * self.asset.height
        return pixels * _DECODE.get(self.asset.format, _DECODE_OTHER) + self.asset.bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedVariant:
    """A variant's bytes."""

    spec: VariantSpec
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodeFailure:
    """Why one spec, or with ``spec`` None all of a source, could not be made.

    ``starved``: for want of memory; ``declined``: nothing is wrong, it is just not to be had or gains nothing ("").
    """

    source: EncodeJob
    problem: str
    spec: VariantSpec | None = None
    starved: bool = False
    declined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedSource:
    """A source's images by size, and what it is."""

    images: dict[Size, Image]
    kind: ContentType


Outcomes = Iterator[EncodedVariant | EncodeFailure]
Engine = Callable[[Sequence[EncodeJob]], Outcomes]
"""Makes what is asked of sources: ``work_through`` with all it needs, here or in another process. Raises EngineAbsent
before the first outcome when it cannot begin on this machine.
"""


class EngineUnavailable(Exception):
    """The engine cannot run here; another one may."""


class NotWorthwhile(ValueError):
    """Why a spec is not to be had of a file that nothing is wrong with."""


def open_source(source: EncodeJob, policy: EncodingPolicy) -> DecodedSource:
    """The images to encode and to search with. Raises ValueError when the file is not the one that was probed, else as
    Pillow does.
    """
    from imageseo.images.decoding.content_type import classify

    data = _read(source)
    seen: list[ContentType] = []
    wanted = dict.fromkeys((spec.width, spec.height) for spec in source.specs if not is_whole_file(source.asset, spec))
    wanted.update(dict.fromkeys(sizes(source.asset, source.specs, policy)))
    images = load_resizer(policy.resizer).render(
        data, source.asset.format, source.asset.orientation, wanted, look=lambda whole: seen.append(classify(whole))
    )
    return DecodedSource(images=images, kind=seen[0])


def is_whole_file(asset: Asset, spec: VariantSpec) -> bool:
    """Whether a spec is made of the file as a whole, and not of an image at its size: animations, a PNG's pixels."""
    return asset.frames > 1 or (spec.in_place and spec.format == "png")


def convert_file(source: EncodeJob, spec: VariantSpec, policy: EncodingPolicy) -> bytes:
    """Such a spec; b"" where that gains nothing. Raises Declined, else as Pillow does for a damaged file."""
    data = _read(source)
    if source.asset.frames == 1:
        from imageseo.images.encoding import png_optimizer as repack

        return repack.png(data, source.asset.orientation, xmp=source.mark)
    from imageseo.images.encoding import animation as motion

    quality, speed = motion_way(spec, policy)
    try:
        made = motion.convert(
            data,
            source.asset.format,
            formats=(spec.format,),
            quality=quality,
            speed=speed,
            max_pixels=policy.max_pixels,
            xmp=source.xmp,
        )
    except motion.Unfit as error:
        raise NotWorthwhile(str(error)) from error
    return made.get(spec.format, b"")


def conversion_key(asset: Asset, spec: VariantSpec, policy: EncodingPolicy) -> str:
    """All that such a spec's bytes follow from, besides file and metadata."""
    if asset.frames == 1:
        from imageseo.images.encoding import png_optimizer as repack

        return f"{spec.format} {repack.version()}"
    from imageseo.images.encoding import animation as motion

    quality, speed = motion_way(spec, policy)
    return f"{spec.format} quality {quality} speed {speed} at most {policy.max_pixels} px {motion.version()}"


def motion_way(spec: VariantSpec, policy: EncodingPolicy) -> tuple[int, int]:
    """Quality and speed as ``motion.convert`` takes them. Nothing is searched: frames follow each other too fast."""
    way = policy.way(spec.format)
    fixed = way.quality if spec.quality is None else spec.quality
    if fixed is None:
        # What a still of the usual target has; a point of AVIF's quality is worth 0.8 of score.
        fixed = round(60 + ((way.target or _USUAL) - _USUAL) / 0.8)
    elif spec.format == "webp":
        fixed -= 15
    return min(100, max(1, fixed)), max(8, way.effort or 0) if spec.format == "avif" else 8


def _read(source: EncodeJob) -> bytes:
    data = source.path.read_bytes()
    if hashlib.sha256(data).hexdigest() != source.asset.sha256:
        # Its variants would lie in the store under another file's key.
        raise ValueError("the file changed during the build")
    return data


def load_resizer(resizer: str) -> Any:
    """The module that makes sizes: ``render`` and ``version`` of imageseo.images.resizers.pillow, or of one like it."""
    return import_module(f"imageseo.images.resizers.{resizer}")


def encode_one(
    codec: Codec, image: Image, attempts: Iterable[tuple[str, int]], way: CodecSettings, xmp: bytes
) -> bytes:
    """One variant: the smallest of its codings, the first of equals.

    Works on copies: Pillow keeps a save's settings on the image, and formats share one.
    """
    made = (
        codec.encode(image.copy(), quality=quality, effort=way.effort, xmp=xmp or None, coding=coding)
        for coding, quality in attempts
    )
    return min(made, key=len)


def failure_of(source: EncodeJob, error: Exception, spec: VariantSpec | None = None) -> EncodeFailure:
    """What an error of a decoder or encoder means for a source, or one spec of it."""
    words = f"{error}" if isinstance(error, (OSError, ValueError)) else f"{type(error).__name__}: {error}"
    if isinstance(error, NotWorthwhile):
        return declined_spec(source, spec, words)
    if is_out_of_memory(error):
        words = "it takes more memory than the build may have"
    return EncodeFailure(source=source, spec=spec, problem=words, starved=is_out_of_memory(error))


def declined_spec(source: EncodeJob, spec: VariantSpec | None, words: str = "") -> EncodeFailure:
    """A spec that is not to be had of this file; no words: it would gain nothing."""
    return EncodeFailure(source=source, spec=spec, problem=words, declined=True)
