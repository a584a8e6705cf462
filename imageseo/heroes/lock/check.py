"""Check a lock file entry by entry, so that all faults of a merge are reported at once, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from imageseo.heroes.lock.parser import LockParser
from imageseo.model import git_lfs, regular_file
from imageseo.model.errors import LockError
from imageseo.model.hero import Pin

_START = re.compile(r"\s*\[\[\s*hero\s*\]\]")
_PAGE = re.compile(r'page = "((?:[^"\\]|\\.)*)"')
_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_ONCE = ("page", "recipe_hash", "checksum")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockFault:
    """One fault. ``line``: 1-based, 0 for the whole file. ``page``: of the entry, "" if there is none."""

    message: str
    hint: str
    line: int = 0
    page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedLock:
    """``pins``: of the entries without faults. ``unsealed``: pages of entries of older versions, without checksum."""

    faults: tuple[LockFault, ...] = ()
    pins: tuple[Pin, ...] = ()
    unsealed: tuple[str, ...] = ()


def check_file(path: Path) -> CheckedLock | None:
    """Check a lock file; None if there is none. Raises LockError if it cannot be read."""
    try:
        text = regular_file.read_text(path)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise LockError(f"{path}: cannot be read: {error}", hint="Restore the file from version control.") from error
    if git_lfs.is_pointer(text.encode()):
        raise LockError(git_lfs.describe(path), hint=git_lfs.PULL)
    return check_text(path, text)


def check_text(path: Path, text: str) -> CheckedLock:
    """Check the text of a lock file. ``path``: for messages."""
    lines = text.split("\n")
    if conflicts := tuple(_conflicts(lines)):
        return CheckedLock(faults=conflicts)
    starts = [number for number, line in enumerate(lines) if _START.match(line)]
    faults: list[LockFault] = []
    pins: dict[str, tuple[int, Pin]] = {}
    unsealed = []
    head = lines[: starts[0]] if starts else lines
    _, found = _parse(path, head, 0)
    faults += found
    for number, start in enumerate(starts):
        block = lines[start : starts[number + 1] if number + 1 < len(starts) else len(lines)]
        pin, found = _parse(path, block, start)
        faults += found
        if pin is None:
            continue
        if pin.page in pins:
            first = pins[pin.page][0] + 1
            faults.append(
                LockFault(
                    message=f"{pin.page} is pinned twice, in the entries of line {first} and line {start + 1}: "
                    "both sides of a merge have pinned it",
                    hint=f"Keep one of the two entries; `imageseo generate {pin.page}` then makes what does not match.",
                    line=start + 1,
                    page=pin.page,
                )
            )
            continue
        pins[pin.page] = start, pin
        unsealed += [] if any(line.startswith("checksum = ") for line in block) else [pin.page]
    return CheckedLock(faults=tuple(faults), pins=tuple(pin for _, pin in pins.values()), unsealed=tuple(unsealed))


def _conflicts(lines: Sequence[str]) -> Iterator[LockFault]:
    """Yield the conflicts that git has marked."""
    page = ""
    is_open = False
    for number, line in enumerate(lines, 1):
        if match := _PAGE.match(line):
            page = match[1]
        if line[:7] in _MARKERS and (line[7:8] in ("", " ")):
            if line.startswith(">>>>>>>"):
                is_open = False
                continue
            if not is_open:
                where = f" in or after the entry of {page}" if page else ""
                yield LockFault(
                    message=f"unresolved merge conflict{where}",
                    hint="Keep the entries of both sides but one per page, without the marker lines; "
                    "`imageseo generate` then makes what does not match.",
                    line=number,
                    page=page,
                )
            is_open = True


def _parse(path: Path, block: Sequence[str], start: int) -> tuple[Pin | None, list[LockFault]]:
    """Parse one entry, or what stands before the first one; the lines keep their numbers."""
    is_entry = bool(block) and _START.match(block[0]) is not None
    page = next((match[1] for line in block if (match := _PAGE.match(line))), "")
    again = next((key for key in _ONCE if sum(line.startswith(f"{key} = ") for line in block) > 1), None)
    if is_entry and again is not None:
        fault = LockFault(
            message=f"the entry of {page or 'a page'} has two lines `{again}`: both sides of a merge have pinned it, "
            "and their lines were mixed",
            hint="Take the whole entry from one side (`git show HEAD:imageseo.lock`), or delete it and run "
            f"`imageseo generate{f' {page}' if page else ''}`.",
            line=start + 1,
            page=page,
        )
        return None, [fault]
    padding = ["lock_version = 1", *[""] * (start - 1)] if is_entry and start else []
    text = "\n".join([*padding, *block]) if padding or not is_entry else "lock_version = 1 \n" + "\n".join(block)
    try:
        pins = LockParser(path, text).parse()
    except LockError as error:
        match = re.match(rf"{re.escape(str(path))}(?::(\d+))?: (.*)", error.message, re.DOTALL)
        line, message = (int(match[1] or 0), match[2]) if match else (0, error.message)
        return None, [LockFault(message=message, hint=error.hint, line=line or start + 1, page=page)]
    return (pins[0] if pins else None), []
