"""Check what a card's template yields: an SVG that loads nothing and is small enough to draw."""

from __future__ import annotations

import re
from typing import Any

from imageseo.heroes.providers.art.cards.sandbox import fault

_MOST_ELEMENTS = 20_000
_SVG = "{http://www.w3.org/2000/svg}"
_REFERENCE = re.compile(r"""url\(\s*['"]?\s*([^)'"\s]*)""", re.IGNORECASE)
_OWN = re.compile(r"#|data:image/(?:png|jpe?g|webp|gif);base64,|\Z", re.IGNORECASE)


def check(svg: str, name: str, source: str) -> None:
    """Raise RecipeError if it is no SVG, loads a file or a URL, has texts of its own, or draws too many elements."""
    from lxml import etree

    text = svg.strip()
    if not text.startswith(("<svg", "<?xml", "<!--")):
        raise fault(name, None, f"expected `<svg …>`, found {text[:40]!r}", "begin the template with <svg>")
    if "<!DOCTYPE" in svg or "<!ENTITY" in svg:
        raise fault(name, _line(source, "<!"), "a document type is not allowed", "remove it")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        root = etree.fromstring(re.sub(r"\A\s*<\?xml[^>]*\?>", "", text).encode(), parser)
    except etree.XMLSyntaxError as error:
        raise fault(name, None, f"it yields no valid SVG: {error.msg}", "correct the template") from error
    if root.tag != f"{_SVG}svg":
        hint = 'write <svg xmlns="http://www.w3.org/2000/svg" …>'
        raise fault(name, None, f"it yields <{etree.QName(root).localname}> and no SVG", hint)
    _check_references(root, name, source)
    _check_texts(root, name, source)
    if _drawn(root) > _MOST_ELEMENTS:
        raise fault(name, None, f"it draws more than {_MOST_ELEMENTS} elements", "simplify the template")


def _check_references(root: Any, name: str, source: str) -> None:
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        found = [value for key, value in element.attrib.items() if key.rpartition("}")[2] in ("href", "src")]
        for value in (*element.attrib.values(), element.text or ""):
            found += _REFERENCE.findall(value) if "url(" in value.lower() else ()
            found += [value] if "@import" in value.lower() else ()
        for value in found:
            if not _OWN.match(value.strip()):
                message = f"it loads {value[:80]!r}: a card loads no file and no URL"
                raise fault(name, _line(source, value), message, "use the slots `picture` and `logo`, or a data: URI")


def _check_texts(root: Any, name: str, source: str) -> None:
    """Refuse SVG's own texts: no system font is loaded, so that they would be missing without a word."""
    for element in root.iter(f"{_SVG}text"):
        if "".join(element.itertext()).strip():
            hint = "set it with `box`, as in `{{ box('Label', x=safe.x, width=safe.w, size=30 * unit, top=safe.y) }}`"
            raise fault(name, _line(source, "<text"), "<text> is not drawn", hint)


def _drawn(root: Any) -> int:
    """Return how many elements are drawn with each `<use>` counted as what it shows; too many for a circle."""
    by_id = {element.get("id"): element for element in root.iter() if element.get("id")}
    known: dict[Any, int] = {}

    def count(element: Any, depth: int) -> int:
        if depth > 60:
            return _MOST_ELEMENTS + 1
        if element not in known:
            total = 1
            for child in element:
                total += count(child, depth + 1)
            target = element.get("href") or element.get("{http://www.w3.org/1999/xlink}href") or ""
            if element.tag == f"{_SVG}use" and target[1:] in by_id:
                total += count(by_id[target[1:]], depth + 1)
            known[element] = min(total, _MOST_ELEMENTS + 1)
        return known[element]

    return count(root, 0)


def _line(source: str, text: str) -> int | None:
    at = source.find(text) if text else -1
    return source.count("\n", 0, at) + 1 if at >= 0 else None
