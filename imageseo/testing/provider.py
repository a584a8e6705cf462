"""What a hero provider must do."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from imageseo.heroes.lock import serializer
from imageseo.heroes.masters.guarded_provider import check_provider
from imageseo.heroes.masters.master_check import checked_masters, json_fault
from imageseo.heroes.masters.pin_builder import build_pin
from imageseo.model.errors import RecipeError, SettingsError
from imageseo.model.hero import Master, Recipe
from imageseo.model.protocols import HeroProvider, LibraryProvider, ProviderContext, SizedProvider
from imageseo.testing.requirement import Requirement, need

_UNKNOWN = "no_such_option"
_SIZES = ((320, 180), (300, 300))
_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderExample:
    """What a provider needs to be tried. ``options``: of a recipe that it can make. ``settings``: its own table,
    ``providers.<name>``. ``project``: a folder with the files that these name.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    project: Path | None = None


@dataclass(frozen=True, slots=True)
class ProviderChecks:
    """The requirements, as methods. ``name``: of the entry point."""

    name: str
    module: ModuleType
    example: ProviderExample
    _made: list[list[tuple[Recipe, Master]]] = field(default_factory=list)

    @property
    def bare(self) -> Any:
        provider = getattr(self.module, "PROVIDER", None)
        need(provider is not None, f"{self.module.__name__} has no PROVIDER")
        return provider

    def configured(self, cache: str, settings: Mapping[str, Any] | None = None) -> HeroProvider:
        """Return the provider for a project whose cache is a temporary folder."""
        project = self.example.project or Path(cache)
        options = self.example.settings if settings is None else settings
        provider: HeroProvider = self.bare.configure(
            ProviderContext(project=project, cache=Path(cache), colors=("#0b1f3a", "#2563eb"), options=options)
        )
        return provider

    def recipes(self, provider: HeroProvider) -> list[Recipe]:
        options = provider.complete(self.example.options)
        return [
            Recipe(provider=self.name, seed=7 + at, width=width, height=height, options=options, page=f"{at}.md")
            for at, (width, height) in enumerate(_SIZES)
        ]

    def made(self) -> list[tuple[Recipe, Master]]:
        """Return recipes and their masters, made once for all requirements."""
        if not self._made:
            self._made.append(self.make())
        return self._made[0]

    def make(self) -> list[tuple[Recipe, Master]]:
        with tempfile.TemporaryDirectory() as cache:
            provider = self.configured(cache)
            recipes = self.recipes(provider)
            return list(zip(recipes, checked_masters(self.name, provider, recipes), strict=True))

    def declarations(self) -> None:
        """The attributes of HeroProvider are there; the name is that of the entry point."""
        check_provider("PROVIDER", self.bare)
        need(self.bare.name == self.name, f"its name is {self.bare.name!r}, and that of the entry point {self.name!r}")
        need(self.bare.version.strip(), "version is empty: it is part of cache keys")
        kind = self.bare.digital_source_type
        need(kind.startswith(_TYPES) or not kind, f"digital_source_type is {kind!r}, not one of {_TYPES}")

    def settings(self) -> None:
        """It is configured with its settings, and refuses unknown ones with SettingsError."""
        with tempfile.TemporaryDirectory() as cache:
            check_provider("the result of configure()", self.configured(cache))
            try:
                self.configured(cache, {_UNKNOWN: 1})
            except SettingsError as error:
                need(_UNKNOWN in str(error), f"the error does not name the key {_UNKNOWN}: {error}")
            else:
                need(False, f"configure() accepts the unknown setting {_UNKNOWN}: misspelt keys would be lost")

    def options(self) -> None:
        """Options are completed: JSON values without null, the same when completed again."""
        with tempfile.TemporaryDirectory() as cache:
            provider = self.configured(cache)
            given = copy.deepcopy(dict(self.example.options))
            completed = provider.complete(given)
            need(given == dict(self.example.options), "complete() changes the options that it is given")
            fault = json_fault(completed)
            need(fault is None, f"complete() returned what {fault}")
            plain = json.loads(json.dumps(dict(completed)))
            again = json.loads(json.dumps(dict(provider.complete(completed))))
            need(again == plain, f"completed again, {plain} becomes {again}: the pin's key would change")

    def unknown_options(self) -> None:
        """A misspelt option is a RecipeError that names it."""
        with tempfile.TemporaryDirectory() as cache:
            provider = self.configured(cache)
            try:
                provider.complete({**self.example.options, _UNKNOWN: 1})
            except RecipeError as error:
                need(_UNKNOWN in str(error), f"the error does not name the option {_UNKNOWN}: {error}")
            else:
                need(False, f"complete() accepts the unknown option {_UNKNOWN}: misspelt ones would be lost")

    def masters(self) -> None:
        """Each recipe gets one PNG of the size asked for, in order; no recipe, no image."""
        need(len(self.made()) == len(_SIZES), "produce() did not make all heroes")
        with tempfile.TemporaryDirectory() as cache:
            need(not list(self.configured(cache).produce([])), "produce() makes heroes without recipes")

    def pins(self) -> None:
        """What it makes can be written into the lock file and read again."""
        for recipe, master in self.made():
            pin, _, _ = build_pin(recipe.page, recipe, master)
            text = serializer.dump([pin])
            again = serializer.dump(serializer.parse(Path("imageseo.lock"), text))
            need(again == text, "the pin changes when it is read")

    def reproducible(self) -> None:
        """If reproducible is true, equal recipes give equal images, also from a new object."""
        if self.bare.reproducible:
            first, second = ([master.png for _, master in made] for made in (self.made(), self.make()))
            need(first == second, "reproducible is true, and equal recipes give other images")

    def notes(self) -> None:
        """Notes are a tuple of texts."""
        with tempfile.TemporaryDirectory() as cache:
            provider = self.configured(cache)
            found = provider.notes(self.recipes(provider)[0])
            texts = isinstance(found, tuple) and all(isinstance(each, str) for each in found)
            need(texts, f"notes() returned {found!r}")

    def optional_methods(self) -> None:
        """Methods of LibraryProvider and SizedProvider, where it has them, return what they should."""
        with tempfile.TemporaryDirectory() as cache:
            provider = self.configured(cache)
            if isinstance(provider, SizedProvider):
                for given in ((None, None), (640, None), (640, 360)):
                    size = provider.size(*given)
                    sides = all(side is None or (type(side) is int and 64 <= side <= 8192) for side in size)
                    need(len(size) == 2 and sides, f"size{given} returned {size!r}")
            if isinstance(provider, LibraryProvider):
                need(isinstance(provider.reads_page, bool), "reads_page is not true or false")
                own = provider.needs_own_picture(self.recipes(provider)[0])
                need(isinstance(own, bool), f"needs_own_picture() returned {own!r}")
                check_provider("the result of with_pictures_in_use()", provider.with_pictures_in_use({}))


def requirements(name: str, module: ModuleType, example: ProviderExample | None = None) -> Sequence[Requirement]:
    """Return what a hero provider must do. ``example``: what it needs to make an image."""
    checks = ProviderChecks(name, module, example or ProviderExample())
    each: tuple[Callable[[], None], ...] = (
        *(checks.declarations, checks.settings, checks.options, checks.unknown_options, checks.masters, checks.pins),
        *(checks.reproducible, checks.notes, checks.optional_methods),
    )
    return [Requirement(check.__name__, check) for check in each]
