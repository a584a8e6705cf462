"""Pages that are as the last build left them: told by their bytes and by what they asked, finished without a scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from imageseo.lint.facts.page import SiteFiles
from imageseo.model.errors import ImageseoError
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
    """Checks records of the last build, and does again what they say."""

    output: OutputFolder
    files: SiteFiles
    store: Store
    originals: OriginalFiles
    records: Mapping[str, PageRecord]
    _pristine: set[str] = field(default_factory=set)
    _held: set[str] = field(default_factory=set)

    def find(self, page: Page, context: bytes | None) -> PageRecord | None:
        """The page's record when all that it follows from is the same, and every variant can be had; else None."""
        record = self.records.get(page.path)
        if record is None or record.context != context:
            return None
        try:
            found = sha256(self.output.read(page.path)).digest()
        except OSError:
            return None
        if found not in (record.author, record.after) or not record.trace.holds(self.files):
            return None
        if not all(self._obtained(named) for named in record.outcome.named):
            return None
        if not all(self.originals.obtainable(new) for new in record.outcome.replaced):
            return None
        if found != record.after:
            self._pristine.add(page.path)
        return record

    def finish(self, page: Page, record: PageRecord, sweep: StaleFileCleaner) -> None:
        """Publish the record's variants and write the page. Raises OSError, ImageseoError; the page is whole then."""
        for named in record.outcome.named:
            self.files.add(named.path, named.bytes)
        for named in record.outcome.named:
            self._publish(named)
        if page.path in self._pristine:
            changes = (edits.Edit(span=Span(start, end), replacement=new) for start, end, new in record.edits)
            self.output.write(page.path, edits.apply(self.output.read(page.path), changes))
        sweep.finished(page, (named.path for named in record.outcome.named))

    def _obtained(self, named: PublishedVariant) -> bool:
        """Whether a variant is published, now at the latest: the store may be pruned before the page's turn comes.

        One that in the end no page names is swept like any that the last build named.
        """
        try:
            self._publish(named)
        except (OSError, ImageseoError):
            return False  # whoever makes it anew meets the same fault, and says so
        return True

    def _publish(self, named: PublishedVariant) -> None:
        if named.path in self._held:
            return
        self.output.publish(named.path, StoredBlob(sha256=named.sha256, bytes=named.bytes), self.store)
        self._held.add(named.path)
