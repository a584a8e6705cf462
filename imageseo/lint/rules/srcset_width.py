"""Every ``srcset`` describes its files correctly, with one kind of descriptor.

``800w`` means that the file is 800 px wide. With a wrong number a browser chooses a blurred file or one that is too
large, and shows the image with a wrong intrinsic size. Invalid descriptors, widths mixed with densities, and two
candidates for the same size make browsers drop candidates silently. An empty ``srcset``, a comma without a candidate on
one of its sides and a height (``400h``) change nothing, but are against the standard: they are warnings, and ``--fix``
removes the comma. Validators check only the text, never the files.

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

Bad (a warning: a comma too many):
    <img src="photo-800x450.jpg" srcset="photo-800x450.jpg, photo-1600x900.jpg 2x," alt="A harbour">

Good:
    <img src="photo-1600x900.jpg" srcset="photo-800x450.jpg 800w, photo-1600x900.jpg 1600w" sizes="50vw" alt="Boats">

Good (densities):
    <img src="photo-800x450.jpg" srcset="photo-800x450.jpg, photo-1600x900.jpg 2x" alt="A harbour">

Good (another host's, and one that is not there, cannot be compared):
    <img src="https://img.example/a.jpg" srcset="https://img.example/b.jpg 800w, gone.jpg 9w" sizes="9vw" alt="Boats">
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from imageseo.lint.tag_edits import added_attributes, replace_value
from imageseo.model.edit import Edit
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity
from imageseo.model.image import Asset
from imageseo.web.filenames import looks_like_variant
from imageseo.web.srcset.candidates import Candidate, parse_srcset
from imageseo.web.srcset.syntax import SyntaxFault, srcset_fault

SEVERITY = Severity.ERROR
SOURCES = ("HTML srcset",)
TOLERANCE = 1  # px


def check(html: bytes, images: Sequence[ImageFact], asset_of: Callable[[str], Asset | None]) -> Iterator[Problem]:
    for image in images:
        ref = image.ref
        srcsets = [] if ref.is_processed else [("a <source>", source.srcset) for source in ref.sources if source.srcset]
        own = ref.get("srcset")
        if own is not None and "srcset" not in added_attributes(ref):
            srcsets.insert(0, ("its srcset", own))
        problems = (_problem(html, image, where, srcset, asset_of) for where, srcset in srcsets)
        yield from islice((problem for problem in problems if problem is not None), 1)


def _problem(
    html: bytes, image: ImageFact, where: str, srcset: str, asset_of: Callable[[str], Asset | None]
) -> Problem | None:
    """Return the first error of a srcset, with its remedy; None if there is none."""
    fault = srcset_fault(srcset)
    if fault is None or fault.harmless:
        fault = _wrong_width(parse_srcset(srcset), asset_of) or fault
    if fault is None:
        return None
    fix: tuple[Edit, ...] = ()
    if fault.corrected is not None and where == "its srcset":
        fix = replace_value(html, image.ref, "srcset", fault.corrected)
    return Problem(
        message=f"{image.name}: {where} {fault.what}",
        hint=fault.hint,
        at=image.ref,
        severity=Severity.WARN if fault.harmless else None,
        fix=fix,
    )


def _wrong_width(candidates: Sequence[Candidate], asset_of: Callable[[str], Asset | None]) -> SyntaxFault | None:
    for each in candidates:
        # A variant has its width in its name; whether it exists yet depends on other pages.
        if each.width is None or looks_like_variant(each.url.partition("?")[0]):
            continue
        asset = asset_of(each.url)
        if asset is None or asset.format == "svg":
            continue
        if abs(asset.css_width - each.width) > TOLERANCE:
            what = f"declares {each.width}w for {asset.path}, which is {asset.css_width} px wide"
            return SyntaxFault(what, f"write {asset.css_width}w")
    return None
