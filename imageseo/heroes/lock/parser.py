"""Reads the text of imageseo.lock: every hand edit and every bad merge is found, with its line."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from imageseo.model.errors import LockError
from imageseo.model.hero import Pin, Recipe
from imageseo.model.image import Rights

VERSION = 1
RESTORE = "Take the file back from version control, or delete the entry and run `imageseo generate`."
RIGHTS = ("creator", "credit", "copyright", "license", "acquire_license_page")
_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_PHASH = re.compile(r"[0-9a-f]{16}")
_TOP = ("lock_version", "hero")
_ENTRY = ("page", "recipe_hash", "recipe", "output")
_LATER = ("owner", "env", "models", "rights", "checks")  # a lock of before has none of them
_RECIPE = ("provider", "seed", "width", "height", "options")
_OUTPUT = ("file", "sha256", "pixels", "width", "height", "digital_source_type")
_START = re.compile(r"\s*\[\[\s*hero\s*\]\]")
_MARKERS = tuple(mark * 7 for mark in "<>|=")
_MARKER = re.compile(r"(<{7}|>{7}|\|{7})( |$)|={7}$")


class LockParser:
    """Turns the text into pins; knows where a fault stands because every key has its own line."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text
        self.lines = text.split("\n")  # not splitlines: a prompt may hold U+2028
        self.starts = [n for n, line in enumerate(self.lines) if "[[" in line and _START.match(line)]

    def fail(self, line: int | None, problem: str, hint: str = RESTORE) -> NoReturn:
        place = f"{self.path}:{line}" if line else str(self.path)
        raise LockError(f"{place}: {problem}", hint=hint)

    def line(self, entry: int, *path: str) -> int | None:
        """1-based line of ``("output", "width")`` in the n-th entry; of what stands around it when it is not there."""
        if entry >= len(self.starts):
            return None
        start = self.starts[entry]
        end = self.starts[entry + 1] if entry + 1 < len(self.starts) else len(self.lines)
        *tables, key = path
        found = start
        if tables:
            found = self._first(rf"\[hero\.{re.escape('.'.join(tables))}\]", start, end, start)
        head = self._first(rf"\[hero\.{re.escape('.'.join(path))}\]", start, end, -1)
        return (head if head >= 0 else self._first(rf"\"?{re.escape(key)}\"?\s*=", found, end, found)) + 1

    def _first(self, pattern: str, start: int, end: int, otherwise: int) -> int:
        spaced = re.compile(rf"\s*{pattern}")
        return next((n for n in range(start, end) if spaced.match(self.lines[n])), otherwise)

    def _stands(self, pattern: str) -> int:
        return self._first(pattern, 0, len(self.lines), 0) + 1

    def pins(self) -> list[Pin]:
        """The pins as they stand. Raises LockError."""
        for number, line in enumerate(self.lines, 1):
            if line[:7] in _MARKERS and _MARKER.match(line):
                self.fail(
                    number,
                    "an unresolved merge",
                    "Keep the blocks of both sides but one per page, without the marker lines; "
                    "`imageseo generate` then makes what does not fit.",
                )
        try:
            data = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"at line (\d+)", str(error))
            self.fail(int(found[1]) if found else len(self.lines), f"is not TOML: {error}")
        except RecursionError:
            self.fail(None, "is no lock: its tables or lists lie too deep in one another")
        version = data.get("lock_version")
        if type(version) is not int or version != VERSION:
            self.fail(
                self._stands("lock_version"),
                f"lock_version is {version!r}, this imageseo knows {VERSION}",
                "Install the imageseo that wrote the file, or delete it and run `imageseo generate`.",
            )
        for key in data:
            if key not in _TOP:
                self.fail(self._stands(rf"\[*\"?{re.escape(key)}"), f"unknown key {key!r}")
        heroes = data.get("hero", [])
        if not isinstance(heroes, list) or len(heroes) != len(self.starts):
            self.fail(None, "heroes must be written as [[hero]] tables")
        pins: dict[str, Pin] = {}
        for number, entry in enumerate(heroes):
            pin = self.pin(number, entry)
            if pin.page in pins:
                hint = f"Keep one of the two blocks of {pin.page}; `imageseo generate` then makes what does not fit."
                self.fail(self.line(number, "page"), f"a second hero for the page {pin.page!r}", hint)
            pins[pin.page] = pin
        return list(pins.values())

    def pin(self, number: int, entry: Any) -> Pin:
        self.keys(number, entry, _ENTRY, _LATER)
        recipe, output = entry["recipe"], entry["output"]
        self.keys(number, recipe, _RECIPE, (), "recipe")
        self.keys(number, output, _OUTPUT, ("phash",), "output")
        for path in (("page",), ("recipe_hash",), ("recipe", "provider"), *(("output", key) for key in _OUTPUT[:3])):
            value = (entry if len(path) == 1 else entry[path[0]])[path[-1]]
            if not isinstance(value, str) or not value:
                self.fail(self.line(number, *path), f"{path[-1]} must be a text")
        if not isinstance(output["digital_source_type"], str):
            self.fail(self.line(number, "output", "digital_source_type"), "digital_source_type must be a text")
        for name, table in (("recipe", recipe), ("output", output)):
            for key in ("seed", "width", "height"):
                if key in table and (type(table[key]) is not int or table[key] < (0 if key == "seed" else 1)):
                    self.fail(self.line(number, name, key), f"{key} must be a whole number")
        for path, value in (
            (("recipe_hash",), entry["recipe_hash"]),
            *((("output", key), output[key]) for key in ("sha256", "pixels")),
        ):
            self.hash(number, path, value)
        phash = output.get("phash", "")
        if phash != "" and not (isinstance(phash, str) and _PHASH.fullmatch(phash)):
            self.fail(self.line(number, "output", "phash"), "phash must be 16 hexadecimal digits")
        if not isinstance(recipe["options"], dict):
            self.fail(self.line(number, "recipe", "options"), "options must be a table")
        file = PurePosixPath(output["file"])
        odd = not file.parts or "\0" in output["file"] or "\\" in output["file"]
        if odd or file.is_absolute() or ".." in file.parts or ":" in file.parts[0]:
            self.fail(self.line(number, "output", "file"), f"file must stay inside the project: {output['file']!r}")
        return Pin(
            page=entry["page"],
            recipe=(made := self.recipe(number, entry)),
            recipe_hash=made.key,
            file=output["file"],
            file_sha256=output["sha256"],
            pixels_sha256=output["pixels"],
            digital_source_type=output["digital_source_type"],
            width=output["width"],
            height=output["height"],
            phash=phash,
            **self.evidence(number, entry),
        )

    def recipe(self, number: int, entry: dict[str, Any]) -> Recipe:
        made = Recipe(**entry["recipe"])
        try:
            key = made.key
        except (TypeError, ValueError, RecursionError):
            self.fail(self.line(number, "recipe", "options"), "options hold a value that no recipe can have")
        if key != entry["recipe_hash"]:
            self.fail(
                self.line(number, "recipe_hash"),
                f"recipe_hash of {entry['page']!r} does not fit the recipe below it: one of them was edited",
            )
        return made

    def evidence(self, number: int, entry: dict[str, Any]) -> dict[str, Any]:
        """What stands beside recipe and output; a table that is not there is an empty one."""
        tables: dict[str, Any] = {name: entry.get(name, {}) for name in ("env", "models", "rights", "checks")}
        for name, table in tables.items():
            if not isinstance(table, dict):
                self.fail(self.line(number, name), f"{name} must be a table")
        for name in ("env", "checks"):
            try:
                json.dumps(tables[name], allow_nan=False)
            except (TypeError, ValueError, RecursionError):
                self.fail(self.line(number, name), f"[hero.{name}] holds what is neither text, number nor list")
        for key, value in tables["models"].items():
            self.hash(number, ("models", key), value)
        self.keys(number, tables["rights"], (), RIGHTS, "rights")
        for key, value in tables["rights"].items():
            if not isinstance(value, str) or not value:
                self.fail(self.line(number, "rights", key), f"{key} must be a text")
        owner = entry.get("owner")
        if owner is not None and (not isinstance(owner, str) or not owner.strip()):
            self.fail(self.line(number, "owner"), "owner must be a text", "Name who answers for it, or drop the line.")
        return {**tables, "rights": Rights(**tables["rights"]), "owner": owner}

    def hash(self, number: int, path: tuple[str, ...], value: Any) -> None:
        if not isinstance(value, str) or not _HASH.fullmatch(value):
            self.fail(self.line(number, *path), f"{path[-1]} must be `sha256:` and 64 hexadecimal digits")

    def keys(self, number: int, table: Any, known: tuple[str, ...], later: tuple[str, ...], *name: str) -> None:
        title = ".".join(("hero", *name))
        if not isinstance(table, dict):
            self.fail(self.line(number, *name) if name else None, f"[{title}] must be a table")
        for key in table:
            if key not in known and key not in later:
                self.fail(self.line(number, *name, key), f"unknown key {key!r} in [{title}]")
        for key in known:
            if key not in table:
                self.fail(self.line(number, *(name or ("page",))), f"[{title}] has no {key!r}")
