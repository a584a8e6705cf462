"""Read `seed=4 guidance=4.5,6.5` and apply each combination to the front matter of a page."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from imageseo.heroes.recipes.keys import DESCRIPTION_KEYS, FILE_KEYS, ORIGIN_KEYS, read_flat_keys
from imageseo.model.errors import SettingsError
from imageseo.model.hero import MAX_SEED, HeroRequest
from imageseo.model.site import Page

LIMIT = 1000
"""Images per run."""

_KEY = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
_EXAMPLE = 'write keys with their values, such as "seed=4 guidance=4.5,6.5 style=ridges,paper"'
_CLOSING = {"[": "]", "{": "}", "(": ")"}


@dataclass(frozen=True, slots=True, kw_only=True)
class VariationGrid:
    """Values by key, in the order written. ``seeds``: number of seeds, counted from the page's own; 0: not varied."""

    values: Mapping[str, tuple[Any, ...]]
    seeds: int = 0

    @property
    def count(self) -> int:
        """Return the number of combinations."""
        return math.prod(len(each) for each in self.values.values()) * (self.seeds or 1)

    def combinations(self, request: HeroRequest, seed: int) -> Iterator[dict[str, Any]]:
        """Yield the options of each combination. ``seed``: the page's own; a series only has its approved seeds."""
        values = dict(self.values)
        if self.seeds and request.seeds:
            at = request.seeds.index(seed) if seed in request.seeds else 0
            values["seed"] = (*request.seeds[at:], *request.seeds[:at])[: self.seeds]
        elif self.seeds:
            values["seed"] = tuple((seed + number) % (MAX_SEED + 1) for number in range(self.seeds))
        for combination in itertools.product(*values.values()):
            yield dict(zip(values, combination, strict=True))


def parse(text: str) -> VariationGrid:
    """Return the grid that a text describes. Raises SettingsError, with all faults at once."""
    faults: list[str] = []
    values: dict[str, tuple[Any, ...]] = {}
    seeds = 0
    for item in _split(text, lambda letter: letter.isspace()):
        key, equals, rest = item.partition("=")
        texts = [each.strip() for each in _split(rest, lambda letter: letter == ",", keep_empty=True)]
        if not equals or not _KEY.fullmatch(key):
            faults.append(f"--variations: found {item[:60]!r}, expected key=value")
        elif not all(texts):
            faults.append(f"--variations: {key} has an empty value")
        elif key in values or (key == "seed" and seeds):
            faults.append(f"--variations: {key} is given twice")
        elif key.partition(".")[0] in (*DESCRIPTION_KEYS, *FILE_KEYS, *ORIGIN_KEYS) and key != "image":
            faults.append(f"--variations: {key} does not change the image that a recipe makes")
        elif key == "seed" and len(texts) == 1:
            seeds = int(texts[0]) if re.fullmatch(r"[0-9]{1,9}", texts[0]) else 0
            if not seeds:
                faults.append(f"--variations: seed={texts[0][:20]}: expected the number of seeds, 1 or more")
        else:
            values[key] = tuple(dict.fromkeys(map(_ListedValue.of, texts)))
    if not values and not seeds and not faults:
        faults.append("--variations: nothing varies")
    if faults:
        raise SettingsError(tuple(faults), hint=_EXAMPLE)
    grid = VariationGrid(
        values={key: tuple(each.value for each in found) for key, found in values.items()}, seeds=seeds
    )
    check_count(grid.count, 1)
    return grid


def check_count(images: int, pages: int) -> None:
    """Raise SettingsError for more than ``LIMIT`` images in one run."""
    if images > LIMIT:
        where = f" for {pages} pages" if pages > 1 else ""
        raise SettingsError(
            (f"--variations: {images:,} images{where}, the limit is {LIMIT:,} per run",),
            hint="name fewer values or pages; candidates of earlier runs are kept",
        )


@dataclass(frozen=True, slots=True)
class _ListedValue:
    """A value and its JSON, which makes it hashable."""

    text: str

    @classmethod
    def of(cls, text: str) -> _ListedValue:
        if text[:1] == text[-1:] == "'" and len(text) > 1:
            return cls(json.dumps(text[1:-1]))
        try:
            value = json.loads(text, parse_constant=_refuse)
            return cls(json.dumps(value))
        except (ValueError, RecursionError):
            return cls(json.dumps(text))

    @property
    def value(self) -> Any:
        return json.loads(self.text)


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _split(text: str, at: Callable[[str], bool], *, keep_empty: bool = False) -> Sequence[str]:
    """Split a text at characters outside of quotes and brackets."""
    parts, start, quote, closing = [], 0, "", list[str]()
    for number, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'" and (number == start or text[number - 1] in "=,[{: "):
            quote = letter
        elif letter in _CLOSING:
            closing.append(_CLOSING[letter])
        elif closing and letter == closing[-1]:
            closing.pop()
        elif at(letter) and not closing:
            parts.append(text[start:number])
            start = number + 1
    parts.append(text[start:])
    return [part for part in parts if part or keep_empty]


def apply(page: Page, request: HeroRequest, options: Mapping[str, Any]) -> Page:
    """Return the page with these options in its declaration of a hero. Raises SettingsError."""
    key = request.key
    names = {name.lower(): name for name in page.hints.meta if isinstance(name, str)}
    folded = {name: page.hints.meta[original] for name, original in names.items()}
    value = folded.get(key.lower())
    if isinstance(value, str) and value.strip().startswith("{"):
        value = json.loads(value)
    flat = read_flat_keys(key.lower(), folded)
    mapping: dict[str, Any] = {**(value if isinstance(value, Mapping) else {}), **flat}
    for name, each in options.items():
        set_option(mapping, name, each)
    dropped = {names[f"{key.lower()}_{name}"] for name in flat} | {names.get(key.lower(), key)}
    meta = {name: each for name, each in page.hints.meta.items() if name not in dropped}
    origin = f"--variations and {page.hints.origin}"
    return replace(page, hints=replace(page.hints, meta={**meta, key: mapping}, origin=origin))


def set_option(table: dict[str, Any], name: str, value: Any) -> None:
    """Set an option by its name; `card.layout` is a key of the mapping `card`. Raises SettingsError."""
    _set(table, name.split("."), value, name)


def _set(table: dict[str, Any], path: Sequence[str], value: Any, name: str) -> None:
    key, *rest = path
    if not rest:
        table[key] = value
        return
    inner = table.get(key)
    if inner is not None and inner is not True and not isinstance(inner, Mapping):
        fault = f"--variations: {name}: `{key}` is {inner!r} in the front matter, not a mapping"
        raise SettingsError((fault,), hint=f"write it as a mapping there, or vary `{key}` as a whole")
    table[key] = dict(inner) if isinstance(inner, Mapping) else {}
    _set(table[key], rest, value, name)
