"""Reads prompts.toml, the library of templates, presets, negatives and series: every fault at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imageseo.config.messages import found
from imageseo.heroes.recipes import prompt_templates
from imageseo.heroes.recipes.keys import OPTIONS
from imageseo.heroes.recipes.prompt_library import CONTEXT, KNOWN, SLOTS, WORDS, PromptLibrary, PromptTemplate, Series
from imageseo.model.errors import RecipeError, SettingsError
from imageseo.model.hero import MAX_SEED
from imageseo.model.suggest import closest

_HINT = "Mend these and run again; nothing was written."
_TABLES = ("templates", "presets", "negatives", "series")
# Other options of a provider are passed on too, but a slip of one of these is a fault.
_SERIES = (
    *("seeds", "vary", "provider", "width", "height", "prompt", "negative"),
    *(word for word in WORDS if word != "series"),
    *OPTIONS,
)
_FOREIGN = ("alt", "caption", "seed", "src", "series", "depicts", "focal")


def read(path: Path, name: str) -> PromptLibrary:
    """The library at ``path``, called ``name`` in messages; an empty one when there is no file.

    Raises SettingsError with every fault: of form, of a template's language, of names that lead nowhere.
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return PromptLibrary(name=name)
    except OSError as error:
        raise SettingsError((f"{name}: cannot be read: {error.strerror or error}",), hint=_HINT) from error
    try:
        text = data.decode("utf-8-sig")
        tables = tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        fault = f"{name}: line {line}: found byte 0x{data[error.start]:02x}, expected UTF-8"
        raise SettingsError((fault,), hint=_HINT) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError((f"{name}: not TOML: {error}",), hint=_HINT) from error
    reader = _Reader(name=name, lines=text.splitlines())
    library = reader.library(tables)
    if reader.faults:
        raise SettingsError(tuple(reader.faults), hint=_HINT)
    return library


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Walks the tables, noting every fault. ``lines``: of the file, to say where a template stands."""

    name: str
    lines: list[str]
    faults: list[str] = field(default_factory=list)

    def library(self, tables: Mapping[str, Any]) -> PromptLibrary:
        for key in tables:
            if key not in ("version", *_TABLES):
                self._unknown(key, key, ("version", *_TABLES))
        version = tables.get("version", "")
        if isinstance(version, bool) or not isinstance(version, str | int):
            self._fault("version", f"found {found(version)}, expected text or a whole number")
        templates = {name: self._template(name, table) for name, table in self._each(tables, "templates")}
        presets = {name: self._preset(name, table) for name, table in self._each(tables, "presets")}
        negatives = self._table(tables, "negatives")
        for name, text in negatives.items():
            self._text(f"negatives.{name}", text)
        series = {name: self._series(name, table) for name, table in self._each(tables, "series")}
        known: dict[str, Mapping[str, Any]] = {"template": templates, "preset": presets, "negatives": negatives}
        self._names([(f"presets.{name}", table) for name, table in presets.items()], known)
        self._names([(f"series.{name}", each.given) for name, each in series.items()], known)
        for name, each in series.items():
            self._places(f"series.{name}", each, templates)
        return PromptLibrary(
            name=self.name,
            exists=True,
            version=str(version),
            templates=templates,
            presets=presets,
            negatives=negatives,
            series=series,
        )

    def _template(self, name: str, table: Mapping[str, Any]) -> PromptTemplate:
        place = f"templates.{name}"
        for key, text in table.items():
            if key not in ("prompt", "negative"):
                self._unknown(f"{place}.{key}", key, ("prompt", "negative"))
            elif self._text(f"{place}.{key}", text):
                self._language(place, key, text, KNOWN)
        if "prompt" not in table:
            self._fault(place, "has no `prompt`")
        return PromptTemplate(prompt=str(table.get("prompt", "")), negative=str(table.get("negative", "")))

    def _preset(self, name: str, table: Mapping[str, Any]) -> Mapping[str, Any]:
        for key, value in table.items():
            self._word(f"presets.{name}", key, value, (*SLOTS, "negatives"))
        return table

    def _series(self, name: str, table: Mapping[str, Any]) -> Series:
        place = f"series.{name}"
        for key, value in table.items():
            close = closest(key, (*_SERIES, *_FOREIGN), cutoff=0.8)
            if key in _FOREIGN:
                self._fault(f"{place}.{key}", "is written on each page, a series does not share it")
            elif key in (*SLOTS, "negatives"):
                self._word(place, key, value, _SERIES)
            elif key in ("template", "preset", "provider", "prompt", "negative"):
                known = CONTEXT if key in ("template", "preset", "provider") else KNOWN
                if self._text(f"{place}.{key}", value):
                    self._language(place, key, value, known)
            elif key not in _SERIES and close is not None:
                self._unknown(f"{place}.{key}", key, (close,))
        if "template" in table and "prompt" in table:
            self._fault(f"{place}.prompt", "cannot stand beside `template`: a template is a prompt")
        seeds = table.get("seeds", [])
        sound = isinstance(seeds, list) and all(type(seed) is int and 0 <= seed <= MAX_SEED for seed in seeds)
        if not sound or ("seeds" in table and not seeds):
            self._fault(f"{place}.seeds", f"found {found(seeds)}, expected a list of whole numbers, 0 or more")
        elif len(set(seeds)) < len(seeds):
            twice = next(seed for seed in seeds if seeds.count(seed) > 1)
            self._fault(f"{place}.seeds", f"names {twice} twice")
        vary = table.get("vary", "subject")
        if vary not in (*SLOTS, "prompt"):
            self._fault(f"{place}.vary", f"found {found(vary)}, expected one of {', '.join((*SLOTS, 'prompt'))}")
        given = {key: value for key, value in table.items() if key not in ("seeds", "vary")}
        return Series(given=given, seeds=tuple(seeds) if sound else (), vary=str(vary))

    def _word(self, place: str, key: str, value: Any, known: tuple[str, ...]) -> None:
        if key not in known:
            self._unknown(f"{place}.{key}", key, known)
        elif key == "negatives":
            if not isinstance(value, list) or not all(isinstance(name, str) and name.strip() for name in value):
                self._fault(f"{place}.{key}", f"found {found(value)}, expected a list of names of [negatives]")
        elif self._text(f"{place}.{key}", value):
            self._language(place, key, value, CONTEXT)

    def _names(self, tables: list[tuple[str, Mapping[str, Any]]], known: Mapping[str, Mapping[str, Any]]) -> None:
        """Whether every name leads somewhere."""
        for place, table in tables:
            for key, entries in known.items():
                value = table.get(key)
                for name in value if isinstance(value, list) else [value]:
                    if isinstance(name, str) and name.strip() and name.strip() not in entries:
                        close = closest(name, entries)
                        there = f"expected one of {', '.join(sorted(entries))}" if entries else "and there is none"
                        meant = f"did you mean {close}?" if close else there
                        self._fault(f"{place}.{key}", f"found {found(name)}, which is not in this file, {meant}")

    def _places(self, place: str, series: Series, templates: Mapping[str, PromptTemplate]) -> None:
        """Whether a series' template takes its words; its ``style`` may be the provider's."""
        template = templates.get(str(series.given.get("template", "")))
        if template is None or self.faults:  # what follows from another fault is told when that is mended
            return
        taken = prompt_templates.variables(template.prompt) | prompt_templates.variables(template.negative)
        for key in (*(key for key in SLOTS if key in series.given and key != "style"), series.vary):
            if key not in taken:
                there = ", ".join(slot for slot in SLOTS if slot in taken) or "none"
                said = "vary" if key == series.vary else key
                self._fault(f"{place}.{said}", f"its template has no place for {key}, it has places for {there}")

    def _language(self, place: str, key: str, text: str, known: tuple[str, ...]) -> None:
        """Whether a text is Jinja2 that asks for words that there are."""
        if not prompt_templates.is_template(text):
            return
        line = self._line(place, key)
        try:
            asked = prompt_templates.variables(text)
        except RecipeError as error:
            within = re.match(r"line (\d+): ", error.message)
            if within is not None and line is not None:
                line += int(within[1]) - 1
            self._fault(f"{place}.{key}", f"is no template: {error.message[within.end() if within else 0 :]}", line)
            return
        for word in sorted(asked - set(known)):
            close = closest(word, known)
            meant = f"did you mean {close}?" if close else f"expected one of {', '.join(known)}"
            self._fault(f"{place}.{key}", f"asks for {word!r}, which is no word here, {meant}", line)

    def _line(self, place: str, key: str) -> int | None:
        """The first line of a text of a table; None when the file writes it in another way."""
        words = [rf"[\"']?{re.escape(word)}[\"']?" for word in place.split(".")]
        head = re.compile(r"\s*\[\s*" + r"\s*\.\s*".join(words) + r"\s*\]")
        start = next((n for n, line in enumerate(self.lines) if head.match(line)), None)
        if start is None:
            return None
        for number in range(start + 1, len(self.lines)):
            line = self.lines[number]
            if re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
                opens = re.search(r"=\s*(\"\"\"|''')\s*$", line)  # the line break behind these is no part of the text
                return number + (2 if opens else 1)
        return None

    def _each(self, tables: Mapping[str, Any], key: str) -> list[tuple[str, Mapping[str, Any]]]:
        rows = []
        for name, table in self._table(tables, key).items():
            if isinstance(table, Mapping):
                rows.append((name, table))
            else:
                self._fault(f"{key}.{name}", f"found {found(table)}, expected a table [{key}.{name}]")
        return rows

    def _table(self, tables: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        table = tables.get(key, {})
        if not isinstance(table, Mapping):
            self._fault(key, f"found {found(table)}, expected a table [{key}]")
            return {}
        return table

    def _text(self, place: str, value: Any) -> bool:
        sound = isinstance(value, str) and bool(value.strip())
        if not sound:
            self._fault(place, f"found {found(value)}, expected text that is not empty")
        return sound

    def _unknown(self, place: str, key: str, known: tuple[str, ...]) -> None:
        close = closest(key, known)
        meant = f"did you mean {close}?" if close else f"expected one of {', '.join(known)}"
        self._fault(place, f"unknown key, {meant}")

    def _fault(self, place: str, text: str, line: int | None = None) -> None:
        self.faults.append(f"{self.name}: {f'line {line}: ' if line else ''}{place}: {text}")
