"""The sizes attribute: which slot a viewport gives an image."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from imageseo.model.finding import Viewport
from imageseo.web.css.lengths import is_parseable, to_px
from imageseo.web.css.media_queries import condition

_EVERYWHERE = Viewport(name="any", width=1000, height=1000, dpr=1.0)


class SourceSize(NamedTuple):
    """One entry of ``sizes``: ``condition`` (``""`` when it always holds) and ``length``, as CSS text."""

    condition: str
    length: str


def source_size(sizes: str | None, viewport: Viewport, *, lazy: bool = True) -> float:
    """CSS px of the slot: the first entry whose condition matches, else ``100vw``.

    ``auto`` in front is the layout's width for a lazy image, which only a browser knows: what follows is its estimate.
    Without ``loading=lazy`` it spoils all that follows (Chromium 156).
    """
    if not lazy and re.match(r"\s*auto\s*(,|$)", sizes or "", re.IGNORECASE):
        return float(viewport.width)
    for media, length in _parsed(sizes or ""):
        found = to_px(length, viewport)
        if found is not None and condition(media, viewport) is True:
            return max(found, 0.0)
    return float(viewport.width)


@lru_cache(maxsize=1024)
def parse_sizes(sizes: str) -> tuple[SourceSize, ...]:
    """The valid entries up to the first without a condition; what stands behind it is never read."""
    import tinycss2  # type: ignore[import-untyped]

    entries = []
    for media, length in _parsed(sizes):
        entries.append(SourceSize(tinycss2.serialize(media).strip(), tinycss2.serialize([length])))
        if not entries[-1].condition:
            break
    return tuple(entries)


@lru_cache(maxsize=1024)
def _parsed(sizes: str) -> tuple[tuple[tuple[Any, ...], Any], ...]:
    """Condition and length of each entry, as tinycss2 nodes; the length is the last component value."""
    import tinycss2

    entries: list[tuple[tuple[Any, ...], Any]] = []
    if not is_parseable(sizes):
        return ()
    entry: list[Any] = []
    for node in [*tinycss2.parse_component_value_list(sizes, skip_comments=True), None]:
        if node is not None and not (node.type == "literal" and node.value == ","):
            entry.append(node)
            continue
        while entry and entry[-1].type == "whitespace":
            entry.pop()
        if entry and _is_length(entry[-1]):
            entries.append((tuple(entry[:-1]), entry[-1]))
        entry = []
    return tuple(entries)


def _is_length(node: Any) -> bool:
    found = to_px(node, _EVERYWHERE)
    # A calculation may fall below zero (and counts as 0 then); a plain length may not.
    return found is not None and (node.type == "function" or found >= 0)
