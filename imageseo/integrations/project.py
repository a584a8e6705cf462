"""The current project for the command line: its generator, its settings, and its pages read without a build."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import structs

from imageseo.config.settings import Settings
from imageseo.integrations import detection, directory, runner
from imageseo.integrations.pages import HeroesFile, base_url, with_heroes
from imageseo.model import extras
from imageseo.model.errors import MissingExtraError, SettingsError, SiteError
from imageseo.model.protocols import GeneratorProject, Integration
from imageseo.model.site import Page, PageHints, Site

if TYPE_CHECKING:
    from imageseo.config import LoadedSettings


def _discard(_: str) -> None:
    """Discard a note."""


class ListedPages(NamedTuple):
    """The pages that may request a hero.

    ``is_complete``: whether these are all pages of the generator, with front matter. ``unread``: why sources were not
    read although there is a project file; "" if they were, or if none is known. ``faults``: sources of the site, as in
    the lock file, that cannot be read and belong to none of the pages.
    """

    pages: tuple[Page, ...]
    is_complete: bool
    unread: str = ""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Settings, the folder that their paths are relative to, and the generator if one was detected.

    ``absent``: why the generator is not used although its file exists; ``remedy``: what to do about it. ``note``: takes
    a line for the user.
    """

    settings: Settings
    folder: Path
    generator: GeneratorProject | None = None
    absent: str = ""
    remedy: str = ""
    note: Callable[[str], None] = _discard

    @property
    def base_url(self) -> str | None:
        """The site's URL from the settings, else from the generator's configuration."""
        return base_url(self.settings.site_url, self.generator.site_url if self.generator else None)

    def frozen(self) -> Project:
        """Return the project with the setting ``frozen`` on: every hero must be pinned."""
        return replace(self, settings=structs.replace(self.settings, frozen=True))

    def site(self, root: Path) -> Site:
        """Return the built site in ``root``, with the generator's page hints. Raises SiteError, RecipeError."""
        return self._site(root)[0]

    def pages(self, root: Path | None = None) -> ListedPages:
        """Return the pages that may request a hero, from the built site in ``root``, else from the generator."""
        if root is not None:
            site, is_complete = self._site(root)
            faults = tuple(fault.source.as_posix() for fault in site.faults)
            return ListedPages(site.pages, is_complete, site.unread, faults)
        if self.generator is None:
            raise SiteError(
                f"{self.folder}: {self.absent or 'no configuration of a known generator'}, so its pages are unknown",
                hint=(f"{self.remedy}; or " if self.remedy else "")
                + "name the built site: imageseo generate --site DIR; or, in the setting `content_dir`, the folder "
                "of the Markdown files",
            )
        pages = [self._in_language(Page(path=path, hints=hints)) for path, hints in sorted(self._hints(None).items())]
        return ListedPages(with_heroes(pages, HeroesFile.read(self.folder), self.settings.hero.keys), True)

    def _hints(self, root: Path | None) -> Mapping[str, PageHints]:
        assert self.generator is not None
        return self.generator.read(project=self.folder, keys=self.settings.hero.keys, root=root)

    def _site(self, root: Path) -> tuple[Site, bool]:
        bare_site = directory.site(root, project=self.folder, settings=self.settings)
        generator = self.generator
        if generator is None:
            if self.absent:  # its note was given when the project was detected
                self._refuse_if_frozen(self.absent)
            return replace(bare_site, unread=self.absent), False
        hints = self._hints(root)
        found = sum((root / path).is_file() for path in hints)
        # Every site has an index.html: a few common pages do not prove that the folder belongs to this project.
        is_output = generator.output is None or root.resolve() == generator.output.resolve()
        proofs = [(root / path).is_file() for path in hints if path != "index.html"]
        if hints and (found == 0 or (not is_output and 2 * sum(proofs) < len(proofs))):
            share = "none of the" if found == 0 else f"only {found} of the {len(hints)}"
            why = f"{root} contains {share} pages that {generator.config.name} builds"
            self._refuse_if_frozen(why)
            self.note(f"front matter is not used: {why}")
            return replace(bare_site, unread=why), False
        keys = self.settings.hero.keys
        pages = [self._in_language(_with_hints(page, hints)) for page in directory.pages(root, keys=keys)]
        listed = {page.path for page in pages}
        site = replace(
            bare_site,
            base_url=self.base_url or bare_site.base_url,
            pages=with_heroes(pages, HeroesFile.read(self.folder), keys, root=root),
            generator=generator.name,
            sources=(generator.source,),
            markdown=generator.markdown,
            faults=tuple(each.fault for path, each in hints.items() if each.fault and path not in listed),
        )
        return site, found == len(hints)

    def _in_language(self, page: Page) -> Page:
        """Return the page with the language of the site if it has none of its own."""
        if page.hints.language or self.generator is None or not self.generator.language:
            return page
        return replace(page, hints=replace(page.hints, language=self.generator.language))

    def _refuse_if_frozen(self, why: str) -> None:
        """Raise SiteError under ``frozen`` because front matter is not used: heroes would be lost."""
        if self.settings.frozen:
            remedy = self.remedy or "install the generator, or name the site that it built"
            raise SiteError(
                f"front matter cannot be used: {why}", hint=f"under `frozen` no hero may be skipped: {remedy}"
            )


def detect_project(
    folder: Path, *, config: Path | None, note: Callable[[str], None], settings: Settings | None = None
) -> Project:
    """Return the project in ``folder``.

    ``config``: a TOML file or a generator's own file; None: searched for in the folder. ``note``: takes a line for the
    user, such as that a generator's file exists but the generator is not installed. ``settings``: used instead of
    those that are configured. Raises SettingsError.
    """
    if settings is not None:
        detected = _try_find_generator(folder, note)
        return _complete(replace(detected or Project(settings=settings, folder=folder), settings=settings, note=note))
    if config is not None and not config.is_file():
        raise SettingsError((f"{config}: no such file",))
    readers = detection.readers_of(config) if config is not None else ()
    if config is not None and config.suffix == ".toml" and not readers:
        project = runner.read_settings(folder, explicit=config)
        return _complete(
            replace(detect_project(folder, config=None, note=note, settings=project.settings), folder=project.folder)
        )
    if config is not None:
        return replace(_load_named(config, readers), note=note)
    found = _find_generator(folder, note)
    if found is not None and found.generator is not None:
        return replace(found, note=note)
    project = runner.read_settings(folder)
    absent, remedy = (found.absent, found.remedy) if found else ("", "")
    return _complete(Project(settings=project.settings, folder=project.folder, absent=absent, remedy=remedy, note=note))


def _complete(project: Project) -> Project:
    """Return a project without a generator with the sources that its setting ``content_dir`` names."""
    name = project.settings.content_dir
    if name is None:
        return project
    from imageseo.integrations import content_folder

    if project.generator is not None and project.generator.name != content_folder.NAME:
        return project
    return replace(
        project, generator=content_folder.load(project.folder / name, note=project.note), absent="", remedy=""
    )


def _try_find_generator(folder: Path, note: Callable[[str], None]) -> Project | None:
    """Return the generator in a folder whose settings are elsewhere; if it fails to load, it is not used."""
    try:
        return _find_generator(folder, note)
    except SettingsError as error:
        why = "; ".join(error.faults)
        note(f"front matter is not read: {why}")
        return Project(settings=Settings(), folder=folder, absent=why)


def _find_generator(folder: Path, note: Callable[[str], None]) -> Project | None:
    """Return the first generator that can be loaded, else one that is not installed, else None."""
    absent = None
    for config, integrations in detection.find_configs(folder):
        able = next((each for each in integrations if not each.missing(config)), None)
        outer = folder if config.parent != folder else None
        if outer is not None and runner.read_project(outer, options=None, origin="").settings.content_dir is not None:
            continue  # the sources of the pages are elsewhere
        generator, missing, remedy = None, "", ""
        try:
            if able is not None:
                generator = able.load(config)
            else:
                package = integrations[0].missing(config)
                missing, remedy = f"{config} found, but {package} is not installed", extras.install_command_for(package)
        except MissingExtraError as error:
            missing, remedy = error.message, error.hint
        except SettingsError as error:
            if outer is None:
                raise
            missing = "; ".join(error.faults)  # in an inner folder: it may be of other pages than those in question
        if generator is not None:
            return _with_settings(generator, outer)
        note("; ".join(filter(None, (f"{missing}: its options are not read, and front matter is not used", remedy))))
        if absent is None:
            project = _read_settings(config.parent, outer)
            absent = Project(settings=project.settings, folder=project.folder, absent=missing, remedy=remedy)
    return absent


def _load_named(config: Path, integrations: Sequence[Integration]) -> Project:
    """Return the project of a file that the user named. Raises SettingsError, MissingExtraError."""
    if not integrations:
        names = ", ".join(["imageseo.toml", "pyproject.toml", *detection.file_names()])
        raise SettingsError((f"{config}: expected a configuration file such as {names}",))
    able = next((each for each in integrations if not each.missing(config)), None)
    if able is None:
        package = integrations[0].missing(config)
        raise MissingExtraError(
            f"{config} found, but {package} is not installed", hint=extras.install_command_for(package)
        )
    return _with_settings(able.load(config))


def _with_settings(generator: GeneratorProject, outer: Path | None = None) -> Project:
    project = _read_settings(generator.config.resolve().parent, outer, generator.options, generator.origin)
    return Project(settings=project.settings, folder=project.folder, generator=generator)


def _read_settings(
    folder: Path, outer: Path | None, options: Mapping[str, Any] | None = None, origin: str = ""
) -> LoadedSettings:
    """Return the settings of a generator's folder; else those of the current folder, if that is ``outer`` to it."""
    project = runner.read_project(folder, options=options, origin=origin)
    if outer is not None and project.folder == folder and not options:
        own = runner.read_project(outer, options=None, origin="")
        return own if own.settings != project.settings else project
    return project


def _with_hints(page: Page, hints: Mapping[str, PageHints]) -> Page:
    found = hints.get(page.path)
    if found is None:
        return page
    return replace(page, hints=replace(found, language=found.language or page.hints.language))
