"""Metadata of a generated image: digests of its model files, the environment, and A1111's parameter text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from imageseo.heroes.providers.diffusion import pipelines, schedulers, single_file
from imageseo.heroes.providers.diffusion.inference import BatchResult
from imageseo.heroes.providers.diffusion.model_files import ModelFiles
from imageseo.heroes.providers.diffusion.recipe_options import RecipeOptions
from imageseo.model.hero import Recipe

_LIBRARIES = ("torch", "diffusers", "transformers")


def hash_models(options: RecipeOptions, files: ModelFiles) -> dict[str, str]:
    """Return model name -> ``sha256:…`` of its files: models by role, adapters and images by file name.

    Raises ProviderError for missing files.
    """
    found = single_file.locate(files, "model", options.model, options.config).digests("model", files)
    if options.refiner is not None:
        found |= single_file.locate(files, "refiner", options.refiner.model).digests("refiner", files)
    if options.vae is not None:
        found["vae"] = files.digest(files.folder("vae", options.vae))
    for number, name in enumerate(options.embeddings):
        found[f"embedding:{name}"] = files.digest(files.path(f"embeddings[{number}]", name))
    for number, lora in enumerate(options.loras):
        found[f"lora:{lora.file}"] = files.digest(files.path(f"loras[{number}].file", lora.file))
    for number, control in enumerate(options.control):
        role = f"control:{control.model}" if number else "control"
        found[role] = files.digest(files.folder("control.model", control.model))
        found[f"image:{control.image}"] = files.digest(files.path("control.image", control.image))
    if options.ip_adapter is not None:
        adapter = options.ip_adapter
        folder = files.folder("ip_adapter.folder", adapter.folder)
        found["ip_adapter"] = files.digest(folder / adapter.weight_name)
        adapters = import_module("imageseo.heroes.providers.diffusion.adapters")
        found["ip_adapter_encoder"] = files.digest(adapters.find_image_encoder(folder / adapter.weight_name, folder))
        found[f"image:{adapter.image}"] = files.digest(files.path("ip_adapter.image", adapter.image))
    for key, image in (("image", options.image), ("mask", options.mask)):
        if image is not None:
            found[f"image:{image}"] = files.digest(files.path(key, image))
    if options.upscale is not None:
        found["upscale"] = import_module("imageseo.heroes.providers.diffusion.upscaler").digest(options, files)
    return found


def describe_environment(
    pipe: Any, machine: pipelines.Machine, options: RecipeOptions, *, dtype: str, batch: int, result: BatchResult
) -> dict[str, Any]:
    """Return what the environment determined: recorded as evidence, never part of the key."""
    import importlib.metadata

    import torch

    found: dict[str, Any] = {
        "device": machine.name(),
        "dtype": dtype,
        "batch": batch,
        "repro": machine.repro,
        "threads": machine.threads if machine.repro else torch.get_num_threads(),
        "cpu": torch.backends.cpu.get_cpu_capability(),
        "attention": _attention(pipe),
        "pipeline": type(pipe).__name__,
        **{name: importlib.metadata.version(name) for name in _LIBRARIES},
    }
    if machine.device.startswith("cuda"):
        found["cuda"] = str(torch.version.cuda)
    if machine.memory != "auto":
        found["memory"] = machine.memory
    if result.tiled:
        found["tiled"] = True
    found["scheduler"] = result.scheduler
    if result.lora_layers:
        counts = (f"{Path(file).name} {used}/{every}" for file, (used, every) in result.lora_layers.items())
        found["lora_layers"] = ", ".join(counts)
    packages = {
        "compel": result.compel,
        "peft": options.loras,
        "scikit-image": any(each.prepare == "canny" for each in options.control),
        "ncnn": options.upscale,
    }
    for name in (name for name, used in packages.items() if used):
        with suppress(importlib.metadata.PackageNotFoundError):  # the code that needs it reports a missing package
            found[name] = importlib.metadata.version(name)
    return found


def format_parameters(
    recipe: Recipe,
    options: RecipeOptions,
    models: Mapping[str, str],
    sampler: tuple[str, str],
) -> str:
    """Return the text that A1111 writes into a PNG and many tools read: prompt, negative prompt, one line of settings.

    ``sampler``: its name and its schedule type.
    """
    settings: dict[str, Any] = {
        "Steps": options.steps,
        "Sampler": sampler[0],
        "Schedule type": sampler[1],
        "CFG scale": f"{options.guidance:g}",
        "Seed": recipe.seed,
        "Size": f"{recipe.width}x{recipe.height}",
        "Model hash": _short(models["model"]),
        "Model": _model(options.model),
        "VAE": Path(options.vae).stem if options.vae else None,
        "Denoising strength": None if options.strength is None else f"{options.strength:g}",
        "Refiner": None if options.refiner is None else _model(options.refiner.model),
        "Refiner switch at": None if options.refiner is None else f"{options.refiner.start:g}",
        "Lora hashes": ", ".join(
            f"{Path(lora.file).stem}: {_short(models[f'lora:{lora.file}'])}" for lora in options.loras
        ),
        "TI hashes": ", ".join(
            f"{Path(name).stem}: {_short(models[f'embedding:{name}'])}" for name in options.embeddings
        ),
        **_hires_settings(options),
    }
    line = ", ".join(f"{name}: {_quoted(value)}" for name, value in settings.items() if value not in (None, ""))
    loras = "".join(f" <lora:{Path(lora.file).stem}:{lora.weight:g}>" for lora in options.loras)
    negative = f"\nNegative prompt: {_line(options.negative)}" if options.negative else ""
    return f"{_line(options.prompt)}{loras}{negative}\n{line}"


def _hires_settings(options: RecipeOptions) -> dict[str, Any]:
    """Return A1111's settings of a second pass, or else of enlarging the finished image."""
    if options.hires is not None:
        return {
            "Denoising strength": f"{options.hires.strength:g}",
            "Hires upscale": f"{options.hires.scale:g}",
            "Hires steps": options.hires.steps,
            "Hires upscaler": "Lanczos",
        }
    if options.upscale is not None:
        return {"Hires upscale": options.upscale.scale, "Hires upscaler": Path(options.upscale.model).stem}
    return {}


def sampler_names(name: str, used: Any) -> tuple[str, str]:
    """Return A1111's names of sampler and schedule type; those of ``used`` if the recipe has no scheduler."""
    if name != schedulers.DEFAULT:
        return schedulers.a1111_names(name)
    return type(used).__name__.removesuffix("Scheduler"), "Karras" if used.config.get("use_karras_sigmas") else ""


def _attention(pipe: Any) -> str:
    core = getattr(pipe, "unet", None) or getattr(pipe, "transformer", None)
    processors = getattr(core, "attn_processors", None) or {}
    kinds = sorted({type(each).__name__ for each in processors.values()})
    return ", ".join(kinds) or "native"


def _model(name: str) -> str:
    return Path(name).name.partition("@")[0] or name


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:10]


def _line(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text.strip())


def _quoted(value: Any) -> str:
    text = str(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' if re.search(r'[,:\n"]', text) else text
