"""Plan a page: attributes, variants, hero and recompressed files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from imageseo.config.encoding import QualitySettings
from imageseo.images.encoding.recompression import MIN_SIDE, fallbacks
from imageseo.layout import first_screen, image_widths
from imageseo.layout import hero_detection as heroes
from imageseo.model.formats import BUILT_IN
from imageseo.model.hero import Hero
from imageseo.model.image import Asset, ImageRef, OptOut, PageRegion, PageScan, VariantSpec
from imageseo.model.plan import FULL_MARKUP, HeroInsert, ImagePlan, Label, MarkupChoice, MarkupForm, PagePlan
from imageseo.model.site import Page
from imageseo.web import urls
from imageseo.web.ai_labels import label_of_hero
from imageseo.web.html.script_owned import placeholder_srcset

AssetOf = Callable[[ImageRef], Asset | None]
Choose = Callable[[ImageRef], MarkupChoice]
LabelOf = Callable[[Hero, str | None], Label | None]

ANIMATED = ("gif", "webp")
"""Supported formats of animations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantOptions:
    """Settings for the variants of all images. ``formats``: preferred first. ``widths``: px to choose from; empty for
    the best ones of each image.

    ``animated``: convert animations too, at their own size. ``recompress``: formats of source files that are
    replaced by recompressed ones at the same URL. ``img_format``: of candidates in the ``srcset`` of an ``<img>``
    without ``<picture>``.
    """

    widths: Sequence[int]
    formats: Sequence[str]
    quality: QualitySettings
    animated: bool = False
    recompress: tuple[str, ...] = ()
    img_format: str = "webp"


def plan_page(
    page: Page,
    scan: PageScan,
    *,
    asset_of: AssetOf,
    hero: Hero | None,
    hero_asset: Asset | None,
    guess: bool,
    layout: image_widths.ColumnLayout,
    options: VariantOptions,
    insert: Literal["after-h1", "before-h1", "none"],
    label_of: LabelOf = label_of_hero,
    declined: bool = False,
    choose: Choose = lambda _: FULL_MARKUP,
    fixed: str | None = None,
    hero_ceiling: int | None = None,
) -> PagePlan:
    """Return the plan of a page. ``choose``: the form of an image's markup. ``fixed``: why no element may be inserted.

    ``asset_of``: the source file of an ``<img>``; None if it is external or unusable. ``hero``, ``hero_asset``: the
    declared hero and its file. ``guess``: whether an article image may become the hero if none is declared.
    ``declined``: whether the page declares that it has no hero.
    ``label_of``: returns the label of a hero that is inserted, in a language. ``hero_ceiling``: bytes up to which a
    variant of the hero may be better than usual; not if the hero is a guess.
    """
    ref = None if declined else find_hero(scan, asset_of=asset_of, hero=hero, guess=guess, layout=layout)
    if ref is not None and hero is None and first_screen.find_hero(scan, asset_of, layout, guess=False) is None:
        hero_ceiling = None
    inserted = None
    if hero is not None and hero_asset is not None and ref is None and insert != "none":
        inserted = _plan_insert(
            page, scan, hero, hero_asset, layout, options, insert, label_of=label_of, ceiling=hero_ceiling
        )
    not_inserted = fixed if inserted is not None else None
    inserted = None if not_inserted else inserted
    screen = first_screen.decide(
        scan, asset_of, layout, hero=ref, inserted=inserted.asset if inserted is not None else None
    )
    images = []
    for each in scan.refs:
        asset = asset_of(each)
        is_hero = ref is not None and each.span == ref.span
        # An image that is not changed may still be the hero: then it only gets the marker and the priority.
        high = each.span == screen.prioritized
        declared = is_hero and hero is not None and each.opt_out is not OptOut.IGNORED
        if asset is None or not (declared or high or _gets_size(each) or _has_placeholder(each, asset)):
            continue
        alt = hero.alt if hero is not None and is_hero else None
        choice = choose(each)
        planned = _plan_image(
            each,
            asset,
            layout,
            options,
            hero=is_hero,
            eager=each.span in screen.eager,
            high=high,
            alt=alt,
            choice=choice,
            ceiling=hero_ceiling if is_hero else None,
        )
        reduced = asset.raster and choice.form is not MarkupForm.PICTURE
        if planned.hero or planned.attributes or planned.specs or reduced:
            images.append(planned)
    recompressed = fallbacks(scan, asset_of=asset_of, hero=ref, insert=inserted, recompress=options.recompress)
    return PagePlan(
        scan=scan,
        images=tuple(images),
        insert=inserted,
        fallbacks=tuple(recompressed),
        not_inserted=not_inserted,
    )


def find_hero(
    scan: PageScan, *, asset_of: AssetOf, hero: Hero | None, guess: bool, layout: image_widths.ColumnLayout
) -> ImageRef | None:
    """Return the ``<img>`` that is the page's hero; None if the page does not show it."""
    if hero is not None:
        return heroes.find_shown(scan, hero.path, asset_of)
    return first_screen.find_hero(scan, asset_of, layout, guess=guess)


def plan_specs(
    ref: ImageRef | None,
    asset: Asset,
    layout: image_widths.ColumnLayout,
    options: VariantOptions,
    ceiling: int | None = None,
) -> tuple[VariantSpec, ...]:
    """Return the variants to make of an image, by preferred format, then width; none if it is unsuitable."""
    if min(asset.width, asset.height) <= MIN_SIDE:
        return ()
    if asset.frames > 1 and options.animated and asset.format in ANIMATED:
        widths: Sequence[int] = (asset.width,)
    elif not asset.encodable:
        return ()
    else:
        widths = image_widths.widths(ref, asset, layout, options.widths)
    sizes = [(width, max(1, round(width * asset.height / asset.width))) for width in widths]
    return tuple(
        [
            VariantSpec(
                source=asset.sha256, format=format_, width=width, height=height, quality=quality, ceiling=ceiling
            )
            for format_ in options.formats
            if asset.frames == 1 or format_ in BUILT_IN  # animations are not converted by other codecs
            for quality in (options.quality.of_image(asset.path, format_),)
            for width, height in sizes
        ]
    )


def missing_dimensions(ref: ImageRef, asset: Asset) -> Iterator[tuple[str, str]]:
    """Yield the missing ``width`` and ``height`` of a tag, unless the author's values prevent it.

    If one is given in whole px, the other is computed from the aspect ratio. With a height in the tag's ``style`` (or a
    percentage, or ``auto``) nothing is added: an additional width would distort the image.
    """
    width, height = ref.get("width"), ref.get("height")
    style = ref.get("style")
    if not (asset.natural and asset.has_whole_px) or (style and "height" in image_widths.declarations(style)):
        return
    if width is None and height is None:
        yield "width", str(asset.css_width)
        yield "height", str(asset.css_height)
    elif height is None and (known := _whole_px(width)) is not None:
        yield "height", str(max(1, round(known * asset.css_height / asset.css_width)))
    # For a height alone no width is added: with `height: auto`, as in most themes, the image has its intrinsic width.


def _whole_px(text: str | None) -> int | None:
    parsed = image_widths.dimension(text)
    return int(parsed.px) if parsed is not None and parsed.px is not None and parsed.px.is_integer() else None


def _is_processed(ref: ImageRef, asset: Asset) -> bool:
    """Whether an image gets more than its size: not with ``<picture>`` or srcset by the author, opt-out, or as SVG."""
    return _gets_size(ref) and asset.raster


def _gets_size(ref: ImageRef) -> bool:
    """Whether an image gets its size, if it is known: not with ``<picture>`` or srcset by the author, or opt-out."""
    return ref.opt_out is None


def _without_size(ref: ImageRef) -> ImageRef:
    """Return an image as if it had no ``width`` and ``height``, which style sheets override."""
    return replace(ref, attributes=tuple(each for each in ref.attributes if each.name not in ("width", "height")))


def _has_placeholder(ref: ImageRef, asset: Asset) -> bool:
    """Whether a script owns the ``srcset`` of an image: it stays unchanged, and the build says so."""
    return ref.opt_out is OptOut.SRCSET and asset.raster and placeholder_srcset(ref) is not None


def _plan_image(
    ref: ImageRef,
    asset: Asset,
    layout: image_widths.ColumnLayout,
    options: VariantOptions,
    *,
    hero: bool,
    eager: bool,
    high: bool,
    alt: str | None,
    choice: MarkupChoice,
    ceiling: int | None,
) -> ImagePlan:
    processed = _is_processed(ref, asset) and choice.form is not MarkupForm.NONE
    if ref.region is PageRegion.CHROME:
        layout = image_widths.ColumnLayout(slots=layout.slots)  # the column width does not apply outside the article
    content = ref.region is PageRegion.ARTICLE or hero
    specs: tuple[VariantSpec, ...] = ()
    seen = _without_size(ref) if choice.automatic else ref
    if processed and content and choice.form is not MarkupForm.ATTRIBUTES:
        offered = options
        if choice.form is MarkupForm.IMG and options.formats:
            offered = replace(options, formats=(options.img_format,))
        specs = plan_specs(seen, asset, layout, offered, ceiling)
    lazy = (ref.get("loading") or "").strip().lower() == "lazy"
    sized = _gets_size(ref) and choice.form is not MarkupForm.NONE and choice.sized
    attributes = list(missing_dimensions(ref, asset)) if sized else []
    if alt is not None and ref.get("alt") is None:
        attributes.insert(0, ("alt", alt))
    if processed and ref.get("loading") is None and not eager:
        attributes.append(("loading", "lazy"))
        lazy = True
    if high and not lazy and ref.get("fetchpriority") is None:
        attributes.append(("fetchpriority", "high"))
    if processed and content and ref.get("decoding") is None:
        attributes.append(("decoding", "async"))
    attributes = [(name, value) for name, value in attributes if name not in choice.fixed]
    # Without a width in the tag, a browser shows an image as wide as `sizes` says.
    is_exact = choice.natural or choice.automatic or (ref.get("width") is None and "width" not in dict(attributes))
    return ImagePlan(
        ref=ref,
        asset=asset,
        specs=specs,
        sizes=image_widths.sizes(seen, asset, layout, exact=is_exact),
        attributes=tuple(attributes),
        known_width=layout.sizes is not None or layout.content_width is not None or layout.slot(ref) is not None,
        auto_sizes=bool(specs)
        and asset.encodable
        and processed
        and lazy
        and choice.form is MarkupForm.PICTURE
        and choice.styled
        and ref.get("style") is None
        and ref.get("sizes") is None,
        hero=hero,
        choice=choice,
    )


def _plan_insert(
    page: Page,
    scan: PageScan,
    hero: Hero,
    asset: Asset,
    layout: image_widths.ColumnLayout,
    options: VariantOptions,
    where: Literal["after-h1", "before-h1"],
    *,
    label_of: LabelOf,
    ceiling: int | None,
) -> HeroInsert | None:
    """Insert the hero before or after the headline, or at the start of the text if the headline is elsewhere.

    Returns None if the theme shows the hero itself, or the page has no suitable place.
    """
    if scan.hero_slot is not None:
        return None
    if scan.h1 is not None and where == "before-h1":
        at = scan.h1.start
    elif scan.opening is not None:  # after a headline in a banner, the image would be as wide as the banner
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
        specs=plan_specs(None, asset, layout, options, ceiling),
        sizes=image_widths.sizes(None, asset, layout),
        urgent=not heroes.prioritized_images(scan, hidden=True),
        label=label_of(hero, scan.language),
    )
