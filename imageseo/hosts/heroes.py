"""What `generate` does for a project: pages to requests, requests to masters; the words for it lie beside it."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from imageseo import lock as locks
from imageseo import vault as vaults
from imageseo.errors import ImageseoError, RecipeError, SiteError
from imageseo.hosts.commands import generating
from imageseo.hosts.generated import Checked, Generated
from imageseo.hosts.project import AtHand
from imageseo.model.hero import HeroRequest, Pin
from imageseo.model.page import Page
from imageseo.ports import HeroProvider, Progress
from imageseo.regression import SHEET

_UNSEEN = (
    "a page that a plugin makes while the site is built is not seen in the sources: "
    "give it its hero by its URL in heroes.toml, with a seed, and run `imageseo generate --site DIR`"
)


def generate(
    here: AtHand,
    *,
    names: Sequence[str],
    root: Path | None,
    progress: Progress,
    config: Path | None = None,
    prune: bool = False,
    accept: bool = False,
    report: Path | None = None,
) -> Generated:
    """Make what the pages ask for. ``names``: of pages, all when empty; then pins that nobody asks for are dropped,
    as long as the host itself gave every page: a page that merely was not seen keeps its pin.
    Who names a page means it: its master is drawn again even where somebody changed the file.
    ``config``: what ``--config`` named. ``prune``: drop the pins that no page asks for, whatever was named and whoever
    knows the pages. ``accept``: models whose files changed; their heroes are made anew and compared in ``report``
    (without ``names``: all of them, or none).
    Under ``frozen`` (the settings) nothing is made. A second run at once waits for the first one.

    Raises SiteError for a name that no page has, LockError, and what else stops all of the work.
    """
    from imageseo import compose, outfit
    from imageseo import generate as masters
    from imageseo.turn import alone

    settings = here.settings
    command = generating(config=config, root=root)
    pages, whole = here.pages(root)
    chosen = _chosen(pages, names, here.folder) if names else pages
    cache = here.folder / settings.cache_dir
    vault = vaults.of(settings.hero.masters, here.folder, cache, fresh=settings.frozen)
    turn = nullcontext() if settings.frozen else alone(cache / "generate.busy", here.note)
    with turn:
        providers = _providers(here, progress)
        asking = _Asking(read=compose.reader(settings, here.folder, providers, base_url=here.base_url))
        requests = asking.of(chosen)
        faults = tuple(asking.faults)
        named = {page.path for page in chosen}
        others = asking.of([page for page in pages if page.path not in named]) if prune and names else []
        dropping = prune or (whole and not names and not asking.faults)
        spared = {request.page for request in others} | {page for page, _ in asking.faults}
        result = masters.generate(
            requests,
            providers=providers,
            vault=vault,
            lock_path=here.folder / locks.NAME,
            store=outfit.store(settings, here.folder),
            frozen=settings.frozen,
            prune=(lambda page: page not in spared and (prune or _prunable(page, here, root))) if dropping else None,
            present={page.key for page in pages} if whole else None,
            redraw={page.key for page in chosen} if names else (),
            accept=(report or cache / "regression") if accept else None,
            command=command,
            progress=progress,
        )
    if accept:
        where = f"{report or cache / 'regression'}"
        said = f"{result.compared} heroes of changed models, old beside new: {where}/{SHEET}"
        here.note(said if result.compared else "no model's files have changed: there is nothing to accept")
    return Generated(result=result, faults=(*faults, *result.failed), command=command)


def verify(here: AtHand, *, names: Sequence[str], root: Path | None, progress: Progress) -> Checked:
    """Make the pinned heroes of the named pages again, all when there is no name, and compare; writes nothing.

    Raises SiteError for a name that no pin and no page has, LockError.
    """
    from imageseo.making import Making
    from imageseo.verify import verify as made_again

    lock = locks.read(here.folder / locks.NAME)
    pins = lock.pins if not names else _pins(lock, names, here, root)
    vault = vaults.of(here.settings.hero.masters, here.folder, here.folder / here.settings.cache_dir)
    making = Making(providers=_providers(here, progress), clock=time.perf_counter)
    heroes = made_again(pins, making=making, vault=vault, progress=progress)
    return Checked(heroes=heroes, work_done=making.work())


def _pins(lock: locks.Lock, names: Sequence[str], here: AtHand, root: Path | None) -> list[Pin]:
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


def _providers(here: AtHand, progress: Progress) -> Mapping[str, HeroProvider]:
    """Every provider, told which masters are shown already."""
    from imageseo import compose

    used = {pin.file_sha256: pin.page for pin in locks.read(here.folder / locks.NAME).pins}
    return compose.providers(here.settings, here.folder, used=used, progress=progress)


@dataclass(slots=True, kw_only=True)
class _Asking:
    """Pages to requests. ``faults``: page and fault of those that ask for what nobody can read."""

    read: Callable[[Page], HeroRequest | None]
    faults: list[tuple[str, ImageseoError]] = field(default_factory=list)

    def of(self, pages: Iterable[Page]) -> list[HeroRequest]:
        found: list[HeroRequest] = []
        for page in pages:
            try:
                request = self.read(page)
            except RecipeError as error:
                self.faults.append((page.key, error))
            else:
                found += [request] if request is not None else []
        return found


def _prunable(page: str, here: AtHand, root: Path | None) -> bool:
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
            near = difflib.get_close_matches(name, [page.key for page in pages], n=1, cutoff=0.4)
            hint = (
                f"did you mean {near[0]}? " if near else "give its source file, its file in the built site or its URL; "
            )
            raise SiteError(f"{name}: no such page", hint=hint + _UNSEEN)
        found[known[spelling].path] = known[spelling]
    return list(found.values())


def _spellings(name: str, folder: Path) -> list[str]:
    """A page's name as it was written, and as a path of the project when it was written from the current folder."""
    path = Path(name).resolve()
    inside = [path.relative_to(folder.resolve()).as_posix()] if path.is_relative_to(folder.resolve()) else []
    return [*inside, PurePosixPath(name).as_posix(), name.lstrip("/"), name]
