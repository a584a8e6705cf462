"""Edits of RSS and Atom feeds: an enclosure and Media RSS for each entry's hero, and plain images in its content."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from xml.sax.saxutils import quoteattr

from imageseo.web.feeds import content, encoded_text, xml_document
from imageseo.web.feeds.encoded_text import EncodedText
from imageseo.web.feeds.entry import EntryUrls, FeedEdit, FeedImage, FeedSite
from imageseo.web.feeds.xml_document import ATOM, MEDIA, FeedElement, XmlFeed

_MIN_SIDE = 48
"""px; smaller images are icons and tracking pixels."""
_MAX_IMAGES = 20
_PLAIN = ("image/jpeg", "image/png", "image/gif")
_CONTENT = "http://purl.org/rss/1.0/modules/content/"


def edits(data: bytes, site: FeedSite) -> list[FeedEdit]:
    """Return the edits of a feed in UTF-8, in order; none for XML that is no feed. Raises BadFeed."""
    feed = xml_document.read(data)
    return [] if feed is None else sorted(_Edits(feed, site).all(), key=lambda edit: (edit.start, edit.end))


class _Edits:
    def __init__(self, feed: XmlFeed, site: FeedSite) -> None:
        self.feed, self.site = feed, site
        self.has_media = False  # whether an edit uses the prefix of Media RSS
        self.media = self._media_prefix()
        # An image as an enclosure would be an episode there.
        self.is_podcast = any(_is_episode(each) for entry in feed.entries for each in self._enclosures(entry))

    def all(self) -> Iterator[FeedEdit]:
        for entry in self.feed.entries:
            yield from self._corrected(entry)
            link = self._link(entry)
            page = self.site.page(link) if link else None
            if page is None:
                continue
            contents = [(text, page.urls(base)) for text, base in self._contents(entry)]
            if not entry.is_empty_tag:
                yield from self._added(entry, page.image, self._body_images(contents, page.image))
            for text, urls in contents:
                for start, end, new in content.changes(text.text, urls):
                    edit = text.edit(start, end, new)
                    if edit is None:
                        break  # the rest depends on it
                    yield edit
        root = self.feed.root
        if self.has_media and root is not None and self.media not in self.feed.on_root:
            at = root.inner - (2 if root.is_empty_tag else 1)
            yield FeedEdit(start=at, end=at, new=f' xmlns:{self.media}="{MEDIA}"')

    def _media_prefix(self) -> str | None:
        """Return the prefix for Media RSS; None if another namespace has it."""
        for prefix, uri in self.feed.on_root.items():
            if uri == MEDIA and prefix:
                redeclared = any(each == prefix and other != MEDIA for each, other in self.feed.prefixes)
                return None if redeclared else prefix
        return None if any(prefix == "media" for prefix, _ in self.feed.prefixes) else "media"

    def _link(self, entry: FeedElement) -> str:
        """Return the URL of an entry's page."""
        if self.feed.kind == "atom":
            links = [each for each in entry.children if (each.space, each.name) == (ATOM, "link")]
            found = (each for each in links if each.attributes.get("rel", "alternate") == "alternate")
            return next((each.attributes.get("href", "").strip() for each in found), "")
        for each in entry.children:
            if each.space == "" and each.name == "link" and each.text.strip():
                return each.text.strip()
        for each in entry.children:
            if each.space == "" and each.name == "guid" and each.attributes.get("isPermaLink", "true") == "true":
                return each.text.strip()
        return ""

    def _enclosures(self, entry: FeedElement) -> list[FeedElement]:
        if self.feed.kind == "rss":
            return [each for each in entry.children if each.space == "" and each.name == "enclosure"]
        links = (each for each in entry.children if (each.space, each.name) == (ATOM, "link"))
        return [each for each in links if each.attributes.get("rel") == "enclosure"]

    def _body_images(
        self, contents: list[tuple[EncodedText, EntryUrls]], hero: FeedImage | None
    ) -> Iterator[FeedImage]:
        """Yield the images of an entry's content that are files of the site, without its hero and without icons."""
        named = (url for text, urls in contents for url in content.images(text.text, urls))
        found = (self.site.file(url) for url in dict.fromkeys(named) if hero is None or url != hero.url)
        large = (each for each in found if each is not None and min(each.width, each.height) >= _MIN_SIDE)
        yield from islice((each for each in large if each.mime in _PLAIN), _MAX_IMAGES)

    def _added(self, entry: FeedElement, image: FeedImage | None, others: Iterable[FeedImage]) -> Iterator[FeedEdit]:
        """Yield the insertion of the entry's images: after its last element, with the same space before.

        ``image``: the hero. ``others``: those of its content.
        """
        has_image = any(not _is_episode(each) for each in self._enclosures(entry))
        lines = []
        if image is not None and not self._enclosures(entry) and not self.is_podcast:
            url, mime = quoteattr(image.url), quoteattr(image.mime)
            if self.feed.kind == "rss":
                lines.append(f'<enclosure url={url} length="{image.bytes}" type={mime}/>')
            else:
                name = f"{entry.prefix}:link" if entry.prefix else "link"
                lines.append(f'<{name} rel="enclosure" href={url} length="{image.bytes}" type={mime}/>')
        if self.media is not None and not has_image and not _has_media(entry):
            for each in (image, *others):
                if each is not None:
                    size = f'fileSize="{each.bytes}" width="{each.width}" height="{each.height}"'
                    about = f'url={quoteattr(each.url)} medium="image" type={quoteattr(each.mime)}'
                    lines.append(f"<{self.media}:content {about} {size}/>")
                    self.has_media = True
        if lines:
            last = entry.children[-1] if entry.children else None
            at = entry.inner if last is None else last.end
            space = "" if last is None else _space_before(self.feed.source, last.start)
            yield FeedEdit(start=at, end=at, new="".join(space + line for line in lines))

    def _corrected(self, entry: FeedElement) -> Iterator[FeedEdit]:
        """Yield corrections of the length and type of an enclosed image of this site."""
        for each in self._enclosures(entry):
            name = "url" if self.feed.kind == "rss" else "href"
            if _is_episode(each) or not (url := each.attributes.get(name, "").strip()):
                continue
            image = self.site.file(url)
            if image is None:
                continue
            tag = self.feed.source[each.start : each.inner]
            for attribute, value in (("length", str(image.bytes)), ("type", image.mime)):
                written = each.attributes.get(attribute)
                if written == value or (written is None and self.feed.kind == "atom"):
                    continue
                if written is None:
                    at = each.inner - (2 if tag.endswith("/>") else 1)
                    yield FeedEdit(start=at, end=at, new=f' {attribute}="{value}"')
                elif match := re.search(rf"""\s{attribute}\s*=\s*("[^"]*"|'[^']*')""", tag):
                    yield FeedEdit(start=each.start + match.start(1), end=each.start + match.end(1), new=f'"{value}"')

    def _contents(self, entry: FeedElement) -> Iterator[tuple[EncodedText, str | None]]:
        """Yield the HTML of an entry with the base URL that the feed declares for it."""
        for each in entry.children:
            if each.is_empty_tag:
                continue
            text: EncodedText | None = None
            if self.feed.kind == "rss":
                if (each.space, each.name) in (("", "description"), (_CONTENT, "encoded")):
                    text = encoded_text.xml_text(self.feed.source, each.inner, each.close)
            elif each.space == ATOM and each.name in ("content", "summary"):
                kind = each.attributes.get("type", "text").lower()
                if kind == "xhtml":
                    text = encoded_text.literal(self.feed.source, each.inner, each.close)
                elif kind in ("html", "text/html"):
                    text = encoded_text.xml_text(self.feed.source, each.inner, each.close)
            if text is not None:
                yield text, each.base


def _is_episode(enclosure: FeedElement) -> bool:
    """Whether an enclosure is no image: a podcast's audio, a video, a document."""
    kind = enclosure.attributes.get("type", "").strip().lower()
    url = (enclosure.attributes.get("url") or enclosure.attributes.get("href") or "").lower()
    is_image = re.search(r"\.(?:jpe?g|png|gif|webp|avif|svg)(?:[?#]|$)", url) is not None
    return not (kind.startswith("image/") or (is_image and not kind.startswith(("audio/", "video/"))))


def _has_media(element: FeedElement) -> bool:
    """Whether an entry has Media RSS of its own, however deep."""
    waiting = [element]
    while waiting:
        each = waiting.pop()
        if each.space.rstrip("/") == MEDIA.rstrip("/") and each.name in ("content", "thumbnail", "group"):
            return True
        waiting += each.children
    return False


def _space_before(source: str, at: int) -> str:
    """Return the white space before an offset, at most one line end and its indentation."""
    start = at
    while start > 0 and source[start - 1] in " \t\r\n":
        start -= 1
    space = source[start:at]
    line = max(space.rfind("\n"), space.rfind("\r"))
    return space if line < 0 else ("\r\n" if space[max(0, line - 1) : line + 1] == "\r\n" else "\n") + space[line + 1 :]
