"""Sidecars in TOML, every fault with its line.

``harbour.jpg.toml`` or ``harbour.toml`` beside a picture, and ``library.toml`` for all.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imageseo.model.suggest import closest

FOLDERWIDE = "library.toml"
"""One file for the whole library: ``[defaults]`` and ``[pictures."boats/harbour.jpg"]``."""

KEYS = (
    *("title", "caption", "alt", "tags", "license", "creator", "credit", "copyright", "source"),
    *("depicts", "focal", "digital_source_type"),
)
_OTHER_NAMES = {"licence": "license", "author": "creator"}
_DEPICTS = ("illustration", "realistic", "unknown")
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_URL = re.compile(r"https?://[^\s/]+\S*")
_HEADER = re.compile(r"\s*\[\s*(.*?)\s*\]\s*(?:#.*)?$")

Said = dict[str, Any]


@dataclass(slots=True)
class LibraryDefaults:
    """What ``library.toml`` says: of every picture that says nothing itself, and of some by their path."""

    defaults: Said = field(default_factory=dict)
    pictures: dict[str, Said] = field(default_factory=dict)


def read(text: str, shown: str, faults: list[str]) -> Said:
    """What a sidecar says, by the fields of ``Entry``.

    ``shown``: its path for messages. ``faults``: gets a line each.
    """
    table = _parse(text, shown, faults)
    return _Lines(text, shown).checked(table, (), faults)


def folderwide(text: str, shown: str, faults: list[str]) -> LibraryDefaults:
    """What ``library.toml`` says."""
    data, lines = _parse(text, shown, faults), _Lines(text, shown)
    found = LibraryDefaults()
    for key, value in data.items():
        if key not in ("defaults", "pictures"):
            faults.append(f'{lines.at((), key)}: unknown key {key!r}; expected [defaults] and [pictures."a.jpg"]')
        elif not isinstance(value, Mapping):
            faults.append(f"{lines.at((), key)}: {key} must be a table, found {value!r}")
        elif key == "defaults":
            found.defaults = lines.checked(value, (key,), faults)
        else:
            for name, table in value.items():
                if isinstance(table, Mapping):
                    found.pictures[name] = lines.checked(table, (key, name), faults)
                else:
                    faults.append(f'{lines.at((key,), name)}: expected a table, as [pictures."{name}"]')
    return found


def _parse(text: str, shown: str, faults: list[str]) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else max(1, text.count("\n"))
        faults.append(f"{shown}:{line}: is not TOML: {error}")
        return {}


class _Lines:
    """Knows where a key stands: in TOML as people write it, each has its own line."""

    def __init__(self, text: str, shown: str) -> None:
        self.shown, self.lines = shown, text.splitlines()
        self.sections: dict[tuple[str, ...], tuple[int, int]] = {}
        above: tuple[str, ...] = ()
        start = 0
        for number, line in enumerate(self.lines):
            match = _HEADER.match(line)
            name = _dotted(match[1]) if match and "=" not in line.split("[", 1)[0] else None
            if name is not None:
                self.sections.setdefault(above, (start, number))
                above, start = name, number
        self.sections.setdefault(above, (start, len(self.lines)))

    def at(self, section: tuple[str, ...], key: str) -> str:
        """``harbour.jpg.toml:3``; the first line of its table for a key that is written in another way."""
        start, end = self.sections.get(section, (0, len(self.lines)))
        pattern = re.compile(rf"\s*(?:\[.*)?[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
        return f"{self.shown}:{next((n for n in range(start, end) if pattern.match(self.lines[n])), start) + 1}"

    def checked(self, table: Mapping[str, Any], section: tuple[str, ...], faults: list[str]) -> Said:
        found: Said = {}
        for written, value in table.items():
            key, at = _OTHER_NAMES.get(written, written), self.at(section, written)
            if key not in KEYS:
                close = closest(written, [*KEYS, *_OTHER_NAMES])
                hint = f"did you mean {close!r}?" if close else f"known: {', '.join(KEYS)}"
                faults.append(f"{at}: unknown key {written!r}; {hint}")
                continue
            if key in found:
                faults.append(f"{at}: {written!r} says again what another key says; keep one of them")
                continue
            wanted, read = _value(key, value)
            if wanted:
                faults.append(f"{at}: {written}: expected {wanted}, found {value!r}")
            else:
                found[key] = read
                if key == "license":
                    found["license_at"] = at
        return found


def _value(key: str, value: Any) -> tuple[str, Any]:
    """What was expected (``""`` when it was found) and the value."""
    if key == "tags":
        tags = value.split(",") if isinstance(value, str) else value
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            return "a list of texts", None
        return "", [text for tag in tags if (text := " ".join(tag.split()))]
    if key == "focal":
        if (
            not isinstance(value, list)
            or len(value) != 2
            or not all(type(each) in (int, float) and 0 <= each <= 1 for each in value)
        ):
            return "two shares from 0 to 1, as [0.5, 0.3]", None
        return "", [float(each) for each in value]
    if not isinstance(value, str):
        return "a text", None
    text = " ".join(value.split())
    if key == "depicts" and text not in _DEPICTS:
        return "one of " + ", ".join(_DEPICTS), None
    if key == "source" and not _URL.fullmatch(text):
        return "an absolute http(s) URL", None
    if key == "digital_source_type":
        if re.fullmatch(r"[A-Za-z]+", text):
            text = _SOURCE_TYPES + text
        if not text.startswith(_SOURCE_TYPES):
            return "a name of IPTC's digital source types, as digitalCapture", None
    return "", text


def _dotted(name: str) -> tuple[str, ...] | None:
    """``pictures."a.jpg"`` in its parts; None for what is no table's name."""
    try:
        data: Any = tomllib.loads(f"[{name.strip('[] ')}]")
    except tomllib.TOMLDecodeError:
        return None
    parts: list[str] = []
    while isinstance(data, dict) and data:
        key = next(iter(data))
        parts.append(key)
        data = data[key]
    return tuple(parts)
