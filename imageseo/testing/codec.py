"""What a codec must do."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from imageseo.images.encoding.factory import metrics
from imageseo.images.encoding.foreign import GuardedCodec, check_codec
from imageseo.model.formats import SETTLED
from imageseo.model.image import ContentType
from imageseo.testing.requirement import Requirement, need
from imageseo.testing.samples import half_transparent, photo, with_metadata

if TYPE_CHECKING:
    from PIL.Image import Image

_SIZES = ((1, 1), (1, 7), (3, 2), (17, 255))
_FINE, _COARSE = 95, 20
_LEAST_SCORE = 71.0


@dataclass(frozen=True, slots=True)
class CodecChecks:
    """The requirements, as methods. ``name``: of the entry point."""

    name: str
    module: ModuleType

    @property
    def codec(self) -> Any:
        codec = getattr(self.module, "CODEC", None)
        need(codec is not None, f"{self.module.__name__} has no CODEC")
        return codec

    @property
    def guarded(self) -> GuardedCodec:
        """The codec as builds use it: what it returns is decoded and compared."""
        return GuardedCodec(f"the codec {self.name}", self.codec)

    def encode(self, image: Image, quality: int = 60, **more: Any) -> bytes:
        options: dict[str, Any] = {"effort": None, "xmp": None, **more}
        data = self.guarded.encode(image, quality=quality, **options)
        need(isinstance(data, bytes), "encode() returned no bytes")
        return data

    def declarations(self) -> None:
        """Name, media type, suffix and limits are declared."""
        codec = self.codec
        if getattr(codec, "name", None) in SETTLED:  # one of ours: described in model/formats.py
            from imageseo.model.formats import mime_of, suffix_of

            need(codec.mime == mime_of(codec.name), f"mime is {codec.mime}, in the table {mime_of(codec.name)}")
            need(codec.suffix == suffix_of(codec.name), f"suffix is {codec.suffix}, not {suffix_of(codec.name)}")
        else:
            check_codec("CODEC", self.name, codec)

    def version(self) -> None:
        """The version names what decides the bytes: it has a digit, and is the same when asked again."""
        version = self.codec.version()
        need(any(each.isdigit() for each in version), f"version() is {version!r}: it names no version")
        need("None" not in version, f"version() is {version!r}: a library has no version")
        need(version == self.codec.version(), "version() changes from call to call")

    def any_size(self) -> None:
        """Images of any size and mode are encoded, and can be read again."""
        from PIL import Image as Images

        for size in _SIZES:
            for mode in ("RGB", "RGBA"):
                self.encode(Images.new(mode, size, (200, 10, 10, 128)[: len(mode)]), 50)

    def input(self) -> None:
        """The image that is encoded stays as it was: formats share it."""
        image = photo(64, 48)
        before = (image.mode, image.size, image.tobytes())
        self.codec.encode(image, quality=60, effort=None, xmp=None)
        need((image.mode, image.size, image.tobytes()) == before, "encode() changed the image")

    def colours(self) -> None:
        """What was encoded looks like the image: channels and orientation are right."""
        image = photo()
        decoded = self.guarded.decode(self.encode(image, _FINE)).convert("RGB")
        for at in ((10, 10), (300, 20), (160, 100), (20, 190)):
            before, after = image.getpixel(at), decoded.getpixel(at)
            assert isinstance(before, tuple)
            assert isinstance(after, tuple)
            off = max(abs(one - other) for one, other in zip(before, after, strict=True))
            need(off < 60, f"the pixel at {at} is {after}, not {before}")

    def transparency(self) -> None:
        """Transparent images stay transparent if keeps_alpha is true; otherwise they are shown on white."""
        decoded = self.guarded.decode(self.encode(half_transparent(), 90))
        if self.codec.keeps_alpha:
            alpha = [decoded.convert("RGBA").getpixel(at) for at in ((5, 30), (60, 30))]
            values = [each[3] for each in alpha if isinstance(each, tuple)]
            need(values[0] < 16 and values[1] > 239, f"the alpha values are {values}, not 0 and 255")
        else:
            pixel = decoded.convert("RGB").getpixel((5, 30))
            need(isinstance(pixel, tuple) and min(pixel) > 245, f"transparency became {pixel}, not white")

    def quality(self) -> None:
        """More quality gives more bytes and a better score; the best is good enough for the usual target."""
        if self.codec.name == "png":
            return  # lossless, whatever the quality
        image = photo(256, 256)
        coarse, fine = self.encode(image.copy(), _COARSE), self.encode(image.copy(), _FINE)
        need(len(coarse) < len(fine), f"quality {_COARSE} gives {len(coarse)} bytes, {_FINE} gives {len(fine)}")
        metric = metrics("numpy")
        reference = metric.reference(image)
        low, high = (metric.score(reference, self.guarded.decode(data)) for data in (coarse, fine))
        need(low < high, f"the score at quality {_COARSE} is {low:.0f}, at {_FINE} {high:.0f}")
        need(high >= _LEAST_SCORE, f"the score at quality {_FINE} is {high:.0f}: {_LEAST_SCORE:.0f} is never met")

    def ends_of_the_scale(self) -> None:
        """Qualities 1 and 100 work: settings may ask for them."""
        for quality in (1, 100):
            self.encode(photo(64, 48), quality)

    def metadata(self) -> None:
        """Only the XMP that is given is written: no EXIF, comment or profile of the source."""
        image = with_metadata(photo())
        data = self.encode(image)
        for private in (b"Reflexmaker", b"written by me"):
            need(private not in data, f"the file contains {private!r} of the source's metadata")

    def equal_bytes(self) -> None:
        """Equal pixels give equal bytes, also when several threads encode."""
        image = photo(320, 240)
        alone = self.encode(image.copy(), 55)
        with ThreadPoolExecutor(2) as pool:
            beside = list(pool.map(lambda _: self.encode(image.copy(), 55), range(2)))
        need(set(beside) == {alone}, "equal images give other bytes from run to run, or from thread to thread")

    def codings(self) -> None:
        """Every content type has codings, and each works; "lossless" is exact."""
        image = photo(80, 60)
        for kind in ContentType:
            codings = self.codec.codings(kind)
            need(codings and len(set(codings)) == len(codings), f"codings({kind!r}) is {codings!r}")
            for coding in codings:
                decoded = self.guarded.decode(self.encode(image.copy(), 100, coding=coding))
                exact = decoded.convert("RGB").tobytes() == image.tobytes()
                need(exact or coding != "lossless", 'the coding "lossless" changes pixels')


def requirements(name: str, module: ModuleType) -> Sequence[Requirement]:
    """Return what a codec must do."""
    checks = CodecChecks(name, module)
    each = (
        *(checks.declarations, checks.version, checks.any_size, checks.input, checks.colours, checks.transparency),
        *(checks.quality, checks.ends_of_the_scale, checks.metadata, checks.equal_bytes, checks.codings),
    )
    return [Requirement(check.__name__, check) for check in each]
