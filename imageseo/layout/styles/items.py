"""Images that are items of a flex or grid container: whether our edits would change their size.

As measured in Chromium. A width that an attribute gives is no longer ``auto``: the item is not stretched, and its other
side no longer follows from a height that the container gives. And ``sizes=auto`` contains the size of an image: it has
no smallest size then, and shrinks to give others room.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from imageseo.layout.styles.cascade import Won

BOX = (
    "display", "flex-direction", "align-items", "justify-items", "width", "height", "min-height", "aspect-ratio",
    "position", "float",
)  # fmt: skip
OWN = (
    "position", "width", "min-width", "min-height", "align-self", "justify-self", "flex-grow", "flex-shrink",
    "flex-basis", "margin-top", "margin-right", "margin-bottom", "margin-left",
)  # fmt: skip
_LENGTH = re.compile(r"\d*\.?\d+(?:px|r?em|r?ch|r?ex|v[wh]|vmin|vmax|pt|cm|mm|in)")
_NO_BASIS = frozenset({"auto", "content", "0", "0%", "0px"})


class ItemChange(NamedTuple):
    """The selector, if any, because of which width and height attributes, or size containment, change an item."""

    stretched: str | None = None
    contained: str | None = None


NO_ITEM = ItemChange()


def item_of(box: Mapping[str, Won], own: Mapping[str, Won], has_width: bool, in_container: bool) -> ItemChange:
    """Return what edits would change, from what won for the container (``BOX``) and for the image (``OWN``).

    ``has_width``: the tag has a width. ``in_container``: the container is an item itself, and may be stretched.
    """
    style = _ItemStyle(box, own, in_container)
    if style.own("position", "static") in ("absolute", "fixed"):
        return NO_ITEM
    selector = box["display"].selector
    is_free = "width" not in own and not has_width
    is_fixed = _LENGTH.fullmatch(style.own("width", "")) is not None or ("width" not in own and has_width)
    if style.is_grid:
        return ItemChange(selector if is_free and style.is_changed_in_grid() else None)
    stretched = style.is_changed_in_column() if style.is_column else style.is_changed_in_row()
    return ItemChange(
        selector if is_free and stretched else None,
        selector if style.may_shrink(is_fixed) else None,
    )


class _ItemStyle:
    def __init__(self, box: Mapping[str, Won], own: Mapping[str, Won], in_container: bool) -> None:
        self._box, self._own = box, own
        self.is_grid = "grid" in box["display"].value
        self.is_column = self.box("flex-direction", "row").startswith("column")
        is_absolute = self.box("position", "static") in ("absolute", "fixed")
        # Its width may follow from those of its items.
        self.is_fitted = (
            in_container
            or is_absolute
            or box["display"].value.startswith("inline")
            or self.box("float", "none") != "none"
            or self.box("width", "auto").endswith("-content")
        )
        # Its height may be known before those of its items are.
        self.is_tall = (
            in_container
            or self.box("height", "auto") not in ("auto", "fit-content", "min-content", "max-content")
            or self.box("min-height", "0") not in ("0", "auto")
            or self.box("aspect-ratio", "auto") != "auto"
            or is_absolute
        )

    def box(self, name: str, default: str) -> str:
        return self._box[name].value if name in self._box else default

    def own(self, name: str, default: str) -> str:
        return self._own[name].value if name in self._own else default

    def is_changed_in_row(self) -> bool:
        takes_a_share = (
            self.own("flex-grow", "0") != "0" and self.own("min-width", "") == "0" and self._has_zero_basis()
        )
        if takes_a_share and not self.is_fitted:
            return False  # the container alone decides its width
        return (self.is_tall and self._is_stretched("align")) or (
            self.is_fitted and self.own("flex-shrink", "1") == "0"
        )

    def is_changed_in_column(self) -> bool:
        return (
            self._is_stretched("align")
            or self.own("flex-basis", "auto") not in _NO_BASIS
            or (self.is_tall and self.own("flex-grow", "0") != "0")
            or "min-height" in self._own
        )

    def _has_zero_basis(self) -> bool:
        return self.own("flex-basis", "auto") in ("0", "0%", "0px")

    def is_changed_in_grid(self) -> bool:
        """``normal`` does not stretch an image in a grid."""
        return (
            self._is_stretched("justify")
            or self._is_stretched("align")
            or self.own("min-width", "0") != "0"
            or (self.is_fitted and "min-width" in self._own)
        )

    def may_shrink(self, is_fixed: bool) -> bool:
        """``is_fixed``: the image has a width of its own, not of its container."""
        if self.own("flex-shrink", "1") == "0" and self.own("flex-basis", "auto") in _NO_BASIS:
            return False
        return self.is_tall if self.is_column else "min-width" not in self._own and not is_fixed

    def _is_stretched(self, kind: str) -> bool:
        """Whether an item without a size takes that of the container: across a flex container, or in a grid's area."""
        value = self.own(f"{kind}-self", "auto")
        if value == "auto":
            value = self.box(f"{kind}-items", "normal")
        is_horizontal = self.is_column if not self.is_grid else kind == "justify"
        sides = ("left", "right") if is_horizontal else ("top", "bottom")
        if any(self.own(f"margin-{side}", "0") == "auto" for side in sides):
            return False
        return value == "stretch" or (value == "normal" and not self.is_grid)
