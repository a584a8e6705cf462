"""What compound selectors (``img.wide[width]``) ask of an element itself, without looking at the tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from imageseo.web.css.selectors import Condition

_SPACE = re.compile(r"[^ \t\r\n\f]+")


@dataclass(slots=True)
class Compound:
    """What one compound selector asks of an element itself.

    ``any_of``: per ``:is()`` and ``:where()`` the subjects of its selectors. ``structural``: it has a pseudo-class that
    counts siblings, ``of_type`` those of its name. ``opaque``: it asks for more than is recorded here.
    """

    tag: str | None = None
    ids: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    any_of: list[list[Compound]] = field(default_factory=list)
    structural: bool = False
    of_type: bool = False
    opaque: bool = False

    def may_match(self, tag: str, attributes: Mapping[str, str]) -> bool:
        """Whether an element with this tag name and these attributes may match."""
        if self.tag is not None and self.tag != tag:
            return False
        if self.ids and any(attributes.get("id") != each for each in self.ids):
            return False
        if self.classes:
            found = _SPACE.findall(attributes.get("class") or "")
            if any(each not in found for each in self.classes):
                return False
        return all(each.holds(attributes) for each in self.conditions) and all(
            any(each.may_match(tag, attributes) for each in alternatives) for alternatives in self.any_of
        )

    def parts(self) -> Iterator[Compound]:
        """Yield this compound and those in its ``:is()`` and ``:where()``."""
        yield self
        for alternatives in self.any_of:
            for each in alternatives:
                yield from each.parts()

    def may_be(self, tag: str) -> bool:
        """Whether an element of this name may match; for a ``<picture>``, which we write without class and id."""
        if tag == "picture":
            return self.may_match(tag, {"data-imageseo": ""})
        return self.tag in (None, tag) and all(any(e.may_be(tag) for e in each) for each in self.any_of)

    @property
    def is_universal(self) -> bool:
        """Whether every element matches: ``*``."""
        return self.tag is None and not (
            self.ids or self.classes or self.conditions or self.any_of or self.structural or self.opaque
        )


@dataclass(slots=True)
class Hook:
    """A place of a selector whose match depends on where an element is in the tree.

    ``parent`` and ``previous``: what the selector asks of its parent and of the sibling before it (with ``~``: of any
    before it), if it does.
    """

    compound: Compound
    parent: Compound | None = None
    previous: Compound | None = None
    adjacent: bool = False
