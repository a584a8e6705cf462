"""Whether a recipe can be made here: told from files, settings and installed packages; no weights are loaded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from imageseo.heroes.providers.diffusion import (
    adapters,
    controlnet,
    input_images,
    lora,
    model_checks,
    pipelines,
    prompts,
    schedulers,
    single_file,
    upscaler,
)
from imageseo.heroes.providers.diffusion import memory as memory_modes
from imageseo.heroes.providers.diffusion.components import read_class_name
from imageseo.heroes.providers.diffusion.limits import prompt_length, sizes
from imageseo.heroes.providers.diffusion.model_files import ModelFiles
from imageseo.heroes.providers.diffusion.recipe_options import Control, RecipeOptions
from imageseo.heroes.providers.diffusion.weights import prompt_weights
from imageseo.model import regular_file
from imageseo.model.errors import ImageseoError, MissingExtraError, ProviderError
from imageseo.model.extras import install_command

_NO_LORAS = _NO_IMAGES = ("PixArt",)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOutline:
    """A model as its settings describe it.

    ``pipeline``: its class. ``configs``: component -> its config.json. ``tokenizers``: component -> class.
    """

    folder: Path
    pipeline: str
    configs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tokenizers: Mapping[str, str] = field(default_factory=dict)

    @property
    def family(self) -> str:
        return self.pipeline.removesuffix("Pipeline")

    @property
    def core(self) -> Mapping[str, Any]:
        """The settings of the U-Net or transformer."""
        return self.configs.get("unet") or self.configs.get("transformer") or {}


@dataclass(slots=True)
class _Faults:
    """Collects errors, so that all of a recipe are reported at once."""

    found: list[ImageseoError] = field(default_factory=list)

    @contextmanager
    def collected(self) -> Iterator[None]:
        try:
            yield
        except ImageseoError as error:
            self.found.append(error)

    def raise_all(self) -> None:
        if len(self.found) == 1:
            raise self.found[0]
        if self.found:
            hints = dict.fromkeys(error.hint for error in self.found if error.hint)
            raise ProviderError("; ".join(error.message for error in self.found), hint="; ".join(hints))


def check(
    options: RecipeOptions,
    size: tuple[int, int],
    files: ModelFiles,
    *,
    device: str = "auto",
    strict: bool = False,
    memory: str = "auto",
) -> tuple[str, ...]:
    """Return notes on what would come out. Raises the error of all that is missing or does not fit.

    ``size``: (width, height) in px. ``device``, ``strict``, ``memory``: settings of the provider.
    """
    faults = _Faults()
    with faults.collected():
        _check_packages(options)
    with faults.collected():
        memory_modes.check(memory, options)
    if not faults.found and device not in ("auto", "cpu"):
        with faults.collected():
            pipelines.machine(device, repro=True, threads=1, batch=1)
    outline = None
    with faults.collected():
        source = single_file.locate(files, "model", options.model, options.config)
        outline = read_outline(source.folder, "model")
    notes: tuple[str, ...] = ()
    if outline is not None:
        with faults.collected():
            notes = _prompt_notes(options, outline, strict=strict)
    if options.refiner is not None:
        with faults.collected():
            single_file.locate(files, "refiner.model", options.refiner.model)
    for check_part in _file_checks(options, files, outline):
        with faults.collected():
            check_part()
    if outline is not None:
        for check_part in (lambda: _check_size(outline, size, options), lambda: _check_scheduler(outline, options)):
            with faults.collected():
                check_part()
    faults.raise_all()
    return notes


def read_outline(folder: Path, key: str) -> ModelOutline:
    """Read the settings of a checked model's components. Raises ProviderError."""
    index = single_file.read_index(folder, key)
    classes = {name: class_name for name, _, class_name in model_checks.components_of(index)}
    configs = {}
    for name in classes:
        for file in ("config.json", "scheduler_config.json"):
            if (folder / name / file).is_file():
                configs[name] = _read_table(folder / name / file, key)
    tokenizers = {name: classes[name] for name in prompt_length.TOKENIZERS if name in classes}
    return ModelOutline(folder=folder, pipeline=str(index["_class_name"]), configs=configs, tokenizers=tokenizers)


def _prompt_notes(options: RecipeOptions, outline: ModelOutline, *, strict: bool) -> tuple[str, ...]:
    """Return notes on weights and words that are dropped. Raises ProviderError, MissingExtraError."""
    family = outline.family

    def find_tokenizers() -> Mapping[str, Any]:
        """Only those that could cut a prompt: importing transformers takes seconds."""
        text = max(options.prompt, options.negative, key=lambda text: len(text.encode()))
        limits = {name: (kind, prompt_length.limit_of(kind, family)) for name, kind in outline.tokenizers.items()}
        return {
            name: _load_tokenizer(outline.folder / name, kind)
            for name, (kind, limit) in limits.items()
            if limit is not None and not prompt_length.is_surely_short(text, kind, limit)
        }

    prepared = prompts.prepare(options, options.prompt, family, find_tokenizers, strict=strict)
    texts = (prepared.prompt, prepared.negative)
    if pipelines.family_supports_weights(family) and find_spec("compel") is None:
        is_weighted = any(prompt_weights.has_weights(text) for text in texts)
        plain = [prompt_weights.strip_weights(text) for text in texts]
        if is_weighted or any(any(prompt_length.find_cuts(find_tokenizers(), family, text)) for text in plain):
            message = "weights in prompts, and prompts of more than 75 words, need compel, which is not installed"
            raise MissingExtraError(message, hint=install_command("diffusers"))
    return (*prepared.notes, *prepared.cuts)


@lru_cache(maxsize=8)
def _load_tokenizer(folder: Path, class_name: str) -> Any:
    transformers = import_module("transformers")
    transformers.utils.logging.set_verbosity_error()  # it would warn of the length itself
    try:
        return getattr(transformers, class_name).from_pretrained(str(folder), local_files_only=True)
    except Exception as error:  # transformers and tokenizers raise any exception
        detail = " ".join(str(error).split())[:300]
        raise ProviderError(
            f"`model`: {folder} cannot be loaded as {class_name}: {detail}", hint="copy the complete model folder again"
        ) from error


def _read_table(path: Path, key: str) -> Mapping[str, Any]:
    try:
        found = json.loads(regular_file.read(path))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise ProviderError(f"`{key}`: {path} cannot be read as JSON", hint="copy the complete model folder again")
    return found


def _check_packages(options: RecipeOptions) -> None:
    used = {
        "loras": ("peft", bool(options.loras)),
        "upscale": ("ncnn", options.upscale is not None),
        "control.prepare": ("skimage", any(each.prepare == "canny" for each in options.control)),
    }
    missing = [name for name in pipelines.PACKAGES if find_spec(name) is None]
    if missing:
        message = f"diffusion models need packages that are not installed: {', '.join(missing)}"
        raise MissingExtraError(message, hint=install_command("diffusers"))
    for key, (name, is_used) in used.items():
        if is_used and find_spec(name) is None:
            message = f"`{key}` needs {name}, which is not installed"
            raise MissingExtraError(message, hint=install_command("diffusers"))


def _file_checks(
    options: RecipeOptions, files: ModelFiles, outline: ModelOutline | None
) -> Iterator[Callable[[], object]]:
    """Yield a check for each file and folder that the recipe names besides its model."""
    vae = options.vae
    if vae is not None:
        yield lambda: read_class_name(files.folder("vae", vae), "vae")
    for number, name in enumerate(options.embeddings):
        yield lambda number=number, name=name: files.weights(f"embeddings[{number}]", name)  # type: ignore[misc]
    if options.loras and outline is not None and outline.pipeline.startswith(_NO_LORAS):
        yield lambda: _refuse(
            f"`loras`: {outline.pipeline} does not support LoRAs", "use another model, or remove them"
        )
    for number, each in enumerate(options.loras):
        yield lambda number=number, name=each.file: lora.check_file(  # type: ignore[misc]
            files.weights(f"loras[{number}].file", name),
            None if outline is None else outline.configs.get("unet", {}).get("cross_attention_dim"),
        )
    for control in options.control:
        yield lambda control=control: _check_control(control, files, outline)  # type: ignore[misc]
        yield lambda control=control: _check_image(files, "control.image", control.image)  # type: ignore[misc]
    if options.ip_adapter is not None:
        yield lambda: _check_ip_adapter(options, files, outline)
    for key, image in (("image", options.image), ("mask", options.mask)):
        if image is not None:
            yield lambda key=key, image=image: _check_image(files, key, image)  # type: ignore[misc]
    if options.upscale is not None:
        yield lambda: upscaler.find_files(options, files)


def _refuse(message: str, hint: str) -> None:
    raise ProviderError(message, hint=hint)


def _check_image(files: ModelFiles, key: str, name: str) -> None:
    input_images.read_image(files.path(key, name), key)


def _check_control(control: Control, files: ModelFiles, outline: ModelOutline | None) -> None:
    folder = files.folder("control.model", control.model)
    if outline is None:
        read_class_name(folder, "control.model")
        return
    controlnet.check_class(folder, outline.pipeline)
    controlnet.check_fit(folder, _read_table(folder / "config.json", "control.model"), outline.core)


def _check_ip_adapter(options: RecipeOptions, files: ModelFiles, outline: ModelOutline | None) -> None:
    assert options.ip_adapter is not None
    adapter = options.ip_adapter
    folder = files.folder("ip_adapter.folder", adapter.folder)
    weights = files.weights("ip_adapter.weight_name", str(folder / adapter.weight_name))
    encoder = adapters.find_image_encoder(weights, folder)
    model_checks.check_component(encoder, "ip_adapter.folder")
    _check_image(files, "ip_adapter.image", adapter.image)
    if outline is not None and "unet" not in outline.configs:
        adapters.refuse_ip_adapter(outline.pipeline)
    if outline is not None:
        settings = _read_table(encoder / "config.json", "ip_adapter.folder")
        adapters.check_ip_adapter(weights, settings, outline.core.get("cross_attention_dim"))


def _check_size(outline: ModelOutline, size: tuple[int, int], options: RecipeOptions) -> None:
    limits = sizes.from_folder(outline.configs)
    if limits is not None:
        sizes.check(limits, outline.family, *size)
        if options.hires is not None:
            sizes.check(limits, f"the second pass of {outline.family}", *sizes.enlarged(*size, options.hires.scale))
    if outline.pipeline.startswith(_NO_IMAGES) and (options.image or options.hires):
        key = "image" if options.image else "hires"
        _refuse(
            f"`{key}`: {outline.pipeline} cannot start from an image", "use Stable Diffusion 1.x, SDXL, SD3 or Flux"
        )


def _check_scheduler(outline: ModelOutline, options: RecipeOptions) -> None:
    if "scheduler" in outline.configs:
        schedulers.check_fit(options.scheduler, outline.configs["scheduler"], outline.pipeline)
