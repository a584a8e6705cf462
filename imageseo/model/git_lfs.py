"""Detect Git LFS pointers: small text files in the place of files that were not pulled."""

from __future__ import annotations

from pathlib import Path

from imageseo.model import regular_file

PULL = "Run `git lfs pull` (in GitHub Actions: `lfs: true` for actions/checkout)."
"""The remedy."""
_START = b"version https://git-lfs"
_MAX_BYTES = 1024
"""The specification's limit; larger files are not opened."""


def is_pointer(data: bytes) -> bool:
    """Whether the content of a file is a pointer."""
    return data.startswith(_START) and len(data) < _MAX_BYTES


def is_pointer_file(path: Path) -> bool:
    """Whether a file is a pointer; False if it does not exist or cannot be read."""
    try:
        return path.stat().st_size < _MAX_BYTES and is_pointer(regular_file.begin(path, _MAX_BYTES))
    except (OSError, ValueError):  # ValueError: a NUL in the path
        return False


def describe(name: object, what: str = "file") -> str:
    """Return the problem with a pointer. ``what``: what it stands for."""
    return f"{name} is a Git LFS pointer, not the {what} itself"
