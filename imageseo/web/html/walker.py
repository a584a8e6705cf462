"""Walks over a page once and records its structure by offset; `page_scan` decodes the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imageseo.web.css.selectors import Selector
from imageseo.web.html import hiding
from imageseo.web.html.attributes import Tag
from imageseo.web.html.elements import (
    BLOCKS,
    ENDED_BY,
    HEADINGS,
    OPTIONAL_END,
    PLAIN_ELEMENTS,
    SCOPES,
    VOID,
    OpenElement,
    element_of,
    hidden_by,
    notable_tags,
    record_hiding,
)
from imageseo.web.html.landmarks import LANDMARKS, SEARCH_TERMS, Element, Region, region
from imageseo.web.html.links import Links
from imageseo.web.html.tokenizer import walk

_HEAD = frozenset({"html", "head", "body", "title", "meta", "link", "base", "script", "style"})
_RECORDED = frozenset({"title", "meta", "link", "base", "script", "style"})
_IGNORED_ENDS = frozenset({"/head", "/body", "/html"})  # these end tags end nothing: content may follow
_ALWAYS = _HEAD | HEADINGS | LANDMARKS | {"img", "source", "picture", "figure", "figcaption"}
_PLAIN_REGION = Region.PLAIN  # compared for every open element at every heading; an enum look-up is slower


@dataclass(slots=True)
class FoundImage:
    """An ``<img>`` and the elements around it."""

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


class PageWalker:
    """Collects images, headings and head tags in one walk. ``text``: latin-1; ``lowered``: the same in lower case."""

    def __init__(
        self, text: str, lowered: str, *, include: Sequence[Selector] = (), exclude: Sequence[Selector] = ()
    ) -> None:
        self.text = text
        self.lowered = lowered
        self.include = include
        self.exclude = exclude
        self.images: list[FoundImage] = []
        self.headings: list[OpenElement] = []
        self.regions: list[OpenElement] = []  # articles and mains
        self.hiding: list[OpenElement] = []  # elements that hide what is inside them when the page opens
        self.head: dict[str, list[Tag]] = {name: [] for name in ("html", *sorted(_RECORDED))}
        self.head_close: int | None = None
        self.body: Tag | None = None
        self.slot: Tag | None = None
        self.comments: list[str] = []
        self.page_disabled: list[str] = []
        self._open: list[OpenElement] = []
        self._hidden: list[tuple[int, int]] = []
        self._links = Links(lowered, self._hidden)
        self._has_own_markup = "imageseo" in lowered
        own_terms = ("data-imageseo",) if self._has_own_markup else ()
        self._last_image = lowered.rfind("<img") if "<img" in lowered else -1  # what comes after it hides no image
        self._notable, self._selected_names = notable_tags(
            text, lowered, (*SEARCH_TERMS, *own_terms), include, exclude, last_image=self._last_image
        )
        self._walk()

    def _walk(self) -> None:
        notable, names, stack = self._notable, self._selected_names, self._open
        tracked = {tag.name for tag in notable.values()} | names
        wanted = _ALWAYS | (tracked - {"a"}) | names
        has_implied_ends = bool(tracked & OPTIONAL_END)
        hiding_end, shortest = self._last_image, hiding.SHORTEST
        if hiding_end >= 0:
            wanted |= hiding.VISITED | {"summary"}
        may_hide, visited, lowered = hiding.may_tag_hide, hiding.VISITED, self.lowered
        if has_implied_ends:
            wanted |= OPTIONAL_END | BLOCKS
        if self._has_own_markup and "imageseo-disable" in self.lowered:
            wanted |= {"!--"}
        plain = PLAIN_ELEMENTS
        if names:
            plain = {name: element for name, element in plain.items() if element.tag.name not in names}
        head, headings = self.head, self.headings
        # Links are most of a page's tags: only those whose attributes matter are visited and pushed.
        links = dict.fromkeys(sorted(start for start, tag in notable.items() if tag.name == "a"))
        in_notable_link = False
        # Hundreds of tags are visited, most of them to push or pop plain elements: no call and no object for those.
        for name, start, end, close in walk(self.lowered, frozenset(wanted), links=links, hidden=self._hidden):
            if name == "a" or name == "/a":
                if in_notable_link:
                    self._end("a", start, end)
                in_notable_link = name == "a" and (start in notable or "a" in names)
                if in_notable_link:
                    self._start(Tag(name, start, end, close))
            elif name[0] == "/":
                if stack and stack[-1] is plain.get(name):
                    stack.pop()
                elif stack and stack[-1].tag.name == name[1:] and name not in _IGNORED_ENDS:
                    element = stack.pop()
                    element.close, element.end = start, end
                else:
                    self._end(name[1:], start, end)
            elif name == "!--":
                self._comment(start, end)
            else:
                if has_implied_ends:
                    self._imply_ends(name, start)
                if (
                    start < hiding_end
                    and end - start >= shortest
                    and name in visited
                    and may_hide(name, lowered[start:end])
                ):
                    notable[start] = Tag(name, start, end, close)
                if start in notable or name in names:
                    self._start(Tag(name, start, end, close))
                elif name in plain:
                    stack.append(plain[name])
                elif name in HEADINGS:
                    element = OpenElement(Tag(name, start, end, close))
                    element.zone = _zone(stack)
                    headings.append(element)
                    stack.append(element)
                elif name in _RECORDED:
                    head[name].append(Tag(name, start, end, close))
                else:
                    self._start(Tag(name, start, end, close))
        for element in stack:
            element.close = element.end = len(self.text)

    def _comment(self, start: int, end: int) -> None:
        if "imageseo-disable" in self.lowered[start:end]:
            self.comments.append(self.text[start + 4 : end].removesuffix("-->").strip())

    def _start(self, tag: Tag) -> None:
        name = tag.name
        if name in VOID or name in self.head:
            self._childless(tag)
            if name != "html":
                return
        element = self._element(tag)
        if name == "body":
            self.body = self.body or tag
        if name in HEADINGS:
            element.zone = _zone(self._open)
            self.headings.append(element)
        elif element.region in (Region.ARTICLE, Region.MAIN):
            element.zone = _zone(self._open)
            self.regions.append(element)
        elif name == "figcaption":
            figure = _nearest(self._open, "figure")
            if figure is not None:
                figure.captions += (element,)
        self._open.append(element)

    def _childless(self, tag: Tag) -> None:
        if tag.name == "img":
            self._image(tag)
            return
        if tag.name in self.head:
            self.head[tag.name].append(tag)
        if tag.name == "source":
            picture = _nearest(self._open, "picture")
            if picture is not None:
                picture.sources += (tag,)
        if tag.name != "html" and self._is_notable(tag):
            self._element(tag)

    def _is_notable(self, tag: Tag) -> bool:
        return tag.start in self._notable or tag.name in self._selected_names

    def _imply_ends(self, starting: str, at: int) -> None:
        """End the element that a start tag ends implicitly (``<li>`` in ``<li>``, ``<div>`` in ``<p>`` …)."""
        for index in range(len(self._open) - 1, -1, -1):
            name = self._open[index].tag.name
            if starting in ENDED_BY.get(name, ()):
                self._pop(index, at, at)
                return
            if name in SCOPES:
                return

    def _end(self, name: str, start: int, end: int) -> None:
        if name == "head":
            if self.head_close is None and self.body is None:
                self.head_close = start
            return
        if name in ("body", "html"):
            return
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index].tag.name == name:
                self._pop(index, start, end)
                return

    def _pop(self, index: int, close: int, end: int) -> None:
        """Close the element at ``index`` and all open elements in it."""
        if self._open[index].tag.name == "a":  # formatting only: elements open in it stay open
            ended = [self._open.pop(index)]
        else:
            ended = self._open[index:]
            del self._open[index:]
        for element in ended:
            element.close = close
            element.end = end if element is ended[0] else close

    def _element(self, tag: Tag) -> OpenElement:
        element = OpenElement(tag)
        name = tag.name
        if not self._is_notable(tag):
            if name in LANDMARKS:
                element.region = region(Element(name, "", ()))
            return element
        values, element.region = element_of(name, self.text[tag.start : tag.end])
        if "data-imageseo-hero" in values:
            self.slot = self.slot or tag
        element.disabled = values.get("data-imageseo-disable")
        marker = values.get("data-imageseo")
        element.ignored = marker is not None and marker.strip().lower() == "ignore"
        element.is_processed = marker is not None and not element.ignored
        if hiding.may_hide(name, values):
            record_hiding(element, values, self._open, self.lowered)
            if element.hidden_by is not None and name != "img":
                self.hiding.append(element)
        element.included = any(selector.matches(name, values) for selector in self.include)
        element.excluded = any(selector.matches(name, values) for selector in self.exclude)
        if name in ("html", "body") and element.disabled:
            self.page_disabled.append(element.disabled)
        return element

    def _image(self, tag: Tag) -> None:
        ancestors = self._relevant_ancestors()
        picture = _nearest(ancestors, "picture")
        figure = _nearest(ancestors, "figure")
        image = self._element(tag) if self._is_notable(tag) else None
        if image is not None:
            ancestors.append(image)
        included = any(entry.included for entry in ancestors)
        self.images.append(
            FoundImage(
                tag=tag,
                zone=Region.ARTICLE if included else _zone(ancestors),
                ignored=any(entry.ignored or entry.excluded for entry in ancestors),
                disabled=tuple(entry.disabled for entry in reversed(ancestors) if entry.disabled),
                link=self._links.enclosing(tag.start),
                figure=figure,
                picture=picture,
                sources=picture.sources if picture else (),
                hidden_by=hidden_by(image, self._open),
                may_be_hidden=any(entry.may_be_hidden for entry in ancestors),
                in_rows=any(entry.shares_rows for entry in ancestors),
                in_footer=any(entry.tag.name == "footer" for entry in ancestors),
            )
        )

    def _relevant_ancestors(self) -> list[OpenElement]:
        """Return the open elements that may affect an image or a heading inside them."""
        return [entry for entry in self._open if entry.region is not _PLAIN_REGION or entry.tag.end]


def _zone(ancestors: Sequence[OpenElement]) -> Region | None:
    """Return ARTICLE or CHROME by the innermost open element that decides; ``None`` if none does."""
    banner: str | None = None
    for entry in reversed(ancestors):
        region = entry.region
        if region is _PLAIN_REGION:
            continue
        if region is Region.CHROME:
            return Region.CHROME
        if region is Region.ARTICLE or (region is Region.MAIN and banner != "footer"):
            return Region.ARTICLE
        banner = entry.tag.name
    return Region.CHROME if banner else None


def _nearest(ancestors: Sequence[OpenElement], name: str) -> OpenElement | None:
    return next((entry for entry in reversed(ancestors) if entry.tag.name == name), None)
