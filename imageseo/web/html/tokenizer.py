"""Finds the tags of given elements in a page, by offset.

Follows the tokenizer of the HTML standard in what counts as a tag: quotes open a value only directly after ``=``,
``<`` and ``>`` inside values are text, an unterminated tag ends the page, raw text elements end only at their own end
tag. Everything inside comments, raw text elements, ``<template>``, ``<svg>`` and ``<math>`` is ignored.

Pages are passed as latin-1 text, so that every offset is a byte offset.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

from imageseo.web.html.attributes import EQUALS, SPACE, Tag, attributes

_VALUE = rf"""(?:"[^"]*+"|'[^']*+'|[^{SPACE}>"'][^{SPACE}>]*+|(?=>))"""
_ATTRIBUTES = rf"""(?:[{SPACE}/]++|[^{SPACE}/>][^{SPACE}/>=]*+(?:{EQUALS}{_VALUE}|(?!{EQUALS})))*+"""
# The rest of a tag after its name. The first branch handles tags with only bare names and `name="value"`, which are
# nearly all: one step of the engine per value, a third of the time. Where `=` may begin a name (after a space, a slash
# or a quote) or no `"` follows it, the second branch reads the tag again, as in the standard.
_PLAIN = rf"""[^>=]*+(?:(?<![{SPACE}/"])="[^"]*+"[^>=]*+)*+>"""
_REST = rf"(?:>|[{SPACE}/](?:{_PLAIN}|{_ATTRIBUTES}>))"
_NAME = rf"[a-z][^{SPACE}/>]*+"
_END = rf"(?=[{SPACE}/>])"
_START_TAG = re.compile(rf"<({_NAME}){_REST}")
_BEFORE_VALUE = frozenset(SPACE + "=")
_COMMENT_END = re.compile(r"-->|--!>")
_SCRIPT_STEP = re.compile(rf"(<!--)|(-->)|<(/?)script{_END}")

RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript"})
HEAD = frozenset({"link", "meta", "script"})  # wanted in several places: each set has a pattern of its own
_FOREIGN = frozenset({"svg", "math"})
_SKIPPED = RAW | _FOREIGN | {"template", "plaintext"}
_RAW_ENDS = {name: re.compile(rf"</{name}{_END}") for name in RAW}
_FOREIGN_TAGS = {name: re.compile(rf"<(/?){name}{_REST}") for name in _FOREIGN}

# What may follow a `<` and neither is a tag nor hides any: text, declarations, bogus comments.
_NOT_A_TAG = r"(?![a-z/!?])|!(?!--)[^>]*+>?|\?[^>]*+>?|/(?![a-z])[^>]*+>?"
_ANY = re.compile(rf"<(?:(/?{_NAME}){_REST}|(!--)|{_NOT_A_TAG}|(.))", re.DOTALL)


@lru_cache(maxsize=64)
def _stops(wanted: frozenset[str]) -> re.Pattern[str]:
    """Return a pattern for these tags and for whatever hides tags: of thousands of tags only dozens are needed.

    Group 1: a tag's name with its slash. Group 2: the start of a comment. Neither: an unterminated tag.
    """
    starts, ends = _alternation((wanted | _SKIPPED) - {"!--"}), _alternation((wanted | {"template"}) - {"!--"})
    # Nearly all tags do not match; the lookahead rejects them before the engine has to store a group.
    return re.compile(rf"<(?={starts}{_END}|/{ends}{_END}|!--)(?:(/?+{_NAME}){_REST}|(!--)|.)", re.DOTALL)


def _alternation(names: Collection[str]) -> str:
    """Return an alternation grouped by initial, which is enough to reject most tags."""
    rests: dict[str, list[str]] = {}
    for name in sorted(names):
        rests.setdefault(re.escape(name[0]), []).append(re.escape(name[1:]))
    return "(?:" + "|".join(f"{initial}(?:{'|'.join(rest)})" for initial, rest in rests.items()) + ")"


def walk(
    lowered: str,
    wanted: frozenset[str],
    *,
    links: Collection[int] = (),
    hidden: list[tuple[int, int]] | None = None,
    since: int = 0,
) -> Iterator[tuple[str, int, int, int]]:
    """Yield the start and end tags of the elements in ``wanted``, in order; also comments if it contains ``!--``.

    The yielded tuples have the fields of a ``Tag``; creating a ``Tag`` would take longer.

    ``lowered``: the page in lower case (latin-1 text keeps its offsets). ``links``: offsets, in order, of ``<a>`` tags
    to yield although ``a`` is not in ``wanted``; the tag that ends each of these links is yielded too. ``hidden``: the
    ranges that hide tags (comments, raw text, SVG, templates) are appended to it, in order. ``since``: an offset in
    text to start at.

    Tags are searched for instead of read one after another. Whether a match is a tag follows from the text before it;
    if that is inconclusive, all tags from the last known position in text are read.
    """
    hidden = [] if hidden is None else hidden
    linked_names = wanted | {"a"}
    plain = _stops(wanted)
    linked = _stops(linked_names) if links else plain
    search, names, in_link = plain.search, wanted, False
    queue = iter(links)
    link = next(queue, -1)
    templates = template = 0
    position = since
    while True:
        match = search(lowered, position)
        while -1 < link < position:
            link = next(queue, -1)
        if link >= 0 and not in_link and (match is None or link < match.start()):
            match = linked.match(lowered, link)
        if match is None:
            return
        start, end = match.span()
        name = match[1] or match[2]
        if start != position and not in_text(lowered, position, start):
            name, start, end = _read_next(lowered, position, names, links)
        if name is None:
            return
        position = close = end
        if name == "!--":
            position = close = end = _comment_end(lowered, start + 4)
            hidden.append((start, close))
        elif name in _SKIPPED:
            if name == "plaintext":
                return
            if name == "template":
                template = template if templates else start
                templates += 1
                continue
            position = close = _raw_end(lowered, name, end) if name in RAW else _foreign_end(lowered, name, start, end)
            hidden.append((end, close))
        elif name == "/template":
            templates = max(0, templates - 1)
            if not templates:
                while hidden and hidden[-1][0] > template:
                    hidden.pop()
                hidden.append((template, end))
            continue
        elif name == "a" or name == "/a":
            in_link = start in links
            search, names = (linked.search, linked_names) if in_link else (plain.search, wanted)
        if not templates and (name[0] == "/" or name in names or name == "a"):
            yield name, start, end, close


def in_text(lowered: str, since: int, at: int) -> bool:
    """Whether a ``<`` at ``at`` is certainly in text, not in a tag. ``since``: an earlier offset that is in text.

    Between the two there must be nothing but text and tags. If ``at`` were inside a tag, either no ``>`` would follow
    the ``<`` of that tag; or the last ``>`` would be in a value, whose quote is either still open (then it is the last
    quote of its kind, and follows ``=``) or closed after that ``>``.
    """
    rfind = lowered.rfind
    behind = rfind(">", since, at) + 1
    if behind != at:
        text = lowered[behind or since : at]
        if not text.isspace() and ("<" in text or '"' in text or "'" in text):
            return False
    double, single = rfind('"', since, behind), rfind("'", since, behind)
    return not (
        (double > since and lowered[double - 1] in _BEFORE_VALUE and _is_value(lowered, since, double))
        or (single > since and lowered[single - 1] in _BEFORE_VALUE and _is_value(lowered, since, single))
    )


def _is_value(lowered: str, since: int, quote: int) -> bool:
    return lowered[since:quote].rstrip(SPACE).endswith("=")


def _read_next(
    lowered: str, position: int, names: Collection[str], links: Collection[int]
) -> tuple[str | None, int, int]:
    """Return the next tag or comment that ``walk`` stops at, with its span, by reading all tags from ``position``."""
    for match in _ANY.finditer(lowered, position):
        name = match[1]
        if name is None:
            if match[2] or match[3]:
                return match[2], match.start(), match.end()
        elif name in _SKIPPED or name == "/template" or name.removeprefix("/") in names or match.start() in links:
            return name, match.start(), match.end()
    return None, position, position


def tag_name(lowered: str) -> str | None:
    """Return the name of a start tag; ``None`` if the text is not exactly one start tag."""
    match = _START_TAG.fullmatch(lowered)
    return match[1] if match else None


def tag_over(lowered: str, offset: int) -> Tag | None:
    """Return the start tag around an offset found by a plain search; ``None`` if the offset is in text."""
    start = offset
    for _ in range(4):  # values may contain `<`; more than three before the offset are not worth a search
        start = lowered.rfind("<", 0, start)
        if start < 0:
            return None
        match = _START_TAG.match(lowered, start)
        if match is not None and match.end() > offset:
            return Tag(match[1], start, match.end(), match.end())
    return None


def _comment_end(lowered: str, content: int) -> int:
    """Return the end of a comment. ``content``: where its content begins; ``<!-->`` and ``<!--->`` are complete."""
    for empty in (">", "->"):
        if lowered.startswith(empty, content):
            return content + len(empty)
    match = _COMMENT_END.search(lowered, content)
    return match.end() if match else len(lowered)


def _raw_end(lowered: str, name: str, content: int) -> int:
    """Return where the content of a raw text element ends: at its end tag, else at the end of the page."""
    match = _RAW_ENDS[name].search(lowered, content)
    end = match.start() if match else len(lowered)
    return _script_end(lowered, content) if name == "script" and lowered.find("<!--", content, end) >= 0 else end


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
    """Return where ``<svg>`` or ``<math>`` ends; directly after its start tag if it is self-closing or never closed."""
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
