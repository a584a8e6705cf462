"""Reads a built site again after changes: only pages and sources that have changed are read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from imageseo.integrations import directory
from imageseo.integrations.front_matter_file import hints_of_source, read_source
from imageseo.integrations.pages import PAGE_SUFFIXES, HeroesFile, html_files, source_of, with_heroes
from imageseo.integrations.project import Project
from imageseo.integrations.site_address import deduce_base_url
from imageseo.integrations.watching.changes import Changes
from imageseo.model.site import Page, Site
from imageseo.storage.site_folder import SiteFolder

_READERS = {"directory": "imageseo", "zensical": "Zensical"}
"""Generators whose sources are read one by one, without the generator, and as what they are named in messages."""


class SiteReader:
    """Keeps the site as it was read last, to return the same as ``Project.site``, but quicker.

    ``base_url``: of the site, as far as it is known.
    """

    def __init__(self) -> None:
        self._site: Site | None = None
        self._project: Project | None = None
        self.base_url: str | None = None

    def read(self, project: Project, root: Path, changes: Changes) -> Site:
        """Return the site in ``root``. Raises SiteError, RecipeError."""
        old = self._site if project is self._project and changes.paths is not None else None
        self._site = None
        new = None if old is None else self._update(old, project, changes)
        site = new or project.site(root)
        self._site, self._project = site, project
        self.base_url = site.base_url
        return site

    def _update(self, old: Site, project: Project, changes: Changes) -> Site | None:
        """Return the site after changes; None if all of it must be read again."""
        heroes, keys = HeroesFile.read(project.folder), project.settings.hero.keys
        pages = {page.path: page for page in old.pages}
        if not all(_is_same_source(file, pages.values(), project, heroes) for file in changes.sources):
            return None
        changed = [path for path in changes.paths or () if path.lower().endswith(PAGE_SUFFIXES)]
        if any(path.startswith("drafts/") for path in (*pages, *changed)):
            return None  # which of them are drafts depends on other pages
        is_new_list = any((old.root / path).is_file() != (path in pages) for path in changed)
        if is_new_list and old.sources:
            return None  # which page belongs to which source depends on all pages
        files, key = SiteFolder(old.root), keys[0] if keys else None
        paths = list(html_files(old.root)) if is_new_list else list(pages)
        for path in {*changed, *(path for path in paths if path not in pages)}:
            known = pages.get(path)
            if known is not None and known.hints.source is not None:
                continue  # its source says all
            (new,) = with_heroes([directory.read_page(files, path, hero_key=key)], heroes, keys, root=old.root)
            pages[path] = known if known == new else new
        if not paths:
            return None
        base_url = project.base_url or deduce_base_url(old.root, paths)
        found = tuple(pages[path] for path in paths)
        is_same = base_url == old.base_url and len(found) == len(old.pages) and all(map(_is, found, old.pages))
        return old if is_same else replace(old, base_url=base_url, pages=found)


def _is(one: Page, other: Page) -> bool:
    return one is other


def _is_same_source(file: Path, pages: Iterable[Page], project: Project, heroes: HeroesFile) -> bool:
    """Whether a source file says the same of its page as when it was read last."""
    reader = _READERS.get(project.generator.name) if project.generator is not None else None
    if reader is None or not file.is_file():
        return False
    source, keys = source_of(file, project.folder), project.settings.hero.keys
    page = next((page for page in pages if page.hints.source == source), None)
    if page is None or page.hints.fault is not None:
        return False
    hints = hints_of_source(
        file, read_source(file), project=project.folder, keys=keys, folder=page.hints.source_dir, reader=reader
    )
    hints = replace(hints, language=page.hints.language)  # of the whole site, or of the built page
    return with_heroes([Page(path=page.path, hints=hints)], heroes, keys)[0].hints == page.hints
