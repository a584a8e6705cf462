"""Accessible names as browsers compute them (Accessible Name and Description Computation 1.2, HTML-AAM, SVG-AAM)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from imageseo.web.accessibility.hidden import Hidden
from imageseo.web.accessibility.roles import GRAPHIC_ROLES, NONE_ROLES, role_of

if TYPE_CHECKING:
    from turbohtml import Element

    from imageseo.web.markup.elements import PageElements

INVISIBLE = re.compile(
    r"[\s\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u2064\u2800\u3164\ufe0f\ufeff\uffa0]+"
)
_MAX_STEPS = 100_000  # nodes that are visited for the names of one page
_MAX_DEPTH = 100  # of elements in one name; below, text is taken without a look at what is hidden in it
_MAX_REFERENCES = 100  # ids of one aria-labelledby
_WITHOUT_TEXT = frozenset(
    {"script", "style", "template", "noscript", "head", "meta", "link", "title", "datalist", "desc", "metadata", "defs"}
)
_LABELLED = frozenset({"input", "button", "select", "textarea", "meter", "output", "progress"})
_BLOCKS_WORDS = """
    address article aside blockquote br dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5
    h6 header hr li main nav ol p pre section summary table td th tr ul
"""
_BLOCKS = frozenset(_BLOCKS_WORDS.split())
_BUTTONS = {"submit": "Submit", "reset": "Reset", "button": ""}


def is_blank(text: str) -> bool:
    """Whether a text consists of white space and invisible characters only."""
    return not text or INVISIBLE.fullmatch(text) is not None


class Name(NamedTuple):
    """An accessible name: "" for none. ``source``: the attribute or ``content`` that gives it."""

    text: str
    source: str


NO_NAME = Name("", "")


class AccessibleNames:
    """The accessible names of the elements of one page.

    The work is bounded: what is left after the limit counts as named, so that nothing is reported by mistake.
    """

    def __init__(self, elements: PageElements, hidden: Hidden | None = None) -> None:
        self._elements = elements
        self.hidden = hidden or Hidden()
        self._steps = 0

    def of(self, node: Element, *, content: bool = False) -> Name:
        """Return the name of an element. ``content``: whether its content names it, as that of links and buttons."""
        return self._name(node, set(), content=content)

    def missing_references(self, node: Element) -> tuple[str, ...]:
        """Return the ids in ``aria-labelledby`` that no element of the page has."""
        ids = (node.attr("aria-labelledby") or "").split()[:_MAX_REFERENCES]
        return tuple(self._elements.decode_node(each) for each in ids if each not in self._by_id)

    def visible_text(self, node: Element) -> str:
        """Return the text of an element without names of images and without what is hidden, white space collapsed."""
        return " ".join("".join(self._pieces(node, set(), images=False)).split())

    @cached_property
    def _by_id(self) -> dict[str, Element]:
        """Return the elements with an id; of two with the same one the first counts."""
        found: dict[str, Element] = {}
        for each in self._elements.document.select("[id]"):
            identifier = each.attr("id")
            if identifier:
                found.setdefault(identifier, each)
        return found

    @cached_property
    def _labels(self) -> dict[str, list[Element]]:
        """Return the labels by the id that they name."""
        found: dict[str, list[Element]] = {}
        for each in self._elements.document.find_all("label"):
            target = each.attr("for")
            if target:
                found.setdefault(target, []).append(each)
        return found

    def _name(
        self,
        node: Element,
        visited: set[tuple[Element, bool]],
        *,
        content: bool,
        referenced: bool = False,
        unseen: bool = False,
        depth: int = 0,
    ) -> Name:
        """Return the name. ``referenced``: by ``aria-labelledby``; ``unseen``: what is hidden counts too."""
        self._steps += 1
        if self._steps > _MAX_STEPS:
            return Name("…", "content")
        key = (node, referenced)
        if key in visited:  # names that refer to each other
            return NO_NAME
        visited.add(key)
        get = node.attr
        if not referenced and get("aria-labelledby"):
            text = self._referenced(node, visited, depth)
            if not is_blank(text):
                return Name(text, "aria-labelledby")
        label = get("aria-label")
        if label and not is_blank(text := self._elements.decode_node(label)):
            return Name(text.strip(), "aria-label")
        role = role_of(node.tag, get)
        found = NO_NAME if role in NONE_ROLES and node.tag in ("img", "svg") else self._own(node, visited, depth)
        if found.text:
            return found
        if content and role not in GRAPHIC_ROLES and depth < _MAX_DEPTH:
            text = " ".join("".join(self._pieces(node, visited, unseen=unseen, depth=depth)).split())
            if not is_blank(text):
                return Name(text, "content")
        elif content and depth >= _MAX_DEPTH and not is_blank(node.text):
            return Name(self._elements.decode_node(node.text), "content")
        title = get("title")
        if node.tag == "img" and get("alt") == "":  # decorative, with a title or without
            return NO_NAME
        if title and role not in NONE_ROLES and not is_blank(text := self._elements.decode_node(title)):
            return Name(text.strip(), "title")
        return NO_NAME

    def _referenced(self, node: Element, visited: set[tuple[Element, bool]], depth: int) -> str:
        """Return the names of the elements that ``aria-labelledby`` names; hidden ones count."""
        parts = []
        for each in (node.attr("aria-labelledby") or "").split()[:_MAX_REFERENCES]:
            target = self._by_id.get(each)
            if target is not None and depth < _MAX_DEPTH:
                unseen = self.hidden.is_hidden(target)
                found = self._name(target, visited, content=True, referenced=True, unseen=unseen, depth=depth + 1)
                parts.append(found.text)
        return " ".join(part for part in parts if not is_blank(part))

    def _own(self, node: Element, visited: set[tuple[Element, bool]], depth: int) -> Name:
        """Return the name that the kind of element has of its own: alt, an SVG's title, a label, a button's value."""
        tag, get = node.tag, node.attr
        if self._is_drawn(node):
            title = next((each for each in node.children if getattr(each, "tag", "") == "title"), None)
            text = "" if title is None else self._elements.decode_node(title.text or "")
            return NO_NAME if is_blank(text) else Name(" ".join(text.split()), "title element")
        kind = (get("type") or "").strip().lower() if tag == "input" else ""
        if tag in _LABELLED and (text := self._label(node, visited, depth)):
            return Name(text, "label")
        if tag in ("img", "area") or kind == "image":
            alt = get("alt")
            text = "" if alt is None else self._elements.decode_node(alt)
            return NO_NAME if is_blank(text) else Name(text.strip(), "alt")
        if tag == "input":
            text = self._elements.decode_node(get("value") or _BUTTONS.get(kind, ""))
            return NO_NAME if is_blank(text) else Name(text, "value")
        return NO_NAME

    @staticmethod
    def _is_drawn(node: Element) -> bool:
        """Whether an element is one of SVG."""
        from imageseo.web.html import tree

        return not tree.is_html(node)

    def _label(self, node: Element, visited: set[tuple[Element, bool]], depth: int) -> str:
        labels = list(self._labels.get(node.attr("id") or "", ()))[:_MAX_REFERENCES]
        around = node.closest("label")
        if around is not None and around is not node:
            labels.append(around)
        if depth >= _MAX_DEPTH:
            return ""
        texts = [" ".join("".join(self._pieces(each, visited, depth=depth, without=node)).split()) for each in labels]
        return " ".join(text for text in texts if not is_blank(text))

    def _pieces(
        self,
        node: Element,
        visited: set[tuple[Element, bool]],
        *,
        unseen: bool = False,
        depth: int = 0,
        without: Element | None = None,
        images: bool = True,
    ) -> Iterator[str]:
        """Yield the text of the content, in pieces. ``images``: with the names of elements in it."""
        for child in node.children:
            self._steps += 1
            if self._steps > _MAX_STEPS:
                yield "…"
                return
            tag = getattr(child, "tag", None)
            if tag is None:
                if type(child).__name__ == "Text":
                    yield self._elements.decode_node(getattr(child, "data", ""))
                continue
            if child == without or tag in _WITHOUT_TEXT:
                continue
            if not unseen and self.hidden.is_hidden(child):  # type: ignore[arg-type]
                continue
            space = " " if tag in _BLOCKS else ""
            if images:
                found = self._name(child, visited, content=True, unseen=unseen, depth=depth + 1)  # type: ignore[arg-type]
                # A script may fill an element of its own with words.
                yield f"{space}{found.text or ('…' if '-' in tag else '')}{space}"
            elif depth < _MAX_DEPTH:
                yield space
                yield from self._pieces(child, visited, depth=depth + 1, images=False)  # type: ignore[arg-type]
                yield space
