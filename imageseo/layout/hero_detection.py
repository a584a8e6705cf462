"""Properties of an image that show whether it is the hero of its page; `first_screen` decides."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache

from imageseo.layout.image_widths import ColumnLayout, dimension, shown_width
from imageseo.model.finding import MOBILE
from imageseo.model.image import Asset, ImageRef, OptOut, PageRegion, PageScan
from imageseo.web.html.script_owned import placeholder
from imageseo.web.srcset.sizes import source_size

AssetOf = Callable[[ImageRef], Asset | None]

# On the mobile viewport (412 px wide) 500 characters of text take about 300 px: after header, headline and this text,
# an image still begins in the first screen.
_NEAR_TOP_CHARACTERS = 500
# CSS px. A smaller image is not a hero but an icon, a badge or a thumbnail.
_SMALL = 200
# CSS px of an image that is shown large, whatever it is called.
_MIN_WIDTH, _MIN_HEIGHT = 200, 150
_MIN_AREA = 320 * 150
_MAX_RATIO = 5.0
_COVER = 320  # CSS px; a wider one may fill a phone
_DECORATION = re.compile(
    r"(?<![a-z])(logo|logos|icon|icons|favicon|badge|badges|shield|shields|avatar|gravatar|emoji|twemoji|emojione|"
    r"button|btn|sprite|spacer|pixel|divider|separator|donate|sponsor|kofi|ko-fi|buymeacoffee|qrcode)(?![a-z])"
)
_BADGE_HOST = re.compile(r"shields\.io|badgen\.net|badge|codecov\.io|travis-ci|forthebadge|herokucdn|\.svg(?:[?#]|$)")


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
        if ref.hidden_by is not None or _is_deferred(ref) or ref.opt_out is OptOut.IGNORED or names_decoration(ref):
            continue
        sizes = ref.get("sizes")
        width = source_size(sizes, MOBILE) if sizes else shown_width(ref, asset, without_column)
        if width >= _COVER and asset.width > asset.height and (sizes or not is_small(ref, asset, without_column)):
            yield ref


def prioritized_images(scan: PageScan, *, hidden: bool = False) -> list[ImageRef]:
    """Return the images with the author's ``fetchpriority="high"``, without those that are hidden at first."""
    high = [ref for ref in scan.refs if (ref.get("fetchpriority") or "").strip().lower() == "high"]
    return [ref for ref in high if hidden or ref.hidden_by is None]


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
    # A hidden image, or one of a pair for light and dark color schemes, is used only if there is no other.
    found.sort(key=lambda ref: (ref.hidden_by is not None, is_for_one_scheme(ref)))
    return found[0] if found else None


def near_top(ref: ImageRef) -> bool:
    """Whether an article image begins in the first screen of a phone, estimated from the text before it."""
    return ref.text_before <= _NEAR_TOP_CHARACTERS and ref.headings_before <= (1 if ref.text_before <= 200 else 0)


def is_small(ref: ImageRef, asset: Asset | None, layout: ColumnLayout) -> bool:
    """Whether an image is a decoration: icon, badge, logo, thin banner, shown smaller than 200 px, or missing.

    The words of its file's name decide only if its size does not. With such a class or id its shown size is unknown: it
    is a matter of style sheets.
    """
    if is_styled_as_decoration(ref):
        return True
    if asset is None:
        return not may_be_large(ref)
    width = shown_width(ref, asset, layout)
    height = width * asset.height / max(asset.width, 1)
    if width < _SMALL or height < _SMALL / 4 or width > _MAX_RATIO * height:
        return True
    is_large = width >= _MIN_WIDTH and height >= _MIN_HEIGHT and width * height >= _MIN_AREA
    return not is_large and _names_decoration(_file_name(ref.src))


def is_styled_as_decoration(ref: ImageRef) -> bool:
    """Whether its class or id calls an image an icon, avatar or the like."""
    return _names_decoration(ref.get("class"), ref.get("id"))


def may_be_large(ref: ImageRef) -> bool:
    """Whether an image without a file in the site may be large: on another host, and neither badge nor icon."""
    if re.match(r"(?:https?:)?//", ref.src, re.IGNORECASE) is None or names_decoration(ref):
        return False
    sides = (dimension(ref.get("width")), dimension(ref.get("height")))
    is_icon = any(side is not None and side.px is not None and side.px < _SMALL for side in sides)
    return not is_icon and _BADGE_HOST.search(ref.src.lower()) is None


def names_decoration(ref: ImageRef) -> bool:
    """Whether its file name, class or id calls an image a logo, badge or the like. An alternative text does not count:
    it says what a picture shows.
    """
    return _names_decoration(_file_name(ref.src), ref.get("class"), ref.get("id"))


@lru_cache(maxsize=1024)  # called twice per image, and logos are on every page
def _names_decoration(*names: str | None) -> bool:
    return _DECORATION.search(" ".join(filter(None, names)).lower()) is not None


def is_convincing(ref: ImageRef, asset: Asset | None, layout: ColumnLayout) -> bool:
    """Whether an image may be guessed to be the hero: large, not a banner, and displayed at once in both schemes.

    The file of a lazy loader's placeholder is not what visitors wait for.
    """
    if asset is None or not asset.encodable or ref.opt_out is OptOut.IGNORED or ref.may_be_hidden:
        return False
    if placeholder(ref) is not None:
        return False
    if is_for_one_scheme(ref) or _is_deferred(ref) or is_small(ref, asset, layout):
        return False
    return shown_width(ref, asset, layout) >= _MIN_WIDTH and area(ref, asset, layout) >= _MIN_AREA


def _is_deferred(ref: ImageRef) -> bool:
    """Whether the author marked the image as lazy or of low priority."""
    return (ref.get("loading") or "").strip().lower() == "lazy" or (ref.get("fetchpriority") or "").lower() == "low"


def area(ref: ImageRef, asset: Asset | None, layout: ColumnLayout) -> float:
    """Return CSS px² on a wide screen; infinite for a missing file."""
    if asset is None:
        return math.inf
    return shown_width(ref, asset, layout) ** 2 * asset.height / max(asset.width, 1)


def is_for_one_scheme(ref: ImageRef) -> bool:
    """Whether the image is shown in only the light or the dark color scheme."""
    return re.search(r"#(?:only|gh)-(?:light|dark)\b", ref.src) is not None


def _file_name(src: str) -> str:
    """Return the file's name without its folders: a folder ``icons/`` may contain a diagram."""
    return src.partition("?")[0].partition("#")[0].rpartition("/")[2].replace("_", "-")


def without_loading(scan: PageScan) -> PageScan:
    """Return the scan without ``loading`` attributes: a guess skips lazy images, but ``lcp-lazy`` looks for an LCP
    image that is lazy by mistake.
    """
    refs = tuple(
        replace(ref, attributes=tuple(attribute for attribute in ref.attributes if attribute.name != "loading"))
        for ref in scan.refs
    )
    return replace(scan, refs=refs)
