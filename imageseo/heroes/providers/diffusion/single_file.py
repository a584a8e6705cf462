"""Checkpoints in one file, as people share them: which family they are, and the settings that they lack."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from imageseo.heroes.providers.diffusion import lora, model_checks
from imageseo.heroes.providers.diffusion.components import load_component, read_tensor_shapes
from imageseo.heroes.providers.diffusion.model_files import ModelFiles
from imageseo.model import regular_file
from imageseo.model.errors import ProviderError

_UNET, _WEIGHTLESS = "model.diffusion_model.", ("Scheduler", "Tokenizer", "TokenizerFast", "Processor")
# The tensors that tell a family, as in diffusers' own detection.
_FIRST_CONVOLUTION = f"{_UNET}input_blocks.0.0.weight"
_CROSS_ATTENTION = f"{_UNET}input_blocks.2.1.transformer_blocks.0.attn2.to_k.weight"
_LAST_TEXT_BLOCK = "conditioner.embedders.{}.model.transformer.resblocks.9.mlp.c_proj.bias"
_PREFIXES = {
    "vae": ("first_stage_model.", "vae."),
    "text_encoder": ("cond_stage_model.", "conditioner.", "text_encoders."),
}
"""Component -> where its tensors are in a checkpoint. Some have only the transformer; `config` has the others."""
_NEVER_LOADED = ("safety_checker", "feature_extractor", "image_encoder")
REPOSITORIES = {
    "sd15": "stable-diffusion-v1-5/stable-diffusion-v1-5",
    "sd15-inpainting": "stable-diffusion-v1-5/stable-diffusion-inpainting",
    "sd2": "stabilityai/stable-diffusion-2-1",
    "sd2-inpainting": "stabilityai/stable-diffusion-2-inpainting",
    "sdxl": "stabilityai/stable-diffusion-xl-base-1.0",
    "sdxl-inpainting": "diffusers/stable-diffusion-xl-1.0-inpainting-0.1",
    "sdxl-refiner": "stabilityai/stable-diffusion-xl-refiner-1.0",
    "sd3": "stabilityai/stable-diffusion-3-medium-diffusers",
    "sd35-medium": "stabilityai/stable-diffusion-3.5-medium",
    "sd35-large": "stabilityai/stable-diffusion-3.5-large",
    "flux-dev": "black-forest-labs/FLUX.1-dev",
    "flux-schnell": "black-forest-labs/FLUX.1-schnell",
}
"""Family -> a repository of the hub with its settings and vocabularies."""


class ModelSource(NamedTuple):
    """Where a model is. ``folder``: the model, or the settings of a checkpoint; ``checkpoint``: its file, or None."""

    folder: Path
    checkpoint: Path | None = None

    def digests(self, key: str, files: ModelFiles) -> dict[str, str]:
        """Return ``Master.models``: the whole file, and what is read besides it, have a digest each."""
        if self.checkpoint is None:
            return {key: files.digest(self.folder)}
        config = "config" if key == "model" else f"{key}_config"
        return {key: files.digest(self.checkpoint), config: files.digest(self.folder)}


def locate(files: ModelFiles, key: str, name: str, config: str | None = None) -> ModelSource:
    """Find and check a model: a folder, a commit of the hub, or one .safetensors file. Raises ProviderError.

    ``key``: the option that names it. ``config``: folder of a checkpoint's settings; None: ``configs/<family>`` beside
    the file.
    """
    if not name.lower().endswith(".safetensors"):
        if config is not None:
            hint = "remove `config`: a model folder has its own settings"
            raise ProviderError(f"`config`: {name!r} is not a checkpoint in one file (.safetensors)", hint=hint)
        folder = files.folder(key, name)
        model_checks.check_model(folder, key)
        return ModelSource(folder)
    path = files.weights(key, name)
    shapes = read_tensor_shapes(path)
    family = family_of(shapes, path, key)
    folder = path.parent / "configs" / family if config is None else files.folder("config", config)
    _check_config(folder, path, shapes, family, key)
    return ModelSource(folder, path)


def family_of(shapes: Mapping[str, Sequence[int]], path: Path, key: str) -> str:
    """Return the family of a checkpoint, a key of ``REPOSITORIES``. Raises ProviderError if it is none."""
    prefix = "" if any(name.startswith(("joint_blocks.", "double_blocks.")) for name in shapes) else _UNET
    if f"{prefix}joint_blocks.0.context_block.adaLN_modulation.1.bias" in shapes:
        positions = shapes.get(f"{prefix}pos_embed", [0, 0])[1]
        large = f"{prefix}joint_blocks.37.x_block.mlp.fc1.weight" in shapes
        return "sd35-large" if large else "sd35-medium" if positions > 36864 else "sd3"
    if f"{prefix}double_blocks.0.img_attn.norm.key_norm.scale" in shapes:
        return "flux-dev" if f"{prefix}guidance_in.in_layer.bias" in shapes else "flux-schnell"
    if not any(name.startswith(_UNET) for name in shapes):
        what = "a LoRA: name it under `loras`" if lora.is_lora(shapes) else "not a checkpoint of a family known here"
        hint = f"known: {', '.join(REPOSITORIES)}; use a model folder of `save_pretrained` for others"
        raise ProviderError(f"`{key}`: {path} is {what}", hint=hint)
    if _LAST_TEXT_BLOCK.format(1) in shapes:
        base = "sdxl"
    elif _LAST_TEXT_BLOCK.format(0) in shapes:
        return "sdxl-refiner"
    else:
        base = "sd2" if shapes.get(_CROSS_ATTENTION, [0])[-1] == 1024 else "sd15"
    channels = shapes.get(_FIRST_CONVOLUTION, [0, 0])[1]
    return f"{base}-inpainting" if channels == 9 else base


def load(source: ModelSource, key: str, dtype: Any) -> Any:
    """Load a checkpoint as the pipeline that its settings name, on the CPU. Opens no socket. Raises ProviderError."""
    import diffusers

    assert source.checkpoint is not None
    index = read_index(source.folder, key)
    name = str(index["_class_name"])
    kind = getattr(diffusers, name, None)
    if kind is None or not hasattr(kind, "from_single_file"):
        hint = "convert it to a folder once: `save_pretrained`"
        raise ProviderError(f"`{key}`: diffusers cannot load a {name} from one file", hint=hint)
    given = {}
    tensors = read_tensor_shapes(source.checkpoint)
    for part, library, class_name in _weighted_parts(index):
        if not _holds(tensors, part):  # diffusers only looks for files in its own names
            library_module = import_module(library)
            given[part] = load_component(getattr(library_module, class_name), source.folder / part, key, dtype=dtype)
    try:
        # With a folder as `config`, diffusers asks no hub; without one it would, even with `local_files_only`.
        pipe = kind.from_single_file(
            str(source.checkpoint), config=str(source.folder), local_files_only=True, torch_dtype=dtype, **given
        )
    except NotImplementedError as error:
        if "meta tensor" not in str(error):
            raise
        raise _unfilled_error(source, key) from error
    modules = (each for each in pipe.components.values() if hasattr(each, "parameters"))
    if any(weight.is_meta for module in modules for weight in module.parameters()):
        raise _unfilled_error(source, key)
    return pipe


def _unfilled_error(source: ModelSource, key: str) -> ProviderError:
    """Return the error for weights that a checkpoint lacks: diffusers leaves them empty, on the device "meta"."""
    return ProviderError(
        f"`{key}`: {source.checkpoint} lacks some of the weights that {source.folder} describes",
        hint="copy the checkpoint again, or use the settings of its family as `config`",
    )


def _weighted_parts(index: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield name, library and class of the components with weights that a checkpoint or its settings must have."""
    for name, library, class_name in model_checks.components_of(index):
        if not class_name.endswith(_WEIGHTLESS) and name not in _NEVER_LOADED:
            yield name, library, class_name


def _holds(tensors: Collection[str], part: str) -> bool:
    """Whether a checkpoint has the weights of a component."""
    starts = next((starts for start, starts in _PREFIXES.items() if part.startswith(start)), ("",))
    return any(tensor.startswith(starts) for tensor in tensors)


def read_index(folder: Path, key: str) -> Mapping[str, Any]:
    """Return the content of model_index.json. Raises ProviderError."""
    try:
        index = json.loads(regular_file.read(folder / "model_index.json"))
    except (OSError, ValueError):
        index = None
    if not isinstance(index, dict) or not isinstance(index.get("_class_name"), str):
        message = f"`{key}`: {folder / 'model_index.json'} does not name a pipeline of diffusers"
        raise ProviderError(message, hint="copy the settings again")
    return index


def _check_config(folder: Path, checkpoint: Path, shapes: Collection[str], family: str, key: str) -> None:
    """Check that all settings and vocabularies are there, and no pickle that would be loaded. Raises ProviderError."""
    missing = [] if (folder / "model_index.json").is_file() else ["model_index.json"]
    index = {} if missing else read_index(folder, key)
    for name, library, class_name in model_checks.components_of(index):
        if library not in ("diffusers", "transformers"):
            hint = "use the settings of a model that diffusers supports without extra code"
            raise ProviderError(f"`{key}`: {name} of {folder} is custom code ({library})", hint=hint)
        part = folder / name
        if class_name.endswith(_WEIGHTLESS) and not any(part.glob("*.json")) and not any(part.glob("*.model")):
            missing.append(f"{name}/")
    for name, _, _ in _weighted_parts(index):
        part = folder / name
        if not (part / "config.json").is_file():
            missing.append(f"{name}/config.json")
        if any(part.glob("*.safetensors")) or any(part.glob("*.bin")):
            model_checks.check_component(part, key)
        elif not _holds(shapes, name):
            missing.append(f"{name}/*.safetensors")
    if missing:
        repository = REPOSITORIES[family]
        weights = [name for name in missing if name.endswith(".safetensors")]
        wanted = " ".join(f'--include "{each}"' for each in ("*.json", "*.txt", "*.model", *weights))
        raise ProviderError(
            f"`{key}`: {checkpoint} is a checkpoint ({family}) alone, and its {folder} lacks {', '.join(missing)}",
            hint=f"fill that folder once: `hf download {repository} {wanted} --local-dir {folder}`; "
            "or name another folder: `config`",
        )
