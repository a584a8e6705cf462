"""Select published JPEG and PNG files to recompress, and decide when the result is worthwhile."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from imageseo.model.image import RECOMPRESSED, Asset, ImageRef, OptOut, PageRegion, PageScan, VariantSpec
from imageseo.model.plan import Fallback, HeroInsert

_FORMATS = ("jpeg", "png")
MIN_SIDE = 32
"""Images of at most this many px on one side stay as they are: variants would only add markup."""
_MAX_SIZE_RATIO = 0.95
"""A source file is only replaced by one with at most this share of its bytes."""


def fallbacks(
    scan: PageScan,
    *,
    asset_of: Callable[[ImageRef], Asset | None],
    hero: ImageRef | None,
    insert: HeroInsert | None,
    recompress: Collection[str],
) -> Iterator[Fallback]:
    """Yield the files that a page shows as article images, each once, with the spec of their replacement.

    ``hero``: the ``<img>`` that is the page's hero, inside or outside the article. ``recompress``: formats to
    recompress; of other formats, only files that already replace a source file are yielded. Images that the author
    opted out are skipped, and so are generated files: a generated hero has its own quality, and encoding it a second
    time would lose more than it saves.
    """
    fallbacks_by_path: dict[str, Fallback] = {}
    for ref in scan.refs:
        asset = asset_of(ref)
        if asset is not None and asset.format not in recompress and asset.writer != RECOMPRESSED:
            continue
        is_content = ref.region is PageRegion.ARTICLE or ref is hero
        if asset is not None and is_content and ref.opt_out is not OptOut.IGNORED:
            fallbacks_by_path.setdefault(asset.path, Fallback(asset=asset, spec=_make_spec(asset), ref=ref))
    if insert is not None and not insert.hero.generated:
        fallbacks_by_path.setdefault(insert.asset.path, Fallback(asset=insert.asset, spec=_make_spec(insert.asset)))
    for fallback in fallbacks_by_path.values():
        is_selected = fallback.spec is not None and fallback.spec.format in recompress
        if is_selected or fallback.asset.writer == RECOMPRESSED:
            yield fallback


def is_worthwhile(asset: Asset, size: int) -> bool:
    """Whether a replacement of ``size`` bytes saves enough."""
    return size <= asset.bytes * _MAX_SIZE_RATIO


def is_recompressible(asset: Asset) -> bool:
    """Whether a file may be recompressed, regardless of where it is shown."""
    # Recompressed files have no EXIF data: one that declares a density would be shown larger.
    is_source = asset.format in _FORMATS and asset.encodable and asset.writer is None and asset.css_size is None
    return is_source and min(asset.width, asset.height) > MIN_SIDE


def _make_spec(asset: Asset) -> VariantSpec | None:
    if not is_recompressible(asset):
        return None
    width, height = asset.width, asset.height
    return VariantSpec(source=asset.sha256, format=asset.format, width=width, height=height, in_place=True)
