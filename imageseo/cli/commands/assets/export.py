"""Command `export`: read a built site, and write its register of images."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from imageseo.heroes.lock import lock as locks
from imageseo.images.decoding.probe import probe
from imageseo.integrations.project import Project
from imageseo.integrations.site_reports import read_report, write_file
from imageseo.model.humanize import format_count
from imageseo.model.image import Asset, BadAsset
from imageseo.model.progress import Progress
from imageseo.pipeline.reporting import asset_register

FORMATS = {"json": asset_register.as_json, "csv": asset_register.as_csv}


def run(
    project: Project,
    root: Path,
    *,
    form: str,
    output: Path | None,
    target: str | None,
    prompts: bool,
    progress: Progress,
) -> tuple[str, str]:
    """Return the register for standard output ("" if it was written elsewhere), and a note. Raises ImageseoError.

    ``target``: where the register and its files are uploaded to.
    """
    site = project.site(root)
    site = site.without(project.settings.exclude_pages)
    report = read_report(site, project.settings, progress=progress)
    register = asset_register.asset_register(
        site,
        report,
        locks.read(site.project / locks.NAME),
        partial(_probe, site.root, project.settings.encode.max_pixels),
        prompts=prompts,
    )
    text = FORMATS[form](register)
    count = format_count("images", len(register.assets))
    notes = []
    if target is not None:
        from imageseo.pipeline.reporting import register_upload  # few registers are uploaded

        texts = {f"assets.{name}": write(register) for name, write in FORMATS.items()}
        done = register_upload.upload(register, texts, site.root, target, progress=progress)
        notes.append(f"{done.uploaded} files uploaded, {done.unchanged} unchanged")
    if output is not None:
        write_file(output, text.encode("utf-8", "backslashreplace"), what="asset register")
        notes.append(f"asset register written to {output}")
    return "" if notes else text, f"{count}: {', '.join(notes)}" if notes else count


def _probe(root: Path, max_pixels: int, path: str) -> Asset | BadAsset:
    return probe(root / path, path, max_pixels=max_pixels)
