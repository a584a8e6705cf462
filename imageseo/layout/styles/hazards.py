"""Which rules of a page's sheets could matter for an image, told from its tag and its parent's, without a tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from imageseo.layout.styles.cascade import CONTAINERS, CascadeRule, RuleSet, keys_of, longhands
from imageseo.layout.styles.effects import (
    EDGES,
    HEIGHTS,
    NO_EDGE,
    NO_SIZE,
    has_automatic_width,
    has_edges,
    has_height,
    loses_size,
)
from imageseo.layout.styles.found import Hazards
from imageseo.layout.styles.hiding import HidingRules, hides
from imageseo.layout.styles.place import Place, read_tag
from imageseo.layout.styles.properties import inherits, initial, shows
from imageseo.layout.styles.rule_kinds import (
    may_change_by_wrapper,
    may_give_picture_a_box,
    may_test_added,
    own_attributes,
    value_to_try,
)
from imageseo.model.image import ImageRef, PageRegion
from imageseo.web.css import stylesheets
from imageseo.web.css.compounds import Hook
from imageseo.web.css.selector_keys import only_parent
from imageseo.web.css.selectors import Condition

if TYPE_CHECKING:
    from imageseo.layout.styles.sizing import Concern, SettingRules

_MAKES_ITEMS = CONTAINERS | {"contents"}  # an element without a box leaves its items to a container around it
# Parts of the words by which a rule could set a width, or a height, border or padding.
_WIDTHS = ("width", "inline-size", "all")
_SIZES = ("height", "block-size", "padding", "border")
_ANY_IMAGE = frozenset({"*", "img", "picture"})


Element = tuple[str, Mapping[str, str]]  # name and attributes


class _Image(NamedTuple):
    """An image with what is known of its surroundings, as far as any rule asks for it."""

    attributes: Mapping[str, str]
    parent: Element | None
    previous: bytes | None

    def fits(self, hook: Hook) -> bool:
        """Whether the image may match there."""
        return hook.compound.may_match("img", self.attributes) and self.is_at(hook)

    def is_at(self, hook: Hook) -> bool:
        """Whether its surroundings, which a wrapper would have too, may match there."""
        if hook.parent is not None and self.parent is not None and not hook.parent.may_match(*self.parent):
            return False
        if hook.previous is None or self.previous is None or not self.previous.isascii():
            return True
        if not self.previous:
            return False
        return not hook.adjacent or hook.previous.tag in (None, self.previous.decode())


class HazardRules:
    """The rules of a page's sheets that could matter for its images."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.hiding = HidingRules(rules)
        self._groups: dict[tuple[str | None, str | None], _Group] = {}
        self._for_siblings: dict[str, list[CascadeRule]] = {}
        self._for_all: list[CascadeRule] = []
        self._containers: list[CascadeRule] = []
        self._setting: dict[Concern, SettingRules] = {}
        for rule in rules.rules:
            keys = rule.keys
            if rule.may_contain:
                self._containers.append(rule)
            if (
                keys.nested
                or keys.subject in _ANY_IMAGE
                or "picture" in rule.text
                or _ANY_IMAGE.intersection(keys.siblings)
            ):
                self._for_all.append(rule)
                continue
            for key in keys.siblings:
                self._for_siblings.setdefault(key, []).append(rule)

    def setting(self, concern: Concern) -> SettingRules:
        """Return the rules that could set something of an image; few builds ask for them."""
        from imageseo.layout.styles.sizing import SettingRules

        if concern not in self._setting:
            self._setting[concern] = SettingRules(concern, self.rules, about=self.about)
        return self._setting[concern]

    def of(self, ref: ImageRef, place: Place, charset: str = "utf-8") -> Hazards:
        """Return the hazards of an image, as far as its tag and place tell. ``charset``: of the page."""
        key = ref.get("class"), ref.get("id")
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(self, *key)
        return group.of(ref, place, charset)

    def containers(self, element: Element | None) -> Iterator[CascadeRule]:
        """Yield the rules that could make what is in an element items of a container; ``None``: any element."""
        keys = None if element is None else frozenset(keys_of(*element))
        for rule in self._containers:
            if (
                (keys is None or rule.keys.subject in keys)
                and rule.values.get("display", ("",))[0] in _MAKES_ITEMS
                and rule.selector.pseudo_element is None
                and (element is None or rule.selector.subject.may_match(*element))
            ):
                yield rule

    def about(self, attributes: Mapping[str, str]) -> list[CascadeRule]:
        """Return the rules that could be about an image with these attributes, in order."""
        keys = [*(f".{name}" for name in attributes.get("class", "").split()), f"#{attributes.get('id')}"]
        found = {rule.order: rule for rule in self._for_all}
        for key in keys:
            for rule in (*self.rules.by_key.get(key, ()), *self._for_siblings.get(key, ())):
                found[rule.order] = rule
        return [found[order] for order in sorted(found)]


class _Group:
    """The images with the same class and id: the rules that could be about them, and what was found for each kind."""

    def __init__(self, rules: HazardRules, classes: str | None, name: str | None) -> None:
        own = {key: value for key, value in (("class", classes), ("id", name)) if value is not None}
        about = rules.about(own)
        self.rules = rules
        self.border_box = rules.rules.has_box_sizing
        self.about = about
        self.wrapper = [rule for rule in self.about if not rule.is_plain]
        self.picture = [rule for rule in self.about if may_give_picture_a_box(rule)]
        self.size = [
            rule
            for rule in self.about
            if rule.mentions(*_SIZES) and (has_height(rule) or (self.border_box and has_edges(rule)))
        ]
        self.automatic = [rule for rule in self.about if rule.mentions(*_WIDTHS) and has_automatic_width(rule)]
        self.hidden = [rule for rule in self.about if hides(rule) and rule.selector.subject.may_be("img")]
        self.layered = [rule for rule in self.about if loses_size(rule, "width", "height")]
        self.inherit = [rule for rule in self.about if _lets_inherit(rule)]
        self.attributes = [
            (rule, compound, test.attribute, value)
            for rule in self.about
            if "[" in rule.text and may_test_added(rule.text)
            for compound, test in rule.selector.tests
            if compound.may_be("img")
            and (value := value_to_try(test)) is not None
            and any(shows(name) for name in rule.values)
        ]
        self.tests: dict[str, list[Condition]] = {}
        self._own = tuple(sorted({name for rule in self.about for name in own_attributes(rule)}))
        for rule in self.about:
            for test in rule.selector.tests_near_image() if "[" in rule.text and not own_attributes(rule) else ():
                if test not in self.tests.setdefault(test.attribute, []):
                    self.tests[test.attribute].append(test)
        for name in ("class", "id", "style"):
            self.tests.pop(name, None)
        self._names = tuple(self.tests)
        self._own = tuple(name for name in self._own if name not in self.tests)
        self._parents: dict[tuple[bytes, str], tuple[object, Element]] = {}
        self._found: dict[tuple[object, ...], Hazards] = {}
        self._wrapping: dict[CascadeRule, bool] = {}

    def of(self, ref: ImageRef, place: Place, charset: str) -> Hazards:
        get = ref.get
        outcomes = [None if (value := get(name)) is None else self._outcome(name, value) for name in self._names]
        parent = self._parent(place.parent, charset) if place.parent is not None else None
        in_article = ref.region is PageRegion.ARTICLE
        key = (get("style"), parent and parent[0], place.previous, in_article, *outcomes, *map(get, self._own))
        found = self._found.get(key)
        if found is None:
            attributes = {
                name: get(name) or ""
                for name in ("class", "id", "style", *self._names, *self._own)
                if get(name) is not None
            }
            image = _Image(attributes, parent and parent[1], place.previous)
            found = self._found[key] = self._hazards(image, in_article)
        return found

    def _outcome(self, name: str, value: str) -> tuple[bool, ...]:
        return tuple(test.accepts(value) for test in self.tests[name])

    def _parent(self, tag: bytes, charset: str) -> tuple[object, Element]:
        """Return name and attributes of a start tag, and a key that equals that of others which no rule tells apart."""
        found = self._parents.get((tag, charset))
        if found is None:
            name, written = element = read_tag(tag, charset)
            key: list[object] = [name, written.get("class"), written.get("id"), written.get("style")]
            key += [None if each not in written else self._outcome(each, written[each]) for each in self._names]
            key += [written.get(each) for each in self._own]
            found = self._parents[tag, charset] = tuple(key), element
        return found

    def _hazards(self, image: _Image, in_article: bool) -> Hazards:
        """``in_article``: elsewhere the build keeps widths, and offers no variants, whatever an image is an item of."""
        inline = longhands(stylesheets.declarations(image.attributes.get("style", "")))
        sized = "width" in inline
        edges = self.border_box and any(inline.get(name, ("0",))[0] not in NO_EDGE for name in EDGES)
        size = () if sized else tuple(rule for rule in self.size if image.fits(rule.selector.place))
        has_height = not sized and (edges or any(inline.get(name, ("auto",))[0] not in NO_SIZE for name in HEIGHTS))
        container = tuple(self.rules.containers(image.parent)) if in_article else ()
        in_container = in_article and image.parent is not None and _is_container(image.parent[1])
        # Only there the build may take the width from the attribute.
        keeps_width = in_article and not (size or has_height or container or in_container)
        lost = ("height",) if keeps_width else ("width", "height")
        return Hazards(
            wrapper=tuple(rule for rule in self.wrapper if self._wraps(rule, image)),
            picture=tuple(rule for rule in self.picture if image.is_at(rule.selector.place)),
            size=size,
            automatic=() if sized else tuple(rule for rule in self.automatic if image.fits(rule.selector.place)),
            hidden=tuple(rule for rule in self.hidden if image.fits(rule.selector.place)),
            attributes=tuple(
                (rule, name, value)
                for rule, compound, name, value in self.attributes
                if name not in image.attributes and compound.may_match("img", {**image.attributes, name: value})
            ),
            inline=has_height,
            container=container,
            in_container=in_container,
            layered=tuple(rule for rule in self.layered if loses_size(rule, *lost) and image.fits(rule.selector.place)),
            inherit=tuple(rule for rule in self.inherit if image.fits(rule.selector.place)),
            inline_inherit=any(inherits(name, value) for name, (value, _) in inline.items()),
        )

    def _wraps(self, rule: CascadeRule, image: _Image) -> bool:
        parent = only_parent(rule.text)
        if parent is not None and image.parent is not None and parent not in keys_of(*image.parent):
            return False
        if rule not in self._wrapping:
            self._wrapping[rule] = may_change_by_wrapper(rule)
        if not self._wrapping[rule]:
            return False
        selector = rule.selector
        if not (selector.names_picture or any(map(image.fits, selector.hooks))):
            return False
        if not selector.at_subject:
            return True
        return selector.subject.may_match("img", image.attributes) and any(
            self._matters(name, value, image) for name, (value, _) in rule.values.items()
        )

    def _matters(self, name: str, value: str, image: _Image) -> bool:
        """Whether losing or gaining a declaration can show on an image: not one that repeats the initial value."""
        if not shows(name):
            return False
        return value != initial(name) or any(
            name in rule.values and rule.values[name][0] != value and image.fits(rule.selector.place)
            for rule in self.about
        )


def _lets_inherit(rule: CascadeRule) -> bool:
    """Whether a rule lets an image inherit something, and a ``<picture>`` around it would not hand it on."""
    if not rule.mentions("inherit"):
        return False
    if not any(inherits(name, value) for name, (value, _) in rule.values.items()):
        return False
    selector = rule.selector
    if selector.pseudo_element is not None or (selector.subject.is_universal and selector.is_simple):
        return False
    return selector.subject.may_be("img")


def _is_container(attributes: Mapping[str, str]) -> bool:
    """Whether the style attribute of an element makes what is in it items of a container."""
    style = attributes.get("style", "")
    return longhands(stylesheets.declarations(style)).get("display", ("",))[0] in _MAKES_ITEMS
