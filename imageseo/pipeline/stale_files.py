"""Remove stale files: variants and crops of earlier builds that no page references."""

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
from imageseo.pipeline.hero_texts import METADATA_BYTES
from imageseo.pipeline.shapes.crop_windows import is_crop_name
from imageseo.pipeline.social.card import is_card_path
from imageseo.storage.output import OutputFolder
from imageseo.web import filenames, urls
from imageseo.web.srcset import candidates

_WRITER = TOOLKIT.encode()


@dataclass(slots=True, kw_only=True)
class StaleFileCleaner:
    """Collects the variants of this and earlier builds, and removes those that no page references."""

    site: Site
    output: OutputFolder
    _referenced: set[str] = field(default_factory=set)
    _previous: set[str] = field(default_factory=set)
    _written_pages: set[str] = field(default_factory=set)

    def add_written_page(self, page: Page, referenced: Iterable[str]) -> None:
        """Add a page of this build, with the site paths that it references."""
        self._written_pages.add(page.path)
        self._referenced.update(referenced)

    def add_previous(self, paths: Iterable[str]) -> None:
        """Add site paths of files that an earlier build wrote."""
        self._previous.update(paths)

    def keep(self, paths: Iterable[str]) -> None:
        """Add site paths of this build's files, whether pages reference them or not."""
        self._referenced.update(paths)

    def add_replaced_page(self, page: Page, raw: bytes) -> None:
        """Add the variants that a page referenced before it was overwritten. ``raw``: its former content."""
        from imageseo.web.html import page_scan

        try:
            scan = page_scan.scan_page(raw)
        except page_scan.UnreadablePage:
            return  # its variants stay until another build references them
        resolved = (
            urls.resolve(each.url, page=page.path, base_url=self.site.base_url, base_href=scan.base_href)
            for ref in scan.refs
            if ref.is_processed
            for srcset in (*(source.srcset for source in ref.sources), ref.get("srcset") or "")
            for each in candidates.parse_srcset(srcset)
        )
        self._previous.update(path for path in resolved if isinstance(path, str))

    def remove(self) -> Iterator[tuple[str, OSError | SiteError]]:
        """Remove stale files; yield paths that cannot be removed, with the reason.

        Only files by imageseo are removed: variants whose name contains the hash of their bytes, and crops and social
        cards whose metadata names imageseo as writer.
        """
        stale = {path: unquote(posixpath.basename(path)).encode() for path in self._previous - self._referenced}
        for page in self.site.pages if stale else ():
            if (
                page.path not in self._written_pages
            ):  # excluded, unreadable or unwritable: it may reference other variants
                with suppress(OSError):
                    raw = unquote_to_bytes(self.output.read(page.path))
                    stale = {path: name for path, name in stale.items() if name not in raw}
        for path in sorted(stale):
            try:
                data = self.output.read(path)
                if filenames.is_variant(path, sha256(data).hexdigest()) or (
                    (is_crop_name(path) or is_card_path(path)) and _WRITER in data[:METADATA_BYTES]
                ):
                    self.output.remove(path)
            except FileNotFoundError:
                continue
            except (OSError, SiteError) as error:
                yield path, error
