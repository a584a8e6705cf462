"""What Pelican knows of its contents that their HTML does not say, during a build and without one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from imageseo.integrations.pages import folders_of, format_exception, source_dir, source_of
from imageseo.model.errors import ImageseoError, SettingsError, SiteError
from imageseo.model.site import PageHints

if TYPE_CHECKING:
    from pelican.contents import Content  # type: ignore[import-untyped]

CONFIGS = ("pelicanconf.py", "publishconf.py")
READING = "_IMAGESEO_READING"
"""A private key of Pelican's settings: contents are read for us, so that our own plugin has nothing to do."""

_LISTS = (
    *("articles", "translations", "hidden_articles", "hidden_translations", "drafts", "drafts_translations"),
    *("pages", "hidden_pages", "draft_pages", "draft_translations"),
)
_LINK = re.compile(r"[{|](?:static|attach|filename)[|}](.*)")


def contents_of(generator: object) -> Iterator[Content]:
    """Every content that a generator of articles or pages will write: translations, hidden ones and drafts too."""
    for name in _LISTS:
        contents = getattr(generator, name, ())
        if isinstance(contents, list):
            yield from contents


def folder_of(settings: Mapping[str, Any], config: str | None) -> Path:
    """The folder of the configuration file; where nobody says which that is, the nearest that holds one."""
    if config:
        return Path(config).resolve().parent
    content = Path(str(settings["PATH"])).resolve()
    for folder in (Path.cwd(), content.parent, content):
        if any((folder / name).is_file() for name in CONFIGS):
            return folder
    return Path.cwd()


class Collected:
    """Contents of one site with their metadata as they were when their generator was done with them."""

    def __init__(self) -> None:
        self._contents: dict[str, tuple[Content, dict[str, Any]]] = {}
        self._context: Mapping[str, Any] = {}

    def add(self, generator: Any) -> None:
        self._context = generator.context
        for content in contents_of(generator):
            self._contents[str(content.source_path)] = (content, dict(content.metadata))

    def hints(self, *, project: Path, keys: Sequence[str]) -> dict[str, PageHints]:
        """File of the built site -> hints. ``keys``: of the metadata that may link to an image file."""
        static: Mapping[str, Any] = self._context.get("static_content", {})
        folders = folders_of((source, str(copy.save_as)) for source, copy in sorted(static.items()))
        found = {}
        for content, metadata in self._contents.values():
            relative = str(content.relative_source_path or "")
            linked = {key: _resolve(metadata[key], relative, static) for key in keys if key in metadata}
            found[PurePosixPath(str(content.save_as).replace("\\", "/").lstrip("/")).as_posix()] = PageHints(
                source=source_of(str(content.source_path), project),
                source_dir=source_dir(relative, folders),
                title=_text(getattr(content, "title", None)),
                meta={**metadata, **linked},
            )
        return found


def options_of(settings: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The options of the configuration's IMAGESEO. Raises SettingsError when it is no dict."""
    options = settings.get("IMAGESEO")
    if options is not None and not isinstance(options, Mapping):
        raise SettingsError((f"pelicanconf.py: IMAGESEO: expected a dict, found {options!r}",))
    return options


def load(config_file: Path) -> dict[str, Any]:
    """The configuration through Pelican's own loader. Raises SettingsError."""
    from pelican.settings import read_settings  # type: ignore[import-untyped]

    try:
        settings: dict[str, Any] = read_settings(str(config_file.resolve()))
    except Exception as error:  # the file is a program, and may fail in any way
        raise SettingsError((f"{config_file}: {type(error).__name__}: {error}",)) from error
    return settings


def hints_without_build(settings: dict[str, Any], *, project: Path, keys: Sequence[str]) -> dict[str, PageHints]:
    """File of the built site -> hints, read by Pelican's own readers and plugins; nothing is written.

    Raises SiteError naming a source that cannot be read: Pelican goes on without it, and its hero would lose its pin.
    """
    try:
        return _read_all(settings, project, keys)
    except _Unreadable as fault:
        hint = "Pelican reads sources as UTF-8" if isinstance(fault.error, UnicodeError) else ""
        raise SiteError(f"{fault.path}: cannot be read: {format_exception(fault.error)}", hint=hint) from fault.error
    except ImageseoError:
        raise
    except Exception as error:  # plugins of the site run here
        raise SiteError(f"{settings['PATH']}: Pelican cannot read it: {format_exception(error)}") from error


def _read_all(settings: dict[str, Any], project: Path, keys: Sequence[str]) -> dict[str, PageHints]:
    from pelican import Pelican  # type: ignore[import-untyped]
    from pelican.generators import (  # type: ignore[import-untyped]
        ArticlesGenerator,
        PagesGenerator,
        StaticGenerator,
    )

    quiet = {**settings, READING: True}
    pelican = Pelican(quiet)
    context = {**quiet, "generated_content": {}, "static_links": set(), "static_content": {}, "localsiteurl": ""}
    collected = Collected()
    for kind in (ArticlesGenerator, PagesGenerator, StaticGenerator):  # static files last: contents link to them
        places = {"path": pelican.path, "theme": pelican.theme, "output_path": pelican.output_path}
        generator = kind(context=context, settings=quiet, **places)
        if kind is not StaticGenerator:
            _heed(generator.readers)
        generator.generate_context()
        if kind is not StaticGenerator:
            collected.add(generator)
    return collected.hints(project=project, keys=keys)


def _heed(readers: Any) -> None:
    """Let a fault of a reader through, which a generator would log and forget."""
    read_file = readers.read_file

    def heeding(*args: Any, **words: Any) -> Any:
        try:
            return read_file(*args, **words)
        except Exception as error:
            raise _Unreadable(str(words.get("path", "")), error) from error

    readers.read_file = heeding


class _Unreadable(BaseException):
    """Passes the `except Exception` of a generator."""

    def __init__(self, path: str, error: Exception) -> None:
        super().__init__(path)
        self.path, self.error = path, error


def _resolve(value: Any, source: str, static: Mapping[str, Any]) -> Any:
    """Pelican's ``{static}/images/a.jpg`` as a path from the site's root; it replaces such links in texts alone."""
    match = _LINK.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return value
    path = match[1]
    place = PurePosixPath(path.lstrip("/")) if path.startswith("/") else PurePosixPath(source).parent / path
    name = _normal(place)
    copy = static.get(name)
    return "/" + (str(copy.save_as).replace("\\", "/").lstrip("/") if copy is not None else name)


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts:
            parts.pop()
        elif part not in (".", ".."):
            parts.append(part)
    return "/".join(parts)


def _text(title: object) -> str | None:
    return None if title is None else str(title)
