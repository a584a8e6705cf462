"""Read what one page shows and downloads from its facts, as published or as predicted."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from imageseo.images.encoding.recompression import MIN_SIDE
from imageseo.lint.facts.page import PageFacts
from imageseo.model.facts import ImageFact
from imageseo.model.finding import Viewport
from imageseo.model.image import Asset, ImageRef, OptOut, PageRegion, Span
from imageseo.model.plan import MarkupForm
from imageseo.pipeline.pictures.page_record import (
    SCREENS,
    HeroOrigin,
    PagePicture,
    PagePictures,
    PickedFile,
    SpentBudget,
)
from imageseo.web import filenames
from imageseo.web.html.edits import MARKER
from imageseo.web.html.other_tools import tool_of
from imageseo.web.srcset import candidates

_KEPT = {
    OptOut.IGNORED: "left out by `data-imageseo` or the settings",
    OptOut.PICTURE: "your own `<picture>` is kept",
    OptOut.SRCSET: "your own `srcset` is kept",
}


class VariantFile(NamedTuple):
    """A published variant: bytes, format, width in px, and quality and score as far as they are known."""

    bytes: int
    format: str
    width: int
    quality: int | None = None
    score: float | None = None


def page_pictures(
    facts: PageFacts,
    *,
    reasons: Mapping[Span, str] | None = None,
    variant_of: Callable[[str], VariantFile | None] = lambda path: None,
    recompressed: Mapping[str, int] | None = None,
    size_of: Callable[[str], int | None] | None = None,
    hero: HeroOrigin | None = None,
) -> PagePictures:
    """Return the record of a page from its facts, as published or as predicted.

    ``reasons``: why an image gets less than the fullest markup, by the span of its tag. ``variant_of``: the variant at
    a site path, if it is one of the page. ``recompressed``: site path -> bytes of a file that replaces its source.
    ``size_of``: bytes of another file. ``hero``: what a build knows of the page's hero.
    """
    reader = _Reader(facts, reasons or {}, variant_of, recompressed or {}, size_of or facts.files.size)
    pictures = list(reader.pictures())
    lcp = facts.hero.asset.path if facts.hero is not None and facts.hero.asset is not None else None
    budgets = [
        SpentBudget(
            metric=use.budget.metric,
            viewport=use.budget.viewport.name,
            paths=use.budget.pages,
            warn=use.budget.warn,
            error=use.budget.error,
            value=use.value,
            image=use.image,
        )
        for use in facts.page_weight.spent
        if use.budget.warn or use.budget.error
    ]
    return PagePictures(
        title=facts.page.hints.title or facts.scan.title, lcp=lcp, pictures=pictures, budgets=budgets, hero=hero
    )


class _Reader:
    def __init__(
        self,
        facts: PageFacts,
        reasons: Mapping[Span, str],
        variant_of: Callable[[str], VariantFile | None],
        recompressed: Mapping[str, int],
        size_of: Callable[[str], int | None],
    ) -> None:
        self._facts = facts
        self._reasons = reasons
        self._variant_of = variant_of
        self._recompressed = recompressed
        self._size_of = size_of

    def pictures(self) -> Iterator[PagePicture]:
        for image in self._facts.images:
            asset = image.asset
            if asset is None:
                continue
            phone, desktop = (self._pick(image.ref, asset, screen) for screen in SCREENS.values())
            if phone is None or desktop is None:
                continue
            form = _form(image.ref)
            yield PagePicture(
                path=asset.path,
                sha256=asset.sha256,
                format=asset.format,
                width=asset.width,
                height=asset.height,
                bytes=asset.bytes,
                alt=image.ref.get("alt"),
                form=form.value,
                reason="" if form is MarkupForm.PICTURE else self._reason(image, asset),
                hero=image.ref.is_marked_hero,
                thumbnail=self._thumbnail(image.ref, asset),
                phone=phone,
                desktop=desktop,
            )

    def _pick(self, ref: ImageRef, asset: Asset, screen: Viewport) -> PickedFile | None:
        """Return what a viewport downloads; None for a file that is not of the site.

        Of a candidate that a CDN makes of a file of the site, the bytes are not known: it counts as that file.
        """
        path = self._facts.target(candidates.chosen_url_of(ref, screen)).path
        if path is None:
            return PickedFile(asset.bytes, asset.bytes, asset.path, asset.format) if ref.is_processed else None
        known: tuple[str, int | None, int | None, float | None]
        variant = self._variant_of(path)
        if variant is not None:
            size, known = variant.bytes, (variant.format, variant.width, variant.quality, variant.score)
        elif path == asset.path:
            size, known = self._recompressed.get(path, asset.bytes), (asset.format, asset.width, None, None)
        else:
            other = self._size_of(path)
            if other is None:
                return None
            size, known = other, (_suffix(path), filenames.variant_width(path), None, None)
        return PickedFile(asset.bytes if ref.is_processed or path == asset.path else size, size, path, *known)

    def _thumbnail(self, ref: ImageRef, asset: Asset) -> str:
        """Return the narrowest file that shows the image."""
        found = [
            (candidate.width, source.type != "image/webp", candidate.url)
            for source in ref.sources
            for candidate in candidates.parse_srcset(source.srcset)
            if candidate.width is not None
        ]
        found += [
            (each.width, False, each.url) for each in candidates.parse_srcset(ref.get("srcset") or "") if each.width
        ]
        path = self._facts.target(min(found)[2]).path if found else None
        return path or asset.path

    def _reason(self, image: ImageFact, asset: Asset) -> str:
        ref = image.ref
        if ref.opt_out is not None:
            tool = tool_of(ref)
            return f"the candidates by {tool} are kept" if tool is not None else _KEPT[ref.opt_out]
        if ref.region is not PageRegion.ARTICLE and not ref.is_marked_hero:
            return "it is not part of the article"
        if (known := self._reasons.get(ref.span)) is not None:
            return known
        if not asset.raster:
            return "a vector image"
        if asset.frames > 1:
            return "an animation"
        if not asset.encodable:
            return f"an HDR image ({asset.hdr})" if asset.hdr else "its pixels are not square"
        if min(asset.width, asset.height) <= MIN_SIDE:
            return f"at most {MIN_SIDE} px on one side"
        return "no variant is smaller than the file"


def _form(ref: ImageRef) -> MarkupForm:
    """Return what imageseo has done to an image, from its markup as published."""
    if ref.is_processed:
        return MarkupForm.PICTURE if ref.sources else MarkupForm.IMG
    return MarkupForm.ATTRIBUTES if ref.get(MARKER) else MarkupForm.NONE


def _suffix(path: str) -> str:
    return posixpath.splitext(path)[1].lstrip(".").lower()
