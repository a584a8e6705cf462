"""The prompt library as ``prompts.toml`` holds it: templates, presets, negatives and series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from imageseo.heroes.recipes.front_matter import join_words, quoted
from imageseo.model.errors import RecipeError
from imageseo.model.suggest import closest

SLOTS = ("subject", "action", "setting", "style", "light", "lens", "composition", "detail")
"""The words of a prompt by their part in it, in the order in which they stand where no template orders them."""

CONTEXT = ("title", "tags", "summary")
"""What a template may ask of the page."""

WORDS = ("template", "preset", "series", "negatives", *SLOTS)
"""Keys of a recipe that go into its prompt, and into nothing else; ``prompt`` and ``negative`` come out."""

KNOWN = (*SLOTS, "negatives", *CONTEXT)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptTemplate:
    """A prompt with places for words, and the negative prompt that belongs to it."""

    prompt: str
    negative: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What the recipes of a series have in common.

    ``given``: keys as a recipe has them (``template``, ``model``, ``style`` …). ``seeds``: the approved ones, all when
    empty. ``vary``: the key that each recipe writes itself.
    """

    given: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    vary: str = "subject"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptLibrary:
    """``prompts.toml``. ``presets``: words by slot, and ``negatives``: names. ``negatives``: name -> text.

    ``name``: the file, for messages. ``exists``: whether there is one.
    """

    name: str = "prompts.toml"
    exists: bool = False
    version: str = ""
    templates: Mapping[str, PromptTemplate] = field(default_factory=dict)
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    negatives: Mapping[str, str] = field(default_factory=dict)
    series: Mapping[str, Series] = field(default_factory=dict)

    def pick(self, kind: str, name: Any, entries: Mapping[str, _T]) -> _T:
        """An entry by its name; ``kind``: the key that names it. Raises RecipeError with the nearest."""
        if not isinstance(name, str) or not name.strip():
            raise RecipeError(f"`{kind}`: expected the name of one in {self.name}, found {quoted(name)}")
        found = entries.get(name.strip())
        if found is not None:
            return found
        table = kind if kind in ("series", "negatives") else f"{kind}s"
        if not self.exists:
            raise RecipeError(
                f"`{kind}`: found {quoted(name)}, and there is no {self.name}",
                hint=f"make it, with a table [{table}]; its place is the setting hero.prompts",
            )
        close = closest(name, entries)
        there = f"there are {join_words(sorted(entries))}" if entries else f"it has no table [{table}]"
        raise RecipeError(
            f"`{kind}`: found {quoted(name)}, which {self.name} does not have",
            hint=f"did you mean `{close}`?" if close else there,
        )


EMPTY = PromptLibrary()
