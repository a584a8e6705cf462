"""Heroes by diffusion models of the team's choice: any text-to-image pipeline of diffusers, in a folder or pinned."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from imageseo.model.errors import SettingsError
from imageseo.model.hero import TRAINED_MEDIA, Master, Recipe
from imageseo.model.protocols import ProviderContext
from imageseo.model.suggest import closest

# Nearly 16:9, in multiples of 64, and as many pixels as models of about 1024 px a side were trained with.
WIDTH, HEIGHT = 1344, 768
_SIDE = (64, 8192)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The settings ``providers.diffusers``.

    ``model``: of recipes that name none. ``device``: ``auto``, ``cuda``, ``cuda:1``, ``mps`` or ``cpu``.
    ``offline``: never ask the hub; False fetches what is missing of a model that is pinned to a commit.
    ``repro``: one picture at a time, on ``threads`` threads of the CPU, by algorithms that give the same twice.
    ``batch``: how many are drawn at once otherwise. ``width``, ``height``: of recipes that do not say it, before
    ``hero.width`` and ``hero.height``.
    """

    model: str | None = None
    device: str = "auto"
    offline: bool = True
    repro: bool = True
    threads: int = 2
    batch: int = 4
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diffusers:
    """The provider. Options of a recipe: ``imageseo.heroes.providers.diffusion.options.RecipeOptions``."""

    options: Options = field(default_factory=Options)
    name: str = "diffusers"
    version: str = "1"
    digital_source_type: str = TRAINED_MEDIA
    reproducible: bool = False
    _place: ProviderContext | None = None
    # One studio a place: it keeps what a batch made ahead. A frozen dataclass cannot make it when it is first needed.
    _studio: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def configure(self, place: ProviderContext) -> Diffusers:
        """The provider for a project. Raises SettingsError for keys of ``providers.diffusers``, all at once."""
        return replace(self, options=_options(place.options, self.name), _place=place, _studio={})

    def complete(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """The options with defaults filled in. Raises RecipeError, all faults at once. Looks at no file."""
        completed: Mapping[str, Any] = _part("options").complete(options, model=self.options.model)
        return completed

    def size(self, width: int | None, height: int | None) -> tuple[int, int]:
        """px of recipes that do not say it: as the settings have it, else what every family of models can draw."""
        return self.options.width or width or WIDTH, self.options.height or height or HEIGHT

    def notes(self, recipe: Recipe) -> tuple[str, ...]:
        """That a negative prompt says nothing without guidance."""
        if recipe.options.get("negative") and recipe.options.get("guidance", 0) <= 1:
            return ("the negative prompt works only with a guidance above 1",)
        return ()

    def models(self, recipe: Recipe) -> Mapping[str, str]:
        """What would make a picture -> ``sha256:…`` of its files, as in ``Master.models``; loads no model.

        Raises ProviderError for what is not there or cannot be trusted.
        """
        found: Mapping[str, str] = self._room().models(recipe)
        return found

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        """One master a recipe, in order, each as soon as it is made. Raises ProviderError; MissingExtraError."""
        for recipe, master in self._room().produce(recipes):
            yield replace(master, notes=(*self.notes(recipe), *master.notes))

    def _room(self) -> Any:
        if "studio" not in self._studio:
            place = self._place or ProviderContext(project=Path(), cache=Path(".imageseo"))
            files = _part("model_files").Files(project=place.project, cache=place.cache, offline=self.options.offline)
            self._studio["studio"] = _part("runner").DiffusionRunner(
                files=files,
                device=self.options.device,
                repro=self.options.repro,
                threads=self.options.threads,
                batch=self.options.batch,
                progress=place.progress,
            )
        return self._studio["studio"]


def _part(name: str) -> Any:
    return import_module(f"imageseo.heroes.providers.diffusion.{name}")


def _options(given: Mapping[str, Any], name: str) -> Options:
    known = {each.name: each for each in fields(Options)}
    faults = []
    for key, value in given.items():
        where = f"providers.{name}.{key}"
        if key not in known:
            near = closest(str(key), known)
            faults.append(
                f"{where}: there is no such key, "
                + (f"did you mean {near}?" if near else f"expected one of {', '.join(known)}")
            )
        elif key == "model":
            if not isinstance(value, str) or not value.strip():
                faults.append(f"{where}: found {value!r}, expected a folder or `org/name@<commit>`")
        elif key == "device":
            if not isinstance(value, str) or not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", value):
                faults.append(f"{where}: found {value!r}, expected auto, cuda, cuda:1, mps or cpu")
        elif key in ("offline", "repro"):
            if not isinstance(value, bool):
                faults.append(f"{where}: found {value!r}, expected true or false")
        else:
            least, most = _SIDE if key in ("width", "height") else (1, 256)
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                faults.append(f"{where}: found {value!r}, expected a whole number from {least} to {most}")
    if faults:
        raise SettingsError(tuple(faults))
    return Options(**given)


PROVIDER = Diffusers()
