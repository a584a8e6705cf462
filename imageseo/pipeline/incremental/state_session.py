"""Load the build state at the start of a build, decide what is still valid, and save the new state."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import structs

from imageseo.config.settings import Settings
from imageseo.layout.image_style import PageStyles
from imageseo.lint.rule import Rule
from imageseo.model.layout import SiteLayout
from imageseo.model.plan import PageHero
from imageseo.model.site import Page, Site
from imageseo.pipeline.incremental import build_state
from imageseo.pipeline.incremental.build_memory import KnownState
from imageseo.pipeline.incremental.build_state import BuildState, PageRecord, RecompressedFile, RecordingStore
from imageseo.pipeline.incremental.feed_record import FeedRecord
from imageseo.pipeline.incremental.probe_cache import ProbeCache
from imageseo.pipeline.incremental.rule_source import rule_source

_DAY = 86_400.0
_STAMPS_PAUSE = 600.0  # seconds
_MAX_UNUSED_BUILDS = 32  # plug-ins build the languages of a site one after another, each with its own pages
_IRRELEVANT_SETTINGS = {  # affect no page
    "concurrency": 0,
    "cache_dir": ".",
    "frozen": False,
    "exclude_pages": (),
    "serve": "preview",
    "store": Settings().store,
    "policy": Settings().policy,
}


@dataclass(slots=True, kw_only=True)
class StateSession:
    """The build state of one site. ``cache``: its folder. ``versions``: of all code. ``store``: records the keys.

    ``preview``: the build accepts variants of other profiles; it has a build state of its own, so that both remain
    valid. ``heroless``: pages without a hero, with their digests. ``clock``: seconds; it only decides when
    entries are marked as used and which stamps are cached.
    """

    cache: Path
    versions: str
    store: RecordingStore
    preview: bool = False
    clock: Callable[[], float] = time.time
    current: BuildState = field(default_factory=BuildState)
    name: str = ""
    slowest: Mapping[str, float] = field(default_factory=dict)
    heroless: dict[str, tuple[Page, bytes | None]] = field(default_factory=dict)
    _common_digest: str = ""
    _probe_digest: str = ""
    _previous: BuildState = field(default_factory=BuildState)
    _recent: Sequence[BuildState] = ()
    _started: float = 0.0
    _is_partial: bool = False  # only files of pages that may have changed are looked at
    _state: BuildState = field(default_factory=BuildState)

    def open(
        self,
        site: Site,
        settings: Settings,
        rules: Sequence[Rule],
        layout: SiteLayout | None = None,
        listing: str = "",
        known: KnownState | None = None,
    ) -> bool:
        """Read the build state, without outdated parts.

        ``layout``: content of the layout file. ``listing``: digest of the files that decide what may be listed.
        ``known``: the state that this process left. Return whether it is still that one.
        """
        self._started = self.clock()
        names = [
            build_state.state_name(site.project, self.cache, site.generator, site.base_url, *more)
            for more in ((), ("preview",))
        ]
        self.name, other = reversed(names) if self.preview else names
        self._probe_digest = build_state.digest(self.versions, settings.encode.max_pixels)
        values = structs.asdict(structs.replace(settings, **_IRRELEVANT_SETTINGS))
        rule_digests = [(rule.id, rule.severity, rule.fails_build, rule_source(rule)) for rule in rules]
        # Pages inherit measurements from one another: a new layout file invalidates all records.
        self._common_digest = build_state.digest(
            self.versions, values, site.base_url, site.content_width, rule_digests, layout, listing
        )
        modified = build_state.modified_at(self.cache, self.name)
        is_known = known is not None and (known.name, known.modified) == (self.name, modified)
        self._is_partial = is_known
        self._previous = previous = (
            known.state if known is not None and is_known else build_state.read(self.cache, self.name)
        )
        newer = build_state.modified_at(self.cache, other) > modified
        self._recent = [previous, *([build_state.read(self.cache, other)] if newer else [])]
        self.current = BuildState(
            common_digest=self._common_digest, probe_digest=self._probe_digest, marked_at=previous.marked_at
        )
        if previous.probe_digest == self._probe_digest:
            self.current.stamps, self.current.assets = previous.stamps, previous.assets
            self.current.styles = previous.styles
        if previous.common_digest == self._common_digest:
            self.current.pages, self.current.heroes = previous.pages, previous.heroes
        self._mark_used()
        return is_known

    @property
    def known(self) -> KnownState:
        """The state that this build leaves. Known after ``close``."""
        modified = build_state.modified_at(self.cache, self.name)
        return KnownState(state=self._state, name=self.name, modified=modified)

    @property
    def previous_sitemaps(self) -> Mapping[str, str]:
        """Sitemaps in which the last build listed images -> digest."""
        return self._previous.sitemaps

    @property
    def previous_feeds(self) -> Mapping[str, FeedRecord]:
        """Feeds as the last build left them, by site path."""
        return self._previous.feeds

    @property
    def previous_variants(self) -> Iterable[str]:
        """Site paths of the variants that pages reference since the last build, and since a later preview or build."""
        return [path for state in self._recent for path in state.variant_paths]

    @property
    def previous_recompressed(self) -> Iterable[str]:
        """Site paths of recompressed files, of the same builds as ``previous_variants``."""
        records = [record for state in self._recent for record in state.pages.values()]
        return [new.path for record in records for new in record.outcome.recompressed]

    @property
    def previous_cleaned(self) -> Mapping[str, RecompressedFile]:
        """Files without private data, by site path, of the same builds."""
        return {each.path: each for state in reversed(self._recent) for each in state.cleaned}

    def recompressed_by_other_pages(self, pages: Collection[str], exists: Callable[[str], bool]) -> Collection[str]:
        """Return recompressed files of pages that are not part of this build, for example of another language."""
        others = [record for path, record in self.current.pages.items() if path not in pages and exists(path)]
        return {new.path for record in others for new in record.outcome.recompressed}

    def removed_pages(self, pages: Collection[str], exists: Callable[[str], bool]) -> list[str]:
        """Return pages of earlier builds that are not part of this one, and do not exist any more."""
        return [path for path in self._previous.pages if path not in pages and not exists(path)]

    def probe_cache(self, root: Path, probe: Callable[..., object]) -> ProbeCache:
        """Return the cache of probed files."""
        now = int(self._started * 1e9)
        return ProbeCache(root, probe, stamps=self.current.stamps, assets=self.current.assets, now=now)  # type: ignore[arg-type]

    def context_digests(
        self,
        pages: Iterable[Page],
        heroes: Mapping[str, PageHero | None],
        has_declined: Callable[[Page], bool],
        rules: Sequence[Rule],
        known: Mapping[str, tuple[Page, bytes | None]] | None = None,
    ) -> dict[str, bytes | None]:
        """Return for each page a digest of what its record depends on besides files; None: cannot be determined.

        ``known``: of pages without a hero.
        """
        digests: dict[str, bytes | None] = {}
        self.heroless = {}
        for page in pages:
            hero, declined = heroes[page.path], has_declined(page)
            old = known.get(page.path) if known and hero is None and not declined else None
            digest = old[1] if old is not None and old[0] is page else _context_digest(page, hero, declined)
            digests[page.path] = digest
            if hero is None and not declined:
                self.heroless[page.path] = page, digest
        # If a rule of builds requests the site, every page depends on all pages.
        if any("site" in rule.facts and not rule.lint_only for rule in rules):
            site_digest = hashlib.sha256(repr(sorted(digests.items())).encode()).digest()
            complete = None not in digests.values()
            return {
                path: hashlib.sha256(own + site_digest).digest() if own and complete else None
                for path, own in digests.items()
            }
        return digests

    def close(
        self,
        records: Mapping[str, PageRecord | None],
        probes: ProbeCache,
        heroes: Mapping[str, tuple[str, int]],
        sitemaps: Mapping[str, str],
        styles: Mapping[str, PageStyles],
        seconds: Mapping[str, float],
        feeds: Mapping[str, FeedRecord],
        cleaned: Iterable[RecompressedFile] = (),
    ) -> None:
        """Save the build state if it has changed. ``records``: of every page of this build.

        ``styles``: of the pages that were planned. ``seconds``: hash of a new variant -> what it took to encode.
        """
        previous, current = self._previous, self.current
        # A file name may contain bytes that are not valid text: its page is processed by each build.
        recorded = {path: each for path, each in records.items() if each is not None and _is_text(path)}
        unused = {path: previous.unused_builds.get(path, 0) + 1 for path in current.pages if path not in records}
        unused = {path: count for path, count in unused.items() if count < _MAX_UNUSED_BUILDS}
        pages = {**{path: current.pages[path] for path in unused}, **recorded}
        others = unused or self._is_partial  # pages whose files were not looked at
        state = self._state = BuildState(
            common_digest=self._common_digest,
            probe_digest=self._probe_digest,
            marked_at=current.marked_at,
            pages=pages,
            unused_builds=unused,
            stamps=probes.stamps if not others else {**current.stamps, **probes.stamps},
            assets=probes.assets if not others else {**current.assets, **probes.assets},
            heroes=dict(heroes) if not unused else {**current.heroes, **heroes},
            sitemaps=dict(sitemaps),
            feeds=dict(feeds),
            cleaned=list(cleaned),
            styles={
                **{path: each for path, each in current.styles.items() if path in records or path in unused},
                **styles,
            },
        )
        self._collect_keys(state)
        self.slowest = state.slowest = build_state.slowest(previous.slowest, seconds, state)
        if self._is_worth_writing(state):
            build_state.write(self.cache, self.name, state)
        elif len(self._recent) > 1:
            build_state.touch(self.cache, self.name)

    def _is_worth_writing(self, state: BuildState) -> bool:
        """Whether a state says something new.

        Other stamps of the same files do not: they only spare hashing, and a generator that copies all images at each
        build gives each a new one. A host that watches the cache folder would build again for each state, for ever.
        """
        previous = self._previous
        if _field_values(structs.replace(state, stamps=previous.stamps)) != _field_values(previous):
            return True
        if not state.stamps.keys() <= previous.stamps.keys():
            return True
        written = build_state.modified_at(self.cache, self.name)
        return state.stamps != previous.stamps and self._started - written >= _STAMPS_PAUSE

    def _collect_keys(self, state: BuildState) -> None:
        """Set the store's keys of planned and published variants, and all other keys that were used."""
        blobs = {each.sha256 for record in state.pages.values() for each in record.outcome.planned}
        blobs |= {each.sha256 for record in state.pages.values() for each in record.outcome.published}
        blobs |= {sha256 for sha256, _ in state.heroes.values()}
        keys_of: dict[str, set[str]] = {
            sha256: set(keys) for sha256, keys in self._previous.keys.items() if sha256 in blobs
        }
        replayed = any(self._previous.pages.get(path) is record for path, record in state.pages.items())
        others = set(self._previous.other_keys) if replayed else set()
        for key, sha256 in self.store.keys.items():
            if sha256 in blobs:
                keys_of.setdefault(sha256, set()).add(key)
            else:
                others.add(key)
        state.keys = {sha256: sorted(keys) for sha256, keys in sorted(keys_of.items())}
        state.other_keys = sorted(others)

    def _mark_used(self) -> None:
        """Once a day mark the entries of unchanged pages as used; the build does not read them otherwise."""
        if 0 <= self._started - self.current.marked_at < _DAY / 2:
            return
        self.current.marked_at = self._started
        for key in self._previous.store_keys() if self.current.pages else ():
            self.store.mark(key)


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _field_values(state: BuildState) -> tuple[object, ...]:
    return tuple(getattr(state, name) for name in state.__struct_fields__)


def _context_digest(page: Page, hero: PageHero | None, declined: bool) -> bytes | None:
    hints = page.hints
    source = None if hints.source is None else str(hints.source)
    hero_values = None if hero is None else hero.values
    try:
        return bytes.fromhex(
            build_state.digest(
                *(source, hints.source_dir, hints.title, dict(hints.meta), hints.origin, hints.unlisted),
                *(hints.headline, hints.alts, hints.code, hero_values, declined),
            )
        )
    except (TypeError, ValueError, OverflowError, RecursionError):  # a plug-in may put any object into front matter
        return None
