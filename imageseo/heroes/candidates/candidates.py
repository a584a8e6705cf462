"""The candidates of a project: kept by content, checked on every read, and listed by page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from imageseo.config.heroes import HeroSettings
from imageseo.heroes.candidates.authorship import Authorship
from imageseo.heroes.candidates.files import CandidateFiles, open_files
from imageseo.heroes.candidates.journal import MADE, PINNED, UNDONE, UNPINNED, Journal, JournalLine, dump, parse
from imageseo.heroes.lock import serializer
from imageseo.heroes.lock.lock import master_name
from imageseo.model.errors import LockError, SiteError
from imageseo.model.hero import Pin

RECORD = re.compile(r"([0-9a-f]{64})\.([0-9a-f]{16})\.toml")
_HEADER = "# A candidate of imageseo: do not edit it.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeroCandidate:
    """An image that was made for a page.

    ``number``: counted per page, never used again. ``pin``: what a pin of it is; its ``file`` is a bare name.
    ``options``: of its variation, as an author would write them.
    """

    number: int
    record: str
    pin: Pin
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        return self.pin.file_sha256.removeprefix("sha256:")


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPin:
    """A pin that a page has had, newest first in lists.

    ``candidate``: None if the page had no pin then, or the record is lost. ``fault``: why it cannot be restored.
    """

    candidate: HeroCandidate | None
    line: JournalLine | None
    dropped: bool
    fault: str = ""


@dataclass(slots=True, kw_only=True)
class Candidates:
    """``when``, ``who``: of new pins; called when one is made."""

    files: CandidateFiles
    when: Callable[[], str] = lambda: ""
    who: Callable[[], str] = lambda: ""
    _journals: dict[str, Journal] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: HeroSettings, project: Path) -> Candidates:
        """Return the candidates beside the masters of a project, without accessing them. Raises SettingsError."""
        made = Authorship.of(settings.made_by, project)
        return cls(files=open_files(settings.masters, project), when=made.moment, who=made.who)

    def keep(self, pin: Pin, data: bytes | None, *, options: Mapping[str, Any] | None = None) -> HeroCandidate:
        """Keep an image with its record, and number it. Equal images of equal recipes are kept once.

        ``data``: None if the image is lost. Raises SiteError.
        """
        text = _record_text(pin)
        sha256 = pin.file_sha256.removeprefix("sha256:")
        record = f"{sha256}.{hashlib.sha256(text).hexdigest()[:16]}.toml"
        if data is not None and digest(former := self.files.read(f"{sha256}.png")) != sha256:
            if former is not None:  # someone edited it: that work is not ours to delete
                self.files.write(f"edited-{digest(former)[:16]}.png", former)
            self.files.write(f"{sha256}.png", data)
        if self.files.read(record) != text:
            self.files.write(record, text)
        journal = self.journal(pin.page)
        number = journal.numbers().get(record)
        if number is None:
            number = journal.next_number()
            self._append(journal, JournalLine(event=MADE, record=record, number=number, options=options or {}))
        return HeroCandidate(number=number, record=record, pin=_bare(pin), options=options or journal.options(record))

    def note_change(
        self, page: str, former: Pin | None, new: Pin | None, *, how: str, read: Callable[[Pin], bytes | None]
    ) -> None:
        """Note that the pin of a page has changed. ``how``: as in ``JournalLine``, or ``undone``. ``read``: its image.

        The former image must have been kept (``keep_former``). Raises SiteError.
        """
        journal = self.journal(page)
        if how == UNDONE:
            self._append(journal, JournalLine(event=UNDONE, when=self.when(), by=self.who()))
        elif new is None:
            self._append(journal, JournalLine(event=UNPINNED, when=self.when(), by=self.who()))
        else:
            self._note_pin(journal, new, read(new), how=how)

    def keep_former(self, pin: Pin, data: bytes | None) -> None:
        """Keep the image of a pin that is about to be replaced, as the newest pin of its page. Raises SiteError."""
        journal = self.journal(pin.page)
        if self._is_newest(journal, pin):
            self.keep(pin, data)
        else:
            self._note_pin(journal, pin, data, how="found")

    def _note_pin(self, journal: Journal, pin: Pin, data: bytes | None, *, how: str) -> None:
        kept = self.keep(pin, data)
        line = JournalLine(
            event=PINNED,
            record=kept.record,
            how=how,
            when=pin.made.get("when", "") if how == "found" else self.when(),
            by=pin.made.get("by", "") if how == "found" else self.who(),
            made=pin.made,
            picked=pin.picked,
        )
        self._append(journal, line)

    def _is_newest(self, journal: Journal, pin: Pin) -> bool:
        events, stack = journal.pins()
        line = events[stack[-1]].line if stack else None
        return line is not None and line.record == record_name(pin)

    def journal(self, page: str) -> Journal:
        """Return the events of a page; after a loss of the journal, the candidates that its files tell of."""
        found = self._journals.get(page)
        if found is None:
            data = self.files.read(_journal_name(page))
            found = self._journals[page] = parse(page, data) if data is not None else self._rebuilt(page)
        return found

    def _rebuilt(self, page: str) -> Journal:
        journal = Journal(page)
        for name in self.files.names():
            if RECORD.fullmatch(name) and (pin := self.read_record(name)) is not None and pin.page == page:
                journal.lines.append(JournalLine(event=MADE, record=name, number=journal.next_number()))
        return journal

    def _append(self, journal: Journal, line: JournalLine) -> None:
        journal.lines.append(line)
        self.files.write(_journal_name(journal.page), dump(journal.page, journal.lines))

    def of_page(self, page: str) -> tuple[HeroCandidate, ...]:
        """Return the candidates of a page by number, without those whose record is lost or edited."""
        journal = self.journal(page)
        found = []
        for record, number in sorted(journal.numbers().items(), key=lambda item: item[1]):
            pin = self.read_record(record)
            if pin is not None and pin.page == page:
                found.append(HeroCandidate(number=number, record=record, pin=pin, options=journal.options(record)))
        return tuple(found)

    def history(self, page: str) -> tuple[PastPin, ...]:
        """Return the pins that a page has had, newest first."""
        journal = self.journal(page)
        by_record = {each.record: each for each in self.of_page(page)}
        events, _ = journal.pins()
        return tuple(self._past_pin(each.line, by_record, dropped=each.dropped) for each in reversed(events))

    def former(self, page: str, current: Pin | None) -> PastPin | None:
        """Return what `undo` restores: the pin before ``current``, which is the one of the lock file; None: nothing.

        A pin that came with a commit of someone else is not in the journal; the last one that is there comes before it.
        """
        journal = self.journal(page)
        by_record = {each.record: each for each in self.of_page(page)}
        events, stack = journal.pins()
        newest = events[stack[-1]] if stack else None
        record = record_name(current) if current is not None else ""
        if newest is not None and (newest.line.record if newest.line is not None else "") == record:
            stack = stack[:-1]
        if not stack:
            return None
        return self._past_pin(events[stack[-1]].line, by_record, dropped=False)

    def _past_pin(self, line: JournalLine | None, by_record: Mapping[str, HeroCandidate], *, dropped: bool) -> PastPin:
        candidate = by_record.get(line.record) if line is not None else None
        fault = "" if line is None or candidate is not None else f"its record {line.record} is missing or was edited"
        return PastPin(candidate=candidate, line=line, dropped=dropped, fault=fault)

    def read(self, candidate: HeroCandidate) -> bytes | None:
        """Return the image of a candidate; None if it is missing. Raises SiteError if it was edited."""
        data = self.files.read(f"{candidate.sha256}.png")
        if data is None or digest(data) == candidate.sha256:
            return data
        raise SiteError(
            f"{self.files.where}/{candidate.sha256}.png was edited: its hash {digest(data)[:12]}… is not its name",
            hint="candidates are never changed: delete that file, and take an edited image in with "
            f"`imageseo generate --adopt FILE --page {candidate.pin.page}`",
        )

    def read_record(self, name: str) -> Pin | None:
        """Return the pin of a record; None if it is missing or was edited."""
        match = RECORD.fullmatch(name)
        data = self.files.read(name) if match else None
        if match is None or data is None or hashlib.sha256(data).hexdigest()[:16] != match[2]:
            return None
        try:
            (pin,) = serializer.parse(Path(name), data.decode())
        except (LockError, ValueError):
            return None
        return pin if pin.file_sha256 == f"sha256:{match[1]}" else None

    def pages(self) -> tuple[str, ...]:
        """Return all pages that have candidates."""
        pins = (self.read_record(name) for name in self.files.names())
        return tuple(sorted({pin.page for pin in pins if pin is not None}))


def record_name(pin: Pin) -> str:
    """Return the name of a pin's record."""
    check = hashlib.sha256(_record_text(pin)).hexdigest()[:16]
    return f"{pin.file_sha256.removeprefix('sha256:')}.{check}.toml"


def _bare(pin: Pin) -> Pin:
    """Return a pin without what differs each time it is pinned."""
    return replace(pin, file=PurePosixPath(pin.file).name, owner=None, made={}, picked=(), checks={}, approved=())


def _record_text(pin: Pin) -> bytes:
    text = serializer.dump([_bare(pin)])
    return (_HEADER + text.partition("\n")[2]).encode()


def _journal_name(page: str) -> str:
    digest = hashlib.sha256(page.encode("utf-8", "surrogatepass")).hexdigest()
    return f"pages/{master_name(page, digest).removesuffix('.png')}.jsonl"


def digest(data: bytes | None) -> str:
    return hashlib.sha256(data).hexdigest() if data is not None else ""
