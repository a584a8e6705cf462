"""What every host needs: the HTML files of a folder, base URLs, and the heroes that heroes.toml names by URL."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from imageseo.model.errors import RecipeError
from imageseo.model.site import Page

HEROES_FILE = "heroes.toml"
_SUFFIXES = (".html", ".htm")


def html_files(root: Path) -> Iterator[str]:
    """Paths of the HTML files below ``root``, with ``/``, in order; hidden files and folders are passed over."""
    top = os.fspath(root)
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        place = folder[len(top) :].replace(os.sep, "/").strip("/")  # a Path for each of thousands takes its time
        for name in sorted(files):
            if name.lower().endswith(_SUFFIXES) and not name.startswith("."):
                yield f"{place}/{name}" if place else name


def base_url(*candidates: str | None) -> str | None:
    """The first absolute http(s) URL, without query and fragment, ending with ``/``; None when there is none."""
    for candidate in candidates:
        parts = urlsplit((candidate or "").strip())
        if parts.scheme in ("http", "https") and parts.netloc:
            return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"
    return None


def source_of(path: str | Path, project: Path) -> Path:
    """A source file relative to the project folder, so that a lock file holds no path of one machine.

    With ``..`` where it lies beside the project in its repository; absolute where it lies outside of that.
    """
    resolved, (folder, top) = Path(path).resolve(), _resolved(project)
    if resolved.is_relative_to(folder):
        return resolved.relative_to(folder)
    return Path(os.path.relpath(resolved, folder)) if resolved.is_relative_to(top) else resolved


@lru_cache(maxsize=8)
def _resolved(folder: Path) -> tuple[Path, Path]:
    """A folder and its repository, once for all pages: every step of a path is asked for."""
    from imageseo.lint.source_lines import (
        repository_root,  # it reads pages, for which hosts that are off need not be fit
    )

    return folder.resolve(), repository_root(folder)


def format_exception(error: Exception) -> str:
    """A host's or a plugin's own exception in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}" if str(error).strip() else type(error).__name__


def folders_of(copies: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Source folder -> folder of the built site (``.`` is the top), learnt from files that are copied as they are.

    ``copies``: path below the source folder, path below the site's root. The two differ where a host or a plugin
    moves a tree (``docs/en/`` to the site's root).
    """
    found: dict[str, str] = {}
    inferred: dict[str, str] = {}
    for source_path, built_path in copies:
        source, built = PurePosixPath(source_path).parent, PurePosixPath(built_path).parent
        found.setdefault(source.as_posix(), built.as_posix())
        while source.name and source.name == built.name and source.parent.as_posix() not in inferred:
            source, built = source.parent, built.parent
            inferred[source.as_posix()] = built.as_posix()
    return {**inferred, **found}


def source_dir(source_path: str, folders: Mapping[str, str]) -> str:
    """Where relative paths in a source file's front matter point, as a folder of the built site."""
    folder = PurePosixPath(source_path).parent
    for place in (folder, *folder.parents):  # a folder without a copied file lies in its nearest one that has some
        if place.as_posix() in folders:
            folder = PurePosixPath(folders[place.as_posix()]) / folder.relative_to(place)
            break
    built = folder.as_posix()
    return "" if built == "." else f"{built}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeroesFile:
    """``heroes.toml``: a table or a path of an image for each URL pattern; the first that matches is taken.

    In a pattern ``*`` stands for anything within one folder, ``**`` for anything, ``?`` for one character;
    ``/`` is the home page.
    """

    entries: tuple[tuple[str, str | Mapping[str, Any]], ...] = ()

    @classmethod
    def read(cls, project: Path) -> HeroesFile:
        """The file of a project; an empty one when there is none. Faults raise RecipeError."""
        path = project / HEROES_FILE
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls()
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise RecipeError(f"{path}: cannot be read: {error}", hint="it is TOML: a table for each URL") from error
        for pattern, hero in table.items():
            if not isinstance(hero, str | dict):
                raise RecipeError(
                    f"{path}: key `{pattern}`: expected a table or the path of an image, found {hero!r}",
                    hint='["guide/*"] followed by keys such as `seed = 4711`, or "guide/" = "images/guide.jpg"',
                )
        return cls(entries=tuple(table.items()))

    def find(self, page: Page) -> str | Mapping[str, Any] | None:
        """What the file says of a page, asked by its URL and by its file."""
        names = {page.url.lstrip("/"), page.path}
        for pattern, hero in self.entries:
            expression = _expression(pattern.strip().lstrip("/"))
            if any(expression.fullmatch(name) for name in names):
                return hero
        return None

    def without_page(self, pages: Iterable[Page]) -> Iterator[str]:
        """The patterns that fit none of the pages."""
        names = {name for page in pages for name in (page.url.lstrip("/"), page.path)}
        for pattern, _ in self.entries:
            expression = _expression(pattern.strip().lstrip("/"))
            if not any(expression.fullmatch(name) for name in names):
                yield pattern


def with_heroes(pages: Sequence[Page], heroes: HeroesFile, keys: Sequence[str]) -> tuple[Page, ...]:
    """The pages, those whose front matter does not speak of ``keys[0]`` with the hero that the file has for them."""
    if not heroes.entries or not keys:
        return tuple(pages)
    return tuple(_with_hero(page, heroes, keys[0]) for page in pages)


def _with_hero(page: Page, heroes: HeroesFile, key: str) -> Page:
    meta = page.hints.meta
    names = [name.lower() for name in meta]
    own = key in names or any(name.startswith(f"{key}_") for name in names)  # flat metadata says hero_prompt
    hero = None if own else heroes.find(page)
    if hero is None:
        return page
    return replace(page, hints=replace(page.hints, meta={**meta, key: hero}, origin=HEROES_FILE))


def _expression(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*|\?)", pattern)
    words = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(words.get(part) or re.escape(part) for part in parts), re.DOTALL)
