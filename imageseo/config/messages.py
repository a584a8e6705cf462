"""Describes values and types of settings in error messages."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from imageseo.config.fields import OTHERS, FormatGroup

_MAX_TEXT = 60


def unwrap(kind: Any) -> tuple[Any, tuple[msgspec.Meta, ...]]:
    """Return a type without ``Annotated``, and its annotations (outermost last)."""
    metas: tuple[msgspec.Meta, ...] = ()
    while get_origin(kind) is Annotated:
        kind, *notes = get_args(kind)
        metas = (*(note for note in notes if isinstance(note, msgspec.Meta)), *metas)
    return kind, metas


def members(kind: Any) -> tuple[Any, ...]:
    """Return the types of a union without None; for any other type the type itself."""
    base, _ = unwrap(kind)
    if get_origin(base) in (Union, types.UnionType):
        return tuple(unwrap(member)[0] for member in get_args(base) if member is not types.NoneType)
    return (base,)


def choices(kind: Any) -> tuple[str, ...]:
    """Return the values that a Literal or Enum allows; empty for any other type."""
    base, _ = unwrap(kind)
    if get_origin(base) is Literal:
        return tuple(str(choice) for choice in get_args(base))
    if isinstance(base, type) and issubclass(base, enum.Enum):
        return tuple(str(member.value) for member in base)
    return ()


def expected(kind: Any) -> str:
    """Describe a type for a user who has not read the schema."""
    base, metas = unwrap(kind)
    for meta in metas:
        if meta.title:
            return meta.title
    if get_origin(base) in (Union, types.UnionType):
        return " or ".join(expected(member) for member in get_args(base) if member is not types.NoneType)
    if options := choices(base):
        return "one of " + ", ".join(options)
    if get_origin(base) is tuple:
        item, notes = unwrap(get_args(base)[0])
        if item is str and not any(note.title for note in notes):
            return f"a list{_format_length(metas)} of texts"
        return f"a list{_format_length(metas)} of: {expected(get_args(base)[0])}"
    if get_origin(base) is dict and (keys := choices(get_args(base)[0])):
        return "a table of " + ", ".join(keys)
    if get_origin(base) is dict or (isinstance(base, type) and issubclass(base, msgspec.Struct)):
        return "a table of keys"
    if base is bool:
        return "true or false"
    if base is int:
        return "a whole number" + _format_range(metas)
    return "text that is not empty" if any(meta.min_length for meta in metas) else "text"


def found(value: Any) -> str:
    """Describe a value, short enough for a message."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = repr(value)
        return "text " + (text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…'")
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "a table of keys"
    if isinstance(value, list | tuple | set):
        return "a list" if value else "an empty list"
    return f"a value of type {type(value).__name__}"


def _format_length(metas: tuple[msgspec.Meta, ...]) -> str:
    low = next((meta.min_length for meta in metas if meta.min_length is not None), None)
    high = next((meta.max_length for meta in metas if meta.max_length is not None), None)
    if low is not None and high is not None:
        return f" of {low} to {high} items"
    return f" of at least {low}" if low is not None else ""


def _format_range(metas: tuple[msgspec.Meta, ...]) -> str:
    low = next((meta.ge for meta in metas if meta.ge is not None), None)
    high = next((meta.le for meta in metas if meta.le is not None), None)
    if low is not None and high is not None:
        return f" from {low} to {high}"
    return f", {low} or more" if low is not None else ""


def keys_of(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return key as written in a file -> its type, in the order of the schema; without keys of plug-ins."""
    others = OTHERS if issubclass(struct, FormatGroup) else None
    return {item.encode_name: item.type for item in msgspec.structs.fields(struct) if item.name != others}


def type_for_formats(struct: type[msgspec.Struct]) -> Any:
    """Return the type of the values that a table has by format; None for any other table."""
    if not issubclass(struct, FormatGroup):
        return None
    field = next(item for item in msgspec.structs.fields(struct) if item.name == OTHERS)
    return get_args(field.type)[1]


def is_struct(kind: Any) -> typing.TypeGuard[type[msgspec.Struct]]:
    """Whether a type is a table with fixed keys."""
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
