"""Adds how git merges imageseo.lock to .gitattributes."""

from __future__ import annotations

from pathlib import Path

from imageseo.integrations.setup.changes import FileChange, appended, new_file, read_config

NAME = ".gitattributes"
LINE = "imageseo.lock merge=union"
DRIVER = "imageseo"
CONFIGURE = f'`git config merge.{DRIVER}.driver "imageseo lock merge %O %A %B --marker-size %L"`'
"""The command that each clone needs for `imageseo.lock merge=imageseo` instead of ``LINE``."""
_COMMENT = (
    "# imageseo: both sides of a merge may add heroes; `imageseo lock check` finds what does not fit\n"
    "# (to merge two changes of one hero, see `imageseo lock merge --help`)"
)


def plan(folder: Path) -> FileChange | None:
    """Return the change of a folder in a git repository; None elsewhere, and if the file is mentioned already.

    Raises SettingsError.
    """
    if not is_repository(folder):
        return None
    path = folder / NAME
    lines = f"{_COMMENT}\n{LINE}\n"
    if not path.is_file():
        return new_file(NAME, lines, f"{LINE} added")
    text = read_config(path)
    if any(line.split()[:1] in (["imageseo.lock"], ["/imageseo.lock"]) for line in text.splitlines()):
        return None
    blank = "\n" if text.strip() and not text.endswith(("\n\n", "\r\n\r\n")) else ""
    return FileChange(path=NAME, before=text, insertions=(appended(text, blank + lines),), summary=f"{LINE} added")


def is_repository(folder: Path) -> bool:
    """Whether a folder is in a git repository."""
    here = folder.resolve()
    return any((each / ".git").exists() for each in (here, *here.parents))
