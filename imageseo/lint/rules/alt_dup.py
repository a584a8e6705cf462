"""An alternative text does not repeat the text around the image.

A screen reader reads a text twice when it repeats the caption, the heading above the image, or all the text of the
link, button, paragraph, list item or cell around it (axe: image-redundant-alt): make the image decorative there
(``alt=""``), or describe what the surrounding text does not. If several different images of a page share one text, none
of them is really described.

Texts are compared without case and outer punctuation; captions, headings and other images in the article only. Icons,
files of other hosts (badges), the same file in several places, and counterparts of one image (for light and dark
screens, for narrow and wide ones, as a thumbnail) are not compared.

Bad (a warning: the caption):
    <figure><img src="photo-1600x900.jpg" alt="The harbour at dawn">
    <figcaption>The harbour at dawn.</figcaption></figure>

Bad (a warning: the heading):
    <h2>Settings dialog</h2><p><img src="photo-1600x900.jpg" alt="Settings dialog"></p>

Bad (a warning: the link's own text):
    <p><a href="/guide/"><img src="photo-1600x900.jpg" alt="The guide"> The guide</a></p>

Bad (a warning: the paragraph's):
    <p><img src="photo-1600x900.jpg" alt="The old quay"> The old quay</p>

Bad (a warning: a cell's):
    <table><tr><td><img src="mark-64x64.png" alt="The guide"><span>The guide</span></td></tr></table>

Bad (a warning: several images):
    <p><img src="first-800x450.jpg" alt="Screenshot"></p><p><img src="second-800x600.jpg" alt="Screenshot"></p>

Good:
    <figure><img src="photo-1600x900.jpg" alt="Fog lies over the boats; one lamp is lit">
    <figcaption>The harbour at dawn.</figcaption></figure>

Good (more than the text beside it):
    <button><img src="mark-64x64.png" alt="Open"> The guide</button>

Good (no reader hears it twice):
    <ul><li><img src="mark-64x64.png" alt="Boats" aria-hidden="true"> Boats</li>
    <li><img src="mark-64x64.png" alt="Boats"><span hidden>Boats</span></li></ul>

Good (it decorates a link that has words):
    <p><a href="/guide/"><img src="photo-1600x900.jpg" alt=""> The guide</a></p>

Good (one picture for two schemes):
    <p><img src="a-800x450.jpg#only-light" alt="The harbour"><img src="b-800x450.jpg#only-dark" alt="The harbour"></p>

Good (its twin by name):
    <p><img src="harbour-light-800x450.jpg" alt="The harbour"><img src="harbour-dark-800x450.jpg" alt="The harbour"></p>

Good (a badge has its words from another host):
    <h2>Build status</h2><p><img src="https://img.example/badge.svg" alt="Build status"></p>

Good (one file twice, and icons):
    <p><img src="photo-1600x900.jpg" alt="The harbour"><img src="photo-1600x900.jpg" alt="The harbour">
    <img src="yes-16x16.png" alt="yes"><img src="ok-24x24.png" alt="yes"></p>
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from imageseo.lint.alt_text import TO_DESCRIBE, file_name, is_unseen, normalized, stem
from imageseo.lint.tag_edits import color_scheme
from imageseo.model.facts import ImageFact, Problem, shorten
from imageseo.model.finding import Severity
from imageseo.model.image import PageRegion

if TYPE_CHECKING:
    from turbohtml import Element

    from imageseo.web.accessibility.graphics import Graphic, PageGraphics

SEVERITY = Severity.WARN
LINT_ONLY = True
SOURCES = ("axe image-redundant-alt", "Lighthouse image-redundant-alt", "HTML alt")
_AROUND = {
    "a": "link around it",
    "button": "button around it",
    "p": "paragraph around it",
    "li": "list item around it",
    "td": "cell around it",
    "th": "cell around it",
}
_MAY_HIDE = re.compile(r"hidden|inert|style\s*=|<(?:script|style|template|noscript)", re.IGNORECASE)
_MAX_HIDDEN = 500  # characters: of text that is hidden beside an image, or of scripts
_MAX_SOURCE = 5000  # characters
ICON = 64  # px; an image no larger than this on both sides is an icon

_COUNTERPART = re.compile(
    r"(?<![a-z])(?:light|dark|day|night|mobile|desktop|phone|small|large|thumb|thumbnail|retina|\d+w|@?\dx)(?![a-z])"
)


def check(images: Sequence[ImageFact], graphics: PageGraphics) -> Iterator[Problem]:
    by_text: dict[str, list[ImageFact]] = {}
    texts: dict[Element, str] = {}
    for number, image in enumerate(images):
        ref, alt = image.ref, normalized(image.ref.get("alt") or "")
        if not alt:
            continue
        repeated = None
        if ref.region is PageRegion.ARTICLE:
            by_text.setdefault(alt, []).append(image)
            if ref.caption and normalized(ref.caption) == alt:
                repeated = "caption"
            elif ref.heading and normalized(ref.heading) == alt and not _may_be_badge(image):
                repeated = "heading above it"
        graphic = graphics.image(number) if repeated is None else None
        if graphic is not None:
            repeated = _repeated_around(graphic, alt, graphics, texts)
            if repeated is not None and (
                graphic.is_decorative or is_unseen(ref, graphic) or graphic.name.source != "alt"
            ):
                continue
        if repeated is not None:
            yield Problem(
                message=f"{image.name}: its alternative text {_quoted_alt(image)} repeats the {repeated}",
                hint='describe what that text does not, or write `alt=""` if it is complete',
                at=ref,
                changes=TO_DESCRIBE,
            )
    for sharing in by_text.values():
        if len(sharing) > 1:
            yield from _shared_text_problem(sharing)


def _repeated_around(graphic: Graphic, alt: str, graphics: PageGraphics, texts: dict[Element, str]) -> str | None:
    """Return what an image is in if all the text of that is its own alternative text. ``texts``: of such elements."""
    from imageseo.web.markup.elements import parents  # not needed by a build

    around = next((each for each in parents(graphic.element.node) if _may_repeat(each)), None)
    if around is None:
        return None
    text = texts.get(around)
    if text is None:
        # What is hidden takes long to find, and is looked for only where it may matter.
        text = texts[around] = normalized(graphics.elements.decode_node(around.text or ""))
    if alt not in text or len(text) > len(alt) + _MAX_HIDDEN:
        return None
    if text != alt or _MAY_HIDE.search(_source(graphics, around)):
        text = normalized(graphics.names.visible_text(around))
    return _AROUND.get(around.tag, "button around it") if text == alt else None


def _may_repeat(element: Element) -> bool:
    tag = element.tag
    if tag == "a":
        return element.attr("href") is not None
    return tag in _AROUND or element.attr("role") == "button"


def _source(graphics: PageGraphics, element: Element) -> str:
    tag = graphics.elements.element(element)
    return "" if tag is None else graphics.elements.text[tag.offset : tag.offset + _MAX_SOURCE]


def _may_be_badge(image: ImageFact) -> bool:
    """Whether the image may be a badge: a file of another host, which supplies its own text."""
    return image.asset is None and any(target.elsewhere == "origin" for target in image.targets)


def _shared_text_problem(images: Sequence[ImageFact]) -> Iterator[Problem]:
    """One problem where different images share a text, at the second of them."""
    first: dict[str, ImageFact] = {}
    files = set()
    for image in images:
        if (
            image.asset is None
            or max(image.asset.width, image.asset.height) <= ICON
            or color_scheme(image.ref) == "dark"
        ):
            continue
        if image.asset.sha256 not in files:
            files.add(image.asset.sha256)
            first.setdefault(_COUNTERPART.sub("", stem(file_name(image.ref.src)).lower()), image)
    if len(first) > 1:
        one, two = list(first.values())[:2]
        yield Problem(
            message=f"{len(first)} different images have the alternative text {_quoted_alt(two)}: "
            f"{one.name}, {two.name}{' …' if len(first) > 2 else ''}",
            hint="describe how each image differs from the others",
            at=two.ref,
            changes=TO_DESCRIBE,
        )


def _quoted_alt(image: ImageFact) -> str:
    return repr(shorten((image.ref.get("alt") or "").strip(), 60))
