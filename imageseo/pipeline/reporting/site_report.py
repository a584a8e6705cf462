"""Put the records of the pages together: one report about the pictures of a site."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from imageseo.heroes.lock.lock import Lock
from imageseo.lint.budgets.spending import BudgetUse, budget_statuses
from imageseo.lint.source_lines import SourceLines
from imageseo.model.finding import GATING, REPORTED, Budget, Finding
from imageseo.model.site import Page, Site
from imageseo.model.site_report import (
    ByteChange,
    ReportedBudget,
    ReportedBudgetStatus,
    ReportedCache,
    ReportedEncode,
    ReportedFinding,
    ReportedHero,
    ReportedPage,
    ReportedScreen,
    SiteReport,
)
from imageseo.pipeline.pictures.entries import picture_entries, totals
from imageseo.pipeline.pictures.page_record import SCREENS, PagePicture, PagePictures, PickedFile, SpentBudget, decode
from imageseo.pipeline.result import BuildResult, WrittenPage
from imageseo.web import filenames

_VIEWPORTS = {each.name: each for each in (*GATING, *REPORTED)}


def site_report(
    site: Site,
    result: BuildResult,
    *,
    name: str = "",
    lock: Lock | None = None,
    unrecorded: Iterable[str] = (),
    is_build: bool = True,
) -> SiteReport:
    """Return the report about a build. ``name``: of the site; by default the title of its home page, host or folder.

    ``lock``: for the provenance of heroes. ``is_build``: whether the counts of ``result`` are those of a build.
    ``unrecorded``: pages that were read from the folder.
    """
    lines = SourceLines.of(site)
    records = [(each.page, record) for each in result.pages if (record := decode(each.outcome.pictures)) is not None]
    pictures = picture_entries(records)
    pages = [_page(page, record) for page, record in records if record.pictures or record.budgets]
    variants = {
        variant.path: variant.bytes
        for each in result.pages
        for variant in each.outcome.published
        if filenames.looks_like_variant(variant.path)
    }
    return SiteReport(
        site=name or _site_name(site, records),
        url=site.base_url,
        screens={
            label: ReportedScreen(width=each.width, height=each.height, dpr=each.dpr) for label, each in SCREENS.items()
        },
        totals=totals(pictures, sum(bool(record.pictures) for _, record in records)),
        pages=sorted(pages, key=lambda each: each.page),
        pictures=pictures,
        heroes=sorted(_heroes(records, lock or Lock()), key=lambda each: each.page),
        budgets=_budgets(records),
        findings=[_finding(each, lines) for each in result.findings],
        slowest=_slowest(result.pages, result.seconds),
        cache=ReportedCache(
            variants=len(variants),
            bytes=sum(variants.values()),
            encoded=result.counts.get("encoded") if is_build else None,
            reused=result.counts.get("reused") if is_build else None,
        ),
        unrecorded=sorted(unrecorded),
    )


def _page(page: Page, record: PagePictures) -> ReportedPage:
    return ReportedPage(
        page=page.path,
        source=page.source,
        title=record.title,
        pictures=len({each.path for each in record.pictures}),
        phone=_page_bytes(record.pictures, lambda each: each.phone),
        desktop=_page_bytes(record.pictures, lambda each: each.desktop),
        lcp=record.lcp,
        budgets=[_budget(each) for each in record.budgets],
    )


def _page_bytes(pictures: Iterable[PagePicture], pick: Callable[[PagePicture], PickedFile]) -> ByteChange:
    """Return what a page downloads for its pictures: each file once."""
    before: dict[str, int] = {}
    after: dict[str, int] = {}
    for picture in pictures:
        picked = pick(picture)
        before[picked.path if picked.before == picked.bytes else picture.path] = picked.before
        after[picked.path] = picked.bytes
    return ByteChange(before=sum(before.values()), after=sum(after.values()))


def _budget(spent: SpentBudget) -> ReportedBudget:
    limit = spent.error or spent.warn
    return ReportedBudget(
        metric=spent.metric,
        viewport=spent.viewport,
        value=spent.value,
        warn=spent.warn,
        error=spent.error,
        headroom=round(1 - spent.value / limit, 3) if limit else None,
        image=spent.image,
        paths=spent.paths,
    )


def _budgets(records: Iterable[tuple[Page, PagePictures]]) -> list[ReportedBudgetStatus]:
    uses = [
        BudgetUse(
            budget=Budget(
                metric=each.metric,
                viewport=_VIEWPORTS[each.viewport],
                warn=each.warn,
                error=each.error,
                pages=each.paths,
            ),
            page=page.path,
            value=each.value,
            image=each.image,
        )
        for page, record in records
        for each in record.budgets
        if each.viewport in _VIEWPORTS
    ]
    return [
        ReportedBudgetStatus(
            metric=status.budget.metric,
            viewport=status.budget.viewport.name,
            paths=status.budget.pages,
            warn=status.budget.warn,
            error=status.budget.error,
            pages=status.pages,
            worst=status.worst.page,
            value=status.worst.value,
            p75=status.p75,
            headroom=None if status.headroom is None else round(status.headroom, 3),
        )
        for status in budget_statuses(uses)
    ]


def _heroes(records: Iterable[tuple[Page, PagePictures]], lock: Lock) -> Iterator[ReportedHero]:
    for page, record in records:
        hero = record.hero
        if hero is None:
            continue
        pin = lock.of_page(page.key) if hero.generated else None
        recipe = pin.recipe if pin is not None else None
        model = recipe.options.get("model") if recipe is not None else None
        yield ReportedHero(
            page=page.path,
            picture=hero.path,
            alt=hero.alt,
            origin=hero.origin,
            generated=hero.generated,
            pinned=pin is not None,
            provider=recipe.provider if recipe is not None else None,
            seed=recipe.seed if recipe is not None else None,
            model=model if isinstance(model, str) else None,
            master=pin.file if pin is not None else None,
            recipe=pin.recipe_hash if pin is not None else None,
            prompt=hero.prompt,
            source_type=hero.source_type,
            creator=hero.creator,
            license=hero.license,
        )


def _slowest(pages: Iterable[WrittenPage], seconds: Mapping[str, float]) -> list[ReportedEncode]:
    found: dict[str, ReportedEncode] = {}
    for each in pages if seconds else ():
        for variant in each.outcome.published:
            taken = seconds.get(variant.sha256)
            if taken:
                width = filenames.variant_width(variant.path)
                found[variant.path] = ReportedEncode(
                    picture=variant.path,
                    format=posixpath.splitext(variant.path)[1].lstrip("."),
                    width=width or 0,
                    bytes=variant.bytes,
                    seconds=taken,
                )
    return sorted(found.values(), key=lambda each: (-each.seconds, each.picture))


def _finding(finding: Finding, lines: SourceLines) -> ReportedFinding:
    place, source = finding.location, lines.source(finding)
    return ReportedFinding(
        rule=finding.rule,
        severity=finding.severity.value,
        message=finding.message,
        hint=finding.hint,
        page=place.page,
        source=place.source,
        line=place.line,
        column=place.column,
        image=place.image,
        fails_build=finding.fails_build,
        source_line=source.line if source is not None else None,
        source_column=source.column if source is not None else None,
    )


def _site_name(site: Site, records: Iterable[tuple[Page, PagePictures]]) -> str:
    home = next((record.title for page, record in records if page.path == "index.html"), None)
    return home or urlsplit(site.base_url or "").netloc or Path(site.root).resolve().name
