"""Names of published heroes: the author's, else the words of the alternative text, else the page's; one per content.

A page that shows its hero by the page's name itself keeps that name.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Literal

from imageseo.model.hero import HeroRequest
from imageseo.model.site import Page
from imageseo.web import filenames


@dataclass(slots=True, kw_only=True)
class PublishedNames:
    """The site paths of one build's heroes and crops. Equal contents have one path, different ones never share one.

    ``folder``: of the site. ``by``: what names a hero without a ``file_name``. ``requests``: those of all pages, asked
    for once. ``may_overwrite``: whether a site path is free, or was published by an earlier build.
    ``mentions``: whether a page's own markup contains a text.
    """

    folder: str
    by: Literal["alt", "page"]
    requests: Callable[[], Iterable[HeroRequest]]
    may_overwrite: Callable[[str], bool]
    mentions: Callable[[Page, str], bool]
    _contents: dict[str, str] = field(default_factory=dict)  # site path -> digest of its content's inputs
    _paths: dict[str, str] = field(default_factory=dict)  # digest of a hero's inputs -> its site path
    _given: dict[str, str] | None = None  # key of a recipe -> the name that a page gives it

    @property
    def paths(self) -> Collection[str]:
        """All site paths."""
        return self._contents.keys()

    def hero_path(self, page: Page, request: HeroRequest, content: str) -> str:
        """Return the site path of a hero. ``content``: the digest of everything that its file is made of."""
        if content not in self._paths:
            stem = self._stem(page, request)
            self._paths[content] = self.claim(f"{self.folder}/{stem}.jpg", content)
        return self._paths[content]

    def claim(self, path: str, content: str) -> str:
        """Return a path, with digits of the content's digest if another file has it."""
        if self._contents.setdefault(path, content) != content or not self.may_overwrite(path):
            stem, suffix = posixpath.splitext(path)
            path = f"{stem}-{content[:8]}{suffix}"
            self._contents[path] = content
        return path

    def try_claim(self, path: str, content: str) -> bool:
        """Whether a path is free for a content, or has it."""
        return self._contents.get(path, content) == content

    def _stem(self, page: Page, request: HeroRequest) -> str:
        if self._given is None:
            self._given = {}
            for each in self.requests():
                if each.recipe is not None and each.file_name is not None:
                    self._given.setdefault(each.recipe.key, each.file_name)
        given = request.file_name or (self._given.get(request.recipe.key) if request.recipe is not None else None)
        if given:
            return given
        name = filenames.hero_name(page)
        words = filenames.words_slug(request.alt or "") if self.by == "alt" else ""
        return name if not words or self.mentions(page, f"{self.folder}/{name}.jpg") else words
