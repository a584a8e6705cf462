"""Suggests the most similar valid name for a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable

_SEPARATORS = str.maketrans("-.", "__")


def closest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the most similar of the known words; case, dashes, dots and underscores do not matter.

    ``cutoff``: minimum similarity from 0 to 1, as in ``difflib.get_close_matches``.
    """
    import difflib

    folded = {_fold(name): name for name in sorted(known, reverse=True)}
    found = difflib.get_close_matches(_fold(word), sorted(folded), n=1, cutoff=cutoff)
    return folded[found[0]] if found else None


def _fold(word: str) -> str:
    return word.casefold().translate(_SEPARATORS)
