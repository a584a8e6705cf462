"""The nodes of JSON-LD that imageseo wrote."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def flat(nodes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the nodes of a graph with the images inside them before them, each replaced by its ``@id``."""
    found: list[dict[str, Any]] = []

    def reference(value: Any) -> Any:
        if isinstance(value, list):
            return [reference(each) for each in value]
        if not isinstance(value, dict) or value.get("@type") != "ImageObject":
            return value
        found.append(value)
        return {"@id": value["@id"]}

    for node in nodes:
        changed = {name: reference(value) for name, value in node.items()}
        found.append(changed)
    return found
