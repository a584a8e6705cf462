"""Which images of a page may be inside elements that its sheets hide, told from classes and ids without a tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from imageseo.layout.styles.cascade import ALWAYS, CascadeRule, RuleSet
from imageseo.model.image import ImageRef, Span

_NAMED = re.compile(rb"""[\s"'](?:class|id)=(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE)
_TAG_NAME = re.compile(rb"<([a-zA-Z][^\s/>]*)")
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
        found: dict[bytes, list[CascadeRule]] = {}
        for rule in rules.rules:
            if rule.keys.subject[0] in ".#" and rule.may_hide and hides(rule):
                found.setdefault(rule.keys.subject[1:].encode(), []).append(rule)
        self._names = frozenset(found)
        self._known: dict[bytes, bool] = {}

    def images(self, html: bytes, refs: Sequence[ImageRef]) -> Iterator[Span]:
        """Yield the tags of images that may be inside an element of such a class or id."""
        if not self._names or not refs:
            return
        yielded = set()
        for start, tag in self._elements(html, refs[-1].span.end):
            for ref in refs:
                if ref.span.start == start or (ref.span.start > start and tag not in _CHILDLESS):
                    if ref.span not in yielded and _may_be_open(html, tag, start, ref.span.start):
                        yielded.add(ref.span)
                        yield ref.span
                    elif ref.span not in yielded:
                        break  # it ended before this image, and so before those that follow

    def _elements(self, html: bytes, end: int) -> Iterable[tuple[int, bytes]]:
        """Yield start and name of the elements before ``end`` that may be hidden."""
        known, last = self._known, -1
        for match in _NAMED.finditer(html, 0, end):
            value = match[1] or match[2] or match[3] or b""
            found = known.get(value)
            if found is None:
                found = known[value] = not self._names.isdisjoint(value.split())
            if found:
                start = html.rfind(b"<", 0, match.start() + 1)
                tag = _TAG_NAME.match(html, start) if start >= 0 else None
                if tag is not None and start != last:
                    last = start
                    yield start, tag[1].lower()


def _may_be_open(html: bytes, tag: bytes, start: int, at: int) -> bool:
    """Whether an element that begins at ``start`` may still be open at ``at``: not if as many of its kind ended."""
    if start == at:
        return True
    found = re.findall(rb"<(/?)" + re.escape(tag) + rb"[\s/>]", html[start:at])
    return 2 * found.count(b"/") < len(found)
