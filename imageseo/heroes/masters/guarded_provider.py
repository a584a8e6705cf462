"""Providers of other distributions: what they raise or return wrongly becomes an error of one hero."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NoReturn, cast

from imageseo.heroes.masters.master_check import crashed, json_fault
from imageseo.model.errors import ImageseoError, ProviderError, RecipeError
from imageseo.model.foreign import UnfitPlugin, describe_error
from imageseo.model.hero import Master, Recipe
from imageseo.model.protocols import HeroProvider, LibraryProvider, ModelProvider, ProviderContext, SizedProvider
from imageseo.model.redrawing import RedrawProvider

_TEXTS = ("name", "version", "digital_source_type")
_METHODS = ("configure", "complete", "notes", "produce")
_SIDES = range(64, 8193)
Size = tuple[int | None, int | None]


def provider_of(name: str, module: ModuleType, source: str) -> HeroProvider:
    """Return the provider of a module; one of another distribution (``source``) is guarded.

    Raises UnfitPlugin if the module has none.
    """
    provider = getattr(module, "PROVIDER", None)
    if provider is None:
        raise UnfitPlugin(f"{module.__name__} has no PROVIDER")
    check_provider(f"{module.__name__}.PROVIDER", provider)
    return guarded(name, source, provider) if source else cast("HeroProvider", provider)


def check_provider(label: str, provider: Any) -> None:
    """Raise UnfitPlugin unless an object has the attributes of ``HeroProvider``. ``label``: what it is in messages."""
    if isinstance(provider, type):
        raise UnfitPlugin(f"{label} is a class; an object is needed: PROVIDER = {provider.__name__}()")
    wrong = [each for each in _TEXTS if not isinstance(getattr(provider, each, None), str)]
    wrong += [] if isinstance(getattr(provider, "reproducible", None), bool) else ["reproducible"]
    wrong += [f"{each}()" for each in _METHODS if not callable(getattr(provider, each, None))]
    if wrong:
        raise UnfitPlugin(f"{label} is no hero provider: {', '.join(wrong)} missing, or of another type")


def guarded(name: str, source: str, provider: HeroProvider) -> HeroProvider:
    """Return the provider with its optional methods, guarded. ``source``: its distribution."""
    extra = tuple(guard for protocol, guard in _OPTIONAL if isinstance(provider, protocol))
    kind = type("GuardedProvider", (*extra, _Guarded), {})
    return cast("HeroProvider", kind(name, source, provider))


class _Guarded:
    """A provider of another distribution. ``label``: its name and distribution, for messages."""

    def __init__(self, name: str, source: str, provider: HeroProvider) -> None:
        self._provider: Any = provider
        self._source = source
        self.name = name
        self.label = f"the hero provider {name} of {source}"
        self.version = provider.version
        self.digital_source_type = provider.digital_source_type
        self.reproducible = provider.reproducible
        self.sends_prompts = bool(getattr(provider, "sends_prompts", False))

    def configure(self, place: ProviderContext) -> HeroProvider:
        """Configure the provider; SettingsError is for the user, anything else is a fault of the plug-in."""
        try:
            provider = self._provider.configure(place)
            check_provider("the result of configure()", provider)
        except ImageseoError:
            raise
        except (Exception, SystemExit) as error:
            return BrokenProvider(self.name, self._source, f"configure() raised {describe_error(error)}")
        return guarded(self.name, self._source, provider)

    def complete(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            completed = self._provider.complete(options)
        except ImageseoError:
            raise
        except (Exception, SystemExit) as error:
            raise self._recipe_error("complete()", error) from error
        if (fault := json_fault(completed)) is not None:
            raise RecipeError(f"{self.label}: complete() returned what {fault}", hint="this is a bug in the provider")
        # A copy: what the provider changes later must not change the key of a pin.
        return cast("Mapping[str, Any]", json.loads(json.dumps(dict(completed))))

    def notes(self, recipe: Recipe) -> tuple[str, ...]:
        try:
            return tuple(str(note) for note in self._provider.notes(recipe))
        except (Exception, SystemExit) as error:  # the image is none the worse
            return (f"{self.label}: notes() raised {describe_error(error)}",)

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        return cast("Iterator[Master]", self._provider.produce(recipes))  # checked by `checked_masters`

    def _recipe_error(self, what: str, error: BaseException) -> RecipeError:
        hint = "this is a bug in the provider, not in the recipe"
        return RecipeError(f"{self.label}: {what} raised {describe_error(error)}", hint=hint)


class _GuardedLibrary(_Guarded):
    def __init__(self, name: str, source: str, provider: HeroProvider) -> None:
        super().__init__(name, source, provider)
        self.reads_page = bool(self._provider.reads_page)

    def needs_own_picture(self, recipe: Recipe) -> bool:
        try:
            return bool(self._provider.needs_own_picture(recipe))
        except (Exception, SystemExit):  # asked for the whole site at once: a page without an own image is no harm
            return False

    def with_pictures_in_use(self, shown: Mapping[str, tuple[str, ...]]) -> HeroProvider:
        try:
            provider = self._provider.with_pictures_in_use(shown)
            check_provider("the result of with_pictures_in_use()", provider)
        except (Exception, SystemExit) as error:
            reason = f"with_pictures_in_use() raised {describe_error(error)}"
            return BrokenProvider(self.name, self._source, reason)
        return guarded(self.name, self._source, provider)


class _GuardedSize(_Guarded):
    def size(self, width: int | None, height: int | None) -> Size:
        try:
            found = tuple(self._provider.size(width, height))
        except (Exception, SystemExit) as error:
            raise self._recipe_error("size()", error) from error
        if len(found) != 2 or not all(side is None or (type(side) is int and side in _SIDES) for side in found):
            fault = f"{self.label}: size() returned {found!r}, not two numbers of px from 64 to 8192 (or None)"
            raise RecipeError(fault, hint="this is a bug in the provider")
        return found


class _GuardedModels(_Guarded):
    def models(self, recipe: Recipe) -> Mapping[str, str]:
        try:
            return dict(self._provider.models(recipe))
        except ImageseoError:
            raise
        except (Exception, SystemExit) as error:
            raise crashed(self.label, error) from error


class _GuardedRedrawing(_Guarded):
    def redraw(self, recipe: Recipe, *, width: int, height: int, dark: bool, phone: bool) -> Recipe | None:
        new = self._provider.redraw(recipe, width=width, height=height, dark=dark, phone=phone)
        return new if isinstance(new, Recipe) else None  # what it raises is handled by `Redrawer`


_OPTIONAL: tuple[tuple[type, type[_Guarded]], ...] = (
    (LibraryProvider, _GuardedLibrary),
    (SizedProvider, _GuardedSize),
    (ModelProvider, _GuardedModels),
    (RedrawProvider, _GuardedRedrawing),
)


@dataclass(slots=True)
class BrokenProvider:
    """Stands for a provider that cannot be used, so that pages which ask for it say why."""

    name: str
    source: str
    fault: str
    version: str = "0"
    digital_source_type: str = ""
    reproducible: bool = False

    def configure(self, place: ProviderContext) -> HeroProvider:
        return self

    def complete(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        raise RecipeError(self._message, hint=_REPAIR)

    def notes(self, recipe: Recipe) -> tuple[str, ...]:
        return ()

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise ProviderError(self._message, hint=_REPAIR)

    @property
    def _message(self) -> str:
        return f"the hero provider {self.name} of {self.source} cannot be used: {self.fault}"


_REPAIR = "repair or update that package, or use another provider; `imageseo doctor` lists all plug-ins"
