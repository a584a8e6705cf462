"""How wide the article column of known themes is."""

from __future__ import annotations

import re
from typing import NamedTuple


class Theme(NamedTuple):
    """``marks``: strings that all stand in its pages, with or without quoted attributes.

    ``content_width``: CSS px of the article column at 1350 px; ``sizes``: that column at every viewport.
    """

    name: str
    marks: tuple[bytes, ...]
    content_width: int
    sizes: str


# Measured in Chromium 156: a page of each theme's own making with a 3,000 px wide picture, at 30 viewports from 320
# to 2,560 px, its rendered width read by getBoundingClientRect. mkdocs-material 9.8.1, MkDocs 1.6.1, Pelican 4.10.2.
# Steps of the theme are exact; between them the formulas meet every measured width within 1 px.
THEMES = (
    Theme(
        "material: no sidebar",
        (b"md-sidebar--primary", b"md-content", b"primary:hidden", b"secondary:hidden"),
        1188,
        "(min-width: 2000px) 1426px, (min-width: 1600px) 1307px, (min-width: 1220px) 1188px, calc(100vw - 32px)",
    ),
    Theme(
        "material: no table of contents",
        (b"md-sidebar--primary", b"md-content", b"secondary:hidden"),
        938,
        "(min-width: 2000px) 1126px, (min-width: 1600px) 1032px, (min-width: 1220px) 938px, calc(100vw - 32px)",
    ),
    Theme(
        "material: no navigation",
        (b"md-sidebar--primary", b"md-content", b"primary:hidden"),
        938,
        "(min-width: 2000px) 1126px, (min-width: 1600px) 1032px, (min-width: 1220px) 938px, "
        "(min-width: 960px) calc(100vw - 274px), calc(100vw - 32px)",
    ),
    Theme(
        "material",
        (b"md-sidebar--primary", b"md-content"),
        688,
        "(min-width: 2000px) 826px, (min-width: 1600px) 757px, (min-width: 1220px) 688px, "
        "(min-width: 960px) calc(100vw - 274px), calc(100vw - 32px)",
    ),
    Theme(
        "readthedocs",
        (b"wy-nav-content-wrap", b"rst-content"),
        697,
        "(min-width: 1100px) 697px, (min-width: 769px) calc(100vw - 403px), calc(100vw - 51px)",
    ),
    Theme(
        "mkdocs",
        (b"bs-sidebar", b"col-md-9"),
        831,
        "(min-width: 1400px) 966px, (min-width: 1200px) 831px, (min-width: 992px) 696px, (min-width: 576px) 516px, "
        "calc(100vw - 24px)",
    ),
    Theme(
        "notmyidea",
        (b"theme/css/main.css", b"banner", b"extras"),
        760,
        "(min-width: 800px) 760px, calc(100vw - 40px)",
    ),
)

_BAR = b"md-sidebar--"
_PLACE = re.compile(rb"(primary|secondary|post)\b")
_HIDDEN = re.compile(rb"""\shidden(?=[\s>=])""")


def recognise(html: bytes) -> Theme | None:
    """The theme that made a page, told by its class names; ``None`` for one that nobody measured."""
    facts = html
    if b"md-sidebar--primary" in html:
        # Front matter may hide a sidebar (`hide: [toc]`), which widens the column; the blog puts another in its place.
        bars = _bars(html)
        if b"post" in bars:
            bars[b"primary"] = False
        facts = b"md-content " + b" ".join(b"md-sidebar--" + bar + b" " + bar + b":hidden" * gone
                                           for bar, gone in bars.items())  # fmt: skip
    return next((theme for theme in THEMES if all(mark in facts for mark in theme.marks)), None)


def _bars(html: bytes) -> dict[bytes, bool]:
    """Material's sidebars, each with whether it is hidden. A plain search takes a third of an expression's time."""
    found: dict[bytes, bool] = {}
    at = html.find(_BAR)
    while at >= 0:
        place = _PLACE.match(html, at + len(_BAR))
        start, end = html.rfind(b"<", 0, at), html.find(b">", at) + 1
        if place and end and html.startswith((b"<div ", b"<div\n"), start) and html.find(b">", start, at) < 0:
            found[place[1]] = _HIDDEN.search(html, start, end) is not None
        at = html.find(_BAR, at + len(_BAR))
    return found


def named(generator: str) -> Theme | None:
    """The theme that ``<meta name="generator">`` names: ``mkdocs-1.6.1, mkdocs-material-9.8.1``."""
    if "mkdocs-material" not in generator:
        return None
    return next(theme for theme in THEMES if theme.name == "material")
