"""Page, PageHints, Site: the input of a build or a lint run, created by integrations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFault:
    """Why the hero that a source file declares is not known. ``line``: of the source, 1-based."""

    source: Path
    message: str
    hint: str = ""
    line: int | None = None

    def describe(self, name: str) -> str:
        """Return the message with its place. ``name``: of the source, as messages show it."""
        return f"{name}: {self.message}" if self.line is None else f"{name}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHints:
    """Information on a page that is not in its HTML, from the site generator.

    ``source``: the file that the author edits, for locations and messages. ``source_dir``: the folder of the built site
    that relative image paths of the front matter start from (``"guide/"``; ``""`` is the site's root). ``meta``: front
    matter exactly as the generator loaded it. ``origin``: where ``meta`` declares the hero, for messages
    (``front matter``, ``heroes.toml``). ``unlisted``: why the author keeps the page from search engines and readers
    although it is built: ``a draft``, ``hidden``; ``""`` for a published page. ``fault``: why ``meta`` lacks the hero
    that the source declares. ``headline``: the page's ``<h1>`` as text, where it is known before the page is built.
    ``code``: language and text of the page's first code block, if its hero shows it.
    ``language``: the language tag of the page's text, ``""`` if the generator knows none.
    ``alts``: approved alternative texts, by site path of the image; of the inserted hero by ``hero``.
    """

    source: Path | None = None
    source_dir: str = ""
    title: str | None = None
    headline: str | None = None
    code: tuple[str, str] | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    origin: str = "front matter"
    unlisted: str = ""
    fault: SourceFault | None = None
    language: str = ""
    alts: tuple[tuple[str, str], ...] = ()


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
        """The page's name in the lock file: its source path if known, else its file.

        Integrations set ``hints.source`` relative to the project folder, so that a key does not depend on the machine;
        the key of a page whose source is outside that folder is its file.
        """
        source = self.hints.source
        return self.path if source is None or source.is_absolute() or ".." in source.parts else source.as_posix()

    @property
    def source(self) -> str | None:
        """The source as reports show it: relative to the project, or its bare name if outside the repository."""
        source = self.hints.source
        return None if source is None else source.name if source.is_absolute() else source.as_posix()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A built site.

    ``root``: the folder that is published; pages, variants and sitemaps are written only here.
    ``project``: the folder of the configuration; it contains the store, the lock file and the heroes.
    ``base_url``: absolute URL of ``root``, ending with ``/``; ``None`` if not configured.
    ``content_width``: CSS px of the theme's article column on a wide screen, if the generator knows it.
    ``sources``: folders that are never written to. ``faults``: of sources that belong to none of the pages.
    ``unread``: why the sources were not read although there is a project file; "" if they were, or if none is known.
    ``markdown``: how its Markdown gives images attributes (``attr_list``, ``kramdown``, ``figure`` for Hugo's
    shortcode, ``myst``, ``html`` for none); "" if that is not known.
    """

    root: Path
    project: Path
    base_url: str | None
    pages: tuple[Page, ...]
    generator: str = "directory"
    content_width: int | None = None
    sources: tuple[Path, ...] = ()
    faults: tuple[SourceFault, ...] = ()
    unread: str = ""
    markdown: str = ""

    def without(self, patterns: Iterable[str]) -> Site:
        """Return the site without the pages whose file matches a glob (``*`` also matches ``/``)."""
        globs = [pattern.lstrip("/") for pattern in patterns]
        remaining = (page for page in self.pages if not any(fnmatchcase(page.path, glob) for glob in globs))
        return replace(self, pages=tuple(remaining)) if globs else self
