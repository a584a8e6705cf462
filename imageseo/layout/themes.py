"""Recognises the theme of a page: ours, and those that other packages add."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from functools import cache, partial
from types import ModuleType
from typing import NamedTuple

from imageseo.config import selector_syntax
from imageseo.config.plugins import foreign_plugins, load_plugins, report, search_number
from imageseo.model.foreign import UnfitPlugin, describe_error
from imageseo.model.layout import Theme

_GROUP = "imageseo.themes"


class ThemeModule(NamedTuple):
    """The themes of one plug-in, and what finds out which of them a page has."""

    themes: tuple[Theme, ...]
    recognise: Callable[[bytes], Theme | None]


def theme_modules() -> tuple[ThemeModule, ...]:
    """Return all plug-ins, in the order in which they are asked."""
    return _theme_modules(search_number())


@cache
def _theme_modules(_: int) -> tuple[ThemeModule, ...]:
    return tuple(load_plugins(_GROUP, themes_of).values())


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


def article_selectors(html: bytes) -> tuple[str, ...]:
    """Return the selector of the article of a page's theme, if it needs one; as the setting ``include``."""
    if not _needs_selectors(search_number()):
        return ()
    theme = recognise(html)
    return (theme.article,) if theme is not None and theme.article else ()


@cache
def _needs_selectors(_: int) -> bool:
    return any(theme.article for theme in known_themes())


def foreign_versions() -> str:
    """Return what identifies the themes of other distributions, on which the results of pages depend; "" without."""
    plugins = foreign_plugins(_GROUP)
    return f"{[each.distribution for each in plugins]} {list(known_themes())}" if plugins else ""


def theme_of_generator(generator: str) -> Theme | None:
    """Return the theme in ``<meta name="generator">``, as in ``mkdocs-1.6.1, mkdocs-material-9.8.1``."""
    return next((theme for theme in known_themes() if theme.generator and theme.generator in generator), None)


def themes_of(name: str, module: ModuleType, source: str) -> ThemeModule:
    """Return the themes of a module. Raises UnfitPlugin if it has none, or one that fits any page or none."""
    themes = getattr(module, "THEMES", None)
    if not isinstance(themes, tuple | list) or not themes or not all(isinstance(each, Theme) for each in themes):
        raise UnfitPlugin(f"{module.__name__}.THEMES must be a tuple of imageseo.model.layout.Theme")
    find = getattr(module, "recognise", None)
    if find is None:
        for theme in themes:
            if not theme.marks or not all(isinstance(mark, bytes) and mark for mark in theme.marks):
                raise UnfitPlugin(f"the theme {theme.name!r} needs `marks`: bytes that only its pages contain")
        find = partial(_by_marks, tuple(themes))
    if not source:
        return ThemeModule(tuple(themes), find)
    for theme in themes:
        _check_values(theme)
    return ThemeModule(tuple(themes), partial(_guarded, name, find, tuple(themes)))


def _check_values(theme: Theme) -> None:
    from imageseo.web.srcset.sizes import parse_sizes

    if not isinstance(theme.content_width, int) or not 0 < theme.content_width < 10_000:
        raise UnfitPlugin(f"the theme {theme.name!r}: content_width must be CSS px, found {theme.content_width!r}")
    if not isinstance(theme.sizes, str) or not parse_sizes(theme.sizes):
        raise UnfitPlugin(f"the theme {theme.name!r}: `sizes` is no valid attribute: {theme.sizes!r}")
    fault = selector_syntax.fault(theme.article) if theme.article else None
    if fault is not None:
        raise UnfitPlugin(f"the theme {theme.name!r}: `article`: {fault}")


def _guarded(name: str, find: Callable[[bytes], Theme | None], themes: tuple[Theme, ...], html: bytes) -> Theme | None:
    """Return what code of another distribution finds; what it raises is reported once, and leaves the theme out."""
    try:
        theme = find(html)
    except (Exception, SystemExit) as error:
        for plugin in foreign_plugins(_GROUP):
            if plugin.name == name and not plugin.fault:
                report(dataclasses.replace(plugin, fault=f"recognise() raised {describe_error(error)}"))
        return None
    return theme if isinstance(theme, Theme) and theme in themes else None


def _by_marks(themes: tuple[Theme, ...], html: bytes) -> Theme | None:
    return next((theme for theme in themes if all(mark in html for mark in theme.marks)), None)
