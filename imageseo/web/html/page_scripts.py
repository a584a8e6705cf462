"""Scripts of a page that set the source of images, and the images that they name."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache
from itertools import starmap
from typing import NamedTuple
from urllib.parse import unquote

from imageseo.model.image import ImageRef
from imageseo.web.html.attributes import Tag, read
from imageseo.web.html.tokenizer import HEAD, walk

_NAME = r"""["'`]src(?:set)?["'`]"""
_IS = r"\s*(?:[-+|&?]{1,2})?=(?![=>])"
_OBJECT = rf"""\{{(?:[^{{}}]{{0,300}},)?\s*(?:src(?:set)?\s*[:,}}]|{_NAME}\s*:)"""
SETS = (
    rf"""(?:\s*\.src(?:set)?{_IS}|\s*\[\s*{_NAME}\s*\]{_IS}"""
    rf"""|\s*\??\.setAttribute(?:\(|NS\([^,()]{{1,60}},)\s*{_NAME}\s*,"""
    rf"""|\s*\??\.(?:attr|prop)\(\s*(?:{_NAME}\s*,|{_OBJECT})"""
    rf"""|\s*\??\.(?:attributes(?:\.src(?:set)?\b|\[\s*{_NAME}\s*\]|\.getNamedItem\(\s*{_NAME}\s*\))"""
    rf"""|getAttributeNode\(\s*{_NAME}\s*\))[?!]?\.(?:nodeV|v)alue{_IS})"""
)
"""What sets a source, behind an expression for the element."""
MERGES = r"(?:\bassign|\bextend|\bReflect\.set)\(\s*"
MERGED = rf"\s*,\s*(?:{_OBJECT}|{_NAME}\s*,)"
"""What sets a source, before and behind an expression for the element."""
STEPS = (
    r"(?:\s*(?:\?\.)?\[[^\][]{1,30}\]|\s*\??\.\s*(?:(?:first|last)(?:Element)?Child|children|childNodes|"
    r"(?:next|previous)(?:Element)?Sibling|parent(?:Node|Element)|(?:item|eq|first|last|get|children|find|parent|next|"
    r"prev|siblings|closest|querySelector|getElementsByTagName)\([^()]{0,60}\))){0,6}"
)
"""Ways from an element to others, none or some."""
NEAR = 1500
"""Characters after a selection in which a name stands for it: names are short in minified scripts, and used again."""
_REPLACEMENTS = ("replaceWith(", "outerHTML", "replaceChild(")
_REPLACES_CHILD = re.compile(r"(?:hild|Sibling)[^;]{0,40}\.(?:replaceWith\(|outerHTML\s*=)")
_SELECTIONS = re.compile(r"""(?:querySelector\w*|\$|jQuery|getElement\w*)\(\s*["'`]([^"'`]+)|document\.(images)\b""")
# All of what sets a source, but `.src =`, has one of these: without one, no other pattern is compiled.
_SETTING_NAME = re.compile(r"""["'`]src(?:set)?["'`]\s*(?:,|\]\s*[-+|&?.=]|\)[?!]?\.)""")
_SETTING_WORDS = (".attributes", ".attr(", ".prop(", "assign(", "extend(")
_SETS_PLAINLY = re.compile(rf"\.src(?:set)?{_IS}")
_BEFORE, _BEHIND = 400, 60  # characters around `src` in which a script sets it
_OWNER_NAME = re.compile(
    r"(?:^|[^\w$.]|\b(?:document|images|window|self|all|form|forms\.[\w$]+|document\.[\w$]+)\.)([\w$-]+)\Z"
)
# Scripts in attributes of a page in lower case; begins with letters that are searched for at once.
_HANDLER = re.compile(r"""on(?<=[\s"'/]on)[a-z]{3,24}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_SCRIPT_URL = "javascript:"
_URL_ATTRIBUTES = ("href", "action", "formaction", "src", "xlink:href")
_FROM_THIS = (
    r"\bthis\s*\??\.\s*(?P<steps>(?:first|last|child|parent|next|previous|getElementsBy|querySelector)"
    rf"(?:\[[^\]]*\]|[^;=[])*?){SETS}"
)
_IDS = re.compile(r"""#([\w-]+)|(["'`])([\w-]+)(?=\2)""")
_ID_AS_WRITTEN = r"""#{0}(?![\w-])|(["'`]){0}\1"""
_CLASSES = re.compile(r"""(?:["'`\s>+~,(]|img)\.([\w-]+)|ClassName\(\s*(["'`])([\w-]+)\2""")
_CLASS_AS_WRITTEN = r"""(?:["'`\s>+~,(]|img)\.{0}(?![\w-])|ClassName\(\s*(["'`]){0}\1"""
_DATA = re.compile(r"""\[(data-[^\]=~|^$*\s"'`]+)""")
_COMMON = re.compile(r"[\w-]+")
_DATA_SCRIPTS = re.compile(r"json|template|text/(?!javascript|ecmascript)", re.IGNORECASE)


def scripts_of(html: bytes, read_script: Callable[[str], str | None]) -> Iterator[str]:
    """Yield the texts of the page's scripts. ``read_script``: URL -> text; None for other hosts."""
    text = html.decode("latin-1")
    for tag in starmap(Tag, walk(html.lower().decode("latin-1"), HEAD)):
        if tag.name != "script":
            continue
        values = read(text[tag.start : tag.end], 7)
        if _DATA_SCRIPTS.search(values.get("type", "")):
            continue
        script = read_script(values["src"].strip()) if "src" in values else text[tag.end : tag.close]
        if script:
            yield script


def source_scripts(html: bytes, scripts: Iterable[str]) -> Iterator[str]:
    """Yield those of a page's scripts that set a source, and as the last one all of its attributes with scripts."""
    is_found = False
    for script in filter(sets_source, scripts):
        is_found = True
        yield script
    handlers = handlers_of(html) if _may_set_source(html.lower().decode("latin-1"), named=is_found) else ""
    if handlers and (is_found or sets_source(handlers)):  # they set a source, or say of what a script is to do so
        yield handlers


def _may_set_source(lowered: str, *, named: bool) -> bool:
    """Whether attributes of a page may have scripts that set a source; ``named``: or say of what others set it."""
    handlers = (match.group(match.lastindex or 0) for match in _HANDLER.finditer(lowered))
    at = lowered.find(_SCRIPT_URL)
    return any(named or "src" in each for each in handlers) or (at >= 0 and (named or lowered.find("src", at) > 0))


def handlers_of(html: bytes) -> str:
    """Return the scripts in attributes of a page (``onclick``, ``javascript:``), each once."""
    from imageseo.web.html import tree  # text alone does not tell markup from a sample of code

    found: dict[str, None] = {}
    for element in tree.parse(html).find_all():
        for name, value in element.attrs.items() if element.attrs else ():
            if not isinstance(value, str):
                continue
            if name.startswith("on"):
                found[value] = None
            elif name in _URL_ATTRIBUTES and value.lstrip()[: len(_SCRIPT_URL)].lower() == _SCRIPT_URL:
                found[unquote(value.lstrip()[len(_SCRIPT_URL) :])] = None
    return "\n;\n".join(found)


@lru_cache(maxsize=256)
def replacing_parts(script: str) -> tuple[tuple[str, str], ...]:
    """Return the parts of a script in which it may replace elements that it selects, each with what it selects."""
    spans: list[tuple[int, int]] = []
    for at in sorted(at for word in _REPLACEMENTS for at in _find_all(script, word)):
        start, end = max(0, at - NEAR), at + 100
        spans[-1:] = [(spans[-1][0], end)] if spans and start <= spans[-1][1] else [*spans[-1:], (start, end)]
    found = []
    for part in (script[start:end] for start, end in spans):
        selected = [each[1] or "img" for each in _SELECTIONS.finditer(part)]
        if selected:
            found.append((part, "\n".join(["img"] if _REPLACES_CHILD.search(part) else selected)))
    return tuple(found)


def _find_all(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word))


def replacing_scripts(refs: Iterable[ImageRef], scripts: Iterable[str]) -> Iterator[str]:
    """Yield the parts of a page's scripts in which they may replace one of its images."""
    names = {"img"}.union(*((ref.get("id") or "", *(ref.get("class") or "").split()) for ref in refs)) - {""}
    for script in scripts:
        for part, selected in replacing_parts(script):
            if any(name in selected for name in names):
                yield part


def reaches_from_this(handlers: str) -> bool:
    """Whether a handler may set the source of an image that it reaches from its own element."""
    return levels_to_source(handlers) is not None


def levels_to_source(handler: str) -> int | None:
    """Return how far above a handler's own element the image may be of which it sets the source: 0 is in it.

    ``None``: it sets none that it reaches from its element.
    """
    found = re.search(_FROM_THIS, handler) if "this" in handler and "src" in handler else None
    return None if found is None else levels_of(found["steps"])


def levels_of(steps: str) -> int:
    """Return how many levels above an element others may be that are reached by some steps from it; 0: in it."""
    lowered = steps.lower()
    return lowered.count("parent") + any(word in lowered for word in ("next", "prev", "sibling", "closest"))


@lru_cache(maxsize=256)  # the pages of a site share their scripts
def sets_source(script: str) -> bool:
    """Whether a script sets ``src`` or ``srcset`` of some element."""
    if _SETS_PLAINLY.search(script):
        return True
    parts = (
        part
        for part in _around_sources(script)
        if any(word in part for word in _SETTING_WORDS) or _SETTING_NAME.search(part)
    )
    return any(re.search(rf"{SETS}|{MERGES}[^,{{}}]{{1,120}}{MERGED}", part) for part in parts)


@lru_cache(maxsize=64)
def levels_from_arguments(script: str) -> int | None:
    """Return what ``levels_to_source`` does, for the functions of a script and what they are given."""
    found = (re.search(rf"[\w$)](?P<steps>{STEPS}){SETS}", part) for part in _around_sources(script))
    levels = [levels_of(match["steps"]) for match in found if match is not None and match["steps"]]
    return max(levels, default=None)


def _around_sources(script: str) -> Iterator[str]:
    """Yield the parts of a script in which a source may be set: long scripts have few of them."""
    last = -_BEHIND
    for at in _find_all(script, "src"):
        if at >= last + _BEHIND // 2:
            last = at
            yield script[max(0, at - _BEFORE) : at + _BEHIND]


def has_names(ref: ImageRef) -> bool:
    """Whether a script can name an image: by an id, a name, a class or a data attribute."""
    return any(
        value is not None and (name in ("id", "name", "class") or (name.startswith("data-") and "imageseo" not in name))
        for name, value in ((name, value or "") for name, value, _ in ref.attributes)
    )


def naming_selector(ref: ImageRef, script: str) -> str | None:
    """Return the id, class or data attribute by which a script names an image; ``None`` if it does not."""
    names = _names_in(script)
    for attribute, form in (("id", "#{}"), ("name", "[name={}]")):
        identifier = ref.get(attribute)
        if not identifier:
            continue
        if identifier in names.owners or _is_named(identifier, names.ids, script, _ID_AS_WRITTEN):
            return form.format(identifier)
    for name in (ref.get("class") or "").split():
        if _is_named(name, names.classes, script, _CLASS_AS_WRITTEN):
            return f".{name}"
    for name, _, _ in ref.attributes:
        if name.startswith("data-") and "imageseo" not in name and name in names.data:
            return f"[{name}]"
    return None


class _Names(NamedTuple):
    """What a script may name elements by: ids, classes and data attributes.

    ``owners``: names of which a source is set; an id and a name are variables in scripts, too.
    """

    ids: frozenset[str]
    classes: frozenset[str]
    data: frozenset[str]
    owners: frozenset[str]


@lru_cache(maxsize=64)  # each is asked for every image of every page
def _names_in(script: str) -> _Names:
    return _Names(
        ids=frozenset(name for match in _IDS.finditer(script) for name in match.group(1, 3) if name),
        classes=frozenset(name for match in _CLASSES.finditer(script) for name in match.group(1, 3) if name),
        data=frozenset(_DATA.findall(script)),
        owners=frozenset(owner[1] for text in _owners(script) if (owner := _OWNER_NAME.search(text)) is not None),
    )


def _is_named(name: str, names: Collection[str], script: str, as_written: str) -> bool:
    """Whether a script has a name; one with other characters than most is looked for in its text."""
    if _COMMON.fullmatch(name):
        return name in names
    return name in script and re.search(as_written.format(re.escape(name)), script) is not None


def _owners(script: str) -> Iterator[str]:
    """Yield the ends of the expressions of which a source is set."""
    for part in _around_sources(script):
        for match in re.finditer(rf"{MERGES}(?P<owner>[\w.$]{{1,80}}){MERGED}|{SETS}", part):
            yield match["owner"] or part[max(0, match.start() - 80) : match.start()]
