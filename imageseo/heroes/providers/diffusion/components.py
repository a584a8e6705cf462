"""Parts of models that come on their own: a ControlNet, a VAE, an image encoder, a file of weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from imageseo.heroes.providers.diffusion import model_checks
from imageseo.model.errors import ProviderError


def loaded(kind: Any, folder: Path, key: str, **options: Any) -> Any:
    """The part in a folder that has been checked. Raises ProviderError unless each of its weights is there.

    ``kind``: its class, of diffusers or transformers. diffusers alone would fill what is missing with noise.
    """
    hint = "copy the folder again, whole: config.json and its .safetensors"
    try:
        part, info = kind.from_pretrained(
            str(folder), use_safetensors=True, local_files_only=True, output_loading_info=True, **options
        )
    except Exception as error:  # safetensors, json and torch each have their own words for what does not fit
        said = " ".join(str(error).split())[:300]
        raise ProviderError(f"`{key}`: {folder} cannot be loaded as {kind.__name__}: {said}", hint=hint) from error
    missing = sorted({*info["missing_keys"], *(each[0] for each in info.get("mismatched_keys") or ())})
    if missing:
        message = f"`{key}`: {folder} lacks {len(missing)} of the weights of a {kind.__name__} ({missing[0]} …)"
        raise ProviderError(message, hint=hint)
    return part


def kind_of(folder: Path, key: str) -> str:
    """The class that a part of diffusers names, its weights having been checked. Raises ProviderError."""
    model_checks.check_part(folder, key)
    config = folder / "config.json"
    try:
        return str(json.loads(config.read_text("utf-8"))["_class_name"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = "a folder as `save_pretrained` writes it: config.json and diffusion_pytorch_model.safetensors"
        raise ProviderError(f"`{key}`: {config} does not say what model it is of", hint=hint) from error


def tensors(path: Path) -> dict[str, list[int]]:
    """Name -> shape of a .safetensors file that has been checked, read from its header."""
    with path.open("rb") as stream:
        header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
    return {name: list(each["shape"]) for name, each in header.items() if name != "__metadata__"}
