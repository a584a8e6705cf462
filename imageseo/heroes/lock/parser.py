"""Parse the text of imageseo.lock; invalid hand edits and merges are reported with their line."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NoReturn

from imageseo.heroes.lock.rights import RIGHTS
from imageseo.heroes.lock.seal import seal
from imageseo.model.errors import LockError
from imageseo.model.hero import Pin, Recipe
from imageseo.model.image import Rights

VERSION = 1
RESTORE = "Restore the file from version control, or delete the entry and run `imageseo generate`."
_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_PHASH = re.compile(r"[0-9a-f]{16}")
_TOP = ("lock_version", "hero")
_ENTRY = ("page", "recipe_hash", "recipe", "output")
_OPTIONAL = (
    "owner",
    "env",
    "models",
    "rights",
    "checks",
    "made",
    "picked",
    "approved",
    "checksum",
)  # old locks have none of them
MADE = ("when", "by", "status")
APPROVAL = ("role", "by", "at", "image")
_RECIPE = ("provider", "seed", "width", "height", "options")
_OUTPUT = ("file", "sha256", "pixels", "width", "height", "digital_source_type")
_START = re.compile(r"\s*\[\[\s*hero\s*\]\]")
_MARKERS = tuple(mark * 7 for mark in "<>|=")
_MARKER = re.compile(r"(<{7}|>{7}|\|{7})( |$)|={7}$")


class LockParser:
    """Turns the text into pins; finds the line of each fault, because every key has its own line."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text
        self.lines = text.split("\n")  # not splitlines: a prompt may contain U+2028
        self.starts = [n for n, line in enumerate(self.lines) if "[[" in line and _START.match(line)]

    def fail(self, line: int | None, problem: str, hint: str = RESTORE) -> NoReturn:
        location = f"{self.path}:{line}" if line else str(self.path)
        raise LockError(f"{location}: {problem}", hint=hint)

    def find_line(self, entry: int, *path: str) -> int | None:
        """Return the 1-based line of a key such as ``("output", "width")`` in the n-th entry.

        If the key is missing: the line of its table. None if there is no such entry.
        """
        if entry >= len(self.starts):
            return None
        start = self.starts[entry]
        end = self.starts[entry + 1] if entry + 1 < len(self.starts) else len(self.lines)
        *tables, key = path
        table = start
        if tables:
            table = self._first_line(rf"\[hero\.{re.escape('.'.join(tables))}\]", start, end, start)
        header = self._first_line(rf"\[hero\.{re.escape('.'.join(path))}\]", start, end, -1)
        if header >= 0:
            return header + 1
        return self._first_line(rf"\"?{re.escape(key)}\"?\s*=", table, end, table) + 1

    def _first_line(self, pattern: str, start: int, end: int, default: int) -> int:
        indented = re.compile(rf"\s*{pattern}")
        return next((n for n in range(start, end) if indented.match(self.lines[n])), default)

    def _find_in_file(self, pattern: str) -> int:
        return self._first_line(pattern, 0, len(self.lines), 0) + 1

    def parse(self) -> list[Pin]:
        """Return the pins in the order of the file. Raises LockError."""
        for number, line in enumerate(self.lines, 1):
            if line[:7] in _MARKERS and _MARKER.match(line):
                self.fail(
                    number,
                    "unresolved merge conflict",
                    "Keep the blocks of both sides but one per page, without the marker lines; "
                    "`imageseo generate` then makes what does not match.",
                )
        try:
            data = tomllib.loads(self.text)
        except ValueError as error:  # ValueError: also a number of thousands of digits
            match = re.search(r"at line (\d+)", str(error))
            self.fail(int(match[1]) if match else len(self.lines), f"not valid TOML: {error}")
        except RecursionError:
            self.fail(None, "not a lock file: its tables or lists are nested too deeply")
        version = data.get("lock_version")
        if type(version) is not int or version != VERSION:
            self.fail(
                self._find_in_file("lock_version"),
                f"lock_version is {version!r}, this version of imageseo supports {VERSION}",
                "Install the version of imageseo that wrote the file, or delete it and run `imageseo generate`.",
            )
        for key in data:
            if key not in _TOP:
                self.fail(self._find_in_file(rf"\[*\"?{re.escape(key)}"), f"unknown key {key!r}")
        heroes = data.get("hero", [])
        if not isinstance(heroes, list) or len(heroes) != len(self.starts):
            self.fail(None, "heroes must be written as [[hero]] tables")
        pins: dict[str, Pin] = {}
        for number, entry in enumerate(heroes):
            pin = self._parse_pin(number, entry)
            if pin.page in pins:
                hint = f"Keep one of the two blocks of {pin.page}; `imageseo generate` then makes what does not match."
                self.fail(self.find_line(number, "page"), f"second hero for the page {pin.page!r}", hint)
            self._check_seal(number, entry, pin)
            pins[pin.page] = pin
        return list(pins.values())

    def _parse_pin(self, number: int, entry: Any) -> Pin:
        self._check_keys(number, entry, _ENTRY, _OPTIONAL)
        recipe, output = entry["recipe"], entry["output"]
        self._check_keys(number, recipe, _RECIPE, (), "recipe")
        self._check_keys(number, output, _OUTPUT, ("phash",), "output")
        for path in (("page",), ("recipe_hash",), ("recipe", "provider"), *(("output", key) for key in _OUTPUT[:3])):
            value = (entry if len(path) == 1 else entry[path[0]])[path[-1]]
            if not isinstance(value, str) or not value:
                self.fail(self.find_line(number, *path), f"{path[-1]} must be text that is not empty")
        if not isinstance(output["digital_source_type"], str):
            self.fail(self.find_line(number, "output", "digital_source_type"), "digital_source_type must be text")
        for name, table in (("recipe", recipe), ("output", output)):
            for key in ("seed", "width", "height"):
                least = 0 if key == "seed" else 1
                if key in table and (type(table[key]) is not int or table[key] < least):
                    self.fail(self.find_line(number, name, key), f"{key} must be a whole number, {least} or more")
        for path, value in (
            (("recipe_hash",), entry["recipe_hash"]),
            *((("output", key), output[key]) for key in ("sha256", "pixels")),
        ):
            self._check_hash(number, path, value)
        phash = output.get("phash", "")
        if phash != "" and not (isinstance(phash, str) and _PHASH.fullmatch(phash)):
            self.fail(self.find_line(number, "output", "phash"), "phash must be 16 hexadecimal digits")
        if not isinstance(recipe["options"], dict):
            self.fail(self.find_line(number, "recipe", "options"), "options must be a table")
        file = PurePosixPath(output["file"])
        invalid = not file.parts or "\0" in output["file"] or "\\" in output["file"]
        if invalid or file.is_absolute() or ".." in file.parts or ":" in file.parts[0]:
            self.fail(
                self.find_line(number, "output", "file"), f"file must be inside the project, found {output['file']!r}"
            )
        pinned_recipe = self._parse_recipe(number, entry)
        return Pin(
            page=entry["page"],
            recipe=pinned_recipe,
            recipe_hash=pinned_recipe.key,
            file=output["file"],
            file_sha256=output["sha256"],
            pixels_sha256=output["pixels"],
            digital_source_type=output["digital_source_type"],
            width=output["width"],
            height=output["height"],
            phash=phash,
            **self._parse_optional(number, entry),
        )

    def _check_seal(self, number: int, entry: Mapping[str, Any], pin: Pin) -> None:
        if "checksum" in entry and entry["checksum"] != seal(pin):
            self.fail(
                self.find_line(number, "checksum"),
                f"the entry of {pin.page!r} is not as it was written: its checksum does not match. A merge may have "
                "mixed two entries, or a line was edited",
                f"Restore the entry from one side of the merge, or delete it and run `imageseo generate {pin.page}`.",
            )

    def _parse_recipe(self, number: int, entry: dict[str, Any]) -> Recipe:
        recipe = Recipe(**entry["recipe"])
        try:
            key = recipe.key
        except (TypeError, ValueError, RecursionError):
            self.fail(
                self.find_line(number, "recipe", "options"), "options contain a value that is not allowed in recipes"
            )
        if key != entry["recipe_hash"]:
            self.fail(
                self.find_line(number, "recipe_hash"),
                f"recipe_hash of {entry['page']!r} does not match the recipe below it: one of them was edited",
            )
        return recipe

    def _parse_optional(self, number: int, entry: dict[str, Any]) -> dict[str, Any]:
        """Return the optional fields of a pin; a missing table is an empty one."""
        tables: dict[str, Any] = {name: entry.get(name, {}) for name in ("env", "models", "rights", "checks", "made")}
        for name, table in tables.items():
            if not isinstance(table, dict):
                self.fail(self.find_line(number, name), f"{name} must be a table")
        for name in ("env", "checks"):
            try:
                json.dumps(tables[name], allow_nan=False)
            except (TypeError, ValueError, RecursionError):
                self.fail(self.find_line(number, name), f"[hero.{name}] contains a value that JSON cannot represent")
        for key, value in tables["models"].items():
            self._check_hash(number, ("models", key), value)
        for name, keys in (("rights", RIGHTS), ("made", MADE)):
            self._check_keys(number, tables[name], (), keys, name)
            for key, value in tables[name].items():
                if not isinstance(value, str) or not value:
                    self.fail(self.find_line(number, name, key), f"{key} must be text that is not empty")
        picked = entry.get("picked", [])
        if not isinstance(picked, list) or not all(isinstance(key, str) and key for key in picked):
            self.fail(self.find_line(number, "picked"), "picked must be a list of keys")
        approved = self._parse_approvals(number, entry)
        owner = entry.get("owner")
        if owner is not None and (not isinstance(owner, str) or not owner.strip()):
            self.fail(
                self.find_line(number, "owner"),
                "owner must be text that is not empty",
                "Name the person in charge, or remove the line.",
            )
        return {
            **tables,
            "rights": Rights(**tables["rights"]),
            "owner": owner,
            "picked": tuple(picked),
            "approved": approved,
        }

    def _parse_approvals(self, number: int, entry: dict[str, Any]) -> tuple[dict[str, str], ...]:
        approved = entry.get("approved", [])
        tables = approved if isinstance(approved, list) else [None]
        for table in tables:
            if not isinstance(table, dict) or sorted(table) != sorted(APPROVAL):
                self.fail(
                    self.find_line(number, "approved"), f"approved must be a list of tables with {', '.join(APPROVAL)}"
                )
            for key, value in table.items():
                if not isinstance(value, str) or not value:
                    self.fail(self.find_line(number, "approved"), f"approved: {key} must be text that is not empty")
            self._check_hash(number, ("approved",), table["image"])
        return tuple(tables)

    def _check_hash(self, number: int, path: tuple[str, ...], value: Any) -> None:
        if not isinstance(value, str) or not _HASH.fullmatch(value):
            self.fail(self.find_line(number, *path), f"{path[-1]} must be `sha256:` and 64 hexadecimal digits")

    def _check_keys(
        self, number: int, table: Any, required: tuple[str, ...], optional: tuple[str, ...], *name: str
    ) -> None:
        title = ".".join(("hero", *name))
        if not isinstance(table, dict):
            self.fail(self.find_line(number, *name) if name else None, f"[{title}] must be a table")
        for key in table:
            if key not in required and key not in optional:
                self.fail(self.find_line(number, *name, key), f"unknown key {key!r} in [{title}]")
        for key in required:
            if key not in table:
                self.fail(self.find_line(number, *(name or ("page",))), f"[{title}] has no {key!r}")
