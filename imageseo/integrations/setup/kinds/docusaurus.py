"""Docusaurus: docusaurus.config with its package, or with Docusaurus' keys."""

from __future__ import annotations

from pathlib import Path

from imageseo.integrations.setup.generator import (
    FoundGenerator,
    first_of,
    node_build,
    node_packages,
    node_steps,
    quoted_value,
    site_address,
    text_of,
)

_CONFIGS = tuple(f"docusaurus.config.{suffix}" for suffix in ("ts", "js", "mjs", "cjs", "mts", "cts"))


def recognise(folder: Path) -> FoundGenerator | None:
    name = first_of(folder, *_CONFIGS)
    if not name:
        return None
    text = text_of(folder / name)
    has_package = "@docusaurus/core" in node_packages(folder)
    if not has_package and "baseUrl" not in text and "@docusaurus/" not in text:
        return None
    build = node_build(folder, "npx docusaurus build")
    address = site_address(quoted_value(text, "url"), quoted_value(text, "baseUrl"))
    return FoundGenerator(
        name="docusaurus",
        title="Docusaurus",
        evidence=(name, "@docusaurus/core in package.json" if has_package else "settings of Docusaurus in it"),
        build=build,
        output="build",
        ci=node_steps(folder, build),
        settings={**({"site_url": address} if address else {}), "content_dir": "docs"},
    )
