"""A block of lines that a build keeps inside a text file of somebody else, between two marker lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")


class DamagedBlock(Exception):
    """The markers do not enclose one block. The argument says what is wrong, with the line."""


def begin_marker(name: str) -> str:
    """Return the line before a block."""
    return f"# BEGIN imageseo {name} (written by the build; edit outside of these lines)"


def end_marker(name: str) -> str:
    """Return the line after a block."""
    return f"# END imageseo {name}"


def without_block(text: str, name: str) -> str:
    """Return the text as it was before a block was added. Raises DamagedBlock."""
    span = _find(text, name)
    if span is None:
        return text
    start, end = span
    if end == len(text) and not text.endswith("\n"):
        # The last line of the author had no line break: the one before the block is ours.
        start -= 2 if text[:start].endswith("\r\n") else 1 if text[:start].endswith("\n") else 0
    return text[:start] + text[end:]


def with_block(text: str, name: str, lines: Sequence[str], *, last: bool) -> str:
    """Return the text with a block of these lines instead of a former one; without lines, with none.

    ``last``: at the end instead of the start of the text. Raises DamagedBlock.
    """
    own = without_block(text, name)
    if not lines:
        return own
    newline = "\r\n" if "\r\n" in own else "\n"
    block = newline.join([begin_marker(name), *lines, end_marker(name)])
    if not last:
        mark = "\ufeff" if own.startswith("\ufeff") else ""
        return f"{mark}{block}{newline}{own.removeprefix(mark)}"
    if own and not own.endswith("\n"):
        return f"{own}{newline}{block}"
    return f"{own}{block}{newline}"


def _find(text: str, name: str) -> tuple[int, int] | None:
    """Return where a block with its markers begins and ends; None if there is none."""
    begin, end = f"# BEGIN imageseo {name}", end_marker(name)
    found: list[tuple[str, int, int, int]] = []
    for number, match in enumerate(_LINE.finditer(text), start=1):
        line = match[0].strip().lstrip("\ufeff")
        if line == begin or line.startswith(f"{begin} "):
            found.append(("begin", number, match.start() + match[0].startswith("\ufeff"), match.end()))
        elif line == end:
            found.append(("end", number, match.start(), match.end()))
    if not found:
        return None
    if [kind for kind, *_ in found] != ["begin", "end"]:
        raise DamagedBlock(_damage(found, name))
    return found[0][2], found[1][3]


def _damage(found: Sequence[tuple[str, int, int, int]], name: str) -> str:
    kind, number, *_ = found[0]
    if len(found) == 1:
        other = "END" if kind == "begin" else "BEGIN"
        return f"line {number} is a marker of imageseo, and its counterpart `# {other} imageseo {name}` is missing"
    numbers = ", ".join(str(each[1]) for each in found)
    return f"the lines {numbers} are markers of imageseo; expected one `# BEGIN imageseo {name}` and one END after it"
