"""Setting text: one open font, its real widths, breaking into lines that fit."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from imageseo.model.errors import ProviderError, RecipeError

_FILES = {500: "Manrope-Medium.ttf", 600: "Manrope-SemiBold.ttf", 800: "Manrope-ExtraBold.ttf"}


@dataclass(frozen=True)
class Face:
    """One weight of Manrope (SIL OFL 1.1, from the package font-manrope). Lengths in em."""

    path: str
    advances: dict[int, float]  # by code point
    cap_height: float
    descent: float

    def width(self, text: str, spacing: float = 0.0) -> float:
        """Advance of a line without kerning, which only ever makes it a little narrower."""
        return sum(self.advances.get(ord(character), 0.0) + spacing for character in text)


@cache
def face(weight: int) -> Face:
    """A weight of the font. Raises ProviderError when the package lacks it."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    path = files("font_manrope") / "files" / _FILES[weight]
    try:
        with TTFont(str(path), lazy=True) as font:
            unit = float(font["head"].unitsPerEm)
            metrics = font["hmtx"]
            advances = {code: metrics[glyph][0] / unit for code, glyph in font.getBestCmap().items()}
            return Face(
                path=str(path),
                advances=advances,
                cap_height=font["OS/2"].sCapHeight / unit,
                descent=-font["hhea"].descent / unit,
            )
    except OSError as error:
        hint = "install it again: pip install --force-reinstall font-manrope"
        raise ProviderError(f"the font of title cards cannot be read: {error}", hint=hint) from error


def settable(key: str, text: str) -> str:
    """The text composed (NFC). Raises RecipeError naming characters that the font has no picture of."""
    text = unicodedata.normalize("NFC", text)
    known = face(800).advances
    strange = list(dict.fromkeys(character for character in text if ord(character) not in known))
    if strange:
        named = ", ".join(f"{_shown(character)} (U+{ord(character):04X})" for character in strange[:8])
        more = f" and {len(strange) - 8} more" if len(strange) > 8 else ""
        raise RecipeError(
            f"`card.{key}`: the font has no glyph for {named}{more}",
            hint=f"write one in Latin, Greek or Cyrillic letters, `card: {{{key}: …}}`, or leave the card out",
        )
    return text


def _shown(character: str) -> str:
    return character if character.isprintable() else unicodedata.name(character, "a control character")


def fit(
    text: str, weight: int, *, width: float, sizes: tuple[float, float], lines: int, spacing: float = 0.0
) -> tuple[float, list[str]] | None:
    """The largest size (px) between ``sizes`` at which the text fits ``width`` px in ``lines`` lines, and the lines.

    A word that is longer than a line at any size is broken with a hyphen at the smallest. None: it does not fit.
    """
    smallest, largest = sizes
    font = face(weight)
    best: tuple[float, list[str]] | None = None
    for step in range(33):
        size = largest + (smallest - largest) * step / 32.0
        room = width / size
        broken = _break(text, font, room, spacing, hyphenate=step == 32)
        if broken is None or len(broken) > lines:
            continue
        if best is None:
            best = (size, broken)
        # A slightly smaller type on fewer lines reads better than a large one that leaves a word alone.
        if len(broken) < len(best[1]) and size > best[0] * 0.84:
            best = (size, broken)
    if best is None:
        return None
    size, broken = best
    return size, _even(broken, font, width / size, spacing)


def _break(text: str, font: Face, room: float, spacing: float, *, hyphenate: bool) -> list[str] | None:
    lines: list[str] = []
    current = ""
    for word in text.split():
        trial = f"{current} {word}".strip()
        if font.width(trial, spacing) <= room:
            current = trial
            continue
        if current:
            lines.append(current)
        while font.width(word, spacing) > room:
            if not hyphenate:
                return None
            cut = next(n for n in range(len(word), -1, -1) if font.width(word[:n] + "-", spacing) <= room or n == 1)
            lines.append(word[:cut] + "-")
            word = word[cut:]
        current = word
    return [*lines, current] if current else lines


def _even(lines: list[str], font: Face, room: float, spacing: float) -> list[str]:
    """The same number of lines, the longest as short as can be: no word left alone at the end."""
    text = " ".join(lines)
    best = lines
    for narrower in range(1, 40):
        trial = _break(text, font, room * (1.0 - narrower * 0.0125), spacing, hyphenate=False)
        if trial is None or len(trial) > len(lines):
            break
        best = trial
    return best if " ".join(best) == text else lines
