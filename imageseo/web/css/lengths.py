"""CSS lengths in px: units, calc(), min(), max(), clamp()."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from imageseo.model.finding import Viewport

Node = Any  # tinycss2 is not typed

# px per font-relative unit: `sizes` and media queries use the browser's initial font, never the page's.
_FONT_RELATIVE = {"em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0, "ic": 16.0, "lh": 20.0, "rlh": 20.0}
_ABSOLUTE = {"px": 1.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4, "q": 96 / 101.6, "pt": 96 / 72, "pc": 16.0}
_MATH_FUNCTIONS = ("calc", "min", "max", "clamp", "-webkit-calc")
_MAX_DEPTH = 32  # nested brackets; real CSS has fewer, and parsing is recursive
# What cannot open a bracket: escapes, comments, strings (up to the end of a line), URLs without quotes.
_NO_BRACKETS = (
    r"""(?s)/\*.*?(?:\*/|\Z)|\\(?:\r\n|.)|"(?:[^"\\\n\r\f]|\\(?:\r\n|.))*+"?|'(?:[^'\\\n\r\f]|\\(?:\r\n|.))*+'?"""
    r"""|(?<![-\w\\])(?<![^\x00-\x7f])[uU][rR][lL]\(\s*+(?!["'])(?:[^)\\]|\\.)*+\)?"""
)
_HUGE_NUMBER = re.compile(r"[0-9]{300}")


class Quantity(NamedTuple):
    """A value in a calculation: px if ``length``, otherwise a bare number."""

    value: float
    length: bool


def is_parseable(text: str) -> bool:
    """Whether CSS text is safe to parse: brackets not nested too deeply, no number too large for a float.

    Only the text decides, so that the result does not depend on the depth of the caller's stack.
    """
    if text.count("(") + text.count("[") + text.count("{") > _MAX_DEPTH:
        depth = 0
        for bracket in re.findall(r"[(\[{)\]}]", re.sub(_NO_BRACKETS, "", text)):
            depth = depth + 1 if bracket in "([{" else max(depth - 1, 0)
            if depth > _MAX_DEPTH:
                return False
    return _HUGE_NUMBER.search(text) is None


def to_px(node: Node, viewport: Viewport) -> float | None:
    """Return the CSS px of one component value; ``None`` for a percentage, an infinite length or no length at all."""
    found = _pixels(node, viewport)
    return found if found is not None and math.isfinite(found) else None


def _pixels(node: Node, viewport: Viewport) -> float | None:
    if node.type == "number":
        return 0.0 if node.value == 0 else None
    if node.type == "dimension":
        per_unit = _px_per_unit(node.lower_unit, viewport)
        return None if per_unit is None else float(node.value) * per_unit
    if node.type == "function" and node.lower_name in _MATH_FUNCTIONS:
        found = _function(node, viewport)
        return found.value if found is not None and found.length else None
    return None


def bare_number(node: Node) -> float | None:
    """Return the value of a bare number; ``None`` for any other node."""
    return float(node.value) if node.type == "number" else None


def _px_per_unit(unit: str, viewport: Viewport) -> float | None:
    fixed = _ABSOLUTE.get(unit) or _FONT_RELATIVE.get(unit)
    if fixed is not None:
        return fixed
    # Small, large and dynamic viewports are the same: browser toolbars are not modelled.
    name = unit[1:] if unit[:1] in "sld" and unit[1:] in ("vw", "vh", "vi", "vb", "vmin", "vmax") else unit
    width, height = viewport.width / 100, viewport.height / 100
    return {
        "vw": width, "vi": width, "vh": height, "vb": height,
        "vmin": min(width, height), "vmax": max(width, height),
    }.get(name)  # fmt: skip


def _function(node: Node, viewport: Viewport) -> Quantity | None:
    parts = _arguments(node.arguments)
    found = [_sum(part, viewport) for part in parts]
    values = [quantity for quantity in found if quantity is not None]
    if len(values) != len(parts) or len({quantity.length for quantity in values}) != 1:
        return None
    name, numbers, length = node.lower_name, [quantity.value for quantity in values], values[0].length
    if name in ("calc", "-webkit-calc"):
        return values[0] if len(values) == 1 else None
    if name == "clamp":
        return Quantity(max(numbers[0], min(numbers[1], numbers[2])), length) if len(numbers) == 3 else None
    return Quantity(min(numbers) if name == "min" else max(numbers), length)


def _arguments(nodes: Sequence[Node]) -> list[list[Node]]:
    parts: list[list[Node]] = [[]]
    for node in nodes:
        if node.type == "literal" and node.value == ",":
            parts.append([])
        else:
            parts[-1].append(node)
    return parts


def _sum(nodes: Sequence[Node], viewport: Viewport) -> Quantity | None:
    """Evaluate ``a + b - c`` of products; + and - need spaces on both sides (``1px -1px`` is not a sum)."""
    terms: list[list[Node]] = [[]]
    signs = [1]
    for i, node in enumerate(nodes):
        if node.type == "literal" and node.value in "+-":
            spaced = 0 < i < len(nodes) - 1 and nodes[i - 1].type == "whitespace" == nodes[i + 1].type
            if not spaced:
                return None
            terms.append([])
            signs.append(1 if node.value == "+" else -1)
        elif node.type != "whitespace":
            terms[-1].append(node)
    found = [_product(term, viewport) for term in terms]
    values = [quantity for quantity in found if quantity is not None]
    if len(values) != len(terms) or len({quantity.length for quantity in values}) != 1:
        return None
    return Quantity(sum(sign * quantity.value for sign, quantity in zip(signs, values, strict=True)), values[0].length)


def _product(nodes: Sequence[Node], viewport: Viewport) -> Quantity | None:
    if len(nodes) % 2 == 0:
        return None
    total = _operand(nodes[0], viewport)
    for operator, node in zip(nodes[1::2], nodes[2::2], strict=True):
        factor = _operand(node, viewport)
        if total is None or factor is None or operator.type != "literal":
            return None
        if operator.value == "*" and not (total.length and factor.length):
            total = Quantity(total.value * factor.value, total.length or factor.length)
        elif operator.value == "/" and not factor.length and factor.value:
            total = Quantity(total.value / factor.value, total.length)
        else:
            return None
    return total


def _operand(node: Node, viewport: Viewport) -> Quantity | None:
    if node.type == "number":
        return Quantity(float(node.value), False)
    if node.type == "() block":
        return _sum(node.content, viewport)
    if node.type == "function" and node.lower_name in _MATH_FUNCTIONS:
        return _function(node, viewport)
    found = to_px(node, viewport)
    return None if found is None else Quantity(found, True)
