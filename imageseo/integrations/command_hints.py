"""Our commands as they can be typed in the current folder, for hints."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path

from imageseo.model.site import Site

MKDOCS_FILES = ("properdocs.yml", "properdocs.yaml", "mkdocs.yml", "mkdocs.yaml")
PELICAN_FILES = ("pelicanconf.py",)


def generate_command(*, config: Path | None, root: Path | None) -> Callable[[str], str]:
    """Page -> `imageseo generate … PAGE`. ``config``, ``root``: what ``--config`` and ``--site`` have to name."""
    words = ["imageseo", "generate"]
    words += ["--config", _shown(config)] if config is not None else []
    words += ["--site", _shown(root)] if root is not None else []
    return lambda page: shlex.join([*words, page])


def pin_command(site: Site, *, config: Path | None) -> Callable[[str], str]:
    """Page.key -> the command that pins its hero. A page without a source is known by the built site alone."""
    built = {page.key for page in site.pages if page.hints.source is None}
    ways = [generate_command(config=config, root=root) for root in (None, site.root)]
    return lambda page: ways[page in built](page)


def config_argument(config: Path) -> Path | None:
    """The configuration of a host where a command has to name it; None where the current folder leads to it."""
    folder = Path.cwd()
    found = next((name for name in (*MKDOCS_FILES, *PELICAN_FILES) if (folder / name).is_file()), None)
    return None if found is not None and (folder / found).resolve() == config.resolve() else config


def _shown(path: Path) -> str:
    """As short as it can be typed: from the current folder, when it lies there."""
    folder = Path.cwd()
    return os.path.relpath(path, folder) if path.resolve().is_relative_to(folder) else str(path)
