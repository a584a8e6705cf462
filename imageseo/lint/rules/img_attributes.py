"""The attributes of an image have values that exist.

Browsers ignore a value that they do not know: ``decoding="fast"``, ``loading="true"`` or ``fetchpriority="highest"`` do
nothing, without an error. ``width`` and ``height`` are whole numbers of CSS px: a percentage belongs into ``style``,
a unit is dropped. A URL has no spaces and no backslashes (``%20`` and ``/``). An attribute that is written twice counts
once, the first time, and a misspelt one not at all. Former attributes of HTML (``align``, ``border``, ``hspace`` …),
which still work, and names that HTML does not have are notes; ``data-…`` and names of frameworks (``v-src``) are not.

``--fix`` corrects what is certain: a number with ``px``, spaces in a URL, keywords with spaces around them, the second
of two equal attributes. Image buttons and the sources of a ``<picture>`` are checked as well.

Bad (a warning):
    <img src="photo-800x450.jpg" alt="A harbour" decoding="fast">

Bad (a warning: a percentage):
    <img src="photo-800x450.jpg" alt="A harbour" width="100%" height="450">

Bad (a warning: a unit):
    <img src="photo-800x450.jpg" alt="A harbour" width="800px" height="450">

Bad (a warning: a space in a URL):
    <img src="a photo-800x450.jpg" alt="A harbour" width="800" height="450">

Bad (a warning: twice):
    <img src="photo-800x450.jpg" alt="A harbour" alt="Boats" width="800" height="450">

Bad (a warning: of a source):
    <picture><source srcset="photo-800x450.webp" type="image/webp" width="100%">
    <img src="photo-800x450.jpg" alt="Boats"></picture>

Bad (a warning: an attribute of sources):
    <img src="photo-800x450.jpg" alt="A harbour" type="image/jpeg" width="800" height="450">

Bad (a note: a former attribute):
    <img src="photo-800x450.jpg" alt="A harbour" width="800" height="450" align="left">

Bad (a warning: a slip):
    <img scr="photo-800x450.jpg" src="photo-800x450.jpg" alt="A harbour" width="800" height="450">

Bad (a note: a name of one's own):
    <img src="photo-800x450.jpg" alt="A harbour" width="800" height="450" lazyload>

Good (names of frameworks):
    <img src="photo-800x450.jpg" alt="A harbour" width="800" height="450" v-cloak :title="t" @load="f" onload="g()">

Good:
    <img src="photo-800x450.jpg" alt="A harbour" width="800" height="450" loading="lazy" decoding="async">

Good (letter case does not matter):
    <img src="a%20photo-800x450.jpg" alt="A harbour" loading="LAZY" crossorigin fetchpriority="Low">

Good (a data URL, and a script's own attributes):
    <img src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>" alt=""><img data-src="a b.jpg" alt="Boats">
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from imageseo.lint.markup_problems import replacement
from imageseo.lint.tag_edits import remove_repeats, replace_value
from imageseo.model.facts import ImageFact, Problem, ProblemLocation, shorten
from imageseo.model.finding import Severity
from imageseo.model.image import PageScan

if TYPE_CHECKING:
    from imageseo.web.markup.attribute_values import TagFault
    from imageseo.web.markup.elements import MarkupElement, PageElements

SEVERITY = Severity.WARN
LINT_ONLY = True
SOURCES = (
    "HTML img",
    "HTML dimensions",
    "HTML loading",
    "HTML fetchpriority",
    "HTML attributes",
    "html-validate attribute-allowed-values",
    "html-validate no-dup-attr",
    "html-validate no-deprecated-attr",
)


def check(html: bytes, scan: PageScan, images: Sequence[ImageFact], elements: PageElements) -> Iterator[Problem]:
    from imageseo.web.markup.attribute_values import faults_of, foreign_attributes, image_faults  # not of a build

    for image in images:
        faults = image_faults(html[image.ref.span.start : image.ref.span.end].decode(scan.charset, "replace"))
        if faults:
            yield from _problems(html, image, faults)
    for element in elements.matching("picture > source,input[type=image i]"):
        is_source = element.node.tag == "source"
        for name, fault in faults_of(element.values):
            # What has no effect at all there is reported as such.
            if name in ("width", "height") or (name == "src" and not is_source):
                yield Problem(
                    message=f"{_name(element)} has {fault.what}"
                    if name != "src"
                    else f"{_name(element)}: {fault.what}",
                    hint=fault.hint,
                    place=ProblemLocation(offset=element.offset),
                    fix=replacement(html, element, name, fault.value) if fault.value is not None else (),
                )
        foreign = "" if is_source else foreign_attributes("input", element.values)
        if foreign:
            yield Problem(
                message=f"{_name(element)} has {foreign}, without effect",
                hint="remove it, or show an `<img>` in a `<button>`",
                place=ProblemLocation(offset=element.offset),
            )


def _problems(html: bytes, image: ImageFact, faults: Sequence[TagFault]) -> Iterator[Problem]:
    for name, fault, is_note, is_repeated in faults:
        fix = replace_value(html, image.ref, name, fault.value) if fault.value is not None else ()
        yield Problem(
            message=f"{image.name}{':' if name == 'src' and not is_repeated else ' has'} {fault.what}",
            hint=fault.hint,
            at=image.ref,
            severity=Severity.INFO if is_note else None,
            fix=remove_repeats(html, image.ref, name) if is_repeated else fix,
        )


def _name(element: MarkupElement) -> str:
    if element.node.tag == "source":
        return "a <source> of a <picture>"
    return f"the image button {shorten(element.values.get('src', '').strip()) or 'without src'}"
