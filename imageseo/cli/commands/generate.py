"""Command `generate`: pages to hero requests, requests to masters. ``generate_report`` formats the result."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from imageseo.cli.commands.generate_report import GenerateReport, VerifyReport
from imageseo.cli.commands.unread_pins import refuse_to_prune_unread
from imageseo.heroes.candidates.authorship import Authorship
from imageseo.heroes.candidates.candidates import Candidates
from imageseo.heroes.generate.dry_run import DryRun
from imageseo.heroes.generate.regression_report import SHEET
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.masters import store as master_stores
from imageseo.integrations.command_hints import generate_command
from imageseo.integrations.project import ListedPages, Project
from imageseo.model.errors import ImageseoError, RecipeError, SiteError
from imageseo.model.hero import HeroRequest, Pin, Recipe
from imageseo.model.progress import Progress
from imageseo.model.protocols import HeroProvider
from imageseo.model.site import Page
from imageseo.model.suggest import closest

_UNLISTED_HINT = (
    "a page that a plugin creates during the build is not among the sources: "
    "declare its hero by URL in heroes.toml, with a seed, and run `imageseo generate --site DIR`"
)


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
            progress=progress,
        )
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


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateInputs:
    """The pages and hero requests of one run.

    ``listed``: all known pages. ``selected``: those to make heroes for; ``by_name``: whether the user named them.
    ``faults``: page and error of each invalid request.
    """

    listed: ListedPages
    selected: Sequence[Page]
    by_name: bool
    providers: Mapping[str, HeroProvider]
    read: Callable[[Page], HeroRequest | None]
    requests: Sequence[HeroRequest]
    faults: Sequence[tuple[str, ImageseoError]]

    @classmethod
    def of(cls, project: Project, names: Sequence[str], root: Path | None, progress: Progress) -> GenerateInputs:
        from imageseo.pipeline import composition

        listed = project.pages(root)
        selected = find_pages(listed.pages, names, project.folder) if names else listed.pages
        providers = _providers(project, progress)
        read = composition.request_reader(project.settings, project.folder, providers, base_url=project.base_url)
        requests: list[HeroRequest] = []
        faults: list[tuple[str, ImageseoError]] = []
        for page in selected:
            try:
                request = read(page)
            except RecipeError as error:
                faults.append((page.key, error))
            else:
                requests += [request] if request is not None else []
        return cls(
            listed=listed,
            selected=selected,
            by_name=bool(names),
            providers=providers,
            read=read,
            requests=requests,
            faults=faults,
        )

    def refuse_unfit(self) -> None:
        """Raise RecipeError for an invalid request, and SiteError for a named page that requests no recipe."""
        for _, fault in self.faults:
            raise fault
        able = {request.page for request in self.requests if request.recipe is not None}
        unable = [page.key for page in self.selected if page.key not in able] if self.by_name else []
        if unable:
            raise SiteError(
                f"{unable[0]}: this page requests no hero that is made from a recipe",
                hint="write one, such as `hero: {style: ridges, alt: …}`, or declare a file: `hero: {src: …}`",
            )

    @property
    def present(self) -> Collection[str] | None:
        """Keys of all pages; None unless all are known."""
        return {page.key for page in self.listed.pages} if self.listed.is_complete else None

    @property
    def redraw(self) -> Collection[str]:
        """Keys of the pages that were named: their masters are redrawn even if the file was edited."""
        return {page.key for page in self.selected} if self.by_name else ()

    def may_prune(self, project: Project, root: Path | None, *, prune: bool = False) -> Callable[[str], bool] | None:
        """Return whether the pin of a page without a request may be dropped; None: no pin may be.

        ``prune``: as in ``generate``.
        """
        if not (prune or (self.listed.is_complete and not self.by_name and not self.faults)):
            return None
        protected = {page for page, _ in self.faults} | {*self.listed.faults}
        protected |= self.unselected_with_hero() if prune else set()
        listed = {page.key for page in self.listed.pages}

        def may_prune(page: str) -> bool:
            # A source that the generator does not publish now, such as a draft, may still request its hero.
            unpublished = page not in listed and (project.folder / page).is_file()
            return page not in protected and (prune or (_is_in_sources(page, project, root) and not unpublished))

        return may_prune

    def unselected_with_hero(self) -> set[str]:
        """Return the keys of unselected pages that request a hero, or whose request is invalid."""
        selected = {page.path for page in self.selected}
        found = set[str]()
        for page in self.listed.pages:
            if page.path not in selected:
                with suppress(RecipeError):
                    request = self.read(page)
                    if request is None or request.recipe is None:
                        continue
                found.add(page.key)
        return found


def _is_in_sources(page: str, project: Project, root: Path | None) -> bool:
    """Whether the sources decide about a page's hero; not for a page that a plugin made, whose key is its HTML file."""
    if root is not None or project.generator is None or not page.endswith((".html", ".htm")):
        return True
    return (project.folder / page).resolve().is_relative_to(project.generator.source.resolve())


def find_pages(pages: Sequence[Page], names: Sequence[str], folder: Path) -> list[Page]:
    by_name: dict[str, Page] = {}
    for page in pages:
        for name in (page.path, page.url, page.url.rstrip("/"), page.key):
            by_name.setdefault(name, page)
    found: dict[str, Page] = {}
    for name in names:
        spelling = next((spelling for spelling in spellings(name, folder) if spelling in by_name), None)
        if spelling is None:
            near = closest(name, [page.key for page in pages], cutoff=0.4)
            hint = f"did you mean {near}? " if near else "name its source file, its file in the built site or its URL; "
            raise SiteError(f"{name}: no such page", hint=hint + _UNLISTED_HINT)
        found[by_name[spelling].path] = by_name[spelling]
    return list(found.values())


def spellings(name: str, folder: Path) -> list[str]:
    """Return a page's name as written, and as a path in the project if it is relative to the current folder."""
    path, top = Path(name).resolve(), folder.resolve()
    inside = [path.relative_to(top).as_posix()] if path.is_relative_to(top) else []
    return [each for each in (*inside, PurePosixPath(name).as_posix(), name.lstrip("/"), name) if Path(each).name]
