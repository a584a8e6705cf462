"""Every image reserves its space: width and height are set and match the file's aspect ratio.

Until an image has loaded, a browser knows its aspect ratio only from ``width`` and ``height``. Without them the text
below shifts (CLS); with wrong ones it shifts too, or the image is distorted. Up to 2 px of rounding are accepted.

The rule reads the tag's attributes in px. A percentage width, and CSS of the tag's own style that sets both sides or an
``aspect-ratio``, reserve the space as well and are accepted. The aspect ratio is not compared for SVG (it is fitted,
never distorted) and for images with ``object-fit``. Data URLs need no reserved space, and a missing or unreadable file
is reported by another rule. An emoji (class ``twemoji``, ``gemoji`` or ``emojione``) is as high as its line, by its own
style sheet. An image of another host, such as a badge, is a note: no build can add its size.

``--fix`` adds both attributes on pages of a theme that is known to keep aspect ratios (``height: auto``), to images of
the article without a class or style of their own. Elsewhere a height could distort an image that a style sheet narrows;
there `imageseo build` adds both together with the style that prevents it.

Bad:
    <img src="photo-1600x900.jpg" alt="A harbour">

Bad (half of it does not help):
    <img src="photo-1600x900.jpg" alt="A harbour" width="800">

Bad (values that browsers ignore):
    <img src="photo-1600x900.jpg" alt="A harbour" width="auto" height="auto">

Bad (a side in its style reserves nothing without the other):
    <img src="photo-1600x900.jpg" alt="A harbour" style="height: 250px">

Bad (not the file's proportions):
    <img src="photo-1600x900.jpg" alt="A harbour" width="800" height="600">

Bad (another host's, a note):
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

Good (a placeholder: a script shows another file, perhaps of another size):
    <img src="photo-1600x900.jpg" data-src="full.jpg" alt="A harbour">

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
from imageseo.model.facts import ImageFact, Problem, shorten
from imageseo.model.finding import AttributeChange, Severity
from imageseo.model.image import Asset, BadAsset, PageRegion
from imageseo.web.html.edits import MARKER
from imageseo.web.html.script_owned import handler, placeholder
from imageseo.web.urls import is_unloadable

SEVERITY = Severity.ERROR
SOURCES = (
    "Lighthouse unsized-images",
    "Lighthouse image-aspect-ratio",
    "Lighthouse cls-culprits-insight",
    "HTML dimensions",
)
TOLERANCE = 2  # px
_EMOJI = frozenset({"twemoji", "gemoji", "emojione"})  # of Markdown extensions

_LARGEST = 33_554_428.0  # px; browsers replace a larger number by this one
_DIMENSION = re.compile(r"[ \t\n\f\r]*\+?(\d+(?:\.\d*)?|\.\d+)(%?)")


class Length(NamedTuple):
    """A dimension attribute as HTML reads it."""

    value: float
    percent: bool


def check(html: bytes, images: Sequence[ImageFact]) -> Iterator[Problem]:
    theme_keeps_ratio: bool | None = None
    for image in images:
        if isinstance(image.file, BadAsset) or any(target.elsewhere == "data" for target in image.targets[:1]):
            continue
        if any(is_unloadable(target.url) for target in image.targets[:1]):
            continue
        if placeholder(image.ref) is not None:  # a script shows another file, whose size may differ
            continue
        if not _EMOJI.isdisjoint((image.ref.get("class") or "").split()):
            continue
        style = declarations(image.ref.get("style") or "")
        width, height = _parse_length(image.ref.get("width")), _parse_length(image.ref.get("height"))
        if any(length is not None and length.percent for length in (width, height)):
            continue
        if width is None or height is None:
            if not _is_reserved(style, width, height):
                if theme_keeps_ratio is None:
                    theme = recognise(html)
                    theme_keeps_ratio = theme is not None and theme.keeps_ratio
                yield _missing_problem(image, width, height, style, _fix(html, image) if theme_keeps_ratio else ())
        elif (
            image.asset is not None
            and _is_distorted(image.asset, width.value, height.value)
            and "object-fit" not in style
        ):
            yield Problem(
                message=f"{image.name} is {image.asset.css_width}×{image.asset.css_height} px, but the tag says "
                f"{width.value:.10g}×{height.value:.10g}",
                hint=f"{_text(size := _right_size(image.asset, width.value, None))} keeps its aspect ratio",
                at=image.ref,
                changes=size,
            )


def _fix(html: bytes, image: ImageFact) -> tuple[Edit, ...]:
    """The edit that adds both attributes; none if the tag or probably a style sheet sets the size."""
    ref, asset = image.ref, image.asset
    styled = {attribute.name for attribute in ref.attributes} & {"width", "height", "style", "class", "sizes"}
    if (
        asset is None
        or not asset.natural
        or not asset.raster
        or styled
        or ref.sources
        or ref.region is PageRegion.CHROME
    ):
        return ()
    return add_attributes(html, ref, f'width="{asset.css_width}" height="{asset.css_height}"')


def _missing_problem(
    image: ImageFact, width: Length | None, height: Length | None, style: Mapping[str, str], fix: tuple[Edit, ...]
) -> Problem:
    has_one_side = (width or height) is not None
    missing = "no width" if width is None else "no height"
    outside = any(target.elsewhere == "outside" for target in image.targets[:1])
    place = "outside this site" if outside else "on another host"
    changes: tuple[AttributeChange, ...] = ()
    hint = f"write both, in px; imageseo does not know the size of a file {place}"
    if image.asset is not None and not image.asset.natural:
        hint = f"give it a size with its aspect ratio, {image.asset.css_width}:{image.asset.css_height}"
    elif image.asset is not None:
        changes = _right_size(image.asset, width.value if width else None, height.value if height else None)
        # A build adds no size to SVGs without a size in whole px, opted-out images and those that a handler exchanges.
        # Where it has edited an image without adding one, the page's styles or its Content-Security-Policy are against
        # it.
        is_unchanged_by_build = (
            image.ref.opt_out is not None
            or not image.asset.has_whole_px
            or handler(image.ref) is not None
            or image.ref.get(MARKER) is not None
        )
        action = f"write {_text(changes)}"
        if any(style.get(side, "auto") != "auto" for side in ("width", "height")):  # which attributes would distort
            action = f"add `aspect-ratio: {image.asset.css_width} / {image.asset.css_height}` to its style"
            changes = ()
        hint = action if is_unchanged_by_build else f"{action}, or let `imageseo build` add it"
    return Problem(
        message=f"{image.name} has {missing if has_one_side else 'neither width nor height'}{_unread(image)}",
        hint=hint,
        at=image.ref,
        severity=_severity(image),
        fix=fix,
        changes=changes,
    )


def _unread(image: ImageFact) -> str:
    """Name the attributes that browsers ignore, since the author sees them: ``width="auto"``."""
    written = ((side, image.ref.get(side)) for side in ("width", "height"))
    unread = ", ".join(
        f'{side}="{shorten(value)}"' for side, value in written if value and _parse_length(value) is None
    )
    return f" that browsers understand: {unread}" if unread else ""


def _severity(image: ImageFact) -> Severity | None:
    """A lower severity where the author cannot fix it: an SVG of the theme, a file of another host."""
    if image.asset is None:
        return Severity.INFO
    return Severity.INFO if image.ref.region is PageRegion.CHROME and not image.asset.raster else None


def _is_distorted(asset: Asset, width: float, height: float) -> bool:
    if asset.format == "svg" or 0 in (asset.css_width, asset.css_height, width, height):
        return False
    off_height = abs(height - width * asset.css_height / asset.css_width)
    off_width = abs(width - height * asset.css_width / asset.css_height)
    return min(off_height, off_width) > TOLERANCE


def _right_size(asset: Asset, width: float | None, height: float | None) -> tuple[AttributeChange, ...]:
    """Return the correct attributes, keeping the side that the author set."""
    if width:
        new_width, new_height = round(width), round(width * asset.css_height / asset.css_width)
    elif height:
        new_width, new_height = round(height * asset.css_width / asset.css_height), round(height)
    else:
        new_width, new_height = asset.css_width, asset.css_height
    return AttributeChange("width", str(new_width)), AttributeChange("height", str(max(new_height, 1)))


def _text(size: tuple[AttributeChange, ...]) -> str:
    return " ".join(f'{name}="{value}"' for name, value in size)


def _parse_length(value: str | None) -> Length | None:
    """Parse a dimension value by HTML's rules; None for what a browser ignores."""
    match = _DIMENSION.match(value or "")
    return Length(min(float(match[1]), _LARGEST), match[2] == "%") if match else None


def _is_reserved(style: Mapping[str, str], width: Length | None, height: Length | None) -> bool:
    """Whether the tag's own CSS reserves the space before the file has loaded."""
    sides = [
        side is not None or style.get(name, "auto") != "auto" for name, side in (("width", width), ("height", height))
    ]
    return all(sides) or (any(sides) and style.get("aspect-ratio", "auto") != "auto")
