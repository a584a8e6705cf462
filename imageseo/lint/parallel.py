"""A built site judged by every rule that is installed, its pages spread over processes where there are many."""

from __future__ import annotations

import multiprocessing
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

from imageseo.config.plugins import plugin_loaders
from imageseo.config.settings import Settings
from imageseo.images.decoding.probe import probe
from imageseo.layout import layout_file
from imageseo.lint.engine import PageVerdict, RuleRunner
from imageseo.lint.facts.page import PageContext, SiteFacts, SiteFiles
from imageseo.lint.linter import LintResult, lint
from imageseo.lint.rule import Rule
from imageseo.lint.severity import SeverityLevels
from imageseo.model.image import Asset, BadAsset
from imageseo.model.protocols import Progress
from imageseo.model.site import Page, Site

_MANY = 150
"""Pages; fewer are read before other processes have loaded what reading takes."""
_BATCH = 16


def installed_rules() -> tuple[Rule, ...]:
    """Every lint rule, by id."""
    return tuple(Rule.of(name, load()) for name, load in sorted(plugin_loaders("imageseo.rules").items()))


def rule_runner_for(site: Site, settings: Settings, only: frozenset[str] | None = None) -> RuleRunner:
    """Who judges a site by its settings, and by what a browser saw of it.

    ``only``: the ids of which anything is to be said; None: of all. Raises LayoutError for a broken layout file.
    """

    def examine(path: str) -> Asset | BadAsset:
        return probe(site.root / path, path, max_pixels=settings.encode.max_pixels)

    files = SiteFiles(site.root, examine)
    return RuleRunner(
        site=site,
        rules=installed_rules(),
        levels=SeverityLevels.of(settings.lint, only=only),
        files=files,
        reading=PageContext.of(site, settings, layout_file.read(site.project / layout_file.NAME)),
        around=SiteFacts(site, files=files, settings=settings),
    )


def lint_pages(
    site: Site,
    settings: Settings,
    *,
    workers: int = 1,
    only: frozenset[str] | None = None,
    progress: Progress | None = None,
) -> LintResult:
    """What all rules say. ``workers``: processes at most; whatever their number, the result is the same."""
    judge = rule_runner_for(site, settings, only)
    if workers < 2 or len(site.pages) < _MANY:
        return lint(judge, progress=progress)

    def engine(pages: Sequence[Page]) -> Iterator[PageVerdict]:
        with _process_pool(workers, (site, settings, only)) as pool:
            # Few batches wait at a time: a result of 50,000 pages must not pile up in front of its reader.
            waiting = []
            for start in range(0, len(pages), _BATCH):
                waiting.append(pool.submit(_work, pages[start : start + _BATCH]))
                if len(waiting) > 4 * workers:
                    yield from waiting.pop(0).result()
            for future in waiting:
                yield from future.result()

    return lint(judge, engine=engine, progress=progress)


@contextmanager
def _process_pool(workers: int, start: tuple[Site, Settings, frozenset[str] | None]) -> Iterator[Executor]:
    """Processes that run the rules: copies of this one where that is safe, for they have everything loaded already.

    Elsewhere loky's, which unlike the standard library's neither run the program's main module again nor need it to
    be guarded, and which are started safely from any thread.
    """
    pool: Executor
    if sys.platform == "linux" and threading.active_count() == 1:
        pool = ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), _begin, start)
    else:
        import loky

        pool = loky.ProcessPoolExecutor(workers, initializer=_begin, initargs=start)
    with pool:
        yield pool


_judge: RuleRunner | None = None


def _begin(site: Site, settings: Settings, only: frozenset[str] | None) -> None:
    global _judge
    _judge = rule_runner_for(site, settings, only)


def _work(pages: Sequence[Page]) -> list[PageVerdict]:
    assert _judge is not None
    return [_judge.page(page) for page in pages]
