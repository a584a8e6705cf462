"""Classifies elements as part of the article or of the chrome around it."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple


class Region(Enum):
    """The part of a page that an element and everything inside it belongs to."""

    ARTICLE = "article"
    MAIN = "main"
    CHROME = "chrome"
    BANNER = "banner"  # header or footer: chrome unless it belongs to an article
    PLAIN = "plain"


class Element(NamedTuple):
    """The attributes that determine the region. ``classes``: words of ``class`` and ``id`` together, lower case."""

    name: str
    role: str
    classes: tuple[str, ...]


_ROLES = {
    "article": Region.ARTICLE,
    "main": Region.MAIN,
    "banner": Region.BANNER,
    "contentinfo": Region.BANNER,
    **dict.fromkeys(
        ("navigation", "complementary", "search", "menu", "menubar", "toolbar", "dialog", "doc-toc"), Region.CHROME
    ),
}
_ELEMENTS = {
    "article": Region.ARTICLE,
    "main": Region.MAIN,
    "header": Region.BANNER,
    "footer": Region.BANNER,
    "nav": Region.CHROME,
    "aside": Region.CHROME,
}
LANDMARKS = frozenset(_ELEMENTS)
# Themes mark these parts by class: `md-sidebar`, `bs-sidebar`, `sidebar__inner`; but `has-sidebar` marks a page.
_WIDGET = re.compile(
    r"(?!has-|with-|no-|without-)(?:[a-z0-9]+[-_]){0,2}?"
    r"(?:sidebar|side-bar|sidenav|nav-side|navbar|navbar-brand|topbar|widgets?|logo)"
    r"(?:__[a-z0-9-]+|--[a-z0-9-]+)*"
)
# One of these is in the source (lower case) of every start tag whose class or role may matter. The whole page is
# searched for each; the common parts of "sidebar", "side-bar", "sidenav", "nav-side", "navbar", "topbar" are faster.
SEARCH_TERMS = ("role=", "side", "bar", "widget", "logo")


def region(element: Element) -> Region:
    """Return the region of an element. The role takes precedence over the name, the name over the class."""
    if element.role in _ROLES:
        return _ROLES[element.role]
    if element.name in _ELEMENTS:
        return _ELEMENTS[element.name]
    if element.name not in ("html", "body") and any(_WIDGET.fullmatch(name) for name in element.classes):
        return Region.CHROME
    return Region.PLAIN
