"""Detect the hero of a page: the image that the author marked, else a confident guess, else none."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from imageseo.layout.image_widths import ColumnLayout, dimension, shown_width
from imageseo.model.image import Asset, ImageRef, OptOut, PageRegion, PageScan

AssetOf = Callable[[ImageRef], Asset | None]

# On the mobile viewport (412 px wide) 500 characters of text take about 300 px: after header, headline and this text,
# an image still begins in the first screen.
_NEAR_TOP_CHARACTERS = 500
# CSS px. A smaller image is not a hero but an icon, a badge or a thumbnail.
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
    """Return the page's hero, or None if it is uncertain: a wrong guess costs more than none.

    First the image that an earlier build marked, then one with ``fetchpriority="high"`` in the article, then the
    measured one. Otherwise the article's first image that is not a decoration, if it is large, near the top, and
    displayed immediately in both color schemes.
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
        return None  # the author gave another image priority, outside the article
    refs = iter(scan.refs)
    first, asset = next(_candidates(refs, asset_of, layout), (None, None))
    if first is None or not _is_convincing(first, asset, layout):
        return None
    area = _area(first, asset, layout)
    # A larger image in the same screen may be the LCP image.
    rivals = _candidates(filter(near_top, refs), asset_of, layout)
    return None if any(_area(*rival, layout) > area for rival in rivals) else first


def _candidates(
    refs: Iterable[ImageRef], asset_of: AssetOf, layout: ColumnLayout
) -> Iterator[tuple[ImageRef, Asset | None]]:
    """Yield the visible images of the article that are not decorations, with their source files."""
    for ref in refs:
        if (
            ref.region is PageRegion.ARTICLE
            and not _is_hidden(ref)
            and not is_small(ref, asset := asset_of(ref), layout)
        ):
            yield ref, asset


def theme_covers(scan: PageScan, asset_of: AssetOf, layout: ColumnLayout) -> Iterator[ImageRef]:
    """Yield large landscape images of the theme above the article, such as covers and banners.

    Without a measurement, one of them may be the LCP image. Linked images do not count: they are logos and teasers.
    """
    without_column = ColumnLayout(slots=layout.slots)  # the article's column does not apply outside it
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
        if (
            _is_hidden(ref)
            or _is_deferred(ref)
            or ref.opt_out is OptOut.IGNORED
            or is_small(ref, asset, without_column)
        ):
            continue
        if shown_width(ref, asset, without_column) >= _COVER and asset.width > asset.height:
            yield ref


def prioritized_image(scan: PageScan) -> ImageRef | None:
    """Return the first image with ``fetchpriority="high"`` of the article, else of the page."""
    high = [ref for ref in scan.refs if (ref.get("fetchpriority") or "").strip().lower() == "high"]
    return next((ref for ref in high if ref.region is PageRegion.ARTICLE), high[0] if high else None)


def find_shown(scan: PageScan, path: str, asset_of: AssetOf) -> ImageRef | None:
    """Return the image that already shows the file ``path``: in the theme's hero slot, else in the article."""
    slot = scan.hero_slot
    found: list[ImageRef] = []
    for ref in scan.refs:
        if ref.span == slot:
            return ref
        if ref.region is PageRegion.ARTICLE or (slot is not None and ref.span.start >= slot.start):
            asset = asset_of(ref)
            if asset is not None and asset.path == path:
                found.append(ref)
    # One image of a pair for light and dark color schemes is hidden; it is used only if there is no other.
    return next((ref for ref in found if not _is_for_one_scheme(ref)), found[0] if found else None)


def near_top(ref: ImageRef) -> bool:
    """Whether an article image begins in the first screen of a phone, estimated from the text before it."""
    return ref.text_before <= _NEAR_TOP_CHARACTERS and ref.headings_before <= (1 if ref.text_before <= 200 else 0)


def is_small(ref: ImageRef, asset: Asset | None, layout: ColumnLayout) -> bool:
    """Whether an image is a decoration: icon, badge, logo, thin banner, shown smaller than 200 px, or missing."""
    if _names_decoration(_file_name(ref.src), ref.get("alt"), ref.get("class"), ref.get("id")):
        return True
    if asset is None:
        external = re.match(r"(?:https?:)?//", ref.src, re.IGNORECASE) is not None
        width = dimension(ref.get("width"))
        height = dimension(ref.get("height"))
        small = any(side is not None and side.px is not None and side.px < _SMALL for side in (width, height))
        return not external or small or _BADGE_HOST.search(ref.src.lower()) is not None
    width_shown = shown_width(ref, asset, layout)
    height_shown = width_shown * asset.height / max(asset.width, 1)
    return width_shown < _SMALL or height_shown < _SMALL / 4 or width_shown > _MAX_RATIO * height_shown


@lru_cache(maxsize=1024)  # called twice per image, and logos are on every page
def _names_decoration(*names: str | None) -> bool:
    return _DECORATION.search(" ".join(filter(None, names)).lower()) is not None


def _is_convincing(ref: ImageRef, asset: Asset | None, layout: ColumnLayout) -> bool:
    if (
        asset is None
        or not asset.encodable
        or ref.opt_out is OptOut.IGNORED
        or _is_for_one_scheme(ref)
        or not near_top(ref)
    ):
        return False
    if _is_deferred(ref):
        return False
    return shown_width(ref, asset, layout) >= _MIN_WIDTH and _area(ref, asset, layout) >= _MIN_AREA


def _is_deferred(ref: ImageRef) -> bool:
    """Whether the author marked the image as lazy or of low priority."""
    return (ref.get("loading") or "").strip().lower() == "lazy" or (ref.get("fetchpriority") or "").lower() == "low"


def _area(ref: ImageRef, asset: Asset | None, layout: ColumnLayout) -> float:
    """Return CSS px² on a wide screen; infinite for a missing file."""
    if asset is None:
        return math.inf
    return shown_width(ref, asset, layout) ** 2 * asset.height / max(asset.width, 1)


def _is_for_one_scheme(ref: ImageRef) -> bool:
    """Whether the image is shown in only the light or the dark color scheme."""
    return re.search(r"#(?:only|gh)-(?:light|dark)\b", ref.src) is not None


def _is_hidden(ref: ImageRef) -> bool:
    style = "".join((ref.get("style") or "").lower().split())
    return ref.get("hidden") is not None or "display:none" in style or "visibility:hidden" in style


def _file_name(src: str) -> str:
    """Return the file's name without its folders: a folder ``icons/`` may contain a diagram."""
    return src.partition("?")[0].partition("#")[0].rpartition("/")[2].replace("_", "-")
