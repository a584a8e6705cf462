"""Give the entries of a site's feeds the images of their pages, and plain images in their content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import sha256
from urllib.parse import quote, urljoin, urlsplit

from imageseo.lint.facts.site_files import SiteFiles
from imageseo.model.errors import ImageseoError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.image import Asset
from imageseo.model.site import Page
from imageseo.pipeline.incremental.build_state import digest
from imageseo.pipeline.incremental.feed_record import FeedRecord, HeroFile
from imageseo.storage.output import OutputFolder
from imageseo.web import urls
from imageseo.web.feeds.entry import BadFeed, FeedImage, FeedPage, FeedSite
from imageseo.web.feeds.feed_file import HEAD, edited, is_feed, restored
from imageseo.web.page_lookup import PageLookup

_MAX_READ = 64 * 2**20


class FeedWriter:
    """Edits the feeds of a build. Without a site URL there is nothing to write, as feeds need absolute URLs.

    ``heroes``: page's file -> page and its hero's file. ``previous``, ``written``: feed -> its record, of the last
    build and this one.
    """

    def __init__(
        self,
        output: OutputFolder,
        files: SiteFiles,
        *,
        base_url: str | None,
        heroes: Mapping[str, tuple[Page, HeroFile | None]],
        previous: Mapping[str, FeedRecord],
    ) -> None:
        self.written: dict[str, FeedRecord] = {}
        self._output = output
        self._previous = previous
        self._pages = FeedPages(base_url, heroes, output, files) if base_url is not None else None

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
                    self._output.write(path, self._without_edits(path, data))
                elif self._pages is not None:
                    self.written[path] = record = self._edit(path, data, self._pages)
                    yield from record.findings
            except (OSError, ImageseoError) as error:
                yield unwritable(Page(path=path), error)

    def _read(self, path: str) -> bytes | None:
        """Return the bytes of a feed; None if the file is none, or does not exist."""
        try:
            return self._output.begins(path, _MAX_READ) if is_feed(self._output.begins(path, HEAD), path) else None
        except FileNotFoundError:
            return None

    def _without_edits(self, path: str, data: bytes) -> bytes:
        previous = self._previous.get(path)
        return data if previous is None or previous.sha256 != _sha256(data) else restored(data, previous.reverse)

    def _edit(self, path: str, data: bytes, pages: FeedPages) -> FeedRecord:
        previous = self._previous.get(path)
        if previous is not None and (previous.context, previous.sha256) == (pages.digest, _sha256(data)):
            return previous
        data = self._without_edits(path, data)
        try:
            new, reverse = edited(data, path, pages.site(path))
        except BadFeed as error:
            new, reverse, found = data, [], [_finding(path, error.args[0])]
        else:
            found = []
        self._output.write(path, new)
        return FeedRecord(pages.digest, _sha256(new), reverse, found)


@dataclass(frozen=True)
class FeedPages:
    """Answers what feeds ask about the pages and files of a site."""

    base_url: str
    pages: Mapping[str, tuple[Page, HeroFile | None]]
    output: OutputFolder
    files: SiteFiles

    def site(self, feed: str) -> FeedSite:
        """Return the answers for one feed."""
        return FeedSite(page=partial(self._page, feed), file=partial(self._file, feed))

    @cached_property
    def digest(self) -> str:
        """A hash of all pages and heroes."""
        return digest(self.base_url, [(path, hero) for path, (_, hero) in self.pages.items()])

    @cached_property
    def _find(self) -> Callable[[str], str | None]:
        lookup = PageLookup(
            {self._plain(urls.absolute(self.base_url, page.url)): path for path, (page, _) in self.pages.items()}
        )
        return lookup.find

    def _plain(self, url: str) -> str:
        """Return a URL without query and fragment; readers are counted by ``?utm_source=rss``. http is https here."""
        parts = urlsplit(url)
        return f"https://{parts.netloc}{parts.path}"

    def _page(self, feed: str, link: str) -> FeedPage | None:
        try:
            path = self._find(self._plain(urljoin(urls.absolute(self.base_url, feed), link)))
        except ValueError:  # a broken address
            return None
        if path is None:
            return None
        page, hero = self.pages[path]
        image = None if hero is None else self._image(hero.path, hero.format, hero.width, hero.height)
        return FeedPage(image=image, absolute=partial(self._absolute, feed, page))

    def _file(self, feed: str, url: str) -> FeedImage | None:
        path = urls.resolve(url, page=feed, base_url=self.base_url)
        if not isinstance(path, str) or not urls.is_image_url(path) or not self.files.exists(path):
            return None
        asset = self.files.asset(path)
        return self._image(path, asset.format, asset.width, asset.height) if isinstance(asset, Asset) else None

    def _image(self, path: str, form: str, width: int, height: int) -> FeedImage | None:
        try:
            size = self.output.locate(path).stat().st_size
        except (OSError, ImageseoError):
            return None
        mime = "image/svg+xml" if form == "svg" else f"image/{form}"
        return FeedImage(url=urls.absolute(self.base_url, path), mime=mime, bytes=size, width=width, height=height)

    def _absolute(self, feed: str, page: Page, url: str, xml_base: str | None) -> str | None:
        """Return the absolute URL of what a relative one names: relative to the page, else as the feed declares it."""
        try:
            if urlsplit(url).scheme or url.startswith(("//", "#", "?")):
                return None
            of_feed = urls.absolute(self.base_url, feed)
            for base in (urls.absolute(self.base_url, page.url), urljoin(of_feed, xml_base or "")):
                target = urljoin(base, url.replace("\\", "/"))
                if self._exists(target):
                    return quote(target, safe="%/:=&?~#+!$,;'@()*[]", errors="surrogateescape")
        except ValueError:
            return None
        return None

    def _exists(self, url: str) -> bool:
        path = urls.resolve(url, page="index.html", base_url=self.base_url)
        if not isinstance(path, str):
            return self._plain(url) == self._plain(self.base_url)
        return any(self.files.exists(each) for each in (path, f"{path}/index.html", f"{path}.html"))


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
