"""Reads page hints from MkDocs (source, title, front matter), during a build or without one."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseo.integrations.front_matter_file import headline
from imageseo.integrations.pages import (
    HeroesFile,
    base_url,
    declares_heroes,
    draft_in,
    folders_of,
    format_exception,
    source_dir,
    source_of,
    with_heroes,
)
from imageseo.integrations.source_faults import front_matter_fault, unreadable_fault
from imageseo.model import regular_file
from imageseo.model.errors import ImageseoError, SettingsError, SiteError
from imageseo.model.hero_image import hero_crop
from imageseo.model.site import Page as SitePage
from imageseo.model.site import PageHints, Site

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import File, Files
    from mkdocs.structure.pages import Page

    from imageseo.config import LoadedSettings

READING: ContextVar[bool] = ContextVar("imageseo_reading", default=False)
"""True while an imageseo command loads the configuration; the command then reports invalid options itself."""


def folder_of(config: MkDocsConfig) -> Path:
    """Return the folder of the configuration file; the current folder if it was read from a pipe."""
    path = config.config_file_path
    return Path(path).resolve().parent if path else Path.cwd()


def attributes_in_markdown(extensions: Iterable[str]) -> str:
    """Return how the Markdown of a site gives images attributes. ``extensions``: names of Python-Markdown's."""
    names = {name.rpartition(".")[2] for name in extensions}
    return "attr_list" if names & {"attr_list", "extra"} else "html"


def site_language(config: MkDocsConfig) -> str:
    """Return the language tag of the theme: `language` of Material and others, else `locale` of MkDocs' own."""
    settings = (config.theme.get(key) for key in ("language", "locale"))
    return next((str(value) for value in settings if value), "")


def built_folders(files: Files) -> dict[str, str]:
    """Return source folder -> folder of the built site, as far as files that are not pages show it."""
    return folders_of((file.src_uri, file.dest_uri) for file in files if not file.is_documentation_page())


def hints_of(page: Page, *, project: Path, folders: Mapping[str, str], keys: Sequence[str]) -> PageHints:
    """Return the hints of a page whose source has been read. Front matter is copied: later plug-ins may change it.

    ``keys``: front matter keys that declare heroes.
    """
    title = page.title
    source = _source(page.file, project)
    # `draft_docs` are built by `serve` alone, posts with `draft: true` only where the blog plug-in is told to.
    is_draft = getattr(getattr(page.file, "inclusion", None), "name", "") == "DRAFT"
    return PageHints(
        source=source,
        source_dir=source_dir(page.file.src_uri, folders),
        title=None if title is None else str(title),
        headline=headline(page.meta, page.markdown or "", keys),
        meta=copy.deepcopy(dict(page.meta)),
        unlisted="a draft" if is_draft else draft_in(page.meta),
        # MkDocs ignores front matter that is not valid YAML, and would show it as text.
        fault=None if page.meta else front_matter_fault(page.markdown or "", source, keys),
    )


def read_pages(files: Iterable[File], config: MkDocsConfig) -> Iterator[tuple[Page, Exception | None]]:
    """Yield the pages of documentation files; unread sources are read here through MkDocs' own loader.

    With each page comes why its source cannot be read: invalid bytes, no permission, an error in another plug-in.
    """
    for file in files:
        if file.page is None:
            _import_from_generator(config, "structure.pages").Page(None, file, config)
        page = file.page
        assert page is not None
        failure = None
        if page.markdown is None:
            try:
                if file.abs_src_path is not None:
                    regular_file.check(file.abs_src_path, os.stat(file.abs_src_path))  # noqa: PTH116 - a pipe never ends
                page.read_source(config)
            except Exception as error:
                failure = error
        yield page, failure


def hints_of_source(
    page: Page, failure: Exception | None, *, project: Path, folders: Mapping[str, str], keys: Sequence[str]
) -> PageHints:
    """Return the hints of a page, whether its source can be read or not. ``failure``: why it cannot."""
    if failure is None:
        return hints_of(page, project=project, folders=folders, keys=keys)
    source = _source(page.file, project)
    path = Path(page.file.abs_src_path or page.file.src_uri)
    fault = unreadable_fault(path, source, keys, failure, "MkDocs")
    return PageHints(source=source, source_dir=source_dir(page.file.src_uri, folders), fault=fault)


def read_files(config: MkDocsConfig) -> Files:
    """Return the files of ``docs_dir``, with page titles from the navigation, without a build."""
    structure = _import_from_generator(config, "structure.files")
    files: Files = structure.get_files(config)
    structure.set_exclusions(files, config)
    _import_from_generator(config, "structure.nav").get_navigation(files, config)
    return files


def hints_without_build(config: MkDocsConfig, project: Path, keys: Sequence[str]) -> Mapping[str, PageHints]:
    """Return file of the built site -> hints, for every page that a build would create from ``docs_dir``.

    ``keys``: front matter keys that declare heroes. Raises SiteError if MkDocs cannot list its files.
    """
    try:
        files = read_files(config)
    except Exception as error:
        raise SiteError(f"{config.docs_dir}: MkDocs cannot list its files: {format_exception(error)}") from error
    folders = built_folders(files)
    hints = {}
    for page, failure in read_pages(files.documentation_pages(), config):
        if page.file.inclusion.is_included():  # type: ignore[no-untyped-call]
            found = hints_of_source(page, failure, project=project, folders=folders, keys=keys)
            hints[page.file.dest_uri] = found
    return hints


def _source(file: File, project: Path) -> Path:
    path = file.abs_src_path
    made_by_a_plugin = path is None or file.generated_by is not None
    return Path(file.src_uri) if path is None or made_by_a_plugin else source_of(path, project)


def _import_from_generator(config: MkDocsConfig, module: str) -> Any:
    # From the package that loaded the configuration: both MkDocs and ProperDocs may be installed.
    return import_module(f"{type(config).__module__.partition('.')[0]}.{module}")


def load(config_file: Path, package: str) -> MkDocsConfig:
    """Return the configuration, read by the generator's own loader; the options of imageseo are not checked.

    ``package``: ``mkdocs`` or ``properdocs``. Raises SettingsError; the loader has logged the reasons.
    """
    if package == "properdocs":
        import_module("properdocs.replacement")  # as its own command does: plug-ins may import mkdocs
    base, exceptions = import_module(f"{package}.config.base"), import_module(f"{package}.exceptions")
    token = READING.set(True)
    try:
        config: MkDocsConfig = base.load_config(str(config_file))
    except exceptions.MkDocsException as error:  # its subclass Abort is also a SystemExit
        raise SettingsError((f"{config_file}: {error.format_message()}",), hint="see the log messages above") from error
    except RecursionError as error:
        raise SettingsError(
            (f"{config_file}: its files inherit from one another (INHERIT), or nest too deeply",)
        ) from error
    finally:
        READING.reset(token)
    return config


def add_hero_images(
    files: Files, env: Any, read: Mapping[Path, PageHints], config: MkDocsConfig, project: LoadedSettings
) -> None:
    """Add the hero to ``page.meta`` of each page that declares one, unless its author uses that key.

    ``read``: file of the built site -> hints. Faults are left to the build.
    """
    settings = project.settings
    env.filters.setdefault("hero_crop", hero_crop)
    if not declares_heroes(read.values(), project.folder, settings.hero.keys):
        return
    from imageseo.pipeline.declared_heroes import find_heroes, in_order  # a site without heroes needs none of it

    documents = {file.dest_uri: file for file in files.documentation_pages() if Path(file.abs_dest_path) in read}
    pages = [SitePage(path=path, hints=read[Path(file.abs_dest_path)]) for path, file in documents.items()]
    others = [file for file in files if not file.is_documentation_page()]
    try:
        heroes = HeroesFile.read(project.folder)
    except ImageseoError:
        return  # the build reports it
    site = Site(
        root=Path(config.site_dir),
        project=project.folder,
        base_url=base_url(config.site_url, settings.site_url),
        pages=with_heroes(in_order(pages), heroes, settings.hero.keys),
        generator="mkdocs",
    )

    def mentions(page: SitePage, text: str) -> bool:
        return text in (getattr(documents[page.path].page, "content", None) or "")

    sources = {file.dest_uri: Path(file.abs_src_path) if file.abs_src_path else None for file in others}
    for page, image in find_heroes(site, settings, sources, mentions):
        shown = documents[page.path].page
        if shown is not None:
            shown.meta.setdefault("hero_image", image)
