"""What is in the first screen of a page: its hero, the image to prioritize, and the images that must not be lazy.

Builds and lint decide here, so that they never disagree. A browser's measurement comes first. Without one, text,
headings and the sizes of files tell where an image may be: its top is estimated twice, as in a compact theme and as in
a spacious one, at the four viewports. An image gets a high priority only if it is the largest of the first screen in
all eight cases; it is lazy only if even the least text above it fills the first screen of every viewport.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from imageseo.layout import hero_detection as heroes
from imageseo.layout.image_widths import ColumnLayout, written_width
from imageseo.layout.theme_room import COMPACT, LEAST, SPACIOUS, USUAL, ThemeRoom
from imageseo.model.finding import GATING, MOBILE, REPORTED, Viewport
from imageseo.model.image import Asset, ImageRef, OptOut, PageRegion, PageScan, Span
from imageseo.web.srcset.sizes import source_size

AssetOf = Callable[[ImageRef], Asset | None]

_SCREENS = (*GATING, *REPORTED)
_FAR = 5_000  # characters of text: more than any first screen holds; the scan counts no further
_ICON = 64
"""CSS px. A smaller image outside the article is an icon: not worth loading at once, and never the LCP."""
_MARGIN, _WIDEST = 32, 1100  # CSS px: beside a column whose width is not known, and its largest width
_SEEN = 30_000  # CSS px² of a hero that are in the first screen of a phone: less than text is
_ONE_PARAGRAPH = 2  # of the area that all text before an image takes, to that of its largest paragraph
_SHARED_ROW = 0.6  # part of the column; a narrower image may have others beside it
_FULL, _PHONES, _COVER = 0.9, 600, 600  # part of a phone's width; CSS px of the widest phone, of a cover elsewhere
_ALIKE, _UNSURE = 1.05, 1.2  # of areas that differ less, in a usual theme and in others, the first is the largest
_IN_A_ROW = 3  # images side by side, if there are any
_MOST = 8  # images that are loaded at once without being larger than all before them


class _VisibleBox(NamedTuple):
    """An image of the article at one viewport, CSS px. ``area``: what of it is in the first screen."""

    ref: ImageRef
    top: float
    area: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstScreen:
    """``hero``: the image that visitors wait for, None if uncertain. ``prioritized``: the image to prioritize.

    ``eager``: the images that must not be lazy.
    """

    hero: ImageRef | None
    prioritized: Span | None
    eager: frozenset[Span]


def find_hero(scan: PageScan, asset_of: AssetOf, layout: ColumnLayout, *, guess: bool) -> ImageRef | None:
    """Return the hero of a page whose front matter declares none; None if it is uncertain.

    The image that an earlier build marked; else the author's ``fetchpriority="high"`` in the article, the measured LCP
    image if there are several; else the measured LCP image; else, if ``guess``, the one that is surely the largest.
    """
    marked = [
        ref for ref in scan.refs if ref.is_marked_hero or (scan.hero_slot is not None and ref.span == scan.hero_slot)
    ]
    if marked:
        visible = [ref for ref in marked if ref.hidden_by is None] or marked
        return next((ref for ref in visible if ref.span == layout.lead), visible[0])
    chosen = heroes.prioritized_images(scan)
    if chosen:
        return next((ref for ref in chosen if ref.span == layout.lead), _in_article(chosen))
    if layout.lead_known:
        return next((ref for ref in scan.refs if ref.span == layout.lead), None)
    return _guess(scan, asset_of, layout) if guess else None


def decide(
    scan: PageScan,
    asset_of: AssetOf,
    layout: ColumnLayout,
    *,
    hero: ImageRef | None,
    inserted: Asset | None = None,
) -> FirstScreen:
    """Decide for a page. ``hero``: declared, or by ``find_hero``. ``inserted``: the hero that the build puts above."""
    eager = set(_eager(scan, asset_of, layout, inserted))
    eager = {span for span in eager if not _is_below(layout, span)} | _in_view(layout)
    prioritized = heroes.prioritized_images(scan, hidden=True)
    eager |= {ref.span for ref in prioritized}
    if hero is not None and hero.hidden_by is None:
        eager.add(hero.span)
    urgent = hero is not None and not prioritized and _is_urgent(hero, scan, asset_of, layout)
    return FirstScreen(hero=hero, prioritized=hero.span if hero and urgent else None, eager=frozenset(eager))


def _in_article(refs: Sequence[ImageRef]) -> ImageRef | None:
    return next((ref for ref in refs if ref.region is PageRegion.ARTICLE), None)


def _is_urgent(hero: ImageRef, scan: PageScan, asset_of: AssetOf, layout: ColumnLayout) -> bool:
    """Whether the hero is in the first screen, where a high priority is useful."""
    if hero.hidden_by is not None or hero.opt_out is OptOut.IGNORED:
        return False
    slot = layout.slot(hero)
    if hero.region is PageRegion.CHROME and scan.article is not None and hero.span < scan.article and slot is None:
        return True  # a cover above the article
    if hero.span in (scan.hero_slot, layout.lead) or slot is None or slot.in_view is None:
        return hero.span in (scan.hero_slot, layout.lead) or _is_on_phones(
            hero,
            [ref for ref in scan.refs if ref.region is PageRegion.ARTICLE and ref.hidden_by is None],
            asset_of,
            layout,
        )
    return slot.in_view


def _in_view(layout: ColumnLayout) -> set[Span]:
    """Return the images that were measured in the first screen."""
    return {span for span, slot in layout.slots.items() if span is not None and slot.in_view}


def _is_below(layout: ColumnLayout, span: Span) -> bool:
    """Whether an image was measured below the first screen at every viewport."""
    slot = layout.slots.get(span)
    return slot is not None and slot.in_view is False


def _guess(scan: PageScan, asset_of: AssetOf, layout: ColumnLayout) -> ImageRef | None:
    """Return the image that is the largest of the first screen wherever there is one; None if it is uncertain."""
    if scan.preload_images:
        return None  # the author gave another image priority
    covers = list(heroes.theme_covers(scan, asset_of, layout))
    if covers:
        return covers[0] if len(covers) == 1 and _fills_screens(covers[0], asset_of(covers[0])) else None
    refs = [ref for ref in _flow(scan) if not heroes.is_styled_as_decoration(ref)]
    winner: ImageRef | None = None
    for screen in _SCREENS:
        for theme in (COMPACT, USUAL, SPACIOUS) if screen in GATING else (USUAL, SPACIOUS):
            boxes = [box for box in _boxes(refs, asset_of, layout, screen, theme) if box.area > 0]
            if not boxes:
                continue
            most = max(box.area for box in boxes)
            alike = _ALIKE if theme is USUAL else _UNSURE
            largest = next(box.ref for box in boxes if box.area * alike >= most)
            if winner is not None and largest is not winner:
                return None
            winner = largest
    if winner is None or winner.in_rows or not heroes.is_convincing(winner, asset_of(winner), layout):
        return None
    return winner if _is_on_phones(winner, refs, asset_of, layout) else None


def _fills_screens(cover: ImageRef, asset: Asset | None) -> bool:
    """Whether the author's ``sizes`` say that a cover is as wide as a phone, and about a column on wider screens: then
    nothing in the article is larger.
    """
    sizes = cover.get("sizes")
    if not sizes or asset is None or not asset.encodable or cover.may_be_hidden or heroes.is_for_one_scheme(cover):
        return False
    return all(
        source_size(sizes, screen) >= (_FULL * screen.width if screen.width < _PHONES else _COVER)
        for screen in _SCREENS
    )


def _is_on_phones(hero: ImageRef, refs: Sequence[ImageRef], asset_of: AssetOf, layout: ColumnLayout) -> bool:
    """Whether the first screen of a phone shows enough of an image in a usual theme."""
    boxes = _boxes(refs, asset_of, layout, MOBILE, USUAL)
    return any(box.ref is hero and box.area >= _SEEN for box in boxes)


def may_be_text(hero: ImageRef, scan: PageScan, asset_of: AssetOf, layout: ColumnLayout, screen: Viewport) -> bool:
    """Whether a paragraph above a guessed hero may be larger than what the first screen of a phone shows of the image.

    If all text above it were one paragraph, it would have to be more than twice as large: it seldom is one.
    """
    if screen.width >= _PHONES or layout.lead_known or hero.region is not PageRegion.ARTICLE or hero.is_marked_hero:
        return False
    if hero.span == scan.hero_slot or heroes.prioritized_images(scan):
        return False
    boxes = _boxes(_flow(scan), asset_of, layout, screen, USUAL)
    shown = next((box.area for box in boxes if box.ref.span == hero.span), None)
    return shown is not None and hero.text_before * COMPACT.character > _ONE_PARAGRAPH * shown


def _boxes(
    refs: Sequence[ImageRef],
    asset_of: AssetOf,
    layout: ColumnLayout,
    screen: Viewport,
    theme: ThemeRoom,
    above: float = 0,
) -> Iterator[_VisibleBox]:
    """Yield the images of the article that begin in the first screen. ``above``: px of an inserted hero."""
    column = _column(layout, screen)
    stacked = theme.top + above
    beside, before = 0.0, (0, 0)  # px of an image that may have the next one beside it, and the text before it
    for ref in refs:
        asset = asset_of(ref)
        if theme is not LEAST and (ref.text_before, ref.headings_before) != before:
            stacked += beside  # text between two images: they are in different paragraphs
            beside = 0.0
        before = ref.text_before, ref.headings_before
        top = (
            stacked
            + ref.text_before * theme.character / min(column, theme.paragraph)
            + ref.headings_before * theme.heading
        )
        if top >= screen.height or ref.text_before >= _FAR:
            return  # all that follow are even further down
        if asset is None:
            yield _VisibleBox(ref, top, float("inf") if heroes.may_be_large(ref) else 0)
            continue
        width, height = _size(ref, asset, layout, screen)
        if ref.in_rows and theme.stacks:
            width, height = width / _IN_A_ROW, height / _IN_A_ROW
        yield _VisibleBox(ref, top, width * min(height, screen.height - top))
        if ref.in_rows:
            continue
        if theme.stacks or width >= _SHARED_ROW * column:
            stacked += height + theme.gap
        else:
            beside = max(beside, height + theme.gap)


def _flow(scan: PageScan) -> list[ImageRef]:
    """Return the visible images of the article."""
    return [ref for ref in scan.refs if ref.region is PageRegion.ARTICLE and ref.hidden_by is None]


@lru_cache(maxsize=1024)  # a dozen times per image, and the pages of a site share most of their `sizes`
def _slot(sizes: str, screen: Viewport) -> float:
    return source_size(sizes, screen)


def _column(layout: ColumnLayout, screen: Viewport) -> float:
    if layout.sizes is not None:
        return _slot(layout.sizes, screen)
    widest = float(min(screen.width - _MARGIN, _WIDEST))
    return min(widest, layout.content_width) if layout.content_width is not None else widest


def _size(ref: ImageRef, asset: Asset, layout: ColumnLayout, screen: Viewport) -> tuple[float, float]:
    """Return CSS px of an image at a viewport."""
    slot = layout.slot(ref)
    if slot is not None and slot.sizes is not None:
        width = min(_slot(slot.sizes, screen), screen.width)
    else:
        written = written_width(ref, asset)
        width = min(written.px or asset.width, _column(layout, screen) * (written.part or 1))
    return width, width * asset.height / max(asset.width, 1)


def _eager(scan: PageScan, asset_of: AssetOf, layout: ColumnLayout, inserted: Asset | None) -> Iterator[Span]:
    """Yield the images that may be in the first screen of some viewport, except icons."""
    flow = _flow(scan)
    found: dict[Span, ImageRef] = {}
    for screen in _SCREENS:
        above = _column(layout, screen) * inserted.height / max(inserted.width, 1) if inserted is not None else 0
        for box in _boxes(flow, asset_of, layout, screen, LEAST, above):
            found.setdefault(box.ref.span, box.ref)
    largest, count = 0.0, 0
    for span, ref in sorted(found.items()):
        asset = asset_of(ref)
        area = heroes.area(ref, asset, layout)
        if area < _ICON * _ICON or (asset is None and not heroes.may_be_large(ref)):
            continue
        count += 1
        if count <= _MOST or area > largest:
            yield span
        largest = max(largest, area)
    yield from _outside(scan, asset_of)


def _outside(scan: PageScan, asset_of: AssetOf) -> Iterator[Span]:
    """Yield images of headers, banners and sidebars, which may be beside the top of the article wherever they are in
    the source; except icons, and what is in a footer.
    """
    count = 0
    for ref in scan.refs:
        if ref.region is not PageRegion.CHROME or ref.hidden_by is not None or ref.opt_out is OptOut.IGNORED:
            continue
        asset = asset_of(ref)
        if ref.in_footer or asset is None or count >= _MOST:
            continue
        width = written_width(ref, asset).px or asset.width
        if min(width, width * asset.height / max(asset.width, 1)) > _ICON:
            count += 1
            yield ref.span
