"""Where a line may end: between words, inside compounds, and between the letters of scripts without spaces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

from imageseo.heroes.providers.art.cards.text import clusters

# Never at the start of a line, after a space: signs that belong to what stands before them, and arrows.
_STAYS = re.compile(r"[%‰°€£¥₹$→←↔⇒➜»”’)\]}!?:;,.…–—·/|=+×&-]+$|[→⇒➜…]")
# Never at the end of a line, before a space.
_HOLDS = re.compile(r".*[«“„‚(\[{¿¡]$|[§#№]$|(?:Nr|No|Nos|Art|Abs|S|p|pp|vol|ch)\.$", re.IGNORECASE)
_NUMBER = re.compile(r"[~≈<>≤≥+−-]?[0-9][0-9.,:]*$")
_UNIT = re.compile(
    r"(?:[kMGTµm]?(?:B|bit|b|Hz|W|Wh|g|m|s|l|L|V|A|Pa|J|t)|[KMGT]iB|px|pt|em|rem|ms|min|h|Std|Uhr|fps|dpi|dB"
    r"|km/h|°[CFK]|Euro|EUR|USD|Mio|Mrd|Mbit/s|[cdk]m|mm|in|ft|x|×|am|pm|AM|PM)[.,;:!?)]*$"
)
# Kinsoku: characters that may not start or end a line of Chinese or Japanese.
_NOT_FIRST = frozenset(
    "、。，．・：；？！゛゜ヽヾゝゞ々ー’”）〕］｝〉》」』】〙〗〟ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ〜…‥%‰!?,.:;)]}°℃"
)
_NOT_LAST = frozenset("‘“（〔［｛〈《「『【〘〖〝([{¥＄￥$£#№")
# Vowels of Thai and Lao that are written before or after their consonant.
_THAI_FIRST = frozenset("เแโใไເແໂໃໄ")
_THAI_SECOND = frozenset("ะาำๅๆฯະາຳໆຯ")
_HYPHENATED = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN")


class Piece(NamedTuple):
    """A part of a text that stays on one line. ``space``: whether a space separates it from the piece before."""

    text: str
    space: bool
    hyphen: bool = False  # a soft hyphen stands before: the line before ends with a hyphen


def pieces(text: str) -> list[Piece]:
    """Split a text at all places where a line may end."""
    words: list[str] = []
    for word in text.split(" "):
        if words and word and _belongs(words[-1], word):
            words[-1] += f"\u00a0{word}"
        elif word:
            words.append(word)
    found: list[Piece] = []
    for word in words:
        for number, (part, hyphen) in enumerate(_inside(word)):
            found.append(Piece(part, space=number == 0 and bool(found), hyphen=hyphen))
    return found


def join(parts: list[Piece]) -> str:
    """Return a line's text."""
    return "".join(f" {part.text}" if part.space and number else part.text for number, part in enumerate(parts))


def _belongs(before: str, word: str) -> bool:
    if _STAYS.match(word) or _HOLDS.match(before):
        return True
    number = _NUMBER.search(before)
    return number is not None and number.start() == 0 and _UNIT.match(word) is not None


def _inside(word: str) -> list[tuple[str, bool]]:
    """Split a word where a line may end inside of it."""
    parts: list[tuple[str, bool]] = [("", False)]
    previous = ""
    for cluster in clusters(word):
        if cluster[0] in "\u00ad\u200b":
            if parts[-1][0]:
                parts.append(("", cluster[0] == "\u00ad"))
            previous = ""
            continue
        if previous and _may_end(previous, cluster, parts[-1][0]):
            parts.append(("", False))
        parts[-1] = (parts[-1][0] + cluster, parts[-1][1])
        previous = cluster
    return [part for part in parts if part[0]]


def _may_end(before: str, after: str, part: str) -> bool:
    if _is_ideograph(before) or _is_ideograph(after):
        if after[0] in _NOT_FIRST or before[-1] in _NOT_LAST or "\u00a0" in (before, after):
            return False
        both = (before[0].isalnum() and after[0].isalnum()) or _is_ideograph(before)
        return both or before[0] in _NOT_FIRST
    if before in ("-", "–", "—", "\u2010", "/") and after[0].isalpha():
        return sum(map(str.isalpha, part)) >= 3
    return False


def _is_ideograph(cluster: str) -> bool:
    """Whether a line may end before and after it: Chinese and Japanese; Korean is broken at its spaces."""
    code = ord(cluster[0])
    return (
        0x2E80 <= code <= 0x31FF or 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x3FFFF
    )


def cut(word: str, fits: Callable[[str], bool], language: str) -> tuple[str, str]:
    """Return the longest start of a word that fits a line, with a hyphen where its script has them, and the rest."""
    letters = clusters(word)
    for at in _syllables(word, language):
        head = word[:at] + "-"
        if fits(head):
            return head, word[at:]
    low, high = 1, len(letters) - 1
    while low < high:  # a longer start is never narrower
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(_head(letters, middle)) else (low, middle - 1)
    count = next((count for count in range(low, 0, -1) if not _splits_vowel(letters, count)), low)
    return (_head(letters, count), "".join(letters[count:])) if len(letters) > 1 else (word, "")


def _head(letters: list[str], count: int) -> str:
    hyphen = _takes_hyphen(letters[count - 1]) and _takes_hyphen(letters[count])
    return "".join(letters[:count]) + ("-" if hyphen else "")


def _splits_vowel(letters: list[str], count: int) -> bool:
    return letters[count][0] in _THAI_SECOND or letters[count - 1][0] in _THAI_FIRST


def _takes_hyphen(cluster: str) -> bool:
    return cluster[0].isalpha() and unicodedata.name(cluster[0], "").startswith(_HYPHENATED)


def _syllables(word: str, language: str) -> list[int]:
    """Return the places for a hyphen by the language's patterns, last first; none without the package pyphen."""
    hyphenator = _hyphenator(language) if language and word.isalpha() else None
    return sorted(hyphenator(word), reverse=True) if hyphenator is not None else []


@cache
def _hyphenator(language: str) -> Callable[[str], list[int]] | None:
    if find_spec("pyphen") is None:
        return None
    pyphen = import_module("pyphen")
    known = pyphen.language_fallback(language.replace("-", "_"))
    if known is None:
        return None
    positions: Callable[[str], list[int]] = pyphen.Pyphen(lang=known).positions
    return positions
