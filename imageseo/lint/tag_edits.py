"""Edits of one tag for fixes of lint, and properties of a tag that several rules need."""

from __future__ import annotations

import re

from imageseo.model.edit import Edit
from imageseo.model.image import ImageRef, Span
from imageseo.web.html.attributes import SPACE, Tag, repeated
from imageseo.web.html.edits import ADDABLE, CHROME, HERO, MARKER

_SCHEME = re.compile(r"#(?:only|gh)-(light|dark)\b")


def is_lazy(ref: ImageRef) -> bool:
    return (ref.get("loading") or "").strip().lower() == "lazy"


def has_high_priority(ref: ImageRef) -> bool:
    return (ref.get("fetchpriority") or "").strip().lower() == "high"


def is_set_by_script(ref: ImageRef) -> bool:
    """Whether a script sets the image in the browser: ``data-src``, ``:src``, ``v-bind:srcset`` …."""
    return any(
        attribute.name not in ("src", "srcset") and attribute.name.endswith(("src", "srcset"))
        for attribute in ref.attributes
    )


def color_scheme(ref: ImageRef) -> str | None:
    """Return ``light`` or ``dark`` for an image that is shown in one colour scheme only, else ``None``."""
    match = _SCHEME.search(ref.src)
    return match[1] if match else None


def added_attributes(ref: ImageRef) -> frozenset[str]:
    """Return the attributes that an earlier build wrote into the tag; empty if it wrote none."""
    words = frozenset((ref.get(MARKER) or "").split()) - {HERO, CHROME}
    return words if words <= ADDABLE else frozenset()


def is_processed(ref: ImageRef) -> bool:
    """Whether `imageseo build` has processed the image."""
    return ref.is_processed or bool(added_attributes(ref)) or ref.is_marked_hero


def remove_attribute(html: bytes, ref: ImageRef, name: str) -> tuple[Edit, ...]:
    """Return the edit that removes an attribute of the author's from a tag; none if a build wrote it.

    None either if the page's bytes are not those that were scanned (in a build).
    """
    attribute = next((attribute for attribute in ref.attributes if attribute.name == name), None)
    if attribute is None or name in added_attributes(ref):
        return ()
    start, end = attribute.span
    if html[start : start + len(name)].lower() != name.encode() or start == end:
        return ()
    if html[start - 1 : start] in (b" ", b"\t", b"\n", b"\f", b"\r"):
        start -= 1
    elif html[end : end + 1] not in (b" ", b"\t", b"\n", b"\f", b"\r", b"/", b">"):
        return ()  # `a="1"b="2"c="3"`: cannot be removed safely
    return (Edit(span=Span(start, end), replacement=b""),)


def add_attributes(html: bytes, ref: ImageRef, text: str) -> tuple[Edit, ...]:
    """Return the edit that adds attributes to a tag, as written in ``text``; none if other bytes were scanned."""
    if html[ref.span.start : ref.span.start + 4].lower() != b"<img":
        return ()
    return (Edit(span=Span(ref.insert_at, ref.insert_at), replacement=f" {text}".encode("ascii")),)


def remove_repeats(html: bytes, ref: ImageRef, name: str) -> tuple[Edit, ...]:
    """Return the edits that remove all but the first of several attributes with one name."""
    text = html[ref.span.start : ref.span.end].decode("latin-1")
    found = [each for each in repeated(text, Tag("img", 0, len(text), len(text))) if each.name == name]
    if text[:4].lower() != "<img" or any(text[each.start - 1] not in SPACE for each in found):
        return ()
    start = ref.span.start
    return tuple(Edit(span=Span(start + each.start - 1, start + each.end), replacement=b"") for each in found)


def replace_value(html: bytes, ref: ImageRef, name: str, value: str) -> tuple[Edit, ...]:
    """Return the edit that gives an attribute of the author's another value; none if that is not surely safe."""
    attribute = next((attribute for attribute in ref.attributes if attribute.name == name), None)
    if attribute is None or name in added_attributes(ref):
        return ()
    return rewrite_value(html, attribute.span, name, value)


def rewrite_value(html: bytes, span: Span, name: str, value: str) -> tuple[Edit, ...]:
    """Return the edit that rewrites an attribute, with its name as it was; none if other bytes are there."""
    start, end = span
    written = html[start:end]
    if not re.fullmatch(rb"[^=\s]+\s*(?:=.*)?", written, re.DOTALL) or written[: len(name)].lower() != name.encode():
        return ()
    if not value.isascii() or '"' in value or "&" in value:
        return ()
    label = re.split(rb"[\s=]", written, maxsplit=1)[0]
    follows = html[end : end + 1]
    space = b"" if follows in (b" ", b"\t", b"\n", b"\f", b"\r", b">", b"/") else b" "
    return (Edit(span=span, replacement=label + b'="' + value.encode("ascii") + b'"' + space),)
