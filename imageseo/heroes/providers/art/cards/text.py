"""Text before it is set: what may stay of it, its clusters, and what replaces characters that no font has."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_LONGEST = 600
"""Clusters of a text that are looked at; no card has room for more."""

_SPACES = re.compile(" {2,}")
_KEPT_CONTROLS = "\u00ad\u200b\u200c\u200d"  # soft hyphen, break, and the two joiners
_VIRAMAS = frozenset(
    (0x94D, 0x9CD, 0xA4D, 0xACD, 0xB4D, 0xBCD, 0xC4D, 0xCCD, 0xD4D, 0xDCA, 0x1039, 0x17D2)
)  # a consonant after it is drawn as a part of the same syllable


@dataclass(frozen=True)
class Replaced:
    """What a text lost: characters without a glyph, and what is shown in their place (``""``: nothing)."""

    characters: tuple[str, ...]
    shown: str


def clean(text: str) -> str:
    """Return a text composed (NFC), without controls, on one line."""
    kept = []
    for character in unicodedata.normalize("NFC", text[: _LONGEST * 12]):
        category = unicodedata.category(character)
        if character in "\u00a0\u202f\u2007":
            kept.append("\u00a0")
        elif category[0] == "Z" or character in "\t\n\r\v\f":
            kept.append(" ")
        elif (category[0] != "C" or character in _KEPT_CONTROLS) and not 0xFE00 <= ord(character) <= 0xFE0F:
            kept.append(character)
    return _SPACES.sub(" ", "".join(map(_thin, clusters("".join(kept))[:_LONGEST]))).strip(" ")


def _thin(cluster: str) -> str:
    """Return a cluster with at most four marks: more would be stacked beyond the edge of the card."""
    marks = [at for at, character in enumerate(cluster) if unicodedata.category(character)[0] == "M"]
    return cluster if len(marks) <= 4 else cluster[: marks[4]]


def clusters(text: str) -> list[str]:
    """Split a text into what readers see as one character, by the main rules of Unicode's UAX 29."""
    found: list[str] = []
    for character in text:
        if found and _continues(found[-1], character):
            found[-1] += character
        else:
            found.append(character)
    return found


def _continues(cluster: str, character: str) -> bool:
    code, last = ord(character), ord(cluster[-1])
    if unicodedata.category(character)[0] == "M" or code in (0x200C, 0x200D) or 0x1F3FB <= code <= 0x1F3FF:
        return cluster != " "
    if 0xE0020 <= code <= 0xE007F:
        return True
    if last == 0x200D and len(cluster) > 1:
        return True
    if _is_regional(code) and _is_regional(last):
        return len(cluster) == 1
    if last in _VIRAMAS and unicodedata.category(character) == "Lo":
        return True
    # Hangul written in single letters: a syllable starts with its first consonant.
    return 0x1160 <= code <= 0x11FF and 0x1100 <= last <= 0x11FF


def _is_regional(code: int) -> bool:
    return 0x1F1E6 <= code <= 0x1F1FF


def compatible(cluster: str) -> str:
    """Return the plain form of a compatibility character (a ligature, a full-width letter); else the same."""
    return unicodedata.normalize("NFKC", cluster)


def transliterate(cluster: str) -> str:
    """Return a letter or number in Latin script; ``""`` for pictures, marks and others."""
    from anyascii import anyascii

    if unicodedata.category(cluster[0])[0] not in "LN":
        return ""
    return str(anyascii(cluster))


def describe(cluster: str) -> str:
    """Return a picture's name in words (``rocket``); ``""`` without one."""
    name = unicodedata.name(cluster[0], "")
    return name.capitalize() if unicodedata.category(cluster[0])[0] == "S" else ""


def is_rtl(text: str) -> bool:
    """Whether the first letter is written from right to left."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return False


def name(character: str) -> str:
    shown = character if character.isprintable() else unicodedata.name(character, "a control character")
    return f"{shown} (U+{ord(character):04X})"
