"""Variants and crops that earlier builds wrote and that no page names any more."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import unquote, unquote_to_bytes

from imageseo.images.metadata.rights import TOOLKIT
from imageseo.model.errors import SiteError
from imageseo.model.site import Page, Site
from imageseo.pipeline.crop_windows import like_crop
from imageseo.storage.output import OutputFolder
from imageseo.web import filenames, urls
from imageseo.web.html import page_scan
from imageseo.web.srcset import candidates

_WRITTEN = TOOLKIT.encode()


@dataclass(slots=True, kw_only=True)
class StaleFileCleaner:
    """Learns which variants pages name and named, and takes away what is left over in the end."""

    site: Site
    output: OutputFolder
    _named: set[str] = field(default_factory=set)
    _left: set[str] = field(default_factory=set)
    _written: set[str] = field(default_factory=set)

    def finished(self, page: Page, named: Iterable[str]) -> None:
        """A page stands as it should, and names these site paths."""
        self._written.add(page.path)
        self._named.update(named)

    def named_before(self, paths: Iterable[str]) -> None:
        """Site paths that an earlier build wrote."""
        self._left.update(paths)

    def spare(self, paths: Iterable[str]) -> None:
        """Site paths of files that this build made, whoever names them."""
        self._named.update(paths)

    def replaced(self, page: Page, raw: bytes) -> None:
        """A page was written over; ``raw``: as an earlier build left it."""
        scan = page_scan.scan_page(raw)
        resolved = (
            urls.resolve(each.url, page=page.path, base_url=self.site.base_url, base_href=scan.base_href)
            for ref in scan.refs
            if ref.is_processed
            for source in ref.sources
            for each in candidates.parse_srcset(source.srcset)
        )
        self._left.update(path for path in resolved if isinstance(path, str))

    def remove(self) -> Iterator[tuple[str, OSError | SiteError]]:
        """Remove what no page names; paths that cannot be removed, with the reason.

        A file goes only when it is ours: its name is that of a variant and holds the hash of its bytes, or it is that
        of a crop and the file's own words name us as its writer.
        """
        left = {path: unquote(posixpath.basename(path)).encode() for path in self._left - self._named}
        for page in self.site.pages if left else ():
            if page.path not in self._written:  # left out, unreadable or unwritable: it may name what others do not
                with suppress(OSError):
                    raw = unquote_to_bytes(self.output.read(page.path))
                    left = {path: name for path, name in left.items() if name not in raw}
        for path in sorted(left):
            try:
                data = self.output.read(path)
                if filenames.is_variant(path, sha256(data).hexdigest()) or (
                    like_crop(path) and _WRITTEN in data[:8192]
                ):
                    self.output.remove(path)
            except FileNotFoundError:
                continue
            except (OSError, SiteError) as error:
                yield path, error
