"""Recognises the theme of a page: ours, and those that other packages add."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import NamedTuple

from imageseo.config.plugins import plugin_loaders
from imageseo.model.layout import Theme


class ThemeModule(NamedTuple):
    """The themes of one plug-in, and what finds out which of them a page has."""

    themes: tuple[Theme, ...]
    recognise: Callable[[bytes], Theme | None]


@cache
def theme_modules() -> tuple[ThemeModule, ...]:
    """Return all plug-ins, in the order in which they are asked."""
    modules = [load() for load in plugin_loaders("imageseo.themes").values()]
    return tuple(
        ThemeModule(module.THEMES, getattr(module, "recognise", None) or partial(_by_marks, module.THEMES))
        for module in modules
    )


def known_themes() -> Iterator[Theme]:
    """Yield all themes, with their variants."""
    return (theme for module in theme_modules() for theme in module.themes)


def recognise(html: bytes) -> Theme | None:
    """Return the theme of a page, recognized by its class names; None for an unknown theme."""
    for module in theme_modules():
        theme = module.recognise(html)
        if theme is not None:
            return theme
    return None


def theme_of_generator(generator: str) -> Theme | None:
    """Return the theme in ``<meta name="generator">``, as in ``mkdocs-1.6.1, mkdocs-material-9.8.1``."""
    return next((theme for theme in known_themes() if theme.generator and theme.generator in generator), None)


def _by_marks(themes: tuple[Theme, ...], html: bytes) -> Theme | None:
    return next((theme for theme in themes if theme.marks and all(mark in html for mark in theme.marks)), None)
