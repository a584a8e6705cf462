"""Compares the trees of a page before and after its edits: apart from what was added, they must be equal."""

from __future__ import annotations

import re

from turbohtml import Document

from imageseo.web.html import tree
from imageseo.web.html.edits import ADDABLE, LINK_ADDABLE, MARKER

# The content of <noscript> is text for a browser that runs scripts, and markup for one that does not. As long as all in
# it is closed again, both read the rest of the page alike.
_NOSCRIPT = re.compile(r"<noscript(?=[\s/>])[^>]*>(.*?)(?:</noscript|\Z)", re.DOTALL)
_PIECE = re.compile(
    r"[^<]+|<(?:img|link|meta|br|hr|input|source)\b(?:[^<>\"']|\"[^\"<>]*\"|'[^'<>]*')*>"
    r"|<(style|iframe)\b[^<>]*>[^<]*</\1>|<(/?)(a|article|div|em|figure|h[1-6]|p|picture|section|span|strong)\b[^<>]*>"
)


def depends_on_scripts(lowered: str) -> bool:
    """Whether a page may be another one for browsers without scripts. ``lowered``: the page in lower case."""
    return any(not _is_closed(match[1]) for match in _NOSCRIPT.finditer(lowered))


def _is_closed(content: str) -> bool:
    """Whether each element of a piece of markup ends in it; False if that is not certain."""
    open_names: list[str] = []
    position = 0
    while position < len(content):
        piece = _PIECE.match(content, position)
        if piece is None:
            return False
        position, name = piece.end(), piece[3]
        if name and not piece[2]:
            open_names.append(name)
        elif name and (not open_names or open_names.pop() != name):
            return False
    return not open_names


def is_same_page(before: bytes, after: bytes) -> bool:
    """Whether two pages have the same tree apart from imageseo's own markup, with and without scripts."""
    return all(
        _without_own_markup(before, scripting=scripting).equals(_without_own_markup(after, scripting=scripting))
        for scripting in (True, False)
    )


def _without_own_markup(html: bytes, *, scripting: bool) -> Document:
    document = tree.parse_anew(html, scripting=scripting)
    for element in document.select(f"[{MARKER}]"):
        marker = element.attrs.get(MARKER)
        value = marker.strip() if isinstance(marker, str) else ""
        name = element.tag
        if not tree.is_html(element):
            continue
        if name in ("img", "link") and value:
            for each in (MARKER, *((ADDABLE if name == "img" else LINK_ADDABLE) & set(value.split()))):
                if each in element.attrs:
                    del element.attrs[each]
        elif name == "picture" and not value:
            for source in element.find_all("source"):
                if source.parent == element:
                    source.decompose()
            element.unwrap()
        elif value == "hero-figure" or (name in ("style", "script", "link") and not value):
            element.decompose()
    root = document.find("html")
    if root is not None:
        root.normalize()
    return document
