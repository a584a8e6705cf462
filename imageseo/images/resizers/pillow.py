"""Pillow resizer: decode a file, shrink it, convert it to sRGB and turn it upright, at the requested sizes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from imageseo.images.decoding import cicp, png_color
from imageseo.images.decoding.raster import open_raster
from imageseo.images.pillow_versions import library_version, pillow_version

if TYPE_CHECKING:
    from PIL import ImageCms
    from PIL.Image import Image

COLOR_POLICY = "ICC, CICP, gAMA, cHRM to sRGB, perceptual; upright"
PARTS = "whole parts of drawings by mean"
POLICY = f"pixels 3: {PARTS}; halved by box while twice the size remains, Lanczos; {COLOR_POLICY}"

Size = tuple[int, int]
if TYPE_CHECKING:
    Shrinker = Callable[[Image], Callable[[Size], Image]]
    """Takes an image (L, RGB, CMYK or RGBa), returns a function that makes it at a size, the largest first."""

TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
"""Pillow's transposition that turns an image upright, by EXIF orientation."""


@lru_cache
def version(policy: str = POLICY) -> str:
    """Return the policy and the versions of all libraries that affect the pixels; part of the cache keys."""
    libraries = ("libjpeg_turbo", "jpg", "webp", "avif", "littlecms2")
    return "; ".join([policy, f"Pillow {pillow_version()}", *(f"{name} {library_version(name)}" for name in libraries)])


def render(
    data: bytes,
    kind: str,
    orientation: int,
    sizes: Iterable[Size],
    *,
    inspect: Callable[[Image], bool] | None = None,
    shrinker: Shrinker | None = None,
) -> dict[Size, Image]:
    """Return the image at each size: mode RGB or RGBA, sRGB, upright, without metadata.

    ``kind``: the format from ``raster.sniff``; ``orientation``: EXIF's 1 to 8; ``sizes``: displayed width and height in
    px, never above the source's; ``inspect``: called with the decoded image, in its own mode and at its full size,
    tells whether it is drawn; ``shrinker``: replaces Pillow's scaling. Raises any exception that Pillow raises for a
    file it cannot decode.

    Each result depends only on the source and its own size, not on the other sizes: an image is the same in a build
    that makes all sizes and in one that makes only a missing one.
    """
    with open_raster(data, kind) as opened:
        opened.load()
        drawn = inspect is not None and inspect(opened)
        grey = opened.mode in ("1", "L", "LA") or opened.mode.startswith("I")
        profile = cast("bytes", opened.info.get("icc_profile", b""))
        if (code := cicp.read_cicp(data, kind)) is not None and (kind == "png" or not profile):
            profile = b"" if grey else cicp.icc_profile(code)
        elif kind == "png" and not profile:
            profile = png_color.icc_profile(opened.info, grey=grey)
        level = _to_plain_mode(opened)
    if level.mode == "RGBa" and level.getchannel("a").getextrema() == (255, 255):
        level = level.getchannel("R") if grey else level.convert("RGBA").convert("RGB")
    to_srgb = _make_converter(profile, level.mode, grey=grey)
    full = level.size
    rendered: dict[Size, Image] = {}
    raw_sizes = {size: size[::-1] if orientation >= 5 else size for size in sizes}
    shrink = (shrinker or _halving_shrinker)(level)
    if drawn:
        shrink = _with_whole_parts(level, shrink)
    del level
    for size, raw_size in sorted(raw_sizes.items(), key=lambda item: (_count_halvings(full, item[1]), item)):
        image = shrink(raw_size)
        image = to_srgb(image)
        image = turn_upright(image, orientation)
        image.info = {}
        rendered[size] = image
    return rendered


def turn_upright(image: Image, orientation: int) -> Image:
    """Return an image upright, the same one if it is, from its EXIF orientation."""
    from PIL import Image as Images

    return image.transpose(Images.Transpose[TURNS[orientation]]) if orientation in TURNS else image


def _halving_shrinker(level: Image) -> Callable[[Size], Image]:
    """Shrink with Pillow: halve while at least twice the size remains, then Lanczos."""
    from PIL import Image as Images

    full, halvings = level.size, 0

    def shrink(size: Size) -> Image:
        nonlocal level, halvings
        while halvings < _count_halvings(full, size):
            level, halvings = level.reduce(2), halvings + 1
        # The last row and column of a level may represent less than a whole pixel.
        box = (0.0, 0.0, full[0] / 2**halvings, full[1] / 2**halvings)
        return level.copy() if size == level.size == box[2:] else level.resize(size, Images.Resampling.LANCZOS, box)

    return shrink


def _with_whole_parts(level: Image, shrink: Callable[[Size], Image]) -> Callable[[Size], Image]:
    """Shrink drawings to whole parts of their size by the mean of the pixels, as browsers shrink them.

    This leaves few colours and no ringing: the file is half as large as by Lanczos, and the page looks as before.
    """

    def shrink_part(size: Size) -> Image:
        part = level.width // size[0]
        if part > 1 and (size[0] * part, size[1] * part) == level.size:
            return level.reduce(part)
        return shrink(size)

    return shrink_part


def _count_halvings(full: Size, size: Size) -> int:
    """Return how often the source can be halved and still be twice as large as ``size`` in both dimensions."""
    ratio = min(full[0] / size[0], full[1] / size[1])
    return max(0, int(ratio / 2).bit_length() - 1) if ratio >= 4 else 0


def _to_plain_mode(image: Image) -> Image:
    """Convert to eight bits per channel: L, RGB, CMYK, or RGBa (premultiplied: transparent colours do not bleed)."""
    if image.mode.startswith("I") or image.mode == "F":
        return _convert_16_bit(image)
    if image.has_transparency_data:
        return image.convert("RGBA").convert("RGBa")
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _convert_16_bit(image: Image) -> Image:
    """Scale 16-bit grey to 8 bits: Pillow's own conversion clips at 255."""
    values = image.convert("I")
    grey = values.point(lambda value: value * (1 / 257) + 0.5).convert("L")
    transparent = image.info.get("transparency")
    if not isinstance(transparent, int):
        return grey
    from PIL import Image as Images
    from PIL import ImageMath

    alpha = ImageMath.lambda_eval(
        lambda names: names["convert"]((names["values"] != transparent) * 255, "L"), values=values
    )
    return Images.merge("RGBA", (grey, grey, grey, alpha)).convert("RGBa")


def _make_converter(icc: bytes, mode: str, *, grey: bool) -> Callable[[Image], Image]:
    """Return a conversion to sRGB. A broken profile, or one for other channels, is ignored, as in browsers."""
    from PIL import ImageCms

    channels = "CMYK" if mode == "CMYK" else "L" if grey else "RGB"
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc)) if icc else None
        if profile is None or profile.profile.xcolor_space.strip() != ("GRAY" if grey else channels):
            return _convert_without_profile
        if "sRGB" in (profile.profile.profile_description or ""):
            return _convert_without_profile
        # Browsers use the perceptual intent; between matrix profiles all intents are the same.
        transform = ImageCms.buildTransform(
            profile, ImageCms.createProfile("sRGB"), channels, "RGB", ImageCms.Intent.PERCEPTUAL
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return _convert_without_profile

    def convert(image: Image) -> Image:
        if image.mode != "RGBa":
            return _apply(image, transform)
        straight = image.convert("RGBA")
        colors = straight.getchannel("R") if channels == "L" else straight.convert("RGB")
        converted = _apply(colors, transform)
        converted.putalpha(straight.getchannel("A"))
        return converted

    return convert


def _apply(image: Image, transform: ImageCms.ImageCmsTransform) -> Image:
    from PIL import ImageCms

    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None  # None only for in-place conversion
    return converted


def _convert_without_profile(image: Image) -> Image:
    """Convert an image without a profile: RGB is treated as sRGB, CMYK as multiplying inks."""
    return image.convert("RGBA" if image.mode == "RGBa" else "RGB")
