"""What a plug-in with themes must do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from imageseo.layout.themes import ThemeModule, themes_of
from imageseo.testing.requirement import Requirement, need

_ODD_PAGES = (b"", b"<!doctype html><title>t</title><main><h1>A</h1></main>", b"\xff\x00<p class=", b"<html>" * 50)


@dataclass(frozen=True, slots=True)
class ThemeChecks:
    """The requirements, as methods. ``page``: one that has the theme; None: there is none."""

    name: str
    module: ModuleType
    page: bytes | None

    @property
    def themes(self) -> ThemeModule:
        return themes_of(self.name, self.module, "")

    def declarations(self) -> None:
        """Every theme has a name of its own, a width in CSS px and a valid `sizes`."""
        found = themes_of(self.name, self.module, "the package").themes
        need(len({each.name for each in found}) == len(found), "two themes have one name")
        for theme in found:
            need(theme.name.strip(), "a theme has no name")
            need(100 <= theme.content_width <= 2000, f"{theme.name}: content_width is {theme.content_width} CSS px")

    def other_pages(self) -> None:
        """Pages of other themes, and odd ones, are not recognised and raise nothing."""
        for html in _ODD_PAGES:
            found = self.themes.recognise(html)
            need(found is None, f"the page {html[:40]!r} is recognised as {found.name if found else ''}")

    def own_page(self) -> None:
        """A page of the theme is recognised."""
        if self.page is not None:
            need(self.themes.recognise(self.page) in self.themes.themes, "the example page is not recognised")


def requirements(name: str, module: ModuleType, example: bytes | None = None) -> Sequence[Requirement]:
    """Return what a plug-in with themes must do. ``example``: a page that has one of them."""
    checks = ThemeChecks(name, module, example)
    return [Requirement(each.__name__, each) for each in (checks.declarations, checks.other_pages, checks.own_page)]
