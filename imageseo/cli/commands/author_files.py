"""The author's files of a built site, found when a report shows findings of pages whose source is not known."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from imageseo.integrations.project import Project
from imageseo.lint.code_frame import CodeFrame
from imageseo.lint.report import Report
from imageseo.model.errors import ImageseoError
from imageseo.model.finding import Finding
from imageseo.model.protocols import Result
from imageseo.model.site import Site

if TYPE_CHECKING:
    from imageseo.lint.source_lines import SourceLines

_MARKDOWN = {"hugo": "figure", "jekyll": "kramdown", "docusaurus": "html", "eleventy": "html", "astro": ""}
_FOLDERS = {"mkdocs": "docs", "properdocs": "docs", "zensical": "docs", "pelican": "content"}
"""Where generators have their sources that name no ``content_dir`` to `init`."""


def source_lines(project: Project, site: Site) -> SourceLines:
    """Return the lines of a site. What is not known of its sources is found by the files of the project."""
    from imageseo.lint.source_lines import SourceLines

    if site.markdown or site.generator != "directory":
        return SourceLines.of(site)
    found = _found(project.folder)
    name = found[0] if found is not None else ""
    return SourceLines.of(
        replace(site, markdown=_MARKDOWN.get(name, "")), sources=partial(_sources, project, site, found)
    )


def _found(folder: Path) -> tuple[str, str] | None:
    """Return the generator of a project and the folder of its sources, by the evidence that `init` takes."""
    from imageseo.integrations.setup import project_setup

    try:
        found = project_setup.recognise(folder)
    except ImageseoError:  # none, or several
        return None
    if found.name == project_setup.FOLDER:
        return None
    return found.name, (found.settings or {}).get("content_dir") or _FOLDERS.get(found.name, "")


def _sources(project: Project, site: Site, found: tuple[str, str] | None) -> Mapping[str, str]:
    """Return page -> source file, for the pages that have one."""
    from imageseo.integrations import content_folder

    name = project.settings.content_dir or (found[1] if found is not None else "")
    folder = project.folder / name
    if not name or not folder.is_dir():
        return {}
    return {
        page: os.path.relpath(path, project.folder).replace(os.sep, "/")
        for page, path in content_folder.page_sources(folder, site.root).items()
    }


def placed(project: Project, site: Site, result: Result) -> Report:
    """Return the report of a build in which findings name the author's files."""
    if not result.findings:
        return Report.of(result)  # most builds; finding the files takes a moment
    lines = source_lines(project, site)

    def frame(finding: Finding) -> CodeFrame | None:
        source = lines.source(finding)  # lines of a page count without what imageseo has added since
        return lines.frame(finding) if source is not None and source.line is not None else None

    return replace(Report.of(result), frame=frame, built=lines.built, source=lines.source)
