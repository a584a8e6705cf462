"""Journal of a page: an append-only list of its candidates, and of the pins that it has had."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

MADE, PINNED, UNDONE, UNPINNED = "made", "pinned", "undone", "unpinned"
_EVENTS = (MADE, PINNED, UNDONE, UNPINNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """One event.

    ``record``: the candidate. ``number``: of a new candidate, counted per page. ``options``: of its variation.
    ``how``: a pin came to be (``generated``, ``picked``, ``adopted``, ``found``). ``when``, ``by``: of a
    pin. ``made``, ``picked``: as in ``Pin``.
    """

    event: str
    record: str = ""
    number: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    how: str = ""
    when: str = ""
    by: str = ""
    made: Mapping[str, str] = field(default_factory=dict)
    picked: tuple[str, ...] = ()

    def as_json(self) -> str:
        """Return one line of JSON without empty values."""
        names = ("event", "number", "record", "options", "how", "when", "by", "made", "picked")
        values = {name: getattr(self, name) for name in names}
        return json.dumps({key: value for key, value in values.items() if value}, ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PinEvent:
    """A pin that a page has had. ``dropped``: it was undone. ``line``: None if the page lost its pin."""

    line: JournalLine | None
    dropped: bool = False


@dataclass(slots=True)
class Journal:
    """The events of one page. ``damaged``: numbers of lines that cannot be read."""

    page: str
    lines: list[JournalLine] = field(default_factory=list)
    damaged: tuple[int, ...] = ()

    def numbers(self) -> dict[str, int]:
        """Map the records of candidates to their numbers."""
        found: dict[str, int] = {}
        for line in self.lines:
            if line.event == MADE:
                found.setdefault(line.record, line.number)
        return found

    def options(self, record: str) -> Mapping[str, Any]:
        """Return the options of a candidate's variation."""
        return next((line.options for line in self.lines if line.event == MADE and line.record == record), {})

    def next_number(self) -> int:
        """Return the number of the next candidate. Numbers are never used again."""
        return 1 + max((line.number for line in self.lines), default=0)

    def pins(self) -> tuple[list[PinEvent], list[int]]:
        """Return all pins of the page, oldest first, and the indices of those that `undo` goes back through."""
        events: list[PinEvent] = []
        stack: list[int] = []
        for line in self.lines:
            if line.event in (PINNED, UNPINNED):
                stack.append(len(events))
                events.append(PinEvent(line=line if line.event == PINNED else None))
            elif line.event == UNDONE and stack:
                at = stack.pop()
                events[at] = PinEvent(line=events[at].line, dropped=True)
        return events, stack


def dump(page: str, lines: Iterable[JournalLine]) -> bytes:
    """Return the text of a journal; its first line names the page."""
    head = json.dumps({"page": page}, ensure_ascii=True)
    texts = (head, *(line.as_json() for line in lines))
    return "".join(f"{each}\n" for each in texts).encode("utf-8", "backslashreplace")


def parse(page: str, data: bytes) -> Journal:
    """Return the journal of a page; lines that cannot be read are listed, and the others count."""
    lines: list[JournalLine] = []
    damaged: list[int] = []
    for number, text in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        if not text.strip():
            continue
        try:
            table = json.loads(text)
            if number == 1 and isinstance(table, dict) and table.keys() == {"page"}:
                continue
            lines.append(_line(table))
        except (ValueError, KeyError, TypeError, RecursionError):
            damaged.append(number)
    return Journal(page, lines, tuple(damaged))


def _line(table: Any) -> JournalLine:
    """Raises ValueError, KeyError or TypeError for anything that ``as_json`` does not write."""
    line = JournalLine(**{**table, "picked": tuple(table.get("picked", ()))})
    if not isinstance(line.made, dict) or not isinstance(line.options, dict):
        raise ValueError("not an event")
    texts = (line.record, line.how, line.when, line.by, *line.picked, *line.made.keys(), *line.made.values())
    if line.event not in _EVENTS or type(line.number) is not int or not all(isinstance(each, str) for each in texts):
        raise ValueError("not an event")
    if line.event in (MADE, PINNED) and not line.record:
        raise ValueError("not an event")
    return line
