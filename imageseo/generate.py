"""From recipes to masters for good: what is missing or changed is made, kept beside the lock and pinned in it."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from imageseo import lock as locks
from imageseo.core.recipes import changed
from imageseo.errors import ImageseoError, LockError, ProviderError, SiteError
from imageseo.files import write_atomic
from imageseo.lock import Lock
from imageseo.masters import TYPED, Command, unknown_provider
from imageseo.model.hero import HeroRequest, Master, Pin, Recipe
from imageseo.ports import HeroProvider, Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One hero that ``generate`` made. ``reason``: ``missing``, ``changed``, ``gone`` or ``damaged``."""

    page: str
    file: str
    reason: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateResult:
    """``kept``: pages whose pin stood. ``shared``: pages that took over the pin of an equal recipe (a moved page).

    ``stale``: pages whose pin stood although their title, which the recipe took over, is another now.
    ``pruned``: pages whose pins were dropped. ``failed``: page and fault; the others were made all the same.
    """

    made: tuple[Made, ...] = ()
    kept: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()
    failed: tuple[tuple[str, ImageseoError], ...] = ()


def generate(
    requests: Iterable[HeroRequest],
    *,
    providers: Mapping[str, HeroProvider],
    project: Path,
    masters: str,
    lock_path: Path | None = None,
    prune: Callable[[str], bool] | None = None,
    present: Collection[str] | None = None,
    redraw: Collection[str] = (),
    command: Command = TYPED,
    progress: Progress | None = None,
) -> GenerateResult:
    """Make the heroes that are missing or changed; each is pinned as soon as it is made.

    ``requests``: those without a recipe are passed over. ``masters``: folder relative to ``project``.
    ``prune``: whether the pin of a page that has no request may be dropped; pass every page of the site then.
    ``present``: all pages of the site, when they are known: the pin of a page that is gone is taken over by a new
    page with the same recipe but no written seed, for it was moved.
    ``redraw``: pages whose master may be written over even if somebody changed it since (of others that is a fault),
    and whose hero is drawn anew when it is stale. ``command``: page -> what draws its hero anew, for hints.
    A recipe that fails is an entry of ``failed``. LockError and SiteError (a folder that cannot be written to) stop
    the work; what is pinned stays.
    """
    path = lock_path or project / locks.NAME
    lock = old = locks.read(path)
    asked = {request.page: request for request in requests if request.recipe is not None}
    kept: list[str] = []
    stale: list[str] = []
    lock, shared = _moved(lock, asked, present)
    wanted = {
        page: lock.settled(request.recipe, page, request.derived)
        for page, request in asked.items()
        if request.recipe is not None
    }
    made: list[Made] = []
    failed: list[tuple[str, ImageseoError]] = []
    todo: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for page, recipe in sorted(wanted.items()):
        pin = lock.find(recipe.key, page)
        aged = None if pin or page in redraw else lock.standing(recipe, page, asked[page].derived)
        pin = pin or aged
        digest = locks.digest(project / pin.file) if pin else None
        if pin is not None and digest not in (None, pin.file_sha256) and page not in redraw:
            failed.append((page, _retouched(pin, digest, command(page))))
        elif pin is None or digest != pin.file_sha256:
            reason = (
                ("gone" if digest is None else "damaged") if pin else "changed" if lock.of_page(page) else "missing"
            )
            todo.setdefault(recipe.provider, {}).setdefault(recipe.key, []).append((page, reason))
        elif aged is not None:
            stale.append(page)
        elif pin.page == page:
            kept += [page] if page not in shared else []
        else:
            shared.append(page)
            lock = lock.with_pin(replace(pin, page=page))
    pruned = tuple(pin.page for pin in lock.pins if prune and pin.page not in wanted and prune(pin.page))
    lock = _commit(path, project, old, lock.without(pruned))
    total = sum(map(len, todo.values()))
    with progress.task("Heroes", total) if progress and total else nullcontext() as step:
        for name, jobs in sorted(todo.items()):
            recipes = [wanted[pages[0][0]] for pages in jobs.values()]
            for pages, recipe, outcome in zip(jobs.values(), recipes, _produce(name, recipes, providers), strict=True):
                if isinstance(outcome, ImageseoError):
                    failed.extend((page, outcome) for page, _ in pages)
                else:
                    pin = _keep(pages[0][0], recipe, outcome, project, masters)
                    new = lock
                    for page, reason in pages:
                        new = new.with_pin(replace(pin, page=page))
                        made.append(Made(page=page, file=pin.file, reason=reason, notes=outcome.notes))
                    lock = _commit(path, project, lock, new)
                if step:
                    step.advance()
    return GenerateResult(
        made=tuple(made),
        kept=tuple(kept),
        shared=tuple(sorted(shared)),
        stale=tuple(stale),
        pruned=pruned,
        failed=tuple(failed),
    )


def _moved(lock: Lock, asked: Mapping[str, HeroRequest], present: Collection[str] | None) -> tuple[Lock, list[str]]:
    """The lock with the pins of pages that are gone given to the new pages that likely are these, and the latter.

    Such a page has no pin, asks for the same, and its author wrote no seed. Of many (a whole folder was moved) the
    one whose path ends most alike.
    """
    if present is None:
        return lock, []
    orphans = [pin for pin in lock.pins if pin.page not in present and pin.page not in asked]
    pairs: list[tuple[int, str, Pin]] = []
    for page, request in asked.items():
        recipe = request.recipe
        if recipe is None or "seed" not in request.derived or lock.of_page(page) or lock.find(recipe.key, page):
            continue
        for pin in orphans:
            alike = PurePosixPath(pin.page).suffix == PurePosixPath(page).suffix
            if alike and set(changed(pin.recipe, recipe)) <= request.derived:
                pairs.append((_common_end(pin.page, page), page, pin))
    taken: dict[str, str] = {}
    for _, page, pin in sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2].page)):
        if page not in taken and pin.page not in taken.values():
            taken[page] = pin.page
            lock = lock.without([pin.page]).with_pin(replace(pin, page=page))
    return lock, list(taken)


def _common_end(one: str, other: str) -> int:
    """How many parts two paths have in common, from the file's name upwards."""
    pairs = zip(reversed(PurePosixPath(one).parts), reversed(PurePosixPath(other).parts), strict=False)
    return next((number for number, (left, right) in enumerate(pairs) if left != right), 99)


def _produce(
    name: str, recipes: list[Recipe], providers: Mapping[str, HeroProvider]
) -> Iterator[Master | ImageseoError]:
    """One outcome a recipe. After a fault the provider is asked again for the rest."""
    provider = providers.get(name)
    if provider is None:
        yield from (unknown_provider(name, providers) for _ in recipes)
        return
    done = 0
    while done < len(recipes):
        try:
            for master in provider.produce(recipes[done:]):
                done += 1
                yield master
            if done < len(recipes):
                raise ProviderError(f"{name} made {done} of {len(recipes)} heroes and stopped")
        except ImageseoError as error:
            done += 1
            yield error


def _keep(page: str, recipe: Recipe, master: Master, project: Path, masters: str) -> Pin:
    """Write the master and say what it is. The name holds the picture's own hash: a new picture, a new name."""
    from PIL import Image

    digest = hashlib.sha256(master.png).hexdigest()
    with Image.open(io.BytesIO(master.png)) as image:
        width, height = image.size
        pixels = hashlib.sha256(f"{image.mode} {width}x{height}\n".encode() + image.tobytes()).hexdigest()
    file = (PurePosixPath(masters) / locks.master_name(page, digest)).as_posix()
    try:
        write_atomic(project / file, master.png)
    except OSError as error:
        raise SiteError(
            f"{project / file}: cannot be written: {error.strerror or error}",
            hint="Make the folder writable, or make room, and run again; what is pinned so far stays.",
        ) from error
    return Pin(
        page=page,
        recipe=recipe,
        recipe_hash=recipe.key,
        file=file,
        file_sha256=f"sha256:{digest}",
        pixels_sha256=f"sha256:{pixels}",
        digital_source_type=master.digital_source_type,
        width=width,
        height=height,
    )


def _commit(path: Path, project: Path, old: Lock, new: Lock) -> Lock:
    """Write the lock, then remove the masters that it names no more, as long as they are what was pinned.

    Raises SiteError for one that cannot be removed; the lock holds by then.
    """
    if new == old:
        return new
    locks.write(path, new)
    named = {pin.file for pin in new.pins}
    for pin in old.pins:
        if pin.file not in named and locks.digest(project / pin.file) == pin.file_sha256:
            try:
                (project / pin.file).unlink(missing_ok=True)
            except OSError as error:
                raise SiteError(
                    f"{project / pin.file}: cannot be removed: {error.strerror or error}",
                    hint="No page shows it any more: remove it by hand, and run again.",
                ) from error
    return new


def _retouched(pin: Pin, found: str | None, command: str) -> LockError:
    return LockError(
        locks.broken(pin, found),
        hint=f"Take it back from version control; draw it over with `{command}`; "
        "or, to show the picture as it is now, give it another name and name that file as the hero.",
    )
