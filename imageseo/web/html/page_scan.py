"""HTML -> ImageRefs, with exact byte spans."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from imageseo.model.image import Attribute, ImageRef, OptOut, PageRegion, PageScan, SourceTag, Span
from imageseo.web.css import selectors
from imageseo.web.html import charset
from imageseo.web.html.attributes import RawAttribute, Tag, attributes, room
from imageseo.web.html.elements import OpenElement
from imageseo.web.html.landmarks import Region
from imageseo.web.html.page_text import PageText
from imageseo.web.html.tokenizer import head_room
from imageseo.web.html.walker import FoundImage, PageWalker

UnreadablePage = charset.UnreadablePage

_RULE = re.compile(r"\s*(?:imageseo-disable[:\s]\s*)?([a-z][a-z0-9-]*)\s*(?::\s*(.*))?", re.DOTALL | re.IGNORECASE)
_NEXT_RULE = re.compile(r";(?=\s*[a-z][a-z0-9-]*\s*(?::|;|$))")


def scan_page(html: bytes, *, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> PageScan:
    """Everything about a page that planning and lint need.

    ``include``: images that match, or stand in an element that matches, count as the article's.
    ``exclude``: their markup is kept as it is. Both are CSS compound selectors; others are a ``ValueError``.
    Raises ``UnreadablePage`` for bytes that cannot be edited as text.
    """
    charset.check(html)
    text = html.decode("latin-1")
    scanner = PageWalker(
        text, html.lower().decode("latin-1"), include=selectors.parse(include), exclude=selectors.parse(exclude)
    )
    return _Reading(html, text, scanner).scan()


# What themes put around an article's text, and what begins that text: neither a box within it nor a part for its own.
_WRAPPERS = re.compile(r"(?:\s|<!--.*?-->|<(?:div|section)(?:\s[^<>]*)?>)*", re.DOTALL)
_TEXT = re.compile(r"<(?:p|h[2-6])(?![^<>]*\sclass)[\s>]")
_BOX = re.compile(r"hidden|style=|admonition|alert|callout|tab|grid|card|toc|nav")
_LATE = 120  # characters: more than a date, an author and a category take
_FAR = 5_000  # characters: what stands below so much text is far from the top, and nobody asks how far


class _Reading(PageText):
    """Turns the scanner's offsets into values, in the page's own charset."""

    def __init__(self, html: bytes, text: str, scanner: PageWalker) -> None:
        super().__init__(text)
        self.scanner = scanner
        head = scanner.head
        self.codec = charset.codec(html, self._label(map(self.values, head["meta"])))
        self.metas = [self.values(tag) for tag in head["meta"]]
        self.links = [(tag, self.values(tag)) for tag in head["link"]]
        self.article = self._article()
        # Without article and main, all that no landmark claims is the article.
        self.free = PageRegion.CHROME if scanner.regions and self.article is not None else PageRegion.ARTICLE
        self.headings = [heading for heading in scanner.headings if self._zone(heading.zone) is PageRegion.ARTICLE]

    def scan(self) -> PageScan:
        head = self.scanner.head
        h1 = self._h1()
        title = next(iter(head["title"]), None)
        html_tag = next(iter(head["html"]), None)
        return PageScan(
            charset=self.codec,
            refs=tuple(self._refs()),
            head_end=self._head_end(),
            h1=Span(h1.tag.start, h1.end) if h1 else None,
            article=self.article,
            opening=self._opening(h1),
            json_ld=tuple(self._json_ld()),
            meta=tuple(self._meta()),
            title=self.words(title.end, title.close) if title else None,
            h1_text=self.words(h1.tag.end, h1.close) if h1 else None,
            language=(self.values(html_tag).get("lang") or None) if html_tag else None,
            base_href=next(
                (values["href"].strip() for values in map(self.values, head["base"]) if "href" in values), None
            ),
            canonical=next((v["href"].strip() for _, v in self._links("canonical") if "href" in v), None),
            hero_slot=Span(self.scanner.slot.start, self.scanner.slot.end) if self.scanner.slot else None,
            preload_images=tuple(
                Span(tag.start, tag.end)
                for tag, values in self._links("preload")
                if values.get("as", "").lower() == "image"
            ),
            disabled=_rules([*self.scanner.page_disabled, *map(self.decode, self.scanner.comments)]),
        )

    def _label(self, metas: Iterable[Mapping[str, str]]) -> str | None:
        for values in metas:
            if values.get("charset"):
                return values["charset"].strip()
            if values.get("http-equiv", "").lower() == "content-type":
                label = charset.declared(values.get("content", ""))
                if label:
                    return label
        return None

    def _links(self, rel: str) -> Iterable[tuple[Tag, Mapping[str, str]]]:
        for tag, values in self.links:
            if rel in values.get("rel", "").lower().split():
                yield tag, values

    def _meta(self) -> Iterable[tuple[str, str]]:
        seen = set()
        for values in self.metas:
            name = (values.get("name") or values.get("property") or "").strip().lower()
            if name and "content" in values and name not in seen:
                seen.add(name)
                yield name, values["content"].strip()

    def _json_ld(self) -> Iterable[Span]:
        for tag in self.scanner.head["script"]:
            if "ld+json" in self.text[tag.start : tag.end].lower():
                kind = self.values(tag).get("type", "").split(";")[0].strip().lower()
                if kind == "application/ld+json":
                    yield Span(tag.end, tag.close)

    def _zone(self, zone: Region | None) -> PageRegion:
        if zone is None:
            return self.free
        return PageRegion.ARTICLE if zone is Region.ARTICLE else PageRegion.CHROME

    def _article(self) -> Span | None:
        """The inner bytes of the one article; of ``<main>`` when it holds none or several."""
        regions = [entry for entry in self.scanner.regions if entry.zone is not Region.CHROME]
        main = next((entry for entry in regions if entry.region is Region.MAIN), None)
        articles: list[OpenElement] = []
        for entry in regions:
            if entry.region is Region.ARTICLE and not (articles and entry.tag.start < articles[-1].close):
                articles.append(entry)
        chosen = main
        if main is not None:
            inside = [entry for entry in articles if main.tag.end <= entry.tag.start < main.close]
            chosen = inside[0] if len(inside) == 1 else main
        elif articles:
            chosen = articles[0]
        return Span(chosen.tag.end, chosen.close) if chosen else None

    def _h1(self) -> OpenElement | None:
        """The article's first; else the first of the page that is no landmark's (some themes put it above).

        One that comes late in an article, on a page that has a title above it, is a headline among others: none then.
        """
        titles = [h for h in self.headings if h.tag.name == "h1" and h.end > h.close]
        inside = [h for h in titles if self.article and self.article.start <= h.tag.start < self.article.end]
        first = next(iter(inside or titles), None)
        if first is None or not inside or self.article is None:
            return first
        above = any(h.tag.name == "h1" and h.tag.start < self.article.start for h in self.scanner.headings)
        late = above and len(self.words(self.article.start, first.tag.start)) > _LATE
        return None if late else first

    def _opening(self, h1: OpenElement | None) -> int | None:
        """Where the text begins: what a theme wraps it in, and nothing else, gives it its column."""
        article = self.article
        if article is None or (h1 is not None and article.start <= h1.tag.start < article.end):
            return None
        if not any(h.tag.name == "h1" and h.tag.start < article.start for h in self.scanner.headings):
            return article.start
        lowered = self.scanner.lowered
        around = _WRAPPERS.match(lowered, article.start, article.end)
        end = around.end() if around else article.start
        inside = _TEXT.match(lowered, end) and not _BOX.search(lowered, article.start, end)
        return end if inside else article.start

    def _head_end(self) -> int | None:
        """Before ``</head>``; where minifiers dropped that tag, before the first thing that is no head content."""
        scanner = self.scanner
        if scanner.head_close is not None:
            return scanner.head_close
        if scanner.body is not None:
            return scanner.body.start
        return head_room(self.scanner.lowered)

    def _refs(self) -> Iterable[ImageRef]:
        line, line_start, counted = 1, 0, 0
        text_at, text_size = self._text_start(), 0
        headings = iter(self.headings)
        following = next(headings, None)
        above: OpenElement | None = None
        heading, below_h1 = None, 0
        for found in self.scanner.images:
            start = found.tag.start
            line += self.text.count("\n", counted, start)
            line_start = max(line_start, self.text.rfind("\n", counted, start) + 1)
            counted = start
            zone = self._zone(found.zone)
            if zone is PageRegion.ARTICLE and start > text_at and text_size < _FAR:
                size = self._length(text_at, start)
                text_size += size + 1 if size and text_size else size
                text_at = found.tag.end
            while following is not None and following.tag.start < start:
                above = following
                below_h1 += following.tag.name != "h1"
                following = next(headings, None)
            if above is not None:
                heading, above = self.words(above.tag.end, above.close), None
            written = attributes(self.text, found.tag)
            yield ImageRef(
                span=Span(start, found.tag.end),
                insert_at=room(self.text, found.tag, written),
                attributes=tuple(
                    Attribute(item.name, self.value(item), Span(item.start, item.end)) for item in written
                ),
                line=line,
                column=len(self.decode(self.text[line_start:start])) + 1,
                region=zone,
                opt_out=_kept(found, written),
                link=self.values(found.link).get("href") if found.link else None,
                caption=self._caption(found.figure),
                heading=heading,
                text_before=text_size if zone is PageRegion.ARTICLE else 0,
                headings_before=below_h1,
                disabled=_rules(map(self.decode, found.disabled)),
                sources=self._sources(found.sources),
                is_processed=found.picture is not None and found.picture.is_processed,
            )

    def _length(self, start: int, end: int) -> int:
        """Characters of text in a range; where that is long, at least so many that nobody asks for more."""
        cut = self.text.rfind("<", start, start + 4 * _FAR) if end - start > 4 * _FAR else start
        size = len(self.words(start, cut)) if cut > start else 0
        return size if size > _FAR else len(self.words(start, end))

    def _text_start(self) -> int:
        if self.article is not None:
            return self.article.start
        return self.scanner.body.end if self.scanner.body else 0

    def _caption(self, figure: OpenElement | None) -> str | None:
        if figure is None:
            return None
        texts = [self.words(caption.tag.end, caption.close) for caption in figure.captions]
        return next((text for text in texts if text), None)

    def _sources(self, tags: tuple[Tag, ...]) -> tuple[SourceTag, ...]:
        found = [self.values(tag) for tag in tags]
        return tuple(SourceTag(v.get("type"), v.get("srcset", ""), v.get("sizes"), v.get("media")) for v in found)


def _kept(found: FoundImage, written: Sequence[RawAttribute]) -> OptOut | None:
    if found.ignored:
        return OptOut.IGNORED
    if found.picture is not None:
        return None if found.picture.is_processed else OptOut.PICTURE
    return OptOut.SRCSET if any(item.name == "srcset" for item in written) else None


def _rules(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """``rule: why; rule: why`` -> pairs; the innermost reason for a rule counts."""
    found: dict[str, str] = {}
    for text in texts:
        for part in _NEXT_RULE.split(text):
            match = _RULE.match(part)
            if match:
                found.setdefault(match[1].lower(), " ".join((match[2] or "").split()))
    return tuple(found.items())
