"""Heroes by diffusion models: any text-to-image pipeline of diffusers, in a folder or pinned to a commit."""

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

# Nearly 16:9, multiples of 64, and about the number of pixels that models for 1024x1024 were trained with.
WIDTH, HEIGHT = 1344, 768
_SIDE_RANGE = (64, 8192)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffusersOptions:
    """The settings ``providers.diffusers``.

    ``model``: default of recipes. ``device``: ``auto``, ``cuda``, ``cuda:1``, ``mps`` or ``cpu``. ``offline``: never
    access the hub; False downloads missing files of a model that is pinned to a commit. ``repro``: one image at a time,
    on ``threads`` CPU threads, with deterministic algorithms. ``batch``: images per batch otherwise. ``width``,
    ``height``: default size of recipes, before ``hero.width`` and ``hero.height``. ``strict``: a prompt that an encoder
    cannot read to its end is an error. ``memory``: ``auto``, ``offload``, ``8bit`` or ``4bit``.
    ``mirrors``: model of the hub -> ``folder`` with a copy and the ``sha256`` that its files must have.
    """

    model: str | None = None
    device: str = "auto"
    offline: bool = True
    repro: bool = True
    threads: int = 2
    batch: int = 4
    width: int | None = None
    height: int | None = None
    strict: bool = False
    memory: str = "auto"
    mirrors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diffusers:
    """The provider. Options of a recipe: ``imageseo.heroes.providers.diffusion.options.RecipeOptions``."""

    options: DiffusersOptions = field(default_factory=DiffusersOptions)
    name: str = "diffusers"
    version: str = "1"
    digital_source_type: str = TRAINED_MEDIA
    reproducible: bool = False
    _context: ProviderContext | None = None
    # One runner per project: it holds images drawn ahead. It is created on first use, which needs a mutable field here.
    _runners: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def configure(self, context: ProviderContext) -> Diffusers:
        """Return the provider for a project. Raises SettingsError for keys of ``providers.diffusers``, all at once."""
        return replace(self, options=_options(context.options, self.name), _context=context, _runners={})

    def complete(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the options with defaults. Raises RecipeError, all faults at once. Reads no file."""
        completed: Mapping[str, Any] = _import_module("options").complete(options, model=self.options.model)
        return completed

    def size(self, width: int | None, height: int | None) -> tuple[int, int]:
        """Return the size in px of recipes without one: as in the settings, else one that all models can draw."""
        return self.options.width or width or WIDTH, self.options.height or height or HEIGHT

    def output_size(self, recipe: Recipe) -> tuple[int, int]:
        """Return the size in px after a second pass and enlarging."""
        size = recipe.width, recipe.height
        hires, upscale = recipe.options.get("hires"), recipe.options.get("upscale")
        if hires:
            size = _import_module("limits.sizes").enlarged(*size, hires["scale"])
        return (size[0] * upscale["scale"], size[1] * upscale["scale"]) if upscale else size

    def notes(self, recipe: Recipe) -> tuple[str, ...]:
        """Return notes: a negative prompt without effect, a scheduler that only comes close to the one of that name."""
        found = [_import_module("schedulers").note(str(recipe.options.get("scheduler", "")))]
        if recipe.options.get("negative") and recipe.options.get("guidance", 0) <= 1:
            found.append("the negative prompt has no effect: it needs a guidance above 1")
        return tuple(note for note in found if note)

    def preflight(self, recipe: Recipe) -> tuple[str, ...]:
        """Return notes on what the image would lack; loads no weights. Raises ProviderError, MissingExtraError."""
        module, runner = _import_module("planning.preflight"), self._get_runner()
        options = _import_module("options").read_options(recipe.options)
        size = (recipe.width, recipe.height)
        found: tuple[str, ...] = module.check(
            options,
            size,
            runner.files,
            device=self.options.device,
            strict=self.options.strict,
            memory=self.options.memory,
        )
        return found

    def models(self, recipe: Recipe) -> Mapping[str, str]:
        """Return model name -> ``sha256:…`` of its files, as in ``Master.models``; loads no model.

        Raises ProviderError for missing or unsafe files.
        """
        found: Mapping[str, str] = self._get_runner().models(recipe)
        return found

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        """Yield one master per recipe, in order, as soon as it is ready. Raises ProviderError, MissingExtraError."""
        for recipe, master in self._get_runner().produce(recipes):
            yield replace(master, notes=(*self.notes(recipe), *master.notes))

    def _get_runner(self) -> Any:
        if "runner" not in self._runners:
            context = self._context or ProviderContext(project=Path(), cache=Path(".imageseo"))
            files = _import_module("model_files").ModelFiles(
                project=context.project,
                cache=context.cache,
                offline=self.options.offline,
                mirrors=self.options.mirrors,
            )
            self._runners["runner"] = _import_module("runner").DiffusionRunner(
                files=files,
                device=self.options.device,
                repro=self.options.repro,
                threads=self.options.threads,
                batch=self.options.batch,
                strict=self.options.strict,
                memory=self.options.memory,
                progress=context.progress,
            )
        return self._runners["runner"]


def _import_module(name: str) -> Any:
    return import_module(f"imageseo.heroes.providers.diffusion.{name}")


def _options(table: Mapping[str, Any], name: str) -> DiffusersOptions:
    keys = {each.name: each for each in fields(DiffusersOptions)}
    faults = []
    for key, value in table.items():
        location = f"providers.{name}.{key}"
        if key not in keys:
            suggestion = closest(str(key), keys)
            faults.append(
                f"{location}: unknown key, "
                + (f"did you mean {suggestion}?" if suggestion else f"expected one of {', '.join(keys)}")
            )
        elif key == "model":
            if not isinstance(value, str) or not value.strip():
                faults.append(f"{location}: found {value!r}, expected a folder or `org/name@<commit>`")
        elif key == "device":
            if not isinstance(value, str) or not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", value):
                faults.append(f"{location}: found {value!r}, expected auto, cuda, cuda:1, mps or cpu")
        elif key == "memory":
            if value not in _import_module("memory").MODES:
                faults.append(f"{location}: found {value!r}, expected auto, offload, 8bit or 4bit")
        elif key == "mirrors":
            faults += _mirror_faults(location, value)
        elif key in ("offline", "repro", "strict"):
            if not isinstance(value, bool):
                faults.append(f"{location}: found {value!r}, expected true or false")
        else:
            minimum, maximum = _SIDE_RANGE if key in ("width", "height") else (1, 256)
            if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= maximum:
                faults.append(f"{location}: found {value!r}, expected a whole number from {minimum} to {maximum}")
    if faults:
        raise SettingsError(tuple(faults))
    return DiffusersOptions(**table)


def _mirror_faults(location: str, value: Any) -> list[str]:
    if not isinstance(value, Mapping):
        return [f"{location}: found {value!r}, expected a table of models"]
    faults = []
    for model, place in value.items():
        if not re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", str(model)):
            faults.append(f"{location}: found the model {model!r}, expected `org/name@<commit>`")
        is_table = isinstance(place, Mapping) and set(place) == {"folder", "sha256"}
        if not is_table or not all(isinstance(each, str) for each in place.values()):
            faults.append(f"{location}.{model}: found {place!r}, expected `folder` and `sha256`")
        elif not re.fullmatch(r"sha256:[0-9a-f]{64}", place["sha256"]):
            faults.append(f"{location}.{model}.sha256: found {place['sha256']!r}, expected sha256: and 64 digits")
    return faults


PROVIDER = Diffusers()
