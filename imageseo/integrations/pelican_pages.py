"""Reads page hints from Pelican (source, title, metadata), during a build or without one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol

from imageseo.integrations.pages import (
    HeroesFile,
    declares_heroes,
    folders_of,
    format_exception,
    source_dir,
    source_of,
    with_heroes,
)
from imageseo.integrations.source_faults import unreadable_fault
from imageseo.model import regular_file
from imageseo.model.errors import ImageseoError, SettingsError, SiteError
from imageseo.model.hero_image import relative_to
from imageseo.model.site import Page, PageHints, Site, SourceFault

if TYPE_CHECKING:
    from pelican.contents import Content  # type: ignore[import-untyped]

    from imageseo.config.settings import Settings

CONFIGS = ("pelicanconf.py", "publishconf.py")
READING = "_IMAGESEO_READING"
"""A private key of Pelican's settings: an imageseo command reads the contents, so the plug-in must do nothing."""

_LISTS = (
    *("articles", "translations", "hidden_articles", "hidden_translations", "drafts", "drafts_translations"),
    *("pages", "hidden_pages", "draft_pages", "draft_translations"),
)
_STATUSES = {"draft": "a draft", "hidden": "hidden"}
"""Status of a content that is written but that no list of the site names -> what the page is."""
_LINK = re.compile(r"[{|](?:static|attach|filename)[|}](.*)")


def contents_of(generator: object) -> Iterator[Content]:
    """Yield all contents that a generator of articles or pages will write: also translations, hidden ones, drafts."""
    for name in _LISTS:
        contents = getattr(generator, name, ())
        if isinstance(contents, list):
            yield from contents


def folder_of(settings: Mapping[str, Any], config: str | None) -> Path:
    """Return the folder of the configuration file; if it is unknown, the nearest folder that contains one."""
    if config:
        return Path(config).resolve().parent
    content = Path(str(settings["PATH"])).resolve()
    for folder in (Path.cwd(), content.parent, content):
        if any((folder / name).is_file() for name in CONFIGS):
            return folder
    return Path.cwd()


def config_of(folder: Path, settings: str | None) -> Path | None:
    """Return the configuration file for imageseo commands: `pelicanconf.py` if present, else the one in use."""
    default_config = folder / CONFIGS[0]
    return default_config if default_config.is_file() else Path(settings) if settings else None


class Collected:
    """Contents of one site, with their metadata at the time when their generator had finished."""

    def __init__(self) -> None:
        self._contents: dict[str, tuple[Content, dict[str, Any]]] = {}
        self._failures: dict[str, Exception] = {}  # source -> why its reader failed
        self._context: Mapping[str, Any] = {}

    def add(self, generator: Any) -> None:
        self._context = generator.context
        for content in contents_of(generator):
            self._contents[str(content.source_path)] = (content, dict(content.metadata))

    def record_failures(self, readers: Any) -> None:
        """Record which sources cannot be read, and why: a generator only logs it, and leaves their pages out."""
        read_file = readers.read_file

        def read_or_record(*args: Any, **kwargs: Any) -> Any:
            path = Path(str(kwargs.get("base_path") or ""), str(kwargs.get("path", "")))
            try:
                if path.exists():
                    regular_file.check(path, path.stat())  # reading a named pipe would never end
                return read_file(*args, **kwargs)
            except Exception as error:
                self._failures[str(path)] = error
                raise

        readers.read_file = read_or_record

    def contents(self) -> Iterator[tuple[str, Content]]:
        """Yield file of the built site, content."""
        return ((_site_path(content.save_as), content) for content, _ in self._contents.values())

    def static_files(self) -> Iterator[tuple[str, Path]]:
        """Yield file of the built site, source file."""
        static: Mapping[str, Any] = self._context.get("static_content", {})
        return ((_site_path(copy.save_as), Path(copy.source_path)) for copy in static.values())

    def faults(self, *, project: Path, keys: Sequence[str]) -> Iterator[SourceFault]:
        """Yield the sources that cannot be read, and declare a hero or cannot be opened at all."""
        for path, error in sorted(self._failures.items()):
            fault = unreadable_fault(Path(path), source_of(path, project), keys, error, "Pelican")
            if fault is not None:
                yield fault

    def hints(self, *, project: Path, keys: Sequence[str]) -> dict[str, PageHints]:
        """Return file of the built site -> hints. ``keys``: metadata keys that may link to an image file."""
        static: Mapping[str, Any] = self._context.get("static_content", {})
        folders = folders_of((source, str(copy.save_as)) for source, copy in sorted(static.items()))
        hints = {}
        for content, metadata in self._contents.values():
            relative = str(content.relative_source_path or "")
            resolved_links = {key: _resolve(metadata[key], relative, static) for key in keys if key in metadata}
            hints[_site_path(content.save_as)] = PageHints(
                source=source_of(str(content.source_path), project),
                source_dir=source_dir(relative, folders),
                title=_text(getattr(content, "title", None)),
                meta={**metadata, **resolved_links},
                unlisted=_STATUSES.get(str(getattr(content, "status", "")).strip().lower(), ""),
            )
        return hints


def inactive_reason(settings: Mapping[str, Any]) -> str:
    """Return why Pelican does not run imageseo, "" if it does: a list of plug-ins replaces the automatic ones."""
    plugins = settings.get("PLUGINS")
    if plugins is None:
        return ""
    names = [plugin if isinstance(plugin, str) else getattr(plugin, "__name__", "") for plugin in plugins]
    if any(name.rpartition(".")[2] in ("imageseo", "pelican_hook") for name in names):
        return ""
    return "PLUGINS is a list without imageseo, and Pelican loads no other plug-in"


def attributes_in_markdown(settings: Mapping[str, Any]) -> str:
    """Return how the Markdown of a site gives images attributes: Pelican's own settings have `extra`."""
    table = settings.get("MARKDOWN")
    if not isinstance(table, Mapping):
        return "attr_list"
    names = {
        str(name).rpartition(".")[2] for key in ("extensions", "extension_configs") for name in table.get(key) or ()
    }
    return "attr_list" if names & {"attr_list", "extra"} else "html"


def options_of(settings: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the setting IMAGESEO of the configuration. Raises SettingsError if it is not a dict."""
    options = settings.get("IMAGESEO")
    if options is not None and not isinstance(options, Mapping):
        raise SettingsError((f"pelicanconf.py: IMAGESEO: expected a dict, found {options!r}",))
    return options


def load(config_file: Path) -> dict[str, Any]:
    """Return the configuration, read by Pelican's own loader. Raises SettingsError."""
    from pelican.settings import read_settings  # type: ignore[import-untyped]

    try:
        settings: dict[str, Any] = read_settings(str(config_file.resolve()))
    except Exception as error:  # the file is Python code and may raise anything
        raise SettingsError((f"{config_file}: {type(error).__name__}: {error}",)) from error
    return settings


def hints_without_build(settings: dict[str, Any], *, project: Path, keys: Sequence[str]) -> dict[str, PageHints]:
    """Return file of the built site -> hints, read by Pelican's own readers and plug-ins; nothing is written.

    A source that cannot be read has no file, so that its own name stands for it: Pelican would skip it, and the pin of
    its hero would be dropped. Raises SiteError if nothing can be read.
    """
    try:
        return _read_all(settings, project, keys)
    except ImageseoError:
        raise
    except Exception as error:  # plug-ins of the site run here
        raise SiteError(f"{settings['PATH']}: Pelican cannot read its files: {format_exception(error)}") from error


def _read_all(settings: dict[str, Any], project: Path, keys: Sequence[str]) -> dict[str, PageHints]:
    from pelican import Pelican  # type: ignore[import-untyped]
    from pelican.generators import (  # type: ignore[import-untyped]
        ArticlesGenerator,
        PagesGenerator,
        StaticGenerator,
    )

    reading_settings = {**settings, READING: True}
    pelican = Pelican(reading_settings)
    context = {
        **reading_settings,
        "generated_content": {},
        "static_links": set(),
        "static_content": {},
        "localsiteurl": "",
    }
    collected = Collected()
    for kind in (ArticlesGenerator, PagesGenerator, StaticGenerator):  # static files last: contents link to them
        folders = {"path": pelican.path, "theme": pelican.theme, "output_path": pelican.output_path}
        generator = kind(context=context, settings=reading_settings, **folders)
        if kind is not StaticGenerator:
            collected.record_failures(generator.readers)
        generator.generate_context()
        if kind is not StaticGenerator:
            collected.add(generator)
    faulty = {
        fault.source.as_posix(): PageHints(source=fault.source, fault=fault)
        for fault in collected.faults(project=project, keys=keys)
    }
    return {**faulty, **collected.hints(project=project, keys=keys)}


def _resolve(value: Any, source: str, static: Mapping[str, Any]) -> Any:
    """Return Pelican's ``{static}/images/a.jpg`` as a path from the site's root; Pelican resolves it only in texts."""
    match = _LINK.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return value
    path = match[1]
    joined = PurePosixPath(path.lstrip("/")) if path.startswith("/") else PurePosixPath(source).parent / path
    name = _normalize(joined)
    copy = static.get(name)
    return "/" + (str(copy.save_as).replace("\\", "/").lstrip("/") if copy is not None else name)


def _site_path(save_as: object) -> str:
    return PurePosixPath(str(save_as).replace("\\", "/").lstrip("/")).as_posix()


def _normalize(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts:
            parts.pop()
        elif part not in (".", ".."):
            parts.append(part)
    return "/".join(parts)


def _text(title: object) -> str | None:
    return None if title is None else str(title)


class PelicanSite(Protocol):
    """A Pelican site. ``settings``: None if imageseo is not active there."""

    project: Path
    base_url: str | None
    settings: Settings | None
    collected: Collected


def share_heroes(generators: Iterable[Any], runs: Mapping[Path, PelicanSite]) -> None:
    """Give the contents of generators their heroes, before any template is rendered. ``runs``: by output folder."""
    for folder in {Path(generator.output_path).resolve() for generator in generators}.intersection(runs):
        root = min((each for each in runs if folder.is_relative_to(each)), key=lambda each: len(each.parts))
        run, settings = runs[folder], runs[root].settings
        if run.settings is not None and settings is not None:
            with suppress(ImageseoError):  # the build reports it
                _add_hero_images(run, folder=folder.relative_to(root).as_posix(), root=root, settings=settings)


def _add_hero_images(run: PelicanSite, *, folder: str, root: Path, settings: Settings) -> None:
    """Add the hero to each content that declares one, unless it has that attribute.

    ``folder``: of the contents within the site at ``root``; their addresses are relative to it.
    """
    hints = run.collected.hints(project=run.project, keys=settings.hero.keys)
    if not declares_heroes(hints.values(), run.project, settings.hero.keys):
        return
    from imageseo.pipeline.declared_heroes import find_heroes, in_order  # a site without heroes needs none of it

    def inside(path: str) -> str:
        return (PurePosixPath(folder) / path).as_posix()

    contents = {inside(path): content for path, content in run.collected.contents()}
    pages = in_order([Page(path=inside(path), hints=each) for path, each in hints.items()])
    site = Site(
        root=root,
        project=run.project,
        base_url=run.base_url,
        pages=with_heroes(pages, HeroesFile.read(run.project), settings.hero.keys),
        generator="pelican",
    )
    sources = {inside(path): file for path, file in run.collected.static_files()}

    def mentions(page: Page, text: str) -> bool:
        return text in str(getattr(contents[page.path], "_content", ""))

    for page, image in find_heroes(site, settings, sources, mentions):
        if not hasattr(contents[page.path], "hero_image"):
            contents[page.path].hero_image = image if folder == "." else relative_to(image, folder)
