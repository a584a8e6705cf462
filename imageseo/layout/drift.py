"""Differences between two measurements of a site, as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from imageseo.model.finding import GATING
from imageseo.model.layout import Lcp, PageLayout, SiteLayout

_PX = 2.0
"""Tolerated difference of a width, CSS px: less than a step of any ladder, more than rounding."""


def find_drift(old: SiteLayout, new: SiteLayout) -> Mapping[str, tuple[str, ...]]:
    """Return page -> descriptions of its drift, for every page of ``new``; () for an unchanged page.

    A page without an old measurement is compared with its template, which new pages inherit.
    """
    return {path: tuple(_find_page_drift(old, new, page)) for path, page in sorted(new.pages.items())}


def _find_page_drift(old: SiteLayout, new: SiteLayout, page: PageLayout) -> Iterator[str]:
    measured = old.pages.get(page.page)
    if measured is None:
        template = old.templates.get(page.template)
        if template is None:
            yield f"template {page.template} has not been measured"
        elif (current := new.templates.get(page.template)) is not None:
            yield from _compare_widths(
                "the article's column", _by_viewport(old, template.column), _by_viewport(new, current.column)
            )
        return
    if measured.template != page.template:
        yield f"the template is {page.template}, was {measured.template}"
    for viewport in GATING:
        previous, current_lcp = measured.lcp.get(viewport.name), page.lcp.get(viewport.name)
        if previous is not None and current_lcp is not None and _lcp_key(previous) != _lcp_key(current_lcp):
            yield f"the LCP on {viewport.name} is {_describe_lcp(current_lcp)}, was {_describe_lcp(previous)}"
    before = {(image.src, image.nth): _by_viewport(old, image.widths) for image in measured.images}
    after = {(image.src, image.nth): _by_viewport(new, image.widths) for image in page.images}
    for name in sorted(after.keys() & before.keys()):
        yield from _compare_widths(name[0], before[name], after[name])
    if removed := sorted({src for src, _ in before.keys() - after.keys()}):
        yield f"removed: {_format_some(removed)}"
    if added := sorted({src for src, _ in after.keys() - before.keys()}):
        yield f"added: {_format_some(added)}"


def _by_viewport(layout: SiteLayout, widths: tuple[float, ...]) -> Mapping[int, float]:
    return dict(zip(layout.widths, widths, strict=False))


def _compare_widths(subject: str, old: Mapping[int, float], new: Mapping[int, float]) -> Iterator[str]:
    """Describe the largest drift of a width over the common viewports, if there is any."""
    differences = {width: abs(new[width] - old[width]) for width in sorted(old.keys() & new.keys())}
    worst = max(differences, key=lambda width: differences[width], default=None)
    if worst is not None and differences[worst] > _PX:
        count = sum(difference > _PX for difference in differences.values())
        more = f" (and differs at {count - 1} more of {len(differences)} widths)" if count > 1 else ""
        yield f"{subject} is {new[worst]:g} px wide at {worst} px, was {old[worst]:g} px{more}"


def _lcp_key(lcp: Lcp) -> tuple[object, ...]:
    return (lcp.kind, lcp.src, lcp.nth) if lcp.kind == "image" else (lcp.kind, lcp.src)


def _describe_lcp(lcp: Lcp) -> str:
    if lcp.kind == "none":
        return "none"
    return (
        lcp.src
        if lcp.kind == "image" and lcp.src
        else {"background": "a background image", "video": "a video"}.get(lcp.kind, "text")
    )


def _format_some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
