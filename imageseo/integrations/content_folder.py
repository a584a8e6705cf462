"""Pages of a folder of Markdown files, for generators without an integration: Hugo, Eleventy, Jekyll, Hexo, Astro …"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from imageseo.integrations.directory import read_page
from imageseo.integrations.front_matter_file import SourceText, hints_of_source, read_source
from imageseo.integrations.pages import html_files
from imageseo.model.errors import SiteError
from imageseo.model.protocols import GeneratorProject
from imageseo.model.site import PageHints
from imageseo.storage.site_folder import SiteFolder

NAME = "directory"
"""As for a folder of built pages: only the settings name the sources."""

_SUFFIXES = (".md", ".markdown", ".mdx")
_PAGES = (".html", ".htm", ".njk", ".liquid", ".webc", ".astro")
_TEMPLATES = frozenset({"_includes", "_layouts", "_data", "layouts", "themes", "components", "archetypes", "_drafts"})
_INDEX = ("index", "_index", "README", "readme")
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}-(.+)")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_ADDRESS_KEYS = ("permalink", "url", "slug", "path")
_SKIPPED = ("node_modules", "_site", "public")


def load(folder: Path, *, note: Callable[[str], None]) -> GeneratorProject:
    """Return the project whose sources are in a folder. ``note``: takes a line for the user."""

    def read(*, project: Path, keys: Sequence[str], root: Path | None) -> Mapping[str, PageHints]:
        return _read(folder, project=project, keys=keys, root=root, note=note)

    return GeneratorProject(name=NAME, config=folder, source=folder, read=read)


def page_sources(folder: Path, root: Path) -> Mapping[str, Path]:
    """Return page -> file of the sources in a folder, also those in HTML, for a site built into ``root``."""
    built = root.resolve()
    files = [
        path
        for path in _sources(folder, (*_SUFFIXES, *_PAGES))
        if not path.resolve().is_relative_to(built) and not _TEMPLATES.intersection(path.relative_to(folder).parts)
    ]
    indexes = {path.parent for path in files if path.stem in ("index", "_index")}
    files = [path for path in files if path.stem.lower() != "readme" or path.parent not in indexes]
    texts = {path.relative_to(folder).as_posix(): read_source(path) for path in files}
    return {page: folder / name for name, page in _BuiltPages(root).find(texts).items()}


def _read(
    folder: Path, *, project: Path, keys: Sequence[str], root: Path | None, note: Callable[[str], None]
) -> Mapping[str, PageHints]:
    if not folder.is_dir():
        raise SiteError(f"{folder}: no such folder", hint="the setting `content_dir` names the folder of the sources")
    texts = {path.relative_to(folder).as_posix(): (path, read_source(path)) for path in _sources(folder)}
    if root is None:
        pages = {name: next(_candidates(name, text.meta)) for name, (_, text) in texts.items()}
    else:
        pages = _BuiltPages(root).find({name: text for name, (_, text) in texts.items()})
    hints: dict[str, PageHints] = {}
    lost: list[str] = []
    for name, (path, text) in texts.items():
        page = pages.get(name)
        is_found = page is not None and page not in hints
        place = page if page is not None and is_found else name
        start = place.rpartition("/")[0] if is_found else ""
        found = hints_of_source(
            path, text, project=project, keys=keys, folder=f"{start}/" if start else "", reader="imageseo"
        )
        if is_found or found.fault is not None:
            hints[place] = found
        elif _declares(text, keys) and not found.unlisted:
            lost.append(name)
    if lost:
        more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
        note(f"{', '.join(lost[:3])}{more}: declares a hero, but no page of {root or 'the site'} was found for it")
    return hints


class _BuiltPages:
    """The pages of a built site, by address and by name."""

    def __init__(self, root: Path) -> None:
        self._files = SiteFolder(root)
        self._pages = frozenset(html_files(root))
        self._by_name: dict[str, list[str]] = {}
        for page in sorted(self._pages):
            self._by_name.setdefault(_name_of(page), []).append(page)

    def find(self, texts: Mapping[str, SourceText]) -> dict[str, str]:
        """Return source -> page: by address first, so that no other source takes the page; then by name."""
        found: dict[str, str] = {}
        taken = set[str]()
        for name, text in texts.items():
            page = next((each for each in _candidates(name, text.meta) if each in self._pages - taken), None)
            if page is not None:
                found[name] = page
                taken.add(page)
        for name, text in texts.items():
            page = self._named(name, text, taken) if name not in found else None
            if page is not None:
                found[name] = page
                taken.add(page)
        return found

    def _named(self, source: str, text: SourceText, taken: set[str]) -> str | None:
        """Return the only page with the name of a source below other folders, such as those of a date.

        The folders of the source must be in its address in their order, or its title that of the source:
        `blog/about.md` is not `/about/`.
        """
        folders = tuple(map(_slug, _folder(PurePosixPath(source))))
        names = {_name_of(page) for page in _candidates(source, text.meta)} | {_slug(text.title or "")}
        named = sorted({page for name in names - {""} for page in self._by_name.get(name, ())} - taken)
        below = [page for page in named if _is_below(page, folders)]
        if len(below) == 1:
            return below[0]
        titled = [page for page in named if text.title and text.title in self._titles(page)]
        return titled[0] if len(titled) == 1 else None

    def _titles(self, page: str) -> list[str]:
        """Return a page's title, and its parts: most themes add the name of the site."""
        title = read_page(self._files, page, hero_key="hero").hints.title or ""
        return [title, *re.split(r"\s+[|–—·•:-]\s+", title)]


def _is_below(page: str, folders: Sequence[str]) -> bool:
    rest = iter(_slug(part) for part in PurePosixPath(page).parts)
    return all(folder in rest for folder in folders)


def _sources(folder: Path, suffixes: tuple[str, ...] = _SUFFIXES) -> Iterator[Path]:
    for name, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each not in _SKIPPED)
        for file in sorted(files):
            if file.lower().endswith(suffixes) and not file.startswith("."):
                yield Path(name, file)


def _candidates(source: str, meta: Mapping[str, Any]) -> Iterator[str]:
    """Yield the files that generators make of a source file, the likeliest first."""
    path = PurePosixPath(source)
    for key in _ADDRESS_KEYS:
        address = meta.get(key)
        if isinstance(address, str) and not re.search(r"[{}:*]|\.\.", address) and address.strip(" /"):
            is_rooted = key != "slug"
            parts = [] if is_rooted else list(_folder(path))
            yield from _files("/".join([*parts, address.strip().strip("/")]))
    if str(meta.get("permalink") or "").strip() == "/":
        yield "index.html"
    folders = _folder(path)
    stem, _, language = path.stem.rpartition(".")
    if stem and _LANGUAGE.fullmatch(language):  # Hugo: index.fr.md; but node.js.md and v1.2.md are names
        yield from _addresses((language, *folders), stem)
        yield from _addresses(folders, path.stem)
        yield from _addresses(folders, stem)
    else:
        yield from _addresses(folders, path.stem)


def _addresses(folders: tuple[str, ...], stem: str) -> Iterator[str]:
    """Yield the files of the pages that a name in some folders stands for."""
    dated = _DATED.fullmatch(stem)
    places = [folders] if stem in _INDEX else [(*folders, stem), *([(*folders, dated[1])] if dated else [])]
    for place in places:
        for spelled in dict.fromkeys((place, tuple(map(_slug, place)))):
            yield from _files("/".join(spelled))


def _folder(path: PurePosixPath) -> tuple[str, ...]:
    """Return the folders of a source file; those with an underscore (`_posts`) are no part of an address."""
    return tuple(part for part in path.parent.parts if not part.startswith("_"))


def _files(address: str) -> Iterator[str]:
    if not address:
        yield "index.html"
    elif address.endswith((".html", ".htm")):
        yield address
    else:
        yield f"{address}/index.html"
        yield f"{address}.html"


def _slug(name: str) -> str:
    """Return a name as Hugo and others write it in an address."""
    return re.sub(r"[^\w.-]+", "-", name.lower()).strip("-") or name


def _name_of(page: str) -> str:
    """Return the last part of a page's address: ``launch`` for ``2024/05/launch/index.html``."""
    path = PurePosixPath(page)
    return path.parent.name if path.stem == "index" else path.stem


def _declares(text: SourceText, keys: Sequence[str]) -> bool:
    """Whether front matter asks for a hero by the key that only imageseo uses."""
    return "hero" in keys and any(name.lower() == "hero" or name.lower().startswith("hero_") for name in text.meta)
