"""What is hidden from assistive technology, by attributes and inline styles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from turbohtml import Element

_DISPLAY = re.compile(r"(?<![\w-])display\s*:\s*([a-z-]+)|(?<![\w-])content-visibility\s*:\s*(hidden)", re.IGNORECASE)
_VISIBILITY = re.compile(r"(?<![\w-])visibility\s*:\s*([a-z-]+)", re.IGNORECASE)
_UNRENDERED = frozenset({"template", "head", "datalist"})


class Hidden:
    """Which elements of one page are hidden. What a visitor opens without a script (`<details>`, tabs) is not."""

    def __init__(self) -> None:
        self._known: dict[Element, tuple[bool, bool]] = {}

    def is_hidden(self, node: Element) -> bool:
        """Whether an element is hidden, by itself or by one around it."""
        gone, invisible = self._state(node)
        return gone or invisible

    def is_hidden_itself(self, node: Element, *, inherited: bool = False) -> bool:
        """Whether an element hides itself. ``inherited``: whether `visibility` hides what is around it."""
        gone, visibility = _own(node)
        return gone or (inherited if visibility is None else visibility)

    def _state(self, node: Element) -> tuple[bool, bool]:
        """Return whether an element is not there at all, and whether it is invisible."""
        chain, state = [], (False, False)
        for each in (node, *node.ancestors):
            known = self._known.get(each)  # type: ignore[arg-type]
            if known is not None:
                state = known
                break
            if hasattr(each, "attr"):
                chain.append(each)
        for each in reversed(chain):
            gone, visibility = _own(each)  # type: ignore[arg-type]
            state = (state[0] or gone, state[1] if visibility is None else visibility)
            self._known[each] = state  # type: ignore[index]
        return state


def _own(node: Element) -> tuple[bool, bool | None]:
    """Return whether an element removes itself, and what it says about visibility."""
    get = node.attr
    if get("hidden") is not None or get("inert") is not None or node.tag in _UNRENDERED:
        return True, None
    if (get("aria-hidden") or "").strip().lower() == "true":
        return True, None
    style = get("style")
    if not style:
        return False, None
    shown = [(match[1] or match[2]).lower() for match in _DISPLAY.finditer(style)]
    visibility = _VISIBILITY.findall(style)
    gone = bool(shown) and shown[-1] in ("none", "hidden")
    return gone, visibility[-1].lower() in ("hidden", "collapse") if visibility else None
