"""Read the images that a recipe names, upright, in sRGB, resized without distortion; and write finished ones."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from imageseo.images.decoding.srgb import to_srgb
from imageseo.model import git_lfs, regular_file
from imageseo.model.errors import ProviderError

if TYPE_CHECKING:
    from PIL.Image import Image

Size = tuple[int, int]
"""Width and height in px."""


def read_image(path: Path, key: str) -> Image:
    """Read an image as upright sRGB, with transparency on white. ``key``: the option that names it.

    Raises ProviderError if the file is missing, damaged, too large or not an image.
    """
    from PIL import Image, ImageOps

    image = _open(path, key)
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        return _to_grey(image).convert("RGB")
    if image.mode in ("P", "LA", "PA", "RGBA", "RGBa", "La") and image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    return to_srgb(image, profile).convert("RGB")


def read_mask(path: Path, key: str) -> Image:
    """Read a mask as upright grey levels; white is redrawn. Raises ProviderError."""
    from PIL import ImageOps

    image = ImageOps.exif_transpose(_open(path, key))
    return _to_grey(image) if image.mode.startswith(("I", "F")) else image.convert("RGB").convert("L")


def encode_png(image: Image) -> bytes:
    """Encode as PNG: lossless, and equal bytes for equal pixels."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def cover(image: Image, size: Size) -> Image:
    """Scale the image to cover exactly that size, cropping it evenly."""
    from PIL import Image, ImageOps

    return image if image.size == size else ImageOps.fit(image, size, Image.Resampling.LANCZOS, centering=(0.5, 0.5))


def _open(path: Path, key: str) -> Image:
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(io.BytesIO(regular_file.read(path)))
        image.load()
    except FileNotFoundError:
        raise ProviderError(f"`{key}`: there is no file {path}", hint="use a path relative to the project") from None
    except UnidentifiedImageError:
        if git_lfs.is_pointer_file(path):
            raise ProviderError(f"`{key}`: {git_lfs.describe(path, 'image')}", hint=git_lfs.PULL) from None
        raise ProviderError(f"`{key}`: {path} is not a readable image", hint="use PNG, JPEG or WebP") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ProviderError(
            f"`{key}`: {path} cannot be read: {error}", hint="use an undamaged PNG, JPEG or WebP"
        ) from error
    return image


def _to_grey(image: Image) -> Image:
    """Convert to 8 bits: 16-bit PNGs range from 0 to 65535, floats from 0 to 1."""
    import numpy as np
    from PIL import Image

    values = np.asarray(image, dtype=np.float64) * (255 if image.mode == "F" else 255 / 65535)
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
