"""From recipes to masters for good: what is missing or changed is made, kept in the vault and pinned in the lock."""

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
from imageseo.heroes.generate.regression_report import compare
from imageseo.heroes.generate.result import GeneratedHero, GenerateResult
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.lock.lock import Lock
from imageseo.heroes.lock.serializer import Blocks
from imageseo.heroes.masters.pin_builder import build_pin, store_master
from imageseo.heroes.masters.resolver import TYPED, Command
from imageseo.heroes.recipes import asset_providers
from imageseo.model.errors import ImageseoError, ProviderError
from imageseo.model.hero import HeroRequest, Master, Pin
from imageseo.model.protocols import Clock, HeroProvider, MasterStore, Progress, Store

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

    ``requests``: those without a recipe are passed over. ``store``: where builds leave what they drew without a pin.
    ``frozen``: make and write nothing; ``missing`` says what would have been made.
    ``prune``: whether the pin of a page that has no request may be dropped; pass every page of the site then.
    ``present``: all pages of the site, when they are known: the pin of a page that is gone is taken over by a new
    page with the same recipe but no written seed, for it was moved.
    ``redraw``: pages whose master may be written over even if somebody changed it since (of others that is a fault),
    and whose hero is drawn anew when it is stale.
    ``accept``: models whose files changed are accepted, and all their heroes made anew; the folder takes the report
    that sets them beside the pinned ones, before anything is replaced. Without it such a recipe fails.
    ``command``: page -> what draws its hero anew, for hints.
    A recipe that fails is an entry of ``failed``. LockError and SiteError (a vault that cannot be written to) stop
    the work; what is pinned stays.
    """
    books = _Books(path=lock_path, vault=vault)
    apart = partial(asset_providers.needs_own_picture, providers)
    wanted = plan_generation(requests, books.lock, vault, present=present, redraw=redraw, command=command, apart=apart)
    books.requests = wanted.pages
    if frozen:
        return _frozen(wanted)
    pruned = tuple(p.page for p in wanted.lock.pins if prune and p.page not in wanted.pages and prune(p.page))
    books.commit(wanted.lock.without(pruned))
    taken = asset_providers.pictures_in_use(books.lock.pins, leaving=wanted.leaving)
    making = Producer(
        providers=asset_providers.with_pictures_in_use(providers, taken),
        clock=clock,
        store=store,
        accept=_accepting(command),
    )
    failed = [*wanted.failed]
    made: list[GeneratedHero] = []
    compared = 0
    if accept is not None:
        renewed = compare(wanted.pinned, making, vault, accept, progress=progress)
        failed += renewed.failed
        compared = len(renewed.pins)
        for pin in renewed.pins:
            made += books.take([(pin.page, "model")], pin, pin.file, renewed.data(pin))
    else:
        making.known = model_changes.pinned(books.lock.pins)
    total = sum(len(job.pages) for jobs in wanted.jobs.values() for job in jobs)
    with progress.task("Heroes", total) if progress and total else nullcontext() as step:
        for name, jobs in wanted.jobs.items():
            of = {job.recipe.request_key: job for job in jobs}
            for recipe, outcome, stored in making.produce(name, [job.recipe for job in jobs]):
                job = of[recipe.request_key]
                got = _keep(job, outcome, books) if isinstance(outcome, Master) else outcome
                if isinstance(got, ImageseoError):
                    failed += [(page, got) for page, _ in job.pages]
                else:
                    made += [replace(each, stored=stored) for each in got]
                if step:
                    step.advance(len(job.pages))
    renewed_pages = {each.page for each in made}
    return GenerateResult(
        made=tuple(made),
        kept=tuple(page for page in wanted.kept if page not in renewed_pages),
        shared=tuple(page for page in wanted.shared if page not in renewed_pages),
        stale=wanted.stale,
        aged=wanted.aged,
        pruned=pruned,
        failed=tuple(failed),
        work=making.work(),
        compared=compared,
    )


def _frozen(wanted: GeneratePlan) -> GenerateResult:
    missing = [each for jobs in wanted.jobs.values() for job in jobs for each in job.pages]
    moved = [(page, "moved") for page in wanted.moved]  # a frozen build finds no pin of that page
    return GenerateResult(
        kept=wanted.kept,
        shared=wanted.shared,
        stale=wanted.stale,
        aged=wanted.aged,
        failed=wanted.failed,
        missing=tuple(sorted([*missing, *moved])),
    )


def _keep(job: GenerateJob, master: Master, books: _Books) -> list[GeneratedHero] | ImageseoError:
    page = job.pages[0][0]
    try:
        pin, name, data = build_pin(page, job.recipe, master)
    except ProviderError as error:
        return error
    return books.take(job.pages, pin, name, data, master.notes)


def _accepting(command: Command) -> str:
    """The command that accepts models, as it can be typed where the work is done."""
    return command("--accept-model")


@dataclass(slots=True, kw_only=True)
class _Books:
    """The lock as it grows, and the vault that follows it."""

    path: Path
    vault: MasterStore
    requests: Mapping[str, HeroRequest] = field(default_factory=dict)
    lock: Lock = field(init=False)
    _seen: bytes | None = field(init=False)
    _blocks: Blocks = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._seen = self._bytes()
        self.lock = locks.read(self.path)

    def take(
        self, pages: list[tuple[str, str]], pin: Pin, name: str, data: bytes, notes: tuple[str, ...] = ()
    ) -> list[GeneratedHero]:
        """Keep a master and pin it to its pages, or neither."""
        with defer_interrupt():
            held = store_master(pin, self.vault, name, data)
            pins = [self._of(page, held) for page, _ in pages]
            self.commit(self.lock.with_pins(pins))
        return [GeneratedHero(page=page, file=held.file, reason=reason, notes=notes) for page, reason in pages]

    def _of(self, page: str, pin: Pin) -> Pin:
        """A pin for one of its pages: the page's owner stays, and its request says where the prompt came from."""
        own = self.lock.of_page(page)
        owner = own.owner if own is not None else pin.owner
        return replace(pin, page=page, owner=owner, env={**pin.env, **self.requests[page].evidence})

    def commit(self, new: Lock) -> None:
        """Write the lock, then remove the masters that it names no more, as long as they are what was pinned.

        What somebody else wrote into the lock meanwhile stays. Raises SiteError for a master that cannot be removed;
        the lock holds by then.
        """
        if new == self.lock:
            return
        if self._bytes() != self._seen:
            kept = {pin.page for pin in new.pins}
            gone = [pin.page for pin in self.lock.pins if pin.page not in kept]
            changed = [pin for pin in new.pins if self.lock.of_page(pin.page) != pin]
            self.lock = locks.read(self.path)
            new = self.lock.without(gone).with_pins(changed)
        locks.write(self.path, new, self._blocks)
        named = {pin.file for pin in new.pins}
        old = {pin.file: pin.file_sha256 for pin in self.lock.pins if pin.file not in named}
        self.lock, self._seen = new, self._bytes()
        for file, sha256 in old.items():
            self.vault.discard(file, sha256)

    def _bytes(self) -> bytes | None:
        try:
            return self.path.read_bytes()
        except OSError:
            return None
