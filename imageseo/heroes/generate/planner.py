"""What has to be made: requests beside the lock and the masters that are there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from imageseo.heroes.lock import lock as locks
from imageseo.heroes.lock.lock import Lock
from imageseo.heroes.masters.resolver import Command
from imageseo.heroes.masters.store import restore_hint
from imageseo.heroes.recipes import seed_series
from imageseo.heroes.recipes.diff import changed
from imageseo.model.errors import ImageseoError, LockError
from imageseo.model.hero import HeroRequest, Pin, Recipe
from imageseo.model.protocols import MasterStore


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateJob:
    """One picture to make, for the pages that ask for the very same. ``pages``: with the reason for each.

    ``recipe``: made for the first of them.
    """

    recipe: Recipe
    pages: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratePlan:
    """``lock``: with the pins that pages took over. ``jobs``: provider -> what it has to make.

    ``pages``: those that ask. ``pinned``: page -> the pin that stands. ``moved``: those of ``shared`` whose pin still
    names a page that is gone in the lock as it was read.
    The lists are those of ``GenerateResult``.
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
        """Pages that get another picture than they may have had; one that is gone is made again as it was."""
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
) -> GeneratePlan:
    """Everything but the making. Arguments as in ``generate``. Raises LockError.

    ``apart``: whether pages that ask for the very same get a picture each.
    """
    asked = {request.page: request for request in requests if request.recipe is not None}
    lock, moved = _moved(lock, asked, present, apart)
    seeds = seed_series.drawn(asked, lock.pins)
    kept, shared = list[str](), list(moved)
    old: dict[str, tuple[str, ...]] = {}
    failed: list[tuple[str, ImageseoError]] = []
    pinned: dict[str, Pin] = {}
    jobs: dict[str, dict[tuple[str, str], GenerateJob]] = {}
    for page, request in sorted(asked.items()):
        if request.recipe is None:
            continue
        recipe = lock.with_pinned_seed(request.recipe, page, request.derived)
        recipe = replace(recipe, seed=seeds[page]) if page in seeds else recipe
        alone = apart(recipe)
        pin = lock.find(recipe.key, page, own=alone)
        words = request.evidence.get("words")
        aged = None if pin or page in redraw else lock.stale_pin(recipe, page, request.derived, words)
        pin = pin or aged
        digest = vault.digest(pin.file) if pin else None
        if pin is not None and digest not in (None, pin.file_sha256) and page not in redraw:
            failed.append((page, _retouched(pin, digest, command(page), restore_hint(vault))))
        elif pin is None or digest != pin.file_sha256:
            reason = (
                ("gone" if digest is None else "damaged") if pin else "changed" if lock.of_page(page) else "missing"
            )
            job = jobs.setdefault(recipe.provider, {}).setdefault(
                (recipe.key, page if alone else ""), GenerateJob(recipe=replace(recipe, page=page))
            )
            job.pages.append((page, reason))
        else:
            pinned[page] = pin if pin.page == page else _taken_over(pin, lock.of_page(page), request)
            if aged is not None:
                old[page] = changed(aged.recipe, recipe)
            elif pin.page == page:
                kept += [page] if page not in moved else []
            else:
                shared.append(page)
    return GeneratePlan(
        lock=lock.with_pins(pinned[page] for page in shared if page in pinned),
        jobs={name: list(each.values()) for name, each in sorted(jobs.items())},
        pages=asked,
        pinned=pinned,
        kept=tuple(kept),
        shared=tuple(sorted(shared)),
        moved=tuple(sorted(moved)),
        stale=tuple(old),
        aged=old,
        failed=tuple(failed),
    )


def _moved(
    lock: Lock,
    asked: Mapping[str, HeroRequest],
    present: Collection[str] | None,
    apart: Callable[[Recipe], bool],
) -> tuple[Lock, list[str]]:
    """The lock with the pins of pages that are gone given to the new pages that likely are these, and the latter.

    Such a page has no pin, asks for the same, and its author wrote no seed (with one it finds the pin by that, unless
    each page gets a picture of its own). Of many (a whole folder was moved) the one whose path ends most alike.
    """
    if present is None:
        return lock, []
    orphans = [pin for pin in lock.pins if pin.page not in present and pin.page not in asked]
    pairs: list[tuple[int, str, Pin]] = []
    for page, request in asked.items():
        recipe = request.recipe
        if recipe is None or lock.of_page(page):
            continue
        if not apart(recipe) and ("seed" not in request.derived or lock.find(recipe.key, page)):
            continue
        for pin in orphans:
            alike = PurePosixPath(pin.page).suffix == PurePosixPath(page).suffix
            if alike and locks.differs_by(pin, recipe, request.derived, request.evidence.get("words")):
                pairs.append((_common_end(pin.page, page), page, pin))
    taken: dict[str, str] = {}
    for _, page, pin in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2].page)):
        if page not in taken and pin.page not in taken.values():
            taken[page] = pin.page
            lock = lock.without([pin.page]).with_pin(replace(pin, page=page))
    return lock, list(taken)


def _taken_over(pin: Pin, own: Pin | None, request: HeroRequest) -> Pin:
    """Another page's pin for a page that asks for the very same; who answered for its own picture still does."""
    owner = own.owner if own is not None else pin.owner
    return replace(pin, page=request.page, owner=owner, env={**pin.env, **request.evidence})


def _common_end(one: str, other: str) -> int:
    """How many parts two paths have in common, from the file's name upwards."""
    pairs = zip(reversed(PurePosixPath(one).parts), reversed(PurePosixPath(other).parts), strict=False)
    return next((number for number, (left, right) in enumerate(pairs) if left != right), 99)


def _retouched(pin: Pin, found: str | None, command: str, back: str) -> LockError:
    return LockError(
        locks.broken(pin.file, pin.file_sha256, found, page=pin.page),
        hint=f"{back[0].upper()}{back[1:]}; draw it over with `{command}`; "
        "or, to show the picture as it is now, give it another name and name that file as the hero.",
    )
