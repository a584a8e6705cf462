"""Plan which heroes must be made, by comparing the requests with the lock and the stored masters."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from types import MappingProxyType

from imageseo.heroes.generate.distinct_seeds import assign_distinct_seeds
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.lock.lock import Lock
from imageseo.heroes.masters.resolver import Command
from imageseo.heroes.masters.store import restore_hint
from imageseo.heroes.recipes import seed_series
from imageseo.heroes.recipes.diff import changed_keys
from imageseo.heroes.recipes.picks import with_picked
from imageseo.model.errors import ImageseoError, LockError, PointerError
from imageseo.model.hero import ADOPTED, HeroRequest, Pin, Recipe
from imageseo.model.protocols import HeroProvider, MasterStore


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateJob:
    """One image to make, for all pages with the same recipe. ``pages``: page and reason (a key of ``WHY``).

    ``recipe``: has the first of these as its ``page``.
    """

    recipe: Recipe
    pages: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratePlan:
    """What ``generate`` will make and keep.

    ``lock``: after pins were given to moved pages. ``jobs``: images to make, by provider. ``pages``: page -> request.
    ``pinned``: page -> valid pin. ``moved``: pages of ``shared`` that got the pin of a page that no longer exists.
    The other fields are those of ``GenerateResult``.
    """

    lock: Lock
    jobs: Mapping[str, list[GenerateJob]]
    pages: Mapping[str, HeroRequest]
    pinned: Mapping[str, Pin]
    kept: tuple[str, ...]
    shared: tuple[str, ...]
    moved: tuple[str, ...]
    stale: tuple[str, ...]
    aged: Mapping[str, tuple[str, ...]]
    failed: tuple[tuple[str, ImageseoError], ...]

    @property
    def leaving(self) -> Collection[str]:
        """Pages that may get another image than before; a missing or damaged master is remade with the same image."""
        jobs = (job for each in self.jobs.values() for job in each)
        return {page for job in jobs for page, reason in job.pages if reason in ("missing", "changed")}


def plan_generation(
    requests: Iterable[HeroRequest],
    lock: Lock,
    vault: MasterStore,
    *,
    present: Collection[str] | None,
    redraw: Collection[str],
    command: Command,
    apart: Callable[[Recipe], bool] = lambda recipe: False,
    providers: Mapping[str, HeroProvider] = MappingProxyType({}),
) -> GeneratePlan:
    """Plan a run of ``generate``, with arguments as there. Raises LockError.

    ``apart``: whether each page with this recipe gets an image of its own. ``providers``: those that draw choose seeds
    whose images are unlike each other.
    """
    by_page = {request.page: request for request in requests if request.recipe is not None}
    lock, moved = _reassign_moved_pins(lock, by_page, present, apart)
    seeds = assign_distinct_seeds(by_page, lock.pins, providers) | seed_series.assign_seeds(by_page, lock.pins)
    kept, shared = list[str](), list(moved)
    aged: dict[str, tuple[str, ...]] = {}
    failed: list[tuple[str, ImageseoError]] = []
    pinned: dict[str, Pin] = {}
    jobs: dict[str, dict[tuple[str, str], GenerateJob]] = {}
    for page, request in sorted(by_page.items()):
        if request.recipe is None:
            continue
        # A hero that is made again shows the page's headline, even if the pin shows its title.
        written = replace(request.recipe, former_title="") if page in redraw else request.recipe
        recipe = lock.with_pinned_choice(request, written)
        recipe = replace(recipe, seed=seeds[page]) if page in seeds else recipe
        own_image = apart(recipe)
        pin = lock.find(recipe.key, page, own=own_image)
        words = request.evidence.get("words")
        stale_pin = None if pin or page in redraw else lock.stale_pin(recipe, page, request.derived, words)
        pin = pin or stale_pin
        try:
            digest = vault.digest(pin.file) if pin else None
        except PointerError as error:
            if page not in redraw:
                failed.append((page, error))
                continue
            digest = ""  # an explicit request: the master is made again
        if pin is not None and digest != pin.file_sha256 and ADOPTED in pin.env and page not in redraw:
            failed.append((page, _lost_adoption_error(pin, digest, command(page), restore_hint(vault))))
        elif pin is not None and digest not in (None, pin.file_sha256) and page not in redraw:
            failed.append((page, _edited_master_error(pin, digest, command(page), restore_hint(vault))))
        elif pin is None or digest != pin.file_sha256:
            reason = (
                ("gone" if digest is None else "damaged") if pin else "changed" if lock.of_page(page) else "missing"
            )
            job = jobs.setdefault(recipe.provider, {}).setdefault(
                (recipe.key, page if own_image else ""), GenerateJob(recipe=replace(recipe, page=page))
            )
            job.pages.append((page, reason))
        else:
            pinned[page] = pin if pin.page == page else _copy_pin(pin, lock.of_page(page), request)
            if stale_pin is not None:
                aged[page] = changed_keys(stale_pin.recipe, recipe)
            elif pin.page == page:
                kept += [page] if page not in moved else []
            else:
                shared.append(page)
    return GeneratePlan(
        lock=lock.with_pins(pinned[page] for page in shared if page in pinned),
        jobs={name: list(each.values()) for name, each in sorted(jobs.items())},
        pages=by_page,
        pinned=pinned,
        kept=tuple(kept),
        shared=tuple(sorted(shared)),
        moved=tuple(sorted(moved)),
        stale=tuple(aged),
        aged=aged,
        failed=tuple(failed),
    )


def _reassign_moved_pins(
    lock: Lock,
    requests: Mapping[str, HeroRequest],
    present: Collection[str] | None,
    apart: Callable[[Recipe], bool],
) -> tuple[Lock, list[str]]:
    """Give the pins of removed pages to the new pages that probably replace them; return the lock and these pages.

    Such a page has no pin and the same recipe, and its author wrote no seed (with a seed, the pin is found by recipe,
    unless each page gets an image of its own). Among several (a moved folder), the longest common path end decides.
    """
    if present is None:
        return lock, []
    orphans = [pin for pin in lock.pins if pin.page not in present and pin.page not in requests]
    pairs: list[tuple[int, str, Pin]] = []
    for page, request in requests.items():
        recipe = request.recipe
        if recipe is None or lock.of_page(page):
            continue
        if not apart(recipe) and ("seed" not in request.derived or lock.find(recipe.key, page)):
            continue
        for pin in orphans:
            same_suffix = PurePosixPath(pin.page).suffix == PurePosixPath(page).suffix
            chosen = with_picked(recipe, pin, request.written)
            if same_suffix and locks.differs_by(pin, chosen, request.derived, request.evidence.get("words")):
                pairs.append((_common_suffix_length(pin.page, page), page, pin))
    moved: dict[str, str] = {}
    for _, page, pin in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2].page)):
        if page not in moved and pin.page not in moved.values():
            moved[page] = pin.page
            lock = lock.without([pin.page]).with_pin(replace(pin, page=page))
    return lock, list(moved)


def _copy_pin(pin: Pin, own: Pin | None, request: HeroRequest) -> Pin:
    """Copy the pin of another page with the same recipe; the owner of the page's own pin is kept."""
    owner = own.owner if own is not None else pin.owner
    picked = own.picked if own is not None else ()
    return replace(pin, page=request.page, owner=owner, picked=picked, env={**pin.env, **request.evidence})


def _common_suffix_length(first: str, second: str) -> int:
    """Return the number of equal path parts, counted from the file name upwards."""
    pairs = zip(reversed(PurePosixPath(first).parts), reversed(PurePosixPath(second).parts), strict=False)
    return next((number for number, (left, right) in enumerate(pairs) if left != right), 99)


def _lost_adoption_error(pin: Pin, found: str | None, command: str, restore: str) -> LockError:
    """Return the error for an adopted image that is lost: its recipe would make another one."""
    return LockError(
        locks.describe_mismatch(pin.file, pin.file_sha256, found, page=pin.page),
        hint=f"{restore[0].upper()}{restore[1:]}: it was adopted from a file, and its recipe makes another image; "
        f"`{command}` makes that one instead.",
    )


def _edited_master_error(pin: Pin, found: str | None, command: str, restore: str) -> LockError:
    return LockError(
        locks.describe_mismatch(pin.file, pin.file_sha256, found, page=pin.page),
        hint=f"{restore[0].upper()}{restore[1:]}; or overwrite it with `{command}`; "
        "or, to use the edited image, rename it and declare that file as the hero.",
    )
