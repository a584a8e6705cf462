"""Changes of files as insertions into their text: nothing is dumped again, so every other byte stays."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from imageseo.model import regular_file
from imageseo.model.errors import SettingsError

_MAX_BYTES = 16 * 2**20  # of a configuration file


@dataclass(frozen=True, slots=True, kw_only=True)
class TextInsertion:
    """Text to insert before the character ``at`` of the text before."""

    at: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """What `init` adds to a file. ``path``: relative to the project, with ``/``; ``before``: None for a new file."""

    path: str
    before: str | None
    insertions: tuple[TextInsertion, ...]
    summary: str

    @property
    def after(self) -> str:
        """The whole text with the insertions."""
        text, parts, start = self.before or "", [], 0
        for each in sorted(self.insertions, key=lambda each: each.at):
            parts += [text[start : each.at], each.text]
            start = each.at
        return "".join([*parts, text[start:]])


class UnsafePatchError(SettingsError):
    """A configuration cannot be patched safely. The hint has the lines to paste."""

    def __init__(self, place: str, why: str, *, lines: str) -> None:
        pasted = "\n".join(f"    {line}" for line in lines.rstrip("\n").split("\n"))
        super().__init__(
            (f"{place}: {why}",),
            hint=f"Nothing was written. Add this by hand, then run the command again:\n{pasted}",
        )


def new_file(path: str, text: str, summary: str = "new file") -> FileChange:
    """Return the change that creates a file."""
    return FileChange(path=path, before=None, insertions=(TextInsertion(at=0, text=text),), summary=summary)


def read_config(path: Path) -> str:
    """Return the text of a file with its own line ends. Raises SettingsError."""
    try:
        return regular_file.read(path, limit=_MAX_BYTES).decode("utf-8")
    except OSError as error:
        raise SettingsError((f"{path}: cannot be read: {error.strerror or error}",)) from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            (f"{path}: found the byte {error.object[error.start]:#04x} at {error.start}, expected UTF-8",),
            hint="Save the file as UTF-8.",
        ) from error


def relative(path: Path, folder: Path) -> str:
    """Return a path relative to the project folder, with ``/``."""
    return os.path.relpath(path, folder).replace(os.sep, "/")


def line_end(text: str) -> str:
    """Return the line end of a text, as most of its lines have it."""
    return "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"


def line_of(text: str, at: int) -> int:
    """Return the number of the line with a character, 1-based."""
    return text.count("\n", 0, at) + 1


def end_of_line(text: str, at: int) -> int:
    """Return the index of the line end after a character, or of the end of the text."""
    found = text.find("\n", at)
    if found < 0:
        return len(text)
    return found - 1 if found > at and text[found - 1] == "\r" else found


def appended(text: str, lines: str) -> TextInsertion:
    """Return the insertion of whole lines at the end of a text, which may lack its last line end."""
    newline = line_end(text)
    start = "" if not text or text.endswith("\n") else newline
    return TextInsertion(at=len(text), text=start + lines.replace("\n", newline))


def checked(
    change: FileChange,
    *,
    neutral: Callable[[str], object],
    is_active: Callable[[str], bool],
    refuse: Callable[[], UnsafePatchError],
) -> FileChange:
    """Return the change if imageseo is the only difference between the texts, both parsed.

    Raises UnsafePatchError.
    """
    if is_same(change, neutral=neutral, is_active=is_active):
        return change
    raise refuse()


def is_same(change: FileChange, *, neutral: Callable[[str], object], is_active: Callable[[str], bool]) -> bool:
    """Whether imageseo is active after the change, and nothing else is different."""
    try:
        return is_active(change.after) and neutral(change.before or "") == neutral(change.after)
    except (ValueError, RecursionError):  # errors of all parsers are of this kind
        return False
