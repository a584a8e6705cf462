"""The one job: read, find, cast the heroes, plan, encode, edit, map, judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from imageseo.config.settings import Settings
from imageseo.heroes.masters.resolver import MasterResolver
from imageseo.heroes.recipes.prompt_library import PromptLibrary
from imageseo.images.encoding.encoder import Encoder
from imageseo.lint.facts.page import PageContext, SiteFiles
from imageseo.lint.rule import Rule
from imageseo.model.errors import ImageseoError
from imageseo.model.image import Asset, BadAsset, VariantSpec
from imageseo.model.layout import SiteLayout
from imageseo.model.protocols import Progress
from imageseo.model.site import Page, Site
from imageseo.pipeline import source_images
from imageseo.pipeline.incremental.build_state import PageRecord
from imageseo.pipeline.incremental.state_session import StateSession
from imageseo.pipeline.originals import OriginalFiles
from imageseo.pipeline.page_heroes import HeroPublisher
from imageseo.pipeline.page_writer import PageWriter, WrittenPage, unwritable_finding
from imageseo.pipeline.planner import Planned, Planner
from imageseo.pipeline.result import BuildResult, build_result
from imageseo.pipeline.reuse import PageReplayer
from imageseo.pipeline.sitemap_writer import SitemapWriter
from imageseo.pipeline.stale_files import StaleFileCleaner
from imageseo.storage.output import OutputFolder

__all__ = ["BuildResult", "BuildTools", "build"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildTools:
    """What the job works with; ``compose.toolbox`` puts it together.

    ``probe``: file and site path -> Asset or BadAsset. ``locate``: digest -> the store's file.
    ``memory``: what the last build of the site left to know. ``library``: the project's prompts. ``layout``: what a
    browser saw of the site.
    """

    encoder: Encoder
    masters: MasterResolver
    library: PromptLibrary
    rules: Sequence[Rule]
    probe: Callable[[Path, str], Asset | BadAsset]
    locate: Callable[[str], Path]
    memory: StateSession
    progress: Progress
    layout: SiteLayout | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnchangedPage:
    """A page that is as the last build left it, or will be when its record is replayed."""

    page: Page
    record: PageRecord


def build(site: Site, settings: Settings, tools: BuildTools) -> BuildResult:
    """Do the whole job on a built site. A fault of one page or image is a finding; the rest of the site is built.

    Raises SiteError, StoreError, LockError or SettingsError for what concerns the site as a whole.
    """
    if not settings.enabled:
        return BuildResult()
    output = OutputFolder(site.root, sources=site.sources)
    memory = tools.memory
    memory.open(site, settings, tools.rules, tools.layout)
    known = memory.known(output.root, tools.probe)
    originals = OriginalFiles(
        known=known,
        store=memory.store,
        output=output,
        locate=tools.locate,
        max_pixels=settings.encode.max_pixels,
    )
    files = SiteFiles(site.root, originals.asset)
    reading = PageContext.of(site, settings, tools.layout)
    casting = HeroPublisher(
        site=site,
        files=files,
        output=output,
        masters=tools.masters,
        library=tools.library,
        encoder=tools.encoder,
        hero=settings.hero,
        rights=settings.rights,
        jpeg_quality=settings.quality.jpeg,
        max_pixels=settings.encode.max_pixels,
        locate=tools.locate,
        store=memory.store,
        known=memory.book.heroes,
    )
    pages = site.without(settings.exclude_pages).pages
    casts = {page.path: casting.of(page) for page in pages}  # all of them first: one page may show another one's hero
    contexts = memory.contexts(pages, casts, casting.declined, tools.rules)
    replay = PageReplayer(
        output=output,
        files=files,
        store=memory.store,
        locate=tools.locate,
        originals=originals,
        records=memory.book.pages,
    )
    planner = Planner(site=site, settings=settings, output=output, files=files, reading=reading, casting=casting)
    rows: list[Planned | UnchangedPage] = []
    for page in pages:
        record = replay.find(page, contexts[page.path])
        if record is not None:
            rows.append(UnchangedPage(page=page, record=record))
        elif (wish := planner.plan(page, casts[page.path])) is not None:
            rows.append(wish)
    planned = [row for row in rows if isinstance(row, Planned)]
    jobs = source_images.jobs(((row.plan, row.cast) for row in planned), originals)
    encoded = tools.encoder.encode(jobs, _specs(planned), progress=tools.progress)
    findings = [*planner.findings, *casting.findings]
    sweep = StaleFileCleaner(site=site, output=output)
    sweep.named_before(memory.named_before)
    sweep.spare(casting.published)
    finisher = PageWriter(
        site=site,
        settings=settings,
        output=output,
        sweep=sweep,
        reading=reading,
        encoder=tools.encoder,
        jobs=jobs,
        encoded=encoded,
        locate=tools.locate,
        store=memory.store,
        rules=tools.rules,
    )
    for path, size in originals.sizes():
        files.weigh(path, size)
    for row in rows:
        for new in row.record.outcome.replaced if isinstance(row, UnchangedPage) else finisher.replaced(row.plan):
            files.weigh(new.path, new.bytes)
    finished = [
        _repeat(row, replay, sweep)
        if isinstance(row, UnchangedPage)
        else finisher.finish(row.page, row.plan, row.cast, row.files, contexts[row.page.path])
        for row in rows
    ]
    findings += [unwritable_finding(Page(path=path), error) for path, error in sweep.remove()]
    wanted = [new for one in finished for new in one.outcome.replaced]
    settled = originals.settle(
        wanted,
        before=memory.replaced_before,
        spared=memory.replaced_elsewhere({page.path for page in site.pages}, files.exists),
        read=source_images.reader(tools.encoder, encoded, memory.store, jobs),
    )
    findings += [unwritable_finding(Page(path=path), error) for path, error in settled]
    sitemaps = SitemapWriter(site=site, output=output, before=memory.sitemaps)
    listed = [(one.page, None if one.outcome.hidden else one.outcome.shown) for one in finished]
    findings += sitemaps.write(listed) if settings.sitemap else sitemaps.withdraw(listed)
    records = {page.path: None for page in pages} | {one.page.path: one.record for one in finished}
    memory.close(records, known, casting.heroes, sitemaps.written)
    return build_result(
        findings,
        [one.outcome for one in finished],
        made=encoded.misses,
        encoded=encoded.misses + finisher.encoded_again,
        changed=output.changed,
    )


def _repeat(row: UnchangedPage, replay: PageReplayer, sweep: StaleFileCleaner) -> WrittenPage:
    """The page as its record says. What cannot be written is a finding that fails the build."""
    try:
        replay.finish(row.page, row.record, sweep)
    except (OSError, ImageseoError) as error:
        before = row.record.outcome
        outcome = structs.replace(before, findings=[*before.findings, unwritable_finding(row.page, error)], named=[])
        return WrittenPage(page=row.page, outcome=outcome)
    return WrittenPage(page=row.page, outcome=row.record.outcome, record=row.record)


def _specs(planned: Iterable[Planned]) -> list[VariantSpec]:
    return list(dict.fromkeys(spec for one in planned for spec in one.plan.specs))
