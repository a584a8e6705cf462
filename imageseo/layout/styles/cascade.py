"""The rules of the style sheets of a page in cascade order, and the values that win for one element."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from imageseo.layout.styles.properties import PREFIXED_CONTAINERS, expand
from imageseo.model.finding import DESKTOP, MOBILE, PHONE, TABLET, Viewport
from imageseo.web.css import media_queries
from imageseo.web.css.compounds import Compound
from imageseo.web.css.selector_keys import is_plain, selector_keys
from imageseo.web.css.style_selectors import StyleSelector, compile_selector
from imageseo.web.css.stylesheets import Context, Declaration, StyleRule, StyleSheet

Element = Any  # of lxml, wrapped by cssselect2

_SMALL = Viewport(name="small", width=360, height=640, dpr=3.0)
_LARGE = Viewport(name="large", width=1920, height=1080, dpr=1.0)
_BETWEEN = Viewport(name="between", width=1024, height=768, dpr=1.0)
VIEWPORTS = (DESKTOP, MOBILE, PHONE, TABLET, _SMALL, _BETWEEN, _LARGE)
SHOWING = frozenset({"display", "visibility"})
CONTAINERS = frozenset({"flex", "inline-flex", "grid", "inline-grid"})
_MAX_KNOWN = 4096
ALWAYS = (1 << len(VIEWPORTS)) - 1


class Won(NamedTuple):
    """The value of a property, and the selector of the rule that set it."""

    value: str
    selector: str
    important: bool = False
    layered: bool = False  # in a cascade layer: any rule outside layers wins over it


class CascadeRule:
    """One selector with its declarations; both are parsed when they are asked for."""

    __slots__ = ("_declarations", "_selector", "_values", "_viewports", "is_layered", "keys", "layer", "order", "text")

    def __init__(
        self, text: str, rule: StyleRule, viewports: int, layer: int, order: int, is_layered: bool = False
    ) -> None:
        self.text = text
        self.is_layered = is_layered
        self.keys = selector_keys(text)
        self.layer = layer
        self.order = order
        self._declarations = rule
        self._viewports = viewports
        self._selector: StyleSelector | None = None
        self._values: Mapping[str, tuple[str, bool]] | None = None

    @property
    def selector(self) -> StyleSelector:
        if self._selector is None:
            self._selector = compile_selector(self.text)
        return self._selector

    @property
    def values(self) -> Mapping[str, tuple[str, bool]]:
        """Longhand -> value, and whether it is important."""
        if self._values is None:
            self._values = longhands(self._declarations.declarations)
        return self._values

    @property
    def is_plain(self) -> bool:
        """Whether it asks only for names, classes, ids and attributes: no wrapper changes what such a one matches."""
        return is_plain(self.text)

    def mentions(self, *parts: str) -> bool:
        """Whether a word of its declarations contains one of these; without parsing."""
        return self._declarations.mentions(*parts)

    @property
    def may_hide(self) -> bool:
        """Whether its declarations could hide an element; without parsing."""
        return self._declarations.may_set("none", "hidden", "collapse") and self._declarations.may_set(
            "display", "visibility"
        )

    @property
    def may_show(self) -> bool:
        """Whether its declarations could set one of ``SHOWING``; without parsing."""
        return self._declarations.may_set("all", *SHOWING)

    @property
    def may_contain(self) -> bool:
        """Whether its declarations could make the items of an element those of a container; without parsing."""
        return self._declarations.may_set(*CONTAINERS, *PREFIXED_CONTAINERS, "contents") and self._declarations.may_set(
            "display"
        )

    @property
    def viewports(self) -> int:
        """Bits of those of ``VIEWPORTS`` where it certainly applies.

        0 if only a state, a container or another kind of screen makes it apply.
        """
        selector = self.selector
        return 0 if selector.has_state and not selector.may_be_initial else self._viewports


class RuleSet:
    """All rules of the sheets of a page that may ever apply on a screen, by the key of their subject."""

    def __init__(self, sheets: Iterable[tuple[StyleSheet, Context]]) -> None:
        """``sheets``: in document order, each with the context of its link or import."""
        self.rules: list[CascadeRule] = []
        self.by_key: dict[str, list[CascadeRule]] = {}
        self.has_box_sizing = False
        self._known: dict[tuple[object, ...], tuple[CascadeRule, ...]] = {}
        self._showing: dict[str, list[CascadeRule]] | None = None
        self._layers: list[str] = []
        read = list(sheets)
        for sheet, outer in read:
            for names in ([outer.layer] if outer.layer else []), sheet.layers:
                for name in names:
                    full = name if outer.layer in (None, name) else f"{outer.layer}.{name}"
                    if full not in self._layers:
                        self._layers.append(full)
        for sheet, outer in read:
            for rule in sheet.rules:
                self._add(rule, outer)

    def _add(self, rule: StyleRule, outer: Context) -> None:
        viewports = _viewports((*outer.media, *rule.context.media))
        if viewports is None:
            return
        if rule.context.maybe or outer.maybe:
            viewports = 0
        layer = rule.context.layer
        if outer.layer is not None:
            layer = outer.layer if layer is None else f"{outer.layer}.{layer}"
        rank = len(self._layers) if layer is None else self._layers.index(layer)
        if not self.has_box_sizing:
            self.has_box_sizing = rule.may_set("box-sizing", "-webkit-box-sizing", "-moz-box-sizing")
        for text in rule.selectors:
            added = CascadeRule(text, rule, viewports, rank, len(self.rules), layer is not None)
            self.rules.append(added)
            self.by_key.setdefault(added.keys.subject, []).append(added)

    def _about_showing(self) -> Mapping[str, list[CascadeRule]]:
        """Return the rules that set one of ``SHOWING``, by the key of their subject: these are asked for most."""
        if self._showing is None:
            self._showing = {}
            for rule in self.rules:
                if rule.may_show and "::" not in rule.text and not SHOWING.isdisjoint(rule.values):
                    self._showing.setdefault(rule.keys.subject, []).append(rule)
        return self._showing

    def cascade(
        self, element: Element, names: Collection[str], viewport: int, inline: Sequence[Declaration] = ()
    ) -> dict[str, Won]:
        """Return the winning values of ``names`` for an element at one viewport (its index)."""
        won: dict[str, tuple[tuple[Any, ...], Won]] = {}
        for rule in self.matching(element, SHOWING.issuperset(names)):
            if rule.viewports >> viewport & 1:
                for name in names:
                    if name in rule.values:
                        value, important = rule.values[name]
                        rank = -rule.layer if important else rule.layer
                        key = (important, 0, rank, rule.selector.specificity, rule.order)
                        if name not in won or won[name][0] < key:
                            won[name] = key, Won(value, rule.text, important, rule.is_layered)
        for name, (value, important) in longhands(inline).items():
            key = (important, 1, 0, (0, 0, 0), 0)
            if name in names and (name not in won or won[name][0] < key):
                won[name] = key, Won(value, f"style={name}", important)
        return {name: each for name, (_, each) in won.items()}

    def matching(self, element: Element, only_showing: bool = False) -> list[CascadeRule]:
        """Return the rules that match an element in the page as it is loaded, at whatever viewport.

        ``only_showing``: only those that set one of ``SHOWING``.
        """
        name = "_imageseo_showing" if only_showing else "_imageseo_rules"
        found: list[CascadeRule] | None = element.__dict__.get(name)
        if found is None:
            found = element.__dict__[name] = [
                rule for rule in self._candidates(element, only_showing) if rule.selector.initial(element)
            ]
        return found

    def _candidates(self, element: Element, only_showing: bool) -> Sequence[CascadeRule]:
        """Return the rules that its tag and its parent's allow to match an element: the same on many pages."""
        tag, attributes, parent = element.local_name, element.etree_element.attrib, element.parent
        key: tuple[object, ...] = (only_showing, tag, *attributes.items())
        if parent is not None:
            key = (*key, None, parent.local_name, *parent.etree_element.attrib.items())
        found = self._known.get(key)
        if found is None:
            by_key = self._about_showing() if only_showing else self.by_key
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            found = self._known[key] = tuple(
                rule
                for each in keys_of(tag, attributes)
                for rule in by_key.get(each, ())
                if rule.selector.pseudo_element is None
                and rule.selector.subject.may_match(tag, attributes)
                and _may_be_in(rule.selector.place.parent, parent)
            )
        return found


def _may_be_in(asked: Compound | None, parent: Element) -> bool:
    if asked is None:
        return True
    return parent is not None and asked.may_match(parent.local_name, parent.etree_element.attrib)


def keys_of(tag: str, attributes: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys that the subject of a selector can have if such an element matches it."""
    names = [f".{name}" for name in (attributes.get("class") or "").split()]
    return ("*", tag, f"#{attributes.get('id')}", *dict.fromkeys(names))


def longhands(declarations: Iterable[Declaration]) -> dict[str, tuple[str, bool]]:
    """Return longhand -> value and importance; of two declarations the later wins, unless the first is important."""
    found: dict[str, tuple[str, bool]] = {}
    for name, value, important in declarations:
        for longhand, each in expand(name, value):
            if important or longhand not in found or not found[longhand][1]:
                found[longhand] = each, important
    return found


@lru_cache(maxsize=4096)
def _viewports(queries: tuple[str, ...]) -> int | None:
    """Return the viewports where all queries match; 0 if none does, ``None`` if they never match on a screen."""
    bits = 0
    for number, viewport in enumerate(VIEWPORTS):
        if all(media_queries.matches(query, viewport) for query in queries):
            bits |= 1 << number
    if not bits and any(_only_print(query) for query in queries):
        return None
    return bits


def _only_print(query: str) -> bool:
    words = [part.split() for part in query.lower().split(",")]
    return all(part and part[part[0] == "only" and len(part) > 1] in ("print", "speech") for part in words)
