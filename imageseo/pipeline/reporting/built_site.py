"""Read what the last build did from a built folder and its cache; nothing is written.

A page that the cache does not know as it is now (built elsewhere, changed since, or left out of the state because it
failed the build) is read from the folder instead: its markup tells most of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from imageseo.config.settings import Settings
from imageseo.images.decoding.probe import probe
from imageseo.layout import layout_file
from imageseo.lint import parallel
from imageseo.lint.crashes import crash_guard
from imageseo.lint.engine import run_rules, unreadable_finding
from imageseo.lint.facts.page import PageFacts
from imageseo.lint.facts.page_context import PageContext
from imageseo.lint.facts.site_files import SiteFiles
from imageseo.lint.rule import Rule
from imageseo.lint.severity import SeverityLevels
from imageseo.model.finding import Finding, Silenced
from imageseo.model.image import Asset, BadAsset
from imageseo.model.progress import Progress
from imageseo.model.site import Page, Site
from imageseo.pipeline.incremental import build_state, loose_pages
from imageseo.pipeline.incremental.build_state import BuildState, PageOutcome, PublishedVariant
from imageseo.pipeline.incremental.loose_pages import LoosePage
from imageseo.pipeline.pictures.page_pictures import page_pictures
from imageseo.pipeline.pictures.page_record import DECLARED, FOUND, INSERTED, HeroOrigin, encode
from imageseo.pipeline.result import BuildResult, WrittenPage, build_result
from imageseo.storage.site_folder import SiteFolder
from imageseo.web import filenames
from imageseo.web.html.charset import MAX_BYTES, UnreadablePage

_INSERTED = b'data-imageseo="hero-figure"'


@dataclass(frozen=True, slots=True)
class BuiltSite:
    """The result of the builds that led to a folder. ``unrecorded``: pages that were read from the folder."""

    result: BuildResult
    unrecorded: tuple[str, ...] = ()


def read(site: Site, settings: Settings, *, progress: Progress | None = None) -> BuiltSite:
    """Return what builds did to a site. Raises LayoutError for an invalid layout file."""
    site = site.without(settings.exclude_pages)
    states, folder = _States.of(site, settings), SiteFolder(site.root)
    pages: dict[str, WrittenPage] = {}
    unrecorded: list[Page] = []
    findings: list[Finding] = []
    for page in site.pages:
        try:
            digest = hashlib.sha256(folder.read(page.path, limit=MAX_BYTES)).digest()
        except OSError as error:
            findings.append(unreadable_finding(page, error))
            continue
        outcome = states.find(page, digest)
        if outcome is None:
            unrecorded.append(page)
        else:
            pages[page.path] = WrittenPage(page=page, outcome=outcome)
    if unrecorded:
        reader = _FolderReader.of(site, settings)
        with progress.task("Reading pages", len(unrecorded)) if progress else nullcontext() as step:
            for page in unrecorded:
                pages[page.path] = reader.read(page)
                if step is not None:
                    step.advance()
    in_order = [pages[page.path] for page in site.pages if page.path in pages]
    result = build_result(findings, in_order, settings=settings.lint, seconds=states.seconds)
    return BuiltSite(result, tuple(page.path for page in unrecorded))


@dataclass(slots=True)
class _States:
    """The build states of a cache folder: that of the site first, then the others, such as that of a preview."""

    cache: Path
    names: list[str]
    states: list[BuildState] = field(default_factory=list)
    loose: Sequence[Mapping[str, LoosePage]] | None = None

    @classmethod
    def of(cls, site: Site, settings: Settings) -> _States:
        cache = site.project / settings.cache_dir
        own = build_state.state_name(site.project, cache, site.generator, site.base_url)
        return cls(cache, [own, *(name for name in build_state.names(cache) if name != own)])

    def find(self, page: Page, digest: bytes) -> PageOutcome | None:
        """Return what a build did to a page that is still as it was written then; None if no state has it."""
        for number in range(len(self.names)):
            if number == len(self.states):  # others are read only if they are needed
                self.states.append(build_state.read(self.cache, self.names[number]))
            record = self.states[number].pages.get(page.path)
            if record is not None and record.published_digest == digest and record.outcome.pictures:
                return record.outcome
        if self.loose is None:
            self.loose = loose_pages.read(self.cache)
        found = (pages.get(page.path) for pages in self.loose)
        return next((each.outcome for each in found if each is not None and each.digest == digest), None)

    @property
    def seconds(self) -> dict[str, float]:
        return {sha256: seconds for state in reversed(self.states) for sha256, seconds in state.slowest.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _FolderReader:
    """Reads pages from the folder, with the rules of a build."""

    site: Site
    settings: Settings
    files: SiteFiles
    page_context: PageContext
    rules: Sequence[Rule]
    levels: SeverityLevels

    @classmethod
    def of(cls, site: Site, settings: Settings) -> _FolderReader:
        def probe_file(path: str) -> Asset | BadAsset:
            return probe(site.root / path, path, max_pixels=settings.encode.max_pixels)

        files = SiteFiles(site.root, probe_file)
        layout = layout_file.read(site.project / layout_file.NAME)
        return cls(
            site=site,
            settings=settings,
            files=files,
            page_context=PageContext.of(site, settings, layout, files),
            rules=parallel.installed_rules(),
            levels=SeverityLevels.of(settings.lint),
        )

    def read(self, page: Page) -> WrittenPage:
        """Return a page as a build would have left it; a page that cannot be read has a finding only."""
        facts = PageFacts(page, site=self.site, files=self.files, page_context=self.page_context)
        findings: list[Finding] = []
        try:
            with crash_guard(findings, page, "the report does not show this page"):
                return WrittenPage(page=page, outcome=self._read(facts))
        except (OSError, UnreadablePage) as error:
            findings.append(unreadable_finding(page, error))
        return WrittenPage(page=page, outcome=_outcome(findings=findings))

    def _read(self, facts: PageFacts) -> PageOutcome:
        shown = page_pictures(facts, hero=self._hero_origin(facts))
        findings, silenced = run_rules(facts, self.rules, self.levels)
        outcome = _outcome(
            images=len(shown.pictures),
            findings=findings,
            silenced=silenced,
            published=list(self._variants(facts)),
            pictures=encode(shown),
        )
        facts.release()
        return outcome

    def _variants(self, facts: PageFacts) -> Iterator[PublishedVariant]:
        """Yield the variants that a page references; their hashes are not known."""
        paths = {target.path for image in facts.images for target in image.targets if target.exists and target.path}
        for path in sorted(paths):
            if filenames.looks_like_variant(path):
                yield PublishedVariant(path, "", self.files.size(path) or 0)

    def _hero_origin(self, facts: PageFacts) -> HeroOrigin | None:
        marked = next((image for image in facts.images if image.ref.is_marked_hero and image.asset), None)
        if marked is None or marked.asset is None:
            return None
        is_declared = any(facts.page.hints.meta.get(key) for key in self.settings.hero.keys)
        asset, alt = marked.asset, marked.ref.get("alt")
        origin = INSERTED if _INSERTED in facts.html else DECLARED if is_declared else FOUND
        return HeroOrigin.of(asset.path, alt, asset.rights, origin=origin, generated=asset.writer is not None)


def _outcome(
    *,
    images: int = 0,
    findings: list[Finding],
    silenced: list[Silenced] | None = None,
    published: list[PublishedVariant] | None = None,
    pictures: bytes = b"",
) -> PageOutcome:
    return PageOutcome(
        images=images,
        hero=False,
        findings=findings,
        build_findings=[],
        silenced=silenced or [],
        published=published or [],
        planned=[],
        article_images=None,
        unlisted=False,
        image_findings=[],
        dropped=[],
        saved_bytes=0,
        recompressed=[],
        pictures=pictures,
    )
