"""Scripts of a page that set the source of images, and the images that they name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import starmap

from imageseo.model.image import ImageRef
from imageseo.web.html.attributes import Tag, read
from imageseo.web.html.tokenizer import walk

_SETS_SOURCE = re.compile(r"""\.src(?:set)?\s*=(?!=)|(?:setAttribute|\.attr|\.prop)\(\s*["'`]src(?:set)?["'`]\s*,""")
_SETS = r"""\s*\)?\.(?:src(?:set)?\s*=(?!=)|setAttribute\(\s*["'`]src|attr\(\s*["'`]src(?:set)?["'`]\s*,)"""
_SELECTED = re.compile(rf"""(?:querySelector(?:All)?|\$|jQuery)\(\s*(["'`])([^"'`]+)\1\s*\)(?:\[\d+\])?{_SETS}""")
_NUMBERED = re.compile(
    rf"""(?:document\.images|getElementsByTagName\(\s*["'`]img["'`]\s*\))(?:\[(\d+)\]|\.item\((\d+)\)){_SETS}"""
)
_DATA_SCRIPTS = re.compile(r"json|template|text/(?!javascript|ecmascript)", re.IGNORECASE)


def source_scripts(html: bytes, read_script: Callable[[str], str | None]) -> Iterator[str]:
    """Yield the texts of the page's scripts that set a source. ``read_script``: URL -> text; None for other hosts."""
    text = html.decode("latin-1")
    for tag in starmap(Tag, walk(html.lower().decode("latin-1"), frozenset({"script"}))):
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
    return _SETS_SOURCE.search(script) is not None


def may_set_sources(html: bytes) -> bool:
    """Whether the text of the page itself may contain a script that selects images and sets their source."""
    return any(each in html for each in (b".src", b"etAttribute(", b".attr("))


def has_names(ref: ImageRef) -> bool:
    """Whether a script can name an image: by an id, a class or a data attribute."""
    return any(
        value is not None and (name in ("id", "class") or (name.startswith("data-") and "imageseo" not in name))
        for name, value in ((name, value or "") for name, value, _ in ref.attributes)
    )


def naming_selector(ref: ImageRef, script: str) -> str | None:
    """Return the id, class or data attribute by which a script names an image; ``None`` if it does not."""
    identifier = ref.get("id")
    if identifier and re.search(rf"""#{re.escape(identifier)}(?![\w-])|(["'`]){re.escape(identifier)}\1""", script):
        return f"#{identifier}"
    for name in (ref.get("class") or "").split():
        escaped = re.escape(name)
        if re.search(rf"""(?:["'`\s>+~,(]|img)\.{escaped}(?![\w-])|ClassName\(\s*(["'`]){escaped}\1""", script):
            return f".{name}"
    for name, _, _ in ref.attributes:
        if name.startswith("data-") and "imageseo" not in name and f"[{name}" in script:
            return f"[{name}]"
    return None


def selectors_set(script: str) -> tuple[str, ...]:
    """Return the selectors of the elements whose source a script sets in the same expression."""
    return tuple(dict.fromkeys(match[2] for match in _SELECTED.finditer(script)))


def numbers_set(script: str) -> frozenset[int]:
    """Return the numbers of the images whose source a script sets by their order on the page."""
    return frozenset(int(match[1] or match[2]) for match in _NUMBERED.finditer(script))
