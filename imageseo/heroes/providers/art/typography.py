"""Text layout: one open font, its real advance widths, and line breaking."""

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
        """Return the width of a line without kerning, which could only make it slightly narrower."""
        return sum(self.advances.get(ord(character), 0.0) + spacing for character in text)


@cache
def face(weight: int) -> Face:
    """Load a weight of the font. Raises ProviderError if the package lacks it."""
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
        hint = "reinstall it: pip install --force-reinstall font-manrope"
        raise ProviderError(f"the font of title cards cannot be read: {error}", hint=hint) from error


def check_glyphs(key: str, text: str) -> str:
    """Return the text composed (NFC). Raises RecipeError naming characters that the font lacks."""
    text = unicodedata.normalize("NFC", text)
    advances = face(800).advances
    missing = list(dict.fromkeys(character for character in text if ord(character) not in advances))
    if missing:
        missing_list = ", ".join(f"{_display_name(character)} (U+{ord(character):04X})" for character in missing[:8])
        more = f" and {len(missing) - 8} more" if len(missing) > 8 else ""
        raise RecipeError(
            f"`card.{key}`: the font has no glyph for {missing_list}{more}",
            hint=f"use Latin, Greek or Cyrillic letters in `card: {{{key}: …}}`, or remove the card",
        )
    return text


def _display_name(character: str) -> str:
    return character if character.isprintable() else unicodedata.name(character, "a control character")


def fit(
    text: str, weight: int, *, width: float, sizes: tuple[float, float], lines: int, spacing: float = 0.0
) -> tuple[float, list[str]] | None:
    """Return the largest size (px) in ``sizes`` at which the text fits ``width`` px in ``lines`` lines, and the lines.

    A word that is too long at any size is hyphenated at the smallest one. None: the text does not fit.
    """
    smallest, largest = sizes
    font = face(weight)
    best: tuple[float, list[str]] | None = None
    for step in range(33):
        size = largest + (smallest - largest) * step / 32.0
        line_width = width / size
        broken_lines = _break_lines(text, font, line_width, spacing, hyphenate=step == 32)
        if broken_lines is None or len(broken_lines) > lines:
            continue
        if best is None:
            best = (size, broken_lines)
        # Slightly smaller text on fewer lines reads better than large text that leaves a single word on a line.
        if len(broken_lines) < len(best[1]) and size > best[0] * 0.84:
            best = (size, broken_lines)
    if best is None:
        return None
    size, broken_lines = best
    return size, _balance(broken_lines, font, width / size, spacing)


def _break_lines(text: str, font: Face, line_width: float, spacing: float, *, hyphenate: bool) -> list[str] | None:
    lines: list[str] = []
    current = ""
    for word in text.split():
        trial = f"{current} {word}".strip()
        if font.width(trial, spacing) <= line_width:
            current = trial
            continue
        if current:
            lines.append(current)
        while font.width(word, spacing) > line_width:
            if not hyphenate:
                return None
            cut = next(
                n for n in range(len(word), -1, -1) if font.width(word[:n] + "-", spacing) <= line_width or n == 1
            )
            lines.append(word[:cut] + "-")
            word = word[cut:]
        current = word
    return [*lines, current] if current else lines


def _balance(lines: list[str], font: Face, line_width: float, spacing: float) -> list[str]:
    """Balance the lines: the same number, with the longest as short as possible and no single word at the end."""
    text = " ".join(lines)
    best = lines
    for narrower in range(1, 40):
        trial = _break_lines(text, font, line_width * (1.0 - narrower * 0.0125), spacing, hyphenate=False)
        if trial is None or len(trial) > len(lines):
            break
        best = trial
    return best if " ".join(best) == text else lines
