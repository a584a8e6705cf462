"""Small reports about a site's pictures, for tests that compare them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from imageseo.model.site_report import (
    ByteChange,
    PictureDownload,
    PictureUse,
    ReportedBudget,
    ReportedCache,
    ReportedFinding,
    ReportedPage,
    ReportedPicture,
    ReportTotals,
    SiteReport,
)

KIB = 1024


def picture(
    name: str,
    after: int = 28 * KIB,
    *,
    data: str = "",
    pages: Sequence[str] = ("index.html",),
    quality: int | None = 52,
) -> ReportedPicture:
    """A picture that phones download with ``after`` bytes, and desktops with twice as many. ``data``: its contents."""
    phone = PictureDownload(
        before=200 * KIB, after=after, file=f"{name}.avif", format="avif", quality=quality, score=71.5
    )
    desktop = PictureDownload(before=400 * KIB, after=2 * after, file=f"{name}-2.avif", format="avif", quality=quality)
    use = PictureUse(pages=list(pages), form="picture", reason="", hero=False, alt="A", phone=phone, desktop=desktop)
    return ReportedPicture(
        source=name,
        sha256=hashlib.sha256((data or name).encode()).hexdigest(),
        format="jpeg",
        width=1600,
        height=900,
        bytes=400 * KIB,
        thumbnail=f"{name.rpartition('.')[0]}-480w.webp",
        phone=ByteChange(before=200 * KIB, after=after),
        desktop=ByteChange(before=400 * KIB, after=2 * after),
        uses=[use],
    )


def page(
    name: str = "index.html", lcp: int | None = None, *, budgets: bool = True, image: str | None = None
) -> ReportedPage:
    """A page whose LCP image has ``lcp`` bytes on phones, and twice as many on desktops."""
    limits = {"mobile": (1, 150 * KIB), "desktop": (2, 300 * KIB)}
    spent = [
        ReportedBudget(
            metric="lcp-bytes",
            viewport=viewport,
            value=factor * lcp,
            warn=100 * KIB,
            error=error,
            headroom=round(1 - factor * lcp / error, 3),
            image=image or "a.jpg",
        )
        for viewport, (factor, error) in limits.items()
        if lcp is not None and budgets
    ]
    zero = ByteChange()
    return ReportedPage(
        page=name, source=None, title="A", pictures=1, phone=zero, desktop=zero, lcp=image, budgets=spent
    )


def finding(
    message: str = "a.jpg has no alt",
    *,
    rule: str = "alt-missing",
    page: str = "index.html",
    image: str | None = None,
    severity: str = "warn",
    line: int = 3,
) -> ReportedFinding:
    return ReportedFinding(
        rule=rule,
        severity=severity,
        message=message,
        hint="write one",
        page=page,
        source=None,
        line=line,
        column=1,
        image=image,
        fails_build=False,
    )


def report(
    pictures: Sequence[ReportedPicture] = (),
    pages: Sequence[ReportedPage] = (),
    findings: Sequence[ReportedFinding] = (),
    *,
    url: str | None = "https://example.org/docs/",
    unrecorded: Sequence[str] = (),
) -> SiteReport:
    totals = ReportTotals(
        pages=len(pages),
        pictures=len(pictures),
        phone=ByteChange(after=sum(each.phone.after for each in pictures)),
        desktop=ByteChange(after=sum(each.desktop.after for each in pictures)),
    )
    return SiteReport(
        site="Small",
        url=url,
        screens={},
        totals=totals,
        pages=list(pages),
        pictures=list(pictures),
        findings=list(findings),
        cache=ReportedCache(variants=0, bytes=0),
        unrecorded=list(unrecorded),
    )
