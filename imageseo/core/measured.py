"""What a browser saw of a site, asked page by page: a page's own measurement, or what its template leads to expect."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from imageseo.core.ladder import Layout, written_width
from imageseo.core.skeleton import template
from imageseo.core.slots import WIDTHS, Slot, sizes_for
from imageseo.model.finding import GATING, REPORTED
from imageseo.model.image import Asset, ImageRef, Span, Zone
from imageseo.model.layout import Lcp, LcpKind, PageLayout, ShownImage, SiteLayout, Template

__all__ = [
    "WIDTHS",
    "Held",
    "Lead",
    "Name",
    "Survey",
    "in_view",
    "laid_out",
    "lead",
    "numbered",
    "sizes_for",
    "slots",
    "template",
]

Name = tuple[str, int]
"""An image as measurements name it: site path of its file (else its URL as written), and which of that ``src``."""
AssetOf = Callable[[ImageRef], Asset | None]

_ENOUGH = 3  # pages of a template that must agree before another one is told by them
_FAR = 4_500  # characters: text that fills the first screen of every viewport
_ALIKE = 2.0  # CSS px
_FOLDS = {viewport.name: viewport.height for viewport in (*GATING, *REPORTED)}


class Held(NamedTuple):
    """What is believed of a page. ``drift``: why its own measurement is not, in words that end a sentence."""

    layout: PageLayout | None
    drift: str | None = None


class Lead(NamedTuple):
    """The image that visitors wait for, as seen; ``name`` is ``None`` where that is text, a video or a background."""

    name: Name | None


@dataclass(frozen=True)
class Survey:
    """A site's layout, ready to be asked. ``widths``: CSS px of the viewports that images were measured at."""

    layout: SiteLayout

    @property
    def widths(self) -> tuple[int, ...]:
        return self.layout.widths

    def held(
        self,
        page: str,
        template: str,
        refs: Sequence[ImageRef],
        names: Sequence[Name],
        asset_of: AssetOf,
        *,
        inserted: str | None = None,
    ) -> Held:
        """What holds of a page. ``page``: its file. ``refs``, ``names``: its images. ``inserted``: site path of the
        hero that a build adds to it: the page that was measured may have had it.

        A page's own measurement is believed as long as it is laid out as it was, and every image that was seen still
        stands on it. Beside new images their widths hold, and nothing is said of the LCP any more.
        """
        own = self.layout.pages.get(page)
        if own is None:
            return Held(self.inherit(page, template, refs, names, asset_of))
        seen = {(image.src, image.nth) for image in own.images}
        if own.template != template:
            drift = "it is laid out differently now"
        elif gone := sorted(name for name, _ in seen.difference(names) if name != inserted):
            drift = f"{gone[0]} stood on it then"
        elif not seen.issuperset(names):
            return Held(PageLayout(page=page, template=template, images=own.images, cls=own.cls))
        else:
            return Held(own)
        return Held(self.inherit(page, template, refs, names, asset_of), drift)

    def inherit(
        self, page: str, template: str, refs: Sequence[ImageRef], names: Sequence[Name], asset_of: AssetOf
    ) -> PageLayout | None:
        """What the measured pages of a template say of another one; ``None`` where none was measured.

        An image that they show too, all at one width, has that width. Another one of the article is as wide as the
        column, less where its file or its author says less. The LCP is told only where all of them agree on it.
        """
        known = self.layout.templates.get(template)
        if known is None or len(known.column) != len(self.widths):
            return None
        images = tuple(
            image
            for ref, (src, nth) in zip(refs, names, strict=True)
            if (image := self._expected(template, known, ref, src, nth, asset_of(ref))) is not None
        )
        lcp = self._lcp(template, refs, names)
        return PageLayout(page=page, template=template, lcp=lcp, images=images, inherited=True)

    def _expected(
        self, template: str, known: Template, ref: ImageRef, src: str, nth: int, asset: Asset | None
    ) -> ShownImage | None:
        # A logo's second one has a place of its own; what stands in the article stands elsewhere on each page.
        twin = self._twins.get((template, src, nth if ref.zone is Zone.CHROME else None))
        if twin is not None:
            return ShownImage(src=src, nth=nth, widths=twin.widths, tops=twin.tops if ref.zone is Zone.CHROME else {})
        if ref.zone is not Zone.ARTICLE or asset is None or not asset.natural or not any(known.column):
            return None
        written = written_width(ref, asset)
        limit = min(asset.width, written.px or asset.width)
        widths = tuple(min(limit, column * (written.part or 1)) for column in known.column)
        return ShownImage(src=src, nth=nth, widths=widths)

    def _lcp(self, template: str, refs: Sequence[ImageRef], names: Sequence[Name]) -> Mapping[str, Lcp]:
        far = all(ref.zone is not Zone.ARTICLE or ref.text_before >= _FAR for ref in refs)
        found: dict[str, Lcp] = {}
        for viewport in _FOLDS:
            seen = self._lcps.get((template, viewport))
            if seen is None or seen.pages < _ENOUGH:
                continue
            if seen.kinds == {"image"} and len(seen.images) == 1:
                for src, nth in seen.images.intersection(names):
                    found[viewport] = Lcp(kind="image", src=src, nth=nth)
            # Where no image of the article is in view, text is; unless a picture of the theme's may be.
            elif far and "text" in seen.kinds and seen.kinds <= {"text", "image"} and seen.images.isdisjoint(names):
                found[viewport] = Lcp(kind="text")
        return found

    @cached_property
    def _lcps(self) -> Mapping[tuple[str, str], _Lcps]:
        """By template and viewport."""
        found: dict[tuple[str, str], list[Lcp]] = {}
        for page in self.layout.pages.values():
            for viewport, lcp in page.lcp.items():
                found.setdefault((page.template, viewport), []).append(lcp)
        return {
            key: _Lcps(
                pages=len(lcps),
                kinds=frozenset(lcp.kind for lcp in lcps),
                images=frozenset((lcp.src, lcp.nth) for lcp in lcps if lcp.kind == "image" and lcp.src is not None),
            )
            for key, lcps in found.items()
        }

    @cached_property
    def _twins(self) -> Mapping[tuple[str, str, int | None], ShownImage]:
        """Images that all pages of a template show at one width, by it, their ``src`` and turn; ``None``: of any turn.

        Their place is the highest of all: a lazy image in view costs more than an eager one below.
        """
        found: dict[tuple[str, str, int | None], list[ShownImage]] = {}
        for _, page in sorted(self.layout.pages.items()):
            for image in page.images:
                for turn in (image.nth, None) if any(image.widths) else ():
                    found.setdefault((page.template, image.src, turn), []).append(image)
        return {
            key: ShownImage(
                src=key[1],
                widths=images[0].widths,
                tops={
                    name: min(each.tops[name] for each in images)
                    for name in images[0].tops
                    if all(name in each.tops for each in images)
                },
            )
            for key, images in found.items()
            if all(_alike(images[0].widths, each.widths) for each in images)
        }


class _Lcps(NamedTuple):
    """What was the LCP on the measured pages of a template."""

    pages: int
    kinds: frozenset[LcpKind]
    images: frozenset[Name]


def numbered(sources: Iterable[str]) -> list[Name]:
    """The images of a page as measurements name them. ``sources``: site path of each one's file, else its URL."""
    counts: dict[str, int] = {}
    names = []
    for src in sources:
        counts[src] = counts.get(src, -1) + 1
        names.append((src, counts[src]))
    return names


def laid_out(
    base: Layout, page: PageLayout, widths: tuple[int, ...], names: Mapping[Span, Name], *, inserted: str | None = None
) -> Layout:
    """A page's layout with what was seen of it; all else as ``slots``."""
    hurried = lead(page)
    span = next((span for span, name in names.items() if hurried is not None and name == hurried.name), None)
    seen = slots(page, widths, names, inserted=inserted)
    return replace(base, slots=seen, lead=span, lead_known=hurried is not None)


def slots(
    page: PageLayout, widths: tuple[int, ...], names: Mapping[Span, Name], *, inserted: str | None = None
) -> dict[Span | None, Slot]:
    """How wide the images of a page are shown, by their tags; by ``None`` that of the hero that is ``inserted``.

    ``widths``: CSS px of the viewports, as ``SiteLayout.widths``. Images that nobody saw are left out.
    """
    seen = {
        (image.src, image.nth): Slot(
            width=math.ceil(max(image.widths)), sizes=sizes_for(widths, image.widths), in_view=in_view(image)
        )
        for image in page.images
        if any(image.widths) and len(image.widths) == len(widths)
    }
    found: dict[Span | None, Slot] = {span: seen[name] for span, name in names.items() if name in seen}
    if inserted is not None and (inserted, 0) in seen and (inserted, 0) not in names.values():
        found[None] = seen[inserted, 0]
    return found


def in_view(image: ShownImage) -> bool | None:
    """Whether an image begins in the first screen of any viewport; ``None`` where nobody saw it."""
    if not image.tops:
        return None
    return any(top < _FOLDS[name] for name, top in image.tops.items() if name in _FOLDS)


def lead(page: PageLayout) -> Lead | None:
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
                return Lead(name)
    return Lead(None)


def _in_view(page: PageLayout, name: Name) -> bool:
    """Whether a phone shows an image in its first screen, as far as it was seen."""
    phone = GATING[0]
    image = next((image for image in page.images if (image.src, image.nth) == name), None)
    return image is None or image.tops.get(phone.name, math.inf) < phone.height


def _alike(one: Sequence[float], other: Sequence[float]) -> bool:
    return len(one) == len(other) and all(abs(a - b) <= _ALIKE for a, b in zip(one, other, strict=True))
