"""What one rule of a style sheet could do to an image, told from its text where that is enough."""

from __future__ import annotations

import re
from functools import lru_cache

from imageseo.layout.styles.cascade import CascadeRule
from imageseo.layout.styles.properties import shows
from imageseo.web.css.selectors import Condition

# Values that the build may give to an image.
_ADDED = {"loading": "lazy", "decoding": "async", "fetchpriority": "high", "style": "contain-intrinsic-size:9px 9px"}
_ANY_VALUE = {"width": "900", "height": "600", "srcset": "a.webp 900w", "sizes": "auto, 100vw", "data-imageseo": ""}
_WRITTEN = (*_ADDED, *_ANY_VALUE)
_ATTRIBUTE = re.compile(r"\[([-\w]+)")
_NUMBERS = ("width", "height")
_ANY_PICTURE = frozenset({"*", "picture"})


def may_test_added(text: str) -> bool:
    """Whether a selector may test an attribute that the build writes; without parsing."""
    text = text.lower()
    return "\\" in text or any(name in text for name in _WRITTEN)


@lru_cache(maxsize=4096)
def _names_in(text: str) -> frozenset[str]:
    found = frozenset(name.lower() for name in _ATTRIBUTE.findall(text))
    return found if all(name.startswith("data-") for name in found) else frozenset()


def own_attributes(rule: CascadeRule) -> frozenset[str]:
    """Return the attributes that a plain selector tests, if all are of the site: their values tell images apart."""
    return _names_in(rule.text) if "[data-" in rule.text and rule.is_plain else frozenset()


def may_change_by_wrapper(rule: CascadeRule) -> bool:
    if rule.is_plain:
        return False
    selector = rule.selector
    if not selector.hooks and (not selector.names_picture or selector.is_simple):
        return False
    if selector.at_subject:
        return selector.pseudo_element is None and any(shows(name) for name in rule.values)
    return bool(rule.values)


def may_give_picture_a_box(rule: CascadeRule) -> bool:
    if rule.keys.subject not in _ANY_PICTURE or not rule.may_show:
        return False
    selector = rule.selector
    return (
        "display" in rule.values
        and selector.pseudo_element is None
        and selector.is_parsed
        and rule.values["display"][0] != "contents"
        and selector.subject.may_be("picture")
    )


def value_to_try(test: Condition) -> str | None:
    """Return a value for the attribute that the test asks for, if the build might write one that passes it."""
    if test.attribute in _ADDED:
        return _ADDED[test.attribute] if test.accepts(_ADDED[test.attribute]) else None
    if test.attribute not in _ANY_VALUE:
        return None
    if not test.operator:
        return _ANY_VALUE[test.attribute]
    return None if test.attribute in _NUMBERS and not test.value.isdecimal() else test.value
