"""A feed file: recognised by its first bytes, and its edits undone."""

from __future__ import annotations

from collections.abc import Sequence

HEAD = 4096
"""Bytes at the start of a file in which a feed is recognised."""

Reverse = tuple[int, int, bytes]
"""A range of an edited file, and what was there before."""

_ROOTS = (b"<rss", b"<feed", b":feed", b"<!DOCTYPE rss", b"<!DOCTYPE feed")


def is_feed(head: bytes, path: str) -> bool:
    """Whether a file seems to be a feed. ``head``: its first ``HEAD`` bytes."""
    text = head.replace(b"\0", b"")  # UTF-16
    if path.lower().endswith(".json"):
        return b"jsonfeed.org" in text
    return any(root in text for root in _ROOTS)


def restored(data: bytes, reverse: Sequence[Reverse]) -> bytes:
    """Return a feed as it was before its edits."""
    parts, position = [], 0
    for start, end, before in reverse:
        parts += [data[position:start], before]
        position = end
    return b"".join([*parts, data[position:]])
