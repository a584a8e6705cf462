"""Serialize pins to the text of imageseo.lock, always in the same form, so that it can be read and merged."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from imageseo.heroes.lock.parser import MADE, RESTORE, VERSION, LockParser
from imageseo.heroes.lock.rights import as_table
from imageseo.heroes.lock.seal import seal
from imageseo.heroes.recipes.diff import basic_values
from imageseo.model.errors import LockError
from imageseo.model.hero import Pin

__all__ = ["RESTORE", "VERSION", "by_page", "dump", "parse"]

_HEADER = "# Written by `imageseo generate`: commit it, and edit no line but `owner`. In a merge keep whole blocks.\n"
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_MAX_COMMON_LINES = 3  # four equal lines of two heroes are matched by git, which then splits both blocks


def parse(path: Path, text: str) -> tuple[Pin, ...]:
    """Parse the text of a lock into pins, sorted by page. Raises LockError with ``path`` and line."""
    return by_page(LockParser(path, text).parse())


Blocks = dict[str, tuple[Pin, str]]
"""Page -> its pin and the text of the pin: a run that writes the lock after each image serializes each pin once."""


def dump(pins: Iterable[Pin], cache: Blocks | None = None) -> str:
    """Return the text of a lock: sorted by page, one key per line. Raises LockError for values that TOML cannot hold.

    Every third line has the page as a comment, so that similar heroes (same model, size and scheduler) still differ
    there: in a merge conflict, each hero is then one contiguous block, to be kept or removed as a whole.
    ``cache``: blocks of earlier calls, reused for pins that are the same objects; new blocks are added.
    """
    blocks = {} if cache is None else cache
    texts = []
    for pin in by_page(pins):
        block = blocks.get(pin.page)
        if block is None or block[0] is not pin:
            block = blocks[pin.page] = pin, format_block(pin)
        texts.append(block[1])
    return join(texts)


def format_block(pin: Pin) -> str:
    """Return the entry of a pin. Raises LockError."""
    return "\n".join(_add_page_comments(pin.page, _format_pin(pin))) + "\n"


def join(blocks: Iterable[str]) -> str:
    """Return the text of a lock with these entries."""
    return _HEADER + "\n".join([f"lock_version = {VERSION}\n", *blocks])


def by_page(pins: Iterable[Pin]) -> tuple[Pin, ...]:
    """Sort pins by page, the order of the lock."""
    return tuple(sorted(pins, key=lambda pin: pin.page))


def _add_page_comments(page: str, lines: list[str]) -> Iterator[str]:
    """Append the page as a comment to each table header, every third line, and the last line."""
    comment = f"  # {_format_text(page, page)[1:-1]}"
    since_comment = 0
    for number, line in enumerate(lines, 1):
        since_comment += 1
        if line.startswith("[") or (line and (since_comment >= _MAX_COMMON_LINES or number == len(lines))):
            since_comment = 0
            yield line + comment
        else:
            yield line


def _format_pin(pin: Pin) -> list[str]:
    if pin.recipe_hash != pin.recipe.key:
        raise LockError(f"the pin of {pin.page} does not have the hash of its recipe", hint=RESTORE)
    made = {name: value for name in MADE if (value := pin.made.get(name))}
    output = {
        "file": pin.file,
        "sha256": pin.file_sha256,
        "pixels": pin.pixels_sha256,
        "phash": pin.phash,
        "width": pin.width,
        "height": pin.height,
        "digital_source_type": pin.digital_source_type,
    }
    entry = {
        "page": pin.page,
        "recipe_hash": pin.recipe_hash,
        "checksum": seal(pin),
        "owner": pin.owner,
        "picked": list(pin.picked) or None,
        "approved": [dict(each) for each in pin.approved] or None,
    }
    lines = ["[[hero]]", *_format_keys({key: value for key, value in entry.items() if value is not None}, pin.page)]
    lines += _format_table("hero.recipe", basic_values(pin.recipe), pin.page)
    lines += _format_table("hero.recipe.options", _sorted(pin.recipe.options), pin.page)
    for name, table in (("env", _sorted(pin.env)), ("models", _sorted(pin.models))):
        lines += _format_table(f"hero.{name}", table, pin.page) if table else []
    lines += _format_table(
        "hero.output", {key: value for key, value in output.items() if key != "phash" or value}, pin.page
    )
    for name, table in (("rights", as_table(pin.rights)), ("checks", _sorted(pin.checks)), ("made", made)):
        lines += _format_table(f"hero.{name}", table, pin.page) if table else []
    return lines


def _sorted(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: table[key] for key in sorted(table)}


def _format_table(name: str, table: Mapping[str, Any], page: str) -> list[str]:
    """Format a table: its own keys first, then its subtables."""
    subtables = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    lines = ["", f"[{name}]", *_format_keys({key: value for key, value in table.items() if key not in subtables}, page)]
    for key, value in subtables.items():
        lines += _format_table(f"{name}.{_format_key(key, page)}", _sorted(value), page)
    return lines


def _format_keys(table: Mapping[str, Any], page: str) -> list[str]:
    return [f"{_format_key(key, page)} = {_format_value(value, page)}" for key, value in table.items()]


def _format_key(key: str, page: str) -> str:
    return key if _BARE.fullmatch(key) else _format_text(key, page)


def _format_value(value: Any, page: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return repr(value)
    if isinstance(value, str):
        return _format_text(value, page)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_format_value(item, page) for item in value)}]"
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_format_key(key, page)} = {_format_value(value[key], page)}" for key in sorted(value))
        return f"{{ {inner} }}" if inner else "{}"
    if value is None:
        raise LockError(f"the hero of {page} contains null, which TOML cannot represent", hint="Remove the key.")
    raise LockError(f"the hero of {page} contains {value!r}, which the lock cannot represent", hint="Write it as text.")


def _format_text(value: str, page: str) -> str:
    """Format a basic string of TOML, which equals JSON except for one control character."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise LockError(
            f"the hero of {page!a} contains an unpaired surrogate: {value!a}", hint="Enter the text again."
        ) from None
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
