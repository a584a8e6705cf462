"""Which rules of a page's sheets could matter for an image, told from its tag and its parent's, without a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from imageseo.layout.styles.cascade import CascadeRule, RuleSet, longhands
from imageseo.layout.styles.effects import EDGES, HEIGHTS, NO_EDGE, NO_SIZE, has_edges, has_height
from imageseo.layout.styles.hiding import HidingRules, hides
from imageseo.layout.styles.properties import initial, shows
from imageseo.model.image import ImageRef
from imageseo.web.css import stylesheets
from imageseo.web.css.compounds import AttributeTest, Hook
from imageseo.web.html.attributes import read

# Values that the build may give to an image.
_ADDED = {"loading": "lazy", "decoding": "async", "fetchpriority": "high", "style": "contain-intrinsic-size:9px 9px"}
_ANY_VALUE = {"width": "900", "height": "600", "srcset": "a.webp 900w", "sizes": "auto, 100vw", "data-imageseo": ""}
_NUMBERS = ("width", "height")
_ANY_IMAGE = frozenset({"*", "img", "picture"})
_VOID = frozenset(b"area base br col embed hr img input link meta source track wbr".split())
_TAG = re.compile(rb"<(/?)([a-zA-Z][^\s/>]*)[^<>]*>")
_OMITTED_ENDS = (b"p", b"li", b"dt", b"dd", b"td", b"th", b"tr")
_WINDOW = 800  # bytes before an image in which its parent is looked for


@dataclass(slots=True, eq=False)
class Hazards:
    """The rules that could matter for one image."""

    wrapper: tuple[CascadeRule, ...] = ()
    picture: tuple[CascadeRule, ...] = ()
    size: tuple[CascadeRule, ...] = ()
    hidden: tuple[CascadeRule, ...] = ()
    attributes: tuple[tuple[CascadeRule, str, str], ...] = ()  # with the attribute's name and a value to try
    inline: bool = False  # the style of the image itself has a height or border

    def __bool__(self) -> bool:
        return bool(self.wrapper or self.picture or self.size or self.attributes or self.inline or self.hidden)

    def on_page(self, present: Mapping[str, bool]) -> Hazards:
        """Return those whose classes and ids the page has."""

        def there(rule: CascadeRule) -> bool:
            return all(present[name] for name in rule.selector.classes | rule.selector.ids)

        return Hazards(
            wrapper=tuple(filter(there, self.wrapper)),
            picture=tuple(filter(there, self.picture)),
            size=tuple(filter(there, self.size)),
            attributes=tuple(each for each in self.attributes if there(each[0])),
            hidden=tuple(filter(there, self.hidden)),
            inline=self.inline,
        )

    def rules(self) -> Iterator[CascadeRule]:
        yield from (*self.wrapper, *self.picture, *self.size, *self.hidden)
        yield from (rule for rule, _, _ in self.attributes)


NO_HAZARDS = Hazards()


class Place(NamedTuple):
    """What the bytes before an image tell cheaply of where it is.

    ``parent``: the start tag of the element around it. ``previous``: the name of the element before it in there, empty
    if there is none. ``None``: not known.
    """

    parent: bytes | None = None
    previous: bytes | None = None


_UNKNOWN = Place()
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
        if hook.previous is None or self.previous is None:
            return True
        if not self.previous:
            return False
        return not hook.adjacent or hook.previous.tag in (None, self.previous.decode("latin-1"))


class HazardRules:
    """The rules of a page's sheets that could matter for its images."""

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.hiding = HidingRules(rules)
        self._groups: dict[tuple[str | None, str | None], _Group] = {}
        self._for_siblings: dict[str, list[CascadeRule]] = {}
        self._for_all: list[CascadeRule] = []
        for rule in rules.rules:
            keys = rule.keys
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

    def of(self, ref: ImageRef, place: Place) -> Hazards:
        """Return the hazards of an image, as far as its tag and place tell."""
        key = ref.get("class"), ref.get("id")
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(self, *key)
        return group.of(ref, place)

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
        self.border_box = rules.rules.has_box_sizing
        self.about = [rule for rule in about if rule.values]
        self.wrapper = [rule for rule in self.about if _may_change_by_wrapper(rule)]
        self.picture = [rule for rule in self.about if _may_give_picture_a_box(rule)]
        self.size = [rule for rule in self.about if has_height(rule) or (self.border_box and has_edges(rule))]
        self.hidden = [rule for rule in self.about if hides(rule) and rule.selector.subject.may_be("img")]
        self.attributes = [
            (rule, compound, test.name, value)
            for rule in self.about
            for compound, test in rule.selector.tests
            if compound.may_be("img")
            and (value := _value_to_try(test)) is not None
            and any(shows(name) for name in rule.values)
        ]
        self.tests: dict[str, list[AttributeTest]] = {}
        for rule in self.about:
            for test in rule.selector.tests_near_image():
                if test not in self.tests.setdefault(test.name, []):
                    self.tests[test.name].append(test)
        for name in ("class", "id", "style"):
            self.tests.pop(name, None)
        self._names = tuple(self.tests)
        self._parents: dict[bytes, tuple[object, Element]] = {}
        self._found: dict[tuple[object, ...], Hazards] = {}

    def of(self, ref: ImageRef, place: Place) -> Hazards:
        get = ref.get
        outcomes = [None if (value := get(name)) is None else self._outcome(name, value) for name in self._names]
        parent = self._parent(place.parent) if place.parent is not None else None
        key = (get("style"), parent and parent[0], place.previous, *outcomes)
        found = self._found.get(key)
        if found is None:
            attributes = {
                name: get(name) or "" for name in ("class", "id", "style", *self._names) if get(name) is not None
            }
            found = self._found[key] = self._hazards(_Image(attributes, parent and parent[1], place.previous))
        return found

    def _outcome(self, name: str, value: str) -> tuple[bool, ...]:
        return tuple(test.holds(value) for test in self.tests[name])

    def _parent(self, tag: bytes) -> tuple[object, Element]:
        """Return name and attributes of a start tag, and a key that equals that of others which no rule tells apart."""
        found = self._parents.get(tag)
        if found is None:
            text = tag.decode("latin-1")
            name = re.split(r"[\s/>]", text[1:], maxsplit=1)[0]
            written = read(text.rstrip("/>"), 1 + len(name))
            key: list[object] = [name.lower(), written.get("class"), written.get("id"), written.get("style")]
            key += [None if each not in written else self._outcome(each, written[each]) for each in self._names]
            found = self._parents[tag] = tuple(key), (name.lower(), written)
        return found

    def _hazards(self, image: _Image) -> Hazards:
        inline = longhands(stylesheets.declarations(image.attributes.get("style", "")))
        sized = "width" in inline
        edges = self.border_box and any(inline.get(name, ("0",))[0] not in NO_EDGE for name in EDGES)
        return Hazards(
            wrapper=tuple(rule for rule in self.wrapper if self._wraps(rule, image)),
            picture=tuple(rule for rule in self.picture if image.is_at(rule.selector.place)),
            size=() if sized else tuple(rule for rule in self.size if image.fits(rule.selector.place)),
            hidden=tuple(rule for rule in self.hidden if image.fits(rule.selector.place)),
            attributes=tuple(
                (rule, name, value)
                for rule, compound, name, value in self.attributes
                if name not in image.attributes and compound.may_match("img", {**image.attributes, name: value})
            ),
            inline=not sized and (edges or any(inline.get(name, ("auto",))[0] not in NO_SIZE for name in HEIGHTS)),
        )

    def _wraps(self, rule: CascadeRule, image: _Image) -> bool:
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


def _may_change_by_wrapper(rule: CascadeRule) -> bool:
    selector = rule.selector
    if not selector.hooks and (not selector.names_picture or selector.is_simple):
        return False
    if selector.at_subject:
        return selector.pseudo_element is None and any(shows(name) for name in rule.values)
    return bool(rule.values)


def _may_give_picture_a_box(rule: CascadeRule) -> bool:
    selector = rule.selector
    return (
        "display" in rule.values
        and selector.pseudo_element is None
        and selector.is_parsed
        and rule.values["display"][0] != "contents"
        and selector.subject.may_be("picture")
    )


def _value_to_try(test: AttributeTest) -> str | None:
    """Return a value for the attribute that the test asks for, if the build might write one that passes it."""
    if test.name in _ADDED:
        return _ADDED[test.name] if test.holds(_ADDED[test.name]) else None
    if test.name not in _ANY_VALUE:
        return None
    if not test.operator:
        return _ANY_VALUE[test.name]
    return None if test.name in _NUMBERS and not test.value.isdecimal() else test.value


def place_of(html: bytes, at: int) -> Place:
    """Return what can be told cheaply of the surroundings of an image at an offset."""
    start = html.rfind(b"<", 0, at)
    match = _TAG.match(html, start, at) if start >= 0 else None
    if match is None:
        return _UNKNOWN
    if not match[1] and match[2].lower() not in _VOID:
        return Place(match[0], b"")
    window = html[max(0, at - _WINDOW) : at]
    if b"<!--" in window or b"<script" in window or b"<svg" in window:
        return _UNKNOWN
    closed: list[bytes] = []
    previous: bytes | None = None
    for match in reversed(list(_TAG.finditer(window))):
        name = match[2].lower()
        if not closed and previous is None and (match[1] or name in _VOID):
            previous = name
        if name in _VOID:
            continue
        if match[1]:
            closed.append(name)
        elif not closed:
            return Place(match[0], previous)
        elif closed[-1] == name:
            closed.pop()
        elif name not in _OMITTED_ENDS:
            return Place(None, previous)
    return Place(None, previous)
