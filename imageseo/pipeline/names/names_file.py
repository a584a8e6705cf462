"""imageseo.names.toml: the published file name of each renamed image, committed with the project."""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from imageseo.config.naming import NAMES_FILE
from imageseo.model import regular_file
from imageseo.model.errors import SiteError

_HEAD = """\
# Published names of images, written by imageseo. Commit this file: a published name stays, even if the text that it was
# made from changes. To change a name, add a line from the published name to the new one; remove no line.

[names]
"""
_MAX_BYTES = 64 * 2**20
_DIGEST = re.compile(r"[0-9a-f]{16}")
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")


class NamesError(SiteError):
    """imageseo.names.toml cannot be read, or contradicts itself."""

    id = "names"
    title = NAMES_FILE


class Published(NamedTuple):
    """Where an image is published. ``sha256``: the first digits of its content's hash when it was named."""

    path: str
    sha256: str


def read(project: Path) -> dict[str, Published]:
    """Return where each image is published, by its path as the generator writes it. Raises NamesError."""
    try:
        text = regular_file.read(project / NAMES_FILE, limit=_MAX_BYTES).decode("utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise NamesError(f"it cannot be read: {error}", hint="restore it from version control") from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = _AT_LINE.search(str(error))
        written = text.splitlines()[int(line[1]) - 1].strip() if line else ""
        if "overwrite" in str(error):
            problem, hint = f"line {line[1] if line else '?'} names an image a second time: {written}", "keep one line"
        elif any(mark in text for mark in ("\n<<<<<<<", "\n=======", "\n>>>>>>>")):
            problem, hint = "it has marks of a merge", "keep the lines of both sides, and remove the marks"
        else:
            problem, hint = f"not valid TOML: {error}", "correct the line, or restore the file from version control"
        raise NamesError(problem, hint=hint) from error
    names = content.get("names", {})
    if not isinstance(names, dict):
        raise NamesError(f"expected a table [names], found {names!r}", hint="restore the file from version control")
    found = {old: _published(old, value) for old, value in names.items()}
    _check(found)
    return found


def encode(names: Mapping[str, Published]) -> bytes:
    """Return the content of the file: a line for each image, sorted, so that branches merge."""
    lines = (
        f"{_text(old)} = {{ to = {_text(new.path)}, sha256 = {_text(new.sha256)} }}\n"
        for old, new in sorted(names.items())
    )
    return (_HEAD + "".join(lines)).encode()


def final_paths(names: Mapping[str, Published]) -> dict[str, str]:
    """Return the path at the end of each chain of names."""
    found: dict[str, str] = {}
    for old, new in names.items():
        path = new.path
        while path in names:
            path = names[path].path
        found[old] = path
    return found


def _published(old: str, value: object) -> Published:
    if isinstance(value, str):  # as written by hand
        value = {"to": value}
    path = value.get("to") if isinstance(value, dict) else None
    if not isinstance(path, str):
        raise NamesError(f'{old}: expected {{ to = "PATH" }}, found {value!r}', hint="name the published path in `to`")
    digest = value.get("sha256", "") if isinstance(value, dict) else ""
    clean = posixpath.normpath(path)
    if (
        path.startswith("/")
        or clean != path
        or clean.startswith("..")
        or "\\" in path
        or re.search(r"[\x00-\x1f\x7f]", path)
    ):
        raise NamesError(f"{old}: {path!r} is not a path inside the site", hint="write it as `images/harbour.jpg`")
    if _suffix(path) != _suffix(old):
        raise NamesError(f"{old}: {path} has another suffix", hint=f"let it end in {posixpath.splitext(old)[1]}")
    if not isinstance(digest, str) or (digest and _DIGEST.fullmatch(digest) is None):
        raise NamesError(f"{old}: sha256 is {digest!r}; expected 16 hexadecimal digits", hint="remove it")
    return Published(path, digest)


def _check(names: Mapping[str, Published]) -> None:
    owners: dict[str, str] = {}
    for old, new in names.items():
        other = owners.setdefault(new.path, old)
        if other != old and names[other].sha256 != new.sha256:
            raise NamesError(
                f"{other} and {old} are different images with one name, {new.path}",
                hint=f"give {old} another name; if it is published already, the other one",
            )
    for old in names:
        seen, path = [old], names[old].path
        while path in names:
            if path in seen:
                raise NamesError(f"names in a circle: {' -> '.join([*seen, path])}", hint="remove one of the lines")
            seen.append(path)
            path = names[path].path


def _suffix(path: str) -> str:
    suffix = posixpath.splitext(path)[1].lower()
    return ".jpg" if suffix in (".jpeg", ".jfif") else suffix


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
