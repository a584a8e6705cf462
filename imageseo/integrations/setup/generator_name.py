"""The generator of a project, as `doctor` names it."""

from __future__ import annotations

from pathlib import Path

from imageseo.integrations.content_folder import NAME
from imageseo.integrations.setup.project_setup import recognise
from imageseo.model.errors import ImageseoError
from imageseo.model.protocols import GeneratorProject


def generator_name(folder: Path, generator: GeneratorProject | None) -> str:
    """Name the generator with its evidence; one without a plug-in of imageseo as `init` names it.

    ``generator``: whose configuration is read, or the folder of Markdown files; None: neither is known.
    """
    if generator is not None and generator.name != NAME:
        return f"{generator.name} ({generator.config.name})"
    try:
        found = recognise(folder)
    except ImageseoError:
        found = None
    title = f"{found.title} ({found.evidence[0]})" if found is not None and found.build else "none"
    if generator is not None:
        return f"{title}; front matter is read from {generator.config.name}/"
    return f"{title}; pages are read from the built site"
