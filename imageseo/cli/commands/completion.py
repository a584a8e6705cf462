"""Command `completion --install`: a file with the script, and a line that loads it."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from imageseo.model import regular_file
from imageseo.model.errors import SiteError
from imageseo.storage.atomic import write_atomic

_MARK = "# Written by `imageseo completion --install`, which replaces this file."
_NAME = b"imageseo completion"
_CHECK = "check what is at that path, and its permissions"


def install(shell: str, script: str, home: Path) -> str:
    """Install the script of a shell below a home folder; return lines that say what was done.

    A file that is not ours is not replaced. Raises SiteError, with nothing half done.
    """
    path = _script_path(shell, home)
    data = f"{_MARK}\n{script.strip()}\n".encode()
    if shell == "zsh":  # `#compdef` must be the first line where zsh itself loads the file
        first, _, rest = script.strip().partition("\n")
        data = f"{first}\n{_MARK}\n{rest}\n".encode()
    found = _read(path)
    if found is not None and _MARK.encode() not in found:
        raise SiteError(f"{path}: exists, and is not by imageseo", hint="move it away, then run this again")
    startup = _startup_file(shell, home)
    before = _read(startup) if startup is not None else None
    if found != data:
        _write(path, data)
    lines = [f"{path}: {'unchanged' if found == data else 'written'}"]
    if startup is not None:
        lines.append(_load_in(startup, before or b"", path))
    return "\n".join([*lines, f"open a new {shell} to use it"]) + "\n"


def _load_in(startup: Path, text: bytes, path: Path) -> str:
    """Append the line that loads the script to a startup file, unless one is there."""
    if any(_NAME in line and not line.lstrip().startswith(b"#") for line in text.splitlines()):
        return f"{startup}: loads it already"
    name = shlex.quote(str(path))
    line = f"[ -f {name} ] && . {name}  # imageseo completion\n".encode("utf-8", "surrogateescape")
    try:
        startup.parent.mkdir(parents=True, exist_ok=True)
        with startup.open("ab") as stream:  # a link to a file elsewhere stays a link
            stream.write((b"\n" if text and not text.endswith(b"\n") else b"") + line)
    except OSError as error:
        raise SiteError(
            f"{startup}: cannot be written: {error.strerror or error}",
            hint=f"add the line yourself: {line.decode('utf-8', 'replace').strip()}",
        ) from error
    return f"{startup}: one line added"


def _script_path(shell: str, home: Path) -> Path:
    if shell == "fish":  # loads what is there by itself
        return _folder("XDG_CONFIG_HOME", home / ".config") / "fish/completions/imageseo.fish"
    return _folder("XDG_DATA_HOME", home / ".local/share") / f"imageseo/completion.{shell}"


def _startup_file(shell: str, home: Path) -> Path | None:
    if shell == "fish":
        return None
    return home / ".bashrc" if shell == "bash" else _folder("ZDOTDIR", home) / ".zshrc"


def _folder(variable: str, default: Path) -> Path:
    value = os.environ.get(variable, "")
    return Path(value) if os.path.isabs(value) else default  # noqa: PTH117 - as the XDG specification demands


def _read(path: Path) -> bytes | None:
    try:
        return regular_file.read(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SiteError(f"{path}: cannot be read: {error.strerror or error}", hint=_CHECK) from error


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomic(path, data)
    except OSError as error:
        raise SiteError(f"{path}: cannot be written: {error.strerror or error}", hint=_CHECK) from error
