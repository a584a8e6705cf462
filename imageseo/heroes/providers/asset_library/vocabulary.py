"""The words of a library, and which of them stand for a word of a query: its forms, its parts, and its compounds."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from imageseo.heroes.providers.asset_library.query_terms import fold

FORM = 0.95
"""Closeness of another form of a word; the word itself has 1."""

_DERIVED = 0.7  # a word that another one begins with: fisher, fishery
_PART = 0.6  # a part of a compound whose parts are all known
_PART_ALONE = 0.5  # a part of a compound whose other part is unknown
_DERIVED_LETTERS = (5, 4)  # minimum length of the common part, maximum length of what follows
_FEMININE = ("in", "innen")  # endings of German words for women, of short stems too: Arzt, Ärztin
_PART_LETTERS = 3  # minimum length of a part of a compound
_KNOWN_LETTERS = 4  # minimum length of a part if the other one is unknown

_MAX_WORDS = 100  # maximum number of words of the library that stand for one of the query, the nearest ones

# What languages that write compounds in one word put between the parts.
_LINKS: Mapping[str, tuple[str, ...]] = {
    "de": ("", "s", "n", "e", "es", "en", "er", "ens", "ns"),
    "nl": ("", "s", "e", "en", "er"),
    "sv": ("", "s", "e", "a", "o", "u"),
    "da": ("", "s", "e"),
    "no": ("", "s", "e"),
}


class Split(NamedTuple):
    """A compound as two parts, the first without its link. ``complete``: both are words of the library."""

    parts: tuple[str, ...]
    complete: bool


class Vocabulary:
    """The words of a library in one language. ``stems``: word -> stem. Results depend on the words only."""

    def __init__(self, stems: Mapping[str, str], stem: Callable[[str], str], language: str) -> None:
        self._stem, self._language, self._links = stem, language, _LINKS.get(language, ())
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for word, root in stems.items():
            self._by_stem[fold(root)].append(word)
            if (plain := fold(word)) != fold(root):
                self._by_stem[plain].append(word)
        self._forward = sorted((fold(word), word) for word in stems)
        self._backward = sorted((fold(word)[::-1], word) for word in stems) if self._links else []

    def expand(self, word: str) -> list[dict[str, float]]:
        """Return words of the library that stand for a word of a query -> closeness, up to 1 for the word itself.

        First those of the whole word, then, if it is a compound, those of each part.
        """
        split = self.split(word) if self._links else None
        closeness = _PART if split and split.complete else _PART_ALONE
        parts = [_nearest(self._related(part), closeness) for part in split.parts] if split else []
        return [_nearest(self._related(word), 1.0), *parts]

    def split(self, word: str) -> Split | None:
        """Return the parts of a compound, as far as they are words of the library.

        Complete splits come first, then the one with the longest known part, then the one further left.
        """
        word = fold(word)
        best: tuple[tuple[bool, int, int], Split] | None = None
        for at in range(_PART_LETTERS, len(word) - _PART_LETTERS + 1):
            first, last = self._without_link(word[:at]), word[at:] if self._has(word[at:]) else ""
            alone = first or last
            if not alone or (not (first and last) and len(alone) < _KNOWN_LETTERS):
                continue
            complete = bool(first and last)
            rest = (word[at:],) if complete else ()
            rank = (complete, min(len(first), len(last)) if complete else len(alone), -at)
            if best is None or rank > best[0]:
                # The other part may be unknown alone and yet begin a compound of the library: wind energy, wind power.
                other = rest or ((word[at:],) if first else (word[:at],))
                best = rank, Split((first, *other) if first else (*other, last), complete)
        return best[1] if best else None

    def _has(self, word: str) -> bool:
        return len(word) >= _PART_LETTERS and (word in self._by_stem or fold(self._stem(word)) in self._by_stem)

    def _without_link(self, part: str) -> str:
        """Return the first part of a compound as a word of the library; ``""`` if it is none."""
        bare = (part.removesuffix(link) for link in self._links if part.endswith(link))
        return next((each for each in bare if self._has(each)), "")

    def _related(self, word: str) -> Iterator[tuple[str, float]]:
        """Yield the word, its forms, words that begin with it or that it begins with, and compounds with it."""
        plain, root = fold(word), fold(self._stem(word))
        for form in self._by_stem.get(plain, ()):
            yield form, 1.0 if fold(form) == plain else FORM
        for form in self._by_stem.get(root, ()):
            yield form, 1.0 if fold(form) == plain else FORM
        shortest, longest_rest = _DERIVED_LETTERS
        for length in range(max(shortest, len(plain) - longest_rest), len(plain) - 1):
            for form in self._by_stem.get(plain[:length], ()):
                yield form, _DERIVED
        if len(root) < _KNOWN_LETTERS:
            return
        for form, rest in _starting_with(self._forward, root):
            if (len(root) >= shortest and len(rest) <= longest_rest) or (self._language == "de" and rest in _FEMININE):
                yield form, _DERIVED
            elif self._links and len(rest) >= _KNOWN_LETTERS:
                yield form, _PART_ALONE
        for end in sorted({plain, root}):
            for form, rest in _starting_with(self._backward, end[::-1]) if len(end) >= _KNOWN_LETTERS else ():
                if len(rest) >= _PART_LETTERS:
                    yield form, _PART if self._without_link(rest[::-1]) else _PART_ALONE


def _nearest(related: Iterator[tuple[str, float]], closeness: float) -> dict[str, float]:
    found: dict[str, float] = {}
    for word, value in related:
        found[word] = max(found.get(word, 0.0), round(value * closeness, 4))
    nearest = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return dict(nearest[:_MAX_WORDS])


def _starting_with(words: list[tuple[str, str]], start: str) -> Iterator[tuple[str, str]]:
    """Yield the words with a longer form that begins with ``start``, and the rest of that form."""
    for at in range(bisect_left(words, (start, "")), len(words)):
        form, word = words[at]
        if not form.startswith(start):
            return
        rest = form[len(start) :]
        if rest.isalpha():  # nothing, or the digits of a file name, is no part of a word
            yield word, rest
