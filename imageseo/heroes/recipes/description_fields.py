"""Read the keys that describe a hero, whether it is a file or generated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from imageseo.heroes.recipes.front_matter import FieldReader, format_value, join_keys
from imageseo.heroes.recipes.keys import FILE_KEYS, RECIPE_KEYS
from imageseo.model.hero import Depicts, HeroTerms
from imageseo.model.suggest import closest

_DEPICTS: tuple[Depicts, ...] = ("illustration", "realistic", "unknown")
NO_TEXTS = ("depicts", "focal", "file_name", "consent", "risk", "usage")
"""Description keys that are no texts to be shown."""
_USAGE = {"from": "since", "until": "until"}
_FILE_NAME = re.compile(r"[A-Za-z0-9](?:[\w.-]{0,98}[\w-])?", re.ASCII)


def read_file_name(reader: FieldReader, mapping: Mapping[str, Any]) -> str | None:
    """Read the name of a published hero, without suffix."""
    if "file_name" not in mapping:
        return None
    value = reader.text("file_name", mapping["file_name"])
    name = re.sub(r"\.jpe?g$", "", value, flags=re.IGNORECASE)
    if not _FILE_NAME.fullmatch(name):
        hint = "letters, digits, `-`, `_` and `.`, without a folder, such as `blue-mountains`"
        raise reader.fault("file_name", f"expected a file name, found {format_value(value)}", hint)
    if any(key in mapping for key in FILE_KEYS) and not any(key in mapping for key in RECIPE_KEYS):
        raise reader.fault("file_name", "is for recipes: an image file keeps its own name", "remove it")
    return name


def read_depicts(reader: FieldReader, value: Any) -> Depicts:
    """Read whether the image could be taken for a photograph."""
    word = value.strip().lower() if isinstance(value, str) else value
    found = next((choice for choice in _DEPICTS if choice == word), None)
    if found is None:
        close = closest(word, _DEPICTS) if isinstance(word, str) else None
        hint = f"did you mean `{close}`?" if close else ""
        raise reader.fault("depicts", f"expected one of {join_keys(_DEPICTS)}, found {format_value(value)}", hint)
    return found


def read_terms(reader: FieldReader, mapping: Mapping[str, Any]) -> HeroTerms:
    """Read ``consent``, ``risk``, and ``usage: {from: 2026-01-01, until: 2026-12-31}``."""
    texts = {key: reader.text(key, mapping[key]) for key in ("consent", "risk") if key in mapping}
    usage = mapping.get("usage", {})
    if not isinstance(usage, Mapping):
        hint = "write `usage: {from: 2026-01-01, until: 2026-12-31}`"
        raise reader.fault("usage", f"expected `from` and `until`, found {format_value(usage)}", hint)
    days = {}
    for key, value in usage.items():
        if key is True or key not in _USAGE:
            close = closest(str(key), tuple(_USAGE))
            raise reader.fault("usage", f"unknown key {str(key)!r}", f"did you mean `{close}`?" if close else "")
        days[_USAGE[key]] = _read_day(reader, key, value)
    if days.get("since", "") > days.get("until", "9"):
        raise reader.fault("usage", f"begins on {days['since']}, after its end on {days['until']}")
    return HeroTerms(**texts, **days)


def _read_day(reader: FieldReader, key: str, value: Any) -> str:
    if isinstance(value, datetime):
        value = value.date()
    try:
        day = value if isinstance(value, date) else date.fromisoformat(str(value).strip())
    except ValueError:
        fault = f"`{key}`: expected a day such as 2026-12-31, found {format_value(value)}"
        raise reader.fault("usage", fault) from None
    return day.isoformat()


def read_focal(reader: FieldReader, value: Any) -> tuple[float, float]:
    """Read ``[0.3, 0.4]`` or ``30% 40%``: fractions of width and height from the upper left corner."""
    parts = re.split(r"[\s,]+", value.strip(" \t[]()")) if isinstance(value, str) else value
    point = [_read_fraction(part) for part in parts] if isinstance(parts, list | tuple) else []
    if len(point) == 2 and point[0] is not None and point[1] is not None:
        return point[0], point[1]
    hint = "the point that crops must keep, from the left and from the top: `[0.3, 0.4]` or `30% 40%`"
    raise reader.fault("focal", f"expected two fractions from 0 to 1, found {format_value(value)}", hint)


def _read_fraction(value: Any) -> float | None:
    if isinstance(value, str) and re.fullmatch(r"\d{1,3}(?:\.\d{1,9})?%|[01]?\.\d{1,9}|[01]", value.strip()):
        text = value.strip()
        value = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        return None
    return float(value)
