"""What scripts select and then set the source of: selectors, and numbers of images.

Scripts are searched by patterns, not run: an expression that selects and sets at once, a name for what was selected
that is used soon after, a loop, and ``this`` in a function of jQuery. What is found too much costs an image its
variants; what is missed may cost the page its function, so that the patterns rather find too much.
"""

from __future__ import annotations

import re
from functools import lru_cache

_SETS = r"""\s*\)?\.(?:src(?:set)?\s*=(?!=)|setAttribute\(\s*["'`]src|(?:attr|prop)\(\s*["'`]src(?:set)?["'`]\s*,)"""
_SELECTION = re.compile(
    r"""(?:querySelector(?:All)?|\$|jQuery)\(\s*(["'`])(?P<selector>[^"'`]+)\1\s*\)"""
    r"""|getElementsByTagName\(\s*(["'`])(?P<tag>[\w-]+)\3\s*\)|(?P<images>\bdocument\.images\b)"""
)
_NUMBERED = re.compile(
    rf"""(?:document\.images|(?<=document\.)getElementsByTagName\(\s*["'`]img["'`]\s*\))(?:\[(\d+)\]|\.item\((\d+)\)){_SETS}"""
)
_SET_AT_ONCE = re.compile(rf"(?:\[[^\]]{{1,30}}\])?{_SETS}")
# A name for what is selected: before the selection, as the parameter of a loop over it, `this` in a function of jQuery.
_ASSIGNED = re.compile(r"([\w$]+)\s*(?:=|\bof)\s*[\w$.\[(]*$")
_PARAMETERS = r"\s*(?:async\b\s*)?(?:function\b\s*[\w$]*\s*)?\(?\s*([\w$]+)?(?:\s*,\s*([\w$]+))?"
_LOOP = re.compile(rf"\s*[\])]*\s*\??\.(?:forEach|each|map|filter)\({_PARAMETERS}")
_IN_JQUERY = re.compile(r"\s*\.\w+\((?:[^()]{0,80},)?\s*function\b")
_NAMED_AGAIN = (
    r"\b(?:const|let|var)\s+{0}(?![\w$])|(?<![\w$.]){0}\s*=(?!=)|\bfunction\b[^(){{}}]*\([^()]*(?<![\w$]){0}(?![\w$])"
)
_NEAR = 1500
"""Characters after a selection in which a name stands for it: names are short in minified scripts, and used again."""
_SELECTOR_NAMES = re.compile(r"[#.\[]([\w-]+)")
_NEGATIONS = re.compile(r":not\([^)]*\)")


@lru_cache(maxsize=64)
def selectors_set(script: str) -> tuple[str, ...]:
    """Return the selectors of the elements whose source a script sets: at once, or by a name that it gives to them."""
    found: dict[str, None] = {}
    for match in _SELECTION.finditer(script):
        selector = match["selector"] or match["tag"] or "img"
        if selector not in found and _sets_selected(script, match):
            found[selector] = None
    return tuple(found)


def may_select(selector: str, html: bytes) -> bool:
    """Whether a page has the ids, classes and attributes of a selector; told without parsing the page."""
    options = _NEGATIONS.sub("", selector).split(",")
    return any(all(name.encode() in html for name in _SELECTOR_NAMES.findall(option)) for option in options)


def _sets_selected(script: str, selection: re.Match[str]) -> bool:
    if _NUMBERED.match(script, selection.start()) is not None:
        return False  # one image, by its number
    if _SET_AT_ONCE.match(script, selection.end()):
        return True
    after = script[selection.end() : selection.end() + _NEAR]
    assigned = _ASSIGNED.search(script, max(0, selection.start() - 80), selection.start())
    if assigned is not None and _sets_source_of(assigned[1], after):
        return True
    loop = _LOOP.match(after)
    if loop is not None and any(_sets_source_of(name, after[loop.end() :]) for name in loop.groups() if name):
        return True
    return _IN_JQUERY.match(after) is not None and _sets_source_of("this", after.partition("})")[0])


def _sets_source_of(name: str, text: str, seen: set[tuple[str, str]] | None = None) -> bool:
    """Whether a text sets the source of what a name stands for, or of the elements that a loop takes from it.

    ``seen``: questions with the answer no; in loops inside one another the same are asked again and again.
    """
    seen = set() if seen is None else seen
    if (name, text) in seen:
        return False
    seen.add((name, text))
    escaped = re.escape(name)
    again = re.search(_NAMED_AGAIN.format(escaped), text)
    text = text[: again.start()] if again else text
    if re.search(rf"(?<![\w$.]){escaped}(?:\[[^\]]{{1,30}}\])?{_SETS}", text):
        return True
    loop = re.search(rf"(?<![\w$.]){escaped}\??\.(?:forEach|each|map)\({_PARAMETERS}", text)
    if loop is not None and any(_sets_source_of(each, text[loop.end() :], seen) for each in loop.groups() if each):
        return True
    over = re.search(rf"([\w$]+)\s+of\s+{escaped}(?![\w$])", text)
    return over is not None and over[1] != name and _sets_source_of(over[1], text[over.end() :], seen)


@lru_cache(maxsize=64)
def numbers_set(script: str) -> frozenset[int]:
    """Return the numbers of the images whose source a script sets by their order on the page."""
    return frozenset(int(match[1] or match[2]) for match in _NUMBERED.finditer(script))
