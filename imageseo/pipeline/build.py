"""The build: plan every page, encode missing variants, write the pages, then the site-wide files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from msgspec import structs

from imageseo.config.settings import Settings
from imageseo.images.encoding.encode_result import EncodeResult
from imageseo.images.encoding.jobs import Jobs
from imageseo.lint import hero_faults
from imageseo.lint.crashes import crash_guard
from imageseo.model.errors import ImageseoError
from imageseo.model.image import VariantSpec
from imageseo.model.plan import PageHero
from imageseo.model.site import Page, Site
from imageseo.pipeline import source_images
from imageseo.pipeline.context import BuildContext, BuildTools
from imageseo.pipeline.delivery.step import update_host_files
from imageseo.pipeline.incremental import loose_pages
from imageseo.pipeline.incremental.build_memory import KnownSitemaps
from imageseo.pipeline.incremental.build_state import PageRecord, RecompressedFile
from imageseo.pipeline.incremental.feed_record import FeedRecord
from imageseo.pipeline.incremental.loose_pages import LoosePage
from imageseo.pipeline.names.step import published_names
from imageseo.pipeline.provenance import private_files
from imageseo.pipeline.result import BuildResult, WrittenPage, build_result, unwritable_finding
from imageseo.pipeline.reuse import PageReplayer
from imageseo.pipeline.safe_markup.style_rules import STYLE_SHEET
from imageseo.pipeline.safe_markup.style_sheet_file import write_style_sheet
from imageseo.pipeline.sitemap_writer import write_sitemaps
from imageseo.pipeline.unchanged_images import unchanged_findings

if TYPE_CHECKING:
    from imageseo.pipeline.page_writer import PageWriter
    from imageseo.pipeline.planner import PlannedPage

__all__ = ["BuildResult", "BuildTools", "build"]

_UNCHANGED = "this page was left as it was"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnchangedPage:
    """A page that did not change since the last build; its record tells what to publish."""

    page: Page
    record: PageRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePlan:
    """The pages in order, planned or unchanged.

    ``contexts``: page -> digest of its record's inputs, without files. ``plain``: pages that declare no hero.
    """

    rows: Sequence[PlannedPage | UnchangedPage]
    contexts: Mapping[str, bytes | None]
    replayer: PageReplayer
    plain: Mapping[str, Page]

    @property
    def planned(self) -> list[PlannedPage]:
        return [row for row in self.rows if not isinstance(row, UnchangedPage)]


@dataclass(slots=True, kw_only=True)
class WrittenSite:
    """The pages as written. ``encoded``: number of new variants, including those encoded again to meet a budget.

    ``seconds``: hash of a new variant -> what it took to encode. ``sitemaps``: those with images of ours -> digest.
    ``cleaned``: files that lost private data.
    """

    pages: Sequence[WrittenPage]
    encoded: int
    seconds: Mapping[str, float]
    sitemaps: Mapping[str, str] = field(default_factory=dict)
    known_sitemaps: KnownSitemaps | None = None
    feeds: Mapping[str, FeedRecord] = field(default_factory=dict)
    cleaned: Sequence[RecompressedFile] = ()


def build(site: Site, settings: Settings, tools: BuildTools) -> BuildResult:
    """Process a built site. An error in one page or image becomes a finding; the rest of the site is built.

    Raises SiteError, StoreError, LockError or SettingsError for errors that concern the whole site.
    """
    if not settings.enabled:
        return BuildResult()
    context = published_names(BuildContext.prepare(site, settings, tools))
    plan = _plan(context)
    jobs = source_images.find_jobs(((row.plan, row.hero) for row in plan.planned), context.originals)
    encoded = tools.encoder.encode(jobs, _specs(plan), progress=tools.progress)
    written = _write(context, plan, jobs, encoded)
    read = source_images.make_reader(tools.encoder, encoded, context.store, jobs)
    failed, written.cleaned = private_files.replace_files(context, [page.outcome for page in written.pages], read)
    context.findings.extend(unwritable_finding(Page(path=path), error) for path, error in failed)
    written.sitemaps, written.known_sitemaps = write_sitemaps(context, written.pages)
    written.feeds = _write_feeds(context, written.pages)
    update_host_files(context)
    if context.output.copies or context.output.service_workers:
        from imageseo.pipeline.compressed_copies import update_files_beside  # few sites have them

        update_files_beside(context, written.pages, written.sitemaps, written.cleaned)
    _save_state(context, plan, written)
    images = [(page.page.path, page.outcome.images, page.outcome.unchanged) for page in written.pages]
    return build_result(
        [*context.findings, *unchanged_findings(images)],
        written.pages,
        settings=settings.lint,
        new_variants=frozenset(written.seconds),
        seconds=context.state.slowest,
        new=encoded.misses,
        encoded=written.encoded,
        changed=context.output.changed,
    )


def _plan(context: BuildContext) -> SitePlan:
    """Plan each page. All heroes are published first, because a page may show the hero of another page."""
    heroes: dict[str, PageHero | None] = {}
    plain: dict[str, Page] = {}
    for page in context.pages:
        heroes[page.path] = None
        if context.recall is not None and context.recall.is_plain(page):
            plain[page.path] = page
            continue
        count = len(context.heroes.findings)
        with crash_guard(context.findings, page, "its hero was not published"):
            heroes[page.path] = context.heroes.publish_hero(page)
            if heroes[page.path] is None and not page.hints.meta and len(context.heroes.findings) == count:
                plain[page.path] = page
    contexts = context.state.context_digests(
        context.pages,
        heroes,
        context.heroes.has_declined,
        context.tools.rules,
        context.recall.last.digests if context.recall else None,
    )
    replayer = PageReplayer(
        output=context.output,
        files=context.files,
        store=context.store,
        originals=context.originals,
        records=context.state.current.pages,
        now=context.listing.now,
        affected=context.recall.affected(context.output.changed) if context.recall else None,
    )
    rows: list[PlannedPage | UnchangedPage] = []
    for page in context.pages:
        record = replayer.find_untouched(page, contexts[page.path])
        if record is not None:
            rows.append(UnchangedPage(page=page, record=record))
            continue
        with crash_guard(context.findings, page, _UNCHANGED):
            record = replayer.find_record(page, contexts[page.path])
            if record is not None:
                rows.append(UnchangedPage(page=page, record=record))
                continue
            from imageseo.pipeline.planner import plan_page  # most builds read few pages, or none

            planned = plan_page(context, page, heroes[page.path])
            if planned is not None:
                rows.append(planned)
    context.findings.extend(context.heroes.findings)
    warn = context.settings.policy.usage_warning
    context.findings.extend(hero_faults.usage_findings(context.pages, context.heroes.requests, warn))
    context.findings.extend(hero_faults.source_findings(context.site))
    return SitePlan(rows=rows, contexts=contexts, replayer=replayer, plain=plain)


def _specs(plan: SitePlan) -> list[VariantSpec]:
    return list(dict.fromkeys(spec for row in plan.planned for spec in row.plan.specs))


def _write(context: BuildContext, plan: SitePlan, jobs: Jobs, encoded: EncodeResult) -> WrittenSite:
    """Write every page, then remove stale variants."""

    @cache
    def writer() -> PageWriter:
        from imageseo.pipeline.page_writer import PageWriter  # not needed where no page changed
        from imageseo.pipeline.pictures.picture_recorder import PictureRecorder

        files = context.files if context.settings.fallback == "recompress" else None
        recorder = PictureRecorder(encoder=context.encoder, jobs=jobs, files=files)
        context.social.draw(row.social for row in plan.planned)
        return PageWriter(context=context, jobs=jobs, encoded=encoded, recorder=recorder)

    for path, size in context.originals.original_sizes():
        context.files.weigh(path, size)
    for row in plan.rows:
        for new in row.record.outcome.recompressed if isinstance(row, UnchangedPage) else writer().replaced(row):
            context.files.weigh(new.path, new.bytes)
    results: dict[str, WrittenPage] = {}
    for row in plan.rows:
        if isinstance(row, UnchangedPage) and plan.replayer.is_untouched(row.page):
            continue
        # A page that fails here is not in the result, and what it names stays: as a page that cannot be read.
        with crash_guard(context.findings, row.page, _UNCHANGED):
            results[row.page.path] = (
                _replay(context, row, plan.replayer)
                if isinstance(row, UnchangedPage)
                else writer().write(row, plan.contexts[row.page.path])
            )
    pages = list(_in_order(context, plan, results))
    context.stale.add_previous(context.state.previous_variants)
    context.stale.keep(context.heroes.published_paths)
    context.findings.extend(unwritable_finding(Page(path=path), error) for path, error in context.stale.remove())
    is_needed = context.settings.style == "file" and any(page.outcome.images for page in pages)
    if (error := write_style_sheet(context.output, is_needed=is_needed)) is not None:
        context.findings.append(unwritable_finding(Page(path=STYLE_SHEET), error))
    return WrittenSite(
        pages=pages,
        encoded=encoded.misses + (writer().encoded_again if plan.planned else 0),
        seconds={encoded.variants[spec].sha256: seconds for spec, seconds in encoded.seconds.items()}
        | (writer().seconds_again if plan.planned else {}),
    )


def _in_order(context: BuildContext, plan: SitePlan, results: Mapping[str, WrittenPage]) -> Iterator[WrittenPage]:
    """Yield the pages in order: those of this build, and those that nothing had to be done for."""
    for row in plan.rows:
        if row.page.path in results:
            yield results[row.page.path]
        elif isinstance(row, UnchangedPage) and plan.replayer.is_untouched(row.page):
            context.stale.add_written_page(row.page, (each.path for each in row.record.outcome.published))
            yield WrittenPage(page=row.page, outcome=row.record.outcome, record=row.record)


def _replay(context: BuildContext, row: UnchangedPage, replayer: PageReplayer) -> WrittenPage:
    """Publish an unchanged page from its record. A file that cannot be written is a finding that fails the build."""
    try:
        replayer.publish_page(row.page, row.record, context.stale)
    except (OSError, ImageseoError) as error:
        outcome = row.record.outcome
        findings = [*outcome.build_findings, unwritable_finding(row.page, error)]
        outcome = structs.replace(outcome, build_findings=findings, published=[])
        return WrittenPage(page=row.page, outcome=outcome)
    return WrittenPage(page=row.page, outcome=row.record.outcome, record=row.record)


def _write_feeds(context: BuildContext, pages: Sequence[WrittenPage]) -> Mapping[str, FeedRecord]:
    """Edit the feeds of the site, or take the edits back; return their records for the next build."""
    output, previous = context.output, context.state.previous_feeds
    if not output.feeds and not previous:
        return {}
    from imageseo.pipeline.feeds.feed_writer import FeedWriter  # few sites have feeds

    heroes = {each.page.path: (each.page, each.outcome.hero_file, each.outcome.article_images) for each in pages}
    feeds = FeedWriter(
        *(output, context.files, context.encoder, context.settings),
        base_url=context.site.base_url,
        heroes=heroes,
        previous=previous,
    )
    with crash_guard(context.findings, Page(path="feed.xml"), "feeds were left as they were"):
        context.findings.extend(feeds.findings(unwritable_finding, restore=not context.settings.feeds))
    return feeds.written


def _save_state(context: BuildContext, plan: SitePlan, written: WrittenSite) -> None:
    """Save the build state for the next build, and what this process needs for it."""
    records: dict[str, PageRecord | None] = {page.path: None for page in context.pages}
    records |= {each.page.path: each.record for each in written.pages}
    styles = context.page_context.styles
    known = styles.pages if styles is not None else {}
    context.state.close(
        *(records, context.probes, context.heroes.current_files, written.sitemaps, known, written.seconds),
        feeds=written.feeds,
        cleaned=written.cleaned,
    )
    loose = {each.page.path: LoosePage(each.digest, each.outcome) for each in written.pages if each.digest}
    loose_pages.save(context.state.cache, context.state.name, loose)
    if context.tools.memory is not None:
        context.tools.memory.keep(
            records,
            known=context.state.known,
            digests=context.state.heroless,
            plain=plan.plain,
            output=context.output,
            sitemaps=written.known_sitemaps,
        )
