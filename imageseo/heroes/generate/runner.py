"""Make the heroes that are missing or changed, store their masters and pin them in the lock."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from imageseo.heroes.audit.entry import AuditEntry
from imageseo.heroes.audit.log import AuditLog
from imageseo.heroes.candidates.candidates import Candidates
from imageseo.heroes.generate import model_changes
from imageseo.heroes.generate.lock_session import LockSession
from imageseo.heroes.generate.planner import GenerateJob, GeneratePlan, plan_generation
from imageseo.heroes.generate.producer import Producer
from imageseo.heroes.generate.regression_report import regenerate_changed_models
from imageseo.heroes.generate.result import GeneratedHero, GenerateResult
from imageseo.heroes.masters.pin_builder import build_pin
from imageseo.heroes.masters.resolver import TYPED, Command
from imageseo.heroes.recipes import asset_providers
from imageseo.model.errors import ImageseoError, ProviderError
from imageseo.model.hero import HeroRequest, Master
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
    candidates: Candidates | None = None,
    made_by: Callable[[], Mapping[str, str]] = dict,
    audit: AuditLog | None = None,
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
    ``candidates``: where every image is kept, also those that are replaced. ``made_by``, ``audit``: as in
    ``LockSession``.
    A recipe that fails is listed in ``failed``. LockError and SiteError (the master store cannot be written to) end
    the run; the pins made so far are kept.
    """
    session = LockSession(path=lock_path, vault=vault, candidates=candidates, made=made_by, audit=audit)
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
        show_prompts=audit is not None and audit.text,
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
                    _record_failure(audit, job, result)
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


def adopt(
    request: HeroRequest,
    master: Master,
    *,
    vault: MasterStore,
    lock_path: Path,
    candidates: Candidates | None = None,
    made_by: Callable[[], Mapping[str, str]] = dict,
    audit: AuditLog | None = None,
) -> GenerateResult:
    """Pin a master from elsewhere to the page of a request, as if its recipe had made it.

    Raises LockError, SiteError, and ValueError for a request without recipe.
    """
    session = LockSession(path=lock_path, vault=vault, candidates=candidates, made=made_by, audit=audit)
    if request.recipe is None:
        raise ValueError(f"{request.page} requests no recipe")
    session.requests = {request.page: request}
    recipe = session.lock.with_pinned_choice(request, request.recipe)
    job = GenerateJob(recipe=replace(recipe, page=request.page), pages=[(request.page, "adopted")])
    outcome = _pin_outcome(job, master, session)
    if isinstance(outcome, ImageseoError):
        raise outcome
    return GenerateResult(made=tuple(outcome))


def _record_failure(audit: AuditLog | None, job: GenerateJob, error: ImageseoError) -> None:
    if audit is not None:
        pages = (page for page, _ in job.pages)
        recipe, text, reason = job.recipe, audit.text, error.message
        audit.append(*(AuditEntry.of_recipe("failed", page, recipe, text=text, reason=reason) for page in pages))


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


def _pin_outcome(job: GenerateJob, master: Master, session: LockSession) -> list[GeneratedHero] | ImageseoError:
    page = job.pages[0][0]
    try:
        pin, name, data = build_pin(page, job.recipe, master)
    except ProviderError as error:
        return error
    return session.pin_master(job.pages, pin, name, data, master.notes)
