"""Local cache of remote masters: stored by hash, and verified on every read."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from pathlib import Path, PurePosixPath

from imageseo.model import regular_file
from imageseo.storage.atomic import write_atomic

_SHA256 = re.compile(r"[0-9a-f]{64}")
_IGNORED = b"# made by imageseo\n*\n"


class RemoteCache:
    """Copies of masters by hash, and the last known hash of each file name at one location. May be deleted."""

    def __init__(self, folder: Path, location: str) -> None:
        self._folder = folder
        self._location = location
        self._verified: set[str] = set()
        self._last: tuple[str, bytes] | None = None  # the last read, which is likely to be read again

    def path(self, sha256: str) -> Path | None:
        """Return the path of a copy, None before it was verified."""
        path = self._blob(sha256)
        return path if sha256 in self._verified and path.is_file() else None

    def read(self, sha256: str) -> bytes | None:
        """Return the verified bytes, None if missing or damaged. A second read of the same hash uses no disk."""
        if not _SHA256.fullmatch(sha256.removeprefix("sha256:")):
            return None
        last, self._last = self._last, None
        if last is not None and last[0] == sha256:
            return last[1]
        try:
            data = regular_file.read(self._blob(sha256))
        except OSError:
            return None
        if "sha256:" + hashlib.sha256(data).hexdigest() != sha256:
            self._verified.discard(sha256)
            return None
        self._verified.add(sha256)
        self._last = (sha256, data)
        return data

    def last_digest(self, file: str) -> str | None:
        """Return the last known hash of a file; None unless its name contains that hash, so that it cannot change."""
        try:
            text = regular_file.read_text(self._name(file), "ascii")
        except (OSError, UnicodeDecodeError):
            return None
        return text if _SHA256.fullmatch(text.removeprefix("sha256:")) and name_has_digest(file, text) else None

    def add(self, file: str, sha256: str, data: bytes) -> None:
        """Store a copy; if that fails, the next run fetches it again."""
        with suppress(OSError):
            if not (self._folder / ".gitignore").exists():
                write_atomic(self._folder / ".gitignore", _IGNORED)
            write_atomic(self._blob(sha256), data)
            self._verified.add(sha256)
            write_atomic(self._name(file), sha256.encode())

    def forget(self, file: str) -> None:
        """Remove the last known hash of a file."""
        with suppress(OSError):
            self._name(file).unlink(missing_ok=True)

    def _blob(self, sha256: str) -> Path:
        digits = sha256.removeprefix("sha256:")
        return self._folder / digits[:2] / f"{digits}.png"

    def _name(self, file: str) -> Path:
        return self._folder / "names" / hashlib.sha256(f"{self._location}\n{file}".encode()).hexdigest()


def name_has_digest(file: str, sha256: str) -> bool:
    """Whether a name ends in the first digits of the hash, as the names that ``generate`` gives to masters do."""
    return PurePosixPath(file).stem.endswith("-" + sha256.removeprefix("sha256:")[:8])
