"""A page, its images and its hero in; what should exist for it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from imageseo.config.settings import QualitySettings
from imageseo.images.encoding.recompression import fallbacks
from imageseo.layout import hero_detection as heroes
from imageseo.layout import image_widths
from imageseo.model.hero import Hero
from imageseo.model.image import Asset, ImageRef, OptOut, PageRegion, PageScan, Span, VariantSpec
from imageseo.model.plan import HeroInsert, ImagePlan, PagePlan
from imageseo.model.site import Page
from imageseo.web import urls
from imageseo.web.ai_labels import label

AssetOf = Callable[[ImageRef], Asset | None]

# Where no hero is known, so many article images are loaded at once: one of them is likely the LCP image.
_EAGER = 2
# Variants of something this small would only add requests and markup.
_MIN_SIDE = 32
ANIMATED = ("gif", "webp")
"""Formats of animations that are understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantOptions:
    """What every image of a site is offered in. ``widths``: the ladder, px; ``formats``: preferred first.

    ``animated``: animations too, at their own size. ``recompress``: formats of files that are themselves written
    anew, at their own URL.
    """

    widths: Sequence[int]
    formats: Sequence[str]
    quality: QualitySettings
    animated: bool = False
    recompress: tuple[str, ...] = ()


def plan_page(
    page: Page,
    scan: PageScan,
    *,
    asset_of: AssetOf,
    hero: Hero | None,
    hero_asset: Asset | None,
    guess: bool,
    layout: image_widths.ColumnLayout,
    offer: VariantOptions,
    insert: Literal["after-h1", "before-h1", "none"],
    labelled: bool = True,
) -> PagePlan:
    """What should become of the page.

    ``asset_of``: the file behind an ``<img>``, ``None`` when it is elsewhere or cannot be used. ``hero``,
    ``hero_asset``: what the author asked for, resolved; ``guess``: whether an article image may stand in without one.
    ``labelled``: whether a hero that a model made is to say so, where it is inserted.
    """
    ref = find_hero(scan, asset_of=asset_of, hero=hero, guess=guess, layout=layout)
    inserted = None
    if hero is not None and hero_asset is not None and ref is None and insert != "none":
        inserted = _insert(page, scan, hero, hero_asset, layout, offer, insert, labelled=labelled)
    eager = {ref.span} if ref else set()
    # A hero that we are told to leave alone may not be in view: others are hurried as if none were known.
    known = ref is not None and ref.opt_out is not OptOut.IGNORED
    if not known and inserted is None and scan.hero_slot is None:
        eager |= {each.span for each in islice(_large(scan, asset_of, layout), _EAGER)}
    if not layout.lead_known:
        eager |= {each.span for each in islice(heroes.theme_covers(scan, asset_of, layout), 1)}
    eager = {span for span in eager if span == (ref and ref.span) or not _below(layout, span)} | _in_view(layout)
    urged = heroes.prioritized_image(scan)
    if urged is not None:
        eager.add(urged.span)
    images = []
    for each in scan.refs:
        asset = asset_of(each)
        is_hero = ref is not None and each.span == ref.span
        # A picture that stays as it is may still be what the author named as the hero: then it says so, and no more.
        named = is_hero and hero is not None and each.opt_out is not OptOut.IGNORED
        if asset is None or not (named or _treated(each, asset)):
            continue
        high = is_hero and urged is None and _first(each, scan, layout)
        said = hero.alt if hero is not None and is_hero else None
        planned = _image(each, asset, layout, offer, hero=is_hero, eager=each.span in eager, high=high, alt=said)
        if planned.hero or planned.attributes or planned.specs:
            images.append(planned)
    anew = fallbacks(scan, asset_of=asset_of, hero=ref, insert=inserted, recompress=offer.recompress)
    return PagePlan(scan=scan, images=tuple(images), insert=inserted, fallbacks=tuple(anew))


def find_hero(
    scan: PageScan, *, asset_of: AssetOf, hero: Hero | None, guess: bool, layout: image_widths.ColumnLayout
) -> ImageRef | None:
    """The ``<img>`` that is the page's hero, if it stands on the page already."""
    if hero is not None:
        return heroes.find_shown(scan, hero.path, asset_of)
    return heroes.guess(scan, asset_of, layout) if guess else None


def specs(
    ref: ImageRef | None, asset: Asset, layout: image_widths.ColumnLayout, offer: VariantOptions
) -> tuple[VariantSpec, ...]:
    """Variants to have of an image: by format as preferred, then by width; none of what cannot or need not have any."""
    if min(asset.width, asset.height) <= _MIN_SIDE:
        return ()
    if asset.frames > 1 and offer.animated and asset.format in ANIMATED:
        widths: Sequence[int] = (asset.width,)
    elif not asset.encodable:
        return ()
    else:
        widths = image_widths.widths(asset, image_widths.shown_width(ref, asset, layout), offer.widths)
    boxes = [(width, max(1, round(width * asset.height / asset.width))) for width in widths]
    return tuple(
        [
            VariantSpec(source=asset.sha256, format=format_, width=width, height=height, quality=quality)
            for format_ in offer.formats
            for quality in (getattr(offer.quality, format_),)
            for width, height in boxes
        ]
    )


def missing_dimensions(ref: ImageRef, asset: Asset) -> Iterator[tuple[str, str]]:
    """``width`` and ``height`` that the tag lacks and that are true of it; none where the author says otherwise.

    One of them in whole px gets the other in proportion. A height in the tag's ``style`` (or a percentage, or ``auto``)
    is a layout of the author's: a width of ours beside it would distort the image.
    """
    width, height = ref.get("width"), ref.get("height")
    style = ref.get("style")
    if not asset.natural or (style and "height" in image_widths.declarations(style)):
        return
    if width is None and height is None:
        yield "width", str(asset.width)
        yield "height", str(asset.height)
    elif height is None and (given := _whole_px(width)) is not None:
        yield "height", str(max(1, round(given * asset.height / asset.width)))
    # A height alone gets no width: under `height: auto`, which most themes say, the image has its natural width today.


def _whole_px(text: str | None) -> int | None:
    given = image_widths.dimension(text)
    return int(given.px) if given is not None and given.px is not None and given.px.is_integer() else None


def _treated(ref: ImageRef, asset: Asset) -> bool:
    """Author's pictures and srcsets, opted-out and vector images stay as they are. Not all others have variants."""
    return ref.opt_out is None and asset.raster


def _image(
    ref: ImageRef,
    asset: Asset,
    layout: image_widths.ColumnLayout,
    offer: VariantOptions,
    *,
    hero: bool,
    eager: bool,
    high: bool,
    alt: str | None,
) -> ImagePlan:
    treated = _treated(ref, asset)
    if ref.region is PageRegion.CHROME:
        layout = image_widths.ColumnLayout(slots=layout.slots)  # a column says nothing of what stands outside of it
    content = ref.region is PageRegion.ARTICLE or hero
    wanted = specs(ref, asset, layout, offer) if ref.opt_out is None and content else ()
    lazy = (ref.get("loading") or "").strip().lower() == "lazy"
    attributes = list(missing_dimensions(ref, asset)) if treated else []
    if alt is not None and ref.get("alt") is None:
        attributes.insert(0, ("alt", alt))
    if treated and ref.get("loading") is None and not eager:
        attributes.append(("loading", "lazy"))
        lazy = True
    if high and not lazy and ref.get("fetchpriority") is None:
        attributes.append(("fetchpriority", "high"))
    if treated and content and ref.get("decoding") is None:
        attributes.append(("decoding", "async"))
    return ImagePlan(
        ref=ref,
        asset=asset,
        specs=wanted,
        sizes=image_widths.sizes(ref, asset, layout),
        attributes=tuple(attributes),
        known_width=layout.sizes is not None or layout.content_width is not None or layout.slot(ref) is not None,
        auto_sizes=bool(wanted)
        and asset.encodable
        and treated
        and lazy
        and ref.get("style") is None
        and ref.get("sizes") is None,
        hero=hero,
    )


def _insert(
    page: Page,
    scan: PageScan,
    hero: Hero,
    asset: Asset,
    layout: image_widths.ColumnLayout,
    offer: VariantOptions,
    where: Literal["after-h1", "before-h1"],
    *,
    labelled: bool,
) -> HeroInsert | None:
    """Beside the headline, or where the article's text begins when that is not where the headline stands.

    Nowhere when the theme has a place of its own for it.
    """
    if scan.hero_slot is not None:
        return None
    if scan.h1 is not None and where == "before-h1":
        at = scan.h1.start
    elif scan.opening is not None:  # below a headline in a banner a picture would be as wide as that
        at = scan.opening
    elif scan.h1 is not None:
        at = scan.h1.end
    else:
        return None
    return HeroInsert(
        at=at,
        hero=hero,
        asset=asset,
        src=urls.relative(page.path, hero.path),
        specs=specs(None, asset, layout, offer),
        sizes=image_widths.sizes(None, asset, layout),
        urgent=heroes.prioritized_image(scan) is None,
        label=label(hero.rights.digital_source_type, hero.depicts, scan.language) if labelled else None,
    )


def _first(ref: ImageRef, scan: PageScan, layout: image_widths.ColumnLayout) -> bool:
    """Whether a hero is in the first screen, where it is worth hurrying."""
    slot = layout.slot(ref)
    if ref.span in (scan.hero_slot, layout.lead) or slot is None or slot.in_view is None:
        return ref.span in (scan.hero_slot, layout.lead) or heroes.near_top(ref)
    return slot.in_view


def _in_view(layout: image_widths.ColumnLayout) -> set[Span]:
    """What a browser saw in the first screen."""
    return {span for span, slot in layout.slots.items() if span is not None and slot.in_view}


def _below(layout: image_widths.ColumnLayout, span: Span) -> bool:
    """Whether a browser saw an image below every first screen."""
    slot = layout.slots.get(span)
    return slot is not None and slot.in_view is False


def _large(scan: PageScan, asset_of: AssetOf, layout: image_widths.ColumnLayout) -> Iterator[ImageRef]:
    """Article images that may be the LCP image, in page order."""
    return (
        ref for ref in scan.refs if ref.region is PageRegion.ARTICLE and not heroes.is_small(ref, asset_of(ref), layout)
    )
