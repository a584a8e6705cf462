"""Published JPEG and PNG files that may be written anew: which of them, and when that is worth it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from imageseo.model.image import RECOMPRESSED, Asset, ImageRef, OptOut, PageRegion, PageScan, VariantSpec
from imageseo.model.plan import Fallback, HeroInsert

_FORMATS = ("jpeg", "png")
_MIN_SIDE = 32
_WORTH = 0.95
"""Share of the bytes that must not be exceeded: for less nobody's file is touched."""


def fallbacks(
    scan: PageScan,
    *,
    asset_of: Callable[[ImageRef], Asset | None],
    hero: ImageRef | None,
    insert: HeroInsert | None,
    recompress: Collection[str],
) -> Iterator[Fallback]:
    """The files that a page shows as article images, each once, with what they might become.

    ``hero``: the ``<img>`` that is the page's hero, wherever it stands. ``recompress``: formats to write anew; of
    others those alone are named that stand in for a lost original. What the author opted out stays, and so do files
    that we wrote: a drawn hero has its own quality, and a second generation would lose more than it saves.
    """
    found: dict[str, Fallback] = {}
    for ref in scan.refs:
        asset = asset_of(ref)
        if asset is not None and asset.format not in recompress and asset.writer != RECOMPRESSED:
            continue
        content = ref.region is PageRegion.ARTICLE or ref is hero
        if asset is not None and content and ref.opt_out is not OptOut.IGNORED:
            found.setdefault(asset.path, Fallback(asset=asset, spec=_spec(asset), ref=ref))
    if insert is not None and not insert.hero.generated:
        found.setdefault(insert.asset.path, Fallback(asset=insert.asset, spec=_spec(insert.asset)))
    for each in found.values():
        if (each.spec is not None and each.spec.format in recompress) or each.asset.writer == RECOMPRESSED:
            yield each


def is_worthwhile(asset: Asset, size: int) -> bool:
    """Whether a file of so many bytes saves enough."""
    return size <= asset.bytes * _WORTH


def is_recompressible(asset: Asset) -> bool:
    """Whether a file may be written anew, wherever it is shown."""
    fit = asset.format in _FORMATS and asset.encodable and asset.writer is None
    return fit and min(asset.width, asset.height) > _MIN_SIDE


def _spec(asset: Asset) -> VariantSpec | None:
    if not is_recompressible(asset):
        return None
    width, height = asset.width, asset.height
    return VariantSpec(source=asset.sha256, format=asset.format, width=width, height=height, in_place=True)
