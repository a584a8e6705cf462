"""Command `generate`: pages to hero requests, requests to masters. ``generate_report`` formats the result."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from imageseo.cli.commands.generate_report import GenerateReport, VerifyReport
from imageseo.cli.commands.generation.inputs import (
    GenerateInputs,
    audit_log,
    find_pages,
    record_models,
    record_refusals,
    spellings,
)
from imageseo.cli.commands.unread_pins import refuse_to_prune_unread
from imageseo.heroes.candidates.authorship import Authorship
from imageseo.heroes.candidates.candidates import Candidates
from imageseo.heroes.generate.dry_run import DryRun
from imageseo.heroes.generate.regression_report import SHEET
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.masters import store as master_stores
from imageseo.integrations.command_hints import generate_command
from imageseo.integrations.project import Project
from imageseo.model.errors import ImageseoError, SiteError
from imageseo.model.hero import Pin, Recipe
from imageseo.model.progress import Progress
from imageseo.model.protocols import HeroProvider


def generate(
    project: Project,
    *,
    names: Sequence[str],
    root: Path | None,
    progress: Progress,
    config: Path | None = None,
    frozen: bool = False,
    prune: bool = False,
    accept: bool = False,
    report: Path | None = None,
) -> GenerateReport:
    """Make the heroes that the pages request. A concurrent run waits for the first one.

    ``names``: of pages; empty: all pages, and unrequested pins are dropped if the generator listed every page (the
    pin of a page that merely was not found is kept). The master of a named page is redrawn even if its file was
    edited. ``config``: the value of ``--config``. ``prune``: drop unrequested pins also if pages were named or the
    list of pages may be incomplete. ``accept``: regenerate the heroes of models whose files changed, all or none, and
    compare them in ``report``; requires empty ``names``. ``frozen``: make nothing (unlike the setting ``frozen``,
    which requires pins in builds and does not apply here).

    Raises SiteError for a name that matches no page and for ``prune`` if pinned sources were not read, LockError, and
    other errors that stop the whole run.
    """
    from imageseo.heroes.generate import runner as masters
    from imageseo.heroes.generate.process_lock import single_instance
    from imageseo.images.encoding import factory

    settings = project.settings
    command = generate_command(config=config, root=root)
    cache = project.folder / settings.cache_dir
    vault = master_stores.open_master_store(settings.hero.masters, project.folder, cache, fresh=True)
    process_lock = nullcontext() if frozen else single_instance(cache / "generate.busy", project.note)
    with process_lock:
        inputs = GenerateInputs.of(project, names, root, progress)
        if prune:
            requested = {request.page for request in inputs.requests} | inputs.unselected_with_hero()
            refuse_to_prune_unread(project, inputs.listed, requested)
        result = masters.generate(
            inputs.requests,
            providers=inputs.providers,
            vault=vault,
            lock_path=project.folder / locks.NAME,
            store=factory.store(settings, project.folder),
            frozen=frozen,
            prune=inputs.may_prune(project, root, prune=prune),
            present=inputs.present,
            redraw=inputs.redraw,
            accept=(report or cache / "regression") if accept else None,
            command=command,
            candidates=Candidates.of(settings.hero, project.folder),
            made_by=Authorship.of(settings.hero.made_by, project.folder).table,
            audit=audit_log(project),
            progress=progress,
        )
    if not frozen:
        record_refusals(audit_log(project), inputs.faults)
        record_models(project)
    if accept:
        count = result.compared
        heroes = "1 hero of a changed model" if count == 1 else f"{count} heroes of changed models"
        text = f"{heroes}, old and new side by side: {report or cache / 'regression'}/{SHEET}"
        project.note(text if count else "no model's files have changed, nothing to accept")
    return GenerateReport(result=result, faults=(*inputs.faults, *result.failed), command=command)


def dry_run(
    project: Project, *, names: Sequence[str], root: Path | None, progress: Progress, config: Path | None = None
) -> DryRun:
    """Return what ``generate`` would do, with every resolved prompt; makes no image and pins nothing.

    Raises the same errors as ``generate``. Writes only to the cache: masters are fetched from a bucket to check that
    they exist, and a search in a remote library stores the data that it needs.
    """
    from imageseo.heroes.generate import dry_run, model_changes
    from imageseo.heroes.generate.planner import plan_generation
    from imageseo.heroes.recipes import asset_providers
    from imageseo.pipeline import composition

    inputs = GenerateInputs.of(project, names, root, progress)
    lock, command = locks.read(project.folder / locks.NAME), generate_command(config=config, root=root)
    generate_plan = plan_generation(
        inputs.requests,
        lock,
        composition.master_store(project.settings, project.folder),
        present=inputs.present,
        redraw=inputs.redraw,
        command=command,
        apart=partial(asset_providers.needs_own_picture, inputs.providers),
        providers=inputs.providers,
    )
    pinned_models = model_changes.pinned(lock.pins)

    def refuses(recipe: Recipe) -> ImageseoError | None:
        return model_changes.expected_refusal(
            inputs.providers.get(recipe.provider), recipe, pinned_models, command("--accept-model")
        )

    return dry_run.plan(
        generate_plan, inputs.providers, faults=inputs.faults, refuses=refuses, prune=inputs.may_prune(project, root)
    )


def verify(project: Project, *, names: Sequence[str], root: Path | None, progress: Progress) -> VerifyReport:
    """Regenerate the pinned heroes of the named pages (all if ``names`` is empty) and compare; writes nothing.

    Raises SiteError for a name that matches no pin and no page, LockError.
    """
    from imageseo.heroes.generate.producer import Producer
    from imageseo.heroes.generate.verify import verify as verify_pins
    from imageseo.heroes.recipes import asset_providers
    from imageseo.pipeline import composition

    lock = locks.read(project.folder / locks.NAME)
    pins = lock.pins if not names else _find_pins(lock, names, project, root)
    vault = composition.master_store(project.settings, project.folder)
    providers = asset_providers.with_pictures_in_use(
        _providers(project, progress), asset_providers.pictures_in_use(lock.pins)
    )
    producer = Producer(providers=providers, clock=time.perf_counter)
    heroes = verify_pins(pins, making=producer, vault=vault, progress=progress)
    return VerifyReport(heroes=heroes, work_done=producer.work())


def _find_pins(lock: locks.Lock, names: Sequence[str], project: Project, root: Path | None) -> list[Pin]:
    """Return the pins of the named pages; a name may also be the page's key in the lock file."""
    found: dict[str, Pin] = {}
    for name in names:
        pin = next(filter(None, map(lock.of_page, spellings(name, project.folder))), None)
        if pin is None:
            (page,) = find_pages(project.pages(root).pages, [name], project.folder)
            pin = lock.of_page(page.key)
        if pin is None:
            hint = f"`imageseo generate {name}` makes and pins it"
            raise SiteError(f"{name}: this page has no pinned hero", hint=hint)
        found[pin.page] = pin
    return list(found.values())


def _providers(project: Project, progress: Progress) -> Mapping[str, HeroProvider]:
    from imageseo.pipeline import composition

    return composition.providers(project.settings, project.folder, progress=progress)
