"""Sections of a comment: they share a number of lines, and whole ones are left out where the text would be too long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MAX_LINES = 60
MAX_BYTES = 65_000
"""GitHub refuses a comment of more than 65,536 characters. UTF-8 never has fewer bytes than characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with rows. ``head``: lines above the rows, such as those of a table. ``more``: the last row if rows
    are left out, with ``{}`` for their number. ``share``: rows that it gets while others get one.
    """

    title: str
    rows: Sequence[str]
    more: str
    head: tuple[str, ...] = ()
    share: int = 1

    @property
    def fixed_lines(self) -> int:
        """Lines besides the rows: heading, an empty line after it and before it, head."""
        return 3 + len(self.head)


def joined(top: Sequence[str], sections: Sequence[Section]) -> str:
    """Return the text: the lines of ``top``, then the sections, the most important first.

    At most ``MAX_LINES`` lines and ``MAX_BYTES`` bytes. From sections with many rows the last ones are left out; where
    the text is still too long, whole sections are, from the last one on: their heading stays as long as it fits.
    """
    counts = _share(MAX_LINES - len(top) - sum(each.fixed_lines for each in sections), sections)
    blocks = [_block(section, count) for section, count in zip(sections, counts, strict=True)]
    for number in reversed(range(len(sections))):
        if _size(top, blocks) <= MAX_BYTES:
            break
        blocks[number] = ["", f"### {sections[number].title} (too long for a comment)"]
    while blocks and _size(top, blocks) > MAX_BYTES:
        blocks.pop()
    return "\n".join([*top, *(line for block in blocks for line in block)]) + "\n"


def _share(lines: int, sections: Sequence[Section]) -> list[int]:
    """Return how many rows of each section are shown, at least one, in turns."""
    counts = [min(1, len(section.rows)) for section in sections]
    lines -= sum(counts)
    while lines > 0:
        before = lines
        for number, section in enumerate(sections):
            given = min(section.share, len(section.rows) - counts[number], lines)
            counts[number] += given
            lines -= given
        if lines == before:
            break
    return counts


def _block(section: Section, count: int) -> list[str]:
    rows = list(section.rows)
    if len(rows) > count:
        rows[count - 1 :] = [section.more.format(f"{len(rows) - count + 1:,}")]
    return ["", f"### {section.title}", "", *section.head, *rows]


def _size(top: Sequence[str], blocks: Sequence[Sequence[str]]) -> int:
    lines = [*top, *(line for block in blocks for line in block)]
    return sum(len(line.encode("utf-8", "surrogatepass")) + 1 for line in lines)
