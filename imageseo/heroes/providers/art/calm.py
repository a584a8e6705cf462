"""The places of an image where a card's texts will lie: styles keep their detail out of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from imageseo.heroes.providers.art.color import Lab, Paint
from imageseo.heroes.providers.art.deterministic import Canvas, Field, clip, fade

_UNIT = 1000.0  # of coordinates: thousandths of the canvas's height, as in `vector`
_MARGIN = 36.0
_EDGE = 150.0  # a place that is nearer to an edge reaches to it: a strip of detail beside a text looks forgotten
_REACH = 170.0  # in which detail fades out around a place


class QuietPlace(NamedTuple):
    """A rectangle in thousandths of the canvas's height."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Calm:
    """``places``: of texts, as the card shows them. ``rtl``: whether the texts are on the right."""

    width: float = _UNIT
    places: tuple[QuietPlace, ...] = ()
    rtl: bool = False

    @classmethod
    def around(cls, boxes: Iterable[tuple[float, float, float, float]], canvas: Canvas, *, rtl: bool) -> Calm:
        """Return the calm places around boxes (left, top, width, height) in px."""
        scale, width = _UNIT * canvas.px, _UNIT * canvas.aspect
        places = []
        for x, y, w, h in boxes:
            left, top, right, bottom = x * scale, y * scale, (x + w) * scale, (y + h) * scale
            places.append(
                QuietPlace(
                    0.0 if left < _EDGE else left - _MARGIN,
                    0.0 if top < _EDGE else top - _MARGIN,
                    width if right > width - _EDGE else right + _MARGIN,
                    _UNIT if bottom > _UNIT - _EDGE else bottom + _MARGIN,
                )
            )
        return cls(width, tuple(places), rtl)

    def __bool__(self) -> bool:
        return bool(self.places)

    def is_mirrored(self, focus: float) -> bool:
        """Whether an image with this focus is mirrored for the card, so that its subject is beside the texts."""
        return (focus > 0.5) == self.rtl

    def facing(self, focus: float) -> Calm:
        """Return the places as an image with this focus has to draw them, before it is mirrored."""
        if not self.places or not self.is_mirrored(focus):
            return self
        mirrored = (
            QuietPlace(self.width - right, top, self.width - left, low) for left, top, right, low in self.places
        )
        return replace(self, places=tuple(mirrored))

    @property
    def floor(self) -> float:
        """The height at which a text begins that fills most of the width below it; else that of the canvas."""
        wide = (each.top for each in self.places if each.right - each.left > 0.72 * self.width and each.bottom >= _UNIT)
        return min(wide, default=_UNIT)

    @property
    def brink(self) -> float:
        """The height at which the texts at the lower edge begin; that of the canvas without any."""
        return min((each.top for each in self.places if each.bottom >= _UNIT), default=_UNIT)

    def hits(self, left: float, top: float, right: float, bottom: float) -> bool:
        """Whether a rectangle overlaps a place."""
        return any(
            left < each.right and right > each.left and top < each.bottom and bottom > each.top for each in self.places
        )

    def gap(self, left: float, right: float) -> tuple[float, float]:
        """Return top and bottom of the part without texts of a column of the canvas."""
        top, bottom = 0.0, _UNIT
        for each in self.places:
            if left < each.right and right > each.left:
                if each.top + each.bottom > _UNIT:
                    bottom = min(bottom, each.top)
                else:
                    top = max(top, each.bottom)
        return top, max(top, bottom)

    def near(self, x: float, y: float) -> float:
        """Return 1 in a place, easing out to 0 around it."""
        nearest = 0.0
        for left, top, right, bottom in self.places:
            across, down = max(left - x, x - right, 0.0), max(top - y, y - bottom, 0.0)
            t = max(0.0, 1.0 - max(across, down) / _REACH)
            nearest = max(nearest, t * t * (3.0 - 2.0 * t))
        return nearest

    def mask(self, canvas: Canvas) -> Field:
        """Return ``near`` for each pixel."""
        found = np.zeros((canvas.height, canvas.width), dtype=np.float32)
        reach = np.float32(_UNIT / _REACH)
        for place in self.places:
            left, top, right, bottom = (edge / _UNIT for edge in place)
            across = clip(1.0 - np.maximum(left - canvas.x, canvas.x - right) * reach)
            down = clip(1.0 - np.maximum(top - canvas.y, canvas.y - bottom) * reach)
            found = np.maximum(found, fade(across) * fade(down))
        return found

    def settle(self, paint: Paint, canvas: Canvas, tone: Lab) -> None:
        """Let the image fade into a tone of its own where texts lie."""
        if self.places:
            paint.lay(tone, self.mask(canvas))


NO_TEXT = Calm()
