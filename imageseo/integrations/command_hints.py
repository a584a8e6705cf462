"""imageseo commands for hints, as typed in the current folder."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from functools import cache
from pathlib import Path

from imageseo.integrations.detection import find_configs
from imageseo.model.site import Site


def generate_command(*, config: Path | None, root: Path | None) -> Callable[[str], str]:
    """Return a function: page -> `imageseo generate … PAGE`. ``config``, ``root``: for ``--config`` and ``--site``."""
    arguments = ["imageseo", "generate"]
    arguments += ["--config", _format_path(config)] if config is not None else []
    arguments += ["--site", _format_path(root)] if root is not None else []
    return lambda page: shlex.join([*arguments, page])


def pin_command(site: Site, *, config: Path | None) -> Callable[[str], str]:
    """Return a function: Page.key -> the command that pins its hero; with --site for a page without a source file."""
    commands = [generate_command(config=config, root=root) for root in (None, site.root)]

    @cache
    def without_source() -> frozenset[str]:  # few runs of lint ask
        return frozenset(page.key for page in site.pages if page.hints.source is None)

    return lambda page: commands[page in without_source()](page)


def config_argument(config: Path) -> Path | None:
    """Return a generator's configuration file if commands must name it, None if it is found in the current folder."""
    found = next((path for path, _ in find_configs(Path.cwd())), None)
    return None if found is not None and found.resolve() == config.resolve() else config


def _format_path(path: Path) -> str:
    """Return the path relative to the current folder if it is inside, else unchanged."""
    folder = Path.cwd()
    return os.path.relpath(path, folder) if path.resolve().is_relative_to(folder) else str(path)
