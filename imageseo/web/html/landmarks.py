"""Which part of a page an element is: the article, or the chrome around it."""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple


class Region(Enum):
    """What an element says about everything inside it."""

    ARTICLE = "article"
    MAIN = "main"
    CHROME = "chrome"
    BANNER = "banner"  # header or footer: chrome unless it belongs to an article
    PLAIN = "plain"


class Element(NamedTuple):
    """The few attributes that decide. ``classes``: of ``class`` and ``id`` together, lower case."""

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
_NAMES = {
    "article": Region.ARTICLE,
    "main": Region.MAIN,
    "header": Region.BANNER,
    "footer": Region.BANNER,
    "nav": Region.CHROME,
    "aside": Region.CHROME,
}
LANDMARKS = frozenset(_NAMES)
# Themes name these parts by class. `md-sidebar`, `bs-sidebar`, `sidebar__inner`; never `has-sidebar`, which is a page.
_WIDGET = re.compile(
    r"(?!has-|with-|no-|without-)(?:[a-z0-9]+[-_]){0,2}?"
    r"(?:sidebar|side-bar|sidenav|nav-side|navbar|navbar-brand|topbar|widgets?|logo)"
    r"(?:__[a-z0-9-]+|--[a-z0-9-]+)*"
)
# What the source of a start tag holds when its class or role may matter, in lower case. Each is looked for in the
# whole page: of "sidebar", "side-bar", "sidenav", "nav-side", "navbar" and "topbar" what they share is quicker.
NEEDLES = ("role=", "side", "bar", "widget", "logo")


def region(element: Element) -> Region:
    """What an element is. A role counts more than the name, the name more than a class."""
    if element.role in _ROLES:
        return _ROLES[element.role]
    if element.name in _NAMES:
        return _NAMES[element.name]
    if element.name not in ("html", "body") and any(_WIDGET.fullmatch(name) for name in element.classes):
        return Region.CHROME
    return Region.PLAIN
