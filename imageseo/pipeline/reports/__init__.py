"""Formats of the report about a site's pictures: one module each, with ``render(report, root) -> str``."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from pathlib import Path

    from imageseo.model.site_report import SiteReport

    Renderer = Callable[[SiteReport, Path], str]


def names() -> list[str]:
    """Return the names of all formats: those of the modules in this folder."""
    files = os.listdir(os.path.dirname(__file__))  # noqa: PTH120, PTH208 - `--help` does without pathlib
    return sorted(file.removesuffix(".py") for file in files if file.endswith(".py") and not file.startswith("_"))


def renderer(name: str) -> Renderer:
    """Return the function that renders a format. ``root``, its second argument: the folder of the built site."""
    return cast("Renderer", import_module(f"{__name__}.{name}").render)
