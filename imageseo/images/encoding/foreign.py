"""Codecs and metrics of other distributions: checked when loaded, and whenever they are called.

What they raise or return wrongly costs the variants that it would have decided, and is never stored.
"""

from __future__ import annotations

import io
import math
import re
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from imageseo.model.foreign import UnfitPlugin, describe_error
from imageseo.model.formats import FORMATS, SETTLED, Format, register
from imageseo.model.image import ContentType
from imageseo.model.protocols import Codec, Metric

if TYPE_CHECKING:
    from PIL.Image import Image

_MIME = re.compile(r"image/[a-z0-9][a-z0-9.+-]*")
_SUFFIX = re.compile(r"[a-z0-9]{1,8}")
_OTHER_SUFFIXES = frozenset(
    ("jpeg", "jpe", "jfif", "gif", "svg", "svgz", "html", "htm", "css", "js", "json", "xml", "gz")
)
_TRAITS = ("bytes_per_point", "quality_floor", "fast_quality", "efforts")
_PERFECT_SCORE = 101.0


class PluginFailure(ValueError):
    """A codec or metric of another distribution raised, or returned what it must not."""


def codec_of(name: str, module: ModuleType, source: str = "") -> Codec:
    """Return the codec of a module; one of another distribution (``source``) is checked, guarded and registered.

    Raises UnfitPlugin for a module without a codec, and whatever ``version()`` raises where its library is missing.
    """
    codec = getattr(module, "CODEC", None)
    if codec is None:
        raise UnfitPlugin(f"{module.__name__} has no CODEC")
    if not source and getattr(codec, "name", name) in SETTLED:
        return cast("Codec", codec)
    format = check_codec(f"{module.__name__}.CODEC", name, codec)
    register(name, format)
    return GuardedCodec(f"the codec {name} of {source or 'imageseo'}", codec)


def check_codec(label: str, name: str, codec: Any) -> Format:
    """Return what a codec declares. Raises UnfitPlugin for wrong declarations. ``label``: what it is in messages."""
    if isinstance(codec, type):
        raise UnfitPlugin(f"{label} is a class; an object is needed: CODEC = {codec.__name__}()")
    faults = [
        f"{each}() is missing" for each in ("version", "codings", "encode") if not callable(getattr(codec, each, 0))
    ]
    if getattr(codec, "name", None) != name:
        faults.append(f"its name is {getattr(codec, 'name', None)!r}, and that of the entry point {name!r}")
    elif not _SUFFIX.fullmatch(name.replace("_", "")) or name == "leeway":
        faults.append("its name must be of lower-case letters, digits and `_`: it becomes a key of the settings")
    mime, suffix = getattr(codec, "mime", None), getattr(codec, "suffix", None)
    if not isinstance(mime, str) or not _MIME.fullmatch(mime):
        faults.append(f"mime is {mime!r}, not a media type such as image/jxl")
    taken = {each.suffix for other, each in FORMATS.items() if other != name} | _OTHER_SUFFIXES
    if not isinstance(suffix, str) or not _SUFFIX.fullmatch(suffix) or suffix in taken:
        faults.append(f"suffix is {suffix!r}, not a file name suffix of its own such as jxl")
    if not isinstance(getattr(codec, "keeps_alpha", None), bool):
        faults.append("keeps_alpha is not true or false")
    side = getattr(codec, "max_side", 0)
    if side is not None and (type(side) is not int or side < 1):
        faults.append("max_side is neither None nor a number of px")
    traits = {each: getattr(codec, each) for each in _TRAITS if hasattr(codec, each)}
    faults += _trait_faults(traits)
    if faults:
        raise UnfitPlugin(f"{label} is no codec: {'; '.join(faults)}")
    if not isinstance(version := codec.version(), str) or not version.strip():
        raise UnfitPlugin(f"{label}.version() returned {version!r}, not a text")
    for kind in ContentType:
        codings = codec.codings(kind)
        if not isinstance(codings, tuple) or not codings or not all(isinstance(each, str) for each in codings):
            raise UnfitPlugin(f"{label}.codings({kind!r}) returned {codings!r}, not a tuple of at least one text")
    return Format(mime=str(mime), suffix=str(suffix), **traits)


def _trait_faults(traits: dict[str, Any]) -> list[str]:
    faults = []
    factor = traits.get("bytes_per_point")
    if factor is not None and not (isinstance(factor, float) and 1.0 < factor < 1.2):
        faults.append(f"bytes_per_point is {factor!r}, not a factor such as 1.016")
    faults += [
        f"{name} is {traits[name]!r}, not a quality from 1 to 100"
        for name in ("quality_floor", "fast_quality")
        if name in traits and not (type(traits[name]) is int and 1 <= traits[name] <= 100)
    ]
    efforts = traits.get("efforts", {})
    if not isinstance(efforts, dict) or not all(
        name in ("fast", "default", "small") and type(effort) is int for name, effort in efforts.items()
    ):
        faults.append(f"efforts is {efforts!r}, not numbers by profile (fast, default, small)")
    return faults


class GuardedCodec:
    """A codec of another distribution. ``label``: its name and distribution."""

    def __init__(self, label: str, codec: Codec) -> None:
        self._codec = codec
        self._decode: Any = getattr(codec, "decode", None)
        self._version = codec.version()
        self.label = label
        self.name = codec.name
        self.mime = codec.mime
        self.suffix = codec.suffix
        self.keeps_alpha = codec.keeps_alpha
        self.max_side = codec.max_side

    def version(self) -> str:
        return self._version

    def codings(self, kind: ContentType) -> tuple[str, ...]:
        return self._codec.codings(kind)

    def encode(self, image: Image, *, quality: int, effort: int | None, xmp: bytes | None, coding: str = "") -> bytes:
        """Encode, then decode again: only what can be read and has the same size is returned.

        Raises PluginFailure, and MemoryError.
        """
        size, had_alpha = image.size, image.mode in ("RGBA", "LA", "PA")
        data: Any = self._call("encode()", quality=quality, effort=effort, xmp=xmp, coding=coding, image=image)
        if not isinstance(data, bytes) or not data:
            found = "no bytes" if isinstance(data, bytes) else type(data).__name__
            raise PluginFailure(f"{self.label}: encode() returned {found} for an image of {size[0]}x{size[1]} px")
        decoded = self.decode(data)
        if decoded.size != size:
            found = f"{decoded.size[0]}x{decoded.size[1]}"
            raise PluginFailure(
                f"{self.label}: encode() wrote an image of {found} px for one of {size[0]}x{size[1]} px"
            )
        if had_alpha and self.keeps_alpha and "A" not in decoded.getbands():
            raise PluginFailure(
                f"{self.label}: encode() dropped the transparency of an image, although it has keeps_alpha"
            )
        return data

    def decode(self, data: bytes) -> Image:
        """Return the image of an encoded file, RGB or RGBA. Raises PluginFailure, and MemoryError."""
        from PIL import Image as Images
        from PIL import UnidentifiedImageError

        decoded: Any
        try:
            if self._decode is not None:
                decoded = self._decode(data)
            else:  # by the decoder that the codec's library has registered with Pillow
                decoded = Images.open(io.BytesIO(data))
                decoded.load()
            if not isinstance(decoded, Images.Image):
                raise TypeError(f"decode() returned {type(decoded).__name__}, not an image of Pillow")
            return decoded if decoded.mode in ("RGB", "RGBA") else decoded.convert(_rgb_mode(decoded))
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:
            why = describe_error(error)
            if self._decode is None and isinstance(error, UnidentifiedImageError):
                why = "Pillow finds no image of a format that it decodes; a codec may have `decode(data)`"
            raise PluginFailure(f"{self.label}: what it wrote cannot be read: {why}") from error

    def _call(self, what: str, *, image: Image, **options: Any) -> Any:
        try:
            return self._codec.encode(image, **options)
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginFailure(f"{self.label}: {what} raised {describe_error(error)}") from error


def _rgb_mode(image: Image) -> str:
    return "RGBA" if "A" in image.getbands() or "transparency" in image.info else "RGB"


def metric_of(name: str, module: ModuleType, source: str = "") -> Metric:
    """Return the metric of a module; one of another distribution (``source``) is checked and guarded.

    Raises UnfitPlugin for a module without a metric.
    """
    metric = getattr(module, "METRIC", None)
    if metric is None:
        raise UnfitPlugin(f"{module.__name__} has no METRIC")
    if not source:
        return cast("Metric", metric)
    check_metric(f"{module.__name__}.METRIC", metric)
    return GuardedMetric(f"the metric {name} of {source}", metric)


def check_metric(label: str, metric: Any) -> None:
    """Raise UnfitPlugin unless an object has the attributes of ``Metric``. ``label``: what it is in messages."""
    if isinstance(metric, type):
        raise UnfitPlugin(f"{label} is a class; an object is needed: METRIC = {metric.__name__}()")
    faults = [each for each in ("name", "version") if not isinstance(getattr(metric, each, None), str)]
    faults += [f"{each}()" for each in ("reference", "score") if not callable(getattr(metric, each, None))]
    if faults:
        raise UnfitPlugin(f"{label} is no metric: {', '.join(faults)} missing, or of another type")


class GuardedMetric:
    """A metric of another distribution. ``label``: its name and distribution."""

    def __init__(self, label: str, metric: Metric) -> None:
        self._metric = metric
        self.label = label
        self.name = metric.name
        self.version = metric.version

    def reference(self, image: Image) -> Any:
        return self._call("reference()", self._metric.reference, image)

    def score(self, reference: Any, image: Image) -> float:
        """Return the score. Raises PluginFailure for anything but a number that is no better than a perfect score."""
        score = self._call("score()", self._metric.score, reference, image)
        try:
            number = float(score)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number) or number > _PERFECT_SCORE:
            raise PluginFailure(f"{self.label}: score() returned {score!r}, not a score up to 100")
        return number

    def _call(self, what: str, function: Any, *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginFailure(f"{self.label}: {what} raised {describe_error(error)}") from error
