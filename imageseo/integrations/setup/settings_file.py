"""imageseo.toml, or `[tool.imageseo]` of pyproject.toml: a new file with comments, or keys added to an old one."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imageseo.integrations.setup.changes import (
    FileChange,
    TextInsertion,
    UnsafePatchError,
    checked,
    line_end,
    line_of,
    new_file,
    read_config,
)

NAME = "imageseo.toml"
_PYPROJECT = "pyproject.toml"
_COMMENTS = {
    "site_url": "The address of the site, for structured data and the image sitemap:",
    "content_dir": "The folder of the Markdown files, whose front matter declares heroes:",
}
KEYS = tuple(_COMMENTS)
"""What `init` may add, in this order."""
_EXAMPLE = {"site_url": "https://example.org/"}
_TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)
_OWN_TABLE = re.compile(r"^[ \t]*\[[ \t]*tool[ \t]*\.[ \t]*imageseo[ \t]*\][^\n]*(?:\n|\Z)", re.MULTILINE)


def plan(folder: Path, wanted: Mapping[str, str]) -> FileChange | None:
    """Return the change that writes settings; None if they are there. Raises UnsafePatchError, SettingsError."""
    own, project = folder / NAME, folder / _PYPROJECT
    if own.is_file():
        return _added(read_config(own), NAME, wanted)
    if is_there(folder):
        return _added(read_config(project), _PYPROJECT, wanted)
    return new_file(NAME, _fresh(wanted), "new file with the settings")


def is_there(folder: Path) -> bool:
    """Whether the folder has settings in a file. Raises SettingsError."""
    if (folder / NAME).is_file():
        return True
    text = read_config(folder / _PYPROJECT) if (folder / _PYPROJECT).is_file() else ""
    return "imageseo" in text and "imageseo" in _parsed(text, _PYPROJECT).get("tool", {})


def _fresh(wanted: Mapping[str, str]) -> str:
    parts = ["# Settings of imageseo. No key is required; unknown ones are errors."]
    for key, comment in _COMMENTS.items():
        if key in wanted:
            parts.append(f"# {comment}\n{_assignment(key, wanted[key])}")
        elif key in _EXAMPLE:
            parts.append(f"# {comment}\n# {_assignment(key, _EXAMPLE[key])}")
    return "\n\n".join(parts) + "\n"


def _assignment(key: str, value: str) -> str:
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"  # text of JSON is text of TOML


def _parsed(text: str, path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        raise UnsafePatchError(f"{path}:{found[1] if found else 1}", f"is no valid TOML: {error}", lines="") from error


def _settings(text: str, path: str) -> Mapping[str, Any]:
    table: Any = tomllib.loads(text.removeprefix("\ufeff"))
    if path == _PYPROJECT:
        table = table.get("tool", {}).get("imageseo", {})
    return table if isinstance(table, Mapping) else {}


def _added(text: str, path: str, wanted: Mapping[str, str]) -> FileChange | None:
    _parsed(text, path)
    missing = [key for key in KEYS if key in wanted and key not in _settings(text, path)]
    if not missing:
        return None
    lines = "".join(f"# {_COMMENTS[key]}\n{_assignment(key, wanted[key])}\n" for key in missing)
    at = _own_table(text) if path == _PYPROJECT else _before_tables(text)
    newline = line_end(text)
    start = "" if at == 0 or text[at - 1] == "\n" or (at == 1 and text[0] == "\ufeff") else "\n"
    insertion = TextInsertion(at=at, text=(start + lines).replace("\n", newline))
    return checked(
        FileChange(
            path=path, before=text, insertions=(insertion,), summary=", ".join(f"`{key}`" for key in missing) + " added"
        ),
        neutral=neutral,
        is_active=lambda after: all(_settings(after, path).get(key) == wanted[key] for key in missing),
        refuse=lambda: UnsafePatchError(
            f"{path}:{line_of(text, at)}",
            "cannot be changed without risk",
            lines=("[tool.imageseo]\n" if path == _PYPROJECT else "") + lines,
        ),
    )


def _before_tables(text: str) -> int:
    """Return the index of the first table's header, or that of the comments right above it; else of the end."""
    for found in _TABLE.finditer(text):
        head = text[: found.start()]
        try:
            tomllib.loads(head.removeprefix("\ufeff"))
        except tomllib.TOMLDecodeError:  # inside an array or a text of several lines
            continue
        lines = head.splitlines(keepends=True)
        while lines and lines[-1].lstrip().startswith("#"):
            lines.pop()
        return len("".join(lines))
    return len(text)


def _own_table(text: str) -> int:
    found = _OWN_TABLE.search(text)
    return found.end() if found else len(text)


def neutral(text: str) -> object:
    """Return the document without the keys that `init` may add."""
    table: dict[str, Any] = tomllib.loads(text.removeprefix("\ufeff"))
    own = table.get("tool", {}).get("imageseo")
    for part in (table, own):
        for key in KEYS if isinstance(part, dict) else ():
            part.pop(key, None)
    return table
