"""What MkDocs knows of its pages that their HTML does not say, during a build and without one."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseo.integrations.pages import folders_of, format_exception, source_dir, source_of
from imageseo.model.errors import SettingsError, SiteError
from imageseo.model.site import PageHints

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import File, Files
    from mkdocs.structure.pages import Page

READING: ContextVar[bool] = ContextVar("imageseo_reading", default=False)
"""True while the configuration is loaded for a command of ours, which then says itself what is wrong with it."""

_FRONT_MATTER = re.compile(r"\A-{3}[ \t]*\n(.*?\n)(?:-{3}|\.{3})[ \t]*(?:\n|\Z)", re.DOTALL)


def folder_of(config: MkDocsConfig) -> Path:
    """The folder of the configuration file; the current one when that came through a pipe."""
    path = config.config_file_path
    return Path(path).resolve().parent if path else Path.cwd()


def built_folders(files: Files) -> dict[str, str]:
    """Source folder -> folder of the built site, where a file that is no page tells."""
    return folders_of((file.src_uri, file.dest_uri) for file in files if not file.is_documentation_page())


def hints_of(page: Page, *, project: Path, folders: Mapping[str, str]) -> PageHints:
    """The hints of a page whose source has been read. Front matter is copied, as later plugins may change theirs."""
    title = page.title
    return PageHints(
        source=_source(page.file, project),
        source_dir=source_dir(page.file.src_uri, folders),
        title=None if title is None else str(title),
        meta=copy.deepcopy(dict(page.meta)),
    )


def read_pages(files: Iterable[File], config: MkDocsConfig) -> Iterator[Page]:
    """The pages of documentation files, those that no build has read yet read here through MkDocs' own loader.

    Raises SiteError for a source that cannot be read.
    """
    for file in files:
        if file.page is None:
            _host(config, "structure.pages").Page(None, file, config)
        page = file.page
        assert page is not None
        if page.markdown is None:
            try:
                page.read_source(config)
            except Exception as error:  # wrong bytes, no right to read, a fault of another plugin
                hint = "MkDocs reads sources as UTF-8" if isinstance(error, UnicodeError) else ""
                raise SiteError(f"{file.src_uri}: cannot be read: {format_exception(error)}", hint=hint) from error
        yield page


def read_files(config: MkDocsConfig) -> Files:
    """The files of ``docs_dir`` with their pages titled by the navigation, without a build."""
    structure = _host(config, "structure.files")
    files: Files = structure.get_files(config)
    structure.set_exclusions(files, config)
    _host(config, "structure.nav").get_navigation(files, config)
    return files


def hints_without_build(config: MkDocsConfig, project: Path, keys: Sequence[str]) -> Mapping[str, PageHints]:
    """File of the built site -> hints, for every page that a build would make of ``docs_dir``.

    ``keys``: of the front matter that heroes stand under. Raises SiteError for sources that cannot be read.
    """
    try:
        files = read_files(config)
    except Exception as error:
        raise SiteError(f"{config.docs_dir}: MkDocs cannot list it: {format_exception(error)}") from error
    folders = built_folders(files)
    found = {}
    for page in read_pages(files.documentation_pages(), config):
        if page.file.inclusion.is_included():  # type: ignore[no-untyped-call]
            if not page.meta:
                _refuse_broken(page, keys)
            found[page.file.dest_uri] = hints_of(page, project=project, folders=folders)
    return found


def _refuse_broken(page: Page, keys: Sequence[str]) -> None:
    """MkDocs passes over front matter that is no YAML, and a hero in it would lose its pin without a word."""
    import yaml

    block = _FRONT_MATTER.match(page.markdown or "")
    if block is None or not any(re.search(rf"^{re.escape(key)}(_\w+)?\s*:", block[1], re.MULTILINE) for key in keys):
        return  # a page may begin with a rule
    try:
        yaml.safe_load(block[1])
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise SiteError(
            f"{page.file.src_uri}: its front matter is not YAML: {problem}", hint="quote texts that hold a colon"
        ) from error


def _source(file: File, project: Path) -> Path:
    path = file.abs_src_path
    made_by_a_plugin = path is None or file.generated_by is not None
    return Path(file.src_uri) if path is None or made_by_a_plugin else source_of(path, project)


def _host(config: MkDocsConfig, module: str) -> Any:
    # The package that loaded the configuration: MkDocs and ProperDocs may be installed side by side.
    return import_module(f"{type(config).__module__.partition('.')[0]}.{module}")


def load(config_file: Path, package: str) -> MkDocsConfig:
    """The configuration through the host's own loader. Our plugin's options in it are not checked.

    ``package``: ``mkdocs`` or ``properdocs``. Raises SettingsError; the host has said why on its log.
    """
    if package == "properdocs":
        import_module("properdocs.replacement")  # as its own command does: plugins may import mkdocs
    base, exceptions = import_module(f"{package}.config.base"), import_module(f"{package}.exceptions")
    token = READING.set(True)
    try:
        config: MkDocsConfig = base.load_config(str(config_file))
    except exceptions.MkDocsException as error:  # its Abort is a SystemExit too
        raise SettingsError((f"{config_file}: {error.format_message()}",), hint="its faults stand above") from error
    finally:
        READING.reset(token)
    return config
