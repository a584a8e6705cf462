"""Which classes and ids a page has, told from its bytes."""

from __future__ import annotations

from collections.abc import Mapping, Set

from imageseo.layout.styles.found import Hazards
from imageseo.model.image import Span

_ESCAPED = frozenset("&<>\"'")  # a page may write these, and all that is not ASCII, as references
_BEFORE_NAME = frozenset(bytes((each,)) for each in b" \t\r\n\f\"'=")
_AFTER_NAME = frozenset(bytes((each,)) for each in b" \t\r\n\f\"'>/")
_MAX_MENTIONS = 100


def on_page(open_cases: Mapping[Span, Hazards], hidden: Set[Span], html: bytes, codec: str) -> dict[Span, Hazards]:
    """Leave out rules that need a class or id that the page does not have."""
    names = {
        name
        for hazards in set(open_cases.values())
        for rule in hazards.rules()
        for name in rule.selector.classes | rule.selector.ids
    }
    present = {
        name: not name.isascii() or not _ESCAPED.isdisjoint(name) or _names(html, name.encode(codec, "replace"))
        for name in names
    }
    kept = {hazards: hazards.on_page(present) for hazards in set(open_cases.values())}
    return {span: kept[hazards] for span, hazards in open_cases.items() if kept[hazards] or span in hidden}


def _names(html: bytes, name: bytes) -> bool:
    """Whether a page may have an element of this class or id; scripts and styles name more (``.name``, ``#name``)."""
    at = html.find(name)
    for _ in range(_MAX_MENTIONS):
        if at < 0:
            return False
        if html[at - 1 : at] in _BEFORE_NAME and html[at + len(name) : at + len(name) + 1] in _AFTER_NAME:
            return True
        at = html.find(name, at + 1)
    return True
