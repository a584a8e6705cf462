"""Whether a style sheet could set the size of an image, or what is painted behind it, told from its tag first."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from imageseo.layout.styles.cascade import CascadeRule, RuleSet
from imageseo.layout.styles.place import Place, place_of, read_tag
from imageseo.model.image import ImageRef, PageScan

if TYPE_CHECKING:
    from imageseo.layout.styles.tree import PageTree


class Concern(NamedTuple):
    """What a rule may set. ``words``: it contains one of them; ``names``: of properties; ``keeps``: values that do
    nothing.
    """

    words: tuple[str, ...]
    names: re.Pattern[str]
    keeps: frozenset[str]


SIZE = Concern(
    ("width", "height", "size", "zoom", "scale", "transform", "object-fit", "rendering", "ratio", "all"),
    re.compile(
        r"(?:min-|max-)?(?:width|height|inline-size|block-size)|zoom|scale|transform|object-fit|image-rendering"
        r"|aspect-ratio|all"
    ),
    frozenset(("auto", "none", "initial", "unset", "normal", "1")),
)
"""The size at which an image is shown, and how its pixels are drawn."""
GROUND = Concern(
    ("background", "object-", "content", "all"),
    re.compile(r"background(?:-(?:color|image|clip|origin|blend-mode))?|object-(?:fit|position)|content|all"),
    frozenset(("none", "transparent", "initial", "unset", "fill", "normal", "50% 50%", "center")),
)
"""What is painted behind an image, and whether the image covers its box."""


class SettingRules:
    """The rules of some sheets that could set something of an image; each is parsed when an image is asked for.

    ``about``: returns those that could be about an image with some attributes, in order.
    """

    def __init__(
        self, concern: Concern, rules: RuleSet, *, about: Callable[[Mapping[str, str]], list[CascadeRule]]
    ) -> None:
        self._concern = concern
        self._rules = rules
        self._about = about
        self._groups: dict[tuple[str | None, str | None], list[CascadeRule]] = {}
        self._known: dict[CascadeRule, bool] = {}
        self._last: tuple[tuple[bytes, str], PageTree] | None = None  # of the page that was asked for

    def may_apply(self, ref: ImageRef, html: bytes, scan: PageScan) -> bool:
        """Whether such a rule could apply to the image."""
        if not self._may_by_tag(ref, place_of(html, ref.span.start), scan.charset):
            return False
        from imageseo.layout.styles.tree import PageTree

        key = (html, scan.charset)
        if self._last is None or self._last[0] != key:
            self._last = key, PageTree(html, scan.refs, scan.charset)
        tree = self._last[1]
        node = tree.images.get(ref.span)
        return node is None or any(map(self._sets, self._rules.matching(tree.element(node))))

    def _may_by_tag(self, ref: ImageRef, place: Place, charset: str) -> bool:
        """The same, as far as its tag and its parent's tell: that needs no tree."""
        attributes = {name: value or "" for name, value, _ in ref.attributes}
        key = attributes.get("class"), attributes.get("id")
        if key not in self._groups:
            self._groups[key] = [rule for rule in self._about(attributes) if self._sets(rule)]
        rules = self._groups[key]
        parent = read_tag(place.parent, charset) if rules and place.parent is not None else None
        return any(
            rule.selector.subject.may_match("img", attributes)
            and (parent is None or rule.selector.place.parent is None or rule.selector.place.parent.may_match(*parent))
            for rule in rules
        )

    def _sets(self, rule: CascadeRule) -> bool:
        found = self._known.get(rule)
        if found is None:
            found = self._known[rule] = _sets(rule, self._concern)
        return found


def _sets(rule: CascadeRule, concern: Concern) -> bool:
    selector = rule.selector
    if selector.pseudo_element is not None or (selector.has_state and not selector.may_be_initial):
        return False
    return rule.mentions(*concern.words) and any(
        concern.names.fullmatch(name) and not _keeps(name, value, concern) for name, (value, _) in rule.values.items()
    )


def _keeps(name: str, value: str, concern: Concern) -> bool:
    """Whether a declaration changes nothing of an image: a small one stays as large as its file or its attributes."""
    if name.startswith(("max-", "min-")) and value == ("100%" if name.startswith("max-") else "0"):
        return True
    return value in concern.keeps
