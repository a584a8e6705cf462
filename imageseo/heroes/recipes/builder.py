"""A recipe as its author wrote it: words into a prompt, options into what its provider knows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from imageseo.config.settings import HeroSettings
from imageseo.heroes.recipes.diff import changed
from imageseo.heroes.recipes.front_matter import FaultCollector, FieldReader, quoted
from imageseo.heroes.recipes.keys import KNOWN_KEYS, SAID_KEYS
from imageseo.heroes.recipes.prompt_library import WORDS, PromptLibrary
from imageseo.heroes.recipes.prompt_resolver import ResolvedPrompt, resolve
from imageseo.heroes.recipes.seed_series import next_seed
from imageseo.model.errors import RecipeError
from imageseo.model.hero import MAX_SEED, Recipe
from imageseo.model.site import Page
from imageseo.web.html.text_content import text_content

Complete = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
Size = Callable[[str, int | None, int | None], tuple[int | None, int | None]]

WIDTH, HEIGHT = 1600, 900
"""px of a hero where neither its recipe, the settings nor its provider say it."""

_BASICS = ("seed", "provider", "width", "height")
_NOT_NEGATIVE = ("negative_prompt", "negativeprompt", "neg_prompt", "neg")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltRecipe:
    """A recipe, and what of it came from the page because nobody wrote it; the rest as ``HeroRequest`` has it."""

    recipe: Recipe | None = None
    derived: frozenset[str] = frozenset()
    seeds: tuple[int, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)


def default_seed(page: Page) -> int:
    """A seed of 32 bits that stays with the page, so that a picture is pinned without being asked to."""
    return int.from_bytes(hashlib.sha256(page.key.encode("utf-8", "surrogatepass")).digest()[:4], "big")


def context(page: Page) -> dict[str, Any]:
    """What a prompt may say of its page, as far as the page has it: ``title``, ``tags`` (a list), ``summary``."""
    meta = {key.lower(): value for key, value in page.hints.meta.items() if isinstance(key, str)}
    found: dict[str, Any] = {}
    if page.hints.title:
        found["title"] = text_content(page.hints.title)
    tags = next((meta[key] for key in ("tags", "keywords") if meta.get(key)), None)
    if isinstance(tags, str):
        tags = tags.split(",")
    if isinstance(tags, list | tuple):
        found["tags"] = [text for tag in tags if (text := text_content(str(tag)))]
    summary = next((meta[key] for key in ("summary", "description") if meta.get(key)), None)
    if isinstance(summary, str) and summary.strip():
        found["summary"] = text_content(summary)
    return found


def build_recipe(
    asked: FieldReader,
    mapping: Mapping[str, Any],
    *,
    settings: HeroSettings,
    complete: Complete,
    reads: Callable[[str], bool],
    size: Size,
    library: PromptLibrary,
    faults: FaultCollector,
) -> BuiltRecipe:
    """The recipe of a mapping. Every fault goes into ``faults``; there is no recipe then."""
    given = {key: value for key, value in mapping.items() if key not in SAID_KEYS}
    before = len(faults.found)
    for key in [key for key in given if key.lower() in _NOT_NEGATIVE]:
        faults.found.append(asked.fault(key, "is not what we call it", "what a picture must not show is `negative`"))
        given.pop(key)
    for key in ("prompt", "negative"):
        if key in given:
            text = faults.attempt(partial(asked.text, key, given.pop(key)), None)
            given |= {} if text is None else {key: text}
    resolved = ResolvedPrompt(given={key: value for key, value in given.items() if key not in WORDS or key == "style"})
    sound = len(faults.found) == before
    try:
        resolved = resolve(library, given, context(asked.page), partial(_styled, complete, settings))
    except RecipeError as error:
        if sound:  # what follows from another fault is told when that is mended
            faults.found += asked.explained(error, (), KNOWN_KEYS)
        sound = False
    options = dict(resolved.given)
    provider = faults.attempt(lambda: asked.text("provider", options.get("provider", settings.provider)), "")
    drawn = next_seed(resolved.seeds, (), asked.page.key) if resolved.seeds else default_seed(asked.page)
    seed = faults.attempt(lambda: asked.whole("seed", options.get("seed", drawn), 0, MAX_SEED), 0)
    if resolved.seeds and "seed" in options and seed not in resolved.seeds:
        approved = ", ".join(map(str, resolved.seeds))
        name = quoted(resolved.evidence.get("series"))
        hint = f"add it to `seeds` of the series in {library.name}, or leave it out"
        faults.found.append(
            asked.fault("seed", f"{seed} is not approved for the series {name}, expected one of {approved}", hint)
        )
    across, down = size(provider, settings.width, settings.height)
    width, height = (
        faults.attempt(partial(asked.whole, key, options.get(key, px), 64, 8192), px)
        for key, px in (("width", across or WIDTH), ("height", down or HEIGHT))
    )
    options = {key: value for key, value in options.items() if key not in _BASICS}
    for key, read in (("style", asked.text), ("card", asked.card)):
        if key in options:
            value = faults.attempt(partial(read, key, options.pop(key)), None)
            options |= {} if value is None else {key: value}
    bare = Recipe(provider=provider, seed=seed, width=width, height=height, options=options)
    if not provider:
        return BuiltRecipe()
    reading = reads(provider)
    if reading and "page" in options:
        faults.found.append(asked.fault("page", "is what the page says itself", "nobody writes it: leave it out"))
        return BuiltRecipe()
    try:
        recipe, derived = _completed(bare, asked.page, complete, reading)
    except RecipeError as error:
        faults.found += asked.explained(error, [key for key in options if key in mapping], KNOWN_KEYS)
        return BuiltRecipe()
    derived |= resolved.derived & set(recipe.options)
    return BuiltRecipe(
        recipe=recipe if sound else None,
        derived=derived if "seed" in mapping else derived | {"seed"},
        seeds=resolved.seeds,
        evidence=resolved.evidence,
    )


def _styled(complete: Complete, settings: HeroSettings, provider: Any) -> bool:
    """Whether a provider has styles of its own: then it has one where nobody asks for any."""
    try:
        return "style" in complete(provider if isinstance(provider, str) else settings.provider, {})
    except RecipeError:
        return False


def _completed(bare: Recipe, page: Page, complete: Complete, reading: bool) -> tuple[Recipe, frozenset[str]]:
    """The recipe with its provider's defaults, and what of it came from the page.

    That is the title of a card that has none, and whatever a provider makes of the page's words.
    """
    card, title = bare.options.get("card"), page.hints.title
    untitled = card is True or (isinstance(card, Mapping) and "title" not in card)
    said: dict[str, Any] = {"title": title} if untitled and title and "title" not in bare.options else {}
    said |= {"page": context(page)} if reading else {}
    recipe = replace(bare, options=complete(bare.provider, {**bare.options, **said}))
    if not said:
        return recipe, frozenset()
    # The provider may put them anywhere: what another page's words change is what came from the page.
    other = replace(bare, options=complete(bare.provider, {**bare.options, **_others(said)}))
    return recipe, frozenset(changed(recipe, other))


def _others(said: Mapping[str, Any]) -> dict[str, Any]:
    """The same of another page."""
    return {
        key: _others(value)
        if isinstance(value, Mapping)
        else [*value, "2"]
        if isinstance(value, list)
        else f"{value} 2"
        for key, value in said.items()
    }
