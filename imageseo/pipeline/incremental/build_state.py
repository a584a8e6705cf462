"""Build state: what the last build recorded of each page, in a file of the cache folder."""

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

from imageseo.layout.image_style import PageStyles
from imageseo.model import regular_file
from imageseo.model.finding import Finding, Location, Silenced
from imageseo.model.image import Asset
from imageseo.model.markup_note import MarkupNote
from imageseo.model.protocols import Store, StoredBlob
from imageseo.pipeline.incremental.dependencies import PageDependencies
from imageseo.pipeline.incremental.feed_record import FeedRecord, HeroFile
from imageseo.storage.atomic import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MAGIC = b"imageseo memo 2\n"
_FOLDER = "memo"
_MAX_BYTES = 4 * 2**30
_SLOWEST = 20  # variants whose time is kept
_PACKAGE = Path(__file__).parents[2]
_LIBRARIES = ("cssselect2", "jinja2", "lxml", "tinycss2", "turbohtml")
"""Libraries that affect pages and findings; codecs, resizers and metrics have versions of their own."""


class PublishedVariant(Struct, array_like=True, frozen=True, gc=False):
    """A variant that a page references: its site path, and the hash and size of its bytes."""

    path: str
    sha256: str
    bytes: int


class PlannedVariant(Struct, array_like=True, frozen=True, gc=False):
    """A planned variant that exists. ``spec``: identifies its spec."""

    spec: str
    sha256: str


class DroppedVariants(Struct, array_like=True, frozen=True):
    """Existing variants of one image that a page does not reference. ``reasons``: spec, display name, reason."""

    image: str
    path: str
    location: Location
    reasons: list[tuple[str, str, str]]


class RecompressedFile(Struct, array_like=True, frozen=True, gc=False):
    """A source file that is replaced by a smaller one at the same path. ``original``: digest of the source file."""

    path: str
    original: str
    sha256: str
    bytes: int


class PageOutcome(Struct, array_like=True, frozen=True):
    """The result of a page, as input of counts, sitemap and report.

    ``findings``: of rules, with their final severity. ``build_findings``: of the build, severities not applied yet.
    ``published``, ``planned``: variants that the page references, and all planned ones that exist. ``article_images``:
    absolute URLs of those that may be listed, None if there are none at all. ``unlisted``: search engines may not list
    the page. ``expiry``: time of its ``unavailable_after`` in seconds, and whether that was past. ``image_findings``:
    with the image's digest; only the first of each image is reported.
    ``saved_bytes``: that a phone need not load. ``markup``: images whose markup is changed less than usual.
    ``unchanged``: reason -> number of images that are left as they are for it. ``pictures``: the encoded record of
    ``pictures.page_record``; empty if there is none. ``waiting``: number of images with variants to be encoded later.
    ``hero_file``: for feeds.
    """

    images: int
    hero: bool
    findings: list[Finding]
    build_findings: list[Finding]
    silenced: list[Silenced]
    published: list[PublishedVariant]
    planned: list[PlannedVariant]
    article_images: list[str] | None
    unlisted: bool
    image_findings: list[tuple[str, Finding]]
    dropped: list[DroppedVariants]
    saved_bytes: int
    recompressed: list[RecompressedFile]
    expiry: tuple[float, bool] | None = None
    markup: list[MarkupNote] = field(default_factory=list)
    unchanged: dict[str, int] = field(default_factory=dict)
    pictures: bytes = b""
    waiting: int = 0
    hero_file: HeroFile | None = None


class PageRecord(Struct, array_like=True, frozen=True):
    """A page's outcome, and everything that it depends on.

    ``context_digest``: of everything but files. ``source_digest``, ``published_digest``: of the page without and with
    edits by imageseo. ``edits``: start, end, replacement; positions in the page without edits.
    """

    context_digest: bytes
    source_digest: bytes
    published_digest: bytes
    dependencies: PageDependencies
    edits: list[tuple[int, int, bytes]]
    outcome: PageOutcome


class FileStamp(Struct, array_like=True, frozen=True, gc=False):
    """Size and times of a file on disk, with its digest."""

    size: int
    modified: int  # ns
    changed: int  # ns
    sha256: str


class BuildState(Struct, array_like=True):
    """The state of a site's last build.

    ``common_digest``: of what all records depend on. ``probe_digest``: of what all assets depend on. ``marked_at``:
    time when the store's entries were last marked as used, in seconds. ``unused_builds``: page -> number of consecutive
    builds without it. ``stamps``: by site path. ``assets``: by digest. ``heroes``: digest of a published hero's or
    crop's inputs -> hash and size of its file. ``keys``: hash of a blob -> its keys in the store. ``other_keys``: keys
    of no page. ``sitemaps``: files with images listed by imageseo -> digest. ``styles``: by page. ``slowest``: hash
    of a variant -> seconds that encoding it took, of the slowest ones. ``feeds``: by site path. ``cleaned``: files
    without private data.
    """

    common_digest: str = ""
    probe_digest: str = ""
    marked_at: float = 0.0
    pages: dict[str, PageRecord] = field(default_factory=dict)
    unused_builds: dict[str, int] = field(default_factory=dict)
    stamps: dict[str, FileStamp] = field(default_factory=dict)
    assets: dict[str, Asset] = field(default_factory=dict)
    heroes: dict[str, tuple[str, int]] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    other_keys: list[str] = field(default_factory=list)
    sitemaps: dict[str, str] = field(default_factory=dict)
    styles: dict[str, PageStyles] = field(default_factory=dict)
    slowest: dict[str, float] = field(default_factory=dict)
    feeds: dict[str, FeedRecord] = field(default_factory=dict)
    cleaned: list[RecompressedFile] = field(default_factory=list)

    @property
    def variant_paths(self) -> Iterator[str]:
        """Site paths of the variants that pages reference."""
        return (variant.path for record in self.pages.values() for variant in record.outcome.published)

    def store_keys(self) -> frozenset[str]:
        """Return the store's keys that pages and heroes use."""
        return frozenset([key for keys in self.keys.values() for key in keys] + self.other_keys)


def slowest(previous: Mapping[str, float], new: Mapping[str, float], state: BuildState) -> dict[str, float]:
    """Return hash -> seconds of the variants that took longest, of those that pages of the state reference.

    ``previous``: of the last build. ``new``: of the variants of this build; without any, nothing changes.
    """
    if not new:
        return dict(previous)
    published = {variant.sha256 for record in state.pages.values() for variant in record.outcome.published}
    seconds = {sha256: round(taken, 2) for sha256, taken in {**previous, **new}.items() if sha256 in published}
    return dict(sorted(seconds.items(), key=lambda item: (-item[1], item[0]))[:_SLOWEST])


def names(cache: Path) -> list[str]:
    """Return the file names of all build states of a cache folder, the most recently modified first."""
    try:
        found = [path.name for path in (cache / _FOLDER).iterdir()]
    except OSError:
        return []
    return sorted(found, key=lambda name: (-modified_at(cache, name), name))


def read(cache: Path, name: str) -> BuildState:
    """Read a build state from a cache folder; an empty one if the file is missing, damaged or of another format."""
    try:
        data = regular_file.read(cache / _FOLDER / name, limit=_MAX_BYTES)
    except OSError:
        return BuildState()
    return _decode(data) or BuildState()


def modified_at(cache: Path, name: str) -> float:
    """Return when a build state was last written or touched, in seconds since the epoch; 0 if it does not exist."""
    try:
        return (cache / _FOLDER / name).stat().st_mtime
    except OSError:
        return 0.0


def touch(cache: Path, name: str) -> None:
    """Make a build state the most recently modified one."""
    with suppress(OSError):
        os.utime(cache / _FOLDER / name)


def write(cache: Path, name: str, state: BuildState) -> None:
    """Write a build state. Errors are ignored: without it the next build only takes longer."""
    with suppress(OSError, UnicodeError):
        data = msgpack.encode(state)
        write_atomic(cache / _FOLDER / name, _MAGIC + hashlib.sha256(data).digest() + data)


def reachable_keys(cache: Path) -> frozenset[str]:
    """Return the store's keys that the last builds of all sites with this cache folder use."""
    keys: set[str] = set()
    with suppress(OSError):
        for path in sorted((cache / _FOLDER).iterdir()):
            keys |= read(cache, path.name).store_keys()
    return frozenset(keys)


def state_name(project: Path, cache: Path, *more: object) -> str:
    """Return the file name of a site's build state, from the project's path relative to the cache folder."""
    location = os.path.relpath(project.resolve(), cache.resolve()).replace(os.sep, "/")
    return digest(location, *more)[:32]


def digest(*parts: object) -> str:
    """Return a hash of numbers, strings, lists, dicts and dataclasses. Raises TypeError for other values."""
    return hashlib.sha256(msgpack.encode(parts, order="deterministic")).hexdigest()


def code_digest() -> str:
    """Return a hash of this package's files, the interpreter, and the libraries that affect results."""
    hasher = hashlib.sha256(repr([sys.version, *map(_version, _LIBRARIES)]).encode())
    for folder, _, names in sorted(os.walk(_PACKAGE)):
        for each in sorted(names) if not folder.endswith("__pycache__") else ():
            if not each.startswith(".") and not each.endswith((".pyc", "~")):
                with open(f"{folder}/{each}", "rb", buffering=0) as file:  # noqa: PTH123 - 500 files in every build
                    hasher.update(each.encode() + file.read())
    return hasher.hexdigest()


class RecordingStore:
    """A store that records the keys of the blobs that were found or put."""

    def __init__(self, store: Store, *, local: Store | None = None) -> None:
        """``local``: the one whose entries are marked as used; ``store`` may ask other machines for what it lacks."""
        self._store = store
        self._local = local or store
        self.keys: dict[str, str] = {}

    def find(self, key: str) -> StoredBlob | None:
        stored = self._store.find(key)
        if stored is not None:
            self.keys[key] = stored.sha256
        return stored

    def mark(self, key: str) -> None:
        """Mark a key as used in the store, without recording it."""
        self._local.find(key)

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
    """Return a library's version from its metadata, without importing it."""
    try:
        return f"{library} {metadata.version(library)}"
    except metadata.PackageNotFoundError:
        return f"{library} absent"


def _decode(data: bytes) -> BuildState | None:
    start = len(_MAGIC) + 32
    payload = memoryview(data)[start:]
    if not data.startswith(_MAGIC) or hashlib.sha256(payload).digest() != data[len(_MAGIC) : start]:
        return None
    try:
        return msgpack.decode(payload, type=BuildState)
    except msgspec.MsgspecError:
        return None
