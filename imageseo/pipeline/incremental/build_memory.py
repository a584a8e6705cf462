"""What a process that builds a site again and again keeps, so that each build looks only at what has changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from imageseo.images.encoding.spare_worker import SpareWorker
from imageseo.model.finding import Finding
from imageseo.model.site import Page
from imageseo.pipeline.incremental.build_state import BuildState, PageRecord
from imageseo.storage.output import OutputFolder
from imageseo.web.filenames import looks_like_variant


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownState:
    """The build state that the last build left. ``name``, ``modified``: of its file, when that was last written."""

    state: BuildState
    name: str
    modified: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSitemaps:
    """What the sitemaps were made from (``listed``, and the files ``read``), and what came of it."""

    listed: object
    read: frozenset[str]
    written: Mapping[str, str]
    findings: Sequence[Finding]


class FileUsers:
    """Which pages depend on a file of the site, or have it published: by the records of the last build."""

    def __init__(self) -> None:
        self._records: dict[str, PageRecord] = {}
        self._pages: dict[str, set[str]] = {}

    def update(self, records: Mapping[str, PageRecord | None]) -> None:
        """Index the records of a build, by page. Only records that are new cost anything."""
        for path in [path for path, record in self._records.items() if records.get(path) is not record]:
            for used in _used_paths(self._records.pop(path)):
                self._pages[used].discard(path)
        for path, record in records.items():
            if record is not None and path not in self._records:
                self._records[path] = record
                for used in _used_paths(record):
                    self._pages.setdefault(used, set()).add(path)

    def affected(self, changed: Iterable[str]) -> set[str]:
        """Return the pages that may have another result since some files have changed; these may be pages too."""
        found: set[str] = set()
        for path in changed:
            found.add(path)
            found |= self._pages.get(path, set())
            found |= self._pages.get(_folder(path), set())
        return found


def _used_paths(record: PageRecord) -> set[str]:
    """Return the files of a record; a folder, ending with ``/``, whose names were compared with a missing one."""
    files = record.dependencies
    used = {*files.images, *files.exists, *files.sizes, *files.texts}
    used.update(_folder(path) for path in files.similar)
    used.update(each.path for each in record.outcome.published)
    return used


def _folder(path: str) -> str:
    return f"{path.rpartition('/')[0]}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class LastBuild:
    """What one build leaves for the next one.

    ``digests``: page -> its digest without files, for pages without a hero. ``plain``: pages that declare no hero.
    ``beside``: compressed copies, service workers and their lists. ``changed``: paths that it wrote itself, without
    pages and variants.
    """

    known: KnownState
    users: FileUsers
    digests: Mapping[str, tuple[Page, bytes | None]]
    plain: Mapping[str, Page]
    beside: Sequence[str]
    sitemaps: KnownSitemaps | None
    changed: Collection[str]


@dataclass(slots=True, kw_only=True)
class BuildMemory:
    """Keeps the last build of one site with one configuration.

    ``changed``: the site paths that other programs may have changed since the last build began; None if that is not
    known: then a build looks at all files. Set it before each build. ``code``: digest of this package's code.
    ``spare``: a process to encode in.
    """

    changed: Collection[str] | None = None
    code: str = ""
    spare: SpareWorker | None = None
    _last: LastBuild | None = None
    _users: FileUsers = field(default_factory=FileUsers)

    def recall(self) -> Recollection | None:
        """Return what is known of the last build; None if all files are to be looked at. A build that fails leaves
        nothing.
        """
        last, self._last = self._last, None
        return None if last is None or self.changed is None else Recollection(last, {*self.changed, *last.changed})

    def keep(
        self,
        records: Mapping[str, PageRecord | None],
        *,
        known: KnownState,
        digests: Mapping[str, tuple[Page, bytes | None]],
        plain: Mapping[str, Page],
        output: OutputFolder,
        sitemaps: KnownSitemaps | None,
    ) -> None:
        """Keep what a build leaves: the records of all its pages, and what ``LastBuild`` holds."""
        # Whether a recompressed file is in place is only known once its pages have been looked at.
        if any(record.outcome.recompressed for record in known.state.pages.values()):
            return
        self._users.update(records)
        # The records hold what was written to pages, and which variants: only other files may concern other pages.
        changed = {path for path in output.changed if path not in records and not looks_like_variant(path)}
        self._last = LastBuild(
            known=known,
            users=self._users,
            digests=digests,
            plain=plain,
            beside=output.beside,
            sitemaps=sitemaps,
            changed=changed,
        )


class Recollection:
    """The last build, and the paths that have ``changed`` since it began."""

    def __init__(self, last: LastBuild, changed: Collection[str]) -> None:
        self.last = last
        self.changed = changed

    def is_plain(self, page: Page) -> bool:
        """Whether a page is known to declare no hero."""
        return self.last.plain.get(page.path) is page

    def affected(self, written: Iterable[str]) -> set[str]:
        """Return the pages to look at. ``written``: paths that this build has written already."""
        return self.last.users.affected({*self.changed, *written})

    def sitemaps(self, listed: object, written: Iterable[str]) -> KnownSitemaps | None:
        """Return what the sitemaps are if nothing that they are made from has changed. ``written``: as above."""
        known = self.last.sitemaps
        if known is None or known.listed != listed or not known.read.isdisjoint({*self.changed, *written}):
            return None
        return known
