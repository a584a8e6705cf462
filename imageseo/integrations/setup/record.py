"""What `init` added, in .imageseo-init.json, and `--undo`: it removes exactly that, and keeps all later edits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from imageseo.integrations.setup import ignore_file, python_lists, settings_file, yaml_plugins
from imageseo.integrations.setup.changes import FileChange, read_config
from imageseo.model import regular_file
from imageseo.model.errors import SettingsError, SiteError
from imageseo.storage.atomic import write_atomic

NAME = ".imageseo-init.json"
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoneFile:
    """What `--undo` does to a file. ``after``: None to delete it; ``kept``: why something stays, "" if nothing does."""

    path: str
    before: str
    after: str | None
    kept: str = ""


def write(folder: Path, changes: Sequence[FileChange]) -> None:
    """Write the changes, and before them the record of what they add: an interrupted init can be undone.

    Raises SiteError if a file cannot be written; those written before are then as they were.
    """
    former = _entries(folder)
    done: list[FileChange] = []
    try:
        _save(folder, [*former, *(_entry(change) for change in changes)])
        for change in changes:
            _write(folder / change.path, change.after)
            done.append(change)
    except SiteError:
        for change in reversed(done):
            _restore(folder, change)
        _save(folder, former)
        raise


def _restore(folder: Path, change: FileChange) -> None:
    path = folder / change.path
    if change.before is not None:
        _write(path, change.before)
    else:
        path.unlink(missing_ok=True)
        _remove_empty(path.parent, folder)


def _save(folder: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    if entries:
        text = json.dumps({"version": _VERSION, "files": entries}, indent=1, ensure_ascii=False)
        _write(folder / NAME, f"{text}\n")
    else:
        (folder / NAME).unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    try:
        write_atomic(path.resolve(), text.encode())  # resolved: a link stays a link
    except OSError as error:
        raise SiteError(
            f"{path}: cannot be written: {error.strerror or error}",
            hint="check what is at that path, and its permissions; files written before it are as they were",
        ) from error


def _entry(change: FileChange) -> Mapping[str, Any]:
    pieces, shift = [], 0
    for each in sorted(change.insertions, key=lambda each: each.at):
        pieces.append({"at": each.at + shift, "text": each.text})
        shift += len(each.text)
    return {"path": change.path, "created": change.before is None, "sha256": _hash(change.after), "pieces": pieces}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _entries(folder: Path) -> list[Mapping[str, Any]]:
    path = folder / NAME
    if not path.exists():
        return []
    try:
        table = json.loads(regular_file.read(path))
        entries = table["files"]
        if table["version"] != _VERSION or not all(_is_entry(each) for each in entries):
            raise ValueError("not the expected fields")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            (f"{path}: is no record of `imageseo init`: {error}",), hint="Restore the file, or delete it."
        ) from error
    found: list[Mapping[str, Any]] = entries
    return found


def _is_entry(entry: Any) -> bool:
    """Whether an entry has the fields and a path inside the project: an undo deletes what was created."""
    path = PurePosixPath(entry["path"])
    pieces = all(isinstance(each["at"], int) and isinstance(each["text"], str) for each in entry["pieces"])
    return pieces and not path.is_absolute() and ".." not in path.parts and isinstance(entry["created"], bool)


def plan_undo(folder: Path) -> list[UndoneFile]:
    """Return what an undo does, file by file; the last change of a file is taken back first. Raises SettingsError."""
    texts: dict[str, str | None] = {}
    before: dict[str, str] = {}
    kept: dict[str, list[str]] = {}
    for entry in reversed(_entries(folder)):
        path = entry["path"]
        if path not in texts:
            if not (folder / path).is_file():
                continue
            before[path] = texts[path] = read_config(folder / path)
        text = texts[path]
        if text is None:
            continue
        texts[path], reason = _without(text, entry)
        if reason:
            kept.setdefault(path, []).append(reason)
    return [
        UndoneFile(path=path, before=before[path], after=after, kept="; ".join(kept.get(path, ())))
        for path, after in texts.items()
    ]


def undo(folder: Path, files: Iterable[UndoneFile]) -> None:
    """Write what ``plan_undo`` returned, then remove the record. Raises SiteError."""
    for each in files:
        path = folder / each.path
        if each.after is None:
            try:
                path.unlink()
            except OSError as error:
                raise SiteError(f"{path}: cannot be deleted: {error.strerror or error}") from error
            _remove_empty(path.parent, folder)
        elif each.after != each.before:
            _write(path, each.after)
    (folder / NAME).unlink(missing_ok=True)


def _remove_empty(path: Path, folder: Path) -> None:
    """Remove folders that were made for the deleted file; one with anything in it stays."""
    while path != folder and path.is_relative_to(folder):
        try:
            path.rmdir()
        except OSError:
            return
        path = path.parent


def _without(text: str, entry: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return a text without what an entry says was added, and why some of that stays."""
    pieces = entry["pieces"]
    if _hash(text) == entry["sha256"]:
        if entry["created"]:
            return None, ""
        for piece in reversed(pieces):
            text = text[: piece["at"]] + text[piece["at"] + len(piece["text"]) :]
        return text, ""
    if entry["created"]:
        return (text, "changed since: delete it if it is not needed") if text.strip() else (None, "")
    left: list[Mapping[str, Any]] = []
    for piece in reversed(pieces):
        if "imageseo" in piece["text"]:  # else a comma, which can stay
            shorter = _cut(text, piece["text"], piece["at"], _neutral_of(entry["path"]))
            left += [piece] if shorter == text else []
            text = shorter
    found = [str(number) for number, line in enumerate(text.splitlines(), 1) if _is_ours(line, left)]
    return text, f"line {', '.join(found)} changed since: remove imageseo there by hand" if found else ""


def _is_ours(line: str, pieces: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a line is, or was, one of those that were added and could not be removed."""
    added = [part.strip(" \t,\"'") for each in pieces for part in each["text"].splitlines() if "imageseo" in part]
    return any(part in line for part in added)


def _cut(text: str, piece: str, at: int, neutral: Callable[[str], object]) -> str:
    """Return the text without the piece, or without those lines of it that are still there and can go.

    Only a cut that changes nothing else counts, as parsed; of several places the nearest to the former one.
    """
    for part in dict.fromkeys((piece, *_lines(piece))):
        for start in sorted(_finds(text, part), key=lambda start: abs(start - at)):
            shorter = text[:start] + text[start + len(part) :]
            if _is_same(text, shorter, neutral):
                text = shorter
                break
        else:
            continue
        if part == piece:
            break
    return text


def _lines(piece: str) -> Iterator[str]:
    for line in piece.splitlines(keepends=True):
        if "imageseo" in line:
            yield line
            yield f"\n{line.rstrip()}"


def _finds(text: str, part: str) -> Iterator[int]:
    start = text.find(part)
    while start >= 0:
        yield start
        start = text.find(part, start + 1)


def _is_same(text: str, shorter: str, neutral: Callable[[str], object]) -> bool:
    try:
        return neutral(text) == neutral(shorter)
    except (ValueError, RecursionError):
        return False


def _neutral_of(path: str) -> Callable[[str], object]:
    suffix = PurePosixPath(path).suffix
    if suffix in (".yml", ".yaml"):
        return yaml_plugins.neutral
    if suffix == ".py":
        return python_lists.neutral
    return settings_file.neutral if suffix == ".toml" else ignore_file.neutral
