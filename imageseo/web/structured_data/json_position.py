"""Locates a value in a JSON text by its path."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache

_TOKEN = re.compile(r'[ \t\r\n]*(?:("(?:[^"\\]|\\.)*")|([\[\]{}:,])|([^\s"\[\]{}:,]+))', re.DOTALL)


def position(text: str, path: Sequence[str | int], start: int = 0) -> int:
    """Return the index in ``text`` of the list item, or of the object key, at ``path`` (keys and list indices).

    ``text``: valid JSON from ``start`` on. If the path does not exist, the position of its last existing part is
    returned. Of duplicate keys in an object the last applies, as in ``json.loads``.
    """
    value_at = result = _skip_whitespace(text, start)
    for step in path:
        entry = entries(text, value_at).get(step)
        if entry is None:
            return result
        result, value_at = entry
    return result


@lru_cache(maxsize=64)  # many positions in one object are needed if a block has many errors
def entries(text: str, at: int) -> dict[str | int, tuple[int, int]]:
    """Return key or index -> position of the key (in a list: of the item) and of the value in a container.

    ``at``: where the container begins in ``text``.
    """
    found: dict[str | int, tuple[int, int]] = {}
    depth, key, key_at = 0, None, at
    for match in _TOKEN.finditer(text, at):
        string, mark = match[1], match[2]
        if depth == 1 and mark not in ("]", "}", ",", ":"):
            token_at = match.start(match.lastindex or 0)
            if text[at] == "[":
                found[len(found)] = token_at, token_at
            elif key is None and string is not None:
                key, key_at = _decode_string(string), token_at
            elif key is not None:
                found[key] = key_at, token_at
        if mark in ("[", "{"):
            depth += 1
        elif mark in ("]", "}"):
            depth -= 1
        elif mark == "," and depth == 1:
            key = None
        if depth == 0:
            break  # the end, or not a container
    return found


def _decode_string(literal: str) -> str:
    inner = literal[1:-1]
    return inner if "\\" not in inner else str(json.loads(literal, strict=False))


def _skip_whitespace(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at
