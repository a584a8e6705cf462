"""The hero of a page: what the author asked for, else a confident guess, else none."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from imageseo.layout.image_widths import ColumnLayout, dimension, shown_width
from imageseo.model.image import Asset, ImageRef, OptOut, PageRegion, PageScan

AssetOf = Callable[[ImageRef], Asset | None]

# On the phone that gates (412 px wide) 500 characters of text take about 300 px: with header and headline, an image
# behind them still begins in the first screen.
_NEAR_TOP_CHARACTERS = 500
# Less than this is no hero: an icon, a badge, a thumbnail beside the text.
_SMALL = 200
_MIN_WIDTH = 320
_MIN_AREA = 320 * 150
_MAX_RATIO = 5.0
_COVER = 600
_DECORATION = re.compile(
    r"(?<![a-z])(logo|logos|icon|icons|favicon|badge|badges|shield|shields|avatar|gravatar|emoji|twemoji|emojione|"
    r"button|btn|sprite|spacer|pixel|divider|separator|donate|sponsor|kofi|ko-fi|buymeacoffee|qrcode)(?![a-z])"
)
_BADGE_HOST = re.compile(r"shields\.io|badgen\.net|badge|codecov\.io|travis-ci|forthebadge|herokucdn|\.svg(?:[?#]|$)")


def guess(scan: PageScan, asset_of: AssetOf, layout: ColumnLayout) -> ImageRef | None:
    """The image that is surely the page's hero, or ``None``: a wrong guess costs more than none.

    What an earlier build marked and what the author gave ``fetchpriority="high"`` in the article come first, then what
    a browser saw. Else it is the article's first image that is no decoration, if it is large, near the top, and shown
    to everyone at once.
    """
    marked = next((ref for ref in scan.refs if ref.is_marked_hero), None)
    if marked is not None:
        return marked
    chosen = prioritized_image(scan)
    if chosen is not None:
        return chosen if chosen.region is PageRegion.ARTICLE else None
    if layout.lead_known:
        return next((ref for ref in scan.refs if ref.span == layout.lead), None)
    if scan.preload_images or any(theme_covers(scan, asset_of, layout)):
        return None  # the author already says which image matters, and it is in a place we do not judge
    refs = iter(scan.refs)
    first, asset = next(_candidates(refs, asset_of, layout), (None, None))
    if first is None or not _convincing(first, asset, layout):
        return None
    area = _area(first, asset, layout)
    # A larger one in the same screen may well be what the browser waits for.
    rivals = _candidates(filter(near_top, refs), asset_of, layout)
    return None if any(_area(*rival, layout) > area for rival in rivals) else first


def _candidates(
    refs: Iterable[ImageRef], asset_of: AssetOf, layout: ColumnLayout
) -> Iterator[tuple[ImageRef, Asset | None]]:
    """Those of some images that everybody sees in the article and that are no decoration, with their files."""
    for ref in refs:
        if ref.region is PageRegion.ARTICLE and not _hidden(ref) and not is_small(ref, asset := asset_of(ref), layout):
            yield ref, asset


def theme_covers(scan: PageScan, asset_of: AssetOf, layout: ColumnLayout) -> Iterator[ImageRef]:
    """Images of the theme's that stand above the article and are large and broad, as covers and banners are: without a
    browser nobody knows whether one of them is what visitors wait for. Links are none: logos lead home, teasers on.
    """
    measured = ColumnLayout(slots=layout.slots)  # a column says nothing of what stands outside of it
    for ref in scan.refs:
        if scan.article is None or ref.span.start >= scan.article.start:
            return
        asset, slot = asset_of(ref), layout.slot(ref)
        if (
            ref.region is not PageRegion.CHROME
            or asset is None
            or ref.link is not None
            or (slot and slot.in_view is False)
        ):
            continue
        if _hidden(ref) or _waits(ref) or ref.opt_out is OptOut.IGNORED or is_small(ref, asset, measured):
            continue
        if shown_width(ref, asset, measured) >= _COVER and asset.width > asset.height:
            yield ref


def prioritized_image(scan: PageScan) -> ImageRef | None:
    """The image that the author gave ``fetchpriority="high"``: the article's first, else the page's first."""
    high = [ref for ref in scan.refs if (ref.get("fetchpriority") or "").strip().lower() == "high"]
    return next((ref for ref in high if ref.region is PageRegion.ARTICLE), high[0] if high else None)


def find_shown(scan: PageScan, path: str, asset_of: AssetOf) -> ImageRef | None:
    """Where the page shows the image file ``path`` already: where the theme says that it does, else in the article."""
    slot = scan.hero_slot
    found: list[ImageRef] = []
    for ref in scan.refs:
        if ref.span == slot:
            return ref
        if ref.region is PageRegion.ARTICLE or (slot is not None and ref.span.start >= slot.start):
            asset = asset_of(ref)
            if asset is not None and asset.path == path:
                found.append(ref)
    # One of a pair for the light and the dark scheme is hidden; it counts when nothing else is there.
    return next((ref for ref in found if not _one_scheme(ref)), found[0] if found else None)


def near_top(ref: ImageRef) -> bool:
    """Whether an article image begins in the first screen of a phone, as far as its text can tell."""
    return ref.text_before <= _NEAR_TOP_CHARACTERS and ref.headings_before <= (1 if ref.text_before <= 200 else 0)


def is_small(ref: ImageRef, asset: Asset | None, layout: ColumnLayout) -> bool:
    """Decoration: an icon, badge, logo, thin banner, or anything shown smaller than 200 px. Broken images are too."""
    if _decorates(_name(ref.src), ref.get("alt"), ref.get("class"), ref.get("id")):
        return True
    if asset is None:
        foreign = re.match(r"(?:https?:)?//", ref.src, re.IGNORECASE) is not None
        width = dimension(ref.get("width"))
        height = dimension(ref.get("height"))
        small = any(side is not None and side.px is not None and side.px < _SMALL for side in (width, height))
        return not foreign or small or _BADGE_HOST.search(ref.src.lower()) is not None
    width_shown = shown_width(ref, asset, layout)
    height_shown = width_shown * asset.height / max(asset.width, 1)
    return width_shown < _SMALL or height_shown < _SMALL / 4 or width_shown > _MAX_RATIO * height_shown


@lru_cache(maxsize=1024)  # asked twice for an image, and logos stand on every page
def _decorates(*words: str | None) -> bool:
    return _DECORATION.search(" ".join(filter(None, words)).lower()) is not None


def _convincing(ref: ImageRef, asset: Asset | None, layout: ColumnLayout) -> bool:
    if asset is None or not asset.encodable or ref.opt_out is OptOut.IGNORED or _one_scheme(ref) or not near_top(ref):
        return False
    if _waits(ref):
        return False
    return shown_width(ref, asset, layout) >= _MIN_WIDTH and _area(ref, asset, layout) >= _MIN_AREA


def _waits(ref: ImageRef) -> bool:
    """Whether its author says that nobody waits for it."""
    return (ref.get("loading") or "").strip().lower() == "lazy" or (ref.get("fetchpriority") or "").lower() == "low"


def _area(ref: ImageRef, asset: Asset | None, layout: ColumnLayout) -> float:
    """CSS px² on a wide screen; without end for what nobody knows."""
    if asset is None:
        return math.inf
    return shown_width(ref, asset, layout) ** 2 * asset.height / max(asset.width, 1)


def _one_scheme(ref: ImageRef) -> bool:
    """Shown in the light or in the dark colour scheme only."""
    return re.search(r"#(?:only|gh)-(?:light|dark)\b", ref.src) is not None


def _hidden(ref: ImageRef) -> bool:
    style = "".join((ref.get("style") or "").lower().split())
    return ref.get("hidden") is not None or "display:none" in style or "visibility:hidden" in style


def _name(src: str) -> str:
    """The file's name, without its folders: a folder of ``icons/`` may well hold a diagram."""
    return src.partition("?")[0].partition("#")[0].rpartition("/")[2].replace("_", "-")
