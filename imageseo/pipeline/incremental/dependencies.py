"""Record which files of the site a page depends on, and detect their changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from imageseo.images.encoding import recompression
from imageseo.lint.facts.site_files import SiteFiles
from imageseo.model.image import Asset, BadAsset
from imageseo.web import filenames

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class PageDependencies(Struct, array_like=True, frozen=True):
    """Site path -> value. ``images``: digest of an image, or its problem. ``similar``: a similar path that exists.

    ``texts``: digest of a style sheet or another text file.
    """

    images: dict[str, str]
    exists: dict[str, bool]
    sizes: dict[str, int | None]
    similar: dict[str, str | None]
    texts: dict[str, str | None]

    def is_unchanged(self, files: SiteFiles) -> bool:
        """Whether every value is still the same."""
        return (
            _all_equal(self.exists, files.exists)
            and _all_equal(self.images, lambda path: _describe_asset(files.asset(path)))
            and _all_equal(self.sizes, files.size)
            and _all_equal(self.similar, files.near)
            and _all_equal(self.texts, files.digest)
        )


class DependencyTracker(SiteFiles):
    """The site's files for one page; records its dependencies.

    ``recompress``: the build may recompress JPEG and PNG files.
    """

    def __init__(self, files: SiteFiles, *, recompress: bool = False) -> None:
        self._files = files
        self._recompress = recompress
        self._reusable = True
        self._own_paths: set[str] = set()
        self._dependencies = PageDependencies({}, {}, {}, {}, {})

    @property
    def dependencies(self) -> PageDependencies | None:
        """The dependencies. None if they are not reusable: the page depends on a variant of another page, whose
        existence depends on the order of pages, or on the size of a file that other pages may recompress.
        """
        recorded = self._dependencies
        paths = {*recorded.images, *recorded.exists, *recorded.sizes}
        return recorded if self._reusable and not any(map(filenames.looks_like_variant, paths)) else None

    def asset(self, path: str) -> Asset | BadAsset:
        found = self._files.asset(path)
        if path not in self._own_paths:
            self._dependencies.images[path] = _describe_asset(found)
        return found

    def exists(self, path: str) -> bool:
        found = self._files.exists(path)
        if path not in self._own_paths:
            self._dependencies.exists[path] = found
        return found

    def size(self, path: str) -> int | None:
        found = self._files.size(path)
        if path not in self._own_paths:
            self._dependencies.sizes[path] = found
            self._reusable = self._reusable and not (self._recompress and self._may_be_recompressed(path))
        return found

    def page(self, path: str) -> bytes:
        return self._files.page(path)

    def near(self, path: str) -> str | None:
        found = self._dependencies.similar[path] = self._files.near(path)
        return found

    def read(self, path: str) -> bytes | None:
        self.digest(path)
        return self._files.read(path)

    def digest(self, path: str) -> str | None:
        found = self._dependencies.texts[path] = self._files.digest(path)
        return found

    def add(self, path: str, size: int) -> None:
        """Add a variant of this page; it is not recorded, because it depends on the page itself."""
        self._own_paths.add(path)
        self._files.add(path, size)

    def weigh(self, path: str, size: int) -> None:
        """Set the size of a file that this page has recompressed."""
        self._own_paths.add(path)
        self._files.weigh(path, size)

    def _may_be_recompressed(self, path: str) -> bool:
        asset = self._files.asset(path)
        return isinstance(asset, Asset) and recompression.is_recompressible(asset)


def _describe_asset(asset: Asset | BadAsset) -> str:
    if not isinstance(asset, Asset):
        return f"{asset.rule}: {asset.problem} {asset.hint}"
    rights = asset.rights  # another page's front matter, or the settings, may say how it came to be
    return " ".join(filter(None, (asset.sha256, rights.digital_source_type, rights.made_with)))


def _all_equal(recorded: Mapping[str, object], read: Callable[[str], object]) -> bool:
    return all(read(path) == value for path, value in recorded.items())
