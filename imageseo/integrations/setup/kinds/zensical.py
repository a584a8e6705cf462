"""Zensical: zensical.toml, or mkdocs.yml where MkDocs is not installed. It runs no plug-ins, so nothing is added."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from imageseo.integrations.setup.generator import CiSteps, FoundGenerator, keys_of, parsed
from imageseo.integrations.setup.mkdocs_config import zensical_reads_mkdocs


def recognise(folder: Path) -> FoundGenerator | None:
    name = "zensical.toml"
    if not (folder / name).is_file():
        name = "mkdocs.yml"
        if not (folder / name).is_file() or not zensical_reads_mkdocs():
            return None
    table = parsed(folder / name)
    project = table.get("project", table) if isinstance(table, Mapping) else {}
    keys = keys_of(project, "site_name", "site_url", "docs_dir", "nav", "theme")
    if not keys and name != "zensical.toml":
        return None
    output = project.get("site_dir", "site") if isinstance(project, Mapping) else "site"
    evidence = (name, f"`{keys[0]}` in it") if keys else (name,)
    return FoundGenerator(
        name="zensical",
        title="Zensical",
        evidence=evidence if name == "zensical.toml" else (*evidence, "Zensical is installed, MkDocs is not"),
        build="zensical build",
        output=str(output),
        ci=CiSteps(install=(), build="zensical build"),
        extra="zensical",
    )
