"""Command `lock merge`: the merge driver of git for imageseo.lock."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from imageseo.heroes.lock.merge import merge
from imageseo.model import regular_file
from imageseo.model.errors import LockError
from imageseo.storage.atomic import write_atomic


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeReport:
    """``conflicts``: pages whose hero both sides have changed. ``fault``: why lines were merged instead of entries."""

    conflicts: tuple[str, ...] = ()
    fault: str = ""
    failed: bool = False

    def as_text(self) -> str:
        """Return a line for each page to decide about."""
        lines = [f"imageseo.lock: {page}: both sides have changed this hero: keep one entry" for page in self.conflicts]
        if self.conflicts:
            lines.append("then `imageseo lock check` and `imageseo generate`")
        if self.fault:
            lines.append(f"imageseo.lock: merged line by line, because one side is invalid: {self.fault}")
        return "".join(f"{line}\n" for line in lines)


def run(base: Path, ours: Path, theirs: Path, *, labels: tuple[str, str], size: int) -> MergeReport:
    """Merge into the file ``ours``, as git expects it of a merge driver. Raises LockError if a file cannot be read."""
    try:
        texts = [regular_file.read_text(path) for path in (base, ours, theirs)]
    except (OSError, UnicodeDecodeError) as error:
        raise LockError(f"cannot be read: {error}", hint="Restore the file from version control.") from error
    try:
        merged = merge(texts[0], texts[1], texts[2], labels=labels, size=size)
    except LockError as error:
        return MergeReport(fault=error.message, failed=_merge_lines(base, ours, theirs, labels, size))
    try:
        write_atomic(ours, merged.text.encode())
    except OSError as error:
        raise LockError(f"{ours}: cannot be written: {error}", hint="Check permissions and free disk space.") from error
    return MergeReport(conflicts=merged.conflicts, failed=bool(merged.conflicts))


def _merge_lines(base: Path, ours: Path, theirs: Path, labels: tuple[str, str], size: int) -> bool:
    """Let git merge the lines, so that nothing of either side is lost; return whether conflicts are left."""
    names = ["-L", labels[0], "-L", "base", "-L", labels[1]]
    command = ["git", "merge-file", f"--marker-size={size}", *names, *map(str, (ours, base, theirs))]
    try:
        done = subprocess.run(command, capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError) as error:
        raise LockError(f"git cannot merge the lines: {error}", hint="Merge the file by hand.") from error
    return done.returncode != 0
