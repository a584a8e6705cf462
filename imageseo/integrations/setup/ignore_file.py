"""Adds the cache folder, and the record of `init`, to .gitignore."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from imageseo.integrations.setup.changes import FileChange, TextInsertion, appended, new_file, read_config

NAME = ".gitignore"
_COMMENT = "# imageseo: encoded variants; the report; what `imageseo init` added, for --undo"


def plan(folder: Path, wanted: Sequence[str]) -> FileChange | None:
    """Return the change that adds the paths that no pattern covers yet; None if all are. Raises SettingsError.

    ``wanted``: relative to the folder; those of folders end with a slash.
    """
    missing = [path for path in wanted if not any(_covers(text, path, above) for text, above in _files(folder))]
    if not missing:
        return None
    lines = "\n".join([_COMMENT, *missing]) + "\n"
    summary = f"{' and '.join([', '.join(missing[:-1]), *missing[-1:]] if missing[1:] else missing)} added"
    path = folder / NAME
    if not path.is_file():
        return new_file(NAME, lines, summary)
    text = read_config(path)
    blank = "\n" if text.strip() and not text.endswith(("\n\n", "\r\n\r\n")) else ""
    insertion: TextInsertion = appended(text, blank + lines)
    return FileChange(path=NAME, before=text, insertions=(insertion,), summary=summary)


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the ignore files of the folder and its parents in the repository, each with the way to the folder."""
    here = folder.resolve()
    way: list[str] = []
    for each in [here, *here.parents]:
        if (each / NAME).is_file():
            yield read_config(each / NAME), "".join(f"{name}/" for name in reversed(way))
        if (each / ".git").exists():
            return
        way.append(each.name)
        if not any((parent / ".git").exists() for parent in each.parents):
            return


def _covers(text: str, path: str, way: str) -> bool:
    """Whether a pattern ignores a path (or a folder above it), by the last one that matches, as git does."""
    parts = PurePosixPath(way + path).parts
    whole = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    ignored = False
    for line in text.splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        negated = pattern.startswith("!")
        if _matches(pattern.removeprefix("!"), whole, is_folder=path.endswith("/")):
            ignored = not negated
    return ignored


def _matches(pattern: str, whole: Iterable[str], *, is_folder: bool) -> bool:
    from fnmatch import fnmatchcase

    folders_only = pattern.endswith("/")
    pattern = pattern.rstrip("/").removesuffix("/**").removesuffix("/*")
    anywhere = pattern.startswith("**/") or "/" not in pattern
    pattern = pattern.removeprefix("**/").removeprefix("/")
    paths = list(whole)
    for number, path in enumerate(paths):
        if folders_only and number == len(paths) - 1 and not is_folder:
            continue
        if fnmatchcase(path, pattern) or (anywhere and fnmatchcase(path.rpartition("/")[2], pattern)):
            return True
    return False


def neutral(text: str) -> object:
    """Return the patterns without those that `init` may add."""
    return [line for line in text.splitlines() if line.strip() and "imageseo" not in line]
