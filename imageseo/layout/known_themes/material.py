"""Material for MkDocs, and Zensical, whose two variants have its structure with other paddings."""

from __future__ import annotations

import re

from imageseo.model.layout import Theme

# Marks are those of `_facts`. Of mkdocs-material 9.8.1 and Zensical 0.0.73.
_MATERIAL = (
    Theme(
        name="material: no sidebar",
        marks=(b"primary:hidden", b"secondary:hidden"),
        content_width=1188,
        sizes="(min-width: 2000px) 1426px, (min-width: 1600px) 1307px, (min-width: 1220px) 1188px, calc(100vw - 32px)",
        keeps_ratio=True,
    ),
    Theme(
        name="material: no table of contents",
        marks=(b"secondary:hidden",),
        content_width=938,
        sizes="(min-width: 2000px) 1126px, (min-width: 1600px) 1032px, (min-width: 1220px) 938px, calc(100vw - 32px)",
        keeps_ratio=True,
    ),
    Theme(
        name="material: no navigation",
        marks=(b"primary:hidden",),
        content_width=938,
        sizes="(min-width: 2000px) 1126px, (min-width: 1600px) 1032px, (min-width: 1220px) 938px, "
        "(min-width: 960px) calc(100vw - 274px), calc(100vw - 32px)",
        keeps_ratio=True,
    ),
    Theme(
        name="material",
        marks=(),
        content_width=688,
        sizes="(min-width: 2000px) 826px, (min-width: 1600px) 757px, (min-width: 1220px) 688px, "
        "(min-width: 960px) calc(100vw - 274px), calc(100vw - 32px)",
        generator="mkdocs-material",
        keeps_ratio=True,
    ),
)
_ZENSICAL = (
    Theme(
        name="zensical: no sidebar",
        marks=(b"primary:hidden", b"secondary:hidden"),
        content_width=1188,
        sizes="(min-width: 2000px) 1426px, (min-width: 1600px) 1307px, (min-width: 1235px) 1188px, calc(100vw - 47px)",
        keeps_ratio=True,
    ),
    Theme(
        name="zensical: no table of contents",
        marks=(b"secondary:hidden",),
        content_width=938,
        sizes="(min-width: 2000px) 1126px, (min-width: 1600px) 1032px, (min-width: 1235px) 938px, "
        "(min-width: 1220px) calc(100vw - 297px), calc(100vw - 47px)",
        keeps_ratio=True,
    ),
    Theme(
        name="zensical: no navigation",
        marks=(b"primary:hidden",),
        content_width=938,
        sizes="(min-width: 2000px) 1126px, (min-width: 1600px) 1032px, (min-width: 1235px) 938px, "
        "(min-width: 1220px) calc(100vw - 297px), (min-width: 960px) calc(100vw - 289px), calc(100vw - 47px)",
        keeps_ratio=True,
    ),
    Theme(
        name="zensical",
        marks=(),
        content_width=688,
        sizes="(min-width: 2000px) 826px, (min-width: 1600px) 757px, (min-width: 1235px) 688px, "
        "(min-width: 1220px) calc(100vw - 547px), (min-width: 960px) calc(100vw - 289px), calc(100vw - 47px)",
        generator="zensical",
        keeps_ratio=True,
    ),
)
THEMES = (*_MATERIAL, *_ZENSICAL)

_BAR = b"md-sidebar--"
_PLACE = re.compile(rb"(primary|secondary|post)\b")
_HIDDEN = re.compile(rb"""\shidden(?=[\s>=])""")
_OF_ZENSICAL = re.compile(rb"""name=["']?generator["']?\s+content=["']?zensical-""")
_HEAD = 8192  # bytes; both themes name the generator in their first lines


def recognise(html: bytes) -> Theme | None:
    """Return the variant: front matter may hide a sidebar (`hide: [toc]`), which widens the column."""
    if b"md-sidebar--primary" not in html or b"md-content" not in html:
        return None
    bars = _bars(html)
    if b"post" in bars:  # the blog plug-in adds another sidebar
        bars[b"primary"] = False
    facts = b" ".join(bar + b":hidden" * hidden for bar, hidden in bars.items())
    themes = _ZENSICAL if _OF_ZENSICAL.search(html, 0, _HEAD) else _MATERIAL
    return next((theme for theme in themes if all(mark in facts for mark in theme.marks)), None)


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
