"""Elements: tables of optional end tags, open elements, and the start tags whose attributes matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from imageseo.web.css.selectors import Selector
from imageseo.web.html import hiding
from imageseo.web.html.attributes import Tag, read
from imageseo.web.html.landmarks import LANDMARKS, Element, Region, region
from imageseo.web.html.tokenizer import tag_name, tag_over

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
VOID = frozenset(
    {"img", "source", "meta", "link", "base", "br", "hr", "input", "wbr", "area", "col", "embed", "param", "track"}
)
# The end tag of these is optional: another element of the group, or the end of the parent, ends them (ENDED_BY).
OPTIONAL_END = frozenset({"p", "li", "dt", "dd", "td", "th", "tr", "thead", "tbody", "tfoot", "option", "optgroup"})
BLOCKS = frozenset(
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
    "p": (BLOCKS | LANDMARKS | HEADINGS | {"p", "li", "dt", "dd", "td", "th", "tr", "figure", "figcaption"})
    - {"select", "summary"},
}
SCOPES = frozenset({"ul", "ol", "menu", "dl", "table", "select", "body", "button", "td", "th"})


class OpenElement:
    """An element on the stack of open elements. ``region`` and the class attributes apply to everything inside it."""

    # Class attributes as defaults: a page has dozens of open elements, and few differ from them.
    ignored: bool = False
    included: bool = False
    excluded: bool = False
    disabled: str | None = None
    is_processed: bool = False
    hidden_by: str | None = None
    may_be_hidden: bool = False
    shares_rows: bool = False
    shown_tab: int | None = None  # of a set of tabs: the number of the block that is shown
    tabs: int = 0  # of a set of tabs: how many blocks have begun
    close: int = -1  # start of its end tag; -1 while open
    end: int = -1
    zone: Region | None = None  # of its ancestors; only for headings, articles and main
    sources: tuple[Tag, ...] = ()
    captions: tuple[OpenElement, ...] = ()

    def __init__(self, tag: Tag, region: Region = Region.PLAIN) -> None:
        self.tag = tag
        self.region = region


# Shared objects for elements without relevant attributes, by the names of their start and end tags.
_PLAIN_ELEMENTS = {
    name: OpenElement(Tag(name, 0, 0, 0), region=region(Element(name, "", ())))
    for name in (BLOCKS | {"nav", "aside", "header", "footer", "li", "p"}) - VOID
}
PLAIN_ELEMENTS = _PLAIN_ELEMENTS | {f"/{name}": element for name, element in _PLAIN_ELEMENTS.items()}


@lru_cache(maxsize=4096)
def element_of(name: str, source: str) -> tuple[Mapping[str, str], Region]:
    """Return the attributes and the region of a start tag. Cached: the pages of a site share most of their tags."""
    values = read(source, 1 + len(name))
    classes = tuple(f"{values.get('class', '')} {values.get('id', '')}".lower().split())
    return values, region(Element(name, values.get("role", "").strip().lower(), classes))


def notable_tags(
    text: str,
    lowered: str,
    plain: Sequence[str],
    include: Sequence[Selector],
    exclude: Sequence[Selector],
    *,
    last_image: int = -1,
) -> tuple[dict[int, Tag], set[str]]:
    """Find the start tags whose attributes matter, by offset, and the names that selectors without attributes use.

    ``plain``: texts to search for besides those of the selectors, in lower case. Tags whose attributes have no effect
    (``role=presentation``) are left out: otherwise every element of that name would have to be tracked. ``last_image``:
    where the page's last image begins, after which nothing can hide one.
    """
    terms, names = [*plain], set()
    for selector in (*include, *exclude):
        if selector.search_terms:
            terms.append(max(selector.search_terms, key=len))
        elif selector.tag:
            names.add(selector.tag)
    notable: dict[int, Tag] = {}
    ends: dict[int, int] = {}  # start of each tag found -> its end
    has_selectors = bool(include or exclude)
    find, rfind = lowered.find, lowered.rfind
    limits = [(term, len(lowered), has_selectors) for term in terms]
    if last_image >= 0:
        limit = lowered.find(">", last_image)
        limits += [(term, limit if limit >= 0 else len(lowered), False) for term in hiding.SEARCH_TERMS]
    for term, limit, for_selectors in limits:
        at = find(term, 0, limit)
        while at >= 0:
            start = rfind("<", 0, at + 1)
            if start in ends and at < ends[start]:
                at = find(term, ends[start], limit)
                continue
            earlier_end = find(">", start, at) if start >= 0 else 0
            end = find(">", at) + 1 if earlier_end < 0 else 0
            name, is_notable = _parse_start_tag(text[start:end]) if end > 0 else (None, False)
            if name is None:  # the term is in text, or the tag has values with < or >
                tag = tag_over(lowered, at + 1)
                if tag is not None:
                    name, start, end = tag.name, tag.start, tag.end
                    is_notable = _is_notable(name, text[start:end])
            if name is None:
                at = find(term, at + len(term), limit)
                continue
            ends[start] = end
            if (for_selectors or is_notable) and start not in notable:
                notable[start] = Tag(name, start, end, end)
            at = find(term, max(end, at + 1), limit)
    return notable, names


@lru_cache(maxsize=4096)
def _parse_start_tag(source: str) -> tuple[str | None, bool]:
    """Return the name of a start tag (``None`` if the text is none) and whether its attributes matter."""
    name = tag_name(source.lower())
    return name, name is not None and _is_notable(name, source)


def _is_notable(name: str, source: str) -> bool:
    values, found = element_of(name, source)
    return (
        found is not region(Element(name, "", ())) or "data-imageseo" in source.lower() or hiding.may_hide(name, values)
    )


def record_hiding(
    element: OpenElement, values: Mapping[str, str], open_elements: Sequence[OpenElement], lowered: str
) -> None:
    """Set whether an element hides what is inside it. ``open_elements``: those around it."""
    element.hidden_by = hiding.hidden_by(element.tag.name, values, lowered, element.tag)
    element.may_be_hidden = hiding.may_be_hidden(values)
    classes = values.get("class", "").lower().split()
    element.shares_rows = not hiding.ROWS.isdisjoint(classes)
    if hiding.TAB_SET in classes:
        element.shown_tab = hiding.checked_tab(lowered, element.tag.end)
    elif hiding.TAB_BLOCK in classes:
        tabs = next((entry for entry in reversed(open_elements) if entry.shown_tab is not None), None)
        if tabs is not None:
            if tabs.tabs != tabs.shown_tab:
                element.hidden_by = element.hidden_by or hiding.INACTIVE_TAB
            tabs.tabs += 1


def hidden_by(image: OpenElement | None, open_elements: Sequence[OpenElement]) -> str | None:
    """Return what hides an image: itself (``image``: if its attributes matter) or one of the elements around it."""
    if image is not None and image.hidden_by is not None:
        return image.hidden_by
    inside = ""
    for entry in reversed(open_elements):
        if entry.hidden_by is not None and not (inside == "summary" and entry.tag.name == "details"):
            return entry.hidden_by
        inside = entry.tag.name
    return None
