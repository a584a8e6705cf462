"""What a page that nobody opened is told by the measured ones of its template."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from imageseo.layout.containers import CELL, space_taken
from imageseo.layout.image_widths import written_width
from imageseo.model.finding import GATING, REPORTED
from imageseo.model.image import Asset, ImageRef, PageRegion, Span
from imageseo.model.layout import Lcp, LcpKind, PageLayout, ShownImage, SiteLayout, Template

Name = tuple[str, int]
"""An image as measurements name it: site path of its file (else its URL as written), and which of that ``src``."""

_ENOUGH = 3  # pages of a template that must agree before another one is told by them
_FAR = 4_500  # characters: text that fills the first screen of every viewport
_ALIKE = 2.0  # CSS px
_VIEWPORTS = tuple(viewport.name for viewport in (*GATING, *REPORTED))


class CurrentPage(NamedTuple):
    """A page as it stands now. ``page``: its file. ``refs``, ``names``: its images. ``asset_of``: the file behind one.
    ``boxes``: tells what they stand in, where somebody asks.
    """

    page: str
    template: str
    refs: Sequence[ImageRef]
    names: Sequence[Name]
    asset_of: Callable[[ImageRef], Asset | None]
    boxes: Callable[[], Mapping[Span, str]]


class TemplateInheritance:
    """The templates of a site's layout, ready to be asked."""

    def __init__(self, layout: SiteLayout) -> None:
        self._layout = layout

    def of(self, now: CurrentPage) -> PageLayout | None:
        """What the measured pages of a template say of another one; ``None`` where none was measured.

        An image that they show too, all at one width, has that width. Another one of the article is as wide as the
        column, less what the boxes around it take, and where its file or its author says less. The LCP is told only
        where all of them agree on it.
        """
        known = self._layout.templates.get(now.template)
        if known is None or len(known.column) != len(self._layout.widths):
            return None
        within = now.boxes()
        images = tuple(
            image
            for ref, (src, nth) in zip(now.refs, now.names, strict=True)
            if (image := self._expected(known, ref, (src, nth), now.asset_of(ref), within.get(ref.span, "")))
            is not None
        )
        lcp = self._lcp(now)
        return PageLayout(page=now.page, template=now.template, lcp=lcp, images=images, inherited=True)

    def _expected(self, known: Template, ref: ImageRef, name: Name, asset: Asset | None, box: str) -> ShownImage | None:
        src, nth = name
        # A logo's second one has a place of its own; what stands in the article stands elsewhere on each page.
        twin = self._twins.get((known.id, src, nth if ref.region is PageRegion.CHROME else None, box))
        if twin is not None:
            return ShownImage(
                src=src, nth=nth, widths=twin.widths, tops=twin.tops if ref.region is PageRegion.CHROME else {}
            )
        if ref.region is not PageRegion.ARTICLE or asset is None or not asset.natural or not any(known.column):
            return None
        less = self._taken.get((known.id, box)) if box else 0.0
        if less is None or CELL in box:
            return None
        written = written_width(ref, asset)
        limit = min(asset.width, written.px or asset.width)
        widths = tuple(min(limit, max(0.0, column - less) * (written.part or 1)) for column in known.column)
        return ShownImage(src=src, nth=nth, widths=widths, box=box)

    def _lcp(self, now: CurrentPage) -> Mapping[str, Lcp]:
        far = all(ref.region is not PageRegion.ARTICLE or ref.text_before >= _FAR for ref in now.refs)
        # A page may have a cover of its own, where the others of its template have none.
        strange = any(
            ref.region is PageRegion.CHROME and (now.template, src) not in self._sources
            for ref, (src, _) in zip(now.refs, now.names, strict=True)
        )
        found: dict[str, Lcp] = {}
        for viewport in _VIEWPORTS:
            seen = self._lcps.get((now.template, viewport))
            if seen is None or seen.pages < _ENOUGH:
                continue
            if seen.kinds == {"image"} and len(seen.images) == 1:
                for src, nth in seen.images.intersection(now.names):
                    found[viewport] = Lcp(kind="image", src=src, nth=nth)
            # Where no image of the article is in view, text is; unless a picture of the theme's may be.
            elif (
                far
                and not strange
                and "text" in seen.kinds
                and seen.kinds <= {"text", "image"}
                and seen.images.isdisjoint(now.names)
            ):
                found[viewport] = Lcp(kind="text")
        return found

    @cached_property
    def _lcps(self) -> Mapping[tuple[str, str], _Lcps]:
        """By template and viewport."""
        found: dict[tuple[str, str], list[Lcp]] = {}
        for page in self._layout.pages.values():
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
    def _sources(self) -> frozenset[tuple[str, str]]:
        """Which images the measured pages of which template have, shown or not."""
        return frozenset((page.template, image.src) for page in self._layout.pages.values() for image in page.images)

    @cached_property
    def _taken(self) -> Mapping[tuple[str, str], float]:
        return space_taken(self._layout)

    @cached_property
    def _twins(self) -> Mapping[tuple[str, str, int | None, str], ShownImage]:
        """Images that all pages of a template show at one width, by it, their ``src``, turn (``None``: any)
        and box.

        Their place is the highest of all: a lazy image in view costs more than an eager one below.
        """
        found: dict[tuple[str, str, int | None, str], list[ShownImage]] = {}
        for _, page in sorted(self._layout.pages.items()):
            for image in page.images:
                for turn in (image.nth, None) if any(image.widths) else ():
                    found.setdefault((page.template, image.src, turn, image.box), []).append(image)
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


def _alike(one: Sequence[float], other: Sequence[float]) -> bool:
    return len(one) == len(other) and all(abs(a - b) <= _ALIKE for a, b in zip(one, other, strict=True))
