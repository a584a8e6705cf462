"""Matching of pages by globs of the settings."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache


@lru_cache(maxsize=65536)
def matches(page: str, glob: str) -> bool:
    """Whether a page's file matches a glob; ``*`` also matches ``/``, a leading ``/`` is the site's root."""
    return fnmatchcase(page, glob.lstrip("/"))
