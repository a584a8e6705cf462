"""Compare images by a perceptual hash and by color distance."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imageseo.model.errors import ProviderError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image as Picture

    Floats = npt.NDArray[np.float64]

MAX_BITS = 4
MAX_DELTA_E = 2.0
"""Limits up to which two images look the same: bits of the hash, and the mean CIEDE2000 at 160x90 px.

Measured at 1600x900: every value 2/255 brighter is 0 bits and 0.65, noise of 2/255 is 0 and 0.13, a shift by one pixel
2 and 0.32, JPEG at quality 75 2 and 0.35; a different image about 30 bits.
"""
_SMALL = (160, 90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Similarity:
    """``bits``: number of differing bits of the 64-bit perceptual hashes. ``delta_e``: mean CIEDE2000, 0 if equal."""

    bits: int
    delta_e: float

    @property
    def equivalent(self) -> bool:
        """Whether both images look the same to a viewer."""
        return self.bits <= MAX_BITS and self.delta_e <= MAX_DELTA_E


def open_image(png: bytes, origin: str) -> Picture:
    """Decode an image. ``origin``: its provider, for the message of the ProviderError if it cannot be read."""
    from PIL import Image

    try:
        image = Image.open(io.BytesIO(png))
        image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ProviderError(f"{origin} returned an image that cannot be read: {error}") from error
    return image


def pixels_digest(image: Picture) -> str:
    """Return ``sha256:…`` of mode, size and decoded pixels, which do not depend on the version of an encoder.

    For an image with a palette, of its colors, whatever their indices are.
    """
    if image.mode in ("P", "PA"):
        image = image.convert("RGBA" if image.mode == "PA" or "transparency" in image.info else "RGB")
    header = f"{image.mode} {image.width}x{image.height}\n".encode()
    return "sha256:" + hashlib.sha256(header + image.tobytes()).hexdigest()


def phash(image: Picture) -> str:
    """Return the DCT hash of ImageHash's ``phash``, 64 bits as 16 hex digits; equal for any image with structure.

    Implemented here because every `generate` needs it and ImageHash requires SciPy and PyWavelets. Coefficients are
    rounded, so that those that are zero (of flat or mirrored images) are zero on every machine, without noise bits.
    """
    import numpy as np
    from PIL import Image

    pixels = np.asarray(image.convert("L").resize((32, 32), Image.Resampling.LANCZOS), dtype=np.float64)
    basis = 2 * np.cos(np.pi * np.outer(np.arange(8), 2 * np.arange(32) + 1) / 64)
    low = np.round(basis @ pixels @ basis.T, 4)
    bits = (low > np.median(low)).flatten()
    return f"{int(''.join('1' if bit else '0' for bit in bits), 2):016x}"


def hamming_distance(first: str, second: str) -> int:
    """Return the number of bits in which two perceptual hashes differ."""
    return (int(first, 16) ^ int(second, 16)).bit_count()


def compare(first: Picture, second: Picture) -> Similarity:
    """Compare two images; colors are compared at a reduced size, and displaced pixels are left to the hash."""
    from PIL import Image

    small = [image.convert("RGB").resize(_SMALL, Image.Resampling.BOX) for image in (first, second)]
    mean = float(ciede2000(*(lab(image) for image in small)).mean())
    return Similarity(bits=hamming_distance(phash(first), phash(second)), delta_e=round(mean, 4))


def lab(image: Picture) -> Floats:
    """Return CIE L*a*b* (D65) of an sRGB image, as an array of rows, columns and 3 components."""
    import numpy as np

    value = np.asarray(image, dtype=np.float64) / 255
    linear = np.where(value > 0.04045, ((value + 0.055) / 1.055) ** 2.4, value / 12.92)
    to_xyz = np.array(
        [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]],
    )
    white = np.array([0.95047, 1.0, 1.08883])
    ratio = linear @ to_xyz.T / white
    cube_root = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    x, y, z = np.moveaxis(cube_root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def ciede2000(first: Floats, second: Floats) -> Floats:
    """Return the color difference of CIE 142-2001, after Sharma, Wu and Dalal (2005), of two L*a*b* arrays.

    The last axis holds the 3 components.
    """
    import numpy as np

    (l1, a1, b1), (l2, a2, b2) = (np.moveaxis(each, -1, 0) for each in (first, second))
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    (c1, h1), (c2, h2) = ((np.hypot(a * stretch, b), np.arctan2(b, a * stretch)) for a, b in ((a1, b1), (a2, b2)))
    is_gray = c1 * c2 == 0
    turn = np.where(is_gray, 0.0, (h2 - h1 + np.pi) % (2 * np.pi) - np.pi)
    lightness, color = l2 - l1, c2 - c1
    hue = 2 * np.sqrt(c1 * c2) * np.sin(turn / 2)
    l_mean, c_mean = (l1 + l2) / 2, (c1 + c2) / 2
    # Sharma's mean hue, in [0, 2 pi): on the shorter arc between both; their sum if one color has no hue.
    h1, h2 = h1 % (2 * np.pi), h2 % (2 * np.pi)
    half = np.where(np.abs(h1 - h2) > np.pi, np.where(h1 + h2 < 2 * np.pi, np.pi, -np.pi), 0.0)
    h_mean = np.where(is_gray, h1 + h2, (h1 + h2) / 2 + half)
    t = (
        1
        - 0.17 * np.cos(h_mean - np.deg2rad(30))
        + 0.24 * np.cos(2 * h_mean)
        + 0.32 * np.cos(3 * h_mean + np.deg2rad(6))
        - 0.20 * np.cos(4 * h_mean - np.deg2rad(63))
    )
    s_l = 1 + 0.015 * (l_mean - 50) ** 2 / np.sqrt(20 + (l_mean - 50) ** 2)
    s_c, s_h = 1 + 0.045 * c_mean, 1 + 0.015 * c_mean * t
    blue = np.deg2rad(60) * np.exp(-(((np.rad2deg(h_mean) - 275) / 25) ** 2))
    r_t = -2 * np.sqrt(c_mean**7 / (c_mean**7 + 25.0**7)) * np.sin(blue)
    cross = r_t * (color / s_c) * (hue / s_h)
    total = (lightness / s_l) ** 2 + (color / s_c) ** 2 + (hue / s_h) ** 2 + cross
    difference: Floats = np.sqrt(np.maximum(total, 0))
    return difference
