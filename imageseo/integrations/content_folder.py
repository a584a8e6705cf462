"""Pages of a folder of Markdown files, for generators without an integration: Hugo, Eleventy, Jekyll, Hexo, Astro …"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from imageseo.integrations.front_matter_file import SourceText, hints_of_source, read_source
from imageseo.integrations.pages import html_files
from imageseo.model.errors import SiteError
from imageseo.model.protocols import GeneratorProject
from imageseo.model.site import PageHints

NAME = "directory"
"""As for a bare folder, which this is: the settings name the sources."""

_SUFFIXES = (".md", ".markdown", ".mdx")
_INDEX = ("index", "_index", "README", "readme")
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}-(.+)")
_ADDRESS_KEYS = ("permalink", "url", "slug", "path")
_SKIPPED = ("node_modules", "_site", "public")


def load(folder: Path, *, note: Callable[[str], None]) -> GeneratorProject:
    """Return the project whose sources are in a folder. ``note``: takes a line for the user."""

    def read(*, project: Path, keys: Sequence[str], root: Path | None) -> Mapping[str, PageHints]:
        return _read(folder, project=project, keys=keys, root=root, note=note)

    return GeneratorProject(name=NAME, config=folder, source=folder, read=read)


def _read(
    folder: Path, *, project: Path, keys: Sequence[str], root: Path | None, note: Callable[[str], None]
) -> Mapping[str, PageHints]:
    if not folder.is_dir():
        raise SiteError(f"{folder}: no such folder", hint="the setting `content_dir` names the folder of the sources")
    built = frozenset(html_files(root)) if root is not None else frozenset[str]()
    by_name: dict[str, list[str]] = {}
    for each in built:
        by_name.setdefault(_name_of(each), []).append(each)
    hints: dict[str, PageHints] = {}
    lost: list[str] = []
    for path in _sources(folder):
        text = read_source(path)
        relative = path.relative_to(folder).as_posix()
        pages = list(dict.fromkeys(_candidates(relative, text.meta)))
        if root is None:
            page: str | None = pages[0]
        else:
            page = next((each for each in pages if each in built and each not in hints), None)
            page = page or _unique(relative, pages, by_name)
        is_found = page is not None and page not in hints
        place = page if page is not None and is_found else relative
        start = place.rpartition("/")[0] if is_found else ""
        found = hints_of_source(
            path, text, project=project, keys=keys, folder=f"{start}/" if start else "", reader="imageseo"
        )
        if is_found or found.fault is not None:
            hints[place] = found
        elif _declares(text, keys):
            lost.append(relative)
    if lost:
        more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
        note(f"{', '.join(lost[:3])}{more}: declares a hero, but no page of {root or 'the site'} was found for it")
    return hints


def _sources(folder: Path) -> Iterator[Path]:
    for name, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each not in _SKIPPED)
        for file in sorted(files):
            if file.lower().endswith(_SUFFIXES) and not file.startswith("."):
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
    stem, _, language = path.stem.partition(".")  # Hugo: index.fr.md
    if stem in _INDEX:
        places = [folders]
    else:
        dated = _DATED.fullmatch(stem)
        places = [(*folders, stem), *([(*folders, dated[1])] if dated else [])]
    for place in places:
        for spelled in dict.fromkeys((place, tuple(map(_slug, place)))):
            if language:
                yield from _files("/".join((language, *spelled)))
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


def _unique(source: str, pages: Sequence[str], by_name: Mapping[str, Sequence[str]]) -> str | None:
    """Return the only page with the name of a source, below other folders, such as those of a date.

    The folders of the source must be in its address in their order: `blog/about.md` is not `/about/`.
    """
    folders = tuple(map(_slug, _folder(PurePosixPath(source))))
    found = set[str]()
    for name in {_name_of(page) for page in pages} - {""}:
        for page in by_name.get(name, ()):
            rest = iter(_slug(part) for part in PurePosixPath(page).parts)
            if all(folder in rest for folder in folders):
                found.add(page)
    return found.pop() if len(found) == 1 else None


def _declares(text: SourceText, keys: Sequence[str]) -> bool:
    """Whether front matter asks for a hero by the key that only imageseo uses."""
    return "hero" in keys and any(name.lower() == "hero" or name.lower().startswith("hero_") for name in text.meta)
