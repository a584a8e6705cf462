"""PyData Sphinx Theme: with and without the navigation and the bar on the right."""

from __future__ import annotations

from typing import NamedTuple

from imageseo.model.layout import Theme

# pydata-sphinx-theme 0.24.0
_NEITHER = Theme(
    name="pydata: no sidebar",
    content_width=896,
    sizes="(min-width: 1200px) 896px, (min-width: 960px) 928px, calc(100vw - 32px)",
)
_SECONDARY = Theme(
    name="pydata: no navigation",
    content_width=896,
    sizes="(min-width: 1232px) 896px, (min-width: 1200px) calc(100vw - 336px), (min-width: 960px) 928px, "
    "calc(100vw - 32px)",
)
_PRIMARY = Theme(
    name="pydata: no table of contents",
    content_width=896,
    sizes="(min-width: 1280px) 896px, (min-width: 1200px) calc(75vw - 64px), (min-width: 960px) calc(75vw - 32px), "
    "calc(100vw - 32px)",
)
_BOTH = Theme(
    name="pydata",
    content_width=676,
    sizes="(min-width: 1408px) 720px, (min-width: 1200px) calc(75vw - 336px), (min-width: 960px) calc(75vw - 32px), "
    "calc(100vw - 32px)",
)
THEMES = (_NEITHER, _SECONDARY, _PRIMARY, _BOTH)


class _Bars(NamedTuple):
    primary: bool
    secondary: bool


_VARIANTS = {
    _Bars(False, False): _NEITHER,
    _Bars(False, True): _SECONDARY,
    _Bars(True, False): _PRIMARY,
    _Bars(True, True): _BOTH,
}


def recognise(html: bytes) -> Theme | None:
    """Return the variant; a navigation without entries is only shown on phones."""
    if b"bd-article-container" not in html or b"styles/pydata-sphinx-theme.css" not in html:
        return None
    if b"sphinx-book-theme.css" in html:  # built upon this theme, with another column
        return None
    primary = b"bd-sidebar-primary" in html and b"hide-on-wide" not in html
    return _VARIANTS[_Bars(primary, b"bd-sidebar-secondary" in html)]
