"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def write_atomic(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``: readers see the old file or the new one, never a part, also after a kill.

    The temporary file stands beside the target (one file system, so that the rename is atomic) and is removed
    when writing fails. Folders are made. An existing file keeps its mode, a new one follows the umask.
    Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".imageseo-", suffix=".part", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        temporary.chmod(_mode(path))
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _mode(path: Path) -> int:
    """The mode of the file that is replaced, else what the umask leaves of 0o666 (mkstemp makes files private)."""
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        return 0o666 & ~_UMASK


def _read_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# Read once while loading: asking means setting, which must not happen while threads write files.
_UMASK = _read_umask()
