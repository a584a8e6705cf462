"""The CSS selectors of `include` and `exclude` that are matched without a tree: compounds without combinators."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from imageseo.config import selector_syntax

# commas outside quotes
_COMMA = re.compile(r""",(?=(?:[^"']|"[^"]*"|'[^']*')*$)""")
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One attribute test. ``operator``: ``""`` for presence, else ``=``, ``~=``, ``^=``, ``$=``, ``*=`` or ``|=``.

    ``fold``: ignore case (the ``i`` flag).
    """

    attribute: str
    operator: str = ""
    value: str = ""
    fold: bool = False

    def holds(self, attributes: Mapping[str, str]) -> bool:
        """Whether it holds for an element with these attributes."""
        return self.accepts(attributes.get(self.attribute))

    def accepts(self, found: str | None) -> bool:
        """Whether it holds for this value of the attribute; ``None``: the attribute is absent."""
        if found is None or not self.operator:
            return found is not None
        value = self.value
        if self.fold:
            found, value = found.lower(), value.lower()
        match self.operator:
            case "=":
                return found == value
            case "~=":
                return value in found.split()
            case "|=":
                return found == value or found.startswith(value + "-")
            case "^=":
                return bool(value) and found.startswith(value)
            case "$=":
                return bool(value) and found.endswith(value)
            case _:
                return bool(value) and value in found


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """A compound selector. ``tag``: element name in lower case, ``None`` for any."""

    tag: str | None = None
    conditions: tuple[Condition, ...] = ()

    def matches(self, tag: str, attributes: Mapping[str, str]) -> bool:
        """Whether the selector matches an element with this name (lower case) and these decoded attributes."""
        return self.tag in (None, tag) and all(condition.holds(attributes) for condition in self.conditions)

    @property
    def search_terms(self) -> tuple[str, ...]:
        """Texts that the source of every matching start tag contains, in lower case."""
        return tuple((condition.value or condition.attribute).lower() for condition in self.conditions)


def parse(texts: Iterable[str]) -> tuple[Selector, ...]:
    """Parse compound selectors (``img.wide``, ``#map``, ``[data-x="1"]``), several separated by commas.

    Raises ``ValueError`` naming the selector for anything else: combinators, pseudo-classes, invalid syntax.
    """
    return tuple(_parse_compound(part.strip(), text) for text in texts for part in _COMMA.split(text))


@lru_cache(maxsize=32)
def split(texts: tuple[str, ...]) -> tuple[tuple[Selector, ...], tuple[str, ...]]:
    """Return the compound selectors, and the other ones, which need a tree (``tree_match``).

    Raises ``ValueError`` for one that is invalid.
    """
    compounds: list[Selector] = []
    others: list[str] = []
    for text in texts:
        try:
            compounds += parse([text])
        except ValueError:
            if (reason := selector_syntax.fault(text)) is not None:
                raise ValueError(f"selector {text!r} is not supported: {reason}") from None
            others.append(text)
    return tuple(compounds), tuple(others)


@lru_cache(maxsize=1)
def _simple_selector() -> re.Pattern[str]:
    """Return the pattern of one simple selector. Compiled on first use, because its Unicode ranges take time."""
    name = r"(?:[A-Za-z_\u0080-\U0010ffff]|-(?!\d)|\\.)(?:[\w\u0080-\U0010ffff-]|\\.)*"
    return re.compile(
        rf"""(?P<tag>{name}|\*)|\.(?P<cls>{name})|\#(?P<id>(?:[\w\u0080-\U0010ffff-]|\\.)+)"""
        rf"""|\[\s*(?P<attr>{name})\s*(?:(?P<op>[~^$*|]?=)\s*(?:"(?P<dq>[^"]*)"|'(?P<sq>[^']*)'|(?P<bare>[^\s\]"']+))"""
        r"\s*(?P<flag>[iIsS])?\s*)?\]"
    )


def _parse_compound(part: str, text: str) -> Selector:
    tag: str | None = None
    conditions: list[Condition] = []
    position = 0
    while position < len(part):
        match = _simple_selector().match(part, position)
        if match is None or (match["tag"] and position):
            break
        position = match.end()
        if match["tag"]:
            tag = None if match["tag"] == "*" else _unescape(match["tag"]).lower()
        elif match["cls"]:
            conditions.append(Condition(attribute="class", operator="~=", value=_unescape(match["cls"])))
        elif match["id"]:
            conditions.append(Condition(attribute="id", operator="=", value=_unescape(match["id"])))
        else:
            value = next((match[name] for name in ("dq", "sq", "bare") if match[name] is not None), "")
            conditions.append(
                Condition(
                    attribute=match["attr"].lower(),
                    operator=match["op"] or "",
                    value=value,
                    fold=(match["flag"] or "").lower() == "i",
                )
            )
    if not part or position < len(part):
        raise ValueError(
            f"selector {text!r} is not supported; use a tag, .class, #id or [attribute] without spaces, > + ~ or : "
            "(ancestors of the image are matched too)"
        )
    return Selector(tag=tag, conditions=tuple(conditions))


def _unescape(name: str) -> str:
    return _ESCAPE.sub(r"\1", name)
