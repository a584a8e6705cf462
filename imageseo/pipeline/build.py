"""The build: prepare, plan every page, encode what is missing, write the pages, finish the site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import structs

from imageseo.config.settings import Settings
from imageseo.images.encoding.encoder import EncodeResult, Jobs
from imageseo.model.errors import ImageseoError
from imageseo.model.image import VariantSpec
from imageseo.model.site import Page, Site
from imageseo.pipeline import source_images
from imageseo.pipeline.context import BuildContext, BuildTools
from imageseo.pipeline.incremental.build_state import PageRecord
from imageseo.pipeline.page_writer import PageWriter, WrittenPage, unwritable_finding
from imageseo.pipeline.planner import PlannedPage, plan_page
from imageseo.pipeline.result import BuildResult, build_result
from imageseo.pipeline.reuse import PageReplayer
from imageseo.pipeline.sitemap_writer import SitemapWriter

__all__ = ["BuildResult", "BuildTools", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnchangedPage:
    """A page that is as the last build left it, or will be when its record is replayed."""

    page: Page
    record: PageRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePlan:
    """The pages in order, planned or unchanged. ``contexts``: page -> digest of what its record depends on."""

    rows: Sequence[PlannedPage | UnchangedPage]
    contexts: Mapping[str, bytes | None]
    replayer: PageReplayer

    @property
    def planned(self) -> list[PlannedPage]:
        return [row for row in self.rows if isinstance(row, PlannedPage)]


@dataclass(slots=True, kw_only=True)
class WrittenSite:
    """The pages as written. ``encoded``: variants made, those of a second try for the budget included."""

    pages: Sequence[WrittenPage]
    encoded: int
    sitemaps: Mapping[str, str] = field(default_factory=dict)


def build(site: Site, settings: Settings, tools: BuildTools) -> BuildResult:
    """Do the whole job on a built site. A fault of one page or image is a finding; the rest of the site is built.

    Raises SiteError, StoreError, LockError or SettingsError for what concerns the site as a whole.
    """
    if not settings.enabled:
        return BuildResult()
    context = BuildContext.prepare(site, settings, tools)
    plan = _plan(context)
    jobs = source_images.jobs(((row.plan, row.hero) for row in plan.planned), context.originals)
    encoded = tools.encoder.encode(jobs, _specs(plan), progress=tools.progress)
    written = _write(context, plan, jobs, encoded)
    _replace_originals(context, written, jobs, encoded)
    _write_sitemaps(context, written)
    _record(context, written)
    return build_result(
        context.findings,
        [page.outcome for page in written.pages],
        settings=settings.lint,
        made=encoded.misses,
        encoded=written.encoded,
        changed=context.output.changed,
    )


def _plan(context: BuildContext) -> SitePlan:
    """Decide what becomes of each page. Heroes come first: a page may show the hero of another one."""
    heroes = {page.path: context.heroes.of(page) for page in context.pages}
    contexts = context.state.contexts(context.pages, heroes, context.heroes.declined, context.tools.rules)
    replayer = PageReplayer(
        output=context.output,
        files=context.files,
        store=context.store,
        originals=context.originals,
        records=context.state.current.pages,
    )
    rows: list[PlannedPage | UnchangedPage] = []
    for page in context.pages:
        record = replayer.find(page, contexts[page.path])
        if record is not None:
            rows.append(UnchangedPage(page=page, record=record))
        elif (planned := plan_page(context, page, heroes[page.path])) is not None:
            rows.append(planned)
    context.findings.extend(context.heroes.findings)
    return SitePlan(rows=rows, contexts=contexts, replayer=replayer)


def _specs(plan: SitePlan) -> list[VariantSpec]:
    return list(dict.fromkeys(spec for row in plan.planned for spec in row.plan.specs))


def _write(context: BuildContext, plan: SitePlan, jobs: Jobs, encoded: EncodeResult) -> WrittenSite:
    """Write every page, then remove the variants that no page names any more."""
    context.stale.named_before(context.state.named_before)
    context.stale.spare(context.heroes.published)
    writer = PageWriter(context=context, jobs=jobs, encoded=encoded)
    for path, size in context.originals.sizes():
        context.files.weigh(path, size)
    for row in plan.rows:
        for new in row.record.outcome.replaced if isinstance(row, UnchangedPage) else writer.replaced(row.plan):
            context.files.weigh(new.path, new.bytes)
    pages = [
        _repeat(context, row, plan.replayer)
        if isinstance(row, UnchangedPage)
        else writer.write(row, plan.contexts[row.page.path])
        for row in plan.rows
    ]
    context.findings.extend(unwritable_finding(Page(path=path), error) for path, error in context.stale.remove())
    return WrittenSite(pages=pages, encoded=encoded.misses + writer.encoded_again)


def _repeat(context: BuildContext, row: UnchangedPage, replayer: PageReplayer) -> WrittenPage:
    """The page as its record says. What cannot be written is a finding that fails the build."""
    try:
        replayer.finish(row.page, row.record, context.stale)
    except (OSError, ImageseoError) as error:
        before = row.record.outcome
        outcome = structs.replace(before, faults=[*before.faults, unwritable_finding(row.page, error)], named=[])
        return WrittenPage(page=row.page, outcome=outcome)
    return WrittenPage(page=row.page, outcome=row.record.outcome, record=row.record)


def _replace_originals(context: BuildContext, written: WrittenSite, jobs: Jobs, encoded: EncodeResult) -> None:
    """Put smaller files in the place of the pages' own, and back where that is not wanted any more."""
    paths = {page.path for page in context.site.pages}
    failed = context.originals.settle(
        [new for page in written.pages for new in page.outcome.replaced],
        before=context.state.replaced_before,
        spared=context.state.replaced_elsewhere(paths, context.files.exists),
        read=source_images.reader(context.encoder, encoded, context.store, jobs),
    )
    context.findings.extend(unwritable_finding(Page(path=path), error) for path, error in failed)


def _write_sitemaps(context: BuildContext, written: WrittenSite) -> None:
    sitemaps = SitemapWriter(site=context.site, output=context.output, before=context.state.sitemaps)
    listed = [(each.page, None if each.outcome.hidden else each.outcome.shown) for each in written.pages]
    context.findings.extend(sitemaps.write(listed) if context.settings.sitemap else sitemaps.withdraw(listed))
    written.sitemaps = sitemaps.written


def _record(context: BuildContext, written: WrittenSite) -> None:
    """Write the build state for the next build."""
    records: dict[str, PageRecord | None] = {page.path: None for page in context.pages}
    records |= {each.page.path: each.record for each in written.pages}
    context.state.close(records, context.probes, context.heroes.heroes, written.sitemaps)
