"""The one job: read, find, cast the heroes, plan, encode, edit, map, judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from msgspec import structs

from imageseo import notes, sources
from imageseo.cast import Cast, Casting
from imageseo.core import edits, plan
from imageseo.core.find import UnreadablePage
from imageseo.encode import Encoded, Encoder
from imageseo.errors import ImageseoError
from imageseo.facts import PageFacts, Reading, SiteFiles
from imageseo.finish import Finished, Finisher, unwritable
from imageseo.lint import Rule, count, unreadable
from imageseo.maps import Sitemaps
from imageseo.masters import Heroes
from imageseo.memo import Record
from imageseo.memory import Memory
from imageseo.model.finding import Finding, Severity, Silenced
from imageseo.model.image import Asset, BadAsset, VariantSpec
from imageseo.model.page import Page, Site
from imageseo.model.plan import PagePlan
from imageseo.originals import Originals
from imageseo.ports import Progress
from imageseo.publish import Output
from imageseo.replay import Replay
from imageseo.settings import Settings
from imageseo.sweep import Sweep
from imageseo.traces import Tracing


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the job works with; ``compose.toolbox`` puts it together.

    ``probe``: file and site path -> Asset or BadAsset. ``locate``: digest -> the store's file.
    ``memory``: what the last build of the site left to know.
    """

    encoder: Encoder
    masters: Heroes
    rules: Sequence[Rule]
    probe: Callable[[Path, str], Asset | BadAsset]
    locate: Callable[[str], Path]
    memory: Memory
    progress: Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """What a build did. ``changed``: paths written or removed below the site's root, in order."""

    findings: tuple[Finding, ...] = ()
    silenced: tuple[Silenced, ...] = ()
    changed: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    title: str = "build"

    @property
    def failed(self) -> bool:
        """True when the site must not be published as it is."""
        return any(finding.fails_build for finding in self.findings)

    @property
    def summary(self) -> Mapping[str, int]:
        return {**self.counts, **count(self.findings), "silenced": len(self.silenced)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A page on its way: what it is to become, its hero, and what it asked of the site's files."""

    page: Page
    plan: PagePlan
    cast: Cast | None
    files: Tracing


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A page that is as the last build left it, or will be when its record is replayed."""

    page: Page
    record: Record


def build(site: Site, settings: Settings, tools: Tools) -> BuildResult:
    """Do the whole job on a built site. A fault of one page or image is a finding; the rest of the site is built.

    Raises SiteError, StoreError, LockError or SettingsError for what concerns the site as a whole.
    """
    if not settings.enabled:
        return BuildResult()
    output = Output(site.root, sources=site.sources)
    memory = tools.memory
    memory.open(site, settings, tools.rules)
    known = memory.known(output.root, tools.probe)
    originals = Originals(
        known=known,
        store=memory.store,
        output=output,
        locate=tools.locate,
        max_pixels=settings.encode.max_pixels,
    )
    files = SiteFiles(site.root, originals.asset)
    reading = Reading.of(site, settings)
    casting = Casting(
        site=site,
        files=files,
        output=output,
        masters=tools.masters,
        encoder=tools.encoder,
        hero=settings.hero,
        rights=settings.rights,
        jpeg_quality=settings.quality.jpeg,
        locate=tools.locate,
        store=memory.store,
        known=memory.book.heroes,
    )
    findings: list[Finding] = []
    pages = site.without(settings.exclude_pages).pages
    casts = {page.path: casting.of(page) for page in pages}  # all of them first: one page may show another one's hero
    contexts = memory.contexts(pages, casts, casting.declined, tools.rules)
    replay = Replay(
        output=output,
        files=files,
        store=memory.store,
        locate=tools.locate,
        originals=originals,
        records=memory.book.pages,
    )
    rows: list[Planned | Kept] = []
    for page in pages:
        record = replay.find(page, contexts[page.path])
        if record is not None:
            rows.append(Kept(page=page, record=record))
        else:
            rows += _plan(page, casts[page.path], site, output, files, reading, casting, settings, findings)
    planned = [row for row in rows if isinstance(row, Planned)]
    jobs = sources.jobs(((row.plan, row.cast) for row in planned), originals)
    encoded = tools.encoder.encode(jobs, _specs(planned), progress=tools.progress)
    findings += casting.findings
    sweep = Sweep(site=site, output=output)
    sweep.named_before(memory.named_before)
    finisher = Finisher(
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
        for new in row.record.outcome.replaced if isinstance(row, Kept) else finisher.replaced(row.plan):
            files.weigh(new.path, new.bytes)
    finished = [
        _repeat(row, replay, sweep)
        if isinstance(row, Kept)
        else finisher.finish(row.page, row.plan, row.cast, row.files, contexts[row.page.path])
        for row in rows
    ]
    findings += [unwritable(Page(path=path), error) for path, error in sweep.remove()]
    wanted = [new for one in finished for new in one.outcome.replaced]
    settled = originals.settle(
        wanted,
        before=memory.replaced_before,
        spared=memory.replaced_elsewhere({page.path for page in site.pages}, files.exists),
        read=sources.reader(tools.encoder, encoded, memory.store, jobs),
    )
    findings += [unwritable(Page(path=path), error) for path, error in settled]
    sitemaps = Sitemaps(site=site, output=output, before=memory.sitemaps)
    listed = [(one.page, None if one.outcome.hidden else one.outcome.shown) for one in finished]
    findings += sitemaps.write(listed) if settings.sitemap else sitemaps.withdraw(listed)
    records = {page.path: None for page in pages} | {one.page.path: one.record for one in finished}
    memory.close(records, known, casting.heroes, sitemaps.written)
    return _result(findings, encoded, finisher.encoded_again, finished, output)


def _repeat(row: Kept, replay: Replay, sweep: Sweep) -> Finished:
    """The page as its record says. What cannot be written is a finding that fails the build."""
    try:
        replay.finish(row.page, row.record, sweep)
    except (OSError, ImageseoError) as error:
        before = row.record.outcome
        outcome = structs.replace(before, findings=[*before.findings, unwritable(row.page, error)], named=[])
        return Finished(page=row.page, outcome=outcome)
    return Finished(page=row.page, outcome=row.record.outcome, record=row.record)


def _plan(
    page: Page,
    cast: Cast | None,
    site: Site,
    output: Output,
    files: SiteFiles,
    reading: Reading,
    casting: Casting,
    settings: Settings,
    findings: list[Finding],
) -> Iterable[Planned]:
    """The page as planned, once; nothing when it cannot be read (a finding)."""
    try:
        html = edits.strip(output.read(page.path))
        asked = Tracing(files, recompress=settings.fallback == "recompress")
        facts = PageFacts(page, site=site, files=asked, reading=reading, html=html)
        scan = facts.scan
    except (OSError, UnreadablePage) as error:
        findings.append(unreadable(page, error, fails_build=True))
        return
    assets = {image.ref.span: image.asset for image in facts.images}
    yield Planned(
        page=page,
        cast=cast,
        files=asked,
        plan=plan.plan_page(
            page,
            scan,
            asset_of=lambda ref: assets.get(ref.span),
            hero=cast.hero if cast else None,
            hero_asset=cast.asset if cast else None,
            guess=settings.hero.guess and not casting.declined(page),
            layout=reading.layout(scan, html),
            offer=plan.Offer(
                widths=settings.widths,
                formats=settings.formats,
                quality=settings.quality,
                animated=settings.animated == "convert",
                recompress=settings.fallback == "recompress",
            ),
            insert=settings.hero.insert,
        ),
    )


def _specs(planned: Iterable[Planned]) -> list[VariantSpec]:
    return list(dict.fromkeys(spec for one in planned for spec in one.plan.specs))


def _result(
    findings: Iterable[Finding], encoded: Encoded, again: int, finished: Sequence[Finished], output: Output
) -> BuildResult:
    outcomes = [one.outcome for one in finished]
    dropped, drops = notes.dropped(outcomes)
    said = [*findings, *dropped, *notes.once(note for each in outcomes for note in each.notes)]
    said += [finding for each in outcomes for finding in each.findings]
    lowered = [
        # In a build everything that does not fail it is a warning: `--strict` counts those.
        replace(one, severity=Severity.WARN) if one.severity is Severity.ERROR and not one.fails_build else one
        for one in said
    ]
    wanted = {each.spec for outcome in outcomes for each in outcome.wanted}
    return BuildResult(
        findings=tuple(sorted(lowered, key=lambda finding: finding.sort_key)),
        silenced=tuple(
            sorted((one for each in outcomes for one in each.silenced), key=lambda answer: answer.finding.sort_key)
        ),
        changed=tuple(output.changed),
        counts={
            "pages": len(finished),
            "images": sum(each.images for each in outcomes),
            "heroes": sum(each.hero for each in outcomes),
            "variants": len({named.path for each in outcomes for named in each.named}),
            "encoded": encoded.misses + again,
            "reused": len(wanted) - encoded.misses,
            "dropped": drops,
            "saved": sum(each.saved for each in outcomes),
            "changed": len(output.changed),
        },
    )
