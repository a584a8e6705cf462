"""Every ``srcset`` describes its files correctly, with one kind of descriptor.

``800w`` means that the file is 800 px wide. With a wrong number a browser chooses a blurred file or one that is too
large, and shows the image with a wrong intrinsic size. Invalid descriptors, widths mixed with densities, and two
candidates for the same size make browsers drop candidates silently. Validators check only the text, never the files.

Files of this site are compared, with a tolerance of 1 px; SVG fits any width. Variants that `imageseo build` wrote have
their width in their names and are not opened again.

Bad:
    <img src="photo-1600x900.jpg" srcset="photo-640x360.jpg 800w, photo-1600x900.jpg 1600w" sizes="50vw" alt="Boats">

Bad (widths and densities):
    <img src="photo-1600x900.jpg" srcset="photo-800x450.jpg 800w, photo-1600x900.jpg 2x" sizes="50vw" alt="A harbour">

Bad (two of one width):
    <picture><source srcset="photo-800x450.webp 800w, boats-800x450.webp 800w" sizes="50vw" type="image/webp">
    <img src="photo-1600x900.jpg" alt="A harbour"></picture>

Bad (two of one density: a candidate without any is the 1x):
    <img src="photo-1600x900.jpg" srcset="photo-800x450.jpg, photo-1600x900.jpg 1x" alt="A harbour">

Bad (no descriptor):
    <img src="photo-1600x900.jpg" srcset="photo-800x450.jpg 800px, photo-1600x900.jpg 1600w" sizes="50vw" alt="Boats">

Good:
    <img src="photo-1600x900.jpg" srcset="photo-800x450.jpg 800w, photo-1600x900.jpg 1600w" sizes="50vw" alt="Boats">

Good (densities):
    <img src="photo-800x450.jpg" srcset="photo-800x450.jpg, photo-1600x900.jpg 2x" alt="A harbour">

Good (another host's, and one that is not there, cannot be compared):
    <img src="https://img.example/a.jpg" srcset="https://img.example/b.jpg 800w, gone.jpg 9w" sizes="9vw" alt="Boats">
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from imageseo.lint.tag_edits import added_attributes
from imageseo.model.facts import ImageFact, Problem, shorten
from imageseo.model.finding import Severity
from imageseo.model.image import Asset
from imageseo.web.filenames import looks_like_variant
from imageseo.web.srcset.candidates import SrcsetEntry, srcset_entries

SEVERITY = Severity.ERROR
TOLERANCE = 1  # px


def check(images: Sequence[ImageFact], asset_of: Callable[[str], Asset | None]) -> Iterator[Problem]:
    for image in images:
        ref = image.ref
        srcsets = [] if ref.is_processed else [("a <source>", source.srcset) for source in ref.sources]
        own = ref.get("srcset")
        if own and "srcset" not in added_attributes(ref):
            srcsets.insert(0, ("its srcset", own))
        for where, srcset in srcsets:
            error = _find_error(tuple(srcset_entries(srcset)), asset_of)
            if error is not None:
                what, hint = error
                yield Problem(message=f"{image.name}: {where} {what}", hint=hint, at=ref)
                break


def _find_error(entries: Sequence[SrcsetEntry], asset_of: Callable[[str], Asset | None]) -> tuple[str, str] | None:
    """Return the first error of a srcset and its remedy; None if there is none."""
    for entry in entries:
        if entry.candidate is None:
            what = f"gives {shorten(entry.url)} the descriptor {entry.descriptors!r}, which browsers do not understand"
            return what, "write the file's width in px with a `w`, or a density with an `x`: `800w`, `2x`"
    candidates = [entry.candidate for entry in entries if entry.candidate is not None]
    widths = [each for each in candidates if each.width is not None]
    if widths and len(widths) < len(candidates):
        other = next(each for each in candidates if each.width is None)
        what = f"mixes widths and densities: {widths[0].width}w, but {shorten(other.url)} has no width"
        return what, "give every candidate a width, or every candidate a density"
    url_by_size: dict[str, str] = {}
    for each in candidates:
        size = f"{each.width}w" if each.width is not None else f"{1.0 if each.density is None else each.density:g}x"
        if size in url_by_size:
            what = f"has two candidates for {size}, {shorten(url_by_size[size])} and {shorten(each.url)}"
            return what, "browsers use the first: remove one, or correct its descriptor"
        url_by_size[size] = each.url
    for each in widths:
        # A variant has its width in its name; whether it exists yet depends on other pages.
        asset = None if looks_like_variant(each.url.partition("?")[0]) else asset_of(each.url)
        if asset is None or asset.format == "svg" or each.width is None:
            continue
        if abs(asset.css_width - each.width) > TOLERANCE:
            what = f"declares {each.width}w for {asset.path}, which is {asset.css_width} px wide"
            return what, f"write {asset.css_width}w"
    return None
