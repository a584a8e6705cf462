"""What a browser saw of a site, asked page by page: a page's own measurement, or what its template leads to expect."""

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
    """What is believed of a page. ``drift``: why its own measurement is not, in words that end a sentence."""

    layout: PageLayout | None
    drift: str | None = None


class LeadImage(NamedTuple):
    """The image that visitors wait for, as seen; ``name`` is ``None`` where that is text, a video or a background."""

    name: Name | None


@dataclass(frozen=True)
class SiteMeasurements:
    """A site's layout, ready to be asked. ``widths``: CSS px of the viewports that images were measured at."""

    layout: SiteLayout

    @property
    def widths(self) -> tuple[int, ...]:
        return self.layout.widths

    def held(self, now: CurrentPage, *, inserted: str | None = None) -> TrustedLayout:
        """What holds of a page. ``inserted``: site path of the hero that a build adds to it: the page that was measured
        may have had it.

        A page's own measurement is believed as long as it is laid out as it was, and every image that was seen still
        stands on it. Beside new images their widths hold, and nothing is said of the LCP any more.
        """
        own = self.layout.pages.get(now.page)
        if own is None:
            return TrustedLayout(self._inheritance.of(now))
        seen = {(image.src, image.nth) for image in own.images}
        if own.template != now.template:
            drift = "it is laid out differently now"
        elif gone := sorted(name for name, _ in seen.difference(now.names) if name != inserted):
            drift = f"{gone[0]} stood on it then"
        elif not seen.issuperset(now.names):
            return TrustedLayout(PageLayout(page=now.page, template=now.template, images=own.images, cls=own.cls))
        else:
            return TrustedLayout(own)
        return TrustedLayout(self._inheritance.of(now), drift)

    @cached_property
    def _inheritance(self) -> TemplateInheritance:
        return TemplateInheritance(self.layout)


def image_names(sources: Iterable[str]) -> list[Name]:
    """The images of a page as measurements name them. ``sources``: site path of each one's file, else its URL."""
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
    """A page's layout with what was seen of it; all else as ``slots``."""
    hurried = lead(page)
    span = next((span for span, name in names.items() if hurried is not None and name == hurried.name), None)
    seen = slots(page, widths, names, inserted=inserted)
    return replace(base, slots=seen, lead=span, lead_known=hurried is not None)


def slots(
    page: PageLayout, widths: tuple[int, ...], names: Mapping[Span, Name], *, inserted: str | None = None
) -> dict[Span | None, MeasuredSlot]:
    """How wide the images of a page are shown, by their tags; by ``None`` that of the hero that is ``inserted``.

    ``widths``: CSS px of the viewports, as ``SiteLayout.widths``. Images that nobody saw are left out.
    """
    seen = {
        (image.src, image.nth): MeasuredSlot(
            width=math.ceil(max(image.widths)), sizes=sizes_for(widths, image.widths), in_view=in_view(image)
        )
        for image in page.images
        if any(image.widths) and len(image.widths) == len(widths)
    }
    found: dict[Span | None, MeasuredSlot] = {span: seen[name] for span, name in names.items() if name in seen}
    if inserted is not None and (inserted, 0) in seen and (inserted, 0) not in names.values():
        found[None] = seen[inserted, 0]
    return found


def in_view(image: ShownImage) -> bool | None:
    """Whether an image begins in the first screen of any viewport; ``None`` where nobody saw it."""
    if not image.tops:
        return None
    return any(top < _FOLDS[name] for name, top in image.tops.items() if name in _FOLDS)


def lead(page: PageLayout) -> LeadImage | None:
    """The image to hurry: the LCP on phones, else the one on desktops that phones show in their first screen too.

    ``None``: nobody knows, or neither has any LCP.
    """
    seen = [page.lcp[viewport.name] for viewport in GATING if viewport.name in page.lcp]
    if len(seen) < len(GATING) or all(each.kind == "none" for each in seen):
        return None
    for viewport, lcp in zip(GATING, seen, strict=True):
        if lcp.kind == "image" and lcp.src is not None:
            name = (lcp.src, lcp.nth)
            if viewport is GATING[0] or _in_view(page, name):
                return LeadImage(name)
    return LeadImage(None)


def _in_view(page: PageLayout, name: Name) -> bool:
    """Whether a phone shows an image in its first screen, as far as it was seen."""
    phone = GATING[0]
    image = next((image for image in page.images if (image.src, image.nth) == name), None)
    return image is None or image.tops.get(phone.name, math.inf) < phone.height
