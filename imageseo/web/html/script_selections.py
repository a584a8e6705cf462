"""What scripts select and then set the source of: selectors, and numbers of images.

Scripts are searched by patterns, not run: an expression that selects and sets at once, a name for what was selected
that is used soon after, a loop, and ``this`` in a function of jQuery. What is found too much costs an image its
variants; what is missed may cost the page its function, so that the patterns rather find too much.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from imageseo.web.html import tree
from imageseo.web.html.page_scripts import MERGED, MERGES, NEAR, SETS, STEPS, levels_of, levels_to_source
from imageseo.web.html.script_owned import PASSED

Reach = Literal["inside", "beside", "itself"]
"""Which images change: those in the selected elements or these themselves; also those beside; only these themselves."""

_SELECTION = re.compile(
    r"""(?:querySelector(?:All)?|\$|jQuery)\(\s*(["'`])(?P<selector>[^"'`]+)\1\s*\)"""
    r"""|getElementsByTagName\(\s*(["'`])(?P<tag>[\w-]+)\3\s*\)|(?P<images>\bdocument\.images\b)"""
    r"""|getElement(?:ById\(\s*(["'`])(?P<id>[\w-]+)\6|sByClassName\(\s*(["'`])(?P<class>[\w-]+)\8)\s*\)"""
)
_NUMBERED = re.compile(
    rf"""(?:document\.images|(?<=document\.)getElementsByTagName\(\s*["'`]img["'`]\s*\))(?:\[(\d+)\]|\.item\((\d+)\)){SETS}"""
)
# Behind an expression for an element: its source is set, at once or in what listens to its events. Errors do not count:
# the files of images with variants are there.
_SETTING = re.compile(
    rf"(?P<steps>{STEPS})\s*\)?(?:{SETS}|\s*\??\.(?:addEventListener\((?!\s*[\"'`]error)|on(?!error)[a-z]{{3,20}}\s*=(?![=>]))"
    rf"(?:(?!addEventListener)[\s\S]){{0,400}}?(?:\bthis|\.(?:target|currentTarget|srcElement)){SETS})"
)
_MERGES = re.compile(rf"{MERGES}(?:[\w$]+\.)?\Z")
_MERGED = re.compile(rf"(?P<steps>{STEPS}){MERGED}")
_REPLACED = re.compile(rf"(?P<steps>{STEPS})\s*\??\.(?:replaceWith\(|outerHTML\s*=(?!=))")
_REPLACES = re.compile(r"replaceChild\(\s*[\w$.]{1,60}(?:\([^()]{0,60}\))?\s*,\s*(?:[\w$]+\.)?\Z")
# A name for what is selected: before the selection, as the parameter of a loop over it, `this` in a function of jQuery.
_ASSIGNED = re.compile(r"([\w$]+)\s*(?:=|\bof)\s*[\w$.\[(]*$")
_PARAMETERS = r"\s*(?:async\b\s*)?(?:function\b\s*[\w$]*\s*)?\(?\s*([\w$]+)?(?:\s*,\s*([\w$]+))?"
_LOOP = re.compile(rf"\s*[\])]*\s*\??\.(?:forEach|each|map|filter)\({_PARAMETERS}")
_IN_JQUERY = re.compile(r"\s*\.(?!error\b)\w+\((?!\s*[\"'`]error)(?:[^()]{0,80},)?\s*function\b")
_NAMED_AGAIN = (
    r"\b(?:const|let|var)\s+{0}(?![\w$])|(?<![\w$.]){0}\s*=(?!=)|\bfunction\b[^(){{}}]*\([^()]*(?<![\w$]){0}(?![\w$])"
)
_SELECTOR_NAMES = re.compile(r"[#.\[]([\w-]+)")
_NEGATIONS = re.compile(r":not\([^)]*\)")


@lru_cache(maxsize=64)
def selectors_set(script: str) -> tuple[str, ...]:
    """Return selectors of the elements whose source a script sets: at once, or by a name that it gives to them.

    Images that a script replaces by other elements count too; these would be in our ``<picture>``.
    """
    found: dict[str, None] = {}
    for match in _SELECTION.finditer(script):
        reach = None if script[: match.start()].endswith("this.") else _reach_of_selection(script, match)
        if reach is not None:
            found[_reached(_selector(match), reach)] = None
    return tuple(found)


def may_select(selector: str, html: bytes) -> bool:
    """Whether a page has the ids, classes and attributes of a selector; told without parsing the page."""
    options = _NEGATIONS.sub("", selector).split(",")
    return any(all(name.encode() in html for name in _SELECTOR_NAMES.findall(option)) for option in options)


def _selector(selection: re.Match[str]) -> str:
    if selection["id"] or selection["class"]:
        return f"#{selection['id']}" if selection["id"] else f".{selection['class']}"
    return selection["selector"] or selection["tag"] or "img"


def _reached(selector: str, reach: Reach) -> str:
    if reach == "inside":
        return selector
    return f"img:is({selector})" if reach == "itself" else f":has(> :is({selector}))"


def _reach_of_selection(script: str, selection: re.Match[str]) -> Reach | None:
    """Return which images change with what is selected; ``None`` if none does."""
    if _NUMBERED.match(script, selection.start()) is not None:
        return None  # one image, by its number
    at_once = _reach_at(script, selection.start(), selection.end())
    if at_once is not None:
        return at_once
    after = script[selection.end() : selection.end() + NEAR]
    assigned = _ASSIGNED.search(script, max(0, selection.start() - 80), selection.start())
    names = [(assigned[1], after)] if assigned is not None else []
    loop = _LOOP.match(after)
    if loop is not None:
        names += [(name, after[loop.end() :]) for name in loop.groups() if name]
    if _IN_JQUERY.match(after) is not None:
        names.append(("this", after.partition("})")[0]))
    reaches = (_reach_of(name, text, set()) for name, text in names)
    return next((reach for reach in reaches if reach is not None), None)


def _reach_of(name: str, text: str, seen: set[tuple[str, str]]) -> Reach | None:
    """Return what changes with what a name stands for, or with the elements that a loop takes from it.

    ``seen``: questions with the answer none; in loops inside one another the same are asked again and again.
    """
    if (name, text) in seen:
        return None
    seen.add((name, text))
    escaped = re.escape(name)
    again = re.search(_NAMED_AGAIN.format(escaped), text)
    text = text[: again.start()] if again else text
    for use in re.finditer(rf"(?<![\w$.]){escaped}(?![\w$])", text):
        reach = _reach_at(text, use.start(), use.end())
        if reach is not None:
            return reach
    return next((reach for each, rest in _taken(escaped, text) if (reach := _reach_of(each, rest, seen))), None)


def _taken(escaped: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield the names that loops give to the elements of what a name stands for, and the text behind them."""
    loop = re.search(rf"(?<![\w$.]){escaped}\??\.(?:forEach|each|map)\({_PARAMETERS}", text)
    for each in loop.groups() if loop is not None else ():
        if loop is not None and each:
            yield each, text[loop.end() :]
    over = re.search(rf"([\w$]+)\s+of\s+{escaped}(?![\w$])", text)
    if over is not None:
        yield over[1], text[over.end() :]


def _reach_at(text: str, start: int, end: int) -> Reach | None:
    """Return what changes with the element that the expression between two offsets stands for."""
    setting = _SETTING.match(text, end)
    if setting is None and _MERGES.search(text, max(0, start - 40), start):
        setting = _MERGED.match(text, end)
    if setting is not None:
        return "beside" if levels_of(setting["steps"]) else "inside"
    replaced = _REPLACED.match(text, end)
    if replaced is not None:
        steps = replaced["steps"]
        return "beside" if levels_of(steps) else "inside" if steps.strip() else "itself"
    return "itself" if _REPLACES.search(text, max(0, start - 160), start) else None


@lru_cache(maxsize=64)
def numbers_set(script: str) -> frozenset[int]:
    """Return the numbers of the images whose source a script sets by their order on the page."""
    return frozenset(int(match[1] or match[2]) for match in _NUMBERED.finditer(script))


def images_of_handlers(html: bytes, from_arguments: int | None) -> Iterator[tuple[int, str]]:
    """Yield the offset of each image that the handler of another element reaches and sets, and the handler's name.

    ``from_arguments``: how far above what a function is given an image may be that it sets; ``None`` if it sets none.
    """
    document = tree.parse(html)
    reached: dict[int, str] = {}
    for element in document.find_all():
        for name, value in element.attrs.items() if element.attrs else ():
            if not name.startswith("on") or not isinstance(value, str):
                continue
            levels = levels_to_source(value)
            if levels is None and PASSED.search(value):
                levels = from_arguments
            if levels is not None:
                around = [element, *tree.ancestors(element)]
                reached.setdefault(tree.start_of(around[min(levels, len(around) - 1)]), name)
    for image in tree.images(document) if reached else ():
        outer = (tree.start_of(each) for each in (image, *tree.ancestors(image)))
        found = next((reached[at] for at in outer if at in reached), None)
        if found is not None:
            yield tree.start_of(image), found
