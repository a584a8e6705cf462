"""Scans a page for its images, headings, metadata and other facts, with exact byte spans."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from imageseo.model.image import Attribute, ImageRef, IndexingTag, OptOut, PageRegion, PageScan, SourceTag, Span
from imageseo.web.css import selectors
from imageseo.web.html import charset, edits
from imageseo.web.html.article_text import MAX_TEXT_BEFORE, ArticleText
from imageseo.web.html.attributes import RawAttribute, Tag, attributes, insertion_offset
from imageseo.web.html.elements import OpenElement
from imageseo.web.html.landmarks import Region
from imageseo.web.html.style_sources import style_sources
from imageseo.web.html.suppressions import parse_suppressions
from imageseo.web.html.walker import FoundImage, PageWalker

UnreadablePage = charset.UnreadablePage


def scan_page(html: bytes, *, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> PageScan:
    """Scan a page for everything that planning and lint need.

    ``include``: images that match, or are in an element that matches, count as part of the article.
    ``exclude``: the markup of these is left unchanged. Both are CSS selectors; an invalid one raises ``ValueError``.
    Raises ``UnreadablePage`` for bytes that cannot be edited as text.
    """
    charset.check_size(html)
    # Whether a page can be read does not depend on the edits of a build, which only add text.
    charset.check_readable(edits.strip(html) if b"\0" in html else html)
    text = html.decode("latin-1")
    plain_include, tree_include = selectors.split(tuple(include))
    plain_exclude, tree_exclude = selectors.split(tuple(exclude))
    walker = PageWalker(html, text, html.lower().decode("latin-1"), include=plain_include, exclude=plain_exclude)
    scan = _ScanBuilder(html, text, walker).scan()
    if scan.refs and (tree_include or tree_exclude):
        scan = replace(scan, refs=tuple(_select(html, scan, tree_include, tree_exclude)))
    return scan


def _select(html: bytes, scan: PageScan, include: tuple[str, ...], exclude: tuple[str, ...]) -> Iterator[ImageRef]:
    """Yield the images with the effect of selectors that need a tree."""
    from imageseo.web.css.tree_match import matching_images

    included, excluded = matching_images(html, scan.charset, [ref.src for ref in scan.refs], include, exclude)
    for number, ref in enumerate(scan.refs):
        region = PageRegion.ARTICLE if number in included else ref.region
        opt_out = OptOut.IGNORED if number in excluded else ref.opt_out
        is_changed = region is not ref.region or opt_out is not ref.opt_out
        yield replace(ref, region=region, opt_out=opt_out) if is_changed else ref


# Wrappers that themes put around an article's text, the tags that begin the text, and classes of boxes within it.
_WRAPPERS = re.compile(r"(?:\s|<!--.*?-->|<(?:div|section)(?:\s[^<>]*)?>)*", re.DOTALL)
_TEXT_START = re.compile(r"<(?:p|h[2-6])(?![^<>]*\sclass)[\s>]")
_BOX_CLASS = re.compile(r"hidden|style=|admonition|alert|callout|tab|grid|card|toc|nav")
_MAX_BYLINE = 120  # characters: more than a date, an author and a category need


class _ScanBuilder(ArticleText):
    """Turns the offsets of the walker into values, decoded by the page's charset."""

    def __init__(self, html: bytes, text: str, walker: PageWalker) -> None:
        super().__init__(text, walker)
        head = walker.head
        self.codec = charset.codec(html, self._declared_charset(map(self.values, head["meta"])))
        self.metas = [self.values(tag) for tag in head["meta"]]
        self.links = [(tag, self.values(tag)) for tag in head["link"]]
        self.article = self._article()
        # Without <article> and <main>, everything outside landmarks is the article.
        self.default_region = PageRegion.CHROME if walker.regions and self.article is not None else PageRegion.ARTICLE
        self.headings = [heading for heading in walker.headings if self._region(heading.zone) is PageRegion.ARTICLE]

    def scan(self) -> PageScan:
        head = self.walker.head
        h1 = self._h1()
        title = next(iter(head["title"]), None)
        html_tag = next(iter(head["html"]), None)
        return PageScan(
            charset=self.codec,
            refs=tuple(self._refs()),
            head_end=self.walker.head_end(),
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
            hero_slot=Span(self.walker.slot.start, self.walker.slot.end) if self.walker.slot else None,
            preload_images=tuple(
                Span(tag.start, tag.end)
                for tag, values in self._links("preload")
                if values.get("as", "").lower() == "image"
            ),
            styles=style_sources(self.links, [(tag, self.values(tag)) for tag in head["style"]]),
            indexing=tuple(self._indexing()),
            policies=tuple(
                values.get("content", "")
                for values in self.metas
                if values.get("http-equiv", "").strip().lower() == "content-security-policy"
            ),
            disabled=parse_suppressions([*self.walker.page_disabled, *map(self.decode, self.walker.comments)]),
        )

    def _declared_charset(self, metas: Iterable[Mapping[str, str]]) -> str | None:
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

    def _indexing(self) -> Iterable[IndexingTag]:
        for tag, values in zip(self.walker.head["meta"], self.metas, strict=True):
            name = (values.get("name") or values.get("property") or "").strip().lower()
            is_refresh = values.get("http-equiv", "").strip().lower() == "refresh"
            if name in ("robots", "googlebot") or is_refresh:
                kind: Literal["refresh", "robots"] = "refresh" if is_refresh else "robots"
                yield IndexingTag(kind=kind, value=values.get("content", ""), span=Span(tag.start, tag.end))
        head_end = self.walker.head_end()
        for tag, values in self._links("canonical"):
            if "href" in values and (head_end is None or tag.start < head_end):  # in the body it counts for nothing
                yield IndexingTag(kind="canonical", value=values["href"].strip(), span=Span(tag.start, tag.end))

    def _json_ld(self) -> Iterable[Span]:
        for tag in self.walker.head["script"]:
            if "ld+json" in self.text[tag.start : tag.end].lower():
                kind = self.values(tag).get("type", "").split(";")[0].strip().lower()
                if kind == "application/ld+json":
                    yield Span(tag.end, tag.close)

    def _region(self, zone: Region | None) -> PageRegion:
        if zone is None:
            return self.default_region
        return PageRegion.ARTICLE if zone is Region.ARTICLE else PageRegion.CHROME

    def _article(self) -> Span | None:
        """Return the content of the only article; of ``<main>`` if that contains none or several."""
        regions = [entry for entry in self.walker.regions if entry.zone is not Region.CHROME]
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
        """Return the first h1 of the article; else the first outside landmarks (some themes put it above the article).

        None if it comes late in an article on a page with a title above it: it is then one headline among others.
        """
        titles = [h for h in self.headings if h.tag.name == "h1" and h.end > h.close]
        inside = [h for h in titles if self.article and self.article.start <= h.tag.start < self.article.end]
        first = next(iter(inside or titles), None)
        if first is None or not inside or self.article is None:
            return first
        above = any(h.tag.name == "h1" and h.tag.start < self.article.start for h in self.walker.headings)
        is_late = above and len(self.words(self.article.start, first.tag.start)) > _MAX_BYLINE
        return None if is_late else first

    def _opening(self, h1: OpenElement | None) -> int | None:
        """Return where the text of the article begins, inside the wrappers that determine its column."""
        article = self.article
        if article is None or (h1 is not None and article.start <= h1.tag.start < article.end):
            return None
        if not any(h.tag.name == "h1" and h.tag.start < article.start for h in self.walker.headings):
            return article.start
        lowered = self.walker.lowered
        wrappers = _WRAPPERS.match(lowered, article.start, article.end)
        end = wrappers.end() if wrappers else article.start
        inside = _TEXT_START.match(lowered, end) and not _BOX_CLASS.search(lowered, article.start, end)
        return end if inside else article.start

    def _refs(self) -> Iterable[ImageRef]:
        line, column, counted = 1, 0, 0
        text_at, text_size = self.text_start(), 0
        headings = iter(self.headings)
        following = next(headings, None)
        above: OpenElement | None = None
        heading, below_h1 = None, 0
        for found in self.walker.images:
            start = found.tag.start
            line += self.text.count("\n", counted, start)
            line_start = self.text.rfind("\n", counted, start) + 1
            # A line is decoded once, not once for each image: minified pages are one line.
            column = (0 if line_start else column) + len(self.decode(self.text[line_start or counted : start]))
            counted = start
            region = self._region(found.zone)
            if region is PageRegion.ARTICLE and start > text_at and text_size < MAX_TEXT_BEFORE:
                size = self.visible_length(text_at, start)
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
                insert_at=insertion_offset(self.text, found.tag, written),
                attributes=tuple(
                    Attribute(item.name, self.value(item), Span(item.start, item.end)) for item in written
                ),
                line=line,
                column=column + 1,
                region=region,
                opt_out=_opt_out(found, written),
                link=self.values(found.link).get("href") if found.link else None,
                caption=self._caption(found.figure),
                heading=heading,
                text_before=text_size if region is PageRegion.ARTICLE else 0,
                headings_before=below_h1,
                disabled=parse_suppressions(map(self.decode, found.disabled)),
                sources=self._sources(found.sources),
                is_processed=_is_processed(found, written),
                hidden_by=found.hidden_by,
                may_be_hidden=found.may_be_hidden,
                in_footer=found.in_footer,
                in_rows=found.in_rows or self.is_in_table(start),
                unwrappable=found.unwrappable,
            )

    def _caption(self, figure: OpenElement | None) -> str | None:
        if figure is None:
            return None
        texts = [self.words(caption.tag.end, caption.close) for caption in figure.captions]
        return next((text for text in texts if text), None)

    def _sources(self, tags: tuple[Tag, ...]) -> tuple[SourceTag, ...]:
        names = ("sizes", "media", "width", "height")
        found = [self.values(tag) for tag in tags]
        return tuple(SourceTag(v.get("type"), v.get("srcset", ""), *map(v.get, names)) for v in found)


def _opt_out(found: FoundImage, written: Sequence[RawAttribute]) -> OptOut | None:
    if found.ignored:
        return OptOut.IGNORED
    if found.picture is not None:
        return None if found.picture.is_processed else OptOut.PICTURE
    has_srcset = any(item.name == "srcset" for item in written)
    return OptOut.SRCSET if has_srcset and not _is_processed(found, written) else None


def _is_processed(found: FoundImage, written: Sequence[RawAttribute]) -> bool:
    """Whether imageseo wrote the candidates: the ``<picture>`` around an image, or the ``srcset`` of its tag."""
    if found.picture is not None:
        return found.picture.is_processed
    marker = next((item.value for item in written if item.name == edits.MARKER), None)
    return marker is not None and "srcset" in marker.split()
