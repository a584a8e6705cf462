"""CSS properties as far as images need them: shorthands, logical names, initial values, and which ones show nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SIDES = ("top", "right", "bottom", "left")
_LOGICAL = {
    "inline-size": "width", "block-size": "height", "max-inline-size": "max-width", "max-block-size": "max-height",
    "min-inline-size": "min-width", "min-block-size": "min-height",
    "-webkit-box-sizing": "box-sizing", "-moz-box-sizing": "box-sizing",
}  # fmt: skip
_ENDS = {"inline": ("left", "right"), "block": ("top", "bottom")}
_EDGES = {"inline-start": "left", "inline-end": "right", "block-start": "top", "block-end": "bottom"}
_WORDS = re.compile(r"[^\s(]*\([^()]*(?:\([^()]*\)[^()]*)*\)|[^\s]+")
_ZERO = re.compile(r"[-+]?0*\.?0+(?:[a-z]+|%)?")
_LINE_STYLES = frozenset(
    ["none", "hidden", "dotted", "dashed", "solid", "double", "groove", "ridge", "inset", "outset"]
)
_BORDER = re.compile(r"(?:(?:top|right|bottom|left|(?:inline|block)(?:-start|-end)?)(?:-|$))?(?:width|style|color|)")
PREFIXED_CONTAINERS = ("-webkit-flex", "-webkit-inline-flex")
_DISPLAYS = {
    **{f"-webkit-{kind}": kind for kind in ("flex", "inline-flex")},
    **{
        written: f"{prefix}{kind}"
        for kind in ("flex", "grid")
        for side, prefix in (("block", ""), ("inline", "inline-"))
        for written in (f"{side} {kind}", f"{kind} {side}")
    },
}
_DEFAULTS = frozenset({"initial", "unset", "revert"})

# Text and interaction: nothing of it shows on an image, or it is inherited through the wrapper.
_WITHOUT_EFFECT = re.compile(
    r"--|(?:-webkit-|-moz-|-ms-)?(?:font|text|transition|user-select|tap-highlight|hyphens|user-drag|touch-callout)"
    r"|(?:color|line-height|letter-spacing|word-.*|white-space.*|overflow-wrap|list-style.*|direction|quotes|cursor"
    r"|-webkit-font-smoothing|-moz-osx-font-smoothing|tab-size|content|will-change|scroll-.*|pointer-events"
    r"|-webkit-print-color-adjust|print-color-adjust|(?:page-)?break-.*|orphans|widows|caret-color|accent-color"
    r"|appearance|-webkit-appearance|-moz-appearance|outline.*|hyphens|border-collapse|border-spacing|src|counter-.*"
    r"|touch-action|resize|column.*|zoom-in)$"
)
_INHERITED = frozenset({"visibility", "image-rendering", "image-orientation", "color-scheme"})
_INITIAL = {
    **{f"{kind}-{side}": "0" for kind in ("margin", "padding") for side in _SIDES},
    **{f"border-{side}-style": "none" for side in _SIDES},
    **{f"border-{side}-width": "0" for side in _SIDES},
    "display": "inline", "float": "none", "clear": "none", "position": "static", "visibility": "visible",
    "width": "auto", "height": "auto", "max-width": "none", "max-height": "none", "min-width": "0", "min-height": "0",
    "box-sizing": "content-box", "vertical-align": "baseline", "top": "auto", "right": "auto", "bottom": "auto",
    "left": "auto", "z-index": "auto", "order": "0", "flex-grow": "0", "flex-shrink": "1", "flex-basis": "auto",
    "align-self": "auto", "justify-self": "auto", "object-fit": "fill", "object-position": "50% 50%", "opacity": "1",
    "transform": "none", "filter": "none", "border-radius": "0", "box-shadow": "none", "aspect-ratio": "auto",
    "background": "none", "background-color": "transparent", "background-image": "none", "grid-column": "auto",
    "grid-row": "auto", "grid-area": "auto", "overflow": "visible", "animation": "none", "clip-path": "none",
    "mix-blend-mode": "normal", "contain": "none", "content-visibility": "visible", "border-image": "none",
}  # fmt: skip
_SAME = {"min-width": "auto", "min-height": "auto", "overflow": "clip", "border-radius": "none", "background": "0"}


def shows(name: str) -> bool:
    """Whether a property can change how an image looks or where it is."""
    return _WITHOUT_EFFECT.match(name) is None


def inherits(name: str, value: str) -> bool:
    """Whether an image takes this from the element around it, although the property is not inherited by itself."""
    return value == "inherit" and name not in _INHERITED and shows(name)


def initial(name: str) -> str | None:
    """Return the value that an image has without any rule; ``None`` if unknown."""
    return _INITIAL.get(name)


def normalize(name: str, value: str) -> str:
    """Return equal values as equal text."""
    if value in _DEFAULTS or value == _SAME.get(name):
        return _INITIAL.get(name, value)
    if name == "display":
        words = " ".join(value.split())
        return _DISPLAYS.get(words, words)
    return "0" if _ZERO.fullmatch(value) else value


def expand(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield the longhands of a declaration; names that are not known as shorthands stay as they are."""
    name = _LOGICAL.get(name, name)
    head, _, rest = name.partition("-")
    if name == "all":
        yield from _INITIAL.items()
    elif head in ("margin", "padding"):
        yield from _box(head, rest, value)
    elif name == "flex":
        yield from _flex(value)
    elif name == "flex-flow":
        words = _WORDS.findall(value)
        yield "flex-wrap", next((word for word in words if "wrap" in word), "nowrap")
        yield "flex-direction", next((word for word in words if "wrap" not in word), "row")
    elif name in ("place-items", "place-self"):
        words = _WORDS.findall(value.replace("first ", "").replace("last ", "")) or [""]
        yield f"align-{rest}", words[0]
        yield f"justify-{rest}", words[-1]
    elif head == "border" and _BORDER.fullmatch(rest):
        yield from _border(rest, value)
    else:
        yield name, normalize(name, value)


def _box(kind: str, rest: str, value: str) -> Iterator[tuple[str, str]]:
    if rest in _SIDES:
        yield f"{kind}-{rest}", normalize(f"{kind}-{rest}", value)
    elif rest in _EDGES:
        yield f"{kind}-{_EDGES[rest]}", normalize(f"{kind}-top", value)
    else:
        sides = _ENDS.get(rest, _SIDES)
        for side, each in zip(sides, _spread(value, len(sides)), strict=True):
            yield f"{kind}-{side}", normalize(f"{kind}-{side}", each)


def _spread(value: str, count: int) -> list[str]:
    """Return one value per side: ``1px 2px`` is 1px above and below, 2px right and left."""
    words = _WORDS.findall(value) or [""]
    if count == 2:
        return [words[0], words[-1]]
    return [words[0], words[min(1, len(words) - 1)], words[2 if len(words) > 2 else 0], words[
        3 if len(words) > 3 else 1 if len(words) > 1 else 0
    ]]  # fmt: skip


def _flex(value: str) -> Iterator[tuple[str, str]]:
    words = _WORDS.findall(value)
    named = {"none": ("0", "0", "auto"), "auto": ("1", "1", "auto"), "initial": ("0", "1", "auto")}
    if value in named:
        parts = named[value]
    else:
        numbers = [word for word in words if re.fullmatch(r"[\d.]+", word)]
        basis = next((word for word in words if word not in numbers), "0")
        grow, shrink, *_ = *numbers, "1", "1"
        parts = grow, shrink, basis
    yield from zip(("flex-grow", "flex-shrink", "flex-basis"), parts, strict=True)


def _border(rest: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield width and style per side; a border's colour does not change a size."""
    side, _, part = rest.partition("-")
    if rest in ("width", "style", "color"):
        side, part = "", rest
    chosen: tuple[str, ...]
    for name, sides in _ENDS.items():
        if side == name:
            edge = f"{rest}-".partition("-")[2].strip("-")
            start = edge.startswith(("start", "end"))
            chosen = (sides[0 if edge.startswith("start") else 1],) if start else sides
            part = edge.partition("-")[2] if start else edge
            break
    else:
        chosen = (side,) if side in _SIDES else _SIDES
    if part == "color":
        for each in chosen:
            yield f"border-{each}-color", value
        return
    if part in ("width", "style"):
        values = _spread(value, 4) if chosen == _SIDES else [value] * len(chosen)
        for each, one in zip(chosen, values, strict=True):
            yield f"border-{each}-{part}", normalize(f"border-{each}-{part}", one)
        return
    words = [normalize("", word) for word in _WORDS.findall(value)]
    style = next((word for word in words if word in _LINE_STYLES), "none")
    width = next((word for word in words if re.match(r"[\d.]|thin|medium|thick|var\(|calc\(", word)), "medium")
    if value in _DEFAULTS or value == "inherit":
        style, width = "none", "0"
    if "var(" in value and style == "none":
        style = "solid"
    for each in chosen:
        yield f"border-{each}-style", style
        yield f"border-{each}-width", "0" if style in ("none", "hidden") else width
        yield f"border-{each}-color", " ".join(words)
