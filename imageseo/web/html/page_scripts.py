"""Scripts of a page that set the source of images, and the images that they name."""

from __future__ import annotations

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
_IDS = re.compile(r"""#([\w-]+)|(["'`])([\w-]+)(?=\2)""")
_ID_AS_WRITTEN = r"""#{0}(?![\w-])|(["'`]){0}\1"""
_CLASSES = re.compile(r"""(?:["'`\s>+~,(]|img)\.([\w-]+)|ClassName\(\s*(["'`])([\w-]+)\2""")
_CLASS_AS_WRITTEN = r"""(?:["'`\s>+~,(]|img)\.{0}(?![\w-])|ClassName\(\s*(["'`]){0}\1"""
_DATA = re.compile(r"""\[(data-[^\]=~|^$*\s"'`]+)""")
_COMMON = re.compile(r"[\w-]+")
_DATA_SCRIPTS = re.compile(r"json|template|text/(?!javascript|ecmascript)", re.IGNORECASE)


def source_scripts(html: bytes, read_script: Callable[[str], str | None]) -> Iterator[str]:
    """Yield the texts of the page's scripts that set a source. ``read_script``: URL -> text; None for other hosts."""
    text = html.decode("latin-1")
    for tag in starmap(Tag, walk(html.lower().decode("latin-1"), HEAD)):
        if tag.name != "script":
            continue
        values = read(text[tag.start : tag.end], 7)
        if _DATA_SCRIPTS.search(values.get("type", "")):
            continue
        script = read_script(values["src"].strip()) if "src" in values else text[tag.end : tag.close]
        if script is not None and sets_source(script):
            yield script


@lru_cache(maxsize=256)  # the pages of a site share their scripts
def sets_source(script: str) -> bool:
    """Whether a script sets ``src`` or ``srcset`` of some element."""
    return any(pattern.search(script) for pattern in _SETS_SOURCE)


def has_names(ref: ImageRef) -> bool:
    """Whether a script can name an image: by an id, a class or a data attribute."""
    return any(
        value is not None and (name in ("id", "class") or (name.startswith("data-") and "imageseo" not in name))
        for name, value in ((name, value or "") for name, value, _ in ref.attributes)
    )


def naming_selector(ref: ImageRef, script: str) -> str | None:
    """Return the id, class or data attribute by which a script names an image; ``None`` if it does not."""
    names = _names_in(script)
    identifier = ref.get("id")
    if identifier and _is_named(identifier, names.ids, script, _ID_AS_WRITTEN):
        return f"#{identifier}"
    for name in (ref.get("class") or "").split():
        if _is_named(name, names.classes, script, _CLASS_AS_WRITTEN):
            return f".{name}"
    for name, _, _ in ref.attributes:
        if name.startswith("data-") and "imageseo" not in name and name in names.data:
            return f"[{name}]"
    return None


class _Names(NamedTuple):
    """What a script may name elements by: ids, classes and data attributes."""

    ids: frozenset[str]
    classes: frozenset[str]
    data: frozenset[str]


@lru_cache(maxsize=64)  # each is asked for every image of every page
def _names_in(script: str) -> _Names:
    return _Names(
        ids=frozenset(name for match in _IDS.finditer(script) for name in match.group(1, 3) if name),
        classes=frozenset(name for match in _CLASSES.finditer(script) for name in match.group(1, 3) if name),
        data=frozenset(_DATA.findall(script)),
    )


def _is_named(name: str, names: Collection[str], script: str, as_written: str) -> bool:
    """Whether a script has a name; one with other characters than most is looked for in its text."""
    if _COMMON.fullmatch(name):
        return name in names
    return name in script and re.search(as_written.format(re.escape(name)), script) is not None
