"""From one build of a site to the next: opens its book, says what records follow from, and writes the book anew."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import structs

from imageseo.config.settings import Settings
from imageseo.lint.rule import Rule
from imageseo.model.layout import SiteLayout
from imageseo.model.plan import PageHero
from imageseo.model.site import Page, Site
from imageseo.pipeline.incremental import build_state
from imageseo.pipeline.incremental.build_state import BuildState, PageRecord, RecordingStore
from imageseo.pipeline.incremental.probe_cache import ProbeCache

_DAY = 86_400.0
_PATIENCE = 32  # builds: plugins build the languages of a site in turn, each with pages of its own
_ELSEWHERE = {"concurrency": 0, "cache_dir": ".", "frozen": False, "exclude_pages": ()}  # what no page depends on


@dataclass(slots=True, kw_only=True)
class StateSession:
    """The book of one site. ``cache``: its folder; ``versions``: of all that computes; ``store``: where keys are noted.

    ``preview``: the build makes do with other variants than those that are published; it has a book of its own, so that
    both stay true. ``clock``: seconds; it decides when entries are marked as used and which stamps are believed,
    nothing else.
    """

    cache: Path
    versions: str
    store: RecordingStore
    preview: bool = False
    clock: Callable[[], float] = time.time
    current: BuildState = field(default_factory=BuildState)
    _name: str = ""
    _common: str = ""
    _probing: str = ""
    _before: BuildState = field(default_factory=BuildState)
    _last: Sequence[BuildState] = ()
    _began: float = 0.0

    def open(self, site: Site, settings: Settings, rules: Sequence[Rule], layout: SiteLayout | None = None) -> None:
        """Read the book; what is out of date in it is left out. ``layout``: what a browser saw of the site."""
        self._began = self.clock()
        names = [
            build_state.name(site.project, self.cache, site.generator, site.base_url, *more)
            for more in ((), ("preview",))
        ]
        self._name, twin = reversed(names) if self.preview else names
        self._probing = build_state.digest(self.versions, settings.encode.max_pixels)
        wishes = structs.asdict(structs.replace(settings, **_ELSEWHERE))
        judges = [(rule.id, rule.severity, rule.fails_build, _source(rule)) for rule in rules]
        # One page's measurement tells of others, which inherit from it: a new one lets all be looked at again.
        self._common = build_state.digest(self.versions, wishes, site.base_url, site.content_width, judges, layout)
        self._before = book = build_state.read(self.cache, self._name)
        newer = build_state.age(self.cache, twin) > build_state.age(self.cache, self._name)
        self._last = [book, *([build_state.read(self.cache, twin)] if newer else [])]
        self.current = BuildState(common=self._common, probing=self._probing, marked=book.marked)
        if book.probing == self._probing:
            self.current.files, self.current.assets = book.files, book.assets
        if book.common == self._common:
            self.current.pages, self.current.heroes = book.pages, book.heroes
        self._mark()

    @property
    def sitemaps(self) -> Mapping[str, str]:
        """Files that listed images of ours when the book was written -> digest."""
        return self._before.sitemaps

    @property
    def named_before(self) -> Iterable[str]:
        """Site paths of the variants that pages named when the book was written, and in a preview or build since."""
        return [path for book in self._last for path in book.named]

    @property
    def replaced_before(self) -> Iterable[str]:
        """Site paths where the pages' own files were made smaller, as ``named_before``."""
        return [new.path for book in self._last for record in book.pages.values() for new in record.outcome.replaced]

    def replaced_elsewhere(self, pages: Collection[str], exists: Callable[[str], bool]) -> Collection[str]:
        """Those of pages of the site that this build has nothing to do with, as when languages are built in turn."""
        others = [record for path, record in self.current.pages.items() if path not in pages and exists(path)]
        return {new.path for record in others for new in record.outcome.replaced}

    def probes(self, root: Path, probe: Callable[..., object]) -> ProbeCache:
        """A probe that remembers."""
        now = int(self._began * 1e9)
        return ProbeCache(root, probe, stamps=self.current.files, assets=self.current.assets, now=now)  # type: ignore[arg-type]

    def contexts(
        self,
        pages: Iterable[Page],
        casts: Mapping[str, PageHero | None],
        declined: Callable[[Page], bool],
        rules: Sequence[Rule],
    ) -> dict[str, bytes | None]:
        """Of each page, a digest of all that its record follows from besides the site's files; None: nobody can say."""
        found = {page.path: _context(page, casts[page.path], declined(page)) for page in pages}
        # A rule of builds that asks for the site makes every page follow from all of them.
        if any("site" in rule.facts and not rule.lint_only for rule in rules):
            whole = hashlib.sha256(repr(sorted(found.items())).encode()).digest()
            known = None not in found.values()
            return {
                path: hashlib.sha256(own + whole).digest() if own and known else None for path, own in found.items()
            }
        return found

    def close(
        self,
        records: Mapping[str, PageRecord | None],
        known: ProbeCache,
        heroes: Mapping[str, tuple[str, int]],
        sitemaps: Mapping[str, str],
    ) -> None:
        """Write the book, if it says anything new. ``records``: of every page of this build."""
        before, book = self._before, self.current
        fresh = {path: record for path, record in records.items() if record is not None}
        idle = {path: before.idle.get(path, 0) + 1 for path in book.pages if path not in records}
        idle = {path: count for path, count in idle.items() if count < _PATIENCE}
        pages = {**{path: book.pages[path] for path in idle}, **fresh}
        book_ = BuildState(
            common=self._common,
            probing=self._probing,
            marked=book.marked,
            pages=pages,
            idle=idle,
            files=known.stamps if not idle else {**book.files, **known.stamps},
            assets=known.assets if not idle else {**book.assets, **known.assets},
            heroes=dict(heroes) if not idle else {**book.heroes, **heroes},
            sitemaps=dict(sitemaps),
        )
        self._keep_keys(book_)
        if _facts(book_) != _facts(before):
            build_state.write(self.cache, self._name, book_)
        elif len(self._last) > 1:
            build_state.touch(self.cache, self._name)

    def _keep_keys(self, book: BuildState) -> None:
        """The store's keys that lead to what the pages named or would have, and all others that were asked for."""
        mine = {each.sha256 for record in book.pages.values() for each in record.outcome.wanted}
        mine |= {each.sha256 for record in book.pages.values() for each in record.outcome.named}
        mine |= {sha256 for sha256, _ in book.heroes.values()}
        found: dict[str, set[str]] = {sha256: set(keys) for sha256, keys in self._before.keys.items() if sha256 in mine}
        replayed = any(self._before.pages.get(path) is record for path, record in book.pages.items())
        others = set(self._before.others) if replayed else set()
        for key, sha256 in self.store.keys.items():
            if sha256 in mine:
                found.setdefault(sha256, set()).add(key)
            else:
                others.add(key)
        book.keys = {sha256: sorted(keys) for sha256, keys in sorted(found.items())}
        book.others = sorted(others)

    def _mark(self) -> None:
        """Once a day, tell the store that the entries are in use: pages that are replayed ask for none of them."""
        if 0 <= self._began - self.current.marked < _DAY / 2:
            return
        self.current.marked = self._began
        for key in self._before.reached() if self.current.pages else ():
            self.store.mark(key)


def _facts(book: BuildState) -> tuple[object, ...]:
    return tuple(getattr(book, name) for name in book.__struct_fields__)


def _context(page: Page, cast: PageHero | None, declined: bool) -> bytes | None:
    hints = page.hints
    source = None if hints.source is None else str(hints.source)
    shown = None if cast is None else (cast.hero, cast.asset, cast.pixels[1], cast.crops)
    try:
        return bytes.fromhex(
            build_state.digest(source, hints.source_dir, hints.title, dict(hints.meta), hints.origin, shown, declined)
        )
    except (TypeError, ValueError, OverflowError, RecursionError):  # front matter may hold whatever a plugin put there
        return None


def _source(rule: Rule) -> str:
    """The code of a rule that is not ours; ours is among the versions."""
    name = (rule.check or rule.check_site).__module__
    file = getattr(sys.modules.get(name), "__file__", None)
    if name.startswith("imageseo.") or file is None:
        return name
    try:
        return hashlib.sha256(Path(file).read_bytes()).hexdigest()
    except OSError:
        return name
