"""Run every installed rule on a built site, in several processes if it has many pages."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
_BATCH = 16


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
    """Run all rules. ``workers``: maximum number of processes; it does not affect the result."""
    runner = rule_runner_for(site, settings, only)
    if workers < 2 or len(site.pages) < _MIN_PARALLEL_PAGES:
        return lint(runner, progress=progress)

    def engine(pages: Sequence[Page]) -> Iterator[RuleResults]:
        with _process_pool(workers, (site, settings, only)) as pool:
            # Only a few batches are pending at a time: results of 50,000 pages must not accumulate in memory.
            pending = []
            for start in range(0, len(pages), _BATCH):
                pending.append(pool.submit(_check_pages, pages[start : start + _BATCH]))
                if len(pending) > 4 * workers:
                    yield from pending.pop(0).result()
            for future in pending:
                yield from future.result()

    return lint(runner, engine=engine, progress=progress)


@contextmanager
def _process_pool(workers: int, start: tuple[Site, Settings, frozenset[str] | None]) -> Iterator[Executor]:
    """Return processes that run the rules: forks of this one if that is safe, because all modules are loaded already.

    Otherwise loky's: unlike the standard library's they do not run the program's main module again, need no main guard,
    and can be started from any thread.
    """
    import multiprocessing  # builds load this module, and start no process
    from concurrent.futures import ProcessPoolExecutor

    pool: Executor
    if sys.platform == "linux" and threading.active_count() == 1:
        pool = ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), _start_worker, start)
    else:
        import loky

        pool = loky.ProcessPoolExecutor(workers, initializer=_start_worker, initargs=start)
    with pool:
        yield pool


_runner: RuleRunner | None = None


def _start_worker(site: Site, settings: Settings, only: frozenset[str] | None) -> None:
    global _runner
    silence()
    _runner = rule_runner_for(site, settings, only)


def _check_pages(pages: Sequence[Page]) -> list[RuleResults]:
    assert _runner is not None
    return [_runner.check_page(page) for page in pages]
