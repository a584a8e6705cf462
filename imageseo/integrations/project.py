"""The current project for the command line: its generator, its settings, and its pages read without a build."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from msgspec import structs

from imageseo.config.settings import Settings
from imageseo.integrations import directory, runner
from imageseo.integrations.command_hints import MKDOCS_FILES, PELICAN_FILES
from imageseo.integrations.pages import HeroesFile, base_url, with_heroes
from imageseo.model import extras
from imageseo.model.errors import MissingExtraError, SettingsError, SiteError
from imageseo.model.site import Page, PageHints, Site

Hints = Mapping[str, PageHints]


def _discard(_: str) -> None:
    """Discard a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectedGenerator:
    """A site generator whose configuration file is in the project.

    ``output``: the folder that it builds into. ``source``: the folder of its source files. ``read``: returns file of
    the built site -> hints, without a build. ``inactive``: why its own builds do not run imageseo; "" if they do.
    """

    name: str
    config: Path
    output: Path
    site_url: str | None
    source: Path
    read: Callable[[], Hints]
    inactive: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Settings, the folder that their paths are relative to, and the generator if one was detected.

    ``absent``: why the generator is not used although its file exists. ``note``: takes a line for the user.
    """

    settings: Settings
    folder: Path
    generator: DetectedGenerator | None = None
    absent: str = ""
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

    def pages(self, root: Path | None = None) -> tuple[tuple[Page, ...], bool]:
        """Return the pages that may request a hero, from the built site in ``root``, else from the generator.

        The second value is whether the list is complete: it contains every page of the generator with front matter.
        """
        if root is not None:
            site, is_complete = self._site(root)
            return site.pages, is_complete
        if self.generator is None:
            raise SiteError(
                f"{self.folder}: {self.absent or 'neither a mkdocs.yml nor a pelicanconf.py'}, "
                "so its pages are unknown",
                hint="name the built site: imageseo generate --site DIR",
            )
        pages = [Page(path=path, hints=hints) for path, hints in sorted(self.generator.read().items())]
        return with_heroes(pages, HeroesFile.read(self.folder), self.settings.hero.keys), True

    def _site(self, root: Path) -> tuple[Site, bool]:
        bare_site = directory.site(root, project=self.folder, settings=self.settings)
        generator = self.generator
        if generator is None:
            if self.absent:
                self._skip_front_matter(self.absent)
            return bare_site, False
        hints = generator.read()
        found = sum((root / path).is_file() for path in hints)
        # Every site has an index.html: a few common pages do not prove that the folder belongs to this project.
        if hints and (found == 0 or (root.resolve() != generator.output.resolve() and 2 * found < len(hints))):
            share = "none of the" if found == 0 else f"only {found} of the {len(hints)}"
            self._skip_front_matter(f"{root} contains {share} pages that {generator.config.name} builds")
            return bare_site, False
        keys = self.settings.hero.keys
        pages = [_with_hints(page, hints) for page in directory.pages(root, keys=keys)]
        listed = {page.path for page in pages}
        site = replace(
            bare_site,
            base_url=self.base_url or bare_site.base_url,
            pages=with_heroes(pages, HeroesFile.read(self.folder), keys),
            generator=generator.name,
            sources=(generator.source,),
            faults=tuple(each.fault for path, each in hints.items() if each.fault and path not in listed),
        )
        return site, found == len(hints)

    def _skip_front_matter(self, why: str) -> None:
        """Print a note that front matter is not used; raise SiteError under ``frozen``, where heroes would be lost."""
        if self.settings.frozen:
            raise SiteError(
                f"front matter cannot be used: {why}",
                hint="under `frozen` no hero may be skipped: install the generator, or name the site that it built",
            )
        self.note(f"front matter is not used: {why}")


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
        generator, absent = (detected.generator, detected.absent) if detected else (None, "")
        return Project(settings=settings, folder=folder, generator=generator, absent=absent, note=note)
    if config is not None and not config.is_file():
        raise SettingsError((f"{config}: no such file",))
    if config is not None and config.suffix == ".toml":
        project = runner.read_settings(folder, explicit=config)
        return replace(detect_project(folder, config=None, note=note, settings=project.settings), folder=project.folder)
    if config is not None:
        return replace(_load_generator(config, required=True, note=note), note=note)
    found = _find_generator(folder, note)
    if found is not None and found.generator is not None:
        return replace(found, note=note)
    project = runner.read_settings(folder)
    absent = found.absent if found else ""
    return Project(settings=project.settings, folder=project.folder, absent=absent, note=note)


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
    for name in (*MKDOCS_FILES, *PELICAN_FILES):
        if (folder / name).is_file():
            found = _load_generator(folder / name, required=False, note=note)
            if found.generator is not None:
                return found
            absent = absent or found
    return absent


def _load_generator(config: Path, *, required: bool, note: Callable[[str], None]) -> Project:
    if config.suffix in (".yml", ".yaml"):
        packages = ("properdocs", "mkdocs") if config.name.startswith("properdocs") else ("mkdocs", "properdocs")
        package = next((name for name in packages if find_spec(name)), None)
        if package is not None:
            return _mkdocs(config, package)
        extra = packages[0]
    elif config.suffix == ".py":
        if _has_pelican():
            return _pelican(config)
        extra = "pelican"
    else:
        raise SettingsError((f"{config}: expected imageseo.toml, pyproject.toml, mkdocs.yml or pelicanconf.py",))
    missing = f"{config} found, but {extra} is not installed"
    if required:
        raise MissingExtraError(missing, hint=extras.install_command(extra))
    note(f"{missing}: its options and front matter are not read")
    project = runner.read_project(config.parent, options=None, origin="")
    return Project(settings=project.settings, folder=project.folder, absent=missing)


def _has_pelican() -> bool:
    # Installed plug-ins, imageseo among them, create a namespace package `pelican` without Pelican itself.
    spec = find_spec("pelican")
    return spec is not None and spec.origin is not None


def _mkdocs(config_file: Path, package: str) -> Project:
    from imageseo.integrations import mkdocs_pages

    config = mkdocs_pages.load(config_file, package)
    from imageseo.integrations.mkdocs import ImageseoPlugin  # its base class is that of the package just imported

    plugins = [plugin for plugin in config.plugins.values() if isinstance(plugin, ImageseoPlugin)]
    options = plugins[0].events.options if plugins else None
    folder = config_file.resolve().parent
    project = runner.read_project(folder, options=options, origin=f"{config_file.name}: plugins: imageseo")
    generator = DetectedGenerator(
        name="mkdocs",
        config=config_file,
        output=Path(config.site_dir),
        site_url=config.site_url,
        source=Path(config.docs_dir),
        read=lambda: mkdocs_pages.hints_without_build(config, project.folder, project.settings.hero.keys),
        inactive="" if plugins or config.hooks else "imageseo is not in `plugins`",
    )
    return Project(settings=project.settings, folder=project.folder, generator=generator)


def _pelican(config_file: Path) -> Project:
    from imageseo.integrations import pelican_pages

    settings = pelican_pages.load(config_file)
    folder = config_file.resolve().parent
    options = pelican_pages.options_of(settings)
    project = runner.read_project(folder, options=options, origin=f"{config_file.name}: IMAGESEO")
    keys = project.settings.hero.keys
    generator = DetectedGenerator(
        name="pelican",
        config=config_file,
        output=Path(settings["OUTPUT_PATH"]),
        site_url=settings.get("SITEURL"),
        source=Path(settings["PATH"]),
        read=lambda: pelican_pages.hints_without_build(settings, project=project.folder, keys=keys),
        inactive=pelican_pages.inactive_reason(settings),
    )
    return Project(settings=project.settings, folder=project.folder, generator=generator)


def _with_hints(page: Page, hints: Hints) -> Page:
    found = hints.get(page.path)
    return page if found is None else replace(page, hints=found)
