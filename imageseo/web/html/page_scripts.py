"""Scripts of a page that set the source of images, and the images that they name."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from itertools import starmap
from typing import NamedTuple

from imageseo.model.image import ImageRef
from imageseo.web.html.attributes import Tag, read
from imageseo.web.html.tokenizer import HEAD, walk

# Alternatives, but each begins with letters that are searched for at once: scripts are long.
_SETS_SOURCE = [
    re.compile(pattern)
    for pattern in (
        r"\.src(?:set)?\s*=(?!=)",
        *(rf"""{call}\(\s*["'`]src(?:set)?["'`]\s*,""" for call in ("setAttribute", r"\.attr", r"\.prop")),
    )
]
_OWNER = re.compile(r"""\.(?:src(?:set)?\s*=(?!=)|setAttribute\(\s*["'`]src)""")
_OWNER_NAME = re.compile(r"(?:^|[^\w$.]|\b(?:document|images|window)\.)([\w$-]+)\Z")
# Attributes with scripts; each pattern begins with letters that are searched for at once, so none ignores their case.
_HANDLERS = (
    *(
        re.compile(rf"""{on}(?<=[\s"'/]{on})[a-zA-Z]{{3,24}}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
        for on in ("on", "On", "ON")
    ),
    *(
        re.compile(rf"""{name}:(?:(?<="{name}:)([^"]*)"|(?<='{name}:)([^']*)')""")
        for name in ("javascript", "Javascript", "JavaScript", "JAVASCRIPT")
    ),
)
_FROM_THIS = re.compile(r"\bthis\.(?:first|last|child|parent|next|previous|getElementsBy)\w*[^;]*\.(?:src|setAttr)")
_IDS = re.compile(r"""#([\w-]+)|(["'`])([\w-]+)(?=\2)""")
_ID_AS_WRITTEN = r"""#{0}(?![\w-])|(["'`]){0}\1"""
_CLASSES = re.compile(r"""(?:["'`\s>+~,(]|img)\.([\w-]+)|ClassName\(\s*(["'`])([\w-]+)\2""")
_CLASS_AS_WRITTEN = r"""(?:["'`\s>+~,(]|img)\.{0}(?![\w-])|ClassName\(\s*(["'`]){0}\1"""
_DATA = re.compile(r"""\[(data-[^\]=~|^$*\s"'`]+)""")
_COMMON = re.compile(r"[\w-]+")
_DATA_SCRIPTS = re.compile(r"json|template|text/(?!javascript|ecmascript)", re.IGNORECASE)


def source_scripts(html: bytes, read_script: Callable[[str], str | None]) -> Iterator[str]:
    """Yield the texts of the page's scripts that set a source. ``read_script``: URL -> text; None for other hosts."""
    text, is_found = html.decode("latin-1"), False
    for tag in starmap(Tag, walk(html.lower().decode("latin-1"), HEAD)):
        if tag.name != "script":
            continue
        values = read(text[tag.start : tag.end], 7)
        if _DATA_SCRIPTS.search(values.get("type", "")):
            continue
        script = read_script(values["src"].strip()) if "src" in values else text[tag.end : tag.close]
        if script is not None and sets_source(script):
            is_found = True
            yield script
    handlers = handlers_of(text)
    if handlers and (is_found or sets_source(handlers)):  # they set a source, or say of what a script is to do so
        yield handlers


def handlers_of(text: str) -> str:
    """Return the scripts in attributes of a page (``onclick``, ``javascript:``)."""
    found = (match.group(match.lastindex or 0) for pattern in _HANDLERS for match in pattern.finditer(text))
    return "\n;\n".join(dict.fromkeys(map(entities.unescape, found)))


def sets_inner_source(handler: str) -> bool:
    """Whether a handler sets the source of an image that it reaches from its own element."""
    return _FROM_THIS.search(handler) is not None


@lru_cache(maxsize=256)  # the pages of a site share their scripts
def sets_source(script: str) -> bool:
    """Whether a script sets ``src`` or ``srcset`` of some element."""
    return any(pattern.search(script) for pattern in _SETS_SOURCE)


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
        owners=frozenset(
            owner[1]
            for match in _OWNER.finditer(script)
            if (owner := _OWNER_NAME.search(script[max(0, match.start() - 80) : match.start()])) is not None
        ),
    )


def _is_named(name: str, names: Collection[str], script: str, as_written: str) -> bool:
    """Whether a script has a name; one with other characters than most is looked for in its text."""
    if _COMMON.fullmatch(name):
        return name in names
    return name in script and re.search(as_written.format(re.escape(name)), script) is not None
