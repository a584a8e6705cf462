"""Images to try plug-ins on, the same on every machine."""

from __future__ import annotations

import io
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


def photo(width: int = 320, height: int = 200, seed: int = 1) -> Image:
    """Return soft shapes with grain, which compress as photographs do."""
    from PIL import Image as Images

    soft = Images.frombytes("RGB", (8, 5), random.Random(seed).randbytes(120))
    grain = Images.frombytes("L", (64, 64), random.Random(seed + 1).randbytes(4096)).resize((width, height))
    soft = soft.resize((width, height), Images.Resampling.BICUBIC)
    return Images.blend(soft, Images.merge("RGB", (grain,) * 3), 0.08)


def half_transparent(side: int = 64) -> Image:
    """Return an image whose left half is transparent, and whose right half is blue."""
    from PIL import Image as Images

    image = Images.new("RGBA", (side, side), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (side // 2, 0, side, side))
    return image


def blurred(image: Image, radius: float) -> Image:
    """Return the image, blurred."""
    from PIL import ImageFilter

    return image.filter(ImageFilter.GaussianBlur(radius))


def with_metadata(image: Image) -> Image:
    """Return the image as a decoder leaves it, with EXIF, a comment and a colour profile that no variant may have."""
    from PIL import Image as Images
    from PIL import ImageCms

    exif = Images.Exif()
    exif[0x010F] = "Reflexmaker"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=b"written by me")
    loaded = Images.open(out)
    loaded.load()
    loaded.info["icc_profile"] = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    return loaded
