"""A page, its images and its hero in; what should exist for it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from imageseo.core import hero as heroes
from imageseo.core import ladder, urls
from imageseo.model.hero import Hero
from imageseo.model.image import Asset, ImageRef, Kept, PageScan, VariantSpec, Zone
from imageseo.model.page import Page
from imageseo.model.plan import HeroInsert, ImagePlan, PagePlan
from imageseo.settings import QualitySettings

AssetOf = Callable[[ImageRef], Asset | None]

# Where no hero is known, so many article images are loaded at once: one of them is likely the LCP image.
_EAGER = 2
# Variants of something this small would only add requests and markup.
_MIN_SIDE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What every image of a site is offered in. ``widths``: the ladder, px; ``formats``: preferred first."""

    widths: Sequence[int]
    formats: Sequence[str]
    quality: QualitySettings


def plan_page(
    page: Page,
    scan: PageScan,
    *,
    asset_of: AssetOf,
    hero: Hero | None,
    hero_asset: Asset | None,
    guess: bool,
    layout: ladder.Layout,
    offer: Offer,
    insert: Literal["after-h1", "before-h1", "none"],
) -> PagePlan:
    """What should become of the page.

    ``asset_of``: the file behind an ``<img>``, ``None`` when it is elsewhere or cannot be used. ``hero``,
    ``hero_asset``: what the author asked for, resolved; ``guess``: whether an article image may stand in without one.
    """
    ref = hero_ref(scan, asset_of=asset_of, hero=hero, guess=guess, layout=layout)
    inserted = None
    if hero is not None and hero_asset is not None and ref is None:
        inserted = _insert(page, scan, hero, hero_asset, layout, offer, insert)
    themed = hero is not None and ref is None and inserted is None  # shown by the theme, or nowhere
    known = ref is not None or inserted is not None or themed
    eager = frozenset() if known else frozenset(_first_large(scan, asset_of, layout))
    images = []
    for each in scan.refs:
        asset = asset_of(each)
        is_hero = ref is not None and each.span == ref.span
        # A picture that stays as it is may still be what the author named as the hero: then it says so, and no more.
        named = is_hero and hero is not None and each.kept is not Kept.IGNORED
        if asset is None or not (named or _treated(each, asset)):
            continue
        planned = _image(each, asset, scan, layout, offer, is_hero=is_hero, eager=is_hero or each.span in eager)
        if planned.hero or planned.attributes or planned.specs:
            images.append(planned)
    return PagePlan(scan=scan, images=tuple(images), insert=inserted)


def hero_ref(
    scan: PageScan, *, asset_of: AssetOf, hero: Hero | None, guess: bool, layout: ladder.Layout
) -> ImageRef | None:
    """The ``<img>`` that is the page's hero, if it stands on the page already."""
    if hero is not None:
        return heroes.shown(scan, hero.path, asset_of)
    return heroes.guess(scan, asset_of, layout) if guess else None


def specs(ref: ImageRef | None, asset: Asset, layout: ladder.Layout, offer: Offer) -> tuple[VariantSpec, ...]:
    """Variants to have of an image: by format as preferred, then by width; none of what cannot or need not have any."""
    if not asset.encodable or min(asset.width, asset.height) <= _MIN_SIDE:
        return ()
    widths = ladder.widths(asset, ladder.shown_width(ref, asset, layout), offer.widths)
    return tuple(
        VariantSpec(
            source=asset.sha256,
            format=format_,
            width=width,
            height=max(1, round(width * asset.height / asset.width)),
            quality=getattr(offer.quality, format_),
        )
        for format_ in offer.formats
        for width in widths
    )


def added_dimensions(ref: ImageRef, asset: Asset) -> Iterator[tuple[str, str]]:
    """``width`` and ``height`` that the tag lacks and that are true of it; none where the author says otherwise."""
    width, height = ref.get("width"), ref.get("height")
    if not asset.natural or "height" in ladder.declarations(ref.get("style") or ""):
        return
    if width is None and height is None:
        yield "width", str(asset.width)
        yield "height", str(asset.height)
    elif height is None:
        given = ladder.dimension(width)
        if given is not None and given.px is not None and given.px == int(given.px):
            yield "height", str(max(1, round(given.px * asset.height / asset.width)))
    elif width is None:
        given = ladder.dimension(height)
        if given is not None and given.px is not None and given.px == int(given.px):
            yield "width", str(max(1, round(given.px * asset.width / asset.height)))


def _treated(ref: ImageRef, asset: Asset) -> bool:
    """Author's pictures and srcsets, opted-out, vector and animated images stay as they are."""
    return ref.kept is None and asset.encodable


def _image(
    ref: ImageRef,
    asset: Asset,
    scan: PageScan,
    layout: ladder.Layout,
    offer: Offer,
    *,
    is_hero: bool,
    eager: bool,
) -> ImagePlan:
    ours = _treated(ref, asset)
    article = ref.zone is Zone.ARTICLE
    wanted = specs(ref, asset, layout, offer) if ours and article else ()
    attributes: list[tuple[str, str]] = list(added_dimensions(ref, asset)) if ours else []
    loading = (ref.get("loading") or "").strip().lower()
    if ref.get("loading") is None and not eager and heroes.urged(scan) != ref:
        attributes.append(("loading", "lazy"))
        loading = "lazy"
    if is_hero and loading != "lazy" and ref.get("fetchpriority") is None and _may_urge(scan) and _at_top(ref, scan):
        attributes.append(("fetchpriority", "high"))
    if article and ours and ref.get("decoding") is None:
        attributes.append(("decoding", "async"))
    free = ref.get("style") is None and ref.get("sizes") is None
    return ImagePlan(
        ref=ref,
        asset=asset,
        specs=wanted,
        sizes=ladder.sizes(ref, asset, layout),
        attributes=tuple(attributes),
        auto_sizes=bool(wanted) and loading == "lazy" and free,
        hero=is_hero,
    )


def _insert(
    page: Page,
    scan: PageScan,
    hero: Hero,
    asset: Asset,
    layout: ladder.Layout,
    offer: Offer,
    where: Literal["after-h1", "before-h1", "none"],
) -> HeroInsert | None:
    if where == "none" or scan.hero_slot is not None:
        return None
    if scan.h1 is not None:
        at = scan.h1.end if where == "after-h1" else scan.h1.start
    elif scan.article is not None:
        at = scan.article.start
    else:
        return None
    return HeroInsert(
        at=at,
        hero=hero,
        asset=asset,
        src=urls.relative(page.path, hero.path),
        specs=specs(None, asset, layout, offer),
        sizes=ladder.sizes(None, asset, layout),
        urgent=_may_urge(scan),
    )


def _may_urge(scan: PageScan) -> bool:
    """At most one ``fetchpriority="high"`` a page, and the author's own is it."""
    return heroes.urged(scan) is None


def _at_top(ref: ImageRef, scan: PageScan) -> bool:
    return ref.span == scan.hero_slot or heroes.near_top(ref)


def _first_large(scan: PageScan, asset_of: AssetOf, layout: ladder.Layout) -> Iterator[object]:
    large = (ref for ref in scan.refs if ref.zone is Zone.ARTICLE and not heroes.is_small(ref, asset_of(ref), layout))
    for ref, _ in zip(large, range(_EAGER), strict=False):
        yield ref.span
