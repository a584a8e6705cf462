"""One walk over a page: which elements stand open, and what stands in them. Knows offsets only; `find` reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imageseo.web.css.selectors import Selector
from imageseo.web.html.attributes import Tag
from imageseo.web.html.elements import (
    ENDED_BY,
    HEADINGS,
    HOLDERS,
    OPTIONAL_END,
    QUIET,
    SCOPES,
    VOID,
    OpenElement,
    element_of,
    notable_tags,
)
from imageseo.web.html.landmarks import LANDMARKS, NEEDLES, Element, Region, region
from imageseo.web.html.links import Links
from imageseo.web.html.tokenizer import walk

_HEAD = frozenset({"html", "head", "body", "title", "meta", "link", "base", "script"})
_LISTED = frozenset({"title", "meta", "link", "base", "script"})
_LASTING = frozenset({"/head", "/body", "/html"})  # what these hold goes on behind them
_ALWAYS = _HEAD | HEADINGS | LANDMARKS | {"img", "source", "picture", "figure", "figcaption"}
_SILENT = Region.PLAIN  # asked of every open element at every heading: the enumeration's own look-up takes longer


@dataclass(slots=True)
class FoundImage:
    """An ``<img>`` and what stood around it."""

    tag: Tag
    zone: Region | None
    ignored: bool
    disabled: tuple[str, ...]
    link: Tag | None
    figure: OpenElement | None
    picture: OpenElement | None
    sources: tuple[Tag, ...]


class PageWalker:
    """Fills its lists by walking ``text`` (latin-1) once; ``lowered`` is the same text in lower case."""

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
        self.head: dict[str, list[Tag]] = {name: [] for name in ("html", "title", "meta", "link", "base", "script")}
        self.head_close: int | None = None
        self.body: Tag | None = None
        self.slot: Tag | None = None
        self.comments: list[str] = []
        self.page_disabled: list[str] = []
        self._open: list[OpenElement] = []
        self._hidden: list[tuple[int, int]] = []
        self._links = Links(lowered, self._hidden)
        self._mentioned = "imageseo" in lowered
        ours = ("data-imageseo",) if self._mentioned else ()
        self._marks, self._named = notable_tags(text, lowered, (*NEEDLES, *ours), include, exclude)
        self._walk()

    def _walk(self) -> None:
        marks, named, stack = self._marks, self._named, self._open
        tracked = {tag.name for tag in marks.values()} | named
        wanted = _ALWAYS | (tracked - {"a"}) | named
        implied = bool(tracked & OPTIONAL_END)
        if implied:
            wanted |= OPTIONAL_END | HOLDERS
        if self._mentioned and "imageseo-disable" in self.lowered:
            wanted |= {"!--"}
        quiet = {name: element for name, element in QUIET.items() if element.tag.name not in named} if named else QUIET
        head, headings = self.head, self.headings
        # Links are most of a page's tags: only those whose attributes matter come by here and go on the stack.
        links = dict.fromkeys(sorted(start for start, tag in marks.items() if tag.name == "a"))
        marked_link = False
        # Hundreds of tags come by here, most of them to push or pop quiet elements: no call and no object for those.
        for name, start, end, close in walk(self.lowered, frozenset(wanted), links=links, hidden=self._hidden):
            if name == "a" or name == "/a":
                if marked_link:
                    self._end("a", start, end)
                marked_link = name == "a" and (start in marks or "a" in named)
                if marked_link:
                    self._start(Tag(name, start, end, close))
            elif name[0] == "/":
                if stack and stack[-1] is quiet.get(name):
                    stack.pop()
                elif stack and stack[-1].tag.name == name[1:] and name not in _LASTING:
                    element = stack.pop()
                    element.close, element.end = start, end
                else:
                    self._end(name[1:], start, end)
            elif name == "!--":
                self._comment(start, end)
            else:
                if implied:
                    self._imply_ends(name, start)
                if start in marks or name in named:
                    self._start(Tag(name, start, end, close))
                elif name in quiet:
                    stack.append(quiet[name])
                elif name in HEADINGS:
                    element = OpenElement(Tag(name, start, end, close))
                    element.zone = _zone(stack)
                    headings.append(element)
                    stack.append(element)
                elif name in _LISTED:
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
        if tag.name != "html" and self._marked(tag):
            self._element(tag)

    def _marked(self, tag: Tag) -> bool:
        return tag.start in self._marks or tag.name in self._named

    def _imply_ends(self, starting: str, at: int) -> None:
        """End what a start tag ends without saying so (``<li>`` in ``<li>``, ``<div>`` in ``<p>`` …)."""
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
        """Close the element at ``index``, and all that still stand open in it."""
        if self._open[index].tag.name == "a":  # mere formatting: what stands open in it stays open
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
        if not self._marked(tag):
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
        element.included = any(selector.matches(name, values) for selector in self.include)
        element.excluded = any(selector.matches(name, values) for selector in self.exclude)
        if name in ("html", "body") and element.disabled:
            self.page_disabled.append(element.disabled)
        return element

    def _image(self, tag: Tag) -> None:
        around = self._telling()
        picture = _nearest(around, "picture")
        figure = _nearest(around, "figure")
        if self._marked(tag):
            around.append(self._element(tag))
        included = any(entry.included for entry in around)
        self.images.append(
            FoundImage(
                tag=tag,
                zone=Region.ARTICLE if included else _zone(around),
                ignored=any(entry.ignored or entry.excluded for entry in around),
                disabled=tuple(entry.disabled for entry in reversed(around) if entry.disabled),
                link=self._links.around(tag.start),
                figure=figure,
                picture=picture,
                sources=picture.sources if picture else (),
            )
        )

    def _telling(self) -> list[OpenElement]:
        """The open elements of which an image or a heading in them may want to know."""
        return [entry for entry in self._open if entry.region is not _SILENT or entry.tag.end]


def _zone(around: Sequence[OpenElement]) -> Region | None:
    """ARTICLE or CHROME by what stands open, innermost first; ``None`` outside of everything that says."""
    banner: str | None = None
    for entry in reversed(around):
        region = entry.region
        if region is _SILENT:
            continue
        if region is Region.CHROME:
            return Region.CHROME
        if region is Region.ARTICLE or (region is Region.MAIN and banner != "footer"):
            return Region.ARTICLE
        banner = entry.tag.name
    return Region.CHROME if banner else None


def _nearest(around: Sequence[OpenElement], name: str) -> OpenElement | None:
    return next((entry for entry in reversed(around) if entry.tag.name == name), None)
