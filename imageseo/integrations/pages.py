"""Shared by all integrations: HTML files of a folder, base URLs, and the heroes that heroes.toml declares by URL."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from imageseo.model import git_lfs, regular_file
from imageseo.model.errors import ImageseoError, RecipeError
from imageseo.model.site import Page, PageHints
from imageseo.storage.site_folder import SiteFolder
from imageseo.web.sources import page_texts

HEROES_FILE = "heroes.toml"
PAGE_SUFFIXES = (".html", ".htm")
_MAX_BYTES = 16 * 2**20  # of heroes.toml
TEXT_WITHIN = 262_144
"""Bytes from the start of a built page; a headline or code below them does not open the article."""


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
    project: Path = field(default_factory=Path)

    @classmethod
    def read(cls, project: Path) -> HeroesFile:
        """Read the file of a project; empty if there is none. Raises RecipeError if it is invalid."""
        path = project / HEROES_FILE
        if git_lfs.is_pointer_file(path):
            raise RecipeError(git_lfs.describe(path), hint=git_lfs.PULL)
        try:
            table = tomllib.loads(regular_file.read_text(path, limit=_MAX_BYTES))
        except FileNotFoundError:
            return cls(project=project)
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
        return cls(entries=tuple(table.items()), project=project)

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


def with_heroes(
    pages: Sequence[Page], heroes: HeroesFile, keys: Sequence[str], *, root: Path | None = None
) -> tuple[Page, ...]:
    """Return the pages with the heroes of the file; front matter that sets ``keys[0]`` takes precedence.

    What a hero shows of its page is read from the page's source, or without one from the built site in ``root``.
    """
    if not keys:
        return tuple(pages)
    return tuple(_with_texts(_with_hero(page, heroes, keys[0]), heroes.project, keys, root) for page in pages)


def _with_hero(page: Page, heroes: HeroesFile, key: str) -> Page:
    if not heroes.entries:
        return page
    meta = page.hints.meta
    names = [str(name).lower() for name in meta]  # YAML has keys of other types
    in_meta = key in names or any(name.startswith(f"{key}_") for name in names)  # flat metadata uses hero_prompt
    hero = None if in_meta else heroes.find(page)
    if hero is None:
        return page
    return replace(page, hints=replace(page.hints, meta={**meta, key: hero}, origin=HEROES_FILE))


def _with_texts(page: Page, project: Path, keys: Sequence[str], root: Path | None) -> Page:
    """Return the page with its headline and its first code block, where its hero shows them and they are unknown."""
    hints = page.hints
    if not hints.meta:
        return page
    is_declared = hints.origin == HEROES_FILE and hints.headline is None
    wants_headline = is_declared and any(_names(hints.meta, key, "card", "typographic") for key in keys)
    wants_code = hints.code is None and any(_names(hints.meta, key, "", "code") for key in keys)
    if not wants_headline and not wants_code:
        return page
    headline: str | None = None
    code: page_texts.Code | None = None
    with suppress(OSError, ValueError, ImageseoError):  # a page that cannot be read is reported where it is used
        if hints.source is None:
            data = b"" if root is None else SiteFolder(root).begin(page.path, TEXT_WITHIN)
            headline = page_texts.html_headline(data) if wants_headline else None
            code = page_texts.html_code(data.decode("utf-8", "replace")) if wants_code else None
        else:
            text = regular_file.read_text(project / hints.source).removeprefix("\ufeff").replace("\r\n", "\n")
            is_rest = hints.source.suffix.lower() in (".rst", ".rest", ".txt")
            body = text if is_rest else page_texts.split_front_matter(text)[2]
            headline = page_texts.markdown_headline(body) if wants_headline and not is_rest else None
            code = (page_texts.rest_code if is_rest else page_texts.markdown_code)(body) if wants_code else None
    return replace(page, hints=replace(hints, headline=hints.headline or headline, code=hints.code or code))


def _names(meta: Mapping[str, Any], key: str, option: str, style: str) -> bool:
    """Whether a hero has an option, or this style; in front matter of any form."""
    hero = next((value for name, value in meta.items() if str(name).lower() == key), None)
    if isinstance(hero, str):
        return f'"{style}"' in hero or bool(option and f'"{option}"' in hero)
    nested = hero if isinstance(hero, Mapping) else {}
    flat = {str(name).lower(): value for name, value in meta.items()}
    styles = (nested.get("style"), flat.get(f"{key}_style"))
    return style in styles or bool(option and (nested.get(option) or flat.get(f"{key}_{option}")))


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
