"""What the elements around a part of a page mean for it: its region, what hides it, opt-outs, links, figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from turbohtml import Document, DocumentFragment, Element

from imageseo.web.css.selectors import Selector
from imageseo.web.html import hiding, tree
from imageseo.web.html.attributes import Tag
from imageseo.web.html.elements import OpenElement, element_of, record_hiding
from imageseo.web.html.landmarks import LANDMARKS, Region, region
from imageseo.web.html.landmarks import Element as Landmark


class Surroundings:
    """What an element means for everything in it.

    ``inert``: in a drawing, a formula or a template. ``regions``: of all elements that have one, innermost first, with
    their names. ``tabs``: the nearest set of tabs. ``beside``: what hides the closed ``<details>`` itself, in one.
    """

    # Class attributes as defaults: few elements mean anything, and their places differ in little from those around.
    inert: bool = False
    ignored: bool = False
    included: bool = False
    may_be_hidden: bool = False
    in_footer: bool = False
    in_rows: bool = False
    hidden_by: str | None = None
    disabled: tuple[str, ...] = ()
    regions: tuple[tuple[Region, str], ...] = ()
    link: Element | None = None
    figure: Element | None = None
    picture: Element | None = None
    tabs: OpenElement | None = None
    details: Element | None = None
    beside: str | None = None

    def copy(self) -> Surroundings:
        """Return one that can be changed."""
        new = Surroundings()
        new.__dict__.update(self.__dict__)
        return new

    @property
    def zone(self) -> Region | None:
        """ARTICLE or CHROME, by the innermost element that decides; ``None`` if none does."""
        if self.included:
            return Region.ARTICLE
        return zone_of(self.regions)


def zone_of(regions: Sequence[tuple[Region, str]]) -> Region | None:
    """Return ARTICLE or CHROME by the innermost element that decides; ``None`` if none does."""
    banner: str | None = None
    for found, name in regions:
        if found is Region.CHROME:
            return Region.CHROME
        if found is Region.ARTICLE or (found is Region.MAIN and banner != "footer"):
            return Region.ARTICLE
        banner = name
    return Region.CHROME if banner else None


_PAGE = Surroundings()
_TEMPLATE = Surroundings()
_TEMPLATE.inert = True


class PageSurroundings:
    """What surrounds the parts of one page, computed once for each element.

    ``hiding``: the elements that hide what is in them when the page opens, of those that were asked for.
    """

    def __init__(self, text: str, lowered: str, include: Sequence[Selector], exclude: Sequence[Selector]) -> None:
        self.hiding: list[OpenElement] = []
        self._text = text
        self._lowered = lowered
        self._include = include
        self._exclude = exclude
        self._has_selectors = bool(include or exclude)
        self._found: dict[Element, Surroundings] = {}

    def around(self, element: Element) -> Surroundings:
        """Return what is around an element."""
        parent = element.parent
        return self.of(parent) if isinstance(parent, Element) else _outermost(parent)

    def of(self, element: Element) -> Surroundings:
        """Return what is around the content of an element."""
        place = self._found.get(element)
        if place is not None:
            return place
        missing, place = [element], _PAGE
        for parent in element.ancestors:
            if not isinstance(parent, Element):
                place = _outermost(parent)
                break
            known = self._found.get(parent)
            if known is not None:
                place = known
                break
            missing.append(parent)
        for each in reversed(missing):
            place = self._found[each] = self._enter(each, place)
        return place

    def _enter(self, element: Element, outer: Surroundings) -> Surroundings:
        """Return what is around the content; the same as around the element if that means nothing."""
        name = element.tag
        if outer.inert:
            return outer
        location = element.source_location
        source = "" if location is None else self._text[location[0][2] : location[0][5]]
        values, found, matters = _meaning(name, source)
        if not (matters or name in _NAMES or self._has_selectors):
            return outer
        place = outer.copy()
        if found is not Region.PLAIN:
            place.regions = ((found, name), *place.regions)
        if name in tree.INERT:
            place.inert = True
        elif name == "a":
            place.link = element
        elif name == "figure":
            place.figure = element
        elif name == "picture":
            place.picture = element
        elif name == "footer":
            place.in_footer = True
        elif name == "details":
            place.details, place.beside = element, outer.hidden_by
        elif name == "summary" and outer.details is not None and element.parent == outer.details:
            place.hidden_by = outer.beside  # it is what is shown of a closed <details>
        if location is not None and (matters or self._has_selectors):
            self._read_attributes(place, element, Tag(name, location[0][2], location[0][5], location[0][5]), values)
        return place

    def _read_attributes(self, place: Surroundings, element: Element, tag: Tag, values: Mapping[str, str]) -> None:
        disabled = values.get("data-imageseo-disable")
        if disabled:
            place.disabled = (disabled, *place.disabled)
        if values.get("data-imageseo", "").strip().lower() == "ignore":
            place.ignored = True
        if self._has_selectors:
            place.included = place.included or any(each.matches(tag.name, values) for each in self._include)
            place.ignored = place.ignored or any(each.matches(tag.name, values) for each in self._exclude)
        if _hides(tag.name, values, self._text[tag.start : tag.end]):
            self._hide(place, element, tag, values)

    def _hide(self, place: Surroundings, element: Element, tag: Tag, values: Mapping[str, str]) -> None:
        found = OpenElement(tag)
        number = 0 if place.tabs is None else _blocks_before(element)
        record_hiding(found, values, self._lowered, tabs=place.tabs, number=number)
        if found.hidden_by is not None:
            place.hidden_by = found.hidden_by
            if element.tag != "img":
                found.close, found.end = tree.content_end(element, len(self._text))
                self.hiding.append(found)
        place.may_be_hidden = place.may_be_hidden or found.may_be_hidden
        place.in_rows = place.in_rows or found.shares_rows
        if found.shown_tab is not None:
            place.tabs = found


def _blocks_before(element: Element) -> int:
    """Return how many blocks of a set of tabs are before an element."""
    return sum(
        hiding.TAB_BLOCK in (each.attrs.get("class") or ())
        for each in element.previous_siblings
        if isinstance(each, Element)
    )


_HIDING_BY_NAME = frozenset({"audio", "canvas", "details", "dialog", "object", "video"})
_NAMES = frozenset({"a", "figure", "picture", "footer", "details", "summary"}) | tree.INERT
_PLAIN: Mapping[str, str] = {}


@lru_cache(maxsize=4096)  # the pages of a site share most of their tags
def _meaning(name: str, source: str) -> tuple[Mapping[str, str], Region, bool]:
    """Return attributes and region of an element, and whether they mean anything. ``source``: its start tag."""
    if len(source) <= len(name) + 2 and name not in _HIDING_BY_NAME:
        return _PLAIN, region(Landmark(name, "", ())), name in LANDMARKS
    values, found = element_of(name, source)
    matters = found is not Region.PLAIN or "data-imageseo" in source.lower() or _hides(name, values, source)
    return values, found, matters


def _hides(name: str, values: Mapping[str, str], source: str) -> bool:
    """Whether an element hides or arranges something; elements in lines only by an attribute that says so."""
    if name not in hiding.VISITED and not any(term in source.lower() for term in hiding.SEARCH_TERMS):
        return False
    return hiding.may_hide(name, values)


def _outermost(parent: Document | DocumentFragment | object) -> Surroundings:
    """Return what is around everything of the page, or of a template, whose content is a tree of its own."""
    return _TEMPLATE if isinstance(parent, DocumentFragment) else _PAGE
