"""Any folder of HTML files: hints come from heroes.toml and from the pages themselves."""

from __future__ import annotations

import html
import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from imageseo.config.settings import Settings
from imageseo.heroes.recipes.misspelled_keys import OURS
from imageseo.integrations.pages import HeroesFile, base_url, html_files, with_heroes
from imageseo.model.errors import SiteError
from imageseo.model.site import Page, PageHints, Site

HERO_META = f"{OURS}hero"
_PIECE = 16_384  # bytes; hardly a <head> is longer
_HEAD = 262_144  # bytes; of one whose end does not come, for a page may be 20 MB
_TAG = re.compile(rb"<(meta|link)\b((?:\"[^\"]*\"|'[^']*'|[^>\"'])*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([^\s=/>"']+)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""")
_TITLE = re.compile(rb"<title(?:\s[^>]*)?>(.*?)</title", re.IGNORECASE | re.DOTALL)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)


def site(root: Path, *, project: Path, settings: Settings) -> Site:
    """The site in ``root``. Raises SiteError when there is none, RecipeError for a faulty heroes.toml.

    The base URL is ``site_url`` of the settings, else that of the home page's ``<link rel=canonical>``.
    """
    return Site(
        root=root,
        project=project,
        base_url=base_url(settings.site_url) or canonical_base(root),
        pages=with_heroes(pages(root, keys=settings.hero.keys), HeroesFile.read(project), settings.hero.keys),
    )


def pages(root: Path, *, keys: Sequence[str]) -> list[Page]:
    """The pages below ``root`` with what they say themselves. ``keys``: of the front matter that heroes stand under."""
    if not root.is_dir():
        found = "a file" if root.exists() else "nothing"
        raise SiteError(f"{root}: expected a folder, found {found}", hint="build the site first, or name its folder")
    key, folder = keys[0] if keys else None, os.fspath(root)
    found_pages = [read_page(folder, path, hero_key=key) for path in html_files(root)]
    if not found_pages:
        raise SiteError(f"{root}: no HTML file in it", hint="name the folder that your site generator writes to")
    return found_pages


def read_page(root: str | Path, path: str, *, hero_key: str | None) -> Page:
    """One page with the hero that its ``<meta name="imageseo:hero">`` asks for: a path, JSON, an inline TOML table.

    ``hero_key``: the key of the front matter that heroes are looked for under; None reads nothing.
    """
    if hero_key is None:
        return Page(path=path)
    try:
        head = _head(f"{root}{os.sep}{path}")  # a Path costs more than reading
    except OSError:
        return Page(path=path)  # the job meets the same fault, and reports it with its place
    meta: dict[str, Any] = {}
    for tag, attributes in _tags(head, needle=OURS.encode()):
        name = attributes.get("name", "").lower()
        if tag == "meta" and name.startswith(OURS):
            key = hero_key if name == HERO_META else name
            hero = _hero(attributes.get("content", ""))
            if hero:
                meta.setdefault(key, hero)
    hints = PageHints(meta=meta, title=_title(head))
    return Page(path=path, hints=replace(hints, origin=f'<meta name="{HERO_META}">') if meta else hints)


def _title(head: bytes) -> str | None:
    """The page's title; read as UTF-8, since only a drawn card ever shows it."""
    at = head.lower().find(b"<title")  # many times faster than an expression
    match = _TITLE.search(head, at) if at >= 0 else None
    text = " ".join(html.unescape(match[1].decode("utf-8", "replace")).split()) if match else ""
    return text or None


def canonical_base(root: Path) -> str | None:
    """The URL of the site as the home page's canonical link says it; None when that is not the home page's URL."""
    try:
        head = _head(f"{root}{os.sep}index.html")
    except OSError:
        return None
    for name, attributes in _tags(head, needle=b"canonical"):
        if name == "link" and "canonical" in attributes.get("rel", "").lower().split():
            href = attributes.get("href", "").removesuffix("index.html")
            # A home page that names another file (a language's, a landing page's) says nothing of the root.
            return base_url(href) if urlsplit(href).path.endswith("/") or not urlsplit(href).path else None
    return None


def _head(path: str) -> bytes:
    """A page up to its body: a piece of it, and all up to ``_HEAD`` where the end of its head is not in that."""
    with open(path, "rb", buffering=0) as stream:  # noqa: PTH123 - as above, a thousand times
        head = stream.read(_PIECE) or b""
        if (at := head.find(b"<body")) >= 0:
            return head[:at]
        if len(head) == _PIECE and (seen := head.lower()).find(b"</head") < 0 and b"<body" not in seen:
            head += stream.read(_HEAD - _PIECE) or b""
    return head


def _tags(head: bytes, *, needle: bytes) -> list[tuple[str, dict[str, str]]]:
    if needle not in head.lower():
        return []
    head = _COMMENT.sub(b"", head[: _body(head)])
    return [(tag.decode("ascii").lower(), _attributes(rest)) for tag, rest in _TAG.findall(head)]


def _body(head: bytes) -> int:
    found = re.search(rb"<body\b", head, re.IGNORECASE)
    return found.start() if found else len(head)


def _attributes(tag: bytes) -> dict[str, str]:
    try:
        text = tag.decode("utf-8")
    except UnicodeDecodeError:
        text = tag.decode("windows-1252", "replace")
    pairs = ((name.lower(), html.unescape(value.strip("\"'"))) for name, value in _ATTRIBUTE.findall(text))
    return dict(reversed(list(pairs)))


def _hero(value: str) -> str | Mapping[str, Any]:
    """The table that the text spells, else the text: what looks like a table and is none is reported with the page."""
    text = value.strip()
    if not text.startswith("{"):
        return text
    try:
        table = json.loads(text)
    except json.JSONDecodeError:
        try:
            table = tomllib.loads(f"hero = {text}")["hero"]
        except tomllib.TOMLDecodeError:
            return text
    return table if isinstance(table, dict) else text
