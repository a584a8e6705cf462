"""The attributes of one tag, as written and as meant."""

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
    """One tag. ``name``: lower case; end tags begin with ``/``; ``!--`` is a comment as a whole.

    ``start``/``end``: of the tag itself. ``close``: of a raw text element, where its content ends (else ``end``).
    """

    name: str
    start: int
    end: int
    close: int


class RawAttribute(NamedTuple):
    """One attribute as written: lower-cased name, raw value (``None`` when bare), offsets of the whole.

    ``hungry``: it ends in ``=`` without a value; what is written behind it would become its value.
    """

    name: str
    value: str | None
    start: int
    end: int
    hungry: bool = False


def attributes(text: str, tag: Tag) -> list[RawAttribute]:
    """The attributes of a start tag; of two with one name the first counts, as in browsers."""
    found: dict[str, RawAttribute] = {}
    for match in _ATTRIBUTE.finditer(text, tag.start + 1 + len(tag.name), tag.end):
        name = match[1].lower()
        if name not in found:
            index = match.lastindex or 1
            hungry = index == 1 and match.end() > match.end(1)
            value = match[index] if index > 1 else "" if hungry else None
            found[name] = RawAttribute(name, value, match.start(), match.end(), hungry)
    return list(found.values())


def read(source: str, start: int = 0) -> dict[str, str]:
    """Name -> decoded value (``""`` when bare) of the attributes in ``source`` from ``start`` on; the first counts."""
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(source, start):
        found.setdefault(name.lower(), decoded(values[0] or values[1] or values[2]))
    return found


@lru_cache(maxsize=4096)
def written(source: str, start: int) -> Mapping[str, str]:
    """Like ``read``, and remembered: the pages of a site share most of their heads."""
    return read(source, start)


def room(text: str, tag: Tag, written: Sequence[RawAttribute]) -> int:
    """Where more attributes may be added: behind the last attribute that cannot swallow them.

    ``<img src=foo/>`` ends in a value that owns the slash, and what is added behind ``alt=`` would become its value.
    """
    best = max((item.end for item in written if not item.hungry), default=tag.start + 1 + len(tag.name))
    for match in _ATTRIBUTE.finditer(text, best, tag.end):  # only repeated attributes are left, or a hungry one
        if match.lastindex != 1 or match.end() == match.end(1):
            best = match.end()
    return best


def decoded(value: str) -> str:
    """An attribute's value with its character references resolved, by the rules for attributes.

    Those differ from text: ``?a=1&copy=2`` holds no copyright sign.
    """
    if "&" not in value:
        return value
    return _REFERENCE.sub(lambda match: _referred(match, value), value)


def _referred(match: re.Match[str], value: str) -> str:
    name = match[1]
    if name is None or name.endswith(";"):
        return unescape(match[0]) if name is None or name in html5 else match[0]
    return html5[name] if name in html5 and not value.startswith("=", match.end()) else match[0]
