"""Layout of unmeasured pages, inherited from the measured pages of the same template."""

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
"""Key of an image in measurements: site path of its file (else its URL as written), and index among equal ones."""

_MIN_PAGES = 3  # measured pages of a template that must agree before their LCP is inherited
_FAR = 4_500  # characters of text that fill the first screen of every viewport
_TOLERANCE = 2.0  # CSS px
_VIEWPORTS = tuple(viewport.name for viewport in (*GATING, *REPORTED))


class CurrentPage(NamedTuple):
    """A page in its current state. ``page``: its file. ``refs``, ``names``: its images. ``asset_of``: returns the file
    of an image. ``boxes``: returns the containers of the images, computed on demand.
    """

    page: str
    template: str
    refs: Sequence[ImageRef]
    names: Sequence[Name]
    asset_of: Callable[[ImageRef], Asset | None]
    boxes: Callable[[], Mapping[Span, str]]


class TemplateInheritance:
    """Answers what pages inherit from the templates of a site's layout."""

    def __init__(self, layout: SiteLayout) -> None:
        self._layout = layout

    def of(self, now: CurrentPage) -> PageLayout | None:
        """Return the layout that a page inherits from its template; None if no page of it was measured.

        An image that all measured pages show at the same width has that width. Any other image of the article is as
        wide as the column minus the space of its containers, limited by its file and its author. The LCP is inherited
        only if all measured pages agree.
        """
        template = self._layout.templates.get(now.template)
        if template is None or len(template.column) != len(self._layout.widths):
            return None
        boxes = now.boxes()
        images = tuple(
            image
            for ref, (src, nth) in zip(now.refs, now.names, strict=True)
            if (image := self._predict_image(template, ref, (src, nth), now.asset_of(ref), boxes.get(ref.span, "")))
            is not None
        )
        lcp = self._predict_lcp(now)
        return PageLayout(page=now.page, template=now.template, lcp=lcp, images=images, inherited=True)

    def _predict_image(
        self, template: Template, ref: ImageRef, name: Name, asset: Asset | None, box: str
    ) -> ShownImage | None:
        src, nth = name
        # The second occurrence of a logo has its own place; in articles, the index of an image differs between pages.
        twin = self._twins.get((template.id, src, nth if ref.region is PageRegion.CHROME else None, box))
        if twin is not None:
            return ShownImage(
                src=src, nth=nth, widths=twin.widths, tops=twin.tops if ref.region is PageRegion.CHROME else {}
            )
        if ref.region is not PageRegion.ARTICLE or asset is None or not asset.natural or not any(template.column):
            return None
        space = self._space_taken.get((template.id, box)) if box else 0.0
        if space is None or CELL in box:
            return None
        written = written_width(ref, asset)
        limit = min(asset.css_width, written.px or asset.css_width)
        widths = tuple(min(limit, max(0.0, column - space) * (written.part or 1)) for column in template.column)
        return ShownImage(src=src, nth=nth, widths=widths, box=box)

    def _predict_lcp(self, now: CurrentPage) -> Mapping[str, Lcp]:
        is_far_down = all(ref.region is not PageRegion.ARTICLE or ref.text_before >= _FAR for ref in now.refs)
        # A page may have its own cover, which no measured page of its template has.
        has_unknown_image = any(
            ref.region is PageRegion.CHROME and (now.template, src) not in self._sources
            for ref, (src, _) in zip(now.refs, now.names, strict=True)
        )
        found: dict[str, Lcp] = {}
        for viewport in _VIEWPORTS:
            lcps = self._lcps.get((now.template, viewport))
            if lcps is None or lcps.pages < _MIN_PAGES:
                continue
            if lcps.kinds == {"image"} and len(lcps.images) == 1:
                for src, nth in lcps.images.intersection(now.names):
                    found[viewport] = Lcp(kind="image", src=src, nth=nth)
            # If no image of the article is in view, the LCP is text, unless it may be an image of the theme.
            elif (
                is_far_down
                and not has_unknown_image
                and "text" in lcps.kinds
                and lcps.kinds <= {"text", "image"}
                and lcps.images.isdisjoint(now.names)
            ):
                found[viewport] = Lcp(kind="text")
        return found

    @cached_property
    def _lcps(self) -> Mapping[tuple[str, str], _MeasuredLcps]:
        """The LCPs of measured pages, by template and viewport."""
        found: dict[tuple[str, str], list[Lcp]] = {}
        for page in self._layout.pages.values():
            for viewport, lcp in page.lcp.items():
                found.setdefault((page.template, viewport), []).append(lcp)
        return {
            key: _MeasuredLcps(
                pages=len(lcps),
                kinds=frozenset(lcp.kind for lcp in lcps),
                images=frozenset((lcp.src, lcp.nth) for lcp in lcps if lcp.kind == "image" and lcp.src is not None),
            )
            for key, lcps in found.items()
        }

    @cached_property
    def _sources(self) -> frozenset[tuple[str, str]]:
        """The images of measured pages, shown or not, as pairs of template and ``src``."""
        return frozenset((page.template, image.src) for page in self._layout.pages.values() for image in page.images)

    @cached_property
    def _space_taken(self) -> Mapping[tuple[str, str], float]:
        return space_taken(self._layout)

    @cached_property
    def _twins(self) -> Mapping[tuple[str, str, int | None, str], ShownImage]:
        """Images with equal widths on all measured pages of a template, by template, ``src``, index (None: any) and
        box.

        Their ``tops`` are the smallest of all: a lazy image in view costs more than an eager one below.
        """
        found: dict[tuple[str, str, int | None, str], list[ShownImage]] = {}
        for _, page in sorted(self._layout.pages.items()):
            for image in page.images:
                for nth in (image.nth, None) if any(image.widths) else ():
                    found.setdefault((page.template, image.src, nth, image.box), []).append(image)
        return {
            key: ShownImage(
                src=key[1],
                widths=images[0].widths,
                tops={
                    name: min(image.tops[name] for image in images)
                    for name in images[0].tops
                    if all(name in image.tops for image in images)
                },
            )
            for key, images in found.items()
            if all(_are_equal(images[0].widths, image.widths) for image in images)
        }


class _MeasuredLcps(NamedTuple):
    """The LCPs of the measured pages of a template at one viewport."""

    pages: int
    kinds: frozenset[LcpKind]
    images: frozenset[Name]


def _are_equal(first: Sequence[float], second: Sequence[float]) -> bool:
    return len(first) == len(second) and all(abs(a - b) <= _TOLERANCE for a, b in zip(first, second, strict=True))
