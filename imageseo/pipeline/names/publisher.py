"""Publish images under names that describe them, before the pages are planned: the build then sees the new names alone.

Each image stays available under its former name too: other sites, style sheets and scripts may use it. Nothing of it is
a matter of the other steps of a build, which find a page that names other files.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from imageseo.config.naming import NAMES_FILE
from imageseo.heroes.masters.drafts import in_ci
from imageseo.lint.crashes import crash_guard
from imageseo.model.errors import ImageseoError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.image import RECOMPRESSED, Asset
from imageseo.model.site import Page
from imageseo.pipeline.incremental.build_state import digest
from imageseo.pipeline.names import names_file, names_record
from imageseo.pipeline.names.assigning import assigned
from imageseo.pipeline.names.named_files import NamedFiles, file_key, may_name
from imageseo.pipeline.names.names_file import Published
from imageseo.pipeline.names.names_record import NamesRecord, PageRenames
from imageseo.storage.atomic import write_if_changed
from imageseo.web.html import edits
from imageseo.web.html.charset import UnreadablePage

if TYPE_CHECKING:
    from imageseo.pipeline.context import BuildContext

RULE = "names-kept"
_VERSION = 1  # of what is done to a page


@dataclass(slots=True, kw_only=True)
class NamesPublisher:
    """Gives the images of one build their names. ``record``: of the last build.

    ``renames``: path on disk -> published path, of the images that pages now name so. ``former``: the same of all
    paths at which such an image is, or was.
    """

    context: BuildContext
    record: NamesRecord
    renames: dict[str, str] = field(default_factory=dict)
    former: dict[str, str] = field(default_factory=dict)
    _names: dict[str, Published] = field(default_factory=dict)
    _files: NamedFiles = field(default_factory=NamedFiles)
    _copies: dict[str, str] = field(default_factory=dict)
    _mentioned: frozenset[str] = frozenset()

    def publish(self) -> None:
        """Name new images, publish files under their names, and edit pages. Raises NamesError."""
        context = self.context
        self._names = names_file.read(context.site.project)
        self._files = NamedFiles.of(context.output.root, self._names.keys(), context.settings.hero.publish)
        images = self._files.images
        if not images and not self.record.pages and not self.record.copies:
            return
        self._mentioned = self._find_mentioned()
        offered = self._offers()
        new = assigned(offered, self._names, self._files, self.context.originals.asset) if offered else {}
        if new and self._may_assign():
            self._names |= new
            write_if_changed(context.site.project / NAMES_FILE, names_file.encode(self._names))
        elif new and not context.state.preview and context.tools.memory is None:
            self._report_unnamed(new)
        self._publish_copies()
        self._edit_pages()
        self._remove_copies()

    def _may_assign(self) -> bool:
        """Whether names may be given. Not while somebody writes, and not where the file would not be committed."""
        context = self.context
        return not (context.state.preview or context.tools.memory is not None or context.settings.frozen or in_ci())

    def _find_mentioned(self) -> frozenset[str]:
        key = self._files.code_digest(self._files.images)
        if self.record.scripts != key:
            self.record.mentioned = self._files.mentioned(self.context.output, self._files.images)
            self.record.scripts = key
        return frozenset(self.record.mentioned)

    def _offers(self) -> dict[str, str]:
        """Return the words for images without a name, by NFC path: those of the first page that describes them."""
        wanted = self._files.images.keys() - self._names.keys() - self._mentioned
        names = {file_key(posixpath.basename(path)) for path in wanted}
        before, offered = self._page_context([]), dict[str, str]()
        for page in self._pages() if wanted else ():
            raw = self._read(page)
            known = self.record.pages.get(page.path)
            if raw is None or not may_name(raw, names):
                continue
            if known is not None and known.context == before and known.source == sha256(raw).digest():
                continue  # it had its say
            with crash_guard(self.context.findings, page, "its images were not named"):
                for path, slug in self._words(page, raw):
                    if path in wanted:
                        offered.setdefault(path, slug)
        return offered

    def _words(self, page: Page, raw: bytes) -> Iterator[tuple[str, str]]:
        from imageseo.pipeline.names.page_names import PageNames  # not needed where no page changed

        try:
            yield from PageNames(edits.strip(raw), page, self.context.site.base_url).words()
        except UnreadablePage:
            return  # the plan of the page reports it

    def _publish_copies(self) -> None:
        """Publish each named image under all names that it ever had."""
        images = self._files.images
        final = names_file.final_paths(self._names)
        for old in sorted(self._names.keys() & images.keys()):
            path, chain = images[old], [self._names[old].path]
            while chain[-1] in self._names:
                chain.append(self._names[chain[-1]].path)
            try:
                published = [self._copy(path, each) for each in chain]  # under each of them
                if all(published) and old not in self._mentioned:
                    self.renames[path] = final[old]
                    self.former |= dict.fromkeys([path, *chain[:-1]], final[old])
            except (OSError, ImageseoError) as error:
                reason = error.strerror if isinstance(error, OSError) else error.message
                self._report(f"{path} is not published as {final[old]}: {reason}", "make the folder writable", path)

        for old in self._names.keys() - images.keys():  # moved by its author
            if final[old] in self._copies:
                self.former[old] = final[old]

    def _copy(self, path: str, new: str) -> bool:
        """Publish a copy of a file, and return whether it is there; another file at its path is left alone."""
        originals, output = self.context.originals, self.context.output
        asset = originals.asset(path)
        if not isinstance(asset, Asset):
            return False
        if new in self._copies:
            return self._copies[new] == asset.sha256
        if output.locate(new).exists():
            present = originals.asset(new)
            digest_there = present.sha256 if isinstance(present, Asset) else ""
            is_ours = self.record.copies.get(new) == digest_there or getattr(present, "writer", None) == RECOMPRESSED
            if digest_there != asset.sha256 and not is_ours:
                self._report(
                    f"{path} keeps its name: {new} is another file of the site",
                    f'rename that file, or add the line `"{new}" = "…"` to {NAMES_FILE}',
                    path,
                )
                return False
            if digest_there == asset.sha256:
                self._copies[new] = asset.sha256
                return True
        data = output.read(path)
        output.write(new, data)
        self.context.files.add(new, len(data))
        self._copies[new] = asset.sha256
        return True

    def _edit_pages(self) -> None:
        """Make the pages name the new files. A page that names none of them is not read twice."""
        final = names_file.final_paths(self._names)
        kept = [path for old, path in self._files.images.items() if old in final and path not in self.renames]
        context, records = self._page_context(kept), dict(self.record.pages)
        names = {file_key(posixpath.basename(path)) for path in self.renames}
        for page in self._pages() if names else ():
            raw = self._read(page)
            if raw is None or not may_name(raw, names):
                continue
            known, source = records.get(page.path), sha256(raw).digest()
            if known is None or (known.context, known.source) != (context, source):
                known = None
                with crash_guard(self.context.findings, page, "its images keep their names"):
                    known = self._rename(page, raw, context)
            if known is not None:
                records[page.path] = known
        paths = {page.path for page in self.context.site.pages}
        self.record.pages = {path: each for path, each in records.items() if path in paths}
        for page in self._pages():
            each = self.record.pages.get(page.path)
            raw = self._read(page) if each is not None and each.context == context and each.changes else None
            if each is not None and raw is not None and sha256(raw).digest() == each.source:
                self.context.output.write(page.path, names_record.applied(raw, each.changes))

    def _rename(self, page: Page, raw: bytes, context: str) -> PageRenames | None:
        from imageseo.pipeline.names.page_names import PageNames  # as above

        html = edits.strip(raw)
        known = self.record.pages.get(page.path)
        if known is not None and (known.context, known.published) == (context, sha256(html).digest()):
            return known  # as the last build left it
        try:
            changes = PageNames(html, page, self.context.site.base_url).edits(self.renames)
        except UnreadablePage:
            return None
        if not changes:
            return PageRenames(sha256(raw).digest(), sha256(html).digest(), context, [], [])
        if html != raw:  # an earlier build has edited it
            self.context.stale.add_replaced_page(page, raw)
            self.context.output.write(page.path, html)
        return names_record.recorded(html, changes, context)

    def _remove_copies(self) -> None:
        """Remove copies of images that are gone, and remember those of this build."""
        for path, content in self.record.copies.items():
            if path not in self._copies:
                present = self.context.originals.asset(path)
                if isinstance(present, Asset) and (present.sha256 == content or present.writer == RECOMPRESSED):
                    self.context.output.remove(path)
        self.record.copies = self._copies

    def _page_context(self, kept: Sequence[str]) -> str:
        """Return a digest of what the edits of a page depend on besides the page. ``kept``: images with a name that
        cannot have it.
        """
        names = [(old, new.path) for old, new in sorted(self._names.items())]
        return digest(
            *(_VERSION, names, sorted(self._files.images.items()), sorted(self._mentioned), sorted(kept)),
            self.context.site.base_url,
        )

    def _pages(self) -> Sequence[Page]:
        """The pages that may have changed, in the order of their paths."""
        recall = self.context.recall
        pages = [page for page in self.context.pages if recall is None or page.path in recall.changed]
        return sorted(pages, key=lambda page: page.path)

    def _read(self, page: Page) -> bytes | None:
        try:
            return self.context.files.page(page.path)
        except OSError:
            return None  # the plan of the page reports it

    def _report_unnamed(self, new: Mapping[str, Published]) -> None:
        first, more = min(new), len(new) - 1
        self._report(
            f"{first}{f' and {more} more' if more else ''} keep their names: {NAMES_FILE} has no line for them, "
            f"and {'a frozen build' if self.context.settings.frozen else 'a build in CI'} gives no names",
            f"build once on your machine, and commit {NAMES_FILE}",
            first,
        )

    def _report(self, message: str, hint: str, path: str) -> None:
        location = Location(page=path)
        self.context.findings.append(
            Finding(rule=RULE, severity=Severity.INFO, message=message, location=location, hint=hint)
        )
