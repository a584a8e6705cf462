"""Where a site is laid out differently from what was measured of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from imageseo.model.finding import GATING
from imageseo.model.layout import Lcp, PageLayout, SiteLayout

_PX = 2.0
"""CSS px that a width may differ: less than a step of any ladder, more than rounding."""


def find_drift(old: SiteLayout, new: SiteLayout) -> Mapping[str, tuple[str, ...]]:
    """Page -> what has drifted there, in words, for every page of ``new``; () for one that is as it was.

    A page that was never measured is held against its template: what new pages inherit.
    """
    return {path: tuple(_page(old, new, page)) for path, page in sorted(new.pages.items())}


def _page(old: SiteLayout, new: SiteLayout, page: PageLayout) -> Iterator[str]:
    known = old.pages.get(page.page)
    if known is None:
        template = old.templates.get(page.template)
        if template is None:
            yield f"its template, {page.template}, was never measured"
        elif (now := new.templates.get(page.template)) is not None:
            yield from _widths("its article's column", _at(old, template.column), _at(new, now.column))
        return
    if known.template != page.template:
        yield f"its template is {page.template}, and was {known.template}"
    for viewport in GATING:
        then, now_lcp = known.lcp.get(viewport.name), page.lcp.get(viewport.name)
        if then is not None and now_lcp is not None and _identity(then) != _identity(now_lcp):
            yield f"its LCP on {viewport.name} is {_named(now_lcp)}, and was {_named(then)}"
    before = {(image.src, image.nth): _at(old, image.widths) for image in known.images}
    here = {(image.src, image.nth): _at(new, image.widths) for image in page.images}
    for name in sorted(here.keys() & before.keys()):
        yield from _widths(name[0], before[name], here[name])
    if gone := sorted({src for src, _ in before.keys() - here.keys()}):
        yield f"{_some(gone)} stood on it"
    if added := sorted({src for src, _ in here.keys() - before.keys()}):
        yield f"{_some(added)} did not stand on it"


def _at(layout: SiteLayout, widths: tuple[float, ...]) -> Mapping[int, float]:
    return dict(zip(layout.widths, widths, strict=False))


def _widths(what: str, then: Mapping[int, float], now: Mapping[int, float]) -> Iterator[str]:
    """The viewport where a width has drifted furthest, if it has; the same for none in common."""
    apart = {width: abs(now[width] - then[width]) for width in sorted(then.keys() & now.keys())}
    worst = max(apart, key=lambda width: apart[width], default=None)
    if worst is not None and apart[worst] > _PX:
        many = sum(each > _PX for each in apart.values())
        more = f", and differs at {many - 1} more of {len(apart)} widths" if many > 1 else ""
        yield f"{what} is {now[worst]:g} px wide at {worst} px, and was {then[worst]:g}{more}"


def _identity(lcp: Lcp) -> tuple[object, ...]:
    return (lcp.kind, lcp.src, lcp.nth) if lcp.kind == "image" else (lcp.kind, lcp.src)


def _named(lcp: Lcp) -> str:
    if lcp.kind == "none":
        return "nothing"
    return (
        lcp.src
        if lcp.kind == "image" and lcp.src
        else {"background": "a background", "video": "a video"}.get(lcp.kind, "text")
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
