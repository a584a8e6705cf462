"""The elements of a page: which need no end tag, which say something of what stands in them, one that stands open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from imageseo.web.css.selectors import Selector
from imageseo.web.html.attributes import Tag, read
from imageseo.web.html.landmarks import LANDMARKS, Element, Region, region
from imageseo.web.html.tokenizer import tag_name, tag_over

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


class OpenElement:
    """An element that has not ended yet, or never did. ``region`` and what follows hold for all inside it."""

    # Every page has dozens of these, and few that say more than which element they are: what they do not say is said
    # here once instead of in each of them.
    ignored: bool = False
    included: bool = False
    excluded: bool = False
    disabled: str | None = None
    is_processed: bool = False
    close: int = -1  # where its end tag begins; -1 while open
    end: int = -1
    zone: Region | None = None  # of its surroundings, kept for headings, articles and main
    sources: tuple[Tag, ...] = ()
    captions: tuple[OpenElement, ...] = ()

    def __init__(self, tag: Tag, region: Region = Region.PLAIN) -> None:
        self.tag = tag
        self.region = region


# Elements of which nothing is asked but which one it is, by their start and end tags: all of a name are one.
_QUIET = {
    name: OpenElement(Tag(name, 0, 0, 0), region=region(Element(name, "", ())))
    for name in (HOLDERS | {"nav", "aside", "header", "footer", "li", "p"}) - VOID
}
QUIET = _QUIET | {f"/{name}": element for name, element in _QUIET.items()}


@lru_cache(maxsize=4096)
def element_of(name: str, source: str) -> tuple[Mapping[str, str], Region]:
    """What a start tag says: its attributes, and what it is. The pages of a site share most of their tags."""
    values = read(source, 1 + len(name))
    classes = tuple(f"{values.get('class', '')} {values.get('id', '')}".lower().split())
    return values, region(Element(name, values.get("role", "").strip().lower(), classes))


def notable_tags(
    text: str, lowered: str, plain: Sequence[str], include: Sequence[Selector], exclude: Sequence[Selector]
) -> tuple[dict[int, Tag], set[str]]:
    """Start tags, by offset, whose attributes say what their names do not; and the names that selectors ask for alone.

    ``plain``: what to look for besides the selectors, in lower case. A tag that says nothing (``role=presentation``)
    is no mark: its name would have to be followed all over the page.
    """
    needles, names = [*plain], set()
    for selector in (*include, *exclude):
        if selector.search_terms:
            needles.append(max(selector.search_terms, key=len))
        elif selector.tag:
            names.add(selector.tag)
    found: dict[int, Tag] = {}
    known: dict[int, int] = {}  # tags by their offsets, with where they end
    every = bool(include or exclude)
    find, rfind = lowered.find, lowered.rfind
    for needle in needles:
        at = find(needle)
        while at >= 0:
            start = rfind("<", 0, at)
            if start in known and at < known[start]:
                at = find(needle, known[start])
                continue
            past = find(">", start, at) if start >= 0 else 0
            end = find(">", at) + 1 if past < 0 else 0
            name, tells = _told(text[start:end]) if end > 0 else (None, False)
            if name is None:  # the needle stands in text, or the tag is none of the plain ones
                tag = tag_over(lowered, at)
                if tag is not None:
                    name, start, end = tag.name, tag.start, tag.end
                    tells = every or _tells(name, text[start:end])
            if name is None:
                at = find(needle, at + len(needle))
                continue
            known[start] = end
            if (every or tells) and start not in found:
                found[start] = Tag(name, start, end, end)
            at = find(needle, max(end, at + 1))
    return found, names


@lru_cache(maxsize=4096)
def _told(source: str) -> tuple[str | None, bool]:
    """The name of the start tag that this is, ``None`` when it is none; and whether it tells more than its name."""
    name = tag_name(source.lower())
    return name, name is not None and _tells(name, source)


def _tells(name: str, source: str) -> bool:
    return element_of(name, source)[1] is not region(Element(name, "", ())) or "data-imageseo" in source.lower()
