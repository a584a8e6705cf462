"""Which images of a page may be inside elements that its sheets hide, told from classes and ids without a tree."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache

from imageseo.layout.styles.cascade import ALWAYS, CascadeRule, RuleSet
from imageseo.model.image import ImageRef, PageRegion, Span
from imageseo.web.html.attributes import decode_value, read

_NAME = re.compile(rb"<([a-zA-Z][^\s/>]*)")
_CHILDLESS = frozenset(b"input img br hr source meta link area wbr embed param track col".split())
# Removed by the scripts of a page before a visitor sees it.
_WITHOUT_SCRIPTS = frozenset({"no-js", "nojs", "no-javascript"})


def hides(rule: CascadeRule) -> bool:
    """Whether a rule hides what it matches, on every screen and from the start."""
    if not rule.may_hide or _WITHOUT_SCRIPTS & rule.selector.classes:
        return False
    values = rule.values
    hidden = values.get("display", ("",))[0] == "none" or values.get("visibility", ("",))[0] in ("hidden", "collapse")
    return hidden and rule.viewports == ALWAYS and rule.selector.pseudo_element is None


class HidingRules:
    """The rules that hide elements by class or id."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules: dict[str, list[CascadeRule]] = {}
        for rule in rules.rules:
            key = rule.keys.subject
            if key[0] in ".#" and rule.may_hide and hides(rule) and not _is_undone(rule, rules.by_key[key]):
                self._rules.setdefault(key[1:], []).append(rule)
        has_ids = any(rule.keys.subject[0] == "#" for each in self._rules.values() for rule in each)
        self._names = b"(?:class|id)" if has_ids else b"class"
        self._attribute = re.compile(self._names + rb"""=("[^"]*"|'[^']*'|[^\s>"']+)""")
        self._known: dict[bytes, bool] = {}
        self._tags: dict[bytes, bool] = {}

    def __bool__(self) -> bool:
        return bool(self._rules)

    def images(self, html: bytes, refs: Sequence[ImageRef]) -> Iterator[Span]:
        """Yield the tags of article images that may be inside an element that such a rule hides, or be one.

        Themes have a logo or two in menus that only some screens show; no decision depends on those.
        """
        refs = [ref for ref in refs if ref.region is PageRegion.ARTICLE]
        if not self._rules or not refs:
            return
        starts, last = [ref.span.start for ref in refs], -1
        for start, end in self._named(html, refs[-1].span.end):
            if start > last and self._may_hide(html[start : html.find(b">", end) + 1]):
                last = _end(html, start, starts[-1])
                for ref in refs[bisect_left(starts, start) : bisect_right(starts, last)]:
                    yield ref.span

    def _named(self, html: bytes, limit: int) -> Iterator[tuple[int, int]]:
        """Yield where tags with such a class or id start, and where that attribute ends."""
        known = self._known
        values = set(self._attribute.findall(html, 0, limit))  # a page has far fewer values than tags
        for value in values - known.keys():
            known[value] = not self._rules.keys().isdisjoint(_names(value))
        wanted = sorted(value for value in values if known[value])
        if wanted:
            for match in re.finditer(self._names + b"=(?:" + b"|".join(map(re.escape, wanted)) + b")", html[:limit]):
                yield html.rfind(b"<", 0, match.start()), match.end()

    def _may_hide(self, tag: bytes) -> bool:
        """Whether a rule may hide the element with this start tag."""
        found = self._tags.get(tag)
        if found is None:
            text = tag.decode("utf-8", "replace")
            name = _NAME.match(tag)
            attributes = read(text.rstrip("/>"), len(name[0].decode("utf-8", "replace"))) if name else {}
            names = f"{attributes.get('class', '')} {attributes.get('id', '')}".split()
            rules = (rule for each in names for rule in self._rules.get(each, ()))
            found = name is not None and any(
                rule.selector.subject.may_match(name[1].decode("latin-1").lower(), attributes) for rule in rules
            )
            self._tags[tag] = found
        return found


def _names(value: bytes) -> list[str]:
    """Return the names in the value of an attribute as written."""
    return decode_value(value.decode("utf-8", "replace").strip("\"'")).split()


def _is_undone(rule: CascadeRule, others: Sequence[CascadeRule]) -> bool:
    """Whether a later rule with the same selector shows the element again, most often on some screens only."""
    return any(
        other.text == rule.text and other.order > rule.order and _overrides(other, rule, name)
        for other in others
        for name in ("display", "visibility")
    )


def _overrides(other: CascadeRule, rule: CascadeRule, name: str) -> bool:
    if name not in other.values or name not in rule.values:
        return False
    (new, new_important), (old, old_important) = other.values[name], rule.values[name]
    return new != old and new_important >= old_important


def _end(html: bytes, start: int, limit: int) -> int:
    """Return where the element that begins at ``start`` ends, at most ``limit``."""
    name = _NAME.match(html, start)
    if name is None or name[1].lower() in _CHILDLESS:
        return start
    depth = 0
    for match in _tags_of(name[1]).finditer(html, start, limit):
        depth += -1 if match[1] else 1
        if depth == 0:
            return match.start()
    return limit


@lru_cache(maxsize=256)
def _tags_of(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"<(/?)" + re.escape(name) + rb"[\s/>]", re.IGNORECASE)
