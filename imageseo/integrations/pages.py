"""Shared by all integrations: HTML files of a folder, base URLs, and the heroes that heroes.toml declares by URL."""

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

from imageseo.model import git_lfs, regular_file
from imageseo.model.errors import RecipeError
from imageseo.model.site import Page, PageHints

HEROES_FILE = "heroes.toml"
PAGE_SUFFIXES = (".html", ".htm")
_MAX_BYTES = 16 * 2**20  # of heroes.toml


def html_files(root: Path) -> Iterator[str]:
    """Yield the paths of the HTML files below ``root``, with ``/``, sorted; hidden files and folders are skipped."""
    top = os.fspath(root)
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        relative = folder[len(top) :].replace(os.sep, "/").strip("/")  # faster than Path for thousands of folders
        for name in sorted(files):
            if name.lower().endswith(PAGE_SUFFIXES) and not name.startswith("."):
                yield f"{relative}/{name}" if relative else name


def base_url(*candidates: str | None) -> str | None:
    """Return the first absolute http(s) URL, without query and fragment, with a final ``/``; None if there is none."""
    for candidate in candidates:
        try:
            parts = urlsplit((candidate or "").strip())
        except ValueError:  # a broken IPv6 address
            continue
        if parts.scheme in ("http", "https") and parts.netloc:
            return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"
    return None


def source_of(path: str | Path, project: Path) -> Path:
    """Return a source file relative to the project folder, so that the lock file is the same on every machine.

    The path contains ``..`` if the file is elsewhere in the repository, and is absolute outside the repository.
    """
    resolved, (folder, top) = Path(path).resolve(), _resolve_folders(project)
    if resolved.is_relative_to(folder):
        return resolved.relative_to(folder)
    return Path(os.path.relpath(resolved, folder)) if resolved.is_relative_to(top) else resolved


@lru_cache(maxsize=8)
def _resolve_folders(folder: Path) -> tuple[Path, Path]:
    """Return a folder and its repository, both resolved; cached, because resolving a path is slow."""
    from imageseo.lint.source_lines import repository_root  # imports the HTML parser, unneeded if imageseo is disabled

    return folder.resolve(), repository_root(folder)


def draft_in(meta: Mapping[str, Any]) -> str:
    """Return why front matter keeps a page back: ``a draft`` for ``draft: true``; ``""`` if it does not."""
    value = meta.get("draft")
    return "a draft" if value is True or str(value).strip().lower() in ("true", "yes", "on") else ""


def format_exception(error: Exception) -> str:
    """Return an exception of a generator or a plug-in as one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}" if str(error).strip() else type(error).__name__


def folders_of(copies: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return source folder -> folder of the built site (``.`` is the root), inferred from files copied unchanged.

    ``copies``: pairs of the path below the source folder and the path below the site's root. They differ if the
    generator or a plug-in moves a tree (``docs/en/`` to the site's root).
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
    """Return the folder of the built site that relative paths in a source file's front matter start from."""
    folder = PurePosixPath(source_path).parent
    for parent in (folder, *folder.parents):  # a folder without copied files is placed in its nearest known parent
        if parent.as_posix() in folders:
            folder = PurePosixPath(folders[parent.as_posix()]) / folder.relative_to(parent)
            break
    built = folder.as_posix()
    return "" if built == "." else f"{built}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeroesFile:
    """``heroes.toml``: a recipe table or an image path for each URL pattern; the first match counts.

    In a pattern ``*`` matches within one folder, ``**`` matches anything, ``?`` one character; ``/`` is the home page.
    """

    entries: tuple[tuple[str, str | Mapping[str, Any]], ...] = ()

    @classmethod
    def read(cls, project: Path) -> HeroesFile:
        """Read the file of a project; empty if there is none. Raises RecipeError if it is invalid."""
        path = project / HEROES_FILE
        if git_lfs.is_pointer_file(path):
            raise RecipeError(git_lfs.describe(path), hint=git_lfs.PULL)
        try:
            table = tomllib.loads(regular_file.read_text(path, limit=_MAX_BYTES))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, RecursionError) as error:
            raise RecipeError(
                f"{path}: cannot be read: {error}", hint="expected TOML with a table for each URL"
            ) from error
        for pattern, hero in table.items():
            if not isinstance(hero, str | dict):
                raise RecipeError(
                    f"{path}: key `{pattern}`: expected a table or the path of an image, found {hero!r}",
                    hint='["guide/*"] followed by keys such as `seed = 4711`, or "guide/" = "images/guide.jpg"',
                )
        return cls(entries=tuple(table.items()))

    def find(self, page: Page) -> str | Mapping[str, Any] | None:
        """Return the hero declared for a page, matched by its URL or its file; None if there is none."""
        names = {page.url.lstrip("/"), page.path}
        for pattern, hero in self.entries:
            expression = _pattern_regex(pattern.strip().lstrip("/"))
            if any(expression.fullmatch(name) for name in names):
                return hero
        return None

    def unmatched_patterns(self, pages: Iterable[Page]) -> Iterator[str]:
        """Yield the patterns that match none of the pages."""
        names = {name for page in pages for name in (page.url.lstrip("/"), page.path)}
        for pattern, _ in self.entries:
            expression = _pattern_regex(pattern.strip().lstrip("/"))
            if not any(expression.fullmatch(name) for name in names):
                yield pattern


def with_heroes(pages: Sequence[Page], heroes: HeroesFile, keys: Sequence[str]) -> tuple[Page, ...]:
    """Return the pages with the heroes of the file; front matter that sets ``keys[0]`` takes precedence."""
    if not heroes.entries or not keys:
        return tuple(pages)
    return tuple(_with_hero(page, heroes, keys[0]) for page in pages)


def _with_hero(page: Page, heroes: HeroesFile, key: str) -> Page:
    meta = page.hints.meta
    names = [str(name).lower() for name in meta]  # YAML has keys of other types
    in_meta = key in names or any(name.startswith(f"{key}_") for name in names)  # flat metadata uses hero_prompt
    hero = None if in_meta else heroes.find(page)
    if hero is None:
        return page
    return replace(page, hints=replace(page.hints, meta={**meta, key: hero}, origin=HEROES_FILE))


def _pattern_regex(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*|\?)", pattern)
    wildcards = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(wildcards.get(part) or re.escape(part) for part in parts), re.DOTALL)


def declares_heroes(hints: Iterable[PageHints], project: Path, keys: Sequence[str]) -> bool:
    """Whether any page may declare a hero; ``keys``: of front matter."""
    prefixes = tuple(key.lower() for key in keys)
    return (project / HEROES_FILE).is_file() or any(
        str(name).lower().startswith(prefixes) for each in hints for name in each.meta
    )
