"""An image from elsewhere as the ground of a title card: upright, in sRGB, cut to the card's shape."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from imageseo.heroes.providers.art.color import Paint
from imageseo.heroes.providers.art.deterministic import Canvas
from imageseo.heroes.providers.art.vector import from_srgb
from imageseo.images.decoding.srgb import to_srgb
from imageseo.model.errors import RecipeError

if TYPE_CHECKING:
    from PIL.Image import Image


def fit_image(data: bytes, canvas: Canvas, focal: tuple[float, ...]) -> Paint:
    """Return an image scaled to cover the canvas; what is cut off is farthest from the focal point.

    Raises RecipeError if it cannot be read.
    """
    from PIL import Image as pillow
    from PIL import ImageOps

    try:
        with pillow.open(io.BytesIO(data)) as image:
            upright = ImageOps.exif_transpose(_in_srgb(image))
            if "A" in upright.getbands() or "transparency" in upright.info:
                clear = upright.convert("RGBA")
                upright = pillow.alpha_composite(pillow.new("RGBA", clear.size, "#ffffff"), clear)
            size, point = (canvas.width, canvas.height), (focal[0], focal[1])
            fitted = ImageOps.fit(upright.convert("RGB"), size, pillow.Resampling.LANCZOS, centering=point)
    except (OSError, SyntaxError, ValueError, pillow.DecompressionBombError) as error:
        hint = "use a JPEG, PNG, WebP or AVIF file, or remove `card`"
        raise RecipeError(f"`card`: the image below it cannot be read: {error}", hint=hint) from error
    return Paint(from_srgb(np.asarray(fitted)))


def is_dark(paint: Paint) -> bool:
    """Whether most of an image is darker than a middle tone."""
    return int(np.count_nonzero(paint.l < np.float32(0.55))) * 2 > paint.l.size


def _in_srgb(image: Image) -> Image:
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return image
    return to_srgb(image, profile, "RGBA" if image.mode == "RGBA" else "RGB")
