"""The published folder: written to only inside, only where something changed, whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from imageseo.model import regular_file
from imageseo.model.errors import SiteError
from imageseo.model.protocols import Store, StoredBlob
from imageseo.storage.atomic import remove_partial_files, write_atomic
from imageseo.storage.site_folder import SiteFolder

_BESIDE = re.compile(
    r"\.(?:gz|br|zst|xml|rss|atom)$|feed[^/]*\.json$|^index\.json$|(?:^|[-_.])(?:sw|service-?worker|precache)(?:[-_.][^/]*)?\.m?js$|^ngsw\.json$",
    re.IGNORECASE,
)
"""Names of compressed copies, of files that may be feeds, and of service workers and their lists."""
_FOUND = re.compile(rf"{_BESIDE.pattern}|(?<!w\.[0-9a-f]{{8}})\.(?:jpe?g|jpe|jfif|a?png|webp|avif)$", re.IGNORECASE)
_COPIES = (".gz", ".br", ".zst")
_IMAGES = re.compile(r"\.(?:jpe?g|jpe|jfif|a?png|webp|avif)$", re.IGNORECASE)
_FEEDS = re.compile(r"\.(?:xml|rss|atom)$|(?:feed[^/]*|(?:^|/)index)\.json$", re.IGNORECASE)


class OutputFolder:
    """The root of a built site. ``changed`` holds the paths that were written or removed, in order.

    ``copies``, ``feeds``, ``service_workers``, ``images``: paths of compressed files, of files that may be feeds, of
    service workers and lists of files for them, and of images, as they were at the start.

    Paths are relative to the root, with ``/``. ``sources`` are folders that must never be written to: a root that is
    one of them is refused, and a path inside of one that the root holds (a repository may publish itself). An output
    folder inside a source folder is not a source itself (Pelican's own default is ``PATH = "."``). ``known_beside``:
    paths among which are all of these; None: they are searched for. ``links``: whether a file may be a hard link to one
    of the store.
    """

    def __init__(
        self,
        root: Path,
        *,
        sources: tuple[Path, ...] = (),
        known_beside: Iterable[str] | None = None,
        links: bool = True,
    ) -> None:
        self.root = root.resolve()
        self._links = links
        self._place = f"{self.root}{os.sep}"
        self._files = SiteFolder(self.root)
        self._sources = tuple(source.resolve() for source in sources)
        self.changed: list[str] = []
        self._folders: dict[str, bool] = {}
        if not self.root.is_dir():
            raise SiteError(f"{root}: no such folder", hint="build the site first, or name the folder it is built into")
        if self.root in self._sources:
            raise SiteError(
                f"{root} is the folder of the sources, which is never written to",
                hint="name the folder that the site is built into",
            )
        self._sources = tuple(source for source in self._sources if source.is_relative_to(self.root))
        if known_beside is None:
            found = remove_partial_files(self.root, find=_FOUND)
            self.images = [path for path in found if _IMAGES.search(path)]
            beside = [path for path in found if not _IMAGES.search(path)]
        else:
            known_beside = list(known_beside)
            self.images = sorted({path for path in known_beside if _IMAGES.search(path)})
            names = {path for path in known_beside if _BESIDE.search(path.rpartition("/")[2])}
            beside = sorted(path for path in names if (self.root / path).is_file())
        self.copies = [path for path in beside if path.endswith(_COPIES)]
        self.feeds = [path for path in beside if _FEEDS.search(path)]
        self.service_workers = [path for path in beside if not path.endswith(_COPIES) and not _FEEDS.search(path)]

    @property
    def beside(self) -> list[str]:
        """``copies``, ``feeds``, ``service_workers`` and ``images``."""
        return [*self.copies, *self.feeds, *self.service_workers, *self.images]

    def locate(self, path: str) -> Path:
        """The file behind a site path; raises SiteError when a link leads out of the site or into its sources."""
        target = self.root / path
        name = path.rpartition("/")[0]
        if name not in self._folders:
            folder = target.parent.resolve()
            inside = folder.is_relative_to(self.root)
            self._folders[name] = inside and not any(folder.is_relative_to(source) for source in self._sources)
        if not self._folders[name]:
            hint = "a symbolic link in the built site points elsewhere"
            raise SiteError(f"{path} leads out of {self.root}", hint=hint)
        return target

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises OSError."""
        return self._files.read(path)

    def begins(self, path: str, count: int) -> bytes:
        """The first bytes of a file. Raises OSError."""
        return self._files.begin(path, count)

    def holds(self, path: str, size: int) -> bool:
        """True when the file is there with this size: enough for names that carry the hash of their content."""
        try:
            return os.stat(f"{self._place}{path}").st_size == size  # noqa: PTH116 - a Path costs more than the call
        except OSError:
            return False

    def is_newer(self, path: str, other: str) -> bool:
        """Whether a file was modified after another one. Raises OSError."""
        return (self.root / path).stat().st_mtime_ns > (self.root / other).stat().st_mtime_ns

    def write(self, path: str, data: bytes) -> bool:
        """Put bytes at a path unless they are there already; True when something was written. Raises OSError."""
        target = self.locate(path)
        try:
            if target.stat().st_size == len(data) and regular_file.read(target, limit=len(data)) == data:
                return False
        except OSError:
            pass
        write_atomic(target, data)
        self.changed.append(path)
        return True

    def link(self, path: str, twin: Path) -> bool:
        """Make a path of which :meth:`holds` said no a second name of a file; False where that cannot be."""
        if not self._links or not _linked(twin, self.locate(path)):
            return False
        self.changed.append(path)
        return True

    def put(self, path: str, data: bytes, *, twin: Path | None = None) -> None:
        """Put bytes at a path of which :meth:`holds` said no. Raises OSError.

        ``twin``: a file that has just been read and holds the very same bytes. It becomes a hard link where the file
        system allows it: for thousands of variants that costs a tenth of writing them.
        """
        if twin is None or not self.link(path, twin):
            write_atomic(self.locate(path), data)
            self.changed.append(path)

    def publish(
        self, path: str, blob: StoredBlob, store: Store, *, read: Callable[[], bytes | None] | None = None
    ) -> None:
        """Put a blob of the store at a path whose name carries its hash. Raises OSError, StoreError.

        ``read``: gives the bytes where the store's file cannot be linked; by default the store's own ``read``.
        Raises SiteError when there are none.
        """
        if self.holds(path, blob.bytes) or (store.intact(blob) and self.link(path, store.path(blob.sha256))):
            return
        data = read() if read is not None else store.read(blob)
        if data is None:
            raise SiteError(f"{path} is gone from the store and cannot be made again", hint="build again")
        self.put(path, data, twin=store.path(blob.sha256))

    def remove(self, path: str) -> None:
        """Remove a file that imageseo wrote; a missing file is not an error. Raises OSError."""
        target = self.locate(path)
        if target.is_file():
            target.unlink()
            self.changed.append(path)


def _linked(twin: Path, target: Path) -> bool:
    """Make ``target`` a hard link to ``twin``; False where the file system does not allow it."""
    try:
        os.link(twin, target)
    except OSError:  # another file system, one without links, or a damaged file at that path
        return False
    return True
