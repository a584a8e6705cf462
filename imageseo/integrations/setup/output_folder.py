"""The folder of the built site, where a command names none."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from imageseo.integrations.setup import project_setup
from imageseo.model.errors import ImageseoError, SiteError


class FoundOutput(NamedTuple):
    """``generator``: whose output it is, for messages."""

    folder: Path
    generator: str


def find_output(project: Path) -> FoundOutput:
    """Return the output folder of a project's generator, relative to it. Raises SiteError if there is none yet."""
    try:
        found = project_setup.recognise(project)
    except ImageseoError as error:
        raise SiteError(
            "DIR is missing: the folder of the built site, with its index.html", hint=f"name it; {error.message}"
        ) from error
    if not (project / found.output).is_dir():
        raise SiteError(
            f"DIR is missing: the folder of the built site. {found.title} writes it to {found.output}, "
            "which is not there yet",
            hint=f"build the site first ({found.build}), or name its folder",
        )
    if not found.build:  # without a generator its pages may be the sources themselves
        raise SiteError(
            "DIR is missing: no generator is known whose output could be meant",
            hint=f"name the folder, for example: {found.output}",
        )
    return FoundOutput(Path(found.output), found.title)
