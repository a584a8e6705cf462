"""The prompt library as ``prompts.toml`` holds it: templates, presets, negatives and series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from imageseo.heroes.recipes.front_matter import format_value, join_keys
from imageseo.model.errors import RecipeError
from imageseo.model.suggest import closest

SLOTS = ("subject", "action", "setting", "style", "light", "lens", "composition", "detail")
"""The parts of a prompt, in the order in which they are joined if no template orders them."""

PAGE_VARIABLES = ("title", "tags", "summary")
"""Variables of a template that come from the page."""

PROMPT_KEYS = ("template", "preset", "series", "negatives", *SLOTS)
"""Keys of a recipe that only serve to build its ``prompt`` and ``negative``."""

TEMPLATE_VARIABLES = (*SLOTS, "negatives", *PAGE_VARIABLES)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptTemplate:
    """A prompt with placeholders, and the negative prompt that belongs to it."""

    prompt: str
    negative: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What the recipes of a series have in common.

    ``given``: keys of a recipe (``template``, ``model``, ``style`` …). ``seeds``: approved seeds; any seed if empty.
    ``vary``: the key that each recipe sets itself.
    """

    given: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    vary: str = "subject"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptLibrary:
    """``prompts.toml``. ``presets``: texts by slot, and names under ``negatives``. ``negatives``: name -> text.

    ``name``: the file, for messages. ``exists``: whether the file exists.
    """

    name: str = "prompts.toml"
    exists: bool = False
    version: str = ""
    templates: Mapping[str, PromptTemplate] = field(default_factory=dict)
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    negatives: Mapping[str, str] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)

    def pick(self, kind: str, name: Any, entries: Mapping[str, _T]) -> _T:
        """Return an entry by its name; ``kind``: the key that names it. Raises RecipeError with the closest name."""
        if not isinstance(name, str) or not name.strip():
            raise RecipeError(f"`{kind}`: expected a name from {self.name}, found {format_value(name)}")
        found = entries.get(name.strip())
        if found is not None:
            return found
        table = kind if kind in ("series", "negatives") else f"{kind}s"
        if not self.exists:
            raise RecipeError(
                f"`{kind}`: found {format_value(name)}, but there is no {self.name}",
                hint=f"create it with a table [{table}]; the setting hero.prompts is its path",
            )
        close = closest(name, entries)
        available = f"available: {join_keys(sorted(entries))}" if entries else f"it has no table [{table}]"
        raise RecipeError(
            f"`{kind}`: found {format_value(name)}, which {self.name} does not define",
            hint=f"did you mean `{close}`?" if close else available,
        )


EMPTY = PromptLibrary()
