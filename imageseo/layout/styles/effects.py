"""What rules of style sheets mean for one image of a page: which of our edits they would turn into a change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from imageseo.layout.styles.cascade import CONTAINERS, SHOWING, VIEWPORTS, CascadeRule, RuleSet, Won, longhands
from imageseo.layout.styles.items import BOX, OWN, ItemChange, item_of
from imageseo.layout.styles.properties import inherits, initial, shows
from imageseo.layout.styles.tree import PageTree
from imageseo.web.css import stylesheets
from imageseo.web.css.stylesheets import Declaration

Node = Any  # an element of lxml

WIDTHS = ("width",)
HEIGHTS = ("height", "max-height", "min-height")
EDGES = tuple(
    name
    for side in ("top", "right", "bottom", "left")
    for name in (f"padding-{side}", f"border-{side}-width", f"border-{side}-style")
)
NO_SIZE = frozenset(("auto", "none", "0"))
_UNSTYLED: Sequence[Mapping[str, Won]] = ({},) * len(VIEWPORTS)
AUTOMATIC = frozenset(("auto", "fit-content", "max-content", "min-content"))
NO_EDGE = frozenset(("0", "none", "hidden"))


def has_height(rule: CascadeRule) -> bool:
    """Whether a rule sets a height and no width."""
    return "width" not in rule.values and any(
        name in rule.values and rule.values[name][0] not in NO_SIZE for name in HEIGHTS
    )


def has_automatic_width(rule: CascadeRule) -> bool:
    """Whether a rule gives elements the width of their content, whatever their attributes say."""
    return rule.values.get("width", ("",))[0] in AUTOMATIC


def loses_size(rule: CascadeRule, *names: str) -> bool:
    """Whether a rule in a layer sets one of these sides: a rule outside layers that makes it ``auto`` wins over it."""
    return rule.is_layered and any(_loses(*rule.values[name]) for name in names if name in rule.values)


def has_edges(rule: CascadeRule) -> bool:
    """Whether a rule sets a border or padding, and no width."""
    return "width" not in rule.values and any(
        rule.values[name][0] not in NO_EDGE for name in EDGES if name in rule.values
    )


def inline_of(node: Node) -> tuple[Declaration, ...]:
    style = node.get("style")
    return stylesheets.declarations(style) if style else ()


class Effects:
    """Answers for the images of one page."""

    def __init__(self, rules: RuleSet, tree: PageTree) -> None:
        self.rules = rules
        self.tree = tree
        self._shown: dict[Node, Sequence[Mapping[str, Won]]] = {}

    def wrapper(self, image: Node, candidates: Sequence[CascadeRule]) -> str | None:
        """Return the first selector that a ``<picture>`` around the image would make match other elements."""
        return self._changed(image, candidates, lambda: self.tree.wrapped(image))

    def attribute(self, image: Node, name: str, value: str, candidates: Sequence[CascadeRule]) -> str | None:
        """Return the first selector that would match otherwise if the image had this attribute."""
        return self._changed(image, candidates, lambda: self.tree.given(image, {name: value}))

    def _changed(self, image: Node, candidates: Sequence[CascadeRule], edit: Callable[[], Any]) -> str | None:
        for rule in candidates:
            if not rule.selector.is_parsed:
                return rule.selector.text  # the safe answer
        before = {rule: self._matches(rule, image) for rule in candidates}
        changed: dict[Node, list[CascadeRule]] = {}
        with edit():
            for rule, old in before.items():
                for node in old ^ self._matches(rule, image):
                    changed.setdefault(node, []).append(rule)
        for node in sorted(changed, key=lambda each: each is not image):
            found = self._difference(node, node is image, changed[node], edit)
            if found is not None:
                return found
        return None

    def _matches(self, rule: CascadeRule, image: Node) -> set[Node]:
        selector = rule.selector
        nodes = [image] if selector.at_subject else self.tree.candidates(selector.subject)
        self.tree.element_type.spend(len(nodes))
        return {node for node in nodes if selector.possible(self.tree.element(node))}

    def _difference(
        self, node: Node, is_image: bool, rules: Sequence[CascadeRule], edit: Callable[[], Any]
    ) -> str | None:
        """Return the selector whose gained or lost match changes the look of an element."""
        names: dict[str, str] = {}
        for rule in rules:
            selector = rule.selector
            if selector.pseudo_element is not None and is_image:
                continue  # an image has none
            shown = [name for name in rule.values if shows(name) or not is_image]
            if selector.pseudo_element is not None or not rule.viewports or selector.has_state:
                if any(initial(name) != rule.values[name][0] or not is_image for name in shown):
                    return selector.text
                continue
            names.update(dict.fromkeys(shown, selector.text))
        if not names:
            return None
        inline = inline_of(node)
        element = self.tree.element(node)
        old = [self.rules.cascade(element, names, number, inline) for number in range(len(VIEWPORTS))]
        with edit():
            element = self.tree.element(node)
            new = [self.rules.cascade(element, names, number, inline) for number in range(len(VIEWPORTS))]
        for was, now in zip(old, new, strict=True):
            for name, selector_text in names.items():
                if _value(was.get(name), name, is_image) != _value(now.get(name), name, is_image):
                    return selector_text
        return None

    def picture(self, image: Node, candidates: Sequence[CascadeRule]) -> tuple[str, bool] | None:
        """Return the selector that gives a ``<picture>`` around the image a box, and whether with ``!important``."""
        if not candidates:
            return None
        with self.tree.wrapped(image) as picture:
            element = self.tree.element(picture)
            for rule in candidates:
                value, important = rule.values["display"]
                if value != "contents" and rule.selector.possible(element):
                    won = [self.rules.cascade(element, ("display",), number) for number in range(len(VIEWPORTS))]
                    values = [each["display"] for each in won if "display" in each]
                    if not rule.viewports or rule.selector.has_state:
                        return rule.selector.text, important
                    other = [each for each in values if each.value != "contents"]
                    if other:
                        return other[0].selector, any(each.important for each in other)
        return None

    def natural_size(self, image: Node, candidates: Iterable[CascadeRule]) -> str | None:
        """Return the selector because of which ``width`` and ``height`` attributes would change the shown size."""
        element, inline = self.tree.element(image), inline_of(image)
        uncertain = [rule for rule in candidates if not rule.viewports and rule.selector.possible(element)]
        for number in range(len(VIEWPORTS)):
            won = self.rules.cascade(element, (*WIDTHS, *HEIGHTS, "box-sizing", *EDGES), number, inline)
            if "width" in won:
                continue
            for name in HEIGHTS:
                if name in won and won[name].value not in NO_SIZE:
                    return won[name].selector
            edge = _edge(won)
            if edge is not None and self._is_border_box(image, number):
                return edge
            for rule in uncertain:
                if has_height(rule) or (has_edges(rule) and self._is_border_box(image, number)):
                    return rule.selector.text
        return None

    def layered(self, image: Node, candidates: Iterable[CascadeRule], names: Sequence[str]) -> str | None:
        """Return the selector in a layer that gives the image one of these sides, where no rule outside layers does."""
        element, inline = self.tree.element(image), inline_of(image)
        for rule in candidates:
            if not rule.viewports and loses_size(rule, *names) and rule.selector.possible(element):
                return rule.text
        for number in range(len(VIEWPORTS)):
            won = self.rules.cascade(element, names, number, inline)
            for each in won.values():
                if each.layered and _loses(each.value, each.important):
                    return each.selector
        return None

    def inherited(self, image: Node, candidates: Iterable[CascadeRule]) -> str | None:
        """Return the selector that lets the image take from the element around it what a ``<picture>`` would not have.

        A rule that matches the ``<picture>`` too (``*{box-sizing:inherit}``) hands it on.
        """
        element = self.tree.element(image)
        found = [rule for rule in candidates if rule.selector.possible(element)]
        if found:
            with self.tree.wrapped(image) as picture:
                outer = self.tree.element(picture)
                found = [rule for rule in found if not rule.selector.is_parsed or not rule.selector.possible(outer)]
        if found:
            return found[0].text
        inline = longhands(inline_of(image))
        return next((f"style={name}" for name, (value, _) in inline.items() if inherits(name, value)), None)

    def automatic(self, image: Node) -> str | None:
        """Return the selector because of which the image's own attribute ``width`` has no effect."""
        element, inline = self.tree.element(image), inline_of(image)
        for number in range(len(VIEWPORTS)):
            won = self.rules.cascade(element, WIDTHS, number, inline).get("width")
            if won is not None and won.value in AUTOMATIC:
                return won.selector
        return None

    def item(self, image: Node) -> ItemChange:
        """Return what width and height attributes, and size containment, change of an item of a container."""
        stretched = contained = None
        for number in range(len(VIEWPORTS)):
            parent = self._box_around(image, number)
            outer = None if parent is None else self._box_around(parent, number)
            if parent is None or not _is_container(self._shown_as(parent)[number]):
                continue
            box = self.rules.cascade(self.tree.element(parent), BOX, number, inline_of(parent))
            around = {} if outer is None else self._shown_as(outer)[number]
            own = self.rules.cascade(self.tree.element(image), OWN, number, inline_of(image))
            found = item_of(box, own, image.get("width") is not None, _is_container(around))
            stretched, contained = stretched or found.stretched, contained or found.contained
        return ItemChange(stretched, contained)

    def _box_around(self, node: Node, viewport: int) -> Node:
        """Return the element around a node whose item it is: one with ``display: contents`` has no box."""
        outer = node.getparent()
        while outer is not None:
            shown = self._shown_as(outer)[viewport].get("display")
            if shown is None or shown.value != "contents":
                break
            outer = outer.getparent()
        return outer

    def hidden(self, image: Node) -> str | None:
        """Return the selector that hides the image, or an element around it, at all viewports."""
        chain = [won for node in (image, *image.iterancestors()) if (won := self._shown_as(node)) is not _UNSTYLED]
        found: str | None = None
        for number in range(len(VIEWPORTS)):
            hiding = _hiding([won[number] for won in chain])
            if hiding is None:
                return None
            found = found or hiding
        return found

    def _shown_as(self, node: Node) -> Sequence[Mapping[str, Won]]:
        """Return display and visibility of an element, by viewport."""
        found = self._shown.get(node)
        if found is None:
            element, inline = self.tree.element(node), inline_of(node)
            found = _UNSTYLED
            if inline or self.rules.matching(element, only_showing=True):
                found = [self.rules.cascade(element, SHOWING, number, inline) for number in range(len(VIEWPORTS))]
            self._shown[node] = found
        return found

    def _is_border_box(self, node: Node, viewport: int) -> bool:
        while node is not None:
            won = self.rules.cascade(self.tree.element(node), ("box-sizing",), viewport, inline_of(node))
            value = won["box-sizing"].value if "box-sizing" in won else "content-box"
            if value != "inherit":
                return value != "content-box"
            node = node.getparent()
        return False


def _hiding(chain: Iterable[Mapping[str, Won]]) -> str | None:
    """Return the selector that hides an element. ``chain``: what won for it, then for the elements around it."""
    visibility: Won | None = None
    for won in chain:
        if "display" in won and won["display"].value == "none":
            return won["display"].selector
        visibility = visibility or won.get("visibility")
    return visibility.selector if visibility and visibility.value in ("hidden", "collapse") else None


def _loses(value: str, important: bool) -> bool:
    return value != "auto" and not important


def _is_container(won: Mapping[str, Won]) -> bool:
    return "display" in won and won["display"].value in CONTAINERS


def _value(won: Won | None, name: str, is_image: bool) -> str | None:
    if won is not None:
        return won.value
    return initial(name) if is_image else None


def _edge(won: Mapping[str, Won]) -> str | None:
    """Return the selector that gives the image padding or a visible border."""
    for name in EDGES:
        found = won.get(name)
        if found is None or found.value in NO_EDGE:
            continue
        if name.endswith("-style"):
            width = won.get(name.replace("-style", "-width"))
            if width is None or width.value != "0":
                return found.selector
        elif name.startswith("padding"):
            return found.selector
    return None
