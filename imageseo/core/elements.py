"""The elements of a page: which need no end tag, which say something of what stands in them, one that stands open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from imageseo.core.attributes import Tag, read
from imageseo.core.selectors import Selector
from imageseo.core.tokens import tag_over
from imageseo.core.zones import LANDMARKS, Element, Region, region

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
VOID = frozenset(
    {"img", "source", "meta", "link", "base", "br", "hr", "input", "wbr", "area", "col", "embed", "param", "track"}
)
# An element of the first group may lack its end tag; then another of the group, or the end of what holds it, ends it.
OPTIONAL_END = frozenset({"p", "li", "dt", "dd", "td", "th", "tr", "thead", "tbody", "tfoot", "option", "optgroup"})
HOLDERS = frozenset(
    {"address", "blockquote", "details", "dl", "div", "fieldset", "form", "hgroup", "hr", "menu", "ol"}
    | {"pre", "section", "select", "summary", "table", "ul"}
)
ENDED_BY = {
    "li": frozenset({"li"}),
    **dict.fromkeys(("dt", "dd"), frozenset({"dt", "dd"})),
    **dict.fromkeys(("td", "th"), frozenset({"td", "th", "tr", "tbody", "tfoot", "thead"})),
    "tr": frozenset({"tr", "tbody", "tfoot", "thead"}),
    **dict.fromkeys(("thead", "tbody", "tfoot"), frozenset({"tbody", "tfoot", "thead"})),
    **dict.fromkeys(("option", "optgroup"), frozenset({"option", "optgroup"})),
    "p": (HOLDERS | LANDMARKS | HEADINGS | {"p", "li", "dt", "dd", "td", "th", "tr", "figure", "figcaption"})
    - {"select", "summary"},
}
SCOPES = frozenset({"ul", "ol", "menu", "dl", "table", "select", "body", "button", "td", "th"})


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


# Elements of which nothing is asked but which one it is, by their end tags: all of a name are one.
QUIET = {
    f"/{name}": Open(Tag(name, 0, 0, 0), region=region(Element(name, "", ())))
    for name in (HOLDERS | {"nav", "aside", "header", "footer", "li", "p"}) - VOID
}


@lru_cache(maxsize=4096)
def said(name: str, source: str) -> tuple[Mapping[str, str], Region]:
    """What a start tag says: its attributes, and what it is. The pages of a site share most of their tags."""
    values = read(source, 1 + len(name))
    classes = tuple(f"{values.get('class', '')} {values.get('id', '')}".lower().split())
    return values, region(Element(name, values.get("role", "").strip().lower(), classes))


def marked(
    text: str, lowered: str, plain: Sequence[str], include: Sequence[Selector], exclude: Sequence[Selector]
) -> tuple[dict[int, Tag], set[str]]:
    """Start tags, by offset, whose attributes say what their names do not; and the names that selectors ask for alone.

    ``plain``: what to look for besides the selectors, in lower case. A tag that says nothing (``role=presentation``)
    is no mark: its name would have to be followed all over the page.
    """
    needles, names = [*plain], set()
    for selector in (*include, *exclude):
        if selector.needles:
            needles.append(max(selector.needles, key=len))
        elif selector.tag:
            names.add(selector.tag)
    found: dict[int, Tag] = {}
    for needle in needles:
        at = lowered.find(needle)
        while at >= 0:
            tag = tag_over(lowered, at)
            if tag is not None and (include or exclude or _tells(tag.name, text[tag.start : tag.end])):
                found[tag.start] = tag
            at = lowered.find(needle, at + len(needle) if tag is None else max(tag.end, at + 1))
    return found, names


def _tells(name: str, source: str) -> bool:
    return said(name, source)[1] is not region(Element(name, "", ())) or "data-imageseo" in source.lower()
