"""Columns of tables on terminals: pad and shorten texts to a number of cells."""

from __future__ import annotations

from imageseo.lint.code_frame import display_width


def padded(text: str, width: int) -> str:
    """Return a text with blanks behind it, so that it takes ``width`` cells."""
    return text + " " * (width - display_width(text))


def shortened(text: str, width: int) -> str:
    """Return a text with its middle cut out, if it is longer: the end of a path names the file."""
    if display_width(text) <= width:
        return text
    tail = _ending(text, (max(width, 2) - 1) * 2 // 3)
    head = _ending(text[::-1], max(width, 2) - 1 - display_width(tail))[::-1]
    return f"{head}…{tail}"


def _ending(text: str, width: int) -> str:
    """Return as many of the last characters as take at most ``width`` cells."""
    cells, start = 0, len(text)
    while start and cells + display_width(text[start - 1]) <= width:
        start -= 1
        cells += display_width(text[start])
    return text[start:]
