"""Decodes mappings by the schema of the settings; collects valid values and all errors."""

from __future__ import annotations

import json
import os
import types
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Union, get_args, get_origin

import msgspec

from imageseo.config.fields import OTHERS, FormatGroup
from imageseo.config.messages import choices, expected, found, is_struct, keys_of, members, type_for_formats, unwrap
from imageseo.config.settings import Settings
from imageseo.model.finding import Severity
from imageseo.model.suggest import closest

Path = tuple[str, ...]

SIMILAR = 0.65
"""Least similarity of a misspelt value: `none` is not meant to be `inline`."""


def setting_keys(struct: type[msgspec.Struct] = Settings, above: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every key of the schema that has a value, with its type."""
    for key, kind in keys_of(struct).items():
        base, _ = unwrap(kind)
        if is_struct(base):
            yield from setting_keys(base, (*above, key))
        else:
            yield (*above, key), kind


# Every key and every table, outermost first.
_PATHS = {path[:end] for path, _ in setting_keys() for end in range(1, len(path) + 1)}
_NAMES = tuple(".".join(path) for path in sorted(_PATHS, key=lambda path: (len(path), path)))


@dataclass(slots=True)
class SettingsDecoder:
    """Values, their origins and errors of the configuration sources; later sources override earlier ones key by key.

    ``formats``: those of plug-ins, which tables by format may have as keys too.
    """

    values: dict[Path, Any] = field(default_factory=dict)
    origins: dict[Path, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    formats: Collection[str] = ()

    def add(self, mapping: Any, origin: str) -> None:
        """Decode a mapping; it overrides earlier values. ``origin``: name of the file or variable in messages."""
        self._decode_table(Settings, mapping, origin, ())

    def add_error(self, origin: str, path: Path, text: str) -> None:
        """Record one error for a key."""
        self.errors.append(f"{origin}: {'.'.join(path)}: {text}" if path else f"{origin}: {text}")

    def _decode_table(self, struct: type[msgspec.Struct], value: Any, origin: str, above: Path) -> None:
        if value is None:  # YAML: a section whose keys are all commented out
            return
        if not isinstance(value, Mapping):
            self.add_error(
                origin, above, f"found {found(value)}, expected a table with keys like {_sample_keys(struct)}"
            )
            return
        valid_keys = keys_of(struct)
        for key, item in value.items():
            path = (*above, str(key))
            if key not in valid_keys and key in self.formats and (kind := type_for_formats(struct)) is not None:
                self._decode_value(kind, item, origin, path)
                continue
            if key not in valid_keys:
                self.add_error(origin, path, _unknown_key_message(str(key), tuple(valid_keys), above))
                continue
            base, _ = unwrap(valid_keys[key])
            if is_struct(base):
                self._decode_table(base, item, origin, path)
            elif get_origin(base) is dict:
                self._decode_dict(get_args(base)[1], item, origin, path)
            else:
                self._decode_value(valid_keys[key], item, origin, path)

    def _decode_dict(self, kind: Any, value: Any, origin: str, above: Path) -> None:
        if value is None:
            return
        if not isinstance(value, Mapping):
            self.add_error(
                origin, above, f"found {found(value)}, expected a table of names, each with {expected(kind)}"
            )
            return
        for key, item in value.items():
            path = (*above, str(key))
            if get_origin(unwrap(kind)[0]) is dict and (item is None or isinstance(item, Mapping)):
                # Within the table of a name, later sources also override key by key.
                item = {**self.values.get(path, {}), **{str(name): each for name, each in (item or {}).items()}}
                if get_args(unwrap(kind)[0])[1] is Severity:  # YAML 1.1 reads a bare `off` as false
                    item = {name: "off" if each is False else each for name, each in item.items()}
            self._decode_value(kind, item, origin, path)

    def _decode_value(self, kind: Any, value: Any, origin: str, path: Path) -> None:
        base, _ = unwrap(kind)
        may_be_off = base is Severity or (get_origin(base) is Literal and "off" in get_args(base))
        if may_be_off and value is False:  # YAML 1.1 reads a bare `off` as false
            value = "off"
        if isinstance(value, os.PathLike):  # possible in pelicanconf.py, which is Python
            value = os.fspath(value)
        kind = _matching_member(kind, value)
        base, _ = unwrap(kind)
        if get_origin(base) is dict and isinstance(value, Mapping):
            before = len(self.errors)
            self._check_keys(get_args(base)[0], value, origin, path)
            for key, item in value.items():
                self._check_item(get_args(base)[1], item, origin, (*path, str(key)))
            if len(self.errors) > before:
                return
        if get_origin(base) is tuple and isinstance(value, list | tuple):
            before = len(self.errors)
            for number, item in enumerate(value, 1):
                self._check_item(get_args(base)[0], item, origin, path, number)
            if len(self.errors) > before:
                return
        try:
            self.values[path] = msgspec.convert(value, kind)
            self.origins[path] = origin
        except (msgspec.ValidationError, OverflowError):
            self.add_error(origin, path, f"found {found(value)}, expected {expected(kind)}{_suggestion(kind, value)}")

    def _check_item(self, kind: Any, value: Any, origin: str, path: Path, number: int | None = None) -> None:
        try:
            msgspec.convert(value, kind)
        except (msgspec.ValidationError, OverflowError):
            text = f"found {found(value)}, expected {expected(kind)}{_suggestion(kind, value)}"
            self.add_error(origin, path, text if number is None else f"item {number}: {text}")

    def _check_keys(self, kind: Any, value: Mapping[Any, Any], origin: str, path: Path) -> None:
        known = choices(kind)
        for key in value:
            if known and key not in known:
                self.add_error(origin, (*path, str(key)), _unknown_key_message(str(key), known, path))


def build_settings(struct: type[msgspec.Struct], values: Mapping[Path, Any], above: Path = ()) -> Any:
    """Return the frozen settings with the given values; other keys take their defaults."""
    fields: dict[str, Any] = {}
    for item in msgspec.structs.fields(struct):
        path = (*above, item.encode_name)
        base, _ = unwrap(item.type)
        if item.name == OTHERS and issubclass(struct, FormatGroup):
            known = keys_of(struct)
            fields[item.name] = {
                p[-1]: each for p, each in sorted(values.items()) if p[:-1] == above and p[-1] not in known
            }
        elif is_struct(base):
            fields[item.name] = build_settings(base, values, path)
        elif get_origin(base) is dict:
            fields[item.name] = {key[-1]: value for key, value in sorted(values.items()) if key[:-1] == path}
        elif path in values:
            fields[item.name] = values[path]
    return struct(**fields)


def _matching_member(kind: Any, value: Any) -> Any:
    """Return the list or table of a union that a list or table is meant for; else the type itself."""
    base, _ = unwrap(kind)
    wanted = dict if isinstance(value, Mapping) else tuple if isinstance(value, list | tuple) else None
    if get_origin(base) not in (Union, types.UnionType) or wanted is None:
        return kind
    return next((each for each in get_args(base) if get_origin(unwrap(each)[0]) is wanted), kind)


def _unknown_key_message(key: str, valid_keys: tuple[str, ...], above: Path) -> str:
    """Return the message for an unknown key: usually misspelt, sometimes in the wrong table or with dots as in TOML."""
    if "." in key and ".".join((*above, key)) in _NAMES:
        return f"unknown key: dots do not nest here, write {_format_nested(key.split('.'))}"
    if (suggestion := closest(key, valid_keys)) is not None:
        return f"unknown key, did you mean {'.'.join((*above, suggestion))}?"
    elsewhere = next((name for name in _NAMES if name.split(".")[-1] == key), None)
    elsewhere = elsewhere or closest(".".join((*above, key)), _NAMES, cutoff=0.8)
    if elsewhere is not None:
        return f"unknown key, did you mean {elsewhere}?"
    return f"unknown key, expected one of {', '.join(valid_keys)}"


def _format_nested(parts: list[str]) -> str:
    """``a: {b: {c: …}}``"""
    first, *rest = parts
    return f"{first}: {{{_format_nested(rest)}}}" if rest else f"{first}: …"


def _suggestion(kind: Any, value: Any) -> str:
    if not isinstance(value, str):
        return ""
    base, _ = unwrap(kind)
    if get_origin(base) is tuple:
        item, notes = unwrap(get_args(base)[0])
        is_text = item is str and value and not any(note.pattern for note in notes)
        return f", such as [{json.dumps(value, ensure_ascii=False)}]" if is_text else ""
    allowed = [choice for member in members(kind) for choice in choices(member)]
    suggestion = closest(value, allowed, cutoff=SIMILAR)
    return f"; did you mean {suggestion}?" if suggestion else ""


def _sample_keys(struct: type[msgspec.Struct]) -> str:
    return ", ".join(list(keys_of(struct))[:3])
