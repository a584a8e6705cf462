"""Headers for the files whose names carry the hash of their content: they may be cached for a year."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping, Sequence
from urllib.parse import quote

from imageseo.web.filenames import looks_like_variant

IMMUTABLE = "public, max-age=31536000, immutable"
MAX_RULES = 100
"""What Cloudflare Pages reads of ``_headers``."""
_HASHED = r"-[0-9]+w\.[0-9a-f]{8}\.[a-z0-9]{1,8}$"


def hashed_patterns(paths: Collection[str]) -> list[str]:
    """Return patterns for ``_headers`` that match the variants of a site, and no other file.

    ``paths``: of all files. A ``*`` matches any characters; only one is allowed in a pattern. Where an author has a
    file of the same format, folders are named, or single files.
    """
    found: list[str] = []
    by_suffix: dict[str, list[str]] = {}
    for path in sorted(paths):
        by_suffix.setdefault(posixpath.splitext(path)[1], []).append(path)
    for suffix, alike in sorted(by_suffix.items()):
        if any(map(looks_like_variant, alike)):
            found += _patterns(alike, suffix)
    return found


def _patterns(paths: Sequence[str], suffix: str) -> Iterable[str]:
    """Yield the patterns for the files of one format."""
    mixed: set[str] = set()  # folders that contain another file, at any depth
    for path in paths:
        if not looks_like_variant(path):
            folder = posixpath.dirname(path)
            mixed.add(folder)
            while folder:
                folder = posixpath.dirname(folder)
                mixed.add(folder)
    done: set[str] = set()
    for path in filter(looks_like_variant, paths):
        # The outermost folder without another file of this format: fewest rules.
        parts = posixpath.dirname(path).split("/") if "/" in path else []
        folders = ["", *("/".join(parts[: count + 1]) for count in range(len(parts)))]
        free = next((each for each in folders if each not in mixed), None)
        pattern = f"/{quote(path)}" if free is None else f"/{quote(free)}{'/' if free else ''}*{suffix}"
        if pattern not in done:
            done.add(pattern)
            yield pattern


def netlify(patterns: Iterable[str], *, detached: Collection[str] = ()) -> list[str]:
    """Return lines for ``_headers``. ``detached``: patterns whose header of an earlier rule is dropped first, which
    Cloudflare Pages alone understands.
    """
    lines: list[str] = []
    for pattern in patterns:
        lines.append(pattern)
        if pattern in detached:
            lines.append("  ! Cache-Control")
        lines.append(f"  Cache-Control: {IMMUTABLE}")
    return lines


def nginx() -> list[str]:
    """Return lines for a ``server`` block. A ``location`` would replace the settings of the server's own locations."""
    return [
        'set $imageseo_cache "";',
        f'if ($uri ~ "{_HASHED}") {{ set $imageseo_cache "{IMMUTABLE}"; }}',
        "# A location with an add_header of its own needs this line too.",
        "add_header Cache-Control $imageseo_cache;",
    ]


def apache(types: Mapping[str, str]) -> list[str]:
    """Return lines for ``.htaccess``. ``types``: media type by suffix."""
    return [
        "<IfModule mod_mime.c>",
        *(f"  AddType {kind} {suffix}" for suffix, kind in sorted(types.items())),
        "</IfModule>",
        "<IfModule mod_headers.c>",
        f'  <FilesMatch "{_HASHED}">',
        f'    Header set Cache-Control "{IMMUTABLE}"',
        "  </FilesMatch>",
        "</IfModule>",
    ]
