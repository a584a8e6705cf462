"""ProperDocs: properdocs.yml with `site_name`."""

from __future__ import annotations

from pathlib import Path

from imageseo.integrations.setup.generator import FoundGenerator, first_of
from imageseo.integrations.setup.mkdocs_config import found_in


def recognise(folder: Path) -> FoundGenerator | None:
    name = first_of(folder, "properdocs.yml", "properdocs.yaml")
    return found_in(folder, name, package="properdocs", title="ProperDocs") if name else None
