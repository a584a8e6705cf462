"""Make the heroes that are missing or changed, store their masters and pin them in the lock."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from imageseo.heroes.generate import model_changes
from imageseo.heroes.generate.planner import GenerateJob, GeneratePlan, plan_generation
from imageseo.heroes.generate.process_lock import defer_interrupt
from imageseo.heroes.generate.producer import Producer
from imageseo.heroes.generate.regression_report import regenerate_changed_models
from imageseo.heroes.generate.result import GeneratedHero, GenerateResult
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.lock.lock import Lock
from imageseo.heroes.lock.serializer import Blocks
from imageseo.heroes.masters.pin_builder import build_pin, store_master
from imageseo.heroes.masters.resolver import TYPED, Command
from imageseo.heroes.recipes import asset_providers
from imageseo.model import regular_file
from imageseo.model.errors import ImageseoError, ProviderError
from imageseo.model.hero import HeroRequest, Master, Pin
from imageseo.model.progress import Progress
from imageseo.model.protocols import Clock, HeroProvider, MasterStore, Store

__all__ = ["GenerateResult", "GeneratedHero", "generate"]


def generate(
    requests: Iterable[HeroRequest],
    *,
    providers: Mapping[str, HeroProvider],
    vault: MasterStore,
    lock_path: Path,
    store: Store | None = None,
    frozen: bool = False,
    prune: Callable[[str], bool] | None = None,
    present: Collection[str] | None = None,
    redraw: Collection[str] = (),
    accept: Path | None = None,
    command: Command = TYPED,
    progress: Progress | None = None,
    clock: Clock = time.perf_counter,
) -> GenerateResult:
    """Make the heroes that are missing or changed; each is pinned as soon as it is made.

    ``requests``: those without a recipe are ignored. ``vault``: the master store. ``store``: the cache of masters
    that builds drew without a pin.
    ``frozen``: make and write nothing; ``missing`` of the result lists what would have been made.
    ``prune``: whether the pin of a page without a request may be dropped; requires requests of all pages.
    ``present``: all pages of the site, if known: the pin of a removed page is given to a new page with the same
    recipe and without a written seed, because the page was moved.
    ``redraw``: pages whose master is overwritten even if the file was edited (an error for other pages), and whose
    hero is regenerated if it is stale.
    ``accept``: accept models whose files changed, and regenerate all their heroes; the report in this folder compares
    them with the pinned ones and is written before any is replaced. None: such a recipe fails.
    ``command``: page -> the command that regenerates its hero, for hints.
    A recipe that fails is listed in ``failed``. LockError and SiteError (the master store cannot be written to) end
    the run; the pins made so far are kept.
    """
    session = _LockSession(path=lock_path, vault=vault)
    apart = partial(asset_providers.needs_own_picture, providers)
    plan = plan_generation(
        requests,
        session.lock,
        vault,
        present=present,
        redraw=redraw,
        command=command,
        apart=apart,
        providers=providers,
    )
    session.requests = plan.pages
    if frozen:
        return _frozen_result(plan)
    pruned = tuple(p.page for p in plan.lock.pins if prune and p.page not in plan.pages and prune(p.page))
    session.commit(plan.lock.without(pruned))
    in_use = asset_providers.pictures_in_use(session.lock.pins, leaving=plan.leaving)
    producer = Producer(
        providers=asset_providers.with_pictures_in_use(providers, in_use),
        clock=clock,
        store=store,
        accept=command("--accept-model"),
    )
    failed = [*plan.failed]
    made: list[GeneratedHero] = []
    compared = 0
    if accept is not None:
        regenerated = regenerate_changed_models(plan.pinned, producer, vault, accept, progress=progress)
        failed += regenerated.failed
        compared = len(regenerated.pins)
        for pin in regenerated.pins:
            made += session.pin_master([(pin.page, "model")], pin, pin.file, regenerated.read(pin))
    else:
        producer.known = model_changes.pinned(session.lock.pins)
    total = sum(len(job.pages) for jobs in plan.jobs.values() for job in jobs)
    with progress.task("Heroes", total) if progress and total else nullcontext() as step:
        for name, jobs in plan.jobs.items():
            by_key = {job.recipe.request_key: job for job in jobs}
            for recipe, outcome, stored in producer.produce(name, [job.recipe for job in jobs]):
                job = by_key[recipe.request_key]
                result = _pin_outcome(job, outcome, session) if isinstance(outcome, Master) else outcome
                if isinstance(result, ImageseoError):
                    failed += [(page, result) for page, _ in job.pages]
                else:
                    made += [replace(hero, stored=stored) for hero in result]
                if step:
                    step.advance(len(job.pages))
    made_pages = {hero.page for hero in made}
    return GenerateResult(
        made=tuple(made),
        kept=tuple(page for page in plan.kept if page not in made_pages),
        shared=tuple(page for page in plan.shared if page not in made_pages),
        stale=plan.stale,
        aged=plan.aged,
        pruned=pruned,
        failed=tuple(failed),
        work=producer.work(),
        compared=compared,
    )


def adopt(request: HeroRequest, master: Master, *, vault: MasterStore, lock_path: Path) -> GenerateResult:
    """Pin a master from elsewhere to the page of a request, as if its recipe had made it.

    Raises LockError, SiteError, and ValueError for a request without recipe.
    """
    session = _LockSession(path=lock_path, vault=vault)
    if request.recipe is None:
        raise ValueError(f"{request.page} requests no recipe")
    session.requests = {request.page: request}
    recipe = session.lock.with_pinned_seed(request.recipe, request.page, request.derived)
    job = GenerateJob(recipe=replace(recipe, page=request.page), pages=[(request.page, "adopted")])
    outcome = _pin_outcome(job, master, session)
    if isinstance(outcome, ImageseoError):
        raise outcome
    return GenerateResult(made=tuple(outcome))


def _frozen_result(plan: GeneratePlan) -> GenerateResult:
    missing = [item for jobs in plan.jobs.values() for job in jobs for item in job.pages]
    moved = [(page, "moved") for page in plan.moved]  # a frozen build does not find the pin of that page
    return GenerateResult(
        kept=plan.kept,
        shared=plan.shared,
        stale=plan.stale,
        aged=plan.aged,
        failed=plan.failed,
        missing=tuple(sorted([*missing, *moved])),
    )


def _pin_outcome(job: GenerateJob, master: Master, session: _LockSession) -> list[GeneratedHero] | ImageseoError:
    page = job.pages[0][0]
    try:
        pin, name, data = build_pin(page, job.recipe, master)
    except ProviderError as error:
        return error
    return session.pin_master(job.pages, pin, name, data, master.notes)


@dataclass(slots=True, kw_only=True)
class _LockSession:
    """Updates the lock and the master store during a run."""

    path: Path
    vault: MasterStore
    requests: Mapping[str, HeroRequest] = field(default_factory=dict)
    lock: Lock = field(init=False)
    _last_bytes: bytes | None = field(init=False)  # content of the lock file after the last read or write
    _blocks: Blocks = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._last_bytes = self._read_bytes()
        self.lock = locks.read(self.path)

    def pin_master(
        self, pages: list[tuple[str, str]], pin: Pin, name: str, data: bytes, notes: tuple[str, ...] = ()
    ) -> list[GeneratedHero]:
        """Store a master and pin it to its pages; an interrupt is deferred until both are done."""
        with defer_interrupt():
            stored = store_master(pin, self.vault, name, data)
            pins = [self._pin_for(page, stored) for page, _ in pages]
            self.commit(self.lock.with_pins(pins))
        return [GeneratedHero(page=page, file=stored.file, reason=reason, notes=notes) for page, reason in pages]

    def _pin_for(self, page: str, pin: Pin) -> Pin:
        """Return the pin of one page: keep the owner of its former pin, and add the evidence of its request."""
        own = self.lock.of_page(page)
        owner = own.owner if own is not None else pin.owner
        return replace(pin, page=page, owner=owner, env={**pin.env, **self.requests[page].evidence})

    def commit(self, new: Lock) -> None:
        """Write the lock, then remove the masters that it no longer pins, unless their files were edited.

        Pins that another process wrote in the meantime are kept. Raises SiteError for a master that cannot be removed;
        the lock is written by then.
        """
        if new == self.lock:
            return
        if self._read_bytes() != self._last_bytes:
            pages = {pin.page for pin in new.pins}
            removed = [pin.page for pin in self.lock.pins if pin.page not in pages]
            changed = [pin for pin in new.pins if self.lock.of_page(pin.page) != pin]
            self.lock = locks.read(self.path)
            new = self.lock.without(removed).with_pins(changed)
        locks.write(self.path, new, self._blocks)
        files = {pin.file for pin in new.pins}
        unpinned = {pin.file: pin.file_sha256 for pin in self.lock.pins if pin.file not in files}
        self.lock, self._last_bytes = new, self._read_bytes()
        for file, sha256 in unpinned.items():
            self.vault.discard(file, sha256)

    def _read_bytes(self) -> bytes | None:
        try:
            return regular_file.read(self.path)
        except OSError:
            return None
