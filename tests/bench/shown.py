"""Figures on a terminal: JSON, or a line each with the path that leads to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def shown(result: Mapping[str, Any], *, as_json: bool) -> str:
    """The figures as text. Lists are written on one line."""
    if as_json:
        return json.dumps(result, indent=2, ensure_ascii=False)
    return "\n".join(f"{path}: {value}" for path, value in _lines(result, ""))


def _lines(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _lines(inner, f"{path}.{name}" if path else str(name))
    else:
        yield path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
