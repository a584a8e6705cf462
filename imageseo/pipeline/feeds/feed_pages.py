"""What feeds ask about the pages and files of a site."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from urllib.parse import quote, urljoin, urlsplit

from imageseo.model.site import Page
from imageseo.pipeline.feeds.feed_images import FeedImages
from imageseo.pipeline.incremental.feed_record import HeroFile
from imageseo.web import urls
from imageseo.web.feeds.entry import FeedImage, FeedPage, FeedSite
from imageseo.web.page_lookup import PageLookup


@dataclass(frozen=True)
class FeedPages:
    """Answers what feeds ask about the pages and files of a site."""

    base_url: str
    pages: Mapping[str, tuple[Page, HeroFile | None]]
    images: FeedImages

    def site(self, feed: str) -> FeedSite:
        """Return the answers for one feed."""
        return FeedSite(page=partial(self._page, feed), file=partial(self._file, feed))

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
        image = None if hero is None else self.images.of_hero(hero)
        return FeedPage(image=image, absolute=partial(self._absolute, feed, page))

    def _file(self, feed: str, url: str) -> FeedImage | None:
        path = urls.resolve(url, page=feed, base_url=self.base_url)
        return self.images.of_file(path) if isinstance(path, str) else None

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
        return any(self.images.files.exists(each) for each in (path, f"{path}/index.html", f"{path}.html"))
