"""How well the size and the shape of an image suit a hero."""

from __future__ import annotations

_SMALLEST = 0.5  # of an image that is much too small
_NARROWEST = 0.6  # of an image of which a crop would keep almost nothing


def crop_fit(image: tuple[int, int], hero: tuple[int, int]) -> float:
    """Return a factor for the score of an image: 1 if it is large enough and the crop loses nothing, down to 0.3.

    Both are width and height in px. The loss is the part of the image's area outside of the crop.
    """
    (width, height), (hero_width, hero_height) = image, hero
    if width <= 0 or height <= 0:  # an unreadable file, refused later
        return _SMALLEST * _NARROWEST
    crop_width = min(width, height * hero_width / hero_height)
    crop_height = min(height, width * hero_height / hero_width)
    size = min(1.0, crop_width / hero_width)
    kept = crop_width * crop_height / (width * height)
    return (_SMALLEST + (1 - _SMALLEST) * size) * (_NARROWEST + (1 - _NARROWEST) * kept)
