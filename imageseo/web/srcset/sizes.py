"""The sizes attribute: the slot of an image at a viewport."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from imageseo.model.finding import Viewport
from imageseo.web.css.lengths import is_parseable, to_px
from imageseo.web.css.media_queries import evaluate_condition

_ANY_VIEWPORT = Viewport(name="any", width=1000, height=1000, dpr=1.0)


class SourceSize(NamedTuple):
    """One entry of ``sizes`` as CSS text: ``condition`` (``""`` if the entry always applies) and ``length``."""

    condition: str
    length: str


@lru_cache(maxsize=4096)  # images in the same place have the same sizes
def source_size(sizes: str | None, viewport: Viewport, *, lazy: bool = True) -> float:
    """Return the slot in CSS px: the first entry whose condition matches, else ``100vw``.

    A leading ``auto`` stands for the layout width of a lazy image, which is known only in a browser; the entries after
    it are used as an estimate. Without ``loading=lazy``, ``auto`` invalidates the entries after it (Chromium 156).
    """
    if not lazy and re.match(r"\s*auto\s*(,|$)", sizes or "", re.IGNORECASE):
        return float(viewport.width)
    for media, length in _parse_nodes(sizes or ""):
        px = to_px(length, viewport)
        if px is not None and evaluate_condition(media, viewport) is True:
            return max(px, 0.0)
    return float(viewport.width)


@lru_cache(maxsize=1024)
def parse_sizes(sizes: str) -> tuple[SourceSize, ...]:
    """Return the valid entries up to the first without a condition; browsers never use later ones."""
    import tinycss2  # type: ignore[import-untyped]

    entries = []
    for media, length in _parse_nodes(sizes):
        entries.append(SourceSize(tinycss2.serialize(media).strip(), tinycss2.serialize([length])))
        if not entries[-1].condition:
            break
    return tuple(entries)


@lru_cache(maxsize=1024)
def _parse_nodes(sizes: str) -> tuple[tuple[tuple[Any, ...], Any], ...]:
    """Return condition and length of each entry as tinycss2 nodes; the length is the last component value."""
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
    px = to_px(node, _ANY_VIEWPORT)
    # A negative calculation is valid and counts as 0; a negative plain length is invalid.
    return px is not None and (node.type == "function" or px >= 0)
