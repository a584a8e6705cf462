"""Providers at work: one outcome for each picture, whatever fails, and how long each took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from imageseo.heroes.generate.model_changes import Files, changed, refusal, shares
from imageseo.heroes.generate.result import ProviderWork
from imageseo.heroes.masters.resolver import drawn_key, unknown_provider
from imageseo.model.errors import ImageseoError, ProviderError
from imageseo.model.hero import Master, Recipe
from imageseo.model.protocols import Clock, HeroProvider, Store


@dataclass(slots=True, kw_only=True)
class Producer:
    """``known``: models and their files as the lock says; None where others are accepted. ``store``: what builds drew.

    ``accept``: the command that accepts other files.
    """

    providers: Mapping[str, HeroProvider]
    clock: Clock
    known: Files | None = None
    store: Store | None = None
    accept: str = "imageseo generate --accept-model"
    seconds: dict[str, list[float]] = field(default_factory=dict)
    stored: dict[str, int] = field(default_factory=dict)

    def work(self) -> tuple[ProviderWork, ...]:
        """What was done so far, by provider."""
        return tuple(
            ProviderWork(provider=name, seconds=tuple(self.seconds.get(name, ())), stored=self.stored.get(name, 0))
            for name in sorted({*self.seconds, *self.stored})
        )

    def produce(self, name: str, recipes: Sequence[Recipe]) -> Iterator[tuple[Recipe, Master | ImageseoError, bool]]:
        """Recipe, outcome, and whether it came out of the store; each recipe once, those of the store first.

        After a fault the provider is asked again for the rest. Once the files of a model are refused, nothing more
        is made with it.
        """
        provider = self.providers.get(name)
        if provider is None:
            yield from ((recipe, unknown_provider(name, self.providers), False) for recipe in recipes)
            return
        left: list[Recipe] = []
        for recipe in recipes:
            master = self._drawn(provider, recipe)
            if master is None:
                left.append(recipe)
            else:
                self.stored[name] = self.stored.get(name, 0) + 1
                yield recipe, master, True
        while left:
            yield from self._round(name, provider, left)

    def _round(
        self, name: str, provider: HeroProvider, left: list[Recipe]
    ) -> Iterator[tuple[Recipe, Master | ImageseoError, bool]]:
        """Ask once for all that is left, and take what came off the list."""
        number = len(left)
        begun = self.clock()
        try:
            for master in provider.produce(list(left)):
                self.seconds.setdefault(name, []).append(self.clock() - begun)
                recipe = left.pop(0)
                changes = changed(recipe, master.models, self.known) if self.known is not None else {}
                if changes and self.known is not None:
                    fault = refusal(changes, self.known, self.accept)
                    yield recipe, fault, False
                    same = [each for each in left if shares(each, changes)]
                    left[:] = [each for each in left if not shares(each, changes)]
                    yield from ((each, fault, False) for each in same)
                    return
                yield recipe, master, False
                if not left:
                    return
                begun = self.clock()
            raise ProviderError(f"{name} made {number - len(left)} of {number} heroes and stopped")
        except ImageseoError as error:
            yield left.pop(0), error, False

    def _drawn(self, provider: HeroProvider, recipe: Recipe) -> Master | None:
        """The picture that a build drew without a pin, if the store has it: nobody could tell it from a new one."""
        if self.store is None or not provider.reproducible:
            return None
        stored = self.store.find(drawn_key(provider, recipe))
        png = self.store.read(stored) if stored is not None else None
        if png is None:
            return None
        return Master(png=png, digital_source_type=provider.digital_source_type, notes=provider.notes(recipe))
