"""Problems from faults of markup: where they are, how serious, and the edit that fixes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from imageseo.lint.tag_edits import rewrite_value
from imageseo.model.edit import Edit
from imageseo.model.facts import ImageFact, Problem, ProblemLocation
from imageseo.model.finding import Severity
from imageseo.model.image import ImageRef, Span

if TYPE_CHECKING:
    from imageseo.web.markup.elements import MarkupElement
    from imageseo.web.markup.faults import MarkupFault


def refs_by_offset(images: Sequence[ImageFact]) -> Mapping[int, ImageRef]:
    """Return the images of a scan by where their tags begin."""
    return {image.ref.span.start: image.ref for image in images}


def problem_of(fault: MarkupFault, html: bytes, refs: Mapping[int, ImageRef], image: str | None = None) -> Problem:
    """Return the problem of a fault; one that is not serious is a warning.

    ``refs``: the images of the page, so that one in the same element can suppress the finding. ``image``: its URL.
    """
    ref = refs.get(fault.element.offset)
    inner = None
    if ref is None:
        picture = fault.element.node if fault.element.node.tag == "picture" else fault.element.node.closest("picture")
        inner = None if picture is None else picture.find("img")
    near = ref if inner is None or inner.source_location is None else refs.get(inner.source_location[0][2])
    return Problem(
        message=fault.what,
        hint=fault.hint,
        at=near,
        severity=None if fault.serious else Severity.WARN,
        place=ProblemLocation(offset=fault.element.offset, image=image or (near.src if near is not None else None)),
        fix=_fix(fault, html),
    )


def _fix(fault: MarkupFault, html: bytes) -> tuple[Edit, ...]:
    if not fault.attribute:
        return ()
    if fault.value is None:
        return removal(html, fault.element, fault.attribute)
    return replacement(html, fault.element, fault.attribute, fault.value)


def replacement(html: bytes, element: MarkupElement, name: str, value: str) -> tuple[Edit, ...]:
    """Return the edit that rewrites an attribute; none if that is not surely safe."""
    written = next((each for each in element.written if each.name == name), None)
    if written is None:
        return ()
    return rewrite_value(html, Span(written.start, written.end), name, value)


def removal(html: bytes, element: MarkupElement, name: str) -> tuple[Edit, ...]:
    """Return the edit that removes an attribute; none if that is not surely safe."""
    written = next((each for each in element.written if each.name == name), None)
    if written is None or html[written.start - 1 : written.start] not in (b" ", b"\t", b"\n", b"\f", b"\r"):
        return ()
    return (Edit(span=Span(written.start - 1, written.end), replacement=b""),)
