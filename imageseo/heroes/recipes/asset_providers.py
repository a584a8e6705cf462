"""Providers that find images in a library: whether they read the page, and which images are in use already."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from imageseo.model.hero import Pin, Recipe
from imageseo.model.protocols import HeroProvider, LibraryProvider, PageBasedProvider

PICTURE = "picture:"
"""Prefix of the role, in a master's ``models``, of the library image that the master was made from."""


def reads_page(providers: Mapping[str, HeroProvider], name: str) -> bool:
    """Whether a provider's ``complete`` takes the page's title, tags and summary."""
    provider = providers.get(name)
    return isinstance(provider, PageBasedProvider) and provider.reads_page


def needs_own_picture(providers: Mapping[str, HeroProvider], recipe: Recipe) -> bool:
    """Whether each page with this recipe gets an image of its own."""
    provider = providers.get(recipe.provider)
    return isinstance(provider, LibraryProvider) and provider.needs_own_picture(recipe)


def pictures_in_use(pins: Iterable[Pin], *, leaving: Collection[str] = ()) -> dict[str, tuple[str, ...]]:
    """Map the hashes of pinned masters, and of the library images that they were made from, to their pages.

    ``leaving``: pages that get another image in this run; their pins are ignored.
    """
    pages: dict[str, tuple[str, ...]] = {}
    for pin in pins:
        if pin.page in leaving:
            continue
        images = [digest for role, digest in pin.models.items() if role.startswith(PICTURE)]
        for digest in dict.fromkeys([pin.file_sha256, *images]):
            pages[digest] = (*pages.get(digest, ()), pin.page)
    return pages


def with_pictures_in_use(
    providers: Mapping[str, HeroProvider], shown: Mapping[str, tuple[str, ...]]
) -> dict[str, HeroProvider]:
    """Return the providers, those that find images configured with the images in use (hash -> pages)."""
    return {
        name: provider.with_pictures_in_use(shown) if isinstance(provider, LibraryProvider) else provider
        for name, provider in providers.items()
    }


def recipes_to_repeat(providers: Mapping[str, HeroProvider], pins: Iterable[Pin]) -> dict[str, Recipe]:
    """Map each page to the recipe that remakes its pinned hero; pages that share an image share one recipe."""
    first: dict[tuple[str, str], Recipe] = {}
    recipes: dict[str, Recipe] = {}
    for pin in sorted(pins, key=lambda pin: pin.page):
        recipe = replace(pin.recipe, page=pin.page)
        recipes[pin.page] = first.setdefault(
            (recipe.key, pin.page if needs_own_picture(providers, recipe) else ""), recipe
        )
    return recipes
