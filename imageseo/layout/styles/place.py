"""Where in its page an image is, as far as the bytes before it tell cheaply."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from imageseo.web.html.attributes import read

_VOID = frozenset(b"area base br col embed hr img input link meta source track wbr".split())
_TAG = re.compile(rb"""<(/?)([a-zA-Z][^\s/<>"']*+)(?:=\s*+(?:"[^"]*+"|'[^']*+')|[^<>"'])*+>""")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_WITHOUT_TAGS = re.compile(rb"<(script|svg)\b[^>]*>(?:(?!<(?:script|svg)\b).)*?</\1>", re.DOTALL)
_LEFT = re.compile(rb"<!--|-->|<(script|svg)\b(?!></\1>)")
_OMITTED_ENDS = (b"p", b"li", b"dt", b"dd", b"td", b"th", b"tr")
_WINDOW = 800  # bytes before an image in which its parent is looked for


class Place(NamedTuple):
    """What the bytes before an image tell cheaply of where it is.

    ``parent``: the start tag of the element around it. ``previous``: the name of the element before it in there, empty
    if there is none. ``None``: not known.
    """

    parent: bytes | None = None
    previous: bytes | None = None


_UNKNOWN = Place()


def place_of(html: bytes, at: int) -> Place:
    """Return what can be told cheaply of the surroundings of an image at an offset."""
    start = html.rfind(b"<", 0, at)
    match = _TAG.match(html, start, at) if start >= 0 else None
    if match is None:
        return _UNKNOWN
    follows = html[match.end() : at]
    if b">" in follows and b"-->" not in follows:
        return _UNKNOWN  # what looks like a tag may be in the value of an attribute: <div title="<b>">
    if b">" not in follows and not match[1] and match[2].lower() not in _VOID:
        return Place(match[0], b"")
    window = html[max(0, at - _WINDOW) : at]
    if b"-->" in window or b"<!--" in window or b"<script" in window or b"<svg" in window:
        window = _WITHOUT_TAGS.sub(rb"<\1></\1>", _COMMENT.sub(b"", window))
        if _LEFT.search(window):
            return _UNKNOWN
    closed: list[bytes] = []
    previous: bytes | None = None
    end = len(window)
    for match in reversed(list(_TAG.finditer(window))):
        if b">" in window[match.end() : end]:
            return _UNKNOWN
        end = match.start()
        name = match[2].lower()
        if not closed and previous is None and (match[1] or name in _VOID):
            previous = name
        if name in _VOID:
            continue
        if match[1]:
            closed.append(name)
        elif not closed:
            return Place(match[0], previous)
        elif closed[-1] == name:
            closed.pop()
        elif name not in _OMITTED_ENDS:
            return Place(None, previous)
    return Place(None, previous)


def read_tag(tag: bytes, charset: str) -> tuple[str, Mapping[str, str]]:
    """Return name and attributes of a start tag, such as ``Place.parent``."""
    text = tag.decode(charset, "replace")
    name = re.split(r"[\s/>]", text[1:], maxsplit=1)[0]
    return name.lower(), read(text.rstrip("/>"), 1 + len(name))
