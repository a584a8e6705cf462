"""Where a page already shows its declared hero: as another copy of the file, in the theme's own banner, or in CSS."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable

from imageseo.layout.hero_detection import AssetOf
from imageseo.model.image import Asset, ImageRef, PageRegion, PageScan

_CSS_URL = re.compile(rb"""url\(\s*(?:["']|&quot;|&#0?3[49];|&apos;)?([^"')&\s][^"')]*?)(?:["']|&[^;]*;)?\s*\)""")
# What image pipelines append to a name: sizes (`-800`, `_800x450`, `@2x`), their options, and hashes.
_SIZE = r"(?:hu_?|w)?\d{3,5}(?:w|px)?|\d{1,5}x\d{0,5}|q\d{1,3}|resized?|fill|fit|scaled|box|webp|avif|large|medium"
_HASH = r"hu_?[0-9a-f]{6,}|(?=[a-z]*\d)[0-9a-f]{6,}|(?=[A-Za-z_-]*(?:\d|[a-z][A-Z]|[A-Z][a-z]))[A-Za-z0-9_-]{8,}"
_APPENDED = re.compile(rf"(?:[-_.@](?:{_SIZE}|{_HASH}))+")
_MAX_DIFFERENCE = 0.02  # of aspect ratios


def find_copy(scan: PageScan, hero: Asset, asset_of: AssetOf) -> Asset | None:
    """Return the file by which the article shows the hero, if it is a copy or a derivative of the hero's own file."""
    for ref in scan.refs:
        asset = asset_of(ref)
        if ref.region is PageRegion.ARTICLE and asset is not None and is_copy(asset, hero):
            return asset
    return None


def is_shown_by_theme(
    scan: PageScan, html: bytes, hero: Asset, *, asset_of: AssetOf, file_of: Callable[[str], Asset | None]
) -> bool:
    """Whether the theme shows the hero itself: above the article, or as a background, inline or in a ``<style>``.

    ``file_of``: URL as written on the page -> its image. Linked images are logos and teasers.
    """
    if any(_is_banner(ref, scan) and (asset := asset_of(ref)) and is_copy(asset, hero) for ref in scan.refs):
        return True
    urls = dict.fromkeys(match[1].decode(scan.charset, "replace") for match in _CSS_URL.finditer(html))
    return any((asset := file_of(url)) is not None and is_copy(asset, hero) for url in urls)


def is_copy(asset: Asset, hero: Asset) -> bool:
    """Whether a file is the hero's, a copy of it, or made from it: by its name and aspect ratio."""
    if asset.path == hero.path or asset.sha256 == hero.sha256:
        return True
    stem, name = (posixpath.splitext(posixpath.basename(path))[0] for path in (hero.path, asset.path))
    rest = name.removeprefix(stem)
    if not name.startswith(stem) or (rest and not _APPENDED.fullmatch(rest)):
        return False
    ratios = asset.width * hero.height, hero.width * asset.height
    return abs(ratios[0] - ratios[1]) <= _MAX_DIFFERENCE * max(ratios)


def _is_banner(ref: ImageRef, scan: PageScan) -> bool:
    above = scan.article is None or ref.span.start < scan.article.start
    return ref.region is PageRegion.CHROME and above and ref.link is None and ref.hidden_by is None
