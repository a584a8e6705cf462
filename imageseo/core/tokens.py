"""HTML tokens by offset: the tags of a page that somebody asked for, and their attributes.

Follows the tokenizer of the HTML standard where it decides what is a tag: quotes only open a value right after
``=``, ``<`` and ``>`` inside values are text, an unterminated tag ends the page, raw text elements end at their own
end tag only. Nothing inside comments, raw text elements, ``<template>``, ``<svg>`` or ``<math>`` is a tag for us.

Pages come as latin-1 text, so that every offset is the offset of a byte.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

from imageseo.core.attributes import EQUALS, SPACE, Tag, attributes

_VALUE = rf"""(?:"[^"]*+"|'[^']*+'|[^{SPACE}>"'][^{SPACE}>]*+|(?=>))"""
_ATTRIBUTES = rf"""(?:[{SPACE}/]++|[^{SPACE}/>][^{SPACE}/>=]*+(?:{EQUALS}{_VALUE}|(?!{EQUALS})))*+"""
# Behind a tag's name. The first branch is for tags that hold only bare names and `name="value"`, nearly all there are:
# one step of the engine a value, a third of the time. Where `=` may begin a name (behind a blank, a slash or a quote)
# or no `"` follows it, the second branch reads the tag again, as the standard does.
_PLAIN = rf"""[^>=]*+(?:(?<![{SPACE}/"])="[^"]*+"[^>=]*+)*+>"""
_REST = rf"(?:>|[{SPACE}/](?:{_PLAIN}|{_ATTRIBUTES}>))"
_NAME = rf"[a-z][^{SPACE}/>]*+"
_END = rf"(?=[{SPACE}/>])"
_START_TAG = re.compile(rf"<({_NAME}){_REST}")
_HEAD_PIECE = re.compile(
    rf"[{SPACE}]*+<(?:(/?(?:html|head|title|meta|link|base|script|style|noscript)){_REST}|(!--)|![^>]*>)"
)
_COMMENT_END = re.compile(r"-->|--!>")
_SCRIPT_STEP = re.compile(rf"(<!--)|(-->)|<(/?)script{_END}")

RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript"})
_FOREIGN = frozenset({"svg", "math"})
_SKIPPED = RAW | _FOREIGN | {"template", "plaintext"}
_RAW_ENDS = {name: re.compile(rf"</{name}{_END}") for name in RAW}
_FOREIGN_TAGS = {name: re.compile(rf"<(/?){name}{_REST}") for name in _FOREIGN}

# The engine tries these one by one, so the commonest come first; "no element" stands for all, should all be wanted.
_PHRASES = ("span", "code", "em", "strong", "small", "b", "i", "no element")
_COMMON = (
    "span",
    "li",
    "ul",
    "p",
    "code",
    "label",
    "input",
    "td",
    "tr",
    "button",
    "strong",
    "em",
    "path",
    "no element",
)
# What begins behind a `<` and is passed over in one go. All that these patterns do not take is read step by step.
_COMMENT = r"!--(?!-?>)[^-]*+(?:-(?!->|-!>)[^-]*+)*+--!?>"
_STYLE = rf"style{_REST}[^<]*+(?:<(?!/style{_END})[^<]*+)*+</style{_REST}"
# Scripts whose tag holds neither a `>` nor the type of linked data, and which hold no `<!--`.
_SCRIPT = (
    rf"""script{_END}(?![^>]*ld\+json)[^>=]*+(?:(?<![{SPACE}/"])="[^">]*+"[^>=]*+)*+>"""
    rf"[^<]*+(?:<(?!/script{_END}|!--)[^<]*+)*+</script{_REST}"
)
_NOTHING = r"(?![a-z/!?])|!(?!--)[^>]*+>?|\?[^>]*+>?|/(?![a-z])[^>]*+>?"
_SVG = rf"svg{_REST}(?<!/>)[^<]*+(?:<(?!/?svg{_END})[^<]*+)*+</svg{_REST}"


@lru_cache(maxsize=64)
def _stops(wanted: frozenset[str], plain: frozenset[str]) -> re.Pattern[str]:
    """Runs up to the next tag that has one of these names, in C: a page has thousands of tags and we want dozens.

    Groups: 1 a tag's name with its slash; 2 a comment begins; 3 a tag that never ends.
    """
    others = rf"/?+(?!{_any_of(wanted | _SKIPPED)}{_END}){_NAME}{_REST}"
    boring = [rf"/?+(?:{'|'.join(name for name in _COMMON if name not in wanted)}){_REST}", _SVG, others, _NOTHING]
    if "a" in plain:
        inside = "|".join(name for name in _PHRASES if name not in wanted)
        boring.insert(0, rf"a{_REST}{_run([rf'/?+(?:{inside}){_REST}', _SVG])}</a>")
    if "!--" not in wanted:
        boring.append(_COMMENT)
    if "style" not in wanted:
        boring.append(_STYLE)
    if "script" in plain or "script" not in wanted:
        boring.append(_SCRIPT)
    if "div" in plain and "div" in wanted:
        boring.insert(2, rf"div{_REST}{_run(boring)}</div>")
    return re.compile(rf"{_run(boring)}(?:<(?:(/?{_NAME}){_REST}|(!--)|(.))|\Z)", re.DOTALL)


def _run(boring: Collection[str]) -> str:
    return rf"[^<]*+(?:<(?:{'|'.join(boring)})[^<]*+)*+"


def _any_of(names: Collection[str]) -> str:
    """One branch an initial: it tells most tags apart."""
    rests: dict[str, list[str]] = {}
    for name in sorted(names):
        rests.setdefault(re.escape(name[0]), []).append(re.escape(name[1:]))
    return "(?:" + "|".join(f"{initial}(?:{'|'.join(rest)})" for initial, rest in rests.items()) + ")"


def walk(
    lowered: str, wanted: frozenset[str], plain: frozenset[str] = frozenset()
) -> Iterator[tuple[str, int, int, int]]:
    """The start and end tags of the elements named in ``wanted``, in order; comments when it holds ``!--``.

    What is yielded has the fields of a ``Tag``, without the time that making one takes.

    ``plain``: with ``a`` in it, links that hold nothing wanted may be left out, most of a page's navigation; with
    ``div``, such divisions; with ``script``, scripts that are no linked data.
    ``lowered``: the page in lower case (latin-1 text keeps its offsets then).
    """
    stops = _stops(wanted, plain)
    templates = position = 0
    while position >= 0:
        matches, position = stops.finditer(lowered, position), -1
        for match in matches:
            name = match[1]
            if name is None:
                if match[2] is None:
                    return
                start = match.start(2) - 1
                position = _comment_end(lowered, start + 4)
                if "!--" in wanted and not templates:
                    yield "!--", start, position, position
                break
            start, end = match.start(1) - 1, match.end()
            if name in _SKIPPED:
                if name == "plaintext":
                    return
                if name == "template":
                    templates += 1
                    continue
                if name in RAW:
                    position = _raw_end(lowered, name, end)
                    if name in wanted and not templates:
                        yield name, start, end, position
                else:
                    position = _foreign_end(lowered, name, start, end)
                break
            if name == "/template":
                templates = max(0, templates - 1)
            elif not templates:
                yield name, start, end, end


def tag_name(lowered: str) -> str | None:
    """The name of the start tag that is all of a text; ``None`` when the text is anything else."""
    match = _START_TAG.fullmatch(lowered)
    return match[1] if match else None


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
