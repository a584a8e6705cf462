"""What `generate` does for a project: pages to requests, requests to masters; the words for it lie beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from imageseo.cli.commands.generate_report import GenerateReport, VerifyReport
from imageseo.heroes.generate.dry_run import DryRun
from imageseo.heroes.generate.regression_report import SHEET
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.masters import store as vaults
from imageseo.integrations.command_hints import generate_command
from imageseo.integrations.project import Project
from imageseo.model.errors import ImageseoError, RecipeError, SiteError
from imageseo.model.hero import HeroRequest, Pin, Recipe
from imageseo.model.protocols import HeroProvider, Progress
from imageseo.model.site import Page
from imageseo.model.suggest import closest

_UNSEEN = (
    "a page that a plugin makes while the site is built is not seen in the sources: "
    "give it its hero by its URL in heroes.toml, with a seed, and run `imageseo generate --site DIR`"
)


def generate(
    here: Project,
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
    """Make what the pages ask for. ``names``: of pages, all when empty; then pins that nobody asks for are dropped,
    as long as the host itself gave every page: a page that merely was not seen keeps its pin.
    Who names a page means it: its master is drawn again even where somebody changed the file.
    ``config``: what ``--config`` named. ``prune``: drop the pins that no page asks for, whatever was named and whoever
    knows the pages. ``accept``: models whose files changed; their heroes are made anew and compared in ``report``
    (without ``names``: all of them, or none).
    ``frozen``: make nothing (the setting of that name is for builds: it asks for pins, and here they are made). A
    second run at once waits for the first one.

    Raises SiteError for a name that no page has, LockError, and what else stops all of the work.
    """
    from imageseo.heroes.generate import runner as masters
    from imageseo.heroes.generate.process_lock import single_instance
    from imageseo.images.encoding import factory

    settings = here.settings
    command = generate_command(config=config, root=root)
    cache = here.folder / settings.cache_dir
    vault = vaults.open_master_store(settings.hero.masters, here.folder, cache, fresh=True)
    turn = nullcontext() if frozen else single_instance(cache / "generate.busy", here.note)
    with turn:
        asking = _Asking.of(here, names, root, progress)
        result = masters.generate(
            asking.requests,
            providers=asking.providers,
            vault=vault,
            lock_path=here.folder / locks.NAME,
            store=factory.store(settings, here.folder),
            frozen=frozen,
            prune=asking.idle(here, root, prune=prune),
            present=asking.present,
            redraw=asking.redraw,
            accept=(report or cache / "regression") if accept else None,
            command=command,
            progress=progress,
        )
    if accept:
        where = f"{report or cache / 'regression'}"
        said = f"{result.compared} heroes of changed models, old beside new: {where}/{SHEET}"
        here.note(said if result.compared else "no model's files have changed: there is nothing to accept")
    return GenerateReport(result=result, faults=(*asking.faults, *result.failed), command=command)


def dry_run(
    here: Project, *, names: Sequence[str], root: Path | None, progress: Progress, config: Path | None = None
) -> DryRun:
    """What ``generate`` would do, with every resolved prompt; makes no picture and pins nothing. Raises as it does.

    Nothing but the cache is written to: masters of a bucket are fetched into it, to see that they are there, and what
    a search in a library elsewhere needs.
    """
    from imageseo.heroes.generate import dry_run, model_changes
    from imageseo.heroes.generate.planner import plan_generation
    from imageseo.heroes.recipes import asset_providers as finders
    from imageseo.pipeline import composition as compose

    asking = _Asking.of(here, names, root, progress)
    lock, command = locks.read(here.folder / locks.NAME), generate_command(config=config, root=root)
    wanted = plan_generation(
        asking.requests,
        lock,
        compose.vault(here.settings, here.folder),
        present=asking.present,
        redraw=asking.redraw,
        command=command,
        apart=partial(finders.needs_own_picture, asking.providers),
    )
    known = model_changes.pinned(lock.pins)

    def refuses(recipe: Recipe) -> ImageseoError | None:
        return model_changes.expected_refusal(
            asking.providers.get(recipe.provider), recipe, known, command("--accept-model")
        )

    return dry_run.plan(wanted, asking.providers, faults=asking.faults, refuses=refuses, prune=asking.idle(here, root))


def verify(here: Project, *, names: Sequence[str], root: Path | None, progress: Progress) -> VerifyReport:
    """Make the pinned heroes of the named pages again, all when there is no name, and compare; writes nothing.

    Raises SiteError for a name that no pin and no page has, LockError.
    """
    from imageseo.heroes.generate.producer import Producer
    from imageseo.heroes.generate.verify import verify as made_again
    from imageseo.heroes.recipes import asset_providers as finders
    from imageseo.pipeline import composition as compose

    lock = locks.read(here.folder / locks.NAME)
    pins = lock.pins if not names else _pins(lock, names, here, root)
    vault = compose.vault(here.settings, here.folder)
    providers = finders.with_pictures_in_use(_providers(here, progress), finders.pictures_in_use(lock.pins))
    making = Producer(providers=providers, clock=time.perf_counter)
    heroes = made_again(pins, making=making, vault=vault, progress=progress)
    return VerifyReport(heroes=heroes, work_done=making.work())


def _pins(lock: locks.Lock, names: Sequence[str], here: Project, root: Path | None) -> list[Pin]:
    """The pins of pages as they were named, be it as the lock does."""
    found: dict[str, Pin] = {}
    for name in names:
        own = next((pin for word in _spellings(name, here.folder) if (pin := lock.of_page(word))), None)
        if own is None:
            (page,) = _chosen(here.pages(root)[0], [name], here.folder)
            own = lock.of_page(page.key)
        if own is None:
            raise SiteError(
                f"{name}: this page has no pinned hero", hint=f"`imageseo generate {name}` makes and pins it"
            )
        found[own.page] = own
    return list(found.values())


def _providers(here: Project, progress: Progress) -> Mapping[str, HeroProvider]:
    from imageseo.pipeline import composition as compose

    return compose.providers(here.settings, here.folder, progress=progress)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """What the chosen pages ask for. ``faults``: page and fault of those that ask for what nobody can read.

    ``pages``: all that are known; ``whole``: whether these are all that there are. ``named``: somebody named pages.
    """

    pages: Sequence[Page]
    whole: bool
    chosen: Sequence[Page]
    named: bool
    providers: Mapping[str, HeroProvider]
    read: Callable[[Page], HeroRequest | None]
    requests: Sequence[HeroRequest]
    faults: Sequence[tuple[str, ImageseoError]]

    @classmethod
    def of(cls, here: Project, names: Sequence[str], root: Path | None, progress: Progress) -> _Asking:
        from imageseo.pipeline import composition as compose

        pages, whole = here.pages(root)
        chosen = _chosen(pages, names, here.folder) if names else pages
        providers = _providers(here, progress)
        read = compose.request_reader(here.settings, here.folder, providers, base_url=here.base_url)
        requests: list[HeroRequest] = []
        faults: list[tuple[str, ImageseoError]] = []
        for page in chosen:
            try:
                request = read(page)
            except RecipeError as error:
                faults.append((page.key, error))
            else:
                requests += [request] if request is not None else []
        return cls(
            pages=pages,
            whole=whole,
            chosen=chosen,
            named=bool(names),
            providers=providers,
            read=read,
            requests=requests,
            faults=faults,
        )

    @property
    def present(self) -> Collection[str] | None:
        """Every page, where all are known."""
        return {page.key for page in self.pages} if self.whole else None

    @property
    def redraw(self) -> Collection[str]:
        """Pages that were named: who does so means it."""
        return {page.key for page in self.chosen} if self.named else ()

    def idle(self, here: Project, root: Path | None, *, prune: bool = False) -> Callable[[str], bool] | None:
        """Whether the pin of a page that asks for nothing may go; None: none may. ``prune``: as in ``generate``."""
        if not (prune or (self.whole and not self.named and not self.faults)):
            return None
        spared = {page for page, _ in self.faults} | (self.elsewhere() if prune else set())
        seen = {page.key for page in self.pages}

        def idle(page: str) -> bool:
            # A source that its host does not publish now, as a draft, has not said that it wants no hero any more.
            unpublished = page not in seen and (here.folder / page).is_file()
            return page not in spared and (prune or (_prunable(page, here, root) and not unpublished))

        return idle

    def elsewhere(self) -> set[str]:
        """Pages that were not chosen and ask for a hero, or for what nobody can read."""
        chosen = {page.path for page in self.chosen}
        found = set[str]()
        for page in self.pages:
            if page.path not in chosen:
                with suppress(RecipeError):
                    request = self.read(page)
                    if request is None or request.recipe is None:
                        continue
                found.add(page.key)
        return found


def _prunable(page: str, here: Project, root: Path | None) -> bool:
    """Pages of the built site that a plugin made are known by their HTML file; the sources say nothing of them."""
    if root is not None or here.host is None or not page.endswith((".html", ".htm")):
        return True
    return (here.folder / page).resolve().is_relative_to(here.host.source.resolve())


def _chosen(pages: Sequence[Page], names: Sequence[str], folder: Path) -> list[Page]:
    known: dict[str, Page] = {}
    for page in pages:
        for name in (page.path, page.url, page.url.rstrip("/"), page.key):
            known.setdefault(name, page)
    found: dict[str, Page] = {}
    for name in names:
        spelling = next((word for word in _spellings(name, folder) if word in known), None)
        if spelling is None:
            near = closest(name, [page.key for page in pages], cutoff=0.4)
            hint = f"did you mean {near}? " if near else "give its source file, its file in the built site or its URL; "
            raise SiteError(f"{name}: no such page", hint=hint + _UNSEEN)
        found[known[spelling].path] = known[spelling]
    return list(found.values())


def _spellings(name: str, folder: Path) -> list[str]:
    """A page's name as it was written, and as a path of the project when it was written from the current folder."""
    path = Path(name).resolve()
    inside = [path.relative_to(folder.resolve()).as_posix()] if path.is_relative_to(folder.resolve()) else []
    return [*inside, PurePosixPath(name).as_posix(), name.lstrip("/"), name]
