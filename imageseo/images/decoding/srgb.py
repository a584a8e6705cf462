"""Convert the pixels of an image from its colour profile to sRGB."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


def to_srgb(image: Image, profile: bytes | None, mode: str = "RGB") -> Image:
    """Return an image in sRGB; the image itself without a profile, or with a damaged one or one that does not fit.

    ``mode``: of the result, ``RGB`` or ``RGBA``.
    """
    from PIL import ImageCms

    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):  # browsers ignore it too
        return image
    return image if converted is None else converted
