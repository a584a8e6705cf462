"""The attributes of an image have values that exist.

Browsers ignore a value that they do not know: ``decoding="fast"``, ``loading="true"`` or ``fetchpriority="highest"`` do
nothing, and nobody notices. ``width`` and ``height`` are whole numbers of CSS px: a percentage belongs into ``style``,
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

from collections.abc import Iterator, Mapping, Sequence

from imageseo.lint.markup_problems import replacement
from imageseo.lint.tag_edits import replace_value
from imageseo.model.facts import ImageFact, Problem, ProblemLocation, shorten
from imageseo.model.finding import Severity
from imageseo.model.image import ImageRef
from imageseo.web.markup.attribute_values import (
    faults_of,
    foreign_attributes,
    former_attributes,
    misspelt_attribute,
    repeated_attributes,
    unknown_attributes,
)
from imageseo.web.markup.elements import MarkupElement, PageElements

SEVERITY = Severity.WARN
LINT_ONLY = True


def check(html: bytes, images: Sequence[ImageFact], elements: PageElements) -> Iterator[Problem]:
    for image in images:
        ref = image.ref
        values = {attribute.name: attribute.value or "" for attribute in ref.attributes}
        for name, fault in faults_of(values):
            yield Problem(
                message=f"{image.name} has {fault.what}" if name != "src" else f"{image.name}: {fault.what}",
                hint=fault.hint,
                at=ref,
                fix=replace_value(html, ref, name, fault.value) if fault.value is not None else (),
            )
        foreign = foreign_attributes("img", values)
        if foreign:
            yield Problem(message=f"{image.name} has {foreign}, without effect", hint="remove it", at=ref)
        source = html[ref.span.start : ref.span.end].decode("latin-1")
        yield from _repeated(image.name, source, ref)
        yield from _unknown(image.name, values, ref)
        former = former_attributes(values)
        if former:
            yield Problem(
                message=f"{image.name} has {former}, which HTML no longer has",
                hint="write it as CSS",
                at=ref,
                severity=Severity.INFO,
            )
    lowered = html.lower()
    others = [each for each in elements.named("source") if _is_of_picture(each)] if b"<picture" in lowered else []
    if b"<input" in lowered:
        others += [each for each in elements.named("input") if _is_image_button(each)]
    for element in others:
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


def _unknown(name: str, values: Mapping[str, str], ref: ImageRef) -> Iterator[Problem]:
    unknown = unknown_attributes(values)
    misspelt = {each: known for each in unknown if (known := misspelt_attribute(each)) is not None}
    for each, known in misspelt.items():
        yield Problem(message=f"{name} has an attribute `{shorten(each, 40)}`", hint=f"did you mean `{known}`?", at=ref)
    own = [shorten(each, 40) for each in unknown if each not in misspelt]
    if own:
        yield Problem(
            message=f"{name} has {', '.join(own[:5])}, which HTML does not have",
            hint=f"remove it, or name it `data-{own[0]}` if a script reads it",
            at=ref,
            severity=Severity.INFO,
        )


def _repeated(name: str, source: str, ref: ImageRef) -> Iterator[Problem]:
    for each in repeated_attributes(source):
        yield Problem(
            message=f"{name} has {each} twice: browsers use the first, {shorten(repr(ref.get(each) or ''), 60)}",
            hint="remove one",
            at=ref,
        )


def _is_of_picture(element: MarkupElement) -> bool:
    return getattr(element.node.parent, "tag", "") == "picture"


def _is_image_button(element: MarkupElement) -> bool:
    return element.values.get("type", "").strip().lower() == "image"


def _name(element: MarkupElement) -> str:
    if element.node.tag == "source":
        return "a <source> of a <picture>"
    return f"the image button {shorten(element.values.get('src', '').strip()) or 'without src'}"
