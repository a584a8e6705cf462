"""`generate --adopt`: pin an image from a file as the hero of a page."""

from __future__ import annotations

from pathlib import Path

from imageseo.cli.commands.generate_report import GenerateReport
from imageseo.cli.commands.generation.inputs import GenerateInputs, audit_log
from imageseo.heroes.candidates.authorship import Authorship
from imageseo.heroes.candidates.candidates import Candidates
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.masters import store as master_stores
from imageseo.integrations.command_hints import generate_command
from imageseo.integrations.project import Project
from imageseo.model import digital_source_types, regular_file
from imageseo.model.errors import SiteError
from imageseo.model.progress import Progress
from imageseo.model.suggest import closest

_MAX_BYTES = 256 * 2**20


def adopt(
    project: Project,
    file: Path,
    page: str,
    *,
    root: Path | None,
    source_type: str | None,
    progress: Progress,
    config: Path | None = None,
) -> GenerateReport:
    """Store a file as the master of a page's recipe, and pin it with its lineage.

    ``source_type``: a code of IPTC's digital source types. Raises SiteError for a file that is no image, a page that
    is not known, and one that requests no recipe; LockError.
    """
    from imageseo.heroes.generate import runner
    from imageseo.heroes.generate.adoption import adopted_master
    from imageseo.heroes.generate.process_lock import single_instance

    settings = project.settings
    made = Authorship.of(settings.hero.made_by, project.folder)
    uri = _source_type_uri(source_type)
    data = _read(file)
    cache = project.folder / settings.cache_dir
    vault = master_stores.open_master_store(settings.hero.masters, project.folder, cache, fresh=True)
    with single_instance(cache / "generate.busy", project.note):
        inputs = GenerateInputs.of(project, [page], root, progress)
        inputs.refuse_unfit()
        request = next(each for each in inputs.requests if each.recipe is not None)
        parent = locks.read(project.folder / locks.NAME).of_page(request.page)
        master = adopted_master(data, file.name, parent=parent, who=made.who() or None, source_type=uri)
        result = runner.adopt(
            request,
            master,
            vault=vault,
            lock_path=project.folder / locks.NAME,
            candidates=Candidates.of(settings.hero, project.folder),
            made_by=made.table,
            audit=audit_log(project),
        )
    return GenerateReport(result=result, faults=(), command=generate_command(config=config, root=root))


def _source_type_uri(name: str | None) -> str | None:
    uri = digital_source_types.uri_of(name) if name is not None else None
    if name is not None and uri is None:
        close = closest(name, digital_source_types.CODES)
        known = ", ".join(digital_source_types.CODES)
        raise SiteError(
            f"--source-type: found {name!r}, expected one of IPTC's digital source types",
            hint=f"did you mean {close}?" if close else f"known: {known}",
        )
    return uri


def _read(file: Path) -> bytes:
    try:
        return regular_file.read(file, limit=_MAX_BYTES)
    except regular_file.TooLargeError as error:
        raise SiteError(f"{file}: larger than {_MAX_BYTES // 2**20} MiB", hint="save it smaller") from error
    except OSError as error:
        raise SiteError(f"{file}: cannot be read: {error.strerror or error}", hint="correct the path") from error
