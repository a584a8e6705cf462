"""What `doctor` says of the audit log: that every line is as it was written, or which one was cut, edited or moved."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from imageseo.heroes.audit.log import MAX_BYTES, path_of
from imageseo.heroes.audit.verify import VerifiedLog, verify
from imageseo.model import git_lfs, regular_file
from imageseo.model.hero import Pin
from imageseo.model.humanize import pluralize

_SHOWN = 5  # faults
_RESTORE = "restore the file from version control (`git log -p` shows who changed it), and keep the lines added since"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditState:
    """``kind``: ``ok``, ``absent``, ``limited`` or ``broken``, as in ``doctor``."""

    kind: str
    detail: str
    hint: str = ""


def examine(project: Path, masters: str, pins: Sequence[Pin], *, wanted: bool = True) -> Iterator[AuditState]:
    """Yield the state of a project's log; writes nothing. ``wanted``: the setting ``policy.audit``."""
    path = path_of(masters, project)
    try:
        data = regular_file.read(path, limit=MAX_BYTES)
    except FileNotFoundError:
        if pins and wanted:
            yield AuditState(kind="absent", detail="none yet: the next change of a hero begins it")
        return
    except OSError as error:
        yield AuditState(kind="broken", detail=f"{path}: cannot be read: {error.strerror or error}", hint=_RESTORE)
        return
    if git_lfs.is_pointer(data[:1024]):
        yield AuditState(kind="broken", detail=git_lfs.describe(path), hint=git_lfs.PULL)
        return
    log = verify(data, committed=committed(path))
    for fault in log.faults[:_SHOWN]:
        place = f"{path}:{fault.line}" if fault.line else str(path)
        yield AuditState(kind="broken", detail=f"{place}: {fault.message}", hint=_RESTORE)
    if len(log.faults) > _SHOWN:
        yield AuditState(kind="broken", detail=f"{len(log.faults) - _SHOWN:,} more faults")
    if log.torn:
        detail = f"{path}: its last line is torn ({log.torn:,} bytes)"
        hint = "the next command that changes a hero takes it out, and says so in the log"
        yield AuditState(kind="limited", detail=detail, hint=hint)
    elif log.intact:
        yield AuditState(kind="ok", detail=f"{path}: {_summary(log, pins)}")


def _summary(log: VerifiedLog, pins: Sequence[Pin]) -> str:
    images = {line.values.get("image") for _, line in log.lines}
    older = sum(pin.file_sha256 not in images for pin in pins)
    text = f"{pluralize(len(log.lines), 'line')}, none cut, edited or moved"
    return f"{text}; {older:,} of {pluralize(len(pins), 'pin')} not in it, older than the log" if older else text


def committed(path: Path) -> bytes:
    """Return the log as git's last commit has it; empty if git does not know it."""
    try:
        done = subprocess.run(
            ["git", "show", f"HEAD:./{path.name}"],
            cwd=path.parent,
            capture_output=True,
            timeout=10,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return b""
    return done.stdout if done.returncode == 0 else b""
