"""Read prompts.toml, the library of templates, presets, negatives and series, and report all faults at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imageseo.config.messages import found
from imageseo.heroes.recipes import prompt_templates
from imageseo.heroes.recipes.keys import OPTIONS
from imageseo.heroes.recipes.prompt_library import (
    PAGE_VARIABLES,
    PROMPT_KEYS,
    SLOTS,
    TEMPLATE_VARIABLES,
    PromptLibrary,
    PromptTemplate,
    Series,
)
from imageseo.model import git_lfs, regular_file
from imageseo.model.errors import RecipeError, SettingsError
from imageseo.model.hero import MAX_SEED
from imageseo.model.suggest import closest

_HINT = "Correct these and run again; nothing was written."
_TABLES = ("templates", "presets", "negatives", "series")
# A series passes any other option on to its provider, but a misspelling of one of these is a fault.
_SERIES = (
    *("seeds", "vary", "provider", "width", "height", "prompt", "negative"),
    *(key for key in PROMPT_KEYS if key != "series"),
    *OPTIONS,
)
_PAGE_KEYS = ("alt", "caption", "seed", "src", "series", "depicts", "focal")


def read(path: Path, name: str) -> PromptLibrary:
    """Read the library at ``path``, called ``name`` in messages; an empty one if there is no file.

    Raises SettingsError with every fault: wrong types, invalid template syntax, references to undefined names.
    """
    try:
        data = regular_file.read(path)
    except (FileNotFoundError, NotADirectoryError):
        return PromptLibrary(name=name)
    except OSError as error:
        raise SettingsError((f"{name}: cannot be read: {error.strerror or error}",), hint=_HINT) from error
    if git_lfs.is_pointer(data):
        raise SettingsError((git_lfs.describe(name),), hint=git_lfs.PULL)
    try:
        text = data.decode("utf-8-sig")
        tables = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        fault = f"{name}: line {line}: found byte 0x{data[error.start]:02x}, expected UTF-8"
        raise SettingsError((fault,), hint=_HINT) from error
    except (ValueError, RecursionError) as error:  # ValueError: also a number of thousands of digits
        raise SettingsError((f"{name}: not valid TOML: {error}",), hint=_HINT) from error
    reader = _LibraryReader(name=name, lines=text.splitlines())
    library = reader.read(tables)
    if reader.faults:
        raise SettingsError(tuple(reader.faults), hint=_HINT)
    return library


@dataclass(slots=True, kw_only=True)
class _LibraryReader:
    """Check the tables of the file and collect the faults. ``lines``: of the file, to find the line of a template."""

    name: str
    lines: list[str]
    faults: list[str] = field(default_factory=list)

    def read(self, tables: Mapping[str, Any]) -> PromptLibrary:
        for key in tables:
            if key not in ("version", *_TABLES):
                self._add_unknown_key(key, key, ("version", *_TABLES))
        version = tables.get("version", "")
        if isinstance(version, bool) or not isinstance(version, str | int):
            self._add_fault("version", f"found {found(version)}, expected text or a whole number")
        templates = {name: self._read_template(name, table) for name, table in self._subtables(tables, "templates")}
        presets = {name: self._read_preset(name, table) for name, table in self._subtables(tables, "presets")}
        negatives = self._table(tables, "negatives")
        for name, text in negatives.items():
            self._is_text(f"negatives.{name}", text)
        series = {name: self._read_series(name, table) for name, table in self._subtables(tables, "series")}
        defined: dict[str, Mapping[str, Any]] = {"template": templates, "preset": presets, "negatives": negatives}
        for name, preset in presets.items():
            self._check_references(f"presets.{name}", preset, defined)
        for name, entry in series.items():
            self._check_references(f"series.{name}", entry.given, defined)
        for name, entry in series.items():
            self._check_placeholders(f"series.{name}", entry, templates)
        return PromptLibrary(
            name=self.name,
            exists=True,
            version=str(version),
            templates=templates,
            presets=presets,
            negatives=negatives,
            series=series,
        )

    def _read_template(self, name: str, table: Mapping[str, Any]) -> PromptTemplate:
        path = f"templates.{name}"
        for key, text in table.items():
            if key not in ("prompt", "negative"):
                self._add_unknown_key(f"{path}.{key}", key, ("prompt", "negative"))
            else:
                self._check_text(path, key, text, TEMPLATE_VARIABLES)
        if "prompt" not in table:
            self._add_fault(path, "has no `prompt`")
        return PromptTemplate(prompt=str(table.get("prompt", "")), negative=str(table.get("negative", "")))

    def _read_preset(self, name: str, table: Mapping[str, Any]) -> Mapping[str, Any]:
        for key, value in table.items():
            self._check_prompt_key(f"presets.{name}", key, value, (*SLOTS, "negatives"))
        return table

    def _read_series(self, name: str, table: Mapping[str, Any]) -> Series:
        path = f"series.{name}"
        for key, value in table.items():
            close = closest(key, (*_SERIES, *_PAGE_KEYS), cutoff=0.8)
            if key in _PAGE_KEYS:
                self._add_fault(f"{path}.{key}", "belongs on each page, a series cannot set it")
            elif key in (*SLOTS, "negatives"):
                self._check_prompt_key(path, key, value, _SERIES)
            elif key in ("template", "preset", "provider", "prompt", "negative"):
                known = PAGE_VARIABLES if key in ("template", "preset", "provider") else TEMPLATE_VARIABLES
                self._check_text(path, key, value, known)
            elif key not in _SERIES and close is not None:
                self._add_unknown_key(f"{path}.{key}", key, (close,))
        if "template" in table and "prompt" in table:
            self._add_fault(f"{path}.prompt", "cannot be combined with `template`: a template is a prompt")
        seeds = table.get("seeds", [])
        valid = isinstance(seeds, list) and all(type(seed) is int and 0 <= seed <= MAX_SEED for seed in seeds)
        if not valid or ("seeds" in table and not seeds):
            self._add_fault(f"{path}.seeds", f"found {found(seeds)}, expected a list of whole numbers, 0 or more")
        elif len(set(seeds)) < len(seeds):
            repeated = next(seed for seed in seeds if seeds.count(seed) > 1)
            self._add_fault(f"{path}.seeds", f"lists {repeated} more than once")
        vary = table.get("vary", "subject")
        if vary not in (*SLOTS, "prompt"):
            self._add_fault(f"{path}.vary", f"found {found(vary)}, expected one of {', '.join((*SLOTS, 'prompt'))}")
        given = {key: value for key, value in table.items() if key not in ("seeds", "vary")}
        return Series(given=given, seeds=tuple(seeds) if valid else (), vary=str(vary))

    def _check_prompt_key(self, path: str, key: str, value: Any, known: tuple[str, ...]) -> None:
        if key not in known:
            self._add_unknown_key(f"{path}.{key}", key, known)
        elif key == "negatives":
            if not isinstance(value, list) or not all(isinstance(name, str) and name.strip() for name in value):
                self._add_fault(f"{path}.{key}", f"found {found(value)}, expected a list of names of [negatives]")
        else:
            self._check_text(path, key, value, PAGE_VARIABLES)

    def _check_references(self, path: str, table: Mapping[str, Any], defined: Mapping[str, Mapping[str, Any]]) -> None:
        """Check that every template, preset and negative that a table names is defined."""
        for key, entries in defined.items():
            value = table.get(key)
            for name in value if isinstance(value, list) else [value]:
                if isinstance(name, str) and name.strip() and name.strip() not in entries:
                    remedy = _suggest(name, sorted(entries)) if entries else "it defines none"
                    self._add_fault(f"{path}.{key}", f"found {found(name)}, which this file does not define, {remedy}")

    def _check_placeholders(self, path: str, series: Series, templates: Mapping[str, PromptTemplate]) -> None:
        """Check that a series' template uses its slots; ``style`` may belong to the provider."""
        template = templates.get(str(series.given.get("template", "")))
        if template is None or self.faults:  # may only be a consequence of another fault
            return
        used = prompt_templates.find_variables(template.prompt) | prompt_templates.find_variables(template.negative)
        for slot in (*(key for key in SLOTS if key in series.given and key != "style"), series.vary):
            if slot not in used:
                available = ", ".join(key for key in SLOTS if key in used) or "none"
                key = "vary" if slot == series.vary else slot
                problem = f"its template has no placeholder for {slot}, only for {available}"
                self._add_fault(f"{path}.{key}", problem)

    def _check_text(self, path: str, key: str, value: Any, known: tuple[str, ...]) -> None:
        """Check that a value is text and, if it is a Jinja2 template, that it uses known variables only."""
        if not self._is_text(f"{path}.{key}", value) or not prompt_templates.is_template(value):
            return
        line = self._find_line(path, key)
        try:
            used = prompt_templates.find_variables(value)
        except RecipeError as error:
            within = re.match(r"line (\d+): ", error.message)
            if within is not None and line is not None:
                line += int(within[1]) - 1
            reason = error.message[within.end() :] if within else error.message.removeprefix("not a valid template: ")
            self._add_fault(f"{path}.{key}", f"not a valid template: {reason}", line)
            return
        for name in sorted(used - set(known)):
            self._add_fault(f"{path}.{key}", f"uses the unknown variable {name!r}, {_suggest(name, known)}", line)

    def _find_line(self, path: str, key: str) -> int | None:
        """Return the first line of a text of a table; None if the file does not use the usual notation."""
        parts = [rf"[\"']?{re.escape(part)}[\"']?" for part in path.split(".")]
        head = re.compile(r"\s*\[\s*" + r"\s*\.\s*".join(parts) + r"\s*\]")
        start = next((n for n, line in enumerate(self.lines) if head.match(line)), None)
        if start is None:
            return None
        for number in range(start + 1, len(self.lines)):
            line = self.lines[number]
            if re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
                opens = re.search(r"=\s*(\"\"\"|''')\s*$", line)  # the line break after these is not part of the text
                return number + (2 if opens else 1)
        return None

    def _subtables(self, tables: Mapping[str, Any], key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for name, table in self._table(tables, key).items():
            if self._is_table(f"{key}.{name}", table):
                yield name, table

    def _table(self, tables: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        table: Mapping[str, Any] = tables.get(key, {})
        return table if self._is_table(key, table) else {}

    def _is_table(self, path: str, value: Any) -> bool:
        valid = isinstance(value, Mapping)
        if not valid:
            self._add_fault(path, f"found {found(value)}, expected a table [{path}]")
        return valid

    def _is_text(self, path: str, value: Any) -> bool:
        valid = isinstance(value, str) and bool(value.strip())
        if not valid:
            self._add_fault(path, f"found {found(value)}, expected text that is not empty")
        return valid

    def _add_unknown_key(self, path: str, key: str, known: Sequence[str]) -> None:
        self._add_fault(path, f"unknown key, {_suggest(key, known)}")

    def _add_fault(self, path: str, problem: str, line: int | None = None) -> None:
        self.faults.append(f"{self.name}: {f'line {line}: ' if line else ''}{path}: {problem}")


def _suggest(name: str, known: Sequence[str]) -> str:
    close = closest(name, known)
    return f"did you mean {close}?" if close else f"expected one of {', '.join(known)}"
