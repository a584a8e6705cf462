"""One walk over a page: which elements stand open, and what stands in them. Knows offsets only; `find` reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imageseo.core.selectors import Selector
from imageseo.core.tokens import PLAIN_NAV, TEXT_LINK, Tag, attributes, decoded, tag_over, walk
from imageseo.core.zones import LANDMARKS, NEEDLES, Element, Region, region

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_HEAD = frozenset({"html", "head", "body", "title", "meta", "link", "base", "script"})
_ALWAYS = _HEAD | _HEADINGS | LANDMARKS | {"img", "source", "picture", "a", "figure", "figcaption", "!--"}
_VOID = frozenset(
    {"img", "source", "meta", "link", "base", "br", "hr", "input", "wbr", "area", "col", "embed", "param", "track"}
)
# An element of the first group may lack its end tag; then another of the group, or the end of what holds it, ends it.
_OPTIONAL_END = frozenset({"p", "li", "dt", "dd", "td", "th", "tr", "thead", "tbody", "tfoot", "option", "optgroup"})
_HOLDERS = frozenset(
    {"address", "blockquote", "details", "dl", "div", "fieldset", "form", "hgroup", "hr", "menu", "ol"}
    | {"pre", "section", "select", "summary", "table", "ul"}
)
_ENDED_BY = {
    "li": frozenset({"li"}),
    **dict.fromkeys(("dt", "dd"), frozenset({"dt", "dd"})),
    **dict.fromkeys(("td", "th"), frozenset({"td", "th", "tr", "tbody", "tfoot", "thead"})),
    "tr": frozenset({"tr", "tbody", "tfoot", "thead"}),
    **dict.fromkeys(("thead", "tbody", "tfoot"), frozenset({"tbody", "tfoot", "thead"})),
    **dict.fromkeys(("option", "optgroup"), frozenset({"option", "optgroup"})),
    "p": (_HOLDERS | LANDMARKS | _HEADINGS | {"p", "li", "dt", "dd", "td", "th", "tr", "figure", "figcaption"})
    - {"select", "summary"},
}
_PLAIN = (_HOLDERS | {"nav", "aside", "header", "footer", "li", "p"}) - _VOID
_SCOPES = frozenset({"ul", "ol", "menu", "dl", "table", "select", "body", "button", "td", "th"})


@dataclass(slots=True)
class Open:
    """An element that has not ended yet, or never did. ``region`` and what follows hold for all inside it."""

    tag: Tag
    region: Region = Region.PLAIN
    ignored: bool = False
    included: bool = False
    excluded: bool = False
    disabled: str | None = None
    ours: bool = False
    close: int = -1  # where its end tag begins; -1 while open
    end: int = -1
    zone: Region | None = None  # of its surroundings, kept for headings, articles and main
    sources: tuple[Tag, ...] = ()
    captions: tuple[Open, ...] = ()


@dataclass(slots=True)
class Found:
    """An ``<img>`` and what stood around it."""

    tag: Tag
    zone: Region | None
    ignored: bool
    disabled: tuple[str, ...]
    link: Tag | None
    figure: Open | None
    picture: Open | None
    sources: tuple[Tag, ...]


class Scanner:
    """Fills its lists by walking ``text`` (latin-1) once; ``lowered`` is the same text in lower case."""

    def __init__(
        self, text: str, lowered: str, *, include: Sequence[Selector] = (), exclude: Sequence[Selector] = ()
    ) -> None:
        self.text = text
        self.lowered = lowered
        self.include = include
        self.exclude = exclude
        self.images: list[Found] = []
        self.headings: list[Open] = []
        self.regions: list[Open] = []  # articles and mains
        self.head: dict[str, list[Tag]] = {name: [] for name in ("html", "title", "meta", "link", "base", "script")}
        self.head_close: int | None = None
        self.body: Tag | None = None
        self.slot: Tag | None = None
        self.comments: list[str] = []
        self.page_disabled: list[str] = []
        self._open: list[Open] = []
        self._plain: dict[str, Open] = {}
        self._link: Tag | None = None
        self._marks = self._marked_tags()
        self._walk()

    def _marked_tags(self) -> dict[int, Tag]:
        """Start tags, by offset, whose attributes may matter although their names do not."""
        needles = [*NEEDLES, "data-imageseo"]
        names = set()
        for selector in (*self.include, *self.exclude):
            if selector.needles:
                needles.append(max(selector.needles, key=len))
            elif selector.tag:
                names.add(selector.tag)
        found: dict[int, Tag] = {}
        for needle in needles:
            at = self.lowered.find(needle)
            while at >= 0:
                tag = tag_over(self.lowered, at)
                if tag is not None:
                    found[tag.start] = tag
                at = self.lowered.find(needle, at + len(needle) if tag is None else max(tag.end, at + 1))
        self._named = names
        return found

    def _walk(self) -> None:
        tracked = {tag.name for tag in self._marks.values()} | self._named
        wanted = _ALWAYS | tracked
        self._implied = bool(tracked & _OPTIONAL_END)
        if self._implied:
            wanted |= _OPTIONAL_END | _HOLDERS
        links = (tag for tag in self._marks.values() if tag.name == "a")
        if not any("data-imageseo" in self.lowered[tag.start : tag.end] for tag in links):
            wanted |= {TEXT_LINK}
        if "nav" not in tracked and not self._implied:  # it may end what lacks an end tag
            wanted |= {PLAIN_NAV}
        marked_link = False
        for tag in walk(self.lowered, frozenset(wanted)):
            name = tag.name
            if name == "a" or name == "/a":
                # A link ends with the next one or its end tag, nothing else ends it (it is reconstructed). Links are
                # most of a page's tags: only those whose attributes matter go on the stack.
                self._link = tag if name == "a" else None
                if marked_link:
                    self._end(Tag("/a", tag.start, tag.end, tag.end))
                marked_link = name == "a" and (tag.start in self._marks or "a" in self._named)
                if not marked_link:
                    continue
            if name.startswith("/"):
                self._end(tag)
            elif name == "!--":
                self._comment(tag)
            else:
                self._start(tag)
        for element in self._open:
            element.close = element.end = len(self.text)

    def _comment(self, tag: Tag) -> None:
        if "imageseo-disable" in self.lowered[tag.start : tag.end]:
            self.comments.append(self.text[tag.start + 4 : tag.end].removesuffix("-->").strip())

    def _start(self, tag: Tag) -> None:
        name = tag.name
        if self._implied:
            self._imply_ends(tag)
        if name in _PLAIN and tag.start not in self._marks and name not in self._named:
            self._open.append(self._plain_ones(name))
            return
        if name in self.head:
            self.head[name].append(tag)
        element = self._element(tag)
        if name == "img":
            self._image(tag, element)
        elif name == "source":
            picture = self._nearest("picture")
            if picture is not None:
                picture.sources += (tag,)
        elif name == "body":
            self.body = self.body or tag
        if name in _VOID or (name in self.head and name != "html"):
            return
        if name in _HEADINGS:
            element.zone = self.zone()
            self.headings.append(element)
        elif element.region in (Region.ARTICLE, Region.MAIN):
            element.zone = self.zone()
            self.regions.append(element)
        elif name == "figcaption":
            figure = self._nearest("figure")
            if figure is not None:
                figure.captions += (element,)
        self._open.append(element)

    def _plain_ones(self, name: str) -> Open:
        """An element of which nothing is asked but which one it is: all of a name are one."""
        if name not in self._plain:
            self._plain[name] = Open(Tag(name, 0, 0, 0), region=region(Element(name, "", ())))
        return self._plain[name]

    def _imply_ends(self, tag: Tag) -> None:
        """End what this start tag ends without saying so (``<li>`` in ``<li>``, ``<div>`` in ``<p>`` …)."""
        for index in range(len(self._open) - 1, -1, -1):
            name = self._open[index].tag.name
            if tag.name in _ENDED_BY.get(name, ()):
                self._pop(index, tag.start, tag.start)
                return
            if name in _SCOPES:
                return

    def _end(self, tag: Tag) -> None:
        name = tag.name[1:]
        if name == "head":
            if self.head_close is None and self.body is None:
                self.head_close = tag.start
            return
        if name in ("body", "html"):
            return
        if self._open and self._open[-1].tag.name == name:
            element = self._open.pop()
            element.close, element.end = tag.start, tag.end
            return
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index].tag.name == name:
                self._pop(index, tag.start, tag.end)
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

    def _element(self, tag: Tag) -> Open:
        element = Open(tag)
        name = tag.name
        if tag.start not in self._marks and name not in self._named:
            if name in LANDMARKS:
                element.region = region(Element(name, "", ()))
            return element
        values = {found.name: decoded(found.value or "") for found in attributes(self.text, tag)}
        classes = tuple(f"{values.get('class', '')} {values.get('id', '')}".lower().split())
        element.region = region(Element(name, values.get("role", "").strip().lower(), classes))
        if "data-imageseo-hero" in values:
            self.slot = self.slot or tag
        element.disabled = values.get("data-imageseo-disable")
        marker = values.get("data-imageseo")
        element.ignored = marker is not None and marker.strip().lower() == "ignore"
        element.ours = marker is not None and not element.ignored
        element.included = any(selector.matches(name, values) for selector in self.include)
        element.excluded = any(selector.matches(name, values) for selector in self.exclude)
        if name in ("html", "body") and element.disabled:
            self.page_disabled.append(element.disabled)
        return element

    def _image(self, tag: Tag, element: Open) -> None:
        around = [*self._open, element]
        picture = self._nearest("picture")
        included = any(entry.included for entry in around)
        self.images.append(
            Found(
                tag=tag,
                zone=Region.ARTICLE if included else self.zone(element),
                ignored=any(entry.ignored or entry.excluded for entry in around),
                disabled=tuple(entry.disabled for entry in reversed(around) if entry.disabled),
                link=self._link,
                figure=self._nearest("figure"),
                picture=picture,
                sources=picture.sources if picture else (),
            )
        )

    def zone(self, element: Open | None = None) -> Region | None:
        """ARTICLE or CHROME by what stands open, innermost first; ``None`` outside of everything that says."""
        banner: str | None = None
        for entry in [*self._open, element][::-1] if element else self._open[::-1]:
            if entry.region is Region.CHROME:
                return Region.CHROME
            if entry.region is Region.ARTICLE or (entry.region is Region.MAIN and banner != "footer"):
                return Region.ARTICLE
            if entry.region is not Region.PLAIN:
                banner = entry.tag.name
        return Region.CHROME if banner else None

    def _nearest(self, name: str) -> Open | None:
        return next((entry for entry in reversed(self._open) if entry.tag.name == name), None)
