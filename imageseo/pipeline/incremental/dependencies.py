"""What a page asked of the site's files while it was planned and judged, and whether the answers still hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from imageseo.images.encoding import recompression
from imageseo.lint.facts.page import SiteFiles
from imageseo.model.image import Asset, BadAsset
from imageseo.web import filenames

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class PageDependencies(Struct, array_like=True, frozen=True):
    """Site path -> answer. ``files``: the digest of an image, or what is wrong with it."""

    files: dict[str, str]
    there: dict[str, bool]
    sizes: dict[str, int | None]
    near: dict[str, str | None]

    def holds(self, files: SiteFiles) -> bool:
        """Whether every question would be answered as it was."""
        return (
            _same(self.there, files.exists)
            and _same(self.files, lambda path: _said(files.asset(path)))
            and _same(self.sizes, files.size)
            and _same(self.near, files.near)
        )


class DependencyTracker(SiteFiles):
    """The site's files as one page sees them; keeps what it was told.

    ``recompress``: JPEG and PNG files may get smaller, if a page shows them in its article.
    """

    def __init__(self, files: SiteFiles, *, recompress: bool = False) -> None:
        self._all = files
        self._recompress = recompress
        self._lasting = True
        self._own: set[str] = set()
        self._trace = PageDependencies({}, {}, {}, {})

    @property
    def trace(self) -> PageDependencies | None:
        """The questions and answers. None when a variant of another page was asked for, whether that is there depends
        on the order in which pages are finished; or for the size of a file that other pages may have made smaller.
        """
        asked = {*self._trace.files, *self._trace.there, *self._trace.sizes}
        return None if not self._lasting or any(filenames.looks_like_variant(path) for path in asked) else self._trace

    def asset(self, path: str) -> Asset | BadAsset:
        found = self._all.asset(path)
        if path not in self._own:
            self._trace.files[path] = _said(found)
        return found

    def exists(self, path: str) -> bool:
        found = self._all.exists(path)
        if path not in self._own:
            self._trace.there[path] = found
        return found

    def size(self, path: str) -> int | None:
        found = self._all.size(path)
        if path not in self._own:
            self._trace.sizes[path] = found
            self._lasting = self._lasting and not (self._recompress and self._changes(path))
        return found

    def near(self, path: str) -> str | None:
        found = self._trace.near[path] = self._all.near(path)
        return found

    def add(self, path: str, size: int) -> None:
        """A variant of the page's own: what it is told of it follows from the page itself."""
        self._own.add(path)
        self._all.add(path, size)

    def weigh(self, path: str, size: int) -> None:
        """A file that the page itself wants smaller."""
        self._own.add(path)
        self._all.weigh(path, size)

    def _changes(self, path: str) -> bool:
        asset = self._all.asset(path)
        return isinstance(asset, Asset) and recompression.is_recompressible(asset)


def _said(asset: Asset | BadAsset) -> str:
    return asset.sha256 if isinstance(asset, Asset) else f"{asset.rule}: {asset.problem} {asset.hint}"


def _same(answers: Mapping[str, object], ask: Callable[[str], object]) -> bool:
    return all(ask(path) == answer for path, answer in answers.items())
