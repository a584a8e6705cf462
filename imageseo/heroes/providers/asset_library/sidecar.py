"""Read sidecars in TOML and report every fault with its line.

``harbour.jpg.toml`` or ``harbour.toml`` next to an image, and ``library.toml`` for the whole library.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imageseo.model.suggest import closest

LIBRARY_FILE = "library.toml"
"""One file for the whole library: ``[defaults]`` and ``[pictures."boats/harbour.jpg"]``."""

KEYS = (
    *("title", "caption", "alt", "tags", "license", "creator", "credit", "copyright", "source"),
    *("depicts", "focal", "digital_source_type"),
)
_ALIASES = {"licence": "license", "author": "creator"}
_DEPICTS = ("illustration", "realistic", "unknown")
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_URL = re.compile(r"https?://[^\s/]+\S*")
_HEADER = re.compile(r"\s*\[\s*(.*?)\s*\]\s*(?:#.*)?$")

Fields = dict[str, Any]


@dataclass(slots=True)
class LibraryDefaults:
    """Content of ``library.toml``: defaults for all images, and fields of some images by path."""

    defaults: Fields = field(default_factory=dict)
    images: dict[str, Fields] = field(default_factory=dict)


def read_sidecar(text: str, label: str, faults: list[str]) -> Fields:
    """Read a sidecar; returns values by the fields of ``LibraryEntry``.

    ``label``: its path for messages. ``faults``: receives one line per fault.
    """
    table = _parse(text, label, faults)
    return _LineIndex(text, label).check_table(table, (), faults)


def read_library_file(text: str, label: str, faults: list[str]) -> LibraryDefaults:
    """Read ``library.toml``."""
    data, lines = _parse(text, label, faults), _LineIndex(text, label)
    found = LibraryDefaults()
    for key, value in data.items():
        if key not in ("defaults", "pictures"):
            faults.append(f'{lines.locate((), key)}: unknown key {key!r}; expected [defaults] and [pictures."a.jpg"]')
        elif not isinstance(value, Mapping):
            faults.append(f"{lines.locate((), key)}: {key}: expected a table, found {value!r}")
        elif key == "defaults":
            found.defaults = lines.check_table(value, (key,), faults)
        else:
            for name, table in value.items():
                if isinstance(table, Mapping):
                    found.images[name] = lines.check_table(table, (key, name), faults)
                else:
                    faults.append(f'{lines.locate((key,), name)}: expected a table such as [pictures."{name}"]')
    return found


def _parse(text: str, label: str, faults: list[str]) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also a number of thousands of digits
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else max(1, text.count("\n"))
        faults.append(f"{label}:{line}: not valid TOML: {error}")
        return {}


class _LineIndex:
    """Finds the line of a key: in usual TOML, each key has its own line."""

    def __init__(self, text: str, label: str) -> None:
        self.label, self.lines = label, text.splitlines()
        self.sections: dict[tuple[str, ...], tuple[int, int]] = {}
        section: tuple[str, ...] = ()
        start = 0
        for number, line in enumerate(self.lines):
            match = _HEADER.match(line)
            name = _split_table_name(match[1]) if match and "=" not in line.split("[", 1)[0] else None
            if name is not None:
                self.sections.setdefault(section, (start, number))
                section, start = name, number
        self.sections.setdefault(section, (start, len(self.lines)))

    def locate(self, section: tuple[str, ...], key: str) -> str:
        """Return ``harbour.jpg.toml:3``; the first line of its table if the key is written in another way."""
        start, end = self.sections.get(section, (0, len(self.lines)))
        pattern = re.compile(rf"\s*(?:\[.*)?[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
        return f"{self.label}:{next((n for n in range(start, end) if pattern.match(self.lines[n])), start) + 1}"

    def check_table(self, table: Mapping[str, Any], section: tuple[str, ...], faults: list[str]) -> Fields:
        fields: Fields = {}
        for written_key, value in table.items():
            key, location = _ALIASES.get(written_key, written_key), self.locate(section, written_key)
            if key not in KEYS:
                close = closest(written_key, [*KEYS, *_ALIASES])
                hint = f"did you mean {close!r}?" if close else f"known: {', '.join(KEYS)}"
                faults.append(f"{location}: unknown key {written_key!r}; {hint}")
                continue
            if key in fields:
                faults.append(f"{location}: {written_key!r} repeats another key; keep only one of them")
                continue
            expected, parsed = _parse_value(key, value)
            if expected:
                faults.append(f"{location}: {written_key}: expected {expected}, found {value!r}")
            else:
                fields[key] = parsed
                if key == "license":
                    fields["license_at"] = location
        return fields


def _parse_value(key: str, value: Any) -> tuple[str, Any]:
    """Return a description of the expected value (``""`` if the value is valid) and the parsed value."""
    if key == "tags":
        tags = value.split(",") if isinstance(value, str) else value
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            return "a list of strings", None
        return "", [text for tag in tags if (text := " ".join(tag.split()))]
    if key == "focal":
        if (
            not isinstance(value, list)
            or len(value) != 2
            or not all(type(each) in (int, float) and 0 <= each <= 1 for each in value)
        ):
            return "two fractions from 0 to 1, such as [0.5, 0.3]", None
        return "", [float(each) for each in value]
    if not isinstance(value, str):
        return "text", None
    text = " ".join(value.split())
    if key == "depicts" and text not in _DEPICTS:
        return "one of " + ", ".join(_DEPICTS), None
    if key == "source" and not _URL.fullmatch(text):
        return "an absolute http(s) URL", None
    if key == "digital_source_type":
        if re.fullmatch(r"[A-Za-z]+", text):
            text = _SOURCE_TYPES + text
        if not text.startswith(_SOURCE_TYPES):
            return "an IPTC digital source type, such as digitalCapture", None
    return "", text


def _split_table_name(name: str) -> tuple[str, ...] | None:
    """Split ``pictures."a.jpg"`` into its parts; None for anything but a table name."""
    try:
        data: Any = tomllib.loads(f"[{name.strip('[] ')}]")
    except (ValueError, RecursionError):
        return None
    parts: list[str] = []
    while isinstance(data, dict) and data:
        key = next(iter(data))
        parts.append(key)
        data = data[key]
    return tuple(parts)
