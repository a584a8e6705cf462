"""Reuse the results of unchanged pages from the build state, without scanning them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from imageseo.lint.facts.site_files import SiteFiles
from imageseo.model.errors import ImageseoError, PageChangedError
from imageseo.model.image import Span
from imageseo.model.protocols import Store, StoredBlob
from imageseo.model.site import Page
from imageseo.pipeline.incremental.build_state import PageRecord, PublishedVariant
from imageseo.pipeline.originals import OriginalFiles
from imageseo.pipeline.stale_files import StaleFileCleaner
from imageseo.storage.output import OutputFolder
from imageseo.web.html import edits


@dataclass(slots=True, kw_only=True)
class PageReplayer:
    """Checks records of the last build, and publishes unchanged pages from them.

    ``now``: time of the build in seconds, for pages that expire. ``affected``: pages whose files may have changed since
    the last build; None: any may have.
    """

    output: OutputFolder
    files: SiteFiles
    store: Store
    originals: OriginalFiles
    records: Mapping[str, PageRecord]
    now: float
    affected: Collection[str] | None = None
    _untouched: set[str] = field(default_factory=set)  # pages that nothing has to be done for
    _unedited: set[str] = field(default_factory=set)  # pages without edits by imageseo
    _published: set[str] = field(default_factory=set)  # site paths of variants
    _added: set[str] = field(default_factory=set)  # the same, of pages that are published

    def is_untouched(self, page: Page) -> bool:
        """Whether nothing has to be done for a page whose record was found."""
        return page.path in self._untouched

    def find_untouched(self, page: Page, context: bytes | None) -> PageRecord | None:
        """Return the page's record if none of its files can have changed, without looking at them; else None."""
        if self.affected is None or page.path in self.affected:
            return None
        record = self._find_record(page, context)
        if record is not None:
            self._untouched.add(page.path)
        return record

    def find_record(self, page: Page, context: bytes | None) -> PageRecord | None:
        """Return the page's record if its dependencies are unchanged and its files are available; else None."""
        record = self._find_record(page, context)
        if record is None:
            return None
        try:
            current = sha256(self.output.read(page.path)).digest()
        except OSError:
            return None
        if current not in (record.source_digest, record.published_digest):
            return None
        if not record.dependencies.is_unchanged(self.files):
            return None
        if not all(map(self._try_publish, record.outcome.published)):
            return None
        if not all(map(self.originals.is_available, record.outcome.recompressed)):
            return None
        if current != record.published_digest:
            self._unedited.add(page.path)
        return record

    def _find_record(self, page: Page, context: bytes | None) -> PageRecord | None:
        """Return the page's record unless something else than its files has changed."""
        record = self.records.get(page.path)
        if record is None or record.context_digest != context:
            return None
        expiry = record.outcome.expiry
        return None if expiry is not None and (expiry[0] < self.now) != expiry[1] else record

    def publish_page(self, page: Page, record: PageRecord, stale: StaleFileCleaner) -> None:
        """Publish the record's variants and write the page. Raises OSError, ImageseoError: page unchanged."""
        for variant in record.outcome.published:
            if variant.path not in self._added:  # pages share images
                self._added.add(variant.path)
                self.files.add(variant.path, variant.bytes)
        for variant in record.outcome.published:
            self._publish(variant)
        if page.path in self._unedited:
            source = self.output.read(page.path)
            current = sha256(source).digest()
            if current == record.source_digest:
                changes = (edits.Edit(span=Span(start, end), replacement=new) for start, end, new in record.edits)
                self.output.write(page.path, edits.apply(source, changes))
            elif current != record.published_digest:  # another build may have published it meanwhile
                raise PageChangedError
        stale.add_written_page(page, (variant.path for variant in record.outcome.published))

    def _try_publish(self, variant: PublishedVariant) -> bool:
        """Publish a variant, and return whether it is available. Later the store may have been pruned.

        If no page references it in the end, it is removed as stale, like any variant of the last build.
        """
        try:
            self._publish(variant)
        except (OSError, ImageseoError):
            return False  # when the page is processed again, the same error is reported
        return True

    def _publish(self, variant: PublishedVariant) -> None:
        if variant.path in self._published:
            return
        self.output.publish(variant.path, StoredBlob(sha256=variant.sha256, bytes=variant.bytes), self.store)
        self._published.add(variant.path)
