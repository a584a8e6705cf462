"""The project at hand, for the command line: which host it is, its settings, its pages read without a build."""

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


def _unheard(_: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectedHost:
    """A site generator whose configuration lies in the project.

    ``output``: the folder that it builds into. ``read``: file of the built site -> hints, without a build.
    """

    name: str
    config: Path
    output: Path
    site_url: str | None
    source: Path
    read: Callable[[], Hints]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Settings, the folder that they start from, and the host when there is one.

    ``absent``: why the host whose file lies here is done without. ``note``: takes a line for the user.
    """

    settings: Settings
    folder: Path
    host: DetectedHost | None = None
    absent: str = ""
    note: Callable[[str], None] = _unheard

    @property
    def base_url(self) -> str | None:
        """The site's URL as the settings or the host say it."""
        return base_url(self.settings.site_url, self.host.site_url if self.host else None)

    def frozen(self) -> Project:
        """The same with every hero pinned, or none."""
        return replace(self, settings=structs.replace(self.settings, frozen=True))

    def site(self, root: Path) -> Site:
        """The built site in ``root``, with what its host knows of its pages. Raises SiteError, RecipeError."""
        return self._site(root)[0]

    def pages(self, root: Path | None = None) -> tuple[tuple[Page, ...], bool]:
        """The pages that may ask for a hero: the host's, else those of the built site in ``root``.

        And whether these are all: every page that the host knows is among them, with its front matter.
        """
        if root is not None:
            site, whole = self._site(root)
            return site.pages, whole
        if self.host is None:
            raise SiteError(
                f"{self.folder}: {self.absent or 'neither a mkdocs.yml nor a pelicanconf.py'}, "
                "so its pages are not known",
                hint="name the built site: imageseo generate --site DIR",
            )
        pages = [Page(path=path, hints=hints) for path, hints in sorted(self.host.read().items())]
        return with_heroes(pages, HeroesFile.read(self.folder), self.settings.hero.keys), True

    def _site(self, root: Path) -> tuple[Site, bool]:
        plain = directory.site(root, project=self.folder, settings=self.settings)
        host = self.host
        if host is None:
            if self.absent:
                self._without(self.absent)
            return plain, False
        hints = host.read()
        found = sum((root / path).is_file() for path in hints)
        # Every site has an index.html: few pages in common do not make a folder this project's.
        if hints and (found == 0 or (root.resolve() != host.output.resolve() and 2 * found < len(hints))):
            known = "none" if found == 0 else f"{found} of {len(hints)}"
            self._without(f"of the pages that {host.config.name} makes, {root} holds {known}")
            return plain, False
        keys = self.settings.hero.keys
        pages = [_with_hints(page, hints) for page in directory.pages(root, keys=keys)]
        site = replace(
            plain,
            base_url=self.base_url or plain.base_url,
            pages=with_heroes(pages, HeroesFile.read(self.folder), keys),
            generator=host.name,
            sources=(host.source,),
        )
        return site, found == len(hints)

    def _without(self, why: str) -> None:
        """Go on without front matter, and say so; a frozen build would lose heroes without a word in its lock."""
        if self.settings.frozen:
            raise SiteError(
                f"front matter cannot be used: {why}",
                hint="under `frozen` no hero may be passed over: install the generator, or name its own built site",
            )
        self.note(f"front matter is not used: {why}")


def detect_project(
    folder: Path, *, config: Path | None, note: Callable[[str], None], settings: Settings | None = None
) -> Project:
    """The project in ``folder``. ``config``: a TOML file, or a host's own file; found in the folder when None.

    ``note``: takes a line when a host's file is there and the host is not installed. ``settings``: used instead of
    those that are configured. Raises SettingsError.
    """
    if settings is not None:
        beside = _host_beside(folder, note)
        host, absent = (beside.host, beside.absent) if beside else (None, "")
        return Project(settings=settings, folder=folder, host=host, absent=absent, note=note)
    if config is not None and not config.is_file():
        raise SettingsError((f"{config}: no such file",))
    if config is not None and config.suffix == ".toml":
        beside = _host_beside(folder, note)
        host, absent = (beside.host, beside.absent) if beside else (None, "")
        project = runner.read_settings(folder, explicit=config)
        return Project(settings=project.settings, folder=project.folder, host=host, absent=absent, note=note)
    if config is not None:
        return replace(_of_host(config, must=True, note=note), note=note)
    found = _host_in(folder, note)
    if found is not None and found.host is not None:
        return replace(found, note=note)
    project = runner.read_settings(folder)
    absent = found.absent if found else ""
    return Project(settings=project.settings, folder=project.folder, absent=absent, note=note)


def _host_beside(folder: Path, note: Callable[[str], None]) -> Project | None:
    """The host in a folder whose settings stand elsewhere: one that cannot be loaded is done without."""
    try:
        return _host_in(folder, note)
    except SettingsError as error:
        why = "; ".join(error.faults)
        note(f"front matter is not read: {why}")
        return Project(settings=Settings(), folder=folder, absent=why)


def _host_in(folder: Path, note: Callable[[str], None]) -> Project | None:
    """The first host that can be loaded, else one that is absent, else None."""
    absent = None
    for name in (*MKDOCS_FILES, *PELICAN_FILES):
        if (folder / name).is_file():
            found = _of_host(folder / name, must=False, note=note)
            if found.host is not None:
                return found
            absent = absent or found
    return absent


def _of_host(config: Path, *, must: bool, note: Callable[[str], None]) -> Project:
    if config.suffix in (".yml", ".yaml"):
        wanted = ("properdocs", "mkdocs") if config.name.startswith("properdocs") else ("mkdocs", "properdocs")
        package = next((name for name in wanted if find_spec(name)), None)
        if package is not None:
            return _mkdocs(config, package)
        extra = wanted[0]
    elif config.suffix == ".py":
        if _has_pelican():
            return _pelican(config)
        extra = "pelican"
    else:
        raise SettingsError((f"{config}: expected imageseo.toml, pyproject.toml, mkdocs.yml or pelicanconf.py",))
    missing = f"{config} is here and {extra} is not installed"
    if must:
        raise MissingExtraError(missing, hint=extras.install_command(extra))
    note(f"{missing}: its options and front matter are not read")
    project = runner.read_project(config.parent, options=None, origin="")
    return Project(settings=project.settings, folder=project.folder, absent=missing)


def _has_pelican() -> bool:
    # Plugins alone make an empty namespace `pelican`, ours among them.
    spec = find_spec("pelican")
    return spec is not None and spec.origin is not None


def _mkdocs(config_file: Path, package: str) -> Project:
    from imageseo.integrations import mkdocs_pages

    config = mkdocs_pages.load(config_file, package)
    from imageseo.integrations.mkdocs import ImageseoPlugin  # now that it is known for which of the two it has to be

    plugins = [plugin for plugin in config.plugins.values() if isinstance(plugin, ImageseoPlugin)]
    options = plugins[0].events.options if plugins else None
    folder = config_file.resolve().parent
    project = runner.read_project(folder, options=options, origin=f"{config_file.name}: plugins: imageseo")
    host = DetectedHost(
        name="mkdocs",
        config=config_file,
        output=Path(config.site_dir),
        site_url=config.site_url,
        source=Path(config.docs_dir),
        read=lambda: mkdocs_pages.hints_without_build(config, project.folder, project.settings.hero.keys),
    )
    return Project(settings=project.settings, folder=project.folder, host=host)


def _pelican(config_file: Path) -> Project:
    from imageseo.integrations import pelican_pages

    settings = pelican_pages.load(config_file)
    folder = config_file.resolve().parent
    options = pelican_pages.options_of(settings)
    project = runner.read_project(folder, options=options, origin=f"{config_file.name}: IMAGESEO")
    keys = project.settings.hero.keys
    host = DetectedHost(
        name="pelican",
        config=config_file,
        output=Path(settings["OUTPUT_PATH"]),
        site_url=settings.get("SITEURL"),
        source=Path(settings["PATH"]),
        read=lambda: pelican_pages.hints_without_build(settings, project=project.folder, keys=keys),
    )
    return Project(settings=project.settings, folder=project.folder, host=host)


def _with_hints(page: Page, hints: Hints) -> Page:
    found = hints.get(page.path)
    return page if found is None else replace(page, hints=found)
