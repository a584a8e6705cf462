"""Read the hero requests of pages with the project's providers and prompt library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from imageseo.config.heroes import HeroSettings
from imageseo.heroes.recipes import asset_providers
from imageseo.heroes.recipes.prompt_library import EMPTY, PromptLibrary
from imageseo.heroes.recipes.request_parser import request
from imageseo.model.errors import RecipeError
from imageseo.model.hero import HeroRequest
from imageseo.model.protocols import HeroProvider, SizedProvider
from imageseo.model.site import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReader:
    """``exists``: whether the built site has a file; None before there is a site."""

    settings: HeroSettings
    providers: Mapping[str, HeroProvider]
    library: PromptLibrary = EMPTY
    base_url: str | None = None
    exists: Callable[[str], bool] | None = None

    def of(self, page: Page) -> HeroRequest | None:
        """Return the hero request of a page, None if it has none. Raises RecipeError for a fault of the page."""
        if (fault := page.hints.fault) is not None:
            raise RecipeError(fault.describe(page.key), hint=fault.hint)
        return request(
            page,
            settings=self.settings,
            complete=completer(self.providers),
            reads=partial(asset_providers.reads_page, self.providers),
            size=partial(provider_size, self.providers),
            base_url=self.base_url,
            exists=self.exists,
            origin=page.hints.origin,
            library=self.library,
        )


def provider_size(
    providers: Mapping[str, HeroProvider], name: str, width: int | None, height: int | None
) -> tuple[int | None, int | None]:
    """Return the provider's size for the settings' width and height; unchanged if it has no size of its own."""
    provider = providers.get(name)
    return provider.size(width, height) if isinstance(provider, SizedProvider) else (width, height)


def completer(providers: Mapping[str, HeroProvider]) -> Callable[[str, Mapping[str, Any]], Mapping[str, Any]]:
    """Return a function (provider name, options) -> completed options; it raises RecipeError for an unknown name."""

    def complete(name: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
        provider = providers.get(name)
        if provider is None:
            known = ", ".join(sorted(providers)) or "none"
            raise RecipeError(f"unknown hero provider {name!r}", hint=f"known providers: {known}")
        return provider.complete(options)

    return complete
