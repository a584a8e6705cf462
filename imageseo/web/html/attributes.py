"""The attributes of one tag, as written and decoded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import unescape
from html.entities import html5
from typing import NamedTuple

SPACE = " \t\n\f\r"
EQUALS = rf"[{SPACE}]*+=[{SPACE}]*+"
_ATTRIBUTE = re.compile(
    rf"""([^{SPACE}/>][^{SPACE}/>=]*+)"""
    rf"""(?:{EQUALS}(?:"([^"]*+)"|'([^']*+)'|([^{SPACE}>"'][^{SPACE}>]*+)|(?=>)))?+"""
)
_REFERENCE = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|([a-zA-Z][a-zA-Z0-9]*;?))")


class Tag(NamedTuple):
    """One tag. ``name``: lower case, with a leading ``/`` for end tags; ``!--`` for a whole comment.

    ``start``/``end``: offsets of the tag itself. ``close``: where the content of a raw text element ends; ``end`` for
    other elements.
    """

    name: str
    start: int
    end: int
    close: int


class RawAttribute(NamedTuple):
    """One attribute as written: lower-cased name, raw value (``None`` if bare), offsets of the whole attribute.

    ``lacks_value``: it ends in ``=`` without a value; text inserted after it would become its value.
    """

    name: str
    value: str | None
    start: int
    end: int
    lacks_value: bool = False


def attributes(text: str, tag: Tag) -> list[RawAttribute]:
    """Return the attributes of a start tag; the first of two with the same name applies, as in browsers."""
    by_name: dict[str, RawAttribute] = {}
    for match in _ATTRIBUTE.finditer(text, tag.start + 1 + len(tag.name), tag.end):
        name = match[1].lower()
        if name not in by_name:
            index = match.lastindex or 1
            lacks_value = index == 1 and match.end() > match.end(1)
            value = match[index] if index > 1 else "" if lacks_value else None
            by_name[name] = RawAttribute(name, value, match.start(), match.end(), lacks_value)
    return list(by_name.values())


def repeated(text: str, tag: Tag) -> list[RawAttribute]:
    """Return the attributes of a start tag that do not count, because an earlier one has the same name."""
    seen: set[str] = set()
    found = []
    for match in _ATTRIBUTE.finditer(text, tag.start + 1 + len(tag.name), tag.end):
        name = match[1].lower()
        if name in seen:
            found.append(RawAttribute(name, None, match.start(), match.end()))
        seen.add(name)
    return found


def read(source: str, start: int = 0) -> dict[str, str]:
    """Return name -> decoded value (``""`` if bare) of the attributes in ``source`` from ``start`` on.

    The first of two with the same name applies.
    """
    by_name: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(source, start):
        by_name.setdefault(name.lower(), decode_value(values[0] or values[1] or values[2]))
    return by_name


@lru_cache(maxsize=4096)
def read_cached(source: str, start: int) -> Mapping[str, str]:
    """Like ``read``, but cached: the pages of a site share most of their tags in the head."""
    return read(source, start)


def insertion_offset(text: str, tag: Tag, written: Sequence[RawAttribute]) -> int:
    """Return where attributes can be added: after the last attribute that would not absorb them.

    In ``<img src=foo/>`` the slash belongs to the value, and text added after ``alt=`` would become its value.
    """
    best = max((item.end for item in written if not item.lacks_value), default=tag.start + 1 + len(tag.name))
    for match in _ATTRIBUTE.finditer(text, best, tag.end):  # only repeats are left, or one that lacks a value
        if match.lastindex != 1 or match.end() == match.end(1):
            best = match.end()
    return best


def decode_value(value: str) -> str:
    """Resolve the character references of an attribute value by the rules for attributes.

    They differ from those for text: ``?a=1&copy=2`` contains no copyright sign. Line ends and NUL are as in browsers.
    """
    if "\r" in value:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in value:
        value = value.replace("\0", "\ufffd")
    if "&" not in value:
        return value
    return _REFERENCE.sub(lambda match: _resolve_reference(match, value), value)


def _resolve_reference(match: re.Match[str], value: str) -> str:
    name = match[1]
    if name is None or name.endswith(";"):
        return unescape(match[0]) if name is None or name in html5 else match[0]
    return html5[name] if name in html5 and not value.startswith("=", match.end()) else match[0]
