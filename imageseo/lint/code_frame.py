"""Text for terminals: the part of a line around a column, and columns of tables, safe to display anywhere."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

WIDTH = 100
"""Characters of a line that a frame shows; a minified page is one line of 100 KB."""
_BEFORE = 30  # of them before the column, if the line is cut
_CUT = "…"
# Characters that move a terminal's cursor, change the direction of text or break lines.
_REPLACEMENTS = {
    **{code: chr(0x2400 + code) for code in range(32)},
    ord("\t"): " ",
    0x7F: "␡",
    **dict.fromkeys([*range(0x80, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)], "�"),
    **dict.fromkeys(range(0xD800, 0xE000), "�"),  # bytes of a file name that are not text
    **dict.fromkeys((0xFFFE, 0xFFFF), "�"),  # noncharacters, which XML refuses
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFrame:
    """Part of a line. ``line``: its number, 1-based. ``text``: the part shown, sanitized. ``at``: offset of the column
    in ``text``, in characters; ``caret``: the same in terminal cells.
    """

    line: int
    text: str
    at: int
    caret: int


def sanitized(text: str) -> str:
    """Return untrusted text on one line, without terminal control characters."""
    return text if text.isprintable() else text.translate(_REPLACEMENTS)


def code_frame(line: str, *, number: int, column: int) -> CodeFrame:
    """Return the frame of a line. ``column``: 1-based, in characters."""
    at = min(max(column - 1, 0), len(line))
    start, end = 0, len(line)
    if len(line) > WIDTH:
        start = max(min(at - _BEFORE, len(line) - WIDTH), 0)
        end = start + WIDTH
    before = sanitized(line[start:at])
    text = sanitized(line[start:end])
    lead = _CUT if start else ""
    shown = f"{lead}{text}{_CUT if end < len(line) else ''}"
    return CodeFrame(line=number, text=shown.rstrip(), at=len(lead + before), caret=len(lead) + display_width(before))


def display_width(text: str) -> int:
    """Return the number of terminal cells that a text takes."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(each) else 2 if _is_wide(each) else 1 for each in text)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")


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
