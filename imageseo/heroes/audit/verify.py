"""Verify the audit log: every line is as it was written, and none is missing, moved or added in between."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from imageseo.heroes.audit.entry import ReadLine, ends
from imageseo.heroes.audit.log import MARKERS, MAX_BYTES
from imageseo.model import git_lfs, regular_file
from imageseo.model.errors import AuditError


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFault:
    """``line``: 1-based, 0 for the whole file."""

    line: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedLog:
    """``lines``: those that can be read, with their numbers. ``torn``: bytes of a last line that was not completed.

    ``ends``: several after a merge. ``starts``: number of lines without a former one; several if two branches began
    the log.
    """

    lines: Sequence[tuple[int, ReadLine]] = ()
    faults: Sequence[AuditFault] = ()
    torn: int = 0
    ends: Collection[str] = ()
    starts: int = 0

    @property
    def intact(self) -> bool:
        return not self.faults and not self.torn


def verify_file(path: Path) -> VerifiedLog | None:
    """Verify a log; None if there is none. Raises AuditError if it cannot be read."""
    try:
        data = regular_file.read(path, limit=MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AuditError(
            f"{path}: cannot be read: {error.strerror or error}", hint="Restore the file from version control."
        ) from error
    if git_lfs.is_pointer(data[:1024]):
        raise AuditError(git_lfs.describe(path), hint=git_lfs.PULL)
    return verify(data)


def verify(data: bytes, *, committed: bytes = b"") -> VerifiedLog:
    """Verify the bytes of a log. ``committed``: those of the last commit, whose lines must all be there still."""
    whole, _, torn = data.rpartition(b"\n")
    if torn and (last := ReadLine.of(torn.rstrip(b"\r"))) is not None and last.intact:
        whole, torn = data, b""
    lines: list[tuple[int, ReadLine]] = []
    faults: list[AuditFault] = []
    for number, text in enumerate(whole.split(b"\n") if whole else (), 1):
        line = ReadLine.of(text.rstrip(b"\r"))
        if line is not None:
            lines.append((number, line))
        if line is None or not line.intact:
            faults.append(AuditFault(line=number, message=_damage(text, line)))
    faults += _broken_links(lines)
    known = {line.hash for _, line in lines}
    faults += _lost(committed, known)
    return VerifiedLog(
        lines=lines,
        faults=sorted(faults, key=lambda fault: fault.line or len(data)),
        torn=len(torn),
        ends=ends(line for _, line in lines),
        starts=sum(not line.previous for _, line in lines),
    )


def _damage(text: bytes, line: ReadLine | None) -> str:
    if line is not None:
        return "was edited: its hash is not that of its text"
    if text[:7] in MARKERS:
        return "unresolved merge conflict: remove the marker lines, and keep all others"
    if not text.strip():
        return "is empty: a line was cut, or one was added"
    return "is damaged: it was cut or edited, or something else wrote it"


def _broken_links(lines: Sequence[tuple[int, ReadLine]]) -> Iterator[AuditFault]:
    """Yield the lines whose former ones are missing or stand below them."""
    places: dict[str, int] = {}
    for number, line in lines:
        places.setdefault(line.hash, number)
    for number, line in lines:
        if places[line.hash] != number:
            continue  # a merge has kept a line of both sides twice
        for former in line.previous:
            place = places.get(former)
            if place is None:
                yield AuditFault(
                    line=number,
                    message=f"the line before it is missing: it names {former[:12]}…, which was cut or edited",
                )
            elif place > number:
                yield AuditFault(
                    line=number,
                    message=f"was moved: the line before it, {former[:12]}…, stands below it, in line {place}",
                )


def _lost(committed: bytes, known: Collection[str]) -> Iterator[AuditFault]:
    """Yield one fault for lines of the last commit that are not there any more: a cut end leaves no broken link."""
    former = [ReadLine.of(each.rstrip(b"\r")) for each in committed.split(b"\n")]
    lost = [number for number, line in enumerate(former, 1) if line is not None and line.hash not in known]
    if lost:
        what = f"{len(lost)} lines of the last commit are" if len(lost) > 1 else "a line of the last commit is"
        yield AuditFault(line=0, message=f"{what} missing, from its line {lost[0]} on")
