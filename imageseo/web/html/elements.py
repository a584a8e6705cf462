"""Elements: tables of optional end tags, and what the scan of a page records of an element."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from imageseo.web.html import hiding
from imageseo.web.html.attributes import Tag, read
from imageseo.web.html.landmarks import LANDMARKS, Element, Region, region

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
    """An element that matters to a scan, with its content: ``close`` and ``end`` are where its end tag starts and ends.

    ``zone``: of the elements around it.
    """

    # Class attributes as defaults: few elements differ from them.
    is_processed: bool = False
    hidden_by: str | None = None
    may_be_hidden: bool = False
    shares_rows: bool = False
    shown_tab: int | None = None  # of a set of tabs: the number of the block that is shown
    close: int = -1
    end: int = -1
    zone: Region | None = None
    captions: tuple[OpenElement, ...] = ()

    def __init__(self, tag: Tag, region: Region = Region.PLAIN) -> None:
        self.tag = tag
        self.region = region


@lru_cache(maxsize=4096)
def element_of(name: str, source: str) -> tuple[Mapping[str, str], Region]:
    """Return the attributes and the region of a start tag. Cached: the pages of a site share most of their tags."""
    values = read(source, 1 + len(name))
    classes = tuple(f"{values.get('class', '')} {values.get('id', '')}".lower().split())
    return values, region(Element(name, values.get("role", "").strip().lower(), classes))


def record_hiding(
    element: OpenElement, values: Mapping[str, str], lowered: str, *, tabs: OpenElement | None, number: int
) -> None:
    """Set whether an element hides what is inside it. ``tabs``: the set of tabs around it, ``number``: as a block."""
    element.hidden_by = hiding.hidden_by(element.tag.name, values, lowered, element.tag)
    element.may_be_hidden = hiding.may_be_hidden(values)
    classes = values.get("class", "").lower().split()
    element.shares_rows = not hiding.ROWS.isdisjoint(classes)
    if hiding.TAB_SET in classes:
        element.shown_tab = hiding.checked_tab(lowered, element.tag.end)
    elif hiding.TAB_BLOCK in classes and tabs is not None and number != tabs.shown_tab:
        element.hidden_by = element.hidden_by or hiding.INACTIVE_TAB
