"""Integration for Pelican: the namespace plug-in, and the same `register` for a copied plug-in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from pelican import signals  # type: ignore[import-untyped]
from pelican.log import console  # type: ignore[import-untyped]

from imageseo.config.settings import Settings
from imageseo.integrations import runner
from imageseo.integrations.logs.pelican_log import ImageseoFailed, PelicanLogger, log, print_summary
from imageseo.integrations.pages import HeroesFile, base_url, html_files, with_heroes
from imageseo.integrations.pelican_pages import (
    READING,
    Collected,
    attributes_in_markdown,
    config_of,
    folder_of,
    options_of,
    share_heroes,
)
from imageseo.integrations.progress import Quiet, for_stream
from imageseo.integrations.serving.pelican_command import find_command
from imageseo.model.errors import ImageseoError, SettingsError
from imageseo.model.hero_image import hero_crop
from imageseo.model.progress import Progress
from imageseo.model.site import Page, PageHints, Site, SourceFault

if TYPE_CHECKING:
    from imageseo.integrations.serve_session import ServeSession


@dataclass(slots=True, kw_only=True)
class _SiteRun:
    """One Pelican site of this process; a plug-in may build more sites, into folders of the first."""

    project: Path
    source: Path
    settings: Settings | None
    base_url: str | None
    config: Path | None
    markdown: str = ""
    collected: Collected = field(default_factory=Collected)
    session: ServeSession | None = None


_runs: dict[Path, _SiteRun] = {}
_running: list[Path] = []  # output folders of the sites that Pelican is building now, the outer one first
_writing = RLock()  # held while an output folder is written, which under `pelican -r` two threads do


def register() -> None:
    """Connect to Pelican's signals; idempotent, so that two copies of the plug-in do the work once."""
    signals.initialized.connect(on_initialized)
    signals.article_generator_init.connect(on_generator)
    signals.page_generator_init.connect(on_generator)
    signals.article_generator_finalized.connect(on_contents)
    signals.page_generator_finalized.connect(on_contents)
    signals.all_generators_finalized.connect(on_all_contents)


def on_initialized(pelican: Any) -> None:
    """Read the settings before any work starts. Raises ImageseoFailed if invalid, except while serving a preview."""
    if READING in pelican.settings:
        return
    filters = pelican.settings.get("JINJA_FILTERS") or {}
    pelican.settings["JINJA_FILTERS"] = {"hero_crop": hero_crop, **filters}
    command = find_command()
    folder = folder_of(pelican.settings, command.settings)
    logger, project = PelicanLogger(), None
    try:
        project = runner.read_project(folder, options=options_of(pelican.settings), origin="pelicanconf.py: IMAGESEO")
    except SettingsError as error:
        if not command.serves:
            raise ImageseoFailed(str(error), error.exit_code) from error
        logger.warning("imageseo: %s\n  imageseo is inactive until this is fixed", error)
    settings = project.settings if project is not None and project.settings.enabled else None
    if command.serves:
        settings = settings if settings is not None and settings.serve != "off" else None
        _keep_watch_quiet()
    root = _root(pelican)
    _runs[root] = _SiteRun(
        project=project.folder if project is not None else folder,
        source=Path(pelican.settings["PATH"]).resolve(),
        settings=settings,
        base_url=base_url(settings.site_url if settings else None, pelican.settings.get("SITEURL")),
        config=config_of(folder, command.settings),
        markdown=attributes_in_markdown(pelican.settings),
        session=_runs[root].session if root in _runs else None,
    )
    registrations = [plugin for plugin in pelican.plugins if getattr(plugin, "register", None) is register]
    if len(registrations) > 1:
        names = " and ".join(sorted(getattr(plugin, "__name__", str(plugin)) for plugin in registrations))
        logger.warning("imageseo is active twice, as %s: it runs once; remove one of them from PLUGINS", names)
    if getattr(pelican.run, "__func__", None) is not None:  # still Pelican's own method
        pelican.run = partial(_run_with_imageseo, pelican, pelican.run)
    logger.end(serving=command.serves)


def _run_with_imageseo(pelican: Any, run: Callable[[], None]) -> None:
    """Run Pelican, then process the site.

    The signal `finalized` calls its receivers in no defined order, and plug-ins for sitemaps and minifying write their
    files on it: a receiver of imageseo would sometimes run before them.
    """
    root = _root(pelican)
    outer = next((each for each in _running if root.is_relative_to(each) and _is_active(each)), None)
    with _writing:
        _start_preview(root)
        _running.append(root)
        try:
            run()
        finally:
            _running.pop()
        if outer is None:  # a site of one language, built within the run of the whole site, is processed with that
            finish(pelican)


def _is_active(root: Path) -> bool:
    return root in _runs and _runs[root].settings is not None


def on_generator(generator: Any) -> None:
    """Record sources that cannot be read: Pelican leaves their pages out, with their heroes."""
    run = _runs.get(Path(generator.output_path).resolve())
    if run is not None and run.settings is not None:
        run.collected.record_failures(generator.readers)


def on_contents(generator: Any) -> None:
    run = _runs.get(Path(generator.output_path).resolve())
    if run is not None and run.settings is not None:
        run.collected.add(generator)


def on_all_contents(generators: Any) -> None:
    """Give the contents their heroes, before any template is rendered."""
    share_heroes(generators, _runs)


def finish(pelican: Any) -> None:
    """Process the whole output. Raises ImageseoFailed on failure, except while serving a preview."""
    root = _root(pelican)
    if root not in _runs or _runs[root].settings is None:
        return
    # A site inside another (such as one for each language) shares its images: the outer site is processed.
    root = min((other for other in _runs if root.is_relative_to(other)), key=lambda other: len(other.parts))
    run = _runs[root]
    if run.settings is None:
        return
    if find_command().serves:
        _preview(root)
        return
    logger = PelicanLogger()
    try:
        site = _site(root, run, run.settings)
        failure = runner.run(
            site,
            run.settings,
            voice=logger,
            progress=_progress(),
            tell=print_summary,
            stream=console.file,
            config=run.config,
        )
    except ImageseoError as error:
        raise ImageseoFailed(str(error), error.exit_code) from error
    logger.end(serving=False)
    if failure is not None:
        raise ImageseoFailed(failure)


def _start_preview(root: Path) -> None:
    for folder, run in _runs.items():
        if run.session is not None and root.is_relative_to(folder):
            run.session.start_build()


def _preview(root: Path) -> None:
    """Process the output while Pelican waits for changes, or before it does; errors are warnings."""
    from imageseo.integrations.serve_session import ServeSession  # not needed by a build

    run, logger = _runs[root], PelicanLogger()
    if run.settings is None:
        return
    if run.session is None:
        run.session = ServeSession()
        run.session.refresh = partial(_refresh, root)
    try:
        site = _site(root, run, run.settings)
    except ImageseoError as error:
        logger.warning("%s", error)
        return
    run.session.run(site, run.settings, voice=logger, progress=_progress(), tell=print_summary, config=run.config)


def _refresh(root: Path) -> None:
    """Process the output once more, because images are ready; Pelican itself would build nothing else."""
    with _writing:
        session = _runs[root].session
        if session is not None and session.is_refreshing:  # else Pelican has built the site meanwhile
            session.start_build()
            _preview(root)


def _keep_watch_quiet() -> None:
    from imageseo.integrations.serving.pelican_watching import ignore_writes_below  # not needed by a build

    def folders() -> Iterator[Path]:
        for root, run in _runs.items():
            yield root
            if run.settings is not None:
                yield run.project / run.settings.cache_dir

    ignore_writes_below(folders)


def _site(root: Path, run: _SiteRun, settings: Settings) -> Site:
    hints: dict[str, PageHints] = {}
    faults: dict[SourceFault, None] = {}
    for folder, other in _runs.items():
        if folder.is_relative_to(root):
            faults.update(dict.fromkeys(other.collected.faults(project=other.project, keys=settings.hero.keys)))
            folder_in_site = folder.relative_to(root)
            found = other.collected.hints(project=other.project, keys=settings.hero.keys)
            hints.update({(folder_in_site / path).as_posix(): hint for path, hint in found.items()})
    paths = sorted({path for path in hints if (root / path).is_file()}.union(html_files(root)))  # with any suffix
    pages = [Page(path=path, hints=hints.get(path, PageHints())) for path in paths]
    return Site(
        root=root,
        project=run.project,
        base_url=run.base_url,
        pages=with_heroes(pages, HeroesFile.read(run.project), settings.hero.keys),
        generator="pelican",
        markdown=run.markdown,
        sources=tuple({other.source for other in _runs.values()}),
        faults=tuple(faults),
    )


def _root(pelican: Any) -> Path:
    return Path(pelican.output_path).resolve()


def _progress() -> Progress:
    """Return a bar on a terminal, or lines on standard error: Pelican hides what it logs as information."""
    return for_stream() if log.isEnabledFor(logging.WARNING) else Quiet()
