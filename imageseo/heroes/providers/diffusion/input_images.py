"""Pictures that a recipe names: read upright as sRGB, brought to a size on purpose, never stretched."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from imageseo.model.errors import ProviderError

if TYPE_CHECKING:
    from PIL.Image import Image

Size = tuple[int, int]
"""Width and height in pixels."""


def read(path: Path, key: str) -> Image:
    """The picture: RGB, sRGB, upright, on white where it is transparent. ``key``: the option that names it.

    Raises ProviderError for what is missing, broken, too large or no picture.
    """
    from PIL import Image, ImageOps

    image = _opened(path, key)
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        return _grey(image).convert("RGB")
    if image.mode in ("P", "LA", "PA", "RGBA", "RGBa", "La") and image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    return _srgb(image, profile).convert("RGB")


def mask(path: Path, key: str) -> Image:
    """A mask as it was drawn: grey, upright, white is what shall be drawn anew. Raises ProviderError."""
    from PIL import ImageOps

    image = ImageOps.exif_transpose(_opened(path, key))
    return _grey(image) if image.mode.startswith(("I", "F")) else image.convert("RGB").convert("L")


def covering(image: Image, size: Size) -> Image:
    """The picture in exactly that size: enlarged or reduced until it covers it, what juts out cut off evenly."""
    from PIL import Image, ImageOps

    return image if image.size == size else ImageOps.fit(image, size, Image.Resampling.LANCZOS, centering=(0.5, 0.5))


def _opened(path: Path, key: str) -> Image:
    from PIL import Image, UnidentifiedImageError

    try:
        image = Image.open(path)
        image.load()
    except FileNotFoundError:
        raise ProviderError(f"`{key}`: there is no file {path}", hint="paths are relative to the project") from None
    except UnidentifiedImageError:
        raise ProviderError(f"`{key}`: {path} is no picture that can be read", hint="PNG, JPEG or WebP") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ProviderError(f"`{key}`: {path} cannot be read: {error}", hint="PNG, JPEG or WebP, whole") from error
    return image


def _grey(image: Image) -> Image:
    """8 bits of a picture that has more: 16-bit PNGs lie in the range 0 to 65535, floats in 0 to 1."""
    import numpy as np
    from PIL import Image

    values = np.asarray(image, dtype=np.float64) * (255 if image.mode == "F" else 255 / 65535)
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def _srgb(image: Image, profile: bytes | None) -> Image:
    from PIL import ImageCms

    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        found = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image  # a profile for other pixels than these, or none at all: what it says of them is nothing
    return image if found is None else found
