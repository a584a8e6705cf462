"""MkDocs: mkdocs.yml with `site_name`."""

from __future__ import annotations

from pathlib import Path

from imageseo.integrations.setup.generator import FoundGenerator, first_of
from imageseo.integrations.setup.mkdocs_config import found_in, zensical_reads_mkdocs


def recognise(folder: Path) -> FoundGenerator | None:
    """Not beside zensical.toml: Zensical reads that one, and MkDocs is no longer used there."""
    name = first_of(folder, "mkdocs.yml", "mkdocs.yaml")
    if not name or (folder / "zensical.toml").is_file() or zensical_reads_mkdocs():
        return None
    return found_in(folder, name, package="mkdocs", title="MkDocs")
