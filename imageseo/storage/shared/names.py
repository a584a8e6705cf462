"""Names of the files in a shared store. An entry's name holds its key, the hash of its bytes and their number."""

from __future__ import annotations

import re

from imageseo.model.protocols import StoredBlob

VERSION = "v1"
ENTRIES, SITES = f"{VERSION}/entries", f"{VERSION}/sites"
SHARDS = tuple(f"{number:02x}" for number in range(256))
_ENTRY = re.compile(rf"{ENTRIES}/([0-9a-f]{{2}})/([0-9a-f]{{62}})\.([0-9a-f]{{64}})\.(\d{{1,12}})")
_SITE = re.compile(rf"{SITES}/([0-9a-f]{{16}})/([0-9a-f]{{64}})")


def entry_path(key: str, stored: StoredBlob) -> str:
    """Return the path of an entry."""
    return f"{shard_path(key)}/{key[2:]}.{stored.sha256}.{stored.bytes}"


def shard_path(key: str) -> str:
    """Return the folder of all entries whose keys begin with the same two digits."""
    return f"{ENTRIES}/{key[:2]}"


def parse_entry(path: str) -> tuple[str, StoredBlob] | None:
    """Return key and content of an entry; None for a path that is none."""
    match = _ENTRY.fullmatch(path)
    return (match[1] + match[2], StoredBlob(sha256=match[3], bytes=int(match[4]))) if match else None


def site_path(site: str, digest: str) -> str:
    """Return the path of a list of the entries that a site uses. ``digest``: of the list's bytes."""
    return f"{SITES}/{site}/{digest}"


def parse_site(path: str) -> tuple[str, str] | None:
    """Return site and digest of such a list; None for a path that is none."""
    match = _SITE.fullmatch(path)
    return (match[1], match[2]) if match else None
