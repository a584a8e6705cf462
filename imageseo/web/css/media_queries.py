"""Evaluates media queries and media conditions for a viewport."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from imageseo.model.finding import Viewport
from imageseo.web.css.lengths import bare_number, is_parseable, to_px

Node = Any  # tinycss2 is not typed

_MEDIA_TYPES = {"all": True, "screen": True}
# Features that do not depend on the viewport, with the defaults of a browser.
_KEYWORD_FEATURES = {
    "prefers-color-scheme": "light",
    "prefers-reduced-motion": "no-preference",
    "prefers-contrast": "no-preference",
    "prefers-reduced-data": "no-preference",
    "scripting": "enabled",
    "update": "fast",
}
_OPERATORS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_MIRRORED = {"<": ">", "<=": ">=", "=": "=", ">": "<", ">=": "<="}


@lru_cache(maxsize=4096)
def matches(query: str | None, viewport: Viewport) -> bool:
    """Whether a media query list (``media="screen and (min-width: 600px), print"``) matches. An empty list matches."""
    import tinycss2  # type: ignore[import-untyped]

    if not is_parseable(query or ""):
        return False
    nodes = tinycss2.parse_component_value_list(query or "", skip_comments=True)
    queries = _split(nodes, ",")
    if queries == [[]]:
        return True
    return any(_query(_without_whitespace(part), viewport) is True for part in queries)


def evaluate_condition(nodes: Sequence[Node], viewport: Viewport) -> bool | None:
    """Evaluate a media condition as used in ``sizes``. ``None``: unknown feature, or not a condition."""
    nodes = _without_whitespace(nodes)
    if not nodes:
        return True
    words = [node.lower_value if node.type == "ident" else None for node in nodes]
    if words[0] == "not":
        inner = _term(nodes[1:], viewport)
        return None if inner is None else not inner
    for word in ("and", "or"):
        if word in words:
            parts = _split_word(nodes, word)
            if any(len(part) != 1 for part in parts):
                return None  # and, or and not cannot be mixed without parentheses
            found = [_term(part, viewport) for part in parts]
            if word == "and":
                return False if False in found else None if None in found else True
            return True if True in found else None if None in found else False
    return _term(nodes, viewport)


def _query(nodes: Sequence[Node], viewport: Viewport) -> bool | None:
    words = [node.lower_value for node in nodes if node.type == "ident"]
    if not nodes or nodes[0].type != "ident" or (words[0] == "not" and len(nodes) > 1 and nodes[1].type != "ident"):
        return evaluate_condition(nodes, viewport) if nodes else None
    negated = words[0] == "not"
    rest = list(nodes[1:] if words[0] in ("not", "only") else nodes)
    if not rest or rest[0].type != "ident":
        return None
    found: bool | None = _MEDIA_TYPES.get(rest[0].lower_value, False)
    if len(rest) > 1:
        if rest[1].type != "ident" or rest[1].lower_value != "and":
            return None
        has_or = any(node.type == "ident" and node.lower_value == "or" for node in rest[2:])
        more = evaluate_condition(rest[2:], viewport) if len(rest) > 2 and not has_or else None
        found = False if found is False or more is False else more
    return found if not negated or found is None else not found


def _term(nodes: Sequence[Node], viewport: Viewport) -> bool | None:
    if len(nodes) != 1 or nodes[0].type != "() block":
        return None
    content = _without_whitespace(nodes[0].content)
    if not content:
        return None
    if content[0].type == "() block" or (content[0].type == "ident" and content[0].lower_value == "not"):
        return evaluate_condition(content, viewport)
    return _feature(content, viewport)


def _feature(nodes: Sequence[Node], viewport: Viewport) -> bool | None:
    if len(nodes) == 1:
        name = nodes[0].lower_value if nodes[0].type == "ident" else ""
        actual = _viewport_value(name, viewport)
        return (
            name == "orientation"
            or (actual is not None and actual != 0)
            or _KEYWORD_FEATURES.get(name) == "enabled"
            or None
        )
    if nodes[0].type == "ident" and nodes[1].type == "literal" and nodes[1].value == ":":
        return _plain_feature(nodes[0].lower_value, nodes[2:], viewport)
    return _range_feature(nodes, viewport)


def _plain_feature(name: str, nodes: Sequence[Node], viewport: Viewport) -> bool | None:
    sign = "="
    for prefix, meaning in (("min-", ">="), ("max-", "<=")):
        for vendor in ("", "-webkit-"):
            if name.startswith(vendor + prefix):
                name, sign = vendor + name[len(vendor + prefix) :], meaning
    if len(nodes) == 1 and nodes[0].type == "ident" and sign == "=":
        word = nodes[0].lower_value
        if name == "orientation":
            return bool(word == ("portrait" if viewport.height >= viewport.width else "landscape"))
        return bool(_KEYWORD_FEATURES[name] == word) if name in _KEYWORD_FEATURES else None
    return _compare(_viewport_value(name, viewport), sign, _parse_value(name, nodes, viewport))


def _range_feature(nodes: Sequence[Node], viewport: Viewport) -> bool | None:
    """Evaluate a range: ``(width >= 600px)``, ``(600px <= width)``, ``(400px < width < 900px)``."""
    parts: list[list[Node]] = [[]]
    signs: list[str] = []
    last: int | None = None  # column of the preceding < or >, which an adjacent = extends
    for node in nodes:
        if node.type == "literal" and node.value == "=" and last is not None and node.source_column == last + 1:
            signs[-1] += "="
            last = None
        elif node.type == "literal" and node.value in _OPERATORS:
            signs.append(node.value)
            parts.append([])
            last = node.source_column if node.value in "<>" else None
        else:
            parts[-1].append(node)
    middle = next((i for i, part in enumerate(parts) if len(part) == 1 and part[0].type == "ident"), None)
    if middle is None or not 2 <= len(parts) <= 3 or (len(parts) == 3 and middle != 1):
        return None
    name = parts[middle][0].lower_value
    actual = _viewport_value(name, viewport)
    found: list[bool | None] = []
    for i, sign in enumerate(signs):
        left = i < middle
        bound = _parse_value(name, parts[i if left else i + 1], viewport)
        found.append(_compare(actual, _MIRRORED.get(sign, sign) if left else sign, bound))
    return False if False in found else None if None in found else True


def _compare(actual: float | None, sign: str, bound: float | None) -> bool | None:
    if actual is None or bound is None or sign not in _OPERATORS:
        return None
    return bool(_OPERATORS[sign](actual, bound))


def _viewport_value(name: str, viewport: Viewport) -> float | None:
    return {
        "width": viewport.width,
        "height": viewport.height,
        "device-width": viewport.width,
        "device-height": viewport.height,
        "aspect-ratio": viewport.width / viewport.height,
        "resolution": viewport.dpr,
        "color": 8,
        "-webkit-device-pixel-ratio": viewport.dpr,
    }.get(name)


def _parse_value(name: str, nodes: Sequence[Node], viewport: Viewport) -> float | None:
    nodes = [node for node in nodes if node.type != "whitespace"]
    if name == "aspect-ratio":
        values = [bare_number(node) for node in nodes if node.type == "number"]
        if len(values) == 2 and values[0] is not None and values[1]:
            return values[0] / values[1]
        return values[0] if len(values) == 1 and len(nodes) == 1 else None
    if len(nodes) != 1:
        return None
    if name == "resolution":
        per_dppx = {"dppx": 1.0, "x": 1.0, "dpi": 96.0, "dpcm": 96.0 / 2.54}
        unit = nodes[0].lower_unit if nodes[0].type == "dimension" else ""
        return float(nodes[0].value) / per_dppx[unit] if unit in per_dppx else None
    if name in ("-webkit-device-pixel-ratio", "color"):
        return bare_number(nodes[0])
    return to_px(nodes[0], viewport)


def _without_whitespace(nodes: Sequence[Node]) -> list[Node]:
    return [node for node in nodes if node.type != "whitespace"]


def _split(nodes: Sequence[Node], literal: str) -> list[list[Node]]:
    parts: list[list[Node]] = [[]]
    for node in nodes:
        if node.type == "literal" and node.value == literal:
            parts.append([])
        else:
            parts[-1].append(node)
    return parts


def _split_word(nodes: Sequence[Node], word: str) -> list[list[Node]]:
    parts: list[list[Node]] = [[]]
    for node in nodes:
        if node.type == "ident" and node.lower_value == word:
            parts.append([])
        else:
            parts[-1].append(node)
    return parts
