"""HTML report: one self-contained page with every picture, budgets with headroom, heroes and findings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from imageseo.lint.budgets.spending import LCP
from imageseo.lint.code_frame import sanitized
from imageseo.model.humanize import format_bytes
from imageseo.model.site_report import (
    ByteChange,
    PictureDownload,
    PictureUse,
    ReportedBudget,
    ReportedFinding,
    ReportedHero,
    ReportedPage,
    ReportedPicture,
    SiteReport,
)
from imageseo.pipeline.reporting.thumbnails import data_uris
from imageseo.web.structured_data.digital_source_type import short_name

PICTURES, PAGES, HEROES, FINDINGS, TIGHTEST = 1_000, 500, 200, 200, 15
"""The most of each that the page shows; `--format json` has all."""
_SHOWN_PAGES = 20  # of one picture
_SMALL_SIDE, _LARGE_SIDE = 112, 360  # px
_SMALL_LIMIT, _LARGE_LIMIT = 1_500_000, 1_500_000  # characters of all data URIs
_FORMS = {
    "picture": "<picture> with one <source> per format",
    "img": "srcset on the <img>",
    "attributes": "attributes only",
    "none": "unchanged",
}
_RANKS = {"error": 0, "warn": 1, "info": 2}
_WORDS = {"error": "error", "warn": "warning", "info": "info"}


class _Picture(NamedTuple):
    """A picture as the page shows it: by the use that costs a phone most. ``others``: the other uses."""

    entry: ReportedPicture
    use: PictureUse
    others: list[PictureUse]
    thumbnail: str | None
    pages: list[str]


class _PageRow(NamedTuple):
    page: ReportedPage
    url: str | None
    lcp: ReportedBudget | None  # the one with the least headroom


class _HeroCard(NamedTuple):
    hero: ReportedHero
    image: str | None
    url: str | None
    facts: list[tuple[str, str]]


class _FindingRow(NamedTuple):
    finding: ReportedFinding
    word: str
    others: int


class _FindingGroup(NamedTuple):
    rule: str
    word: str
    rows: list[_FindingRow]


def render(report: SiteReport, root: Path) -> str:
    """Render the report as one HTML file without external resources, ending with a newline.

    ``root``: the built site, for the thumbnails. It supports light and dark mode, narrow screens, keyboards and
    printing, and works without scripts; with scripts pictures can be sorted and searched.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("imageseo.pipeline", "reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        bytes=format_bytes,
        count="{:,}".format,
        safe_text=sanitized,
        saving=_saving,
        share=_share,
        percent="{:.0%}".format,
    )
    pages = sorted(report.pages, key=lambda each: (-each.phone.before, each.page))
    findings = list(_findings(report.findings))
    return environment.get_template("html.jinja").render(
        report=report,
        date=_date(report, root),
        site_url=_site_url(report),
        pictures=_pictures(report, root),
        pages=[_page_row(report, each) for each in pages[:PAGES]],
        tightest=_tightest(report)[:TIGHTEST],
        heroes=_heroes(report, root),
        findings=list(_by_rule(findings[:FINDINGS])),
        shown_findings=min(FINDINGS, len(findings)),
        left={
            "pictures": max(0, len(report.pictures) - PICTURES),
            "pages": max(0, len(report.pages) - PAGES),
            "heroes": max(0, len(report.heroes) - HEROES),
            "findings": max(0, len(findings) - FINDINGS),
        },
        shown_pages=_SHOWN_PAGES,
        forms=_FORMS,
        download=_download,
        link=lambda page: _link(report, page),
    )


def _pictures(report: SiteReport, root: Path) -> list[_Picture]:
    """Return the pictures to show, those first that a phone needs most bytes for without imageseo."""
    entries = sorted(report.pictures, key=lambda each: (-each.phone.before, -each.phone.after, each.source))[:PICTURES]
    thumbnails = data_uris(root, (each.thumbnail for each in entries), side=_SMALL_SIDE, limit=_SMALL_LIMIT)
    rows = []
    for entry in entries:
        use = max(entry.uses, key=lambda each: (each.phone.after, each.desktop.after))
        others = [each for each in entry.uses if each is not use]
        rows.append(_Picture(entry, use, others, thumbnails.get(entry.thumbnail), entry.pages))
    return rows


def _page_row(report: SiteReport, page: ReportedPage) -> _PageRow:
    lcp = [each for each in page.budgets if each.metric == LCP and each.headroom is not None]
    return _PageRow(page, _link(report, page.page), min(lcp, key=lambda each: each.headroom or 0.0, default=None))


def _tightest(report: SiteReport) -> list[tuple[ReportedPage, ReportedBudget, str | None]]:
    """Return the uses of budgets that leave least, the tightest first."""
    found = [
        (each.headroom, page.page, each.metric, each.viewport, page, each)
        for page in report.pages
        for each in page.budgets
        if each.headroom is not None
    ]
    return [(page, each, _link(report, page.page)) for *_, page, each in sorted(found, key=lambda row: row[:4])]


def _heroes(report: SiteReport, root: Path) -> list[_HeroCard]:
    heroes = report.heroes[:HEROES]
    thumbnails = {each.source: each.thumbnail for each in report.pictures}
    files = {each.page: thumbnails.get(each.picture, each.picture) for each in heroes}
    images = data_uris(root, files.values(), side=_LARGE_SIDE, limit=_LARGE_LIMIT)
    return [
        _HeroCard(each, images.get(files[each.page]), _link(report, each.page), list(_provenance(each)))
        for each in heroes
    ]


def _provenance(hero: ReportedHero) -> Iterator[tuple[str, str]]:
    """Yield name and value of what is known about the origin of a hero."""
    how = {
        "inserted": "inserted by imageseo",
        "declared": "declared, shown by the page",
        "found": "found by its place on the page",
    }
    yield "On the page", how.get(hero.origin, hero.origin)
    if hero.provider is not None:
        yield "Made by", hero.provider + (f", {hero.model}" if hero.model else "")
        yield "Seed", str(hero.seed)
    elif hero.generated:
        yield "Made by", "a recipe"
    if hero.generated:
        yield "Pin", hero.master or "in imageseo.lock" if hero.pinned else "not pinned"
    if kind := short_name(hero.source_type):
        yield "Source type", kind
    for name, value in (("Prompt", hero.prompt), ("Creator", hero.creator), ("Licence", hero.license)):
        if value:
            yield name, value


def _findings(findings: Iterable[ReportedFinding]) -> Iterator[_FindingRow]:
    """Yield each finding once, the most severe first, with the number of other pages that have it."""
    groups: dict[tuple[str, str, str], list[ReportedFinding]] = {}
    for each in findings:
        groups.setdefault((each.rule, each.severity, each.message), []).append(each)
    ordered = sorted(
        groups.values(),
        key=lambda group: (not group[0].fails_build, _RANKS.get(group[0].severity, 3), -len(group), group[0].page),
    )
    for first, *rest in ordered:
        word = _WORDS.get(first.severity, first.severity)
        yield _FindingRow(first, word, len({each.page for each in rest} - {first.page}))


def _by_rule(rows: Iterable[_FindingRow]) -> Iterator[_FindingGroup]:
    """Yield the findings of each rule and severity together, in the order of the first of each."""
    groups: dict[tuple[str, str], list[_FindingRow]] = {}
    for row in rows:
        groups.setdefault((row.word, row.finding.rule), []).append(row)
    yield from (_FindingGroup(rule, word, found) for (word, rule), found in groups.items())


def _download(download: PictureDownload) -> str:
    """Return what a download consists of: format, width, quality and score."""
    parts = [download.format.upper()]
    if download.width is not None:
        parts.append(f"{download.width:,} px")
    if download.quality is not None:
        parts.append(f"quality {download.quality}")
    if download.score is not None:
        parts.append(f"score {download.score:.0f}")
    return ", ".join(parts)


def _saving(change: ByteChange) -> str:
    """Return what is saved in per cent; nothing where nothing is."""
    if not change.before or change.before == change.after:
        return "same"
    share = 1 - change.after / change.before
    text = f"{abs(share):.0%}"
    return f"{'−' if share > 0 else '+'}{'<1%' if text == '0%' else text}"


def _share(part: int, whole: int) -> str:
    """Return a share in per cent for a bar, at most 100."""
    return f"{min(100.0, 100 * part / whole) if whole else 0:.1f}"


def _link(report: SiteReport, page: str) -> str | None:
    """Return the published URL of a page; None without the address of the site."""
    base = _site_url(report)
    path = page.removesuffix("index.html") if page == "index.html" or page.endswith("/index.html") else page
    return None if base is None else base + quote(path, errors="surrogateescape")


def _site_url(report: SiteReport) -> str | None:
    return report.url if report.url and urlsplit(report.url).scheme in ("http", "https") else None


def _date(report: SiteReport, root: Path, env: Mapping[str, str] = os.environ) -> str:
    """Return the day of the site: ``SOURCE_DATE_EPOCH``, else when its newest page was written; in UTC."""
    seconds: float | None
    try:
        seconds = float(env.get("SOURCE_DATE_EPOCH", ""))
        return _day(seconds)
    except (ValueError, OverflowError, OSError):
        times = list(_times(root, (each.page for each in report.pages)))
        return _day(max(times)) if times else ""


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _times(root: Path, pages: Iterable[str]) -> Iterator[float]:
    for page in pages:
        try:
            yield (root / page).stat().st_mtime
        except (OSError, ValueError):
            continue
