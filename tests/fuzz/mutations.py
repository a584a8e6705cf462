"""Mutations of bytes, and the search for the smallest input that still fails."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

_TEXT = b"<>\"'/= \n\t\r&!-;:,.#[]{}()@%\\\x00\xff0123456789ab"
_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutated(rnd: random.Random, data: bytes, *, pieces: Sequence[bytes] = (), alphabet: bytes = _TEXT) -> bytes:
    """Return the data with one change: bytes cut, inserted, doubled or moved, or one of ``pieces`` put in."""
    at, other, chance = rnd.randrange(len(data) + 1), rnd.randrange(len(data) + 1), rnd.random()
    if chance < 0.3:
        return data[:at] + data[at + rnd.choice((1, 1, 2, 3, 8, 40, 400)) :]
    if chance < 0.55 or (not pieces and chance < 0.75):
        return data[:at] + bytes(rnd.choices(alphabet, k=rnd.choice((1, 1, 1, 2, 4)))) + data[at:]
    if chance < 0.75:
        return data[:at] + rnd.choice(pieces) + data[at:]
    if chance < 0.9:
        return data[:at] + data[other : other + rnd.choice((1, 4, 16, 64, 512))] + data[at:]
    start, end = min(at, other), max(at, other)
    return data[:start] + data[end : end + 64] + data[start:end] + data[end + 64 :]


def mutated_binary(rnd: random.Random, data: bytes) -> bytes:
    """Return a file with one change that keeps its length or nearly so: flipped bits, numbers, cut or doubled parts."""
    if len(data) < 16:
        return data + rnd.randbytes(16)
    at, chance = rnd.randrange(len(data)), rnd.random()
    if rnd.random() < 0.5:  # headers decide more than pixels
        at = min(at, rnd.randrange(8, 200))
    if chance < 0.35:
        return data[:at] + bytes([data[at % len(data)] ^ (1 << rnd.randrange(8))]) + data[at + 1 :]
    if chance < 0.6:
        size, order = rnd.choice((1, 2, 4)), rnd.choice(("big", "little"))
        number = rnd.choice(_NUMBERS) & ((1 << 8 * size) - 1)
        return data[:at] + number.to_bytes(size, "big" if order == "big" else "little") + data[at + size :]
    if chance < 0.72:
        return data[:at]
    if chance < 0.84:
        return data[:at] + data[at + rnd.choice((1, 2, 4, 12, 100)) :]
    if chance < 0.94:
        return data[:at] + rnd.randbytes(rnd.choice((1, 4, 16))) + data[at:]
    return data[:at] + data[rnd.randrange(len(data)) :]


def smallest(data: bytes, fails: Callable[[bytes], bool], *, tries: int = 150) -> bytes:
    """Return a part of the data that still fails (delta debugging): ever smaller parts are left out."""
    size = len(data) // 2
    while size and tries > 0:
        at, is_smaller = 0, False
        while at < len(data) and tries > 0:
            tries -= 1
            shorter = data[:at] + data[at + size :]
            if shorter != data and fails(shorter):
                data, is_smaller = shorter, True
            else:
                at += size
        if not is_smaller or size > len(data):
            size //= 2
    return data
