"""MkDocs and ProperDocs: the plugin, and the same events as functions for a copied hook."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseo.config.settings import Settings
from imageseo.heroes.lock.lock import NAME as LOCK
from imageseo.integrations import runner
from imageseo.integrations.mkdocs_pages import READING, built_folders, folder_of, hints_of, read_pages
from imageseo.integrations.pages import HEROES_FILE, HeroesFile, base_url, html_files, source_dir, with_heroes
from imageseo.integrations.progress import Quiet, for_stream
from imageseo.model.errors import ImageseoError, SettingsError
from imageseo.model.protocols import Progress
from imageseo.model.site import Page, PageHints, Site

if TYPE_CHECKING:
    from mkdocs.config.base import ConfigErrors, ConfigWarnings
    from mkdocs.config.base import ValidationError as ConfigFault
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.exceptions import ConfigurationError, PluginError
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.plugins import BasePlugin, event_priority, get_plugin_logger
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page as HostPage

    from imageseo.config import LoadedSettings
else:
    # ProperDocs loads the plugins of the MkDocs group and insists on its own base class. Its plugin loader is
    # running exactly when its plugin module has been imported; a plugin may import the bare package under MkDocs.
    HOST = "properdocs" if "properdocs.plugins" in sys.modules or not find_spec("mkdocs") else "mkdocs"
    ConfigFault = import_module(f"{HOST}.config.base").ValidationError
    ConfigurationError = import_module(f"{HOST}.exceptions").ConfigurationError
    PluginError = import_module(f"{HOST}.exceptions").PluginError
    BasePlugin = import_module(f"{HOST}.plugins").BasePlugin
    event_priority = import_module(f"{HOST}.plugins").event_priority
    get_plugin_logger = import_module(f"{HOST}.plugins").get_plugin_logger

# Below the host's own logger, so that --strict counts what is said here.
log = get_plugin_logger("imageseo")


class Events:
    """What one door, the plugin or the hook, does at each event of a build."""

    def __init__(self) -> None:
        self.options: Mapping[str, Any] | None = None
        self.origin = "mkdocs.yml: plugins: imageseo"
        self.serving = False
        self._project: LoadedSettings | None = None
        self._files: Files | None = None
        self._read: dict[Path, PageHints] = {}
        # File of the built site -> hints. Kept from build to build, because builds nest in one process (a plugin
        # builds each language in turn, into one folder); each build writes over what it read itself.
        self._hints: dict[Path, PageHints] = {}

    def startup(self, command: str) -> None:
        self.serving = command == "serve" or _command() == "serve"

    def begin(self, config: MkDocsConfig) -> None:
        """Start a build. Hook modules and plugins outlive one under serve, so nothing of the last may be left."""
        self._project = self._files = None
        self._read = {}
        if not _first_door(self, config):
            return
        try:
            project = runner.read_project(folder_of(config), options=self.options, origin=self.origin)
        except SettingsError as error:
            if not self.serving:
                raise ConfigurationError(str(error)) from error
            log.warning("%s\n  nothing is done until this is mended", error)
            return
        self._project = project if project.settings.enabled else None

    def read(self, page: HostPage) -> None:
        """Keep a page's front matter before later plugins change it."""
        if self._project is not None:
            hints = hints_of(page, project=self._project.folder, folders={})
            self._read[Path(page.file.abs_dest_path)] = hints

    def gather(self, files: Files) -> None:
        self._files = files

    def finish(self, config: MkDocsConfig) -> None:
        """Do the job on what has been built. Raises PluginError, unless the host serves a preview."""
        project, self._project = self._project, None
        if project is None:
            return
        try:
            site = self._site(config, project)
            file = Path(config.config_file_path) if config.config_file_path else None
            failure = runner.run(
                site, project.settings, voice=log, progress=_progress(), serving=self.serving, config=file
            )
        except ImageseoError as error:
            if not self.serving:
                raise PluginError(f"imageseo: {error}") from error
            log.warning("%s", error)
            return
        if failure is not None:
            raise PluginError(f"imageseo: {failure}")

    def _site(self, config: MkDocsConfig, project: LoadedSettings) -> Site:
        root, settings = Path(config.site_dir), project.settings
        if self._files is not None:
            self._gather_hints(self._files, config, project.folder)
        pages = [Page(path=path, hints=self._hints.get(root / path, PageHints())) for path in html_files(root)]
        return Site(
            root=root,
            project=project.folder,
            base_url=base_url(None if self.serving else settings.site_url, config.site_url),
            pages=with_heroes(pages, HeroesFile.read(project.folder), settings.hero.keys),
            generator="mkdocs",
            sources=(Path(config.docs_dir),),
        )

    def _gather_hints(self, files: Files, config: MkDocsConfig, project: Path) -> None:
        folders = built_folders(files)
        built_ones = [file for file in files.documentation_pages() if Path(file.abs_dest_path).is_file()]
        for page in read_pages(built_ones, config):  # of those that --dirty passed over, the sources are read here
            built = Path(page.file.abs_dest_path)
            hints = self._read.get(built) or hints_of(page, project=project, folders=folders)
            self._hints[built] = replace(hints, source_dir=source_dir(page.file.src_uri, folders))

    def watch(self, server: LiveReloadServer, config: MkDocsConfig) -> None:
        """Build again when what heroes follow from changes. A file that is made later is seen from the next start."""
        settings, folder = Settings(), folder_of(config)
        with suppress(SettingsError):  # `begin` warns of it
            project = runner.read_project(folder, options=self.options, origin=self.origin)
            settings, folder = project.settings, project.folder
        if settings.enabled:
            for name in (settings.hero.prompts, HEROES_FILE, LOCK):
                if (folder / name).is_file():
                    server.watch(str(folder / name))


class ImageseoPlugin(BasePlugin):  # type: ignore[type-arg, no-untyped-call]
    """The installed plugin; its options are the settings themselves."""

    def __init__(self) -> None:
        self.events = Events()

    def load_config(
        self, options: dict[str, Any], config_file_path: str | None = None
    ) -> tuple[ConfigErrors, ConfigWarnings]:
        """Check the options by the schema that all doors share; every fault is an error of its own."""
        self.config = dict(options)
        self.events.options = self.config
        self.events.origin = f"{Path(config_file_path or 'mkdocs.yml').name}: plugins: imageseo"
        if READING.get() or self.events.serving or _command() == "serve":
            return [], []  # of a preview on_config warns, which goes on
        folder = Path(config_file_path).parent if config_file_path else Path.cwd()
        try:
            runner.read_project(folder, options=self.config, origin=self.events.origin)
        except SettingsError as error:
            return [self._fault(fault) for fault in error.faults], []
        return [], []

    def _fault(self, fault: str) -> tuple[str, ConfigFault]:
        """As the host shows it: `Plugin 'imageseo' option 'hero.insert': …`; others than ours keep their place."""
        key, colon, text = fault.removeprefix(f"{self.events.origin}: ").partition(": ")
        own = bool(colon) and fault.startswith(self.events.origin)
        return (key, ConfigFault(text)) if own else ("imageseo", ConfigFault(fault))

    def on_startup(self, *, command: str, dirty: bool) -> None:
        self.events.startup(command)

    def on_config(self, config: MkDocsConfig) -> None:
        self.events.begin(config)

    def on_page_markdown(self, markdown: str, *, page: HostPage, config: MkDocsConfig, files: Files) -> None:
        self.events.read(page)

    @event_priority(-100)
    def on_env(self, env: object, *, config: MkDocsConfig, files: Files) -> None:
        self.events.gather(files)

    @event_priority(-100)  # after minifiers and whatever else writes into site_dir
    def on_post_build(self, *, config: MkDocsConfig) -> None:
        self.events.finish(config)

    def on_serve(self, server: LiveReloadServer, *, config: MkDocsConfig, builder: object) -> None:
        self.events.watch(server, config)


_hook = Events()


def on_startup(*, command: str, dirty: bool) -> None:
    _hook.startup(command)


def on_config(config: MkDocsConfig) -> None:
    _hook.begin(config)


def on_page_markdown(markdown: str, *, page: HostPage, config: MkDocsConfig, files: Files) -> None:
    _hook.read(page)


@event_priority(-100)
def on_env(env: object, *, config: MkDocsConfig, files: Files) -> None:
    _hook.gather(files)


@event_priority(-100)
def on_post_build(*, config: MkDocsConfig) -> None:
    _hook.finish(config)


def on_serve(server: LiveReloadServer, config: MkDocsConfig, builder: object) -> None:
    _hook.watch(server, config)


def _first_door(events: Events, config: MkDocsConfig) -> bool:
    """False for the hook when the plugin is there too: one of them does the work, and the other says so once."""
    if events is not _hook or not any(isinstance(plugin, ImageseoPlugin) for plugin in config.plugins.values()):
        return True
    if "twice" not in _told:
        _told.add("twice")
        log.warning("is on twice, as a plugin and as a hook: the plugin does the work; take one of the two away")
    return False


_told: set[str] = set()


def _progress() -> Progress:
    return for_stream(say=log.info) if log.isEnabledFor(logging.INFO) else Quiet()


def _command() -> str | None:
    """The host's command: known from its command line before any event fires."""
    import click

    context = click.get_current_context(silent=True)
    return context.command.name if context is not None else None
