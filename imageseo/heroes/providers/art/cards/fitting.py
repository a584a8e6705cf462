"""Fit a text into a box: the largest size at which it fits, balanced lines, and an ellipsis as the last resort."""

from __future__ import annotations

from dataclasses import dataclass

from imageseo.heroes.providers.art.cards.breaks import Piece, cut, join, pieces
from imageseo.heroes.providers.art.cards.text import clusters
from imageseo.heroes.providers.art.cards.typeface import Typeface

_STEPS = 32
ELLIPSIS = "…"


@dataclass(frozen=True)
class Fitted:
    """A text's lines at a size in px. ``shortened``: an ellipsis stands for its end."""

    size: float
    lines: tuple[str, ...]
    shortened: bool = False


def fit(
    text: str, typeface: Typeface, *, width: float, sizes: tuple[float, float], lines: int, spacing: float = 0.0
) -> Fitted:
    """Return the largest size (px) in ``sizes`` at which the text fits ``width`` px in ``lines`` lines.

    A word that is too long at any size is broken at the smallest one, and what is still too long ends in an ellipsis.
    """
    breaker = _LineBreaker(typeface, pieces(text), spacing)
    smallest, largest = sizes
    best: tuple[float, list[str]] | None = None
    for step in range(_STEPS + 1):
        size = largest + (smallest - largest) * step / _STEPS
        broken = breaker.break_lines(width / size, lines, hyphenate=step == _STEPS)
        if broken is None or len(broken) > lines:
            continue
        if best is None:
            best = (size, broken)
        # Slightly smaller text on fewer lines reads better than large text that leaves a single word on a line.
        if len(broken) < len(best[1]) and size > best[0] * 0.84:
            best = (size, broken)
    if best is None:
        broken = breaker.break_lines(width / smallest, lines, hyphenate=True) or []
        return Fitted(smallest, breaker.shorten(broken, lines, width / smallest), shortened=True)
    size, broken = best
    return Fitted(size, tuple(breaker.balance(broken, width / size)))


class _LineBreaker:
    """Breaks one text into lines."""

    def __init__(self, typeface: Typeface, parts: list[Piece], spacing: float) -> None:
        self._typeface = typeface
        self._parts = parts
        self._spacing = spacing
        self._space = typeface.width(" ", self._spacing)
        self._hyphen = typeface.width("-", self._spacing)

    def break_lines(self, line_width: float, limit: int, *, hyphenate: bool) -> list[str] | None:
        """Fill lines one after the other, at most one more than ``limit``.

        None: a word is wider than a line and may not be broken.
        """
        lines: list[list[Piece]] = []
        room = 0.0
        for part in self._parts:
            if len(lines) > limit:
                break
            width = self._width(part.text)
            space = self._space if part.space else 0.0
            if lines and lines[-1] and space + width <= room:
                lines[-1].append(part)
                room -= space + width
                continue
            if part.hyphen and lines and lines[-1]:
                # A soft hyphen shows at the end of a line; if there is no room for it, the part before it moves too.
                last = lines[-1][-1]
                lines[-1][-1] = last._replace(text=last.text + "-")
            while width > line_width and len(lines) <= limit:
                if not hyphenate:
                    return None
                head, rest = cut(part.text, lambda start: self._width(start) <= line_width, self._typeface.language)
                lines.append([part._replace(text=head)])
                if not rest:
                    break
                part = Piece(rest, space=False)
                width = self._width(part.text)
            else:
                lines.append([part])
                room = line_width - width - (self._hyphen if self._has_soft_hyphens else 0.0)
        return [join(line) for line in lines]

    @property
    def _has_soft_hyphens(self) -> bool:
        return any(part.hyphen for part in self._parts)

    def _width(self, text: str) -> float:
        return self._typeface.width(text, self._spacing)

    def shorten(self, broken: list[str], lines: int, line_width: float) -> tuple[str, ...]:
        """Return the first lines; the last one ends in an ellipsis, after a whole word where possible."""
        kept, last = broken[: lines - 1], broken[lines - 1] if len(broken) >= lines else ""
        words = last.rstrip("-").split(" ")
        while len(words) > 1 and self._width(" ".join(words).rstrip(" ,;:–—-") + ELLIPSIS) > line_width:
            words.pop()
        letters = clusters(" ".join(words).rstrip(" ,;:–—-"))
        while letters and self._width("".join(letters) + ELLIPSIS) > line_width:
            letters.pop()
        return (*kept, "".join(letters).rstrip() + ELLIPSIS)

    def balance(self, lines: list[str], line_width: float) -> list[str]:
        """Balance the lines: the same number, with the longest as short as possible and no single word at the end."""
        best = lines
        for narrower in range(1, 40):
            trial = self.break_lines(line_width * (1.0 - narrower * 0.0125), len(lines), hyphenate=False)
            if trial is None or len(trial) > len(lines):
                break
            best = trial
        return best
