"""The styles of drawn heroes: the modules of ``styles``. Change ``Procedural.version`` with every new one in STYLES."""

STYLES = (
    *("aurora", "chart", "diagram", "facets", "halftone", "icons", "mosaic", "orbits", "paper", "ridges", "strings"),
    "topo",
)
"""A recipe that names no style gets one of these by its seed."""

DARK_STYLES = ("aurora",)
"""Styles that have no light version."""

CONTENT_STYLES = ("code", "duotone", "typographic")
"""Styles that show something of the page or the project: only a recipe that names them gets them."""

ALL_STYLES = tuple(sorted((*STYLES, *CONTENT_STYLES)))
