"""What pages ask for, read with the project's providers and prompts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from imageseo.config.settings import HeroSettings
from imageseo.heroes.recipes import asset_providers
from imageseo.heroes.recipes.prompt_library import EMPTY, PromptLibrary
from imageseo.heroes.recipes.request_parser import request
from imageseo.model.errors import RecipeError
from imageseo.model.hero import HeroRequest
from imageseo.model.protocols import HeroProvider, SizedProvider
from imageseo.model.site import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestReader:
    """``exists``: whether the built site has a file; None where there is no site yet."""

    settings: HeroSettings
    providers: Mapping[str, HeroProvider]
    library: PromptLibrary = EMPTY
    base_url: str | None = None
    exists: Callable[[str], bool] | None = None

    def of(self, page: Page) -> HeroRequest | None:
        """What a page asks for; None: nothing. Raises RecipeError for a fault of the page."""
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
    """What a provider makes of the settings' size where it has one of its own."""
    provider = providers.get(name)
    return provider.size(width, height) if isinstance(provider, SizedProvider) else (width, height)


def completer(providers: Mapping[str, HeroProvider]) -> Callable[[str, Mapping[str, Any]], Mapping[str, Any]]:
    """Fills in a recipe's options by the provider of that name; one that nobody knows is a RecipeError."""

    def complete(name: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
        provider = providers.get(name)
        if provider is None:
            known = ", ".join(sorted(providers)) or "none"
            raise RecipeError(f"there is no hero provider {name!r}", hint=f"known providers: {known}")
        return provider.complete(options)

    return complete
