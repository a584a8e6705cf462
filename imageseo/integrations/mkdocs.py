"""Integration for MkDocs and ProperDocs: the plug-in class, and the same events as functions for the hook."""

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
from imageseo.integrations.mkdocs_pages import (
    READING,
    add_hero_images,
    attributes_in_markdown,
    built_folders,
    folder_of,
    hints_of,
    hints_of_source,
    read_pages,
)
from imageseo.integrations.pages import HEROES_FILE, HeroesFile, base_url, html_files, source_dir, with_heroes
from imageseo.integrations.progress import Quiet, for_stream
from imageseo.integrations.serving import mkdocs_command
from imageseo.model.errors import ImageseoError, SettingsError
from imageseo.model.progress import Progress
from imageseo.model.site import Page, PageHints, Site

if TYPE_CHECKING:
    from mkdocs.config.base import ConfigErrors, ConfigWarnings
    from mkdocs.config.base import ValidationError as ConfigValidationError
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.exceptions import ConfigurationError, PluginError
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.plugins import BasePlugin, event_priority, get_plugin_logger
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page as MkDocsPage

    from imageseo.config import LoadedSettings
    from imageseo.integrations.serve_session import ServeSession
else:
    # ProperDocs loads the plug-ins of the MkDocs entry-point group but requires its own base class. Its plug-in loader
    # is running if its plugins module has been imported; under MkDocs a plug-in may import the package properdocs.
    _PACKAGE = "properdocs" if "properdocs.plugins" in sys.modules or not find_spec("mkdocs") else "mkdocs"
    ConfigValidationError = import_module(f"{_PACKAGE}.config.base").ValidationError
    ConfigurationError = import_module(f"{_PACKAGE}.exceptions").ConfigurationError
    PluginError = import_module(f"{_PACKAGE}.exceptions").PluginError
    BasePlugin = import_module(f"{_PACKAGE}.plugins").BasePlugin
    event_priority = import_module(f"{_PACKAGE}.plugins").event_priority
    get_plugin_logger = import_module(f"{_PACKAGE}.plugins").get_plugin_logger

# A child of the generator's own logger, so that --strict counts its warnings.
log = get_plugin_logger("imageseo")


class BuildEvents:
    """Handles the events of a build, either for the plug-in or for the hook."""

    def __init__(self) -> None:
        self.options: Mapping[str, Any] | None = None
        self.origin = "mkdocs.yml: plugins: imageseo"
        self.session: ServeSession | None = None
        self._project: LoadedSettings | None = None
        self._files: Files | None = None
        self._read: dict[Path, PageHints] = {}
        # File of the built site -> hints. Kept across builds, because builds nest in one process (a plug-in
        # builds each language in turn into one folder); each build overwrites the hints of pages it has read.
        self._hints: dict[Path, PageHints] = {}

    def record_command(self, command: str) -> None:
        self.stop()
        self.session = None
        if command == "serve" or mkdocs_command.find_command() == "serve":
            from imageseo.integrations.serve_session import ServeSession  # not needed by a build

            self.session = ServeSession(waits=not mkdocs_command.builds_again())

    @property
    def serving(self) -> bool:
        return self.session is not None

    def start_build(self, config: MkDocsConfig) -> None:
        """Start a build; resets the state of the last one, as hooks and plug-ins live on under serve."""
        self._project = self._files = None
        self._read = {}
        if self.session is not None:
            self.session.start_build()
        if not _is_active(self, config):
            return
        try:
            project = runner.read_project(folder_of(config), options=self.options, origin=self.origin)
        except SettingsError as error:
            if not self.serving:
                raise ConfigurationError(str(error)) from error
            log.warning("%s\n  imageseo is inactive until this is fixed", error)
            return
        is_off = self.serving and project.settings.serve == "off"
        self._project = project if project.settings.enabled and not is_off else None

    def record_front_matter(self, page: MkDocsPage) -> None:
        """Record a page's front matter before later plug-ins change it."""
        if self._project is not None:
            keys = self._project.settings.hero.keys
            hints = hints_of(page, project=self._project.folder, folders={}, keys=keys)
            self._read[Path(page.file.abs_dest_path)] = hints

    def record_files(self, files: Files, env: object, config: MkDocsConfig) -> None:
        self._files = files
        if self._project is not None:
            add_hero_images(files, env, self._read, config, self._project)

    def process_site(self, config: MkDocsConfig) -> None:
        """Process the built site. Raises PluginError, except while a preview is served."""
        project, self._project = self._project, None
        if project is None:
            return
        try:
            site = self._site(config, project)
            file = Path(config.config_file_path) if config.config_file_path else None
            failure = None
            if self.session is not None:
                self.session.run(site, project.settings, voice=log, progress=_progress(), config=file)
            else:
                failure = runner.run(
                    site, project.settings, voice=log, progress=_progress(), tell=_print_line, config=file
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
            self._gather_hints(self._files, config, project)
        pages = [Page(path=path, hints=self._hints.get(root / path, PageHints())) for path in html_files(root)]
        return Site(
            root=root,
            project=project.folder,
            base_url=base_url(None if self.serving else settings.site_url, config.site_url),
            pages=with_heroes(pages, HeroesFile.read(project.folder), settings.hero.keys),
            generator="mkdocs",
            sources=(Path(config.docs_dir),),
            markdown=attributes_in_markdown(config.markdown_extensions),
        )

    def _gather_hints(self, files: Files, config: MkDocsConfig, project: LoadedSettings) -> None:
        folders, keys = built_folders(files), project.settings.hero.keys
        built_files = [file for file in files.documentation_pages() if Path(file.abs_dest_path).is_file()]
        for page, failure in read_pages(built_files, config):  # also reads the sources that --dirty skipped
            built = Path(page.file.abs_dest_path)
            hints = self._read.get(built) or hints_of_source(
                page, failure, project=project.folder, folders=folders, keys=keys
            )
            self._hints[built] = replace(hints, source_dir=source_dir(page.file.src_uri, folders))

    def watch_files(self, server: LiveReloadServer, config: MkDocsConfig) -> None:
        """Rebuild when a file that heroes depend on changes; a file created later is watched from the next start."""
        settings, folder = Settings(), folder_of(config)
        with suppress(SettingsError):  # `start_build` warns about it
            project = runner.read_project(folder, options=self.options, origin=self.origin)
            settings, folder = project.settings, project.folder
        if settings.enabled:
            from imageseo.integrations.serving.live_reload import LiveReload  # not needed by a build

            watched = (*config.theme.dirs, config.docs_dir, *filter(None, [config.config_file_path]))
            reload = LiveReload(server, folder / settings.cache_dir, watched=watched)
            if self.session is not None:
                self.session.refresh = reload.build
            for name in (settings.hero.prompts, settings.alt.file, HEROES_FILE, LOCK):
                if (folder / name).is_file():
                    server.watch(str(folder / name))

    def stop(self) -> None:
        """End what works in the background."""
        if self.session is not None:
            self.session.stop()


class ImageseoPlugin(BasePlugin):  # type: ignore[type-arg, no-untyped-call]
    """The installed plug-in; its options are the settings."""

    def __init__(self) -> None:
        self.events = BuildEvents()

    def load_config(
        self, options: dict[str, Any], config_file_path: str | None = None
    ) -> tuple[ConfigErrors, ConfigWarnings]:
        """Check the options against the schema of the settings; every error is reported separately."""
        self.config = dict(options)
        self.events.options = self.config
        self.events.origin = f"{Path(config_file_path or 'mkdocs.yml').name}: plugins: imageseo"
        if READING.get() or self.events.serving or mkdocs_command.find_command() == "serve":
            return [], []  # on_config warns instead, so that a preview continues
        folder = Path(config_file_path).parent if config_file_path else Path.cwd()
        try:
            runner.read_project(folder, options=self.config, origin=self.events.origin)
        except SettingsError as error:
            return [self._option_error(fault) for fault in error.faults], []
        return [], []

    def _option_error(self, fault: str) -> tuple[str, ConfigValidationError]:
        """Return option and error as MkDocs shows them: `Plugin 'imageseo' option 'hero.insert': …`.

        An error of another configuration source keeps its origin in the text.
        """
        key, colon, text = fault.removeprefix(f"{self.events.origin}: ").partition(": ")
        is_option_error = bool(colon) and fault.startswith(self.events.origin)
        return (key, ConfigValidationError(text)) if is_option_error else ("imageseo", ConfigValidationError(fault))

    def on_startup(self, *, command: str, dirty: bool) -> None:
        self.events.record_command(command)

    def on_config(self, config: MkDocsConfig) -> None:
        self.events.start_build(config)

    def on_page_markdown(self, markdown: str, *, page: MkDocsPage, config: MkDocsConfig, files: Files) -> None:
        self.events.record_front_matter(page)

    @event_priority(-100)
    def on_env(self, env: object, *, config: MkDocsConfig, files: Files) -> None:
        self.events.record_files(files, env, config)

    @event_priority(-100)  # after minifiers and other plug-ins that write into site_dir
    def on_post_build(self, *, config: MkDocsConfig) -> None:
        self.events.process_site(config)

    def on_serve(self, server: LiveReloadServer, *, config: MkDocsConfig, builder: object) -> None:
        self.events.watch_files(server, config)

    def on_shutdown(self) -> None:
        self.events.stop()


_hook = BuildEvents()


def on_startup(*, command: str, dirty: bool) -> None:
    _hook.record_command(command)


def on_config(config: MkDocsConfig) -> None:
    _hook.start_build(config)


def on_page_markdown(markdown: str, *, page: MkDocsPage, config: MkDocsConfig, files: Files) -> None:
    _hook.record_front_matter(page)


@event_priority(-100)
def on_env(env: object, *, config: MkDocsConfig, files: Files) -> None:
    _hook.record_files(files, env, config)


@event_priority(-100)
def on_post_build(*, config: MkDocsConfig) -> None:
    _hook.process_site(config)


def on_serve(server: LiveReloadServer, config: MkDocsConfig, builder: object) -> None:
    _hook.watch_files(server, config)


def on_shutdown() -> None:
    _hook.stop()


def _is_active(events: BuildEvents, config: MkDocsConfig) -> bool:
    """Whether these events process the site: not those of the hook if the plug-in is active too; warns once."""
    if events is not _hook or not any(isinstance(plugin, ImageseoPlugin) for plugin in config.plugins.values()):
        return True
    if "twice" not in _warnings_given:
        _warnings_given.add("twice")
        log.warning("active twice, as plug-in and as hook: only the plug-in runs; remove one of the two")
    return False


_warnings_given: set[str] = set()


def _print_line(text: str) -> None:
    """Log a line. MkDocs breaks lines at blanks, and counts colours as if they took room on the terminal."""
    log.info("%s", text.replace(" ", "\N{NO-BREAK SPACE}") if "\x1b" in text else text)


def _progress() -> Progress:
    return for_stream(print_line=log.info) if log.isEnabledFor(logging.INFO) else Quiet()
