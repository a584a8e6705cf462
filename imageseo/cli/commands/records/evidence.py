"""Command `evidence`: bundle what an auditor asks for about the hero of a page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imageseo import __version__
from imageseo.cli.commands.generation.inputs import find_pages, spellings
from imageseo.heroes.audit.log import path_of
from imageseo.heroes.evidence.bundle import Evidence, PublishedFile, collect, describe
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.masters import store as master_stores
from imageseo.images.decoding.probe import probe_bytes
from imageseo.integrations.project import Project
from imageseo.model import regular_file
from imageseo.model.errors import ImageseoError, RecipeError, SiteError
from imageseo.model.hero import HeroRequest, HeroTerms, Pin
from imageseo.model.image import BadAsset
from imageseo.model.site import Page
from imageseo.storage.atomic import write_atomic

_MAX_PIXELS = 100_000_000
_METADATA = ("creator", "credit", "copyright", "license", "acquire_license_page", "digital_source_type")
_SOURCE = re.compile(rb"[\w./%~+@-]+\.(?:jpe?g|png|webp|avif)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceReport:
    """``place``: what was written."""

    evidence: Evidence
    place: Path

    @property
    def exit_code(self) -> int:
        return 1 if self.evidence.problems else 0

    def as_text(self) -> str:
        """Return what was written, and what is not in order."""
        return describe(self.evidence, str(self.place))


def run(project: Project, name: str, *, root: Path | None, output: Path | None) -> EvidenceReport:
    """Write the evidence of a page: a folder, or a ZIP file if ``output`` ends so. Raises SiteError, LockError."""
    settings = project.settings
    pin, page, request = _find(project, name, root)
    vault = master_stores.open_master_store(settings.hero.masters, project.folder, project.folder / settings.cache_dir)
    shown = tuple(_published(root, page, settings.hero.publish)) if root is not None and page is not None else None
    found = collect(
        pin,
        terms=request.terms if request is not None else HeroTerms(),
        policy=settings.policy,
        project=project.folder,
        vault=vault,
        log=path_of(settings.hero.masters, project.folder),
        published=shown,
        version=__version__,
    )
    stem = locks.master_name(pin.page, pin.file_sha256.removeprefix("sha256:")).removesuffix(".png")
    place = output or Path(f"evidence-{stem}.zip")
    try:
        if place.suffix.lower() == ".zip":
            write_atomic(place, found.as_zip())
        else:
            for file, data in found.files.items():
                write_atomic(place / file, data)
    except OSError as error:
        fault = f"{place}: cannot be written: {error.strerror or error}"
        raise SiteError(fault, hint="name another --output") from error
    return EvidenceReport(evidence=found, place=place)


def _find(project: Project, name: str, root: Path | None) -> tuple[Pin, Page | None, HeroRequest | None]:
    """Return the pin of a page, with the page and its request as far as they can be read. Raises SiteError."""
    from imageseo.pipeline import composition

    lock = locks.read(project.folder / locks.NAME)
    pin = next(filter(None, map(lock.of_page, spellings(name, project.folder))), None)
    page, request = None, None
    try:
        (page,) = find_pages(project.pages(root).pages, [pin.page if pin is not None else name], project.folder)
        pin = pin or lock.of_page(page.key)
        providers = composition.providers(project.settings, project.folder)
        read = composition.request_reader(project.settings, project.folder, providers, base_url=project.base_url)
        request = read(page)
    except RecipeError:
        pass  # what is pinned is evidence all the same
    except ImageseoError:
        if pin is None:
            raise
    if pin is None:
        hint = "`imageseo history` lists pages with heroes; for a file of your own, keep its licence beside it"
        raise SiteError(f"{name}: this page has no pinned hero, so there is no evidence of one", hint=hint)
    return pin, page, request


def _published(root: Path, page: Page, folder: str) -> Iterator[PublishedFile]:
    """Yield the published heroes that a built page names, with what their metadata say."""
    try:
        text = regular_file.read(root / page.path)
    except OSError:
        return
    names = {match.decode("ascii", "replace").rpartition(f"{folder}/")[2] for match in _SOURCE.findall(text)}
    top = (root / folder).resolve()
    for name in sorted(names):
        path = (top / name).resolve()
        if not path.is_relative_to(top) or not path.is_file():
            continue
        data = regular_file.read(path)
        asset = probe_bytes(data, name, max_pixels=_MAX_PIXELS)
        metadata: dict[str, str] = {}
        if not isinstance(asset, BadAsset):
            metadata = {key: value for key in _METADATA if (value := getattr(asset.rights, key))}
        yield PublishedFile(
            file=f"{folder}/{name}",
            sha256=f"sha256:{hashlib.sha256(data).hexdigest()}",
            bytes=len(data),
            width=0 if isinstance(asset, BadAsset) else asset.width,
            height=0 if isinstance(asset, BadAsset) else asset.height,
            metadata=metadata,
        )
