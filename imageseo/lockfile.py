"""The text of imageseo.lock: written in one way only, and every hand edit found with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from imageseo.core.recipes import basics
from imageseo.errors import LockError
from imageseo.model.hero import Pin, Recipe

VERSION = 1
RESTORE = "Take the file back from version control, or delete the entry and run `imageseo generate`."
_HEADER = "# Written by `imageseo generate`: commit it, never edit it. The pictures that it names lie beside it.\n"
_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_TOP = ("lock_version", "hero")
_ENTRY = ("page", "recipe_hash", "recipe", "output")
_RECIPE = ("provider", "seed", "width", "height", "options")
_OUTPUT = ("file", "sha256", "pixels", "width", "height", "digital_source_type")


def parse(path: Path, text: str) -> tuple[Pin, ...]:
    """The pins of a lock's text, sorted by page. Raises LockError naming ``path`` and line."""
    return _Reader(path, text).pins()


def dump(pins: Iterable[Pin]) -> str:
    """The text of a lock: sorted by page, one key a line. Raises LockError for a pin that it cannot hold."""
    import tomli_w

    heroes = [_entry(pin) for pin in by_page(pins)]
    return _HEADER + tomli_w.dumps({"lock_version": VERSION, **({"hero": heroes} if heroes else {})})


def by_page(pins: Iterable[Pin]) -> tuple[Pin, ...]:
    """The order that pins are kept in."""
    return tuple(sorted(pins, key=lambda pin: pin.page))


def _entry(pin: Pin) -> dict[str, Any]:
    recipe = pin.recipe
    if pin.recipe_hash != recipe.key:
        raise LockError(f"the pin of {pin.page} does not carry the hash of its recipe", hint=RESTORE)
    return {
        "page": pin.page,
        "recipe_hash": pin.recipe_hash,
        "recipe": {
            **basics(recipe),
            "options": _toml(recipe.options, pin.page),
        },
        "output": {
            "file": pin.file,
            "sha256": pin.file_sha256,
            "pixels": pin.pixels_sha256,
            "width": pin.width,
            "height": pin.height,
            "digital_source_type": pin.digital_source_type,
        },
    }


def _toml(value: Any, page: str) -> Any:
    if isinstance(value, Mapping):
        return {key: _toml(value[key], page) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_toml(item, page) for item in value]
    if value is None:
        raise LockError(f"the recipe of {page} holds a null, which TOML cannot keep", hint="Leave the key out.")
    return value


class _Reader:
    """Turns the text into pins; knows where a fault stands because every key has its own line."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = text.splitlines()
        self.starts = [n for n, line in enumerate(self.lines) if re.match(r"\s*\[\[\s*hero\s*\]\]", line)]
        self.text = text

    def fail(self, line: int | None, problem: str, hint: str = RESTORE) -> NoReturn:
        place = f"{self.path}:{line}" if line else str(self.path)
        raise LockError(f"{place}: {problem}", hint=hint)

    def line(self, entry: int, key: str) -> int | None:
        """1-based line of a key in the n-th entry; the entry's first line when the key has none."""
        if entry >= len(self.starts):
            return None
        start = self.starts[entry]
        end = self.starts[entry + 1] if entry + 1 < len(self.starts) else len(self.lines)
        pattern = re.compile(
            rf"\s*(\"?{re.escape(key)}\"?\s*=|\[hero\..*\b{re.escape(key)}\]|\[hero\.{re.escape(key)}\])"
        )
        return next((n + 1 for n in range(start, end) if pattern.match(self.lines[n])), start + 1)

    def pins(self) -> tuple[Pin, ...]:
        for number, line in enumerate(self.lines, 1):
            if re.match(r"(<{7}|>{7}|\|{7})( |$)|={7}$", line):
                self.fail(
                    number,
                    "an unresolved merge",
                    "Keep the entries of both sides but one per page, without the marker lines; "
                    "`imageseo generate` then makes what does not fit.",
                )
        try:
            data = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"at line (\d+)", str(error))
            self.fail(int(found[1]) if found else len(self.lines), f"is not TOML: {error}")
        version = data.get("lock_version")
        if type(version) is not int or version != VERSION:
            stands = next((n for n, line in enumerate(self.lines, 1) if line.startswith("lock_version")), 1)
            self.fail(
                stands,
                f"lock_version is {version!r}, this imageseo knows {VERSION}",
                "Install the imageseo that wrote the file, or delete it and run `imageseo generate`.",
            )
        for key in data:
            if key not in _TOP:
                stands = next((n for n, line in enumerate(self.lines, 1) if key in line), 1)
                self.fail(stands, f"unknown key {key!r}")
        heroes = data.get("hero", [])
        if not isinstance(heroes, list) or len(heroes) != len(self.starts):
            self.fail(None, "heroes must be written as [[hero]] tables")
        pins: dict[str, Pin] = {}
        for number, entry in enumerate(heroes):
            pin = self.pin(number, entry)
            if pin.page in pins:
                self.fail(self.line(number, "page"), f"a second hero for the page {pin.page!r}")
            pins[pin.page] = pin
        return by_page(pins.values())

    def pin(self, number: int, entry: Any) -> Pin:
        self.keys(number, entry, _ENTRY, "hero")
        recipe, output = entry["recipe"], entry["output"]
        self.keys(number, recipe, _RECIPE, "hero.recipe")
        self.keys(number, output, _OUTPUT, "hero.output")
        values = {**output, **recipe, "page": entry["page"], "recipe_hash": entry["recipe_hash"]}
        for key in ("page", "recipe_hash", "provider", "file", "sha256", "pixels", "digital_source_type"):
            if not isinstance(values[key], str) or not values[key]:
                self.fail(self.line(number, key), f"{key} must be a text")
        for table in (recipe, output):
            for key in ("seed", "width", "height"):
                if key in table and (type(table[key]) is not int or table[key] < (0 if key == "seed" else 1)):
                    self.fail(self.line(number, key), f"{key} must be a whole number")
        for key in ("recipe_hash", "sha256", "pixels"):
            if not _HASH.fullmatch(values[key]):
                self.fail(self.line(number, key), f"{key} must be `sha256:` and 64 hexadecimal digits")
        if not isinstance(recipe["options"], dict):
            self.fail(self.line(number, "options"), "options must be a table")
        file = PurePosixPath(output["file"])
        if file.is_absolute() or ".." in file.parts or "\\" in output["file"] or ":" in file.parts[0]:
            self.fail(self.line(number, "file"), f"file must stay inside the project: {output['file']!r}")
        made = Recipe(**recipe)
        try:
            key = made.key
        except (TypeError, ValueError):
            self.fail(self.line(number, "options"), "options hold a value that no recipe can have")
        if key != entry["recipe_hash"]:
            self.fail(
                self.line(number, "recipe_hash"),
                f"recipe_hash of {entry['page']!r} does not fit the recipe below it: one of them was edited",
            )
        return Pin(
            page=entry["page"],
            recipe=made,
            recipe_hash=key,
            file=output["file"],
            file_sha256=output["sha256"],
            pixels_sha256=output["pixels"],
            digital_source_type=output["digital_source_type"],
            width=output["width"],
            height=output["height"],
        )

    def keys(self, number: int, table: Any, known: tuple[str, ...], name: str) -> None:
        if not isinstance(table, dict):
            self.fail(self.line(number, name.rpartition(".")[2]), f"[{name}] must be a table")
        for key in table:
            if key not in known:
                self.fail(self.line(number, key), f"unknown key {key!r} in [{name}]")
        for key in known:
            if key not in table:
                self.fail(self.line(number, name.rpartition(".")[2]), f"[{name}] has no {key!r}")
