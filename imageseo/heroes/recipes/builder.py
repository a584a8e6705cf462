"""Build a recipe from front matter: resolve its prompt, check its values and complete its options."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any

from imageseo.config.heroes import HeroSettings
from imageseo.heroes.recipes.diff import changed_keys
from imageseo.heroes.recipes.front_matter import FaultCollector, FieldReader, format_value
from imageseo.heroes.recipes.keys import DESCRIPTION_KEYS, KNOWN_KEYS
from imageseo.heroes.recipes.prompt_library import PROMPT_KEYS, PromptLibrary
from imageseo.heroes.recipes.prompt_resolver import ResolvedPrompt, resolve
from imageseo.heroes.recipes.seed_series import next_seed
from imageseo.model.errors import RecipeError
from imageseo.model.hero import MAX_SEED, Recipe
from imageseo.model.site import Page
from imageseo.web.html.text_content import text_content, without_markdown

Complete = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
Size = Callable[[str, int | None, int | None], tuple[int | None, int | None]]

WIDTH, HEIGHT = 1600, 900
"""px of a hero if neither its recipe, the settings nor its provider set them."""

CARD_OVER = ("diffusers", "library")
"""Providers over whose images a title card is drawn when they are published; it is no part of their recipes."""

_FOLDER = "folder"
"""The option of ``page`` that is no text: where its source file is, relative to the project."""

_BASICS = ("seed", "provider", "width", "height")
_NEGATIVE_ALIASES = ("negative_prompt", "negativeprompt", "neg_prompt", "neg")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltRecipe:
    """A recipe, and the keys that were derived from the page; the other fields as in ``HeroRequest``.

    ``variables``: what templates of other texts may use. ``card``: as in ``HeroRequest``.
    """

    recipe: Recipe | None = None
    derived: frozenset[str] = frozenset()
    seeds: tuple[int, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    card: Mapping[str, Any] = field(default_factory=dict)


def default_seed(page: Page) -> int:
    """Return a 32-bit seed that only depends on the page, so that its image is reproducible without a written seed."""
    return int.from_bytes(hashlib.sha256(page.key.encode("utf-8", "surrogatepass")).digest()[:4], "big")


def page_context(page: Page) -> dict[str, Any]:
    """Return the page variables of a prompt that the page has: ``title``, ``tags`` (a list), ``summary``."""
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


def page_language(page: Page) -> str:
    """Return the language tag of a page: of its front matter, else what the generator knows, else ``""``."""
    meta = {key.lower(): value for key, value in page.hints.meta.items() if isinstance(key, str)}
    written = (meta.get(key) for key in ("lang", "language", "locale"))
    return next((tag.strip() for tag in written if isinstance(tag, str) and tag.strip()), page.hints.language)


def page_texts(page: Page) -> dict[str, Any]:
    """Return what a provider may read of a page: the variables of a prompt, and what title cards show besides."""
    meta = {key.lower(): value for key, value in page.hints.meta.items() if isinstance(key, str)}
    found = page_context(page)
    section = next((meta[key] for key in ("section", "category") if isinstance(meta.get(key), str)), None)
    author = next((meta[key] for key in ("author", "authors") if meta.get(key)), None)
    author = ", ".join(map(str, author)) if isinstance(author, list | tuple) else author
    for key, value in (("section", section), ("author", author), ("language", page_language(page))):
        if isinstance(value, str) and value.strip():
            found[key] = text_content(value)
    if isinstance(meta.get("date"), str | date):  # a datetime of YAML is a date, too
        found["date"] = str(meta["date"])[:10]
    headline = _headline(page)
    if headline:
        found["headline"] = headline
    if page.hints.code is not None:
        found["code"] = dict(zip(("language", "text"), page.hints.code, strict=True))
    if page.hints.source is not None:
        found[_FOLDER] = page.hints.source.parent.as_posix()
    return found


def build_card(reader: FieldReader, written: Any, complete: Complete) -> Mapping[str, Any]:
    """Return the card to draw over an image that is not drawn by us; empty: none. Raises RecipeError."""
    title, texts = _headline(reader.page), page_texts(reader.page)
    try:
        options = complete("procedural", {"card": reader.card("card", written), "title": title, "page": texts})
    except RecipeError as error:
        raise RecipeError.together(list(reader.explain(error, ("card",), KNOWN_KEYS))) from error
    card: Mapping[str, Any] = options.get("card") or {}
    return card


def build_recipe(
    reader: FieldReader,
    mapping: Mapping[str, Any],
    *,
    settings: HeroSettings,
    complete: Complete,
    reads: Callable[[str], bool],
    size: Size,
    library: PromptLibrary,
    faults: FaultCollector,
) -> BuiltRecipe:
    """Build the recipe of a mapping. Faults are added to ``faults``; ``recipe`` is None then."""
    given = {key: value for key, value in mapping.items() if key not in DESCRIPTION_KEYS}
    fault_count = len(faults.faults)
    for key in [key for key in given if key.lower() in _NEGATIVE_ALIASES]:
        faults.faults.append(reader.fault(key, "unknown key", "the negative prompt is called `negative`"))
        given.pop(key)
    for key in ("prompt", "negative"):
        if key in given:
            text = faults.attempt(partial(reader.text, key, given.pop(key)), None)
            given |= {} if text is None else {key: text}
    resolved = ResolvedPrompt(
        given={key: value for key, value in given.items() if key not in PROMPT_KEYS or key == "style"}
    )
    is_valid = len(faults.faults) == fault_count
    try:
        resolved = resolve(library, given, page_context(reader.page), partial(_has_styles, complete, settings))
    except RecipeError as error:
        if is_valid:  # otherwise this may only be a consequence of another fault
            faults.faults += reader.explain(error, (), KNOWN_KEYS)
        is_valid = False
    options = dict(resolved.given)
    provider = faults.attempt(lambda: reader.text("provider", options.get("provider", settings.provider)), "")
    default = next_seed(resolved.seeds, (), reader.page.key) if resolved.seeds else default_seed(reader.page)
    seed = faults.attempt(lambda: reader.whole_number("seed", options.get("seed", default), 0, MAX_SEED), 0)
    if resolved.seeds and "seed" in options and seed not in resolved.seeds:
        approved = ", ".join(map(str, resolved.seeds))
        name = format_value(resolved.evidence.get("series"))
        hint = f"add it to `seeds` of the series in {library.name}, or remove it"
        faults.faults.append(
            reader.fault("seed", f"{seed} is not approved for the series {name}, expected one of {approved}", hint)
        )
    default_width, default_height = size(provider, settings.width, settings.height)
    width, height = (
        faults.attempt(partial(reader.whole_number, key, options.get(key, px), 64, 8192), px)
        for key, px in (("width", default_width or WIDTH), ("height", default_height or HEIGHT))
    )
    options = {key: value for key, value in options.items() if key not in _BASICS}
    card: Mapping[str, Any] = {}
    if provider in CARD_OVER and "card" in options:
        card = faults.attempt(partial(build_card, reader, options.pop("card"), complete), {})
        is_valid = is_valid and len(faults.faults) == fault_count
    for key, read in (("style", reader.text), ("card", reader.card)):
        if key in options:
            value = faults.attempt(partial(read, key, options.pop(key)), None)
            options |= {} if value is None else {key: value}
    bare = Recipe(
        provider=provider, seed=seed, width=width, height=height, options=options, language=page_language(reader.page)
    )
    if not provider:
        return BuiltRecipe()
    reads_page = reads(provider)
    if reads_page and "page" in options:
        faults.faults.append(reader.fault("page", "is set from the page itself", "remove it"))
        return BuiltRecipe()
    try:
        recipe, derived = _complete_recipe(bare, reader.page, complete, reads_page)
    except RecipeError as error:
        faults.faults += reader.explain(error, [key for key in options if key in mapping], KNOWN_KEYS)
        return BuiltRecipe()
    derived |= resolved.derived & set(recipe.options)
    return BuiltRecipe(
        recipe=recipe if is_valid else None,
        derived=derived if "seed" in mapping else derived | {"seed"},
        seeds=resolved.seeds,
        evidence=resolved.evidence,
        variables=resolved.variables,
        card=card,
    )


def _has_styles(complete: Complete, settings: HeroSettings, provider: Any) -> bool:
    """Whether a provider has styles of its own: then its completed options always contain one."""
    try:
        return "style" in complete(provider if isinstance(provider, str) else settings.provider, {})
    except RecipeError:
        return False


def _complete_recipe(bare: Recipe, page: Page, complete: Complete, reads_page: bool) -> tuple[Recipe, frozenset[str]]:
    """Return the recipe with its provider's defaults, and the keys that were derived from the page.

    These are the title of a card without one, and all that the provider derives from the page's texts.
    """
    card, title = bare.options.get("card"), _headline(page)
    needs_title = card is True or (isinstance(card, Mapping) and "title" not in card)
    texts: dict[str, Any] = {"title": title} if needs_title and title and "title" not in bare.options else {}
    texts |= {"page": page_texts(page)} if reads_page else {}
    former = " ".join((page.hints.title or "").split())
    recipe = replace(
        bare,
        options=complete(bare.provider, {**bare.options, **texts}),
        former_title=former if "title" in texts and former != title else "",
    )
    if not texts:
        return recipe, frozenset()
    # The provider may use them in any option: the options that differ for other texts are derived from the page.
    other = replace(bare, options=complete(bare.provider, {**bare.options, **_alter(texts)}))
    return recipe, frozenset(changed_keys(recipe, other))


def _headline(page: Page) -> str:
    """Return what a card shows as its title: the page's ``<h1>``, else its title, without markup."""
    text = page.hints.headline or page.hints.title or ""
    return without_markdown(text_content(text) if re.search(r"</|&#?\w+;", text) else text)


def _alter(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the texts of a page that differs in each of them."""
    return {
        key: value
        if key == _FOLDER
        else _alter(value)
        if isinstance(value, Mapping)
        else [*value, "2"]
        if isinstance(value, list)
        else f"{value} 2"
        for key, value in texts.items()
    }
