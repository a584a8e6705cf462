"""The rules of the style sheets of a page in cascade order, and the values that win for one element."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from imageseo.layout.styles.properties import expand
from imageseo.model.finding import DESKTOP, MOBILE, PHONE, TABLET, Viewport
from imageseo.web.css import media_queries, stylesheets
from imageseo.web.css.style_selectors import StyleSelector, compile_selector
from imageseo.web.css.stylesheets import Context, Declaration, StyleSheet

Element = Any  # of lxml, wrapped by cssselect2

_SMALL = Viewport(name="small", width=360, height=640, dpr=3.0)
_LARGE = Viewport(name="large", width=1920, height=1080, dpr=1.0)
_BETWEEN = Viewport(name="between", width=1024, height=768, dpr=1.0)
VIEWPORTS = (DESKTOP, MOBILE, PHONE, TABLET, _SMALL, _BETWEEN, _LARGE)
ALWAYS = (1 << len(VIEWPORTS)) - 1
_INLINE = 1 << 30


class Won(NamedTuple):
    """The value of a property, and the selector of the rule that set it."""

    value: str
    selector: str
    important: bool = False


@dataclass(slots=True, eq=False)
class CascadeRule:
    """One selector with its declarations, expanded to longhands.

    ``viewports``: bits of those of ``VIEWPORTS`` where it certainly applies; 0 if only a state, a container or another
    kind of screen makes it apply.
    """

    selector: StyleSelector
    values: Mapping[str, tuple[str, bool]]  # longhand -> value, whether it is important
    viewports: int
    layer: int
    order: int


@dataclass(slots=True)
class RuleSet:
    """All rules of the sheets of a page that may ever apply on a screen."""

    rules: list[CascadeRule] = field(default_factory=list)
    by_property: dict[str, list[CascadeRule]] = field(default_factory=dict)
    layers: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, sheets: Iterable[tuple[StyleSheet, Context]]) -> RuleSet:
        """Return the rules of sheets in document order, each with the context of its link or import."""
        found = cls()
        read = list(sheets)
        for sheet, outer in read:
            for layer in ([outer.layer] if outer.layer else []), sheet.layers:
                for name in layer:
                    full = name if outer.layer in (None, name) else f"{outer.layer}.{name}"
                    if full not in found.layers:
                        found.layers.append(full)
        for sheet, outer in read:
            for rule in sheet.rules:
                found._add(rule, outer)
        return found

    def _add(self, rule: stylesheets.StyleRule, outer: Context) -> None:
        viewports = _viewports((*outer.media, *rule.context.media))
        if viewports is None:
            return
        if rule.context.maybe or outer.maybe:
            viewports = 0
        layer = rule.context.layer
        if outer.layer is not None:
            layer = outer.layer if layer is None else f"{outer.layer}.{layer}"
        rank = len(self.layers) if layer is None else self.layers.index(layer)
        values = longhands(rule.declarations)
        for text in rule.selectors:
            selector = compile_selector(text)
            always = viewports if not selector.has_state or selector.may_be_initial else 0
            self.rules.append(CascadeRule(selector, values, always, rank, len(self.rules)))
            for name in values:
                self.by_property.setdefault(name, []).append(self.rules[-1])

    def cascade(
        self, element: Element, names: Collection[str], viewport: int, inline: Sequence[Declaration] = ()
    ) -> dict[str, Won]:
        """Return the winning values of ``names`` for an element at one viewport (its index)."""
        tag, attributes = element.local_name, element.etree_element.attrib
        won: dict[str, tuple[tuple[Any, ...], Won]] = {}
        matched: dict[CascadeRule, bool] = {}
        for name in names:
            for rule in self.by_property.get(name, ()):
                if not rule.viewports >> viewport & 1:
                    continue
                value, important = rule.values[name]
                rank = -rule.layer if important else rule.layer
                key = (important, 0, rank, rule.selector.specificity, rule.order)
                if name in won and won[name][0] >= key:
                    continue
                found = matched.get(rule)
                if found is None:
                    selector = rule.selector
                    found = (
                        selector.pseudo_element is None
                        and selector.subject.may_match(tag, attributes)
                        and selector.initial(element)
                    )
                    matched[rule] = found
                if found:
                    won[name] = key, Won(value, rule.selector.text, important)
        for name, (value, important) in longhands(inline).items():
            key = (important, 1, 0, (0, 0, 0), 0)
            if name in names and (name not in won or won[name][0] < key):
                won[name] = key, Won(value, f"style={name}", important)
        return {name: each for name, (_, each) in won.items()}


def longhands(declarations: Iterable[Declaration]) -> dict[str, tuple[str, bool]]:
    """Return longhand -> value and importance; of two declarations the later wins, unless the first is important."""
    found: dict[str, tuple[str, bool]] = {}
    for name, value, important in declarations:
        for longhand, each in expand(name, value):
            if important or longhand not in found or not found[longhand][1]:
                found[longhand] = each, important
    return found


def _viewports(queries: Sequence[str]) -> int | None:
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
