"""The table at the end of a build: what browsers download for the new images, before and after, largest first."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TextIO

from imageseo.lint.code_frame import display_width, padded, sanitized, shortened
from imageseo.model.humanize import format_bytes

if TYPE_CHECKING:
    from imageseo.model.site_report import BuildDownloads, ByteChange
    from imageseo.pipeline.result import BuildResult

LINES = 12
"""The most lines of a table."""
_COLUMNS = 100
"""Cells of a line where the output is no terminal."""
_NARROW, _LEAST = 56, 40
"""Cells below which each image gets two lines, and the least that a line has."""
_HEADS = ("before", "phone", "desktop")


class _TableRow(NamedTuple):
    """A name, and the bytes of its columns."""

    name: str
    cells: tuple[str, str, str]
    style: str = ""


Segment = tuple[str, str]
"""Text and style: ``dim``, ``bold``, ``green`` or several of them; ``""`` for plain text."""


def table_lines(result: BuildResult, stream: TextIO, *, indent: int = 0, color: bool | None = None) -> list[str]:
    """Return the lines of the table; none if the build made no variant.

    ``indent``: cells that the caller puts in front of each line. ``color``: whether lines are coloured; by default if
    ``stream`` is a terminal and ``NO_COLOR`` is not set.
    """
    downloads = result.downloads if result.new_variants else None  # other builds decode no record
    if downloads is None or not downloads.new:
        return []
    columns = shutil.get_terminal_size((_COLUMNS, LINES)).columns
    lines = list(layout(downloads, max(_LEAST, columns - indent)))
    if color is None:
        color = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    if not color:
        return ["".join(text for text, _ in line).rstrip() for line in lines]
    return _colored(lines)


def layout(downloads: BuildDownloads, columns: int) -> Iterator[list[Segment]]:
    """Yield the lines of the table, each of at most ``columns`` cells."""
    is_narrow = columns < _NARROW
    most = (LINES - 1) // 2 if is_narrow else LINES - 1  # rows below the heading
    new = downloads.new
    fits = most - 1 if len(new) <= most - 1 else most - 2
    rows = [_TableRow(sanitized(each.picture), _cells(each.phone, each.desktop)) for each in new[:fits]]
    if len(new) > fits:
        rest = new[fits:]
        before = sum(_before(each.phone, each.desktop) for each in rest)
        after = (sum(each.phone.after for each in rest), sum(each.desktop.after for each in rest))
        more = (format_bytes(before), format_bytes(after[0]), format_bytes(after[1]))
        rows.append(_TableRow(f"{len(rest):,} more new {_images(len(rest))}", more, "dim"))
    if downloads.pictures > 1:
        rows.append(_TableRow(f"all {downloads.pictures:,} images", _cells(downloads.phone, downloads.desktop), "bold"))
    yield from (_stacked if is_narrow else _aligned)(rows, columns)


def _aligned(rows: Sequence[_TableRow], columns: int) -> Iterator[list[Segment]]:
    widths = [max(len(head), *(len(row.cells[at]) for row in rows)) for at, head in enumerate(_HEADS)]
    room = max(8, columns - sum(widths) - 2 * len(widths))
    heading = "browsers download"
    longest = min(room, max(display_width(name) for name in (heading, *(row.name for row in rows))))
    yield [
        (
            padded(shortened(heading, longest), longest)
            + "".join(f"  {head:>{width}}" for head, width in zip(_HEADS, widths, strict=True)),
            "dim",
        )
    ]
    for row in rows:
        name = padded(shortened(row.name, longest), longest)
        before, phone, desktop = (f"  {cell:>{width}}" for cell, width in zip(row.cells, widths, strict=True))
        yield [(name + before, row.style), (phone + desktop, _after(row))]


def _stacked(rows: Sequence[_TableRow], columns: int) -> Iterator[list[Segment]]:
    yield [(shortened("before → phone / desktop", columns), "dim")]
    for row in rows:
        before, phone, desktop = row.cells
        yield [(shortened(row.name, columns), row.style)]
        yield [(f" {before} → ", row.style), (f"{phone} / {desktop}", _after(row))]


def _after(row: _TableRow) -> str:
    """Return the style of the bytes after."""
    return row.style if row.style == "dim" else f"{row.style} green".strip()


def _cells(phone: ByteChange, desktop: ByteChange) -> tuple[str, str, str]:
    return format_bytes(_before(phone, desktop)), format_bytes(phone.after), format_bytes(desktop.after)


def _before(phone: ByteChange, desktop: ByteChange) -> int:
    """Return the bytes without imageseo: the same for both, but for candidates of the author's own."""
    return max(phone.before, desktop.before)


def _images(number: int) -> str:
    return "image" if number == 1 else "images"


def _colored(lines: Sequence[Sequence[Segment]]) -> list[str]:
    """Return the lines with the escape sequences of the sixteen colours that every terminal has."""
    from rich.console import Console
    from rich.text import Text

    console = Console(
        file=io.StringIO(),
        width=10_000,
        force_terminal=True,
        color_system="standard",
        legacy_windows=False,
        no_color=False,
        highlight=False,
        emoji=False,
        markup=False,
    )
    found = []
    for line in lines:
        with console.capture() as captured:
            console.print(Text.assemble(*line), soft_wrap=True, end="")
        found.append(captured.get().rstrip())
    return found
