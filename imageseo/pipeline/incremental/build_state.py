"""What the last build of a site found and made, by page: kept beside the store, believed only while it is true."""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field, msgpack

from imageseo.model.finding import Finding, Location, Silenced
from imageseo.model.image import Asset
from imageseo.model.protocols import Store, StoredBlob
from imageseo.pipeline.incremental.dependencies import PageDependencies
from imageseo.storage.atomic import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAGIC = b"imageseo memo 2\n"
_FOLDER = "memo"
_PACKAGE = Path(__file__).parents[2]
_LIBRARIES = ("jinja2", "lxml", "tinycss2")
"""Those with a say in pages and findings; who makes and looks at pictures is named by its own version."""


class PublishedVariant(Struct, array_like=True, frozen=True, gc=False):
    """A variant that a page names: its site path, and the hash and size of its bytes."""

    path: str
    sha256: str
    bytes: int


class PlannedVariant(Struct, array_like=True, frozen=True, gc=False):
    """A variant that a page would have and that exists: ``spec`` tells it from all others."""

    spec: str
    sha256: str


class DroppedVariants(Struct, array_like=True, frozen=True):
    """Variants of one image that exist and that a page does not offer. ``why``: spec, name for people, reason."""

    image: str
    path: str
    location: Location
    why: list[tuple[str, str, str]]


class RecompressedFile(Struct, array_like=True, frozen=True, gc=False):
    """A file of the site that gets other bytes at its own path; ``original``: the digest of the author's."""

    path: str
    original: str
    sha256: str
    bytes: int


class PageOutcome(Struct, array_like=True, frozen=True):
    """What became of a page, as counts, sitemap and report need it.

    ``shown``: absolute URLs of the article's images. ``hidden``: not to be indexed. ``notes``: what is to be said of an
    image, by its digest; of notes on one image the first page's is told. ``saved``: bytes that a phone need not load.
    ``findings``: of rules, with their final severity; ``faults``: of the build itself, graded with those of the site.
    """

    images: int
    hero: bool
    findings: list[Finding]
    faults: list[Finding]
    silenced: list[Silenced]
    named: list[PublishedVariant]
    wanted: list[PlannedVariant]
    shown: list[str]
    hidden: bool
    notes: list[tuple[str, Finding]]
    dropped: list[DroppedVariants]
    saved: int
    replaced: list[RecompressedFile]


class PageRecord(Struct, array_like=True, frozen=True):
    """A page's outcome, and all that it follows from.

    ``context``: of everything but files. ``author``, ``after``: digests of the page without our edits and with them.
    ``edits``: start, end, replacement; of the page without our edits.
    """

    context: bytes
    author: bytes
    after: bytes
    trace: PageDependencies
    edits: list[tuple[int, int, bytes]]
    outcome: PageOutcome


class FileStamp(Struct, array_like=True, frozen=True, gc=False):
    """How a file was found on disk, with the digest that it had."""

    size: int
    modified: int  # ns
    changed: int  # ns
    sha256: str


class BuildState(Struct, array_like=True):
    """All that is kept of a site's last build.

    ``common``: digest of what all records follow from; ``probing``: of what all assets follow from. ``marked``: when
    the entries were last marked as used, in seconds. ``idle``: builds in a row that a page's record was not asked for
    in. ``keys``: hash of a blob -> the store's keys that lead to it. ``others``: keys that belong to no page.
    ``heroes``: what a published hero follows from -> hash and size of its file. ``sitemaps``: files that list images
    of ours -> digest, as they were left.
    """

    common: str = ""
    probing: str = ""
    marked: float = 0.0
    pages: dict[str, PageRecord] = field(default_factory=dict)
    idle: dict[str, int] = field(default_factory=dict)
    files: dict[str, FileStamp] = field(default_factory=dict)
    assets: dict[str, Asset] = field(default_factory=dict)
    heroes: dict[str, tuple[str, int]] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    sitemaps: dict[str, str] = field(default_factory=dict)

    @property
    def named(self) -> Iterator[str]:
        """Site paths of the variants that the pages named."""
        return (named.path for record in self.pages.values() for named in record.outcome.named)

    def reached(self) -> frozenset[str]:
        """The store's keys that the pages and heroes lead to."""
        return frozenset([key for keys in self.keys.values() for key in keys] + self.others)


def read(cache: Path, name: str) -> BuildState:
    """The book of that name in a cache folder; an empty one when there is none that this version wrote whole."""
    try:
        data = (cache / _FOLDER / name).read_bytes()
    except OSError:
        return BuildState()
    return _opened(data) or BuildState()


def age(cache: Path, name: str) -> float:
    """When a book was last written or looked after, in seconds; 0 when there is none."""
    try:
        return (cache / _FOLDER / name).stat().st_mtime
    except OSError:
        return 0.0


def touch(cache: Path, name: str) -> None:
    """Make a book the last that was looked after."""
    with suppress(OSError):
        os.utime(cache / _FOLDER / name)


def write(cache: Path, name: str, book: BuildState) -> None:
    """Keep a book. A cache that cannot be written to has none, which costs nothing but time."""
    data = msgpack.encode(book)
    with suppress(OSError):
        write_atomic(cache / _FOLDER / name, _MAGIC + hashlib.sha256(data).digest() + data)


def reachable(cache: Path) -> frozenset[str]:
    """The store's keys that the last build of any site with this cache folder leads to."""
    found: set[str] = set()
    with suppress(OSError):
        for path in sorted((cache / _FOLDER).iterdir()):
            found |= read(cache, path.name).reached()
    return frozenset(found)


def name(project: Path, cache: Path, *more: object) -> str:
    """The name of a site's book: told by where its project lies from the cache, not by where both lie."""
    place = os.path.relpath(project.resolve(), cache.resolve()).replace(os.sep, "/")
    return digest(place, *more)[:32]


def digest(*parts: object) -> str:
    """A hash of plain values: numbers, texts, lists, tables, dataclasses. Others are a TypeError."""
    return hashlib.sha256(msgpack.encode(parts, order="deterministic")).hexdigest()


def code_digest() -> str:
    """A hash of all that computes: this package's files, the libraries that have a say, and the interpreter."""
    found = hashlib.sha256(repr([sys.version, *map(_version, _LIBRARIES)]).encode())
    for folder, _, names in sorted(os.walk(_PACKAGE)):
        for each in sorted(names) if Path(folder).name != "__pycache__" else ():
            if not each.startswith(".") and not each.endswith((".pyc", "~")):
                found.update(each.encode() + Path(folder, each).read_bytes())
    return found.hexdigest()


class RecordingStore:
    """A store that remembers which keys led to which blobs."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.keys: dict[str, str] = {}

    def find(self, key: str) -> StoredBlob | None:
        stored = self._store.find(key)
        if stored is not None:
            self.keys[key] = stored.sha256
        return stored

    def mark(self, key: str) -> None:
        """Tell the store that a key is in use, without noting it."""
        self._store.find(key)

    def read(self, stored: StoredBlob) -> bytes | None:
        return self._store.read(stored)

    def intact(self, stored: StoredBlob) -> bool:
        return self._store.intact(stored)

    def path(self, sha256: str) -> Path:
        return self._store.path(sha256)

    def put(self, key: str, data: bytes) -> StoredBlob:
        stored = self._store.put(key, data)
        self.keys[key] = stored.sha256
        return stored


def _version(library: str) -> str:
    """Read from its metadata: a build in which nothing changed loads none of them."""
    try:
        return f"{library} {metadata.version(library)}"
    except metadata.PackageNotFoundError:
        return f"{library} absent"


def _opened(data: bytes) -> BuildState | None:
    start = len(_MAGIC) + 32
    payload = memoryview(data)[start:]
    if not data.startswith(_MAGIC) or hashlib.sha256(payload).digest() != data[len(_MAGIC) : start]:
        return None
    try:
        return msgpack.decode(payload, type=BuildState)
    except msgspec.MsgspecError:
        return None
