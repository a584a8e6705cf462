"""Jobs and outcomes of encoding, and the tasks between them: decode a source file once, encode its variants."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseo.images.encoding.foreign import PluginFailure
from imageseo.images.encoding.profiles import EncodingPolicy
from imageseo.images.encoding.quality_model import probe_size
from imageseo.images.encoding.quality_search import is_out_of_memory
from imageseo.images.encoding.tuner import Size, needs_search
from imageseo.model import regular_file
from imageseo.model.image import Asset, ContentType, VariantSpec

if TYPE_CHECKING:
    from PIL.Image import Image

    from imageseo.images.decoding.content_type import Content

_DECODE = {"webp": 18, "avif": 16}
"""Bytes per pixel while decoding and shrinking: the image, the decoder's planes or coefficients, one conversion."""
_DECODE_OTHER = 12
_DEFAULT_TARGET = 71.0
BYTES_PER_PIXEL = 4
"""Memory of a decoded image that waits to be encoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodeJob:
    """A source file to decode once, and the variants to make of it.

    ``xmp``: written into every variant; ``in_place_xmp``: written into a file that replaces the source file.
    ``formats``: of all variants of the source file, also those that exist.
    """

    path: Path
    asset: Asset
    specs: tuple[VariantSpec, ...]
    xmp: bytes = b""
    in_place_xmp: bytes = b""
    formats: tuple[str, ...] = ()

    @property
    def memory(self) -> int:
        """Estimated bytes of memory while it is decoded."""
        pixels = self.asset.width * self.asset.height
        return pixels * _DECODE.get(self.asset.format, _DECODE_OTHER) + self.asset.bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedVariant:
    """A variant's bytes. ``quality``: the codec's own, if it was tuned; ``score``: what it reached, if known.

    ``seconds``: that encoding took, without decoding the source file and searching its quality.
    """

    spec: VariantSpec
    data: bytes
    quality: int | None = None
    score: float | None = None
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodeFailure:
    """The reason one spec, or with ``spec`` None all of a source file's specs, could not be encoded.

    ``out_of_memory``: memory was exhausted; ``plugin``: code of another package failed; ``declined``: not an error;
    unsupported or, if ``problem`` is "", no gain.
    """

    source: EncodeJob
    problem: str
    spec: VariantSpec | None = None
    out_of_memory: bool = False
    plugin: bool = False
    declined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedSource:
    """A source file's images by size, and what is known about its pixels."""

    images: dict[Size, Image]
    content: Content


Outcomes = Iterator[EncodedVariant | EncodeFailure]
Engine = Callable[[Sequence[EncodeJob]], Outcomes]
"""Encodes jobs: ``scheduler.run_jobs`` with its arguments, in this or another process.

Raises EngineUnavailable before the first outcome if it cannot start on this machine.
"""


class EngineUnavailable(Exception):
    """The engine cannot run on this machine; another one may."""


class NotWorthwhile(ValueError):
    """The reason a spec is not encoded although its source file is intact."""


def open_source(source: EncodeJob, policy: EncodingPolicy) -> DecodedSource:
    """Return the images to encode and to search with.

    Raises ValueError if the file changed since it was probed, and any exception that Pillow raises.
    """
    from imageseo.images.decoding.content_type import Content, classify, has_soft_alpha, is_mixed

    data = _read(source)
    kinds: list[ContentType] = []

    def inspect(image: Image) -> bool:
        kinds.append(classify(image))
        return kinds[0] is not ContentType.PHOTO

    sizes = dict.fromkeys((spec.width, spec.height) for spec in source.specs if not is_whole_file(source.asset, spec))
    probe = probe_size((source.asset.width, source.asset.height))
    if any(needs_search(spec, policy) for spec in source.specs):
        sizes[probe] = None
    images = load_resizer(policy.resizer).render(
        data, source.asset.format, source.asset.orientation, sizes, inspect=inspect
    )
    largest = max(images.values(), key=lambda image: image.width)
    mixed = probe in images and kinds[0] is not ContentType.PHOTO and is_mixed(images[probe])
    return DecodedSource(images=images, content=Content(kinds[0], has_soft_alpha(largest), mixed))


def is_whole_file(asset: Asset, spec: VariantSpec) -> bool:
    """Whether a spec is made from the whole file, not from an image at its size: animations, recompressed PNGs."""
    return asset.frames > 1 or (spec.in_place and spec.format == "png")


def convert_file(source: EncodeJob, spec: VariantSpec, policy: EncodingPolicy) -> bytes:
    """Make such a spec; b"" without gain. Raises NotWorthwhile, and Pillow's exceptions for a damaged file."""
    data = _read(source)
    if source.asset.frames == 1:
        from imageseo.images.encoding import png_optimizer

        return png_optimizer.optimize(data, source.asset.orientation, xmp=source.in_place_xmp)
    from imageseo.images.encoding import animation

    quality, speed = animation_settings(spec, policy)
    try:
        encoded = animation.convert(
            data,
            source.asset.format,
            formats=(spec.format,),
            quality=quality,
            speed=speed,
            max_pixels=policy.max_pixels,
            xmp=source.xmp,
        )
    except animation.UnsupportedAnimation as error:
        raise NotWorthwhile(str(error)) from error
    return encoded.get(spec.format, b"")


def conversion_key(asset: Asset, spec: VariantSpec, policy: EncodingPolicy) -> str:
    """Return everything that determines such a spec's bytes, except for file and metadata."""
    if asset.frames == 1:
        from imageseo.images.encoding import png_optimizer

        return f"{spec.format} {png_optimizer.version()}"
    from imageseo.images.encoding import animation

    quality, speed = animation_settings(spec, policy)
    return f"{spec.format} quality {quality} speed {speed} at most {policy.max_pixels} px {animation.version()}"


def animation_settings(spec: VariantSpec, policy: EncodingPolicy) -> tuple[int, int]:
    """Return quality and speed for ``animation.convert``. Animations are not tuned: frames change too quickly."""
    settings = policy.way(spec.format)
    quality = settings.quality if spec.quality is None else spec.quality
    if quality is None:
        # The usual quality of a still at the default target; a point of AVIF's quality is worth 0.8 of score.
        quality = round(60 + ((settings.target or _DEFAULT_TARGET) - _DEFAULT_TARGET) / 0.8)
    elif spec.format == "webp":
        quality -= 15
    return min(100, max(1, quality)), max(8, settings.effort or 0) if spec.format == "avif" else 8


def _read(source: EncodeJob) -> bytes:
    data = regular_file.read(source.path)
    if hashlib.sha256(data).hexdigest() != source.asset.sha256:
        # Its variants would be stored under another file's key.
        raise ValueError("the file changed during the build")
    return data


def load_resizer(resizer: str) -> Any:
    """Return the resizer module with this name; its interface is that of imageseo.images.resizers.pillow."""
    return import_module(f"imageseo.images.resizers.{resizer}")


def make_failure(source: EncodeJob, error: Exception, spec: VariantSpec | None = None) -> EncodeFailure:
    """Return the failure for an error of a decoder or encoder, of a source file or one of its specs."""
    problem = f"{error}" if isinstance(error, (OSError, ValueError)) else f"{type(error).__name__}: {error}"
    if isinstance(error, NotWorthwhile):
        return make_declined(source, spec, problem)
    if is_out_of_memory(error):
        problem = "it needs more memory than the build may use"
    return EncodeFailure(
        source=source,
        spec=spec,
        problem=problem,
        out_of_memory=is_out_of_memory(error),
        plugin=isinstance(error, PluginFailure),
    )


def make_declined(source: EncodeJob, spec: VariantSpec | None, problem: str = "") -> EncodeFailure:
    """Return the outcome of a spec that is not encoded; an empty problem means no gain."""
    return EncodeFailure(source=source, spec=spec, problem=problem, declined=True)
