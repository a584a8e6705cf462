"""Run hero providers: one result or error per recipe, with the seconds that each image took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from imageseo.heroes.generate.model_changes import Files, find_changes, refusal, uses_any
from imageseo.heroes.generate.result import ProviderWork
from imageseo.heroes.masters.master_check import checked_masters, origin_of
from imageseo.heroes.masters.resolver import unknown_provider, unpinned_key
from imageseo.heroes.policy.scrub import scrub_error
from imageseo.model.errors import ImageseoError
from imageseo.model.hero import Master, Recipe
from imageseo.model.protocols import Clock, HeroProvider, Store


@dataclass(slots=True, kw_only=True)
class Producer:
    """Runs hero providers.

    ``known``: the pinned digests of models; None to accept other files. ``store``: the cache that builds draw into.
    ``accept``: the command that accepts changed models, for messages. ``any_size``: whether an image of another size
    than the recipe's is a result too. ``show_prompts``: errors may quote prompts. ``seconds``, ``stored``:
    by provider, the time per image and the number of images from the store.
    """

    providers: Mapping[str, HeroProvider]
    clock: Clock
    known: Files | None = None
    store: Store | None = None
    accept: str = "imageseo generate --accept-model"
    any_size: bool = False
    show_prompts: bool = False
    seconds: dict[str, list[float]] = field(default_factory=dict)
    stored: dict[str, int] = field(default_factory=dict)

    def work(self) -> tuple[ProviderWork, ...]:
        """Return what was made so far, by provider."""
        return tuple(
            ProviderWork(provider=name, seconds=tuple(self.seconds.get(name, ())), stored=self.stored.get(name, 0))
            for name in sorted({*self.seconds, *self.stored})
        )

    def produce(self, name: str, recipes: Sequence[Recipe]) -> Iterator[tuple[Recipe, Master | ImageseoError, bool]]:
        """Yield recipe, master or error, and whether it came from the store; each recipe once, stored ones first.

        After an error, the provider is called again for the remaining recipes. After a model is rejected because its
        files changed, no other recipe that names it is made.
        """
        provider = self.providers.get(name)
        if provider is None:
            yield from ((recipe, unknown_provider(name, self.providers), False) for recipe in recipes)
            return
        remaining: list[Recipe] = []
        for recipe in recipes:
            master = self._read_stored(provider, recipe)
            if master is None:
                remaining.append(recipe)
            else:
                self.stored[name] = self.stored.get(name, 0) + 1
                yield recipe, master, True
        while remaining:
            yield from self._call_provider(name, provider, remaining)

    def _call_provider(
        self, name: str, provider: HeroProvider, remaining: list[Recipe]
    ) -> Iterator[tuple[Recipe, Master | ImageseoError, bool]]:
        """Call the provider once for all remaining recipes, until the first error; removes those that are done."""
        start = self.clock()
        try:
            for master in checked_masters(name, provider, list(remaining), any_size=self.any_size):
                self.seconds.setdefault(name, []).append(self.clock() - start)
                recipe = remaining.pop(0)
                changes = find_changes(recipe, master.models, self.known) if self.known is not None else {}
                if changes and self.known is not None:
                    fault = refusal(changes, self.known, self.accept)
                    yield recipe, fault, False
                    affected = [each for each in remaining if uses_any(each, changes)]
                    remaining[:] = [each for each in remaining if not uses_any(each, changes)]
                    yield from ((each, fault, False) for each in affected)
                    return
                yield recipe, master, False
                if not remaining:
                    return
                start = self.clock()
        except ImageseoError as error:
            recipe = remaining.pop(0)
            yield recipe, error if self.show_prompts else scrub_error(error, recipe), False

    def _read_stored(self, provider: HeroProvider, recipe: Recipe) -> Master | None:
        """Return the master that a build drew without a pin, if it is in the store; it is identical to a new one."""
        if self.store is None or not provider.reproducible:
            return None
        stored = self.store.find(unpinned_key(provider, recipe))
        png = self.store.read(stored) if stored is not None else None
        if png is None:
            return None
        source_type, rights = origin_of(provider, recipe)
        return Master(png=png, digital_source_type=source_type, notes=provider.notes(recipe), rights=rights)
