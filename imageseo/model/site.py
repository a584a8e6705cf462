"""Page, PageHints, Site: what a host hands to the one job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHints:
    """What a host knows about a page that its HTML does not say.

    ``source``: the file that the author edits, for locations and for messages.
    ``source_dir``: where relative image paths of the front matter point, as a
    folder of the built site (``"guide/"``; ``""`` is the site's root).
    ``meta``: front matter exactly as the host loaded it.
    ``origin``: where ``meta`` speaks of the hero, for messages (``front matter``, ``heroes.toml``).
    """

    source: Path | None = None
    source_dir: str = ""
    title: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    origin: str = "front matter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One HTML file of the built site.

    ``path``: the file, relative to the site's root, with ``/`` (``guide/start/index.html``).
    """

    path: str
    hints: PageHints = field(default_factory=PageHints)

    @property
    def url(self) -> str:
        """The page's URL relative to the site's root: ``guide/start/`` for ``guide/start/index.html``."""
        if self.path == "index.html" or self.path.endswith("/index.html"):
            return self.path[: -len("index.html")]
        return self.path

    @property
    def key(self) -> str:
        """The name that the lock file knows the page by: its source path when known, else its file.

        Hosts set ``hints.source`` relative to the project folder, so a key never holds a path of one machine; a page
        whose source lies outside of that folder is known by its file.
        """
        source = self.hints.source
        return self.path if source is None or source.is_absolute() or ".." in source.parts else source.as_posix()

    @property
    def source(self) -> str | None:
        """Its source as reports name it: from the project, and by its bare name where no other machine has it."""
        source = self.hints.source
        return None if source is None else source.name if source.is_absolute() else source.as_posix()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A built site.

    ``root``: the folder that is published; pages, variants and sitemaps are written here only.
    ``project``: the folder of the configuration; the store, the lock and the heroes lie here.
    ``base_url``: absolute URL of ``root``, ending with ``/``; ``None`` when nobody said.
    ``content_width``: CSS px of the theme's article column on a wide screen, when the host knows it.
    ``sources``: folders that are never written to.
    """

    root: Path
    project: Path
    base_url: str | None
    pages: tuple[Page, ...]
    generator: str = "directory"
    content_width: int | None = None
    sources: tuple[Path, ...] = ()

    def without(self, patterns: Iterable[str]) -> Site:
        """The site without the pages whose file matches a glob (``*`` takes ``/`` too)."""
        globs = [pattern.lstrip("/") for pattern in patterns]
        left = (page for page in self.pages if not any(fnmatchcase(page.path, glob) for glob in globs))
        return replace(self, pages=tuple(left)) if globs else self
