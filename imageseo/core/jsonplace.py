"""Where a value stands in a JSON text, by its path."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TOKEN = re.compile(r'[ \t\r\n]*(?:("(?:[^"\\]|\\.)*")|([\[\]{}:,])|([^\s"\[\]{}:,]+))', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)


def place(text: str, path: Sequence[str | int], start: int = 0) -> int:
    """Index into ``text`` of the value at ``path`` (keys of objects, indices of lists); of its key in an object.

    ``text`` is valid JSON from ``start`` on. Where the path leads nowhere: the place of the last part that is there.
    Of a key that an object has twice the last one counts, as for ``json.loads``.
    """
    at = _blank(text, start)
    for step in path:
        found = _entry(text, at, step)
        if found is None:
            return at
        key, at = found
        last = key
    return last if path else at


def _entry(text: str, at: int, step: str | int) -> tuple[int, int] | None:
    """Places of the key (of the value itself in a list) and of the value, in the container that begins ``at``."""
    depth, index, key, key_at, found = 0, 0, None, at, None
    for match in _TOKEN.finditer(text, at):
        string, mark = match[1], match[2]
        here = match.start(match.lastindex or 0)
        if depth == 1 and mark not in ("]", "}", ",", ":"):
            if isinstance(step, int):
                if text[at] == "[" and index == step:
                    return here, here
            elif text[at] == "{":
                if key is None and string is not None:
                    key, key_at = _string(string), here
                elif key == step:
                    found = (key_at, here)
        if mark in ("[", "{"):
            depth += 1
        elif mark in ("]", "}"):
            depth -= 1
            if depth == 0:
                break
        elif mark == "," and depth == 1:
            index, key = index + 1, None
        elif mark is None and depth == 0:
            break  # no container
    return found


def _string(literal: str) -> str:
    inner = literal[1:-1]
    return inner if "\\" not in inner else _ESCAPE.sub(_unescaped, inner)


def _unescaped(match: re.Match[str]) -> str:
    code = match[0][1:]
    if code[0] == "u":
        return chr(int(code[1:], 16))
    return {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}.get(code, code)


def _blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at
