"""The text of imageseo.lock: written in one way only, so that people and git can read and merge it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from imageseo.heroes.lock.parser import RESTORE, RIGHTS, VERSION, LockParser
from imageseo.heroes.recipes.diff import basics
from imageseo.model.errors import LockError
from imageseo.model.hero import Pin

__all__ = ["RESTORE", "VERSION", "by_page", "dump", "parse"]

_HEADER = "# Written by `imageseo generate`: commit it, and edit no line but `owner`. In a merge keep whole blocks.\n"
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ALIKE = 3  # git takes four equal lines of two heroes for one text, and tears both blocks apart there


def parse(path: Path, text: str) -> tuple[Pin, ...]:
    """The pins of a lock's text, sorted by page. Raises LockError naming ``path`` and line."""
    return by_page(LockParser(path, text).pins())


Blocks = dict[str, tuple[Pin, str]]
"""Page -> its pin and the text of that: a run that writes the lock after each picture writes each block once."""


def dump(pins: Iterable[Pin], known: Blocks | None = None) -> str:
    """The text of a lock: sorted by page, one key a line. Raises LockError for a pin that it cannot hold.

    Heroes that are much alike (one model, one size, one scheduler) still differ in every third line, for that names
    the page: in a merge conflict each hero then stands in one piece, to be kept or thrown away as a whole.
    ``known``: blocks of an earlier call, taken for pins that are the very same objects; grows.
    """
    blocks = {} if known is None else known
    texts = []
    for pin in by_page(pins):
        old = blocks.get(pin.page)
        if old is None or old[0] is not pin:
            old = blocks[pin.page] = pin, "\n".join(_marked(pin.page, _lines(pin))) + "\n"
        texts.append(old[1])
    return _HEADER + "\n".join([f"lock_version = {VERSION}\n", *texts])


def by_page(pins: Iterable[Pin]) -> tuple[Pin, ...]:
    """The order that pins are kept in."""
    return tuple(sorted(pins, key=lambda pin: pin.page))


def _marked(page: str, lines: list[str]) -> Iterator[str]:
    """The lines with the page as a comment behind each head of a table, every third key, and the last of all."""
    mark = f"  # {_text(page, page)[1:-1]}"
    alike = 0
    for number, line in enumerate(lines, 1):
        alike += 1
        if line.startswith("[") or (line and (alike >= _ALIKE or number == len(lines))):
            alike = 0
            yield line + mark
        else:
            yield line


def _lines(pin: Pin) -> list[str]:
    if pin.recipe_hash != pin.recipe.key:
        raise LockError(f"the pin of {pin.page} does not carry the hash of its recipe", hint=RESTORE)
    rights = {name: value for name in RIGHTS if (value := getattr(pin.rights, name)) is not None}
    output = {
        "file": pin.file,
        "sha256": pin.file_sha256,
        "pixels": pin.pixels_sha256,
        "phash": pin.phash,
        "width": pin.width,
        "height": pin.height,
        "digital_source_type": pin.digital_source_type,
    }
    entry = {"page": pin.page, "recipe_hash": pin.recipe_hash, "owner": pin.owner}
    lines = ["[[hero]]", *_keys({key: value for key, value in entry.items() if value is not None}, pin.page)]
    lines += _table("hero.recipe", basics(pin.recipe), pin.page)
    lines += _table("hero.recipe.options", _sorted(pin.recipe.options), pin.page)
    for name, table in (("env", _sorted(pin.env)), ("models", _sorted(pin.models))):
        lines += _table(f"hero.{name}", table, pin.page) if table else []
    lines += _table("hero.output", {key: value for key, value in output.items() if key != "phash" or value}, pin.page)
    for name, table in (("rights", rights), ("checks", _sorted(pin.checks))):
        lines += _table(f"hero.{name}", table, pin.page) if table else []
    return lines


def _sorted(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: table[key] for key in sorted(table)}


def _table(name: str, table: Mapping[str, Any], page: str) -> list[str]:
    """A table and, behind its own keys, those within it."""
    within = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    lines = ["", f"[{name}]", *_keys({key: value for key, value in table.items() if key not in within}, page)]
    for key, value in within.items():
        lines += _table(f"{name}.{_key(key, page)}", _sorted(value), page)
    return lines


def _keys(table: Mapping[str, Any], page: str) -> list[str]:
    return [f"{_key(key, page)} = {_value(value, page)}" for key, value in table.items()]


def _key(key: str, page: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key, page)


def _value(value: Any, page: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return repr(value)
    if isinstance(value, str):
        return _text(value, page)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(item, page) for item in value)}]"
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key, page)} = {_value(value[key], page)}" for key in sorted(value))
        return f"{{ {inner} }}" if inner else "{}"
    if value is None:
        raise LockError(f"the hero of {page} holds a null, which TOML cannot keep", hint="Leave the key out.")
    raise LockError(f"the hero of {page} holds {value!r}, which the lock cannot keep", hint="Write it as a text.")


def _text(value: str, page: str) -> str:
    """A basic string of TOML: JSON's, but for one control character."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise LockError(f"the hero of {page!a} holds half a character: {value!a}", hint="Write it anew.") from None
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
