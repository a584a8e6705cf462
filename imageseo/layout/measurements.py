"""Measurements of a site, page by page: a page's own one, or the one inherited from its template."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from imageseo.layout.fit_sizes import WIDTHS, MeasuredSlot, sizes_for
from imageseo.layout.image_widths import ColumnLayout
from imageseo.layout.inheritance import CurrentPage, Name, TemplateInheritance
from imageseo.layout.template_fingerprint import template_fingerprint
from imageseo.model.finding import GATING, REPORTED
from imageseo.model.image import Span
from imageseo.model.layout import PageLayout, ShownImage, SiteLayout

__all__ = [
    "WIDTHS",
    "CurrentPage",
    "LeadImage",
    "Name",
    "SiteMeasurements",
    "TrustedLayout",
    "apply_measurements",
    "image_names",
    "in_view",
    "lead",
    "sizes_for",
    "slots",
    "template_fingerprint",
]

_FOLDS = {viewport.name: viewport.height for viewport in (*GATING, *REPORTED)}


class TrustedLayout(NamedTuple):
    """The layout to use for a page. ``drift``: why its own measurement is not used; the end of a sentence."""

    layout: PageLayout | None
    drift: str | None = None


class LeadImage(NamedTuple):
    """The measured LCP image; ``name`` is None if the LCP is text, a video or a background image."""

    name: Name | None


@dataclass(frozen=True)
class SiteMeasurements:
    """The measurements of a site. ``widths``: CSS px of the viewports at which images were measured."""

    layout: SiteLayout

    @property
    def widths(self) -> tuple[int, ...]:
        return self.layout.widths

    def held(self, now: CurrentPage, *, inserted: str | None = None) -> TrustedLayout:
        """Return the layout of a page. ``inserted``: site path of the hero that the build inserts, which the measured
        page may have contained.

        A page's own measurement is used as long as its template is the same and it still contains every measured
        image. If images were added, the widths remain valid, but the LCP does not.
        """
        own = self.layout.pages.get(now.page)
        if own is None:
            return TrustedLayout(self._inheritance.of(now))
        measured = {(image.src, image.nth) for image in own.images}
        if own.template != now.template:
            drift = "its template has changed"
        elif missing := sorted(name for name, _ in measured.difference(now.names) if name != inserted):
            drift = f"{missing[0]} is missing"
        elif not measured.issuperset(now.names):
            return TrustedLayout(PageLayout(page=now.page, template=now.template, images=own.images, cls=own.cls))
        else:
            return TrustedLayout(own)
        return TrustedLayout(self._inheritance.of(now), drift)

    @cached_property
    def _inheritance(self) -> TemplateInheritance:
        return TemplateInheritance(self.layout)


def image_names(sources: Iterable[str]) -> list[Name]:
    """Return the keys of a page's images. ``sources``: site path of each one's file, else its URL."""
    counts: dict[str, int] = {}
    names = []
    for src in sources:
        counts[src] = counts.get(src, -1) + 1
        names.append((src, counts[src]))
    return names


def apply_measurements(
    base: ColumnLayout,
    page: PageLayout,
    widths: tuple[int, ...],
    names: Mapping[Span, Name],
    *,
    inserted: str | None = None,
) -> ColumnLayout:
    """Return a page's layout with its measurements; the arguments are as in ``slots``."""
    lead_image = lead(page)
    span = next((span for span, name in names.items() if lead_image is not None and name == lead_image.name), None)
    measured = slots(page, widths, names, inserted=inserted)
    return replace(base, slots=measured, lead=span, lead_known=lead_image is not None)


def slots(
    page: PageLayout, widths: tuple[int, ...], names: Mapping[Span, Name], *, inserted: str | None = None
) -> dict[Span | None, MeasuredSlot]:
    """Return the measured slots of a page's images by the span of their tag; None is the ``inserted`` hero.

    ``widths``: CSS px of the viewports, as in ``SiteLayout.widths``. Images that were never shown are left out.
    """
    measured = {
        (image.src, image.nth): MeasuredSlot(
            width=math.ceil(max(image.widths)), sizes=sizes_for(widths, image.widths), in_view=in_view(image)
        )
        for image in page.images
        if any(image.widths) and len(image.widths) == len(widths)
    }
    found: dict[Span | None, MeasuredSlot] = {span: measured[name] for span, name in names.items() if name in measured}
    if inserted is not None and (inserted, 0) in measured and (inserted, 0) not in names.values():
        found[None] = measured[inserted, 0]
    return found


def in_view(image: ShownImage) -> bool | None:
    """Whether an image begins in the first screen of any viewport; None if it was never shown."""
    if not image.tops:
        return None
    return any(top < _FOLDS[name] for name, top in image.tops.items() if name in _FOLDS)


def lead(page: PageLayout) -> LeadImage | None:
    """Return the image to prioritize: the LCP on phones, else the LCP on desktops if phones show it in their first
    screen.

    None: the LCP was not measured, or neither viewport has one.
    """
    lcps = [page.lcp[viewport.name] for viewport in GATING if viewport.name in page.lcp]
    if len(lcps) < len(GATING) or all(lcp.kind == "none" for lcp in lcps):
        return None
    for viewport, lcp in zip(GATING, lcps, strict=True):
        if lcp.kind == "image" and lcp.src is not None:
            name = (lcp.src, lcp.nth)
            if viewport is GATING[0] or _in_first_phone_screen(page, name):
                return LeadImage(name)
    return LeadImage(None)


def _in_first_phone_screen(page: PageLayout, name: Name) -> bool:
    """Whether a phone shows an image in its first screen; True if that was not measured."""
    phone = GATING[0]
    image = next((image for image in page.images if (image.src, image.nth) == name), None)
    return image is None or image.tops.get(phone.name, math.inf) < phone.height
