"""Integration for any folder of HTML files; hints come from heroes.toml and from the pages themselves."""

from __future__ import annotations

import html
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from imageseo.config.settings import Settings
from imageseo.heroes.recipes.misspelled_keys import OURS
from imageseo.integrations.page_heads import find_tags, html_language, read_head
from imageseo.integrations.pages import TEXT_WITHIN, HeroesFile, base_url, html_files, with_heroes
from imageseo.integrations.site_address import deduce_base_url
from imageseo.model.errors import SiteError
from imageseo.model.site import Page, PageHints, Site
from imageseo.storage.site_folder import SiteFolder
from imageseo.web.sources.page_texts import html_headline

HERO_META = f"{OURS}hero"
_META_ORIGIN = f'<meta name="{HERO_META}">'
_NO_META: Mapping[str, Any] = {}  # one for the many pages of a site that have none
_PELICAN_PAGES = ("index.html", "archives.html", "categories.html", "tags.html")  # authors.html may be off
_TITLE = re.compile(rb"<title(?:\s[^>]*)?>(.*?)</title", re.IGNORECASE | re.DOTALL)


def site(root: Path, *, project: Path, settings: Settings) -> Site:
    """Return the site in ``root``. Raises SiteError if there is none, RecipeError for an invalid heroes.toml.

    The base URL is the setting ``site_url``, else what the pages and the sitemap say.
    """
    found = pages(root, keys=settings.hero.keys)
    return Site(
        root=root,
        project=project,
        base_url=base_url(settings.site_url) or deduce_base_url(root, [page.path for page in found]),
        pages=with_heroes(found, HeroesFile.read(project), settings.hero.keys, root=root),
    )


def pages(root: Path, *, keys: Sequence[str]) -> list[Page]:
    """Return the pages below ``root`` with the hints in their HTML. ``keys``: front matter keys that declare heroes."""
    if not root.is_dir():
        found = "a file" if root.exists() else "nothing"
        raise SiteError(f"{root}: expected a folder, found {found}", hint="build the site first, or name its folder")
    key, files = keys[0] if keys else None, SiteFolder(root)
    found_pages = _with_drafts(files, [read_page(files, path, hero_key=key) for path in html_files(root)])
    if not found_pages:
        raise SiteError(f"{root}: no HTML file in it", hint="name the folder that your site generator writes to")
    return found_pages


def read_page(files: SiteFolder, path: str, *, hero_key: str | None) -> Page:
    """Return a page with the hero of its ``<meta name="imageseo:hero">``: a path, JSON, or an inline TOML table.

    ``hero_key``: the key of ``hints.meta`` to store the hero under; None: the page is not read.
    """
    if hero_key is None:
        return Page(path=path)
    try:
        head = read_head(files, path)
    except OSError:
        return Page(path=path)  # build and lint meet the same error and report it with its location
    meta: dict[str, Any] = {}
    for tag, attributes in find_tags(head, needle=OURS.encode()):
        name = attributes.get("name", "").lower()
        if tag == "meta" and name.startswith(OURS):
            key = hero_key if name == HERO_META else name
            hero = _parse_hero(attributes.get("content", ""))
            if hero:
                meta.setdefault(key, hero)
    if not meta:
        return Page(path=path, hints=PageHints(meta=_NO_META, title=_title(head), language=html_language(head)))
    headline = _headline(files, path)
    language = html_language(head)
    return Page(
        path=path,
        hints=PageHints(meta=meta, title=_title(head), headline=headline, origin=_META_ORIGIN, language=language),
    )


def _with_drafts(files: SiteFolder, pages: list[Page]) -> list[Page]:
    """Mark the pages below ``drafts/`` of a site by Pelican, where pages do not show their status.

    The name of the folder alone proves nothing: Pelican is told by its own tag, or by the pages of its defaults.
    """
    drafts = {page.path for page in pages if page.path.startswith("drafts/")}
    if not drafts or not ({page.path for page in pages}.issuperset(_PELICAN_PAGES) or _is_by_pelican(files)):
        return pages
    return [
        replace(page, hints=replace(page.hints, unlisted="a draft")) if page.path in drafts else page for page in pages
    ]


def _is_by_pelican(files: SiteFolder) -> bool:
    try:
        head = read_head(files, "index.html")
    except OSError:
        return False
    return any(
        attributes.get("name", "").lower() == "generator"
        and attributes.get("content", "").lower().startswith("pelican")
        for _, attributes in find_tags(head, needle=b"pelican")
    )


def _title(head: bytes) -> str | None:
    """Return the page's title, decoded as UTF-8: it is only used for drawn title cards."""
    position = head.lower().find(b"<title")  # many times faster than a regular expression
    match = _TITLE.search(head, position) if position >= 0 else None
    text = " ".join(html.unescape(match[1].decode("utf-8", "replace")).split()) if match else ""
    return text or None


def _headline(files: SiteFolder, path: str) -> str | None:
    """Return the text of a page's first ``<h1>``, which a drawn title card shows."""
    try:
        return html_headline(files.begin(path, TEXT_WITHIN))
    except OSError:
        return None


def _parse_hero(value: str) -> str | Mapping[str, Any]:
    """Parse a hero as JSON or an inline TOML table, else return the text; an invalid table is reported later."""
    text = value.strip()
    if not text.startswith("{"):
        return text
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        try:
            table = tomllib.loads(f"hero = {text}")["hero"]
        except (ValueError, RecursionError):  # ValueError: also a number of thousands of digits
            return text
    return table if isinstance(table, dict) else text
