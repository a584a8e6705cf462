"""Formats of the report about a site's pictures: one module each, with ``render(report, root) -> str``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from pathlib import Path

    from imageseo.model.site_report import SiteReport

    Renderer = Callable[[SiteReport, Path], str]


def renderer(name: str) -> Renderer:
    """Return the function that renders a format. ``root``, its second argument: the folder of the built site."""
    return cast("Renderer", import_module(f"{__name__}.{name}").render)
