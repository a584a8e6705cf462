"""Providers that find pictures: who reads the page, what is shown already, who needs a picture of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from imageseo.model.hero import Pin, Recipe
from imageseo.model.protocols import HeroProvider, LibraryProvider

PICTURE = "picture:"
"""A master's ``models`` name the picture that it was found as by a role that begins so."""


def reads_page(providers: Mapping[str, HeroProvider], name: str) -> bool:
    """Whether a provider's ``complete`` takes the page's own words."""
    provider = providers.get(name)
    return isinstance(provider, LibraryProvider) and provider.reads_page


def needs_own_picture(providers: Mapping[str, HeroProvider], recipe: Recipe) -> bool:
    """Whether pages with this very recipe get a picture each."""
    provider = providers.get(recipe.provider)
    return isinstance(provider, LibraryProvider) and provider.needs_own_picture(recipe)


def pictures_in_use(pins: Iterable[Pin], *, leaving: Collection[str] = ()) -> dict[str, tuple[str, ...]]:
    """What pins show, by the hashes of their masters and of the pictures that these were found as -> pages.

    ``leaving``: pages that are to get another picture in this run.
    """
    found: dict[str, tuple[str, ...]] = {}
    for pin in pins:
        if pin.page in leaving:
            continue
        pictures = [digest for role, digest in pin.models.items() if role.startswith(PICTURE)]
        for digest in dict.fromkeys([pin.file_sha256, *pictures]):
            found[digest] = (*found.get(digest, ()), pin.page)
    return found


def with_pictures_in_use(
    providers: Mapping[str, HeroProvider], shown: Mapping[str, tuple[str, ...]]
) -> dict[str, HeroProvider]:
    """The providers, those that find pictures with what pages show already."""
    return {
        name: provider.with_pictures_in_use(shown) if isinstance(provider, LibraryProvider) else provider
        for name, provider in providers.items()
    }


def recipes_to_repeat(providers: Mapping[str, HeroProvider], pins: Iterable[Pin]) -> dict[str, Recipe]:
    """Page -> the recipe to make its pinned hero by once more: one for all pages that share a picture."""
    first: dict[tuple[str, str], Recipe] = {}
    found: dict[str, Recipe] = {}
    for pin in sorted(pins, key=lambda each: each.page):
        recipe = replace(pin.recipe, page=pin.page)
        found[pin.page] = first.setdefault(
            (recipe.key, pin.page if needs_own_picture(providers, recipe) else ""), recipe
        )
    return found
