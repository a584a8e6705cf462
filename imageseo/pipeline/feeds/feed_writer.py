"""Give the entries of a site's feeds the images of their pages, and plain images in their content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote

from imageseo.config.settings import Settings
from imageseo.images.encoding.encoder import Encoder
from imageseo.lint.facts.site_files import SiteFiles
from imageseo.model.errors import ImageseoError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.site import Page
from imageseo.pipeline.incremental.build_state import digest
from imageseo.pipeline.incremental.feed_record import FeedRecord
from imageseo.storage.output import OutputFolder
from imageseo.web.feeds.feed_file import HEAD, is_feed, restored

if TYPE_CHECKING:
    from imageseo.pipeline.feeds.feed_pages import EntryPage, FeedPages

_MAX_READ = 8 * 2**20  # more than is edited


class FeedWriter:
    """Edits the feeds of a build. Without a site URL there is nothing to write, as feeds need absolute URLs.

    ``heroes``: page's file -> page, its hero's file and its images. ``previous``, ``written``: feed -> its record, of
    the last build and this one. What edits need is loaded only for a feed that has changed.
    """

    def __init__(
        self,
        output: OutputFolder,
        files: SiteFiles,
        encoder: Encoder,
        settings: Settings,
        *,
        base_url: str | None,
        heroes: Mapping[str, EntryPage],
        previous: Mapping[str, FeedRecord],
    ) -> None:
        self.written: dict[str, FeedRecord] = {}
        self._output, self._files, self._encoder = output, files, encoder
        self._base_url = base_url
        self._folder, self._quality = f"{settings.hero.publish}/feeds", settings.quality.jpeg
        self._heroes = heroes
        self._previous = previous

    def findings(
        self, unwritable: Callable[[Page, OSError | ImageseoError], Finding], *, restore: bool = False
    ) -> Iterator[Finding]:
        """Edit every feed; one that cannot be edited safely is left as it is, with a finding.

        ``unwritable``: returns the finding of a file that cannot be written. ``restore``: take the edits of the last
        build back instead.
        """
        for path in self._previous if restore else self._output.feeds:
            try:
                data = self._read(path)
                if data is None:
                    continue
                if restore:
                    before = self._without_edits(path, data, _sha256(data))
                    if before != data:
                        self._output.write(path, before)
                elif self._base_url is not None:
                    self.written[path] = record = self._edit(path, data)
                    yield from record.findings
            except (OSError, ImageseoError) as error:
                yield unwritable(Page(path=path), error)
        made = {path for record in self.written.values() for path in record.files}
        for path in sorted({path for record in self._previous.values() for path in record.files} - made):
            if path.startswith(f"{self._folder}/"):
                self._output.remove(path)

    @cached_property
    def _context(self) -> str:
        """A hash of what all feeds depend on."""
        heroes = [(path, hero, hero and self._files.size(hero.path)) for path, (_, hero, _) in self._heroes.items()]
        shown = [images for _, _, images in self._heroes.values()]
        return digest(self._base_url, self._quality, self._folder, heroes, shown)

    @cached_property
    def _pages(self) -> FeedPages:
        from imageseo.pipeline.feeds.feed_images import FeedImages
        from imageseo.pipeline.feeds.feed_pages import FeedPages

        base_url = self._base_url or ""
        images = FeedImages(self._output, self._files, self._encoder, base_url, self._folder, self._quality)
        return FeedPages(base_url, self._heroes, images)

    def _read(self, path: str) -> bytes | None:
        """Return the bytes of a feed; None if the file is none, or does not exist."""
        try:
            return self._output.begins(path, _MAX_READ) if is_feed(self._output.begins(path, HEAD), path) else None
        except FileNotFoundError:
            return None

    def _without_edits(self, path: str, data: bytes, sha256: str) -> bytes:
        previous = self._previous.get(path)
        return data if previous is None or previous.sha256 != sha256 else restored(data, previous.reverse)

    def _edit(self, path: str, data: bytes) -> FeedRecord:
        previous, current = self._previous.get(path), _sha256(data)
        if (
            previous is not None
            and (previous.context, previous.sha256) == (self._context, current)
            and all(map(self._files.exists, previous.files))
        ):
            return previous
        from imageseo.web.feeds.entry import BadFeed
        from imageseo.web.feeds.feed_edits import edited

        before = self._without_edits(path, data, current)
        try:
            new, reverse = edited(before, path, self._pages.site(path))
        except BadFeed as error:
            new, reverse, found = before, [], [_finding(path, error.args[0])]
        else:
            found = []
        if new != data:  # what is too large has not been read to its end
            self._output.write(path, new)
        files = [each for each in sorted(self._pages.images.published) if quote(each).encode() in new]
        return FeedRecord(self._context, _sha256(new), reverse, found, files)


def _sha256(data: bytes) -> str:
    return sha256(data).hexdigest()


def _finding(path: str, problem: str) -> Finding:
    return Finding(
        rule="feed-unreadable",
        severity=Severity.WARN,
        message=f"{path} is left as it is: {problem}",
        location=Location(page=path),
        hint="correct what writes the feed",
    )
