"""Every image reserves its place: width and height are there and in the file's proportions.

Until an image has arrived a browser knows its proportions only from ``width`` and ``height``. Without them the text
below jumps (CLS); with wrong ones it jumps too, or the picture is distorted. Up to 2 px of rounding are fine.

Judged by what the tag says in px. A percent width, and CSS of the tag's own style that sets both sides or an
``aspect-ratio``, are the author's way to reserve the place and no fault. Proportions are not compared for SVG (it is
fitted, never distorted) and for images with ``object-fit``. Data URLs need no reserving, and a file that is missing or
unreadable has one fault already. An emoji (class ``twemoji``, ``gemoji`` or ``emojione``) is as high as its line, by
the style sheet of whoever put it there. On an image of another host, such as a badge, it is a warning: no build can
mend it.

``--fix`` adds both on a page of a theme that is known to keep proportions (``height: auto``), to an image of the
article that no class or style of its own says anything else of. Elsewhere a height could distort what a style sheet
narrows: there `imageseo build` adds them together with the style that keeps them harmless.

Bad:
    <img src="photo-1600x900.jpg" alt="A harbour">

Bad (half of it does not help):
    <img src="photo-1600x900.jpg" alt="A harbour" width="800">

Bad (not the file's proportions):
    <img src="photo-1600x900.jpg" alt="A harbour" width="800" height="600">

Bad (another host's, a warning):
    <img src="https://img.example/badge.svg" alt="build passes">

Good:
    <img src="photo-1600x900.jpg" alt="A harbour" width="800" height="450">

Good (a percent width):
    <img src="photo-1600x900.jpg" alt="A harbour" width="50%">

Good (rounded):
    <img src="photo-1600x900.jpg" alt="A harbour" width="333" height="188">

Good (cropped on purpose):
    <img src="photo-1600x900.jpg" alt="A harbour" width="300" height="300" style="object-fit: cover">

Good (a letter, as far as layout goes):
    <img class="twemoji" src="https://cdn.example/1f389.svg" alt="party popper">

Good (the missing file is another rule's business):
    <img src="gone.jpg" alt="A harbour">

Good (reserved by its own style):
    <img src="photo-1600x900.jpg" alt="A harbour" style="width: 20rem; aspect-ratio: 16 / 9">
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from imageseo.layout.image_widths import declarations
from imageseo.layout.themes import recognise
from imageseo.lint.tag_edits import add_attributes
from imageseo.model.edit import Edit
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity
from imageseo.model.image import Asset, BadAsset, PageRegion

SEVERITY = Severity.ERROR
TOLERANCE = 2  # px
_KEEPS = ("material", "readthedocs")  # themes whose styles give images of the article `height: auto`
_EMOJI = frozenset({"twemoji", "gemoji", "emojione"})  # of Markdown extensions

_MOST = 33_554_428.0  # px; browsers take a larger number for this one
_DIMENSION = re.compile(r"[ \t\n\f\r]*\+?(\d+(?:\.\d*)?|\.\d+)(%?)")


class Length(NamedTuple):
    """A dimension attribute as HTML reads it."""

    value: float
    percent: bool


def check(html: bytes, images: Sequence[ImageFact]) -> Iterator[Problem]:
    safe: bool | None = None
    for image in images:
        if isinstance(image.file, BadAsset) or any(target.elsewhere == "data" for target in image.targets[:1]):
            continue
        if not _EMOJI.isdisjoint((image.ref.get("class") or "").split()):
            continue
        style = declarations(image.ref.get("style") or "")
        width, height = _length(image.ref.get("width")), _length(image.ref.get("height"))
        if any(length is not None and length.percent for length in (width, height)):
            continue
        if width is None or height is None:
            if not _reserved(style, width, height):
                if safe is None:
                    theme = recognise(html)
                    safe = theme is not None and theme.name.startswith(_KEEPS)
                yield _missing(image, width, height, _fix(html, image) if safe else ())
        elif (
            image.asset is not None and _distorted(image.asset, width.value, height.value) and "object-fit" not in style
        ):
            yield Problem(
                message=f"{image.name} is {image.asset.width}×{image.asset.height} px, but the tag says "
                f"{width.value:.10g}×{height.value:.10g}",
                hint=f"{_pair(image.asset, width.value, None)} keeps its proportions",
                at=image.ref,
            )


def _fix(html: bytes, image: ImageFact) -> tuple[Edit, ...]:
    """Both attributes, where the tag says nothing of its size and nobody's styles are likely to."""
    ref, asset = image.ref, image.asset
    said = {attribute.name for attribute in ref.attributes} & {"width", "height", "style", "class", "sizes"}
    if asset is None or not asset.natural or not asset.raster or said or ref.sources or ref.region is PageRegion.CHROME:
        return ()
    return add_attributes(html, ref, f'width="{asset.width}" height="{asset.height}"')


def _missing(image: ImageFact, width: Length | None, height: Length | None, fix: tuple[Edit, ...]) -> Problem:
    given = (width or height) is not None
    what = "no width" if width is None else "no height"
    hint = "write both, in px: nobody but you can know a file of another host"
    if image.asset is not None and not image.asset.natural:
        hint = f"give it a size in its proportions, {image.asset.width}:{image.asset.height}"
    elif image.asset is not None:
        pair = _pair(image.asset, width.value if width else None, height.value if height else None)
        # The build leaves SVGs, an author's srcset and what is opted out as they are.
        left_alone = image.ref.opt_out is not None or not image.asset.raster
        hint = f"write {pair}" if left_alone else f"write {pair}, or let `imageseo build` add it"
    return Problem(
        message=f"{image.name} has {what if given else 'neither width nor height'}",
        hint=hint,
        at=image.ref,
        severity=_severity(image),
        fix=fix,
    )


def _severity(image: ImageFact) -> Severity | None:
    """Milder where the author cannot mend it: a drawing of the theme, a file of another host."""
    if image.asset is None:
        return Severity.WARN
    return Severity.INFO if image.ref.region is PageRegion.CHROME and not image.asset.raster else None


def _distorted(asset: Asset, width: float, height: float) -> bool:
    if asset.format == "svg" or 0 in (asset.width, asset.height, width, height):
        return False
    off_height = abs(height - width * asset.height / asset.width)
    off_width = abs(width - height * asset.width / asset.height)
    return min(off_height, off_width) > TOLERANCE


def _pair(asset: Asset, width: float | None, height: float | None) -> str:
    """The attributes that would be true, keeping the side that the author gave."""
    if width:
        wide, high = round(width), round(width * asset.height / asset.width)
    elif height:
        wide, high = round(height * asset.width / asset.height), round(height)
    else:
        wide, high = asset.width, asset.height
    return f'width="{wide}" height="{max(high, 1)}"'


def _length(value: str | None) -> Length | None:
    """HTML's rules for parsing dimension values; None for what a browser ignores."""
    match = _DIMENSION.match(value or "")
    return Length(min(float(match[1]), _MOST), match[2] == "%") if match else None


def _reserved(style: Mapping[str, str], width: Length | None, height: Length | None) -> bool:
    """True when the tag's own CSS gives the place a size before the file arrives."""
    sides = [
        given is not None or style.get(name, "auto") != "auto" for name, given in (("width", width), ("height", height))
    ]
    return all(sides) or (any(sides) and style.get("aspect-ratio", "auto") != "auto")
