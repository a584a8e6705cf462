"""Widths of the article column of known themes."""

from __future__ import annotations

import re
from typing import NamedTuple


class Theme(NamedTuple):
    """A known theme. ``marks``: strings that every page of it contains, with or without quoted attributes.

    ``content_width``: CSS px of the article column at 1350 px; ``sizes``: that column at every viewport.
    """

    name: str
    marks: tuple[bytes, ...]
    content_width: int
    sizes: str


# Measured in Chromium 156: a page built with each theme, with a 3,000 px wide image, at 30 viewports from 320 to
# 2,560 px; the rendered width is from getBoundingClientRect. mkdocs-material 9.8.1, MkDocs 1.6.1, Pelican 4.10.2.
# Breakpoints are exact; between them the formulas match every measured width within 1 px.
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
    """Return the theme of a page, recognized by its class names; None for an unknown theme."""
    facts = html
    if b"md-sidebar--primary" in html:
        # Front matter may hide a sidebar (`hide: [toc]`), which widens the column; the blog plug-in adds another.
        bars = _bars(html)
        if b"post" in bars:
            bars[b"primary"] = False
        facts = b"md-content " + b" ".join(b"md-sidebar--" + bar + b" " + bar + b":hidden" * hidden
                                           for bar, hidden in bars.items())  # fmt: skip
    return next((theme for theme in THEMES if all(mark in facts for mark in theme.marks)), None)


def _bars(html: bytes) -> dict[bytes, bool]:
    """Return Material's sidebars and whether each is hidden. ``find`` takes a third of the time of a regex."""
    found: dict[bytes, bool] = {}
    index = html.find(_BAR)
    while index >= 0:
        place = _PLACE.match(html, index + len(_BAR))
        start, end = html.rfind(b"<", 0, index), html.find(b">", index) + 1
        if place and end and html.startswith((b"<div ", b"<div\n"), start) and html.find(b">", start, index) < 0:
            found[place[1]] = _HIDDEN.search(html, start, end) is not None
        index = html.find(_BAR, index + len(_BAR))
    return found


def theme_of_generator(generator: str) -> Theme | None:
    """Return the theme in ``<meta name="generator">``, as in ``mkdocs-1.6.1, mkdocs-material-9.8.1``."""
    if "mkdocs-material" not in generator:
        return None
    return next(theme for theme in THEMES if theme.name == "material")
