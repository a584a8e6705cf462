"""Command `watch`: build a folder after each change, one process at a time."""

from __future__ import annotations

import hashlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from imageseo.heroes.generate.process_lock import single_instance
from imageseo.heroes.lock.lock import NAME as LOCK
from imageseo.integrations import detection
from imageseo.integrations.pages import HEROES_FILE
from imageseo.integrations.project import Project, detect_project
from imageseo.integrations.watching.observer import SiteObserver
from imageseo.integrations.watching.site_builder import SiteBuilder
from imageseo.integrations.watching.watcher import Watcher, WatchVoice
from imageseo.layout.layout_file import NAME as LAYOUT
from imageseo.model.progress import Progress


def run(
    root: Path,
    *,
    config: Path | None,
    polling: bool,
    voice: WatchVoice,
    progress: Progress,
    ignore: tuple[str, ...] = (),
    serve: int | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Watch the site in ``root`` until the user interrupts, which is raised as KeyboardInterrupt.

    ``config``: the file that the user named. ``ignore``: patterns of files whose changes start no build. ``serve``: a
    port to serve the site at; 0: any. Raises ImageseoError for what prevents the start: settings with an error, another
    process that watches the folder, a port that is taken.
    """
    note = _once(voice.note)

    def load() -> Project:
        return detect_project(Path.cwd(), config=config, note=note)

    project, site = load(), root.resolve()
    cache = project.folder / project.settings.cache_dir
    busy = cache / f"watch-{hashlib.sha256(str(site).encode('utf-8', 'surrogateescape')).hexdigest()[:12]}.busy"
    with single_instance(
        busy, voice.note, command=f"imageseo watch {root}", refused="stop that one first, or watch another folder"
    ):
        builder = SiteBuilder(progress=progress, config=config)
        observer = SiteObserver(site, note=voice.note, polling=polling)
        watcher = Watcher(
            root=site,
            project=project,
            load=load,
            places=lambda project: (_configuration_files(project, config), _source_folders(project, site)),
            build=builder.build,
            source=observer,
            voice=voice,
            clock=time.monotonic,
            ignore=ignore,
        )
        with _ended_by_sigterm(), _served(watcher, builder, serve):
            try:
                watcher.start()
                while not is_stopped():
                    watcher.turn()
            finally:
                observer.stop()
                builder.close()


@contextmanager
def _served(watcher: Watcher, builder: SiteBuilder, port: int | None) -> Iterator[None]:
    """Serve the site while the block runs, if there is a port. Raises MissingExtraError, SiteError."""
    if port is None:
        yield
        return
    from imageseo.integrations.watching.site_server import HOST, serving

    with serving(watcher.root, port, base=lambda: builder.base(watcher.project, watcher.root)) as server:
        path, _ = builder.base(watcher.project, watcher.root)
        watcher.built = server.reload
        watcher.voice.note(f"serving http://{HOST}:{server.port}{path}; its pages are loaded again after each build")
        yield


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """End the block at the signal that stops containers and services as at Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread only
        return
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _once(note: Callable[[str], None]) -> Callable[[str], None]:
    """Return a function that shows each note once, though every build makes it."""
    shown: set[str] = set()

    def show(text: str) -> None:
        if text not in shown:
            shown.add(text)
            note(text)

    return show


def _source_folders(project: Project, site: Path) -> tuple[Path, ...]:
    """Return the folder of the generator's sources, unless it holds the site: then it is the whole project's."""
    if project.generator is None:
        return ()
    folder = project.generator.source.resolve()
    return () if site.is_relative_to(folder) or folder.is_relative_to(site) else (folder,)


def _configuration_files(project: Project, config: Path | None) -> frozenset[Path]:
    """Return the files that decide how the site is built, existing or not."""
    names = {
        "imageseo.toml",
        "pyproject.toml",
        HEROES_FILE,
        LOCK,
        LAYOUT,
        project.settings.hero.prompts,
        project.settings.alt.file,
    }
    names |= {*detection.file_names()}
    folders = {Path.cwd(), project.folder}
    named = [config] if config is not None else []
    return frozenset(path.resolve() for path in [*(folder / name for folder in folders for name in names), *named])
