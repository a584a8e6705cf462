"""HTML tokens by offset: the tags of a page that somebody asked for, and their attributes.

Follows the tokenizer of the HTML standard where it decides what is a tag: quotes only open a value right after
``=``, ``<`` and ``>`` inside values are text, an unterminated tag ends the page, raw text elements end at their own
end tag only. Nothing inside comments, raw text elements, ``<template>``, ``<svg>`` or ``<math>`` is a tag for us.

Pages come as latin-1 text, so that every offset is the offset of a byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import unescape
from html.entities import html5
from typing import NamedTuple

SPACE = " \t\n\f\r"
_VALUE = rf"""(?:"[^"]*+"|'[^']*+'|[^{SPACE}>"'][^{SPACE}>]*+|(?=>))"""
_EQUALS = rf"[{SPACE}]*+=[{SPACE}]*+"
# The first branch is the last one's commonest case, faster.
_ATTRIBUTES = (
    rf"""(?: [^{SPACE}/>=]++="[^"]*+"|[{SPACE}/]++"""
    rf"""|[^{SPACE}/>][^{SPACE}/>=]*+(?:{_EQUALS}{_VALUE}|(?!{_EQUALS})))*+"""
)
_START_TAG = re.compile(rf"<([a-z][^{SPACE}/>]*+){_ATTRIBUTES}>")
_HEAD_PIECE = re.compile(
    rf"[{SPACE}]*+<(?:(/?(?:html|head|title|meta|link|base|script|style|noscript))(?=[{SPACE}/>]){_ATTRIBUTES}>"
    r"|(!--)|![^>]*>)"
)
_ATTRIBUTE = re.compile(
    rf"""([^{SPACE}/>][^{SPACE}/>=]*+)"""
    rf"""(?:{_EQUALS}(?:"([^"]*+)"|'([^']*+)'|([^{SPACE}>"'][^{SPACE}>]*+)|(?=>)))?+"""
)
_COMMENT_END = re.compile(r"-->|--!>")
_SCRIPT_STEP = re.compile(rf"(<!--)|(-->)|<(/?)script(?=[{SPACE}/>])")
_REFERENCE = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|([a-zA-Z][a-zA-Z0-9]*;?))")

TEXT_LINK = "a!"
PLAIN_NAV = "nav!"
RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript"})
_FOREIGN = frozenset({"svg", "math"})
_SKIPPED = RAW | _FOREIGN | {"template", "plaintext"}
_RAW_ENDS = {name: re.compile(rf"</{name}(?=[{SPACE}/>])") for name in RAW}
_FOREIGN_TAGS = {name: re.compile(rf"<(/?){name}(?=[{SPACE}/>]){_ATTRIBUTES}>") for name in _FOREIGN}


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


@lru_cache(maxsize=64)
def _stops(names: frozenset[str]) -> re.Pattern[str]:
    """Runs up to the next tag that has one of these names, in C: a page has thousands of tags and we want dozens.

    Groups: 1 a tag's name with its slash; 2 a comment begins; 3 a bogus comment or doctype; 4 a tag that never ends.
    """
    listed = "|".join(re.escape(name) for name in sorted(names))
    boring = rf"/?+(?!(?:{listed})[{SPACE}/>])[a-z][^{SPACE}/>]*+{_ATTRIBUTES}>"
    if TEXT_LINK in names:
        span = rf"(?:[^<]*+</?+span(?=[{SPACE}/>]){_ATTRIBUTES}>)*+[^<]*+"
        boring = rf"{boring}|a(?=[{SPACE}/>]){_ATTRIBUTES}>{span}</a>"
    if PLAIN_NAV in names:
        boring = rf"{boring}|nav(?=[{SPACE}/>]){_ATTRIBUTES}>[^<]*+(?:<(?:{boring})[^<]*+)*+</nav>"
    tag = rf"(/?[a-z][^{SPACE}/>]*+){_ATTRIBUTES}>"
    return re.compile(
        rf"[^<]*+(?:<(?:{boring}|(?![a-z/!?]))[^<]*+)*+(?:<(?:{tag}|(!--)|([!?][^>]*+>?|/(?![a-z])[^>]*+>?)|(.))|\Z)",
        re.DOTALL,
    )


def walk(lowered: str, wanted: frozenset[str]) -> Iterator[Tag]:
    """The start and end tags of the elements named in ``wanted``, in order; comments when it holds ``!--``.

    With ``TEXT_LINK`` in it, links that hold words alone are left out: most of a page's navigation. With ``PLAIN_NAV``,
    each ``<nav>`` that holds nothing wanted, no other ``<nav>`` either: most folders of such a tree.

    ``lowered``: the page in lower case (latin-1 text keeps its offsets then).
    """
    stops = _stops(wanted | _SKIPPED).match
    templates = position = 0
    while (match := stops(lowered, position)) is not None:
        name = match[1]
        if name is None:
            if match[2] is not None:
                start = match.start(2) - 1
                position = _comment_end(lowered, start + 4)
                if "!--" in wanted and not templates:
                    yield Tag("!--", start, position, position)
                continue
            if match[3] is None:
                return
            position = match.end()
            continue
        start, end = match.start(1) - 1, match.end()
        position = end
        if name in _SKIPPED:
            if name == "plaintext":
                return
            if name == "template":
                templates += 1
            elif name in RAW:
                position = _raw_end(lowered, name, end)
                if name in wanted and not templates:
                    yield Tag(name, start, end, position)
            else:
                position = _foreign_end(lowered, name, start, end)
        elif name == "/template":
            templates = max(0, templates - 1)
        elif not templates:
            yield Tag(name, start, end, end)


def tag_over(lowered: str, offset: int) -> Tag | None:
    """The start tag whose attributes span an offset that a plain search found; ``None`` when it stands in text."""
    start = offset
    for _ in range(4):  # values may hold `<`; more than three of them before the needle is not worth a search
        start = lowered.rfind("<", 0, start)
        if start < 0:
            return None
        match = _START_TAG.match(lowered, start)
        if match is not None and match.end() > offset:
            return Tag(match[1], start, match.end(), match.end())
    return None


def head_room(lowered: str) -> int | None:
    """Where the head ends of a page whose ``<head>`` and ``<body>`` tags a minifier dropped; ``None`` without any."""
    position, end = 0, None
    while (match := _HEAD_PIECE.match(lowered, position)) is not None:
        name = match[1]
        if match[2] is not None:
            position = _comment_end(lowered, match.end())
            continue
        position = match.end()
        if name in RAW:
            position = _raw_end(lowered, name, position)
        if name is not None and name.removeprefix("/") != "html":
            end = position
    return end


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


def _comment_end(lowered: str, content: int) -> int:
    """Where a comment ends whose content begins here; ``<!-->`` and ``<!--->`` are whole comments."""
    for empty in (">", "->"):
        if lowered.startswith(empty, content):
            return content + len(empty)
    match = _COMMENT_END.search(lowered, content)
    return match.end() if match else len(lowered)


def _raw_end(lowered: str, name: str, content: int) -> int:
    """Where the content of a raw text element ends: at its end tag, else with the page."""
    if name == "script":
        return _script_end(lowered, content)
    match = _RAW_ENDS[name].search(lowered, content)
    return match.start() if match else len(lowered)


def _script_end(lowered: str, content: int) -> int:
    """Like ``_raw_end``, but ``<!-- <script>`` in a script hides one ``</script>`` (double escaped state)."""
    escaped = doubled = False
    for match in _SCRIPT_STEP.finditer(lowered, content):
        if match[1] is not None:
            escaped = True
        elif match[2] is not None:
            escaped = doubled = False
        elif match[3]:
            if not doubled:
                return match.start()
            doubled = False
        elif escaped:
            doubled = True
    return len(lowered)


def _foreign_end(lowered: str, name: str, start: int, end: int) -> int:
    """Where ``<svg>`` or ``<math>`` ends; right behind its start tag when it stands alone or is never closed."""
    if lowered.startswith("/>", end - 2) and not _unquoted_slash(lowered, name, start, end):
        return end
    depth = 1
    for match in _FOREIGN_TAGS[name].finditer(lowered, end):
        if match[1]:
            depth -= 1
            if depth == 0:
                return match.end()
        elif not lowered.startswith("/>", match.end() - 2):
            depth += 1
    return end


def _unquoted_slash(lowered: str, name: str, start: int, end: int) -> bool:
    """Whether the slash before ``>`` belongs to an unquoted value."""
    found = attributes(lowered, Tag(name, start, end, end))
    return bool(found) and found[-1].end == end - 1
