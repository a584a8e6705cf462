"""Walks over the tree of a page and records its structure by offset; `page_scan` decodes the result."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from turbohtml import Comment, Element

from imageseo.web.css.selectors import Selector
from imageseo.web.html import hiding, tree
from imageseo.web.html.attributes import Tag
from imageseo.web.html.elements import HEADINGS, OpenElement, element_of
from imageseo.web.html.landmarks import SEARCH_TERMS, Region
from imageseo.web.html.surroundings import PageSurroundings, zone_of

_HEAD = ("html", "title", "meta", "link", "base", "script", "style")
_REGIONS = ("article", "main")
_ROLE = re.compile(r"role\s*=[\s\"']*(?:article|main)\b")
_RAW = frozenset({"title", "script", "style"})
_VOID_IN_HEAD = frozenset({"meta", "link", "base", "bgsound", "basefont"})
_OWN_TERMS = (*SEARCH_TERMS, *hiding.SEARCH_TERMS, "data-imageseo")  # of attributes that matter on an image itself
_MAX_SOURCES = 100  # of one <picture>
_MAX_DEPTH = 500  # browsers put no element deeper than 512: one element more around an image would move others


@dataclass(slots=True)
class FoundImage:
    """An ``<img>`` and the elements around it. ``unwrappable``: why no element can be put around it, a clause."""

    tag: Tag
    zone: Region | None
    ignored: bool
    disabled: tuple[str, ...]
    link: Tag | None
    figure: OpenElement | None
    picture: OpenElement | None
    sources: tuple[Tag, ...]
    hidden_by: str | None
    may_be_hidden: bool
    in_footer: bool
    in_rows: bool
    unwrappable: str | None


class PageWalker:
    """Collects images, headings and head tags of a page. ``text``: latin-1; ``lowered``: the same in lower case."""

    def __init__(
        self,
        html: bytes,
        text: str,
        lowered: str,
        *,
        include: Sequence[Selector] = (),
        exclude: Sequence[Selector] = (),
    ) -> None:
        self.text = text
        self.lowered = lowered
        self.document = tree.parse(html)
        self._may_be_inert = "<template" in lowered or "<foreignobject" in lowered or "<math" in lowered
        self.slot: Tag | None = None
        self.comments: list[str] = []
        self.page_disabled: list[str] = []
        self._selectors = bool(include or exclude)
        self._surroundings = PageSurroundings(text, lowered, include, exclude)
        self._figures: dict[Element, OpenElement] = {}
        self._pictures: dict[Element, OpenElement] = {}
        self._picture_sources: dict[Element, list[Tag]] = {}
        self.body = self._body()
        # Single names are looked up in an index of the tree; anything else would visit all elements of the page.
        find_all = self.document.find_all
        self.head = {name: sorted(self._head_tags(find_all(name)), key=_start) for name in _HEAD}
        images = sorted(find_all("img"), key=tree.start_of)
        self.images = [found for each in images if (found := self._image(each)) is not None]
        headings = (self._element(each) for name in HEADINGS for each in find_all(name))
        self.headings = sorted((each for each in headings if each is not None), key=_element_start)
        self._region_nodes = [each for name in _REGIONS for each in find_all(name)]
        if _ROLE.search(lowered):
            self._region_nodes += self.document.select("[role*=article i],[role*=main i]")
        regions = (self._region(each) for each in dict.fromkeys(self._region_nodes))
        self.regions = sorted((each for each in regions if each is not None), key=_element_start)  # articles and mains
        if "imageseo" in lowered:
            self._read_own_markup()

    def head_end(self) -> int | None:
        """Return the offset before ``</head>``; without that tag (minifiers drop it), before the first body content.

        None if the page has nothing of a head.
        """
        head = self.document.find("head")
        location = None if head is None else head.source_location
        if location is not None and location[1] is not None:
            return location[1][2]
        if self.body is not None:
            return self.body.start
        if head is None:
            return None
        end = -1 if location is None else location[0][5]
        for child in head.children:
            place = child.source_location if isinstance(child, Element) else None
            if place is None or not isinstance(child, Element):
                continue
            if place[1] is None and child.tag not in _VOID_IN_HEAD:
                return None  # the page ends in it
            end = max(end, place[0][5] if place[1] is None else place[1][5])
        return end if end >= 0 else None

    def _body(self) -> Tag | None:
        body = self.document.find("body")
        return None if body is None else tree.tag_of(body, self.lowered)

    def _head_tags(self, nodes: Sequence[Element]) -> Iterator[Tag]:
        size, lowered = len(self.text), self.lowered
        for each in nodes:
            if not tree.is_html(each) or (self._may_be_inert and self._surroundings.around(each).inert):
                continue
            tag = tree.raw_tag(each, size) if each.tag in _RAW else tree.tag_of(each, lowered)
            if tag is not None:
                yield tag

    def hiding(self, since: int) -> list[OpenElement]:
        """Return the elements before the last image that hide what is in them when the page opens, in order.

        ``since``: where the content of an element begins; outside it, only those around images and headings are found.
        """
        last = self.images[-1].tag.start if self.images else 0
        around = next((each for each in self._region_nodes if _content_start(each) == since), None)
        for each in (around or self.document).select(hiding.SELECTOR):
            if tree.start_of(each) < last:
                self._surroundings.of(each)
        found = [each for each in self._surroundings.hiding if each.tag.start < last]
        return sorted(found, key=lambda element: element.tag.start)

    def _image(self, element: Element) -> FoundImage | None:
        tag = tree.tag_of(element, self.lowered)
        outer = self._surroundings.around(element)
        if tag is None or outer.inert or not tree.is_html(element):
            return None
        source = self.lowered[tag.start : tag.end]
        is_notable = self._selectors or any(term in source for term in _OWN_TERMS)
        place = self._surroundings.of(element) if is_notable else outer
        picture = outer.picture
        return FoundImage(
            tag=tag,
            zone=place.zone,
            ignored=place.ignored,
            disabled=place.disabled,
            link=None if outer.link is None else self._link(outer.link, tag.start),
            figure=None if outer.figure is None else self._figure(outer.figure),
            picture=None if picture is None else self._picture(picture),
            sources=() if picture is None else self._sources(picture, tag.start),
            hidden_by=place.hidden_by,
            may_be_hidden=place.may_be_hidden,
            in_footer=outer.in_footer,
            in_rows=place.in_rows,
            unwrappable=self._reason_against_wrapper(element),
        )

    def _reason_against_wrapper(self, element: Element) -> str | None:
        if any(True for _ in islice(element.ancestors, _MAX_DEPTH, None)):
            return "the page nests elements too deeply"
        if tree.ends_foreign(element, self.lowered):
            return "an <svg> or <math> around the image is never closed, and would enclose another element"
        return None

    def _link(self, link: Element, before: int) -> Tag | None:
        """Return the tag of a link; of one that the parser has opened once more, that which it repeats."""
        tag = tree.tag_of(link, self.lowered)
        if tag is not None:
            return tag
        same = (each for each in self.document.find_all("a") if each.attrs.items() == link.attrs.items())
        tags = [tag for each in same if (tag := tree.tag_of(each, self.lowered)) is not None and tag.start < before]
        return max(tags, key=_start, default=None)

    def _figure(self, figure: Element) -> OpenElement:
        known = self._figures.get(figure)
        if known is None:
            known = self._figures[figure] = OpenElement(Tag("figure", 0, 0, 0))
            inner = (each for each in figure.find_all("figcaption") if self._surroundings.around(each).figure == figure)
            known.captions = tuple(caption for each in inner if (caption := self._element(each)) is not None)
        return known

    def _picture(self, picture: Element) -> OpenElement:
        known = self._pictures.get(picture)
        if known is None:
            known = self._pictures[picture] = OpenElement(Tag("picture", 0, 0, 0))
            marker = picture.attrs.get("data-imageseo")
            known.is_processed = isinstance(marker, str) and marker.strip().lower() != "ignore"
        return known

    def _sources(self, picture: Element, before: int) -> tuple[Tag, ...]:
        tags = self._picture_sources.get(picture)
        if tags is None:
            # Children alone: browsers look at no others, and a page may nest pictures that it never closes.
            children = (each for each in picture.children if isinstance(each, Element) and each.tag == "source")
            found = (tree.tag_of(each, self.lowered) for each in islice(children, _MAX_SOURCES))
            tags = self._picture_sources[picture] = [tag for tag in found if tag is not None]
        return tuple(tag for tag in tags if tag.start < before)

    def _region(self, element: Element) -> OpenElement | None:
        found = self._element(element)
        if found is None:
            return None
        found.region = element_of(element.tag, self.text[found.tag.start : found.tag.end])[1]
        return found if found.region in (Region.ARTICLE, Region.MAIN) else None

    def _element(self, element: Element) -> OpenElement | None:
        tag, place = tree.tag_of(element, self.lowered), self._surroundings.around(element)
        if tag is None or place.inert or not tree.is_html(element):
            return None
        found = OpenElement(tag)
        found.zone = zone_of(place.regions)
        found.close, found.end = tree.content_end(element, len(self.text))
        return found

    def _read_own_markup(self) -> None:
        slots = (tree.tag_of(each, self.lowered) for each in tree.elements(self.document, "[data-imageseo-hero]"))
        self.slot = next((tag for tag in slots if tag is not None), None)
        if "imageseo-disable" not in self.lowered:
            return
        for element in self.document.select("html,body"):
            reasons = element.attrs.get("data-imageseo-disable")
            if isinstance(reasons, str) and reasons:
                self.page_disabled.append(reasons)
        for node in self.document.descendants:
            if isinstance(node, Comment) and "imageseo-disable" in node.data.lower() and not tree.is_inert(node):
                self.comments.append(node.data.strip())


def _content_start(element: Element) -> int:
    location = element.source_location
    return -1 if location is None else location[0][5]


def _start(tag: Tag) -> int:
    return tag.start


def _element_start(element: OpenElement) -> int:
    return element.tag.start
