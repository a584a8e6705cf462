"""From a file's bytes to upright sRGB pixels at the sizes asked for: decode, shrink, convert, turn."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import cast

import PIL
from PIL import Image, ImageCms, ImageMath, features

from imageseo.images.decoding import cicp, png_color
from imageseo.images.decoding.raster import open_raster

COLOUR = "ICC, CICP, gAMA, cHRM to sRGB, perceptual; upright"
POLICY = f"pixels 2: halved by box while twice the size remains, Lanczos; {COLOUR}"

Size = tuple[int, int]
Shrinker = Callable[[Image.Image], Callable[[Size], Image.Image]]
"""From a whole picture (L, RGB, CMYK or RGBa) to what makes it at a size, asked for the largest first."""

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""How a picture of each EXIF orientation is turned upright."""


@lru_cache
def version(policy: str = POLICY) -> str:
    """The policy and every library that has a say in the pixels; enters the store's key."""
    libraries = ("libjpeg_turbo", "jpg", "webp", "avif", "littlecms2")
    return "; ".join([policy, f"Pillow {PIL.__version__}", *(f"{name} {features.version(name)}" for name in libraries)])


def render(
    data: bytes,
    kind: str,
    orientation: int,
    sizes: Iterable[Size],
    *,
    look: Callable[[Image.Image], None] | None = None,
    shrinker: Shrinker | None = None,
) -> dict[Size, Image.Image]:
    """The image at each size: mode RGB or RGBA, sRGB, upright, nothing else attached.

    ``kind``: as ``raster.sniff`` says; ``orientation``: EXIF's 1 to 8; ``sizes``: width and height in px as
    displayed, never above the source's; ``look``: is shown the decoded picture, in its own mode and at its full size;
    ``shrinker``: who shrinks instead of Pillow. Raises whatever Pillow raises for a file it cannot decode.

    Each size depends on the source and on itself alone, never on what else is asked for: so an image is the same in
    a build that makes all sizes and in one that makes the single size that was missing.
    """
    with open_raster(data, kind) as opened:
        opened.load()
        if look is not None:
            look(opened)
        grey = opened.mode in ("1", "L", "LA") or opened.mode.startswith("I")
        profile = cast("bytes", opened.info.get("icc_profile", b""))
        if (code := cicp.read(data, kind)) is not None and (kind == "png" or not profile):
            profile = b"" if grey else cicp.profile(code)
        elif kind == "png" and not profile:
            profile = png_color.profile(opened.info, grey=grey)
        level = _plain(opened)
    if level.mode == "RGBa" and level.getchannel("a").getextrema() == (255, 255):
        level = level.getchannel("R") if grey else level.convert("RGBA").convert("RGB")
    to_srgb = _conversion(profile, level.mode, grey=grey)
    full, rendered = level.size, dict[Size, Image.Image]()
    wanted = {size: size[::-1] if orientation >= 5 else size for size in sizes}
    shrunk = (shrinker or _halved)(level)
    del level
    for size, raw in sorted(wanted.items(), key=lambda item: (_halvings(full, item[1]), item)):
        image = shrunk(raw)
        image = to_srgb(image)
        if orientation in TURNS:
            image = image.transpose(TURNS[orientation])
        image.info = {}
        rendered[size] = image
    return rendered


def _halved(level: Image.Image) -> Callable[[Size], Image.Image]:
    """Pillow's way: halve while twice the size remains, then Lanczos."""
    full, halvings = level.size, 0

    def shrunk(size: Size) -> Image.Image:
        nonlocal level, halvings
        while halvings < _halvings(full, size):
            level, halvings = level.reduce(2), halvings + 1
        # The last row and column of a level may stand for less than a whole pixel.
        box = (0.0, 0.0, full[0] / 2**halvings, full[1] / 2**halvings)
        return level.copy() if size == level.size == box[2:] else level.resize(size, Image.Resampling.LANCZOS, box)

    return shrunk


def _halvings(full: Size, size: Size) -> int:
    """How often the source can be halved and still be twice as large as ``size`` both ways."""
    ratio = min(full[0] / size[0], full[1] / size[1])
    return max(0, int(ratio / 2).bit_length() - 1) if ratio >= 4 else 0


def _plain(image: Image.Image) -> Image.Image:
    """Eight bits a channel: L, RGB, CMYK, or RGBa (premultiplied: what is transparent has no say in a shrink)."""
    if image.mode.startswith("I") or image.mode == "F":
        return _from_16_bit(image)
    if image.has_transparency_data:
        return image.convert("RGBA").convert("RGBa")
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _from_16_bit(image: Image.Image) -> Image.Image:
    """Grey of 16 bits, scaled: Pillow's own conversion clips at 255."""
    whole = image.convert("I")
    grey = whole.point(lambda value: value * (1 / 257) + 0.5).convert("L")
    transparent = image.info.get("transparency")
    if not isinstance(transparent, int):
        return grey
    alpha = ImageMath.lambda_eval(
        lambda names: names["convert"]((names["whole"] != transparent) * 255, "L"), whole=whole
    )
    return Image.merge("RGBA", (grey, grey, grey, alpha)).convert("RGBa")


def _conversion(icc: bytes, mode: str, *, grey: bool) -> Callable[[Image.Image], Image.Image]:
    """From a plain mode and a profile to sRGB. A broken profile, or one of other channels, is none, as in browsers."""
    channels = "CMYK" if mode == "CMYK" else "L" if grey else "RGB"
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc)) if icc else None
        if profile is None or profile.profile.xcolor_space.strip() != ("GRAY" if grey else channels):
            return _by_convention
        if "sRGB" in (profile.profile.profile_description or ""):
            return _by_convention
        # Perceptual is what browsers take; between matrix profiles every intent is the same.
        transform = ImageCms.buildTransform(
            profile, ImageCms.createProfile("sRGB"), channels, "RGB", ImageCms.Intent.PERCEPTUAL
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return _by_convention

    def convert(image: Image.Image) -> Image.Image:
        if image.mode != "RGBa":
            return _applied(image, transform)
        straight = image.convert("RGBA")
        colours = straight.getchannel("R") if channels == "L" else straight.convert("RGB")
        converted = _applied(colours, transform)
        converted.putalpha(straight.getchannel("A"))
        return converted

    return convert


def _applied(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None  # None only for in-place work
    return converted


def _by_convention(image: Image.Image) -> Image.Image:
    """No profile: RGB is taken for sRGB, CMYK for inks that multiply."""
    return image.convert("RGBA" if image.mode == "RGBa" else "RGB")
