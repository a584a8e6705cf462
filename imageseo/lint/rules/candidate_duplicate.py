"""The candidates of an image are different files.

Two candidates of a ``srcset`` with the same bytes, under different names, are one file: a browser that chooses the
larger one loads nothing better, and a cache keeps both. Mostly a step that should have resized or converted the file
copied it. So is a ``<source>`` of another ``type`` whose file is a copy of the ``<img>``'s. Validators do not open the
files. Files of other hosts and variants that `imageseo build` wrote are not compared; SVG fits every width.

Bad (a warning):
    <img src="photo-800x450.jpg" srcset="photo-800x450.jpg 1x, copy-800x450.jpg 2x" alt="A harbour">

Bad (a warning: of a source):
    <picture><source type="image/webp" srcset="other-800x450.jpg"><img src="photo-800x450.jpg" alt="Boats"></picture>

Good:
    <img src="photo-800x450.jpg" srcset="photo-800x450.jpg 800w, photo-1600x900.jpg 1600w" sizes="50vw" alt="A harbour">

Good (the same file under the same name):
    <img src="photo-800x450.jpg" srcset="photo-800x450.jpg 800w, photo-1600x900.jpg 1600w" sizes="50vw" alt="A harbour">

Good (the same file for some screens):
    <picture><source media="(min-width: 900px)" srcset="copy-800x450.jpg"><img src="photo-800x450.jpg" alt="A harbour">
    </picture>
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from imageseo.lint.tag_edits import added_attributes
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity
from imageseo.model.image import Asset
from imageseo.web.filenames import looks_like_variant
from imageseo.web.srcset.candidates import parse_srcset

SEVERITY = Severity.WARN
LINT_ONLY = True


def check(images: Sequence[ImageFact], asset_of: Callable[[str], Asset | None]) -> Iterator[Problem]:
    for image in images:
        ref = image.ref
        if ref.is_processed:
            continue
        srcsets = [source.srcset for source in ref.sources if source.srcset]
        own = ref.get("srcset")
        if own and "srcset" not in added_attributes(ref):
            srcsets.append(own)
        pairs = (_equal(srcset, asset_of) for srcset in srcsets)
        found = next((pair for pair in pairs if pair is not None), None) or _copied(image, asset_of)
        if found is not None:
            yield Problem(
                message=f"{image.name}: {found[0].path} and {found[1].path} are the same file, under two names",
                hint="make the one that the markup promises, or remove the candidate",
                at=ref,
            )


def _equal(srcset: str, asset_of: Callable[[str], Asset | None]) -> tuple[Asset, Asset] | None:
    """Return two files of a srcset with the same bytes."""
    seen: dict[str, Asset] = {}
    for each in parse_srcset(srcset):
        asset = None if looks_like_variant(each.url.partition("?")[0]) else asset_of(each.url)
        if asset is None or asset.format == "svg":
            continue
        other = seen.setdefault(asset.sha256, asset)
        if other.path != asset.path:
            return other, asset
    return None


def _copied(image: ImageFact, asset_of: Callable[[str], Asset | None]) -> tuple[Asset, Asset] | None:
    """Return the file of a source with a type of its own, and the fallback's with the same bytes."""
    if image.asset is None:
        return None
    for source in image.ref.sources:
        if not source.type:
            continue
        for each in parse_srcset(source.srcset):
            asset = None if looks_like_variant(each.url.partition("?")[0]) else asset_of(each.url)
            if asset is not None and asset.sha256 == image.asset.sha256 and asset.path != image.asset.path:
                return asset, image.asset
    return None
