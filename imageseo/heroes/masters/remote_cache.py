"""Copies of masters that lie elsewhere: under their hash, verified whenever they are read."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from pathlib import Path, PurePosixPath

from imageseo.storage.atomic import write_atomic

_SHA256 = re.compile(r"[0-9a-f]{64}")
_IGNORED = b"# made by imageseo\n*\n"


class RemoteCache:
    """Copies of masters under their hash, and what was known of a name at one place. May be deleted at any time."""

    def __init__(self, folder: Path, where: str) -> None:
        self._folder = folder
        self._where = where
        self._sound: set[str] = set()
        self._last: tuple[str, bytes] | None = None  # what was read last, and is likely asked for next

    def path(self, sha256: str) -> Path | None:
        """Where the copy lies, None before it was verified."""
        path = self._blob(sha256)
        return path if sha256 in self._sound and path.is_file() else None

    def read(self, sha256: str) -> bytes | None:
        """The bytes, verified; None when they are gone or damaged. Who tells a digest and then reads, reads once."""
        if not _SHA256.fullmatch(sha256.removeprefix("sha256:")):
            return None
        last, self._last = self._last, None
        if last is not None and last[0] == sha256:
            return last[1]
        try:
            data = self._blob(sha256).read_bytes()
        except OSError:
            return None
        if "sha256:" + hashlib.sha256(data).hexdigest() != sha256:
            self._sound.discard(sha256)
            return None
        self._sound.add(sha256)
        self._last = (sha256, data)
        return data

    def named(self, file: str) -> str | None:
        """The digest of what a file was when it was last seen; None where nothing says that it is that still."""
        try:
            text = self._name(file).read_text("ascii")
        except (OSError, UnicodeDecodeError):
            return None
        return text if _SHA256.fullmatch(text.removeprefix("sha256:")) and name_has_digest(file, text) else None

    def keep(self, file: str, sha256: str, data: bytes) -> None:
        """Keep a copy; where that cannot be, the next run fetches it again."""
        with suppress(OSError):
            if not (self._folder / ".gitignore").exists():
                write_atomic(self._folder / ".gitignore", _IGNORED)
            write_atomic(self._blob(sha256), data)
            self._sound.add(sha256)
            write_atomic(self._name(file), sha256.encode())

    def forget(self, file: str) -> None:
        """Know nothing of a name any more."""
        with suppress(OSError):
            self._name(file).unlink(missing_ok=True)

    def _blob(self, sha256: str) -> Path:
        digits = sha256.removeprefix("sha256:")
        return self._folder / digits[:2] / f"{digits}.png"

    def _name(self, file: str) -> Path:
        return self._folder / "names" / hashlib.sha256(f"{self._where}\n{file}".encode()).hexdigest()


def name_has_digest(file: str, sha256: str) -> bool:
    """Whether a name ends in the first digits of the hash, as ``generate`` names masters: it can mean nothing else."""
    return PurePosixPath(file).stem.endswith("-" + sha256.removeprefix("sha256:")[:8])
