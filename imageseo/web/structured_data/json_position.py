"""Where a value stands in a JSON text, by its path."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache

_TOKEN = re.compile(r'[ \t\r\n]*(?:("(?:[^"\\]|\\.)*")|([\[\]{}:,])|([^\s"\[\]{}:,]+))', re.DOTALL)


def position(text: str, path: Sequence[str | int], start: int = 0) -> int:
    """Index into ``text`` of the value at ``path`` (keys of objects, indices of lists); of its key in an object.

    ``text`` is valid JSON from ``start`` on. Where the path leads nowhere: the place of the last part that is there.
    Of a key that an object has twice the last one counts, as for ``json.loads``.
    """
    at = told = _blank(text, start)
    for step in path:
        found = _entries(text, at).get(step)
        if found is None:
            return told
        told, at = found
    return told


@lru_cache(maxsize=64)  # many are asked of one object when a block is wrong all over
def _entries(text: str, at: int) -> dict[str | int, tuple[int, int]]:
    """Of the container that begins ``at``: places of each key (of the value itself in a list) and value."""
    found: dict[str | int, tuple[int, int]] = {}
    depth, key, key_at = 0, None, at
    for match in _TOKEN.finditer(text, at):
        string, mark = match[1], match[2]
        if depth == 1 and mark not in ("]", "}", ",", ":"):
            here = match.start(match.lastindex or 0)
            if text[at] == "[":
                found[len(found)] = here, here
            elif key is None and string is not None:
                key, key_at = _string(string), here
            elif key is not None:
                found[key] = key_at, here
        if mark in ("[", "{"):
            depth += 1
        elif mark in ("]", "}"):
            depth -= 1
        elif mark == "," and depth == 1:
            key = None
        if depth == 0:
            break  # the end, or no container at all
    return found


def _string(literal: str) -> str:
    inner = literal[1:-1]
    return inner if "\\" not in inner else str(json.loads(literal, strict=False))


def _blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at
