"""Edits of one tag that lint may offer, and what a tag says of itself that rules ask for."""

from __future__ import annotations

import re

from imageseo.model.edit import Edit
from imageseo.model.image import ImageRef, Span
from imageseo.web.html.edits import ADDABLE, CHROME, HERO, MARKER

_SCHEME = re.compile(r"#(?:only|gh)-(light|dark)\b")


def is_lazy(ref: ImageRef) -> bool:
    return (ref.get("loading") or "").strip().lower() == "lazy"


def has_high_priority(ref: ImageRef) -> bool:
    return (ref.get("fetchpriority") or "").strip().lower() == "high"


def color_scheme(ref: ImageRef) -> str | None:
    """``light`` or ``dark`` of an image that is shown in one colour scheme only, else ``None``."""
    match = _SCHEME.search(ref.src)
    return match[1] if match else None


def added_attributes(ref: ImageRef) -> frozenset[str]:
    """The attributes that an earlier build wrote into the tag; empty where it wrote none."""
    words = frozenset((ref.get(MARKER) or "").split()) - {HERO, CHROME}
    return words if words <= ADDABLE else frozenset()


def is_processed(ref: ImageRef) -> bool:
    """Whether a build of ours treated the image: what it could do is done."""
    return ref.is_processed or bool(added_attributes(ref)) or ref.is_marked_hero


def remove_attribute(html: bytes, ref: ImageRef, name: str) -> tuple[Edit, ...]:
    """The edit that takes an attribute of the author's out of a tag; none where a build wrote it.

    None either where the page's bytes are not those that were scanned (in a build).
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
        return ()  # `a="1"b="2"c="3"`: let a person do it
    return (Edit(span=Span(start, end), replacement=b""),)


def add_attributes(html: bytes, ref: ImageRef, text: str) -> tuple[Edit, ...]:
    """The edit that adds attributes, written as they shall be, to a tag; none where its bytes were not scanned."""
    if html[ref.span.start : ref.span.start + 4].lower() != b"<img":
        return ()
    return (Edit(span=Span(ref.insert_at, ref.insert_at), replacement=f" {text}".encode("ascii")),)
