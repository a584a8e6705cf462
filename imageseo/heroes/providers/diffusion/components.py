"""Load single model components: a ControlNet, a VAE, an image encoder; and read headers of weight files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from imageseo.heroes.providers.diffusion import model_checks
from imageseo.model import regular_file
from imageseo.model.errors import ProviderError


def load_component(kind: Any, folder: Path, key: str, **options: Any) -> Any:
    """Load a component from a checked folder. Raises ProviderError if any of its weights is missing.

    ``kind``: its class, of diffusers or transformers. diffusers alone would fill missing weights with noise.
    """
    hint = "copy the complete folder again: config.json and its .safetensors"
    try:
        component, info = kind.from_pretrained(
            str(folder), use_safetensors=True, local_files_only=True, output_loading_info=True, **options
        )
    except Exception as error:  # safetensors, json and torch raise different exceptions
        detail = " ".join(str(error).split())[:300]
        raise ProviderError(f"`{key}`: {folder} cannot be loaded as {kind.__name__}: {detail}", hint=hint) from error
    missing = sorted({*info["missing_keys"], *(each[0] for each in info.get("mismatched_keys") or ())})
    if missing:
        message = f"`{key}`: {folder} lacks {len(missing)} of the weights of a {kind.__name__} ({missing[0]} …)"
        raise ProviderError(message, hint=hint)
    return component


def read_class_name(folder: Path, key: str) -> str:
    """Check a component's weights and return its class name from config.json. Raises ProviderError."""
    model_checks.check_component(folder, key)
    config = folder / "config.json"
    try:
        return str(json.loads(regular_file.read_text(config))["_class_name"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = "use a folder written by `save_pretrained`: config.json and diffusion_pytorch_model.safetensors"
        raise ProviderError(f"`{key}`: {config} does not name the model's class", hint=hint) from error


def read_tensor_shapes(path: Path) -> dict[str, list[int]]:
    """Return tensor name -> shape from the header of a checked .safetensors file."""
    with regular_file.open_binary(path) as stream:
        header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
    return {name: list(each["shape"]) for name, each in header.items() if name != "__metadata__"}
