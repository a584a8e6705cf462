"""Check a recipe against the policy of a project, before anything is drawn or sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imageseo.config.policy import PolicySettings
from imageseo.heroes.policy.persons import find_personal
from imageseo.heroes.policy.weights import weights_of
from imageseo.heroes.policy.words import BRANDS, SEXUAL, find_terms
from imageseo.model.errors import ImageseoError, PolicyError
from imageseo.model.hero import HeroRequest, Recipe
from imageseo.model.protocols import HeroProvider, ModelProvider
from imageseo.model.site import Page

UNSEEN = (
    *("negative", "model", "vae", "refiner", "embeddings", "loras", "control", "ip_adapter", "upscale", "scheduler"),
    *(
        "dtype",
        "weights",
        "config",
        "mask",
        "image",
        "workflow",
        "colors",
        "card",
        "title",
        "subtitle",
        "tags",
        "letters",
    ),
    *("code", "page", "query", "size", "style", "mode"),
)
"""Options that are no description of the image: names of files, and texts of the page, which its author publishes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """``text``: for the user. ``record``: for the audit log, without names of persons."""

    text: str
    record: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policy of a project."""

    settings: PolicySettings
    project: Path

    @property
    def commercial(self) -> bool:
        return self.settings.profile == "commercial"

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be refused."""
        ours = self.settings
        lists = (ours.words, ours.brands, ours.people, ours.negative, ours.weight_licenses, ours.weights)
        return not self.commercial and not any(lists) and ours.personal != "refuse"

    def guarded(
        self, read: Callable[[Page], HeroRequest | None], providers: Mapping[str, HeroProvider]
    ) -> Callable[[Page], HeroRequest | None]:
        """Return a reader of requests that raises PolicyError for a recipe that the policy refuses."""
        if self.is_empty:
            return read

        def guarded(page: Page) -> HeroRequest | None:
            request = read(page)
            if request is not None and request.recipe is not None:
                self.check(request, providers.get(request.recipe.provider))
            return request

        return guarded

    def check(self, request: HeroRequest, provider: HeroProvider | None) -> None:
        """Raise PolicyError with every reason why the recipe of a request is refused."""
        recipe = request.recipe
        assert recipe is not None
        found = [*self._words(recipe), *self._persons(recipe, request.terms.consent), *self._negatives(recipe)]
        found += self._weights(recipe, provider)
        if found:
            raise PolicyError.of(
                f"{request.page}: {request.origin}",
                [each.text for each in found],
                record="; ".join(each.record for each in found),
                hint="Change the recipe, or the rules under `policy` in the settings.",
            )

    def _words(self, recipe: Recipe) -> Iterator[Violation]:
        ours = self.settings
        text = "\n".join(described(recipe.options))
        words = (*ours.words, *(SEXUAL if self.commercial else ()))
        brands = (*ours.brands, *(BRANDS if self.commercial else ()))
        for term in find_terms(text, words):
            yield Violation(text=f"the prompt has the blocked word {term!r}", record=f"blocked word {term}")
        for term in find_terms(text, brands):
            yield Violation(text=f"the prompt names the brand {term!r}", record=f"brand {term}")

    def _persons(self, recipe: Recipe, consent: str | None) -> Iterator[Violation]:
        found = find_personal("\n".join(described(recipe.options)), people=self.settings.people)
        listed = find_terms("\n".join(described(recipe.options)), self.settings.people)
        strict = self.commercial or self.settings.personal == "refuse"
        names = (found.get("name", []) if strict else listed) if not consent else []
        for name in names:
            yield Violation(
                text=f"the prompt names a person, {name!r}, without `consent: REFERENCE`",
                record="person without consent",
            )
        if strict and "email" in found:
            yield Violation(text="the prompt contains an e-mail address", record="e-mail address")
        if strict and "phone" in found:
            yield Violation(text="the prompt contains a phone number", record="phone number")

    def _negatives(self, recipe: Recipe) -> Iterator[Violation]:
        negative = recipe.options.get("negative")
        missing = [
            each
            for each in self.settings.negative
            if not find_terms(negative if isinstance(negative, str) else "", (each,))
        ]
        if missing and (recipe.options.get("prompt") or negative):
            names = ", ".join(repr(each) for each in missing)
            yield Violation(text=f"`negative` lacks {names}", record=f"negative lacks {', '.join(missing)}")

    def _weights(self, recipe: Recipe, provider: HeroProvider | None) -> Iterator[Violation]:
        ours = self.settings
        if not (self.commercial or ours.weight_licenses):
            return
        allowed = {each.casefold() for each in ours.weight_licenses}
        for each in weights_of(recipe.options, ours.weights, self._digests(recipe, provider), self.project):
            what = f"the weights of `{each.role}`, {each.name!r}"
            if not each.licence:
                text = f"{what}, have no known licence: name it in `policy.weights`, by name or hash"
            elif self.commercial and not each.commercial and each.licence.casefold() not in allowed:
                text = f"{what}, are under {each.licence!r} ({each.source}), which forbids commercial use"
            elif allowed and each.licence.casefold() not in allowed:
                text = (
                    f"{what}, are under {each.licence!r} ({each.source}), which `policy.weight_licenses` does not allow"
                )
            else:
                continue
            yield Violation(text=text, record=f"weights {each.name}: {each.licence or 'licence unknown'}")

    def _digests(self, recipe: Recipe, provider: HeroProvider | None) -> Mapping[str, str]:
        """Return role -> digest, if the settings name any weights by their hash: hashing reads the files."""
        if not isinstance(provider, ModelProvider) or not any(len(each) >= 64 for each in self.settings.weights):
            return {}
        try:
            return provider.models(recipe)
        except ImageseoError:  # a model that is missing or invalid has no digest, and makes no image
            return {}


def described(options: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of a recipe that describe its image, also those of options of other packages."""
    for key, value in options.items():
        if key not in UNSEEN:
            yield from _texts(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from described(value)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
