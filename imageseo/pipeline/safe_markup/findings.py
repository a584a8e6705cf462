"""Findings for images whose markup is changed less than usual, and for heroes that cannot be inserted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from imageseo.lint.engine import location_of
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.image import PageRegion
from imageseo.model.markup_note import INLINE_STYLES_FORBIDDEN, MarkupNote
from imageseo.model.plan import MarkupForm, PagePlan
from imageseo.model.site import Page

_CHANGES = {
    MarkupForm.IMG: ("gets", "get", "srcset on <img>, without <picture>"),
    MarkupForm.ATTRIBUTES: ("gets", "get", "attributes only, no other file"),
    MarkupForm.NONE: ("stays", "stay", "unchanged"),
}

_POLICY_REMEDY = '`style = "file"`, or the hashes in the manual (Safe markup), allow the rules that are needed'


def markup_notes(page: Page, plan: PagePlan) -> Iterator[MarkupNote]:
    """Yield the images of a page that get less than the fullest form, with the reason."""
    for image in plan.images:
        # Outside the article no image gets other files; that is no restriction.
        is_content = image.hero or image.ref.region is PageRegion.ARTICLE
        offered = image.specs or image.remote
        is_reduced = image.asset.raster and (offered or image.choice.form is not MarkupForm.IMG)
        if image.choice.reason is not None and is_content and is_reduced:
            yield MarkupNote(
                location=location_of(page, image.ref, plan.scan.refs),
                form=image.choice.form.value,
                reason=image.choice.reason,
            )


def markup_findings(notes: Iterable[MarkupNote]) -> Iterator[Finding]:
    """Yield one finding for each form and reason, with the number of images and the first of them."""
    groups: dict[tuple[str, str], list[Location]] = {}
    for note in notes:
        groups.setdefault((note.form, note.reason), []).append(note.location)
    for (form, reason), places in groups.items():
        one, many, change = _CHANGES[MarkupForm(form)]
        pages = len({place.page for place in places})
        on_pages = f" on {pages} pages" if pages > 1 else ""
        counted = f"{len(places)} images{on_pages} {many}" if len(places) > 1 else f"1 image {one}"
        yield Finding(
            rule="markup-reduced",
            severity=Severity.INFO,
            message=f"{counted} {change}: {reason}",
            location=min(places, key=_position),
            hint=_POLICY_REMEDY if reason == INLINE_STYLES_FORBIDDEN else "",
        )


def uninserted_hero_finding(page: Page, reason: str) -> Finding:
    """Return the finding for a declared hero that the page does not show and that cannot be inserted."""
    return Finding(
        rule="hero-not-inserted",
        severity=Severity.WARN,
        message=f"the hero is not inserted: {reason}",
        location=location_of(page),
        hint="show it by the site's own template or page source, or set `hero.insert` to none",
    )


def _position(place: Location) -> tuple[str, int, int]:
    return place.page, place.line or 0, place.column or 0
