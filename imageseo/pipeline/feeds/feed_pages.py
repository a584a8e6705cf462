"""What feeds ask about the pages and files of a site."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from urllib.parse import quote, unquote, urljoin, urlsplit

from imageseo.model.site import Page
from imageseo.pipeline.feeds.feed_images import FeedImages
from imageseo.pipeline.incremental.feed_record import HeroFile
from imageseo.web import urls
from imageseo.web.feeds.entry import EntryUrls, FeedImage, FeedPage, FeedSite
from imageseo.web.page_lookup import PageLookup

EntryPage = tuple[Page, HeroFile | None, Sequence[str] | None]
"""A page, its hero's file, and the absolute URLs of the images of its article."""


@dataclass(frozen=True)
class FeedPages:
    """Answers what feeds ask about the pages and files of a site."""

    base_url: str
    pages: Mapping[str, EntryPage]
    images: FeedImages

    def site(self, feed: str) -> FeedSite:
        """Return the answers for one feed."""
        return FeedSite(page=partial(self._page, feed), file=partial(self._file, feed))

    @cached_property
    def _find(self) -> Callable[[str], str | None]:
        lookup = PageLookup(
            {self._plain(urls.absolute(self.base_url, page.url)): path for path, (page, _, _) in self.pages.items()}
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
        page, hero, shown = self.pages[path]
        image = None if hero is None else self.images.of_hero(hero)

        def of_content(xml_base: str | None) -> EntryUrls:
            absolute = partial(self._absolute, feed, page, xml_base=xml_base)
            return EntryUrls(
                absolute=absolute,
                image=lambda url: self._image(url, absolute),
                substitute=lambda url: self._substitute(url, shown or ()),
            )

        return FeedPage(image=image, urls=of_content)

    def _image(self, url: str, absolute: Callable[[str], str | None]) -> str | None:
        """Return the absolute URL of an image, of a JPEG instead of AVIF and WebP; None for a lost file of the site."""
        is_absolute = url.lower().startswith(("https://", "http://"))
        found = url if is_absolute else absolute(url)
        try:
            path = urls.resolve(found, page="index.html", base_url=self.base_url) if found is not None else None
        except ValueError:
            return found
        if not isinstance(path, str):
            return found
        if not self.images.files.exists(path):
            return None
        jpeg = self.images.readable(path)
        return found if jpeg is None else jpeg.url

    def _substitute(self, url: str, shown: Sequence[str]) -> str | None:
        """Return the image of a page that has the name of a lost file, with the hash of a bundler or without."""
        stem = _stem(url)
        named = [each for each in shown if stem and (_stem(each) == stem or _stem(each).startswith(_joints(stem)))]
        return self._image(named[0], lambda _: None) if len(named) == 1 else None

    def _file(self, feed: str, url: str) -> FeedImage | None:
        path = urls.resolve(url, page=feed, base_url=self.base_url)
        return self.images.of_file(path) if isinstance(path, str) else None

    def _absolute(self, feed: str, page: Page, url: str, *, xml_base: str | None) -> str | None:
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


def _stem(url: str) -> str:
    """Return the name of a file without folder, suffix, query and letter case."""
    name = unquote(url.partition("?")[0].partition("#")[0].replace("\\", "/").rpartition("/")[2]).lower()
    return name.rpartition(".")[0]


def _joints(stem: str) -> tuple[str, ...]:
    """Return how the name goes on if a hash follows."""
    return tuple(stem + mark for mark in "._-~")
