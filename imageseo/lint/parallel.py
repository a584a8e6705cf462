"""Run every installed rule on a built site, in several processes if it has many pages."""

from __future__ import annotations

import gc
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from imageseo.config.plugins import foreign_plugins, load_plugins, silence
from imageseo.config.settings import Settings
from imageseo.images.decoding.probe import probe
from imageseo.layout import layout_file
from imageseo.lint.engine import RuleResults, RuleRunner
from imageseo.lint.linter import LintResult, lint
from imageseo.lint.rule import Rule
from imageseo.lint.severity import SeverityLevels
from imageseo.model.image import Asset, BadAsset
from imageseo.model.progress import Progress
from imageseo.model.site import Page, Site

if TYPE_CHECKING:
    from concurrent.futures import Executor

_MIN_PARALLEL_PAGES = 150
"""Fewer pages are checked before other processes have started and imported their modules."""
_SAMPLE, _MOST_SAMPLES = 16, 128  # every 16th page is checked before other processes start, 128 at most
_BATCH = 16
_MOST_PENDING = 4  # batches for each process


def installed_rules() -> tuple[Rule, ...]:
    """Return every installed rule, sorted by id."""
    found = load_plugins("imageseo.rules", Rule.of)
    return tuple(rule for _, rule in sorted(found.items()))


def broken_rules() -> dict[str, str]:
    """Return why rules of other packages are not used, by id; they are loaded before."""
    return {
        each.name.replace("_", "-"): f"{each} is broken: {each.fault}; `imageseo doctor` lists all plug-ins"
        for each in foreign_plugins("imageseo.rules")
        if each.fault
    }


def rule_runner_for(site: Site, settings: Settings, only: frozenset[str] | None = None) -> RuleRunner:
    """Return a runner for a site, from its settings and its layout file.

    ``only``: ids that are reported; None: all. Raises LayoutError for an invalid layout file.
    """

    from imageseo.lint.facts.page import PageContext, SiteFacts, SiteFiles  # not needed by a build

    def probe_file(path: str) -> Asset | BadAsset:
        return probe(site.root / path, path, max_pixels=settings.encode.max_pixels)

    files = SiteFiles(site.root, probe_file)
    return RuleRunner(
        site=site,
        rules=installed_rules(),
        unloaded=[each.name.replace("_", "-") for each in foreign_plugins("imageseo.rules") if each.fault],
        levels=SeverityLevels.of(settings.lint, only=only),
        files=files,
        page_context=PageContext.of(site, settings, layout_file.read(site.project / layout_file.NAME), files),
        site_facts=SiteFacts(site, files=files, settings=settings),
    )


def lint_pages(
    site: Site,
    settings: Settings,
    *,
    workers: int = 1,
    only: frozenset[str] | None = None,
    progress: Progress | None = None,
) -> LintResult:
    """Run all rules. ``workers``: maximum number of processes, this one included; it does not affect the result."""
    runner = rule_runner_for(site, settings, only)
    if workers < 2 or len(site.pages) < _MIN_PARALLEL_PAGES:
        return lint(runner, progress=progress)

    def engine(pages: Sequence[Page]) -> Iterator[RuleResults]:
        # Forks share what this process has loaded and cached, so pages of all parts of the site are checked before.
        sample = range(0, len(pages), max(_SAMPLE, -(-len(pages) // _MOST_SAMPLES)))
        early = {number: runner.check_page(pages[number]) for number in sample}
        batches = (
            [number for number in range(start, min(start + _BATCH, len(pages))) if number not in sample]
            for start in range(0, len(pages), _BATCH)
        )
        with _process_pool(workers - 1, runner, (site, settings, only)) as pool:
            later = _check_batches(batches, pool, runner, workers)
            for number in range(len(pages)):
                yield early.pop(number) if number in early else next(later)

    return lint(runner, engine=engine, progress=progress)


def _check_batches(
    batches: Iterator[Sequence[int]], pool: Executor, runner: RuleRunner, workers: int
) -> Iterator[RuleResults]:
    """Yield the results of all pages in order. This process checks pages too whenever it would have to wait."""
    # Only a few batches are pending at a time: results of 50,000 pages must not accumulate in memory.
    pending: deque[Future[list[RuleResults]] | list[RuleResults]] = deque()
    while True:
        waiting = sum(isinstance(each, Future) and not each.done() for each in pending)
        for batch in islice(batches, max(0, 2 * (workers - 1) - waiting)):
            pending.append(pool.submit(_check_in_worker, batch))
        if not pending:
            return
        first = pending[0]
        if isinstance(first, Future) and not first.done() and len(pending) < _MOST_PENDING * workers:
            own = next(batches, None)
            if own is not None:
                pending.append(_check_pages(runner, own))
                continue
        pending.popleft()
        yield from first.result() if isinstance(first, Future) else first


@contextmanager
def _process_pool(
    processes: int, runner: RuleRunner, start: tuple[Site, Settings, frozenset[str] | None]
) -> Iterator[Executor]:
    """Return processes that run the rules: forks of this one if that is safe, because all modules are loaded already.

    Otherwise loky's: unlike the standard library's they do not run the program's main module again, need no main guard,
    and can be started from any thread.
    """
    import multiprocessing  # builds load this module, and start no process
    from concurrent.futures import ProcessPoolExecutor

    pool: Executor
    if sys.platform == "linux" and threading.active_count() == 1:
        pool = ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), _use_runner, (runner,))
        gc.collect()
        gc.freeze()  # else each process gets copies of what its garbage collector looks at
        try:
            with pool:
                yield pool
        finally:
            gc.unfreeze()
        return
    import loky

    with loky.ProcessPoolExecutor(processes, initializer=_start_worker, initargs=start) as pool:
        yield pool


_runner: RuleRunner | None = None


def _use_runner(runner: RuleRunner) -> None:
    global _runner
    silence()
    _runner = runner


def _start_worker(site: Site, settings: Settings, only: frozenset[str] | None) -> None:
    _use_runner(rule_runner_for(site, settings, only))


def _check_in_worker(numbers: Sequence[int]) -> list[RuleResults]:
    assert _runner is not None
    return _check_pages(_runner, numbers)


def _check_pages(runner: RuleRunner, numbers: Sequence[int]) -> list[RuleResults]:
    return [runner.check_page(runner.site.pages[number]) for number in numbers]
