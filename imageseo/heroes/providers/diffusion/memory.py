"""Models that do not fit into the memory of a device: moved part by part, or with smaller weights."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from imageseo.heroes.providers.diffusion import model_checks
from imageseo.model.errors import MissingExtraError, ProviderError

if TYPE_CHECKING:
    from imageseo.heroes.providers.diffusion.recipe_options import RecipeOptions

MODES = ("auto", "offload", "8bit", "4bit")
_KEY = "providers.diffusers.memory"
_PACKAGES = {"8bit": "torchao", "4bit": "bitsandbytes"}
_LARGE = ("UNet2DConditionModel", "T5EncoderModel")


def check(mode: str, options: RecipeOptions) -> None:
    """Raise ProviderError or MissingExtraError if a mode cannot be used here, or not with this recipe."""
    package = _PACKAGES.get(mode)
    if package is None:
        return
    # Known to fail late, with errors about tensors, or to change the image.
    unfit = {
        "loras": bool(options.loras),
        "ip_adapter": options.ip_adapter is not None,
        "a checkpoint in one file": options.model.lower().endswith(".safetensors"),
    }
    for name in (name for name, used in unfit.items() if used):
        shown = name if " " in name else f"`{name}`"
        hint = f"set `{_KEY}: offload` or `auto`, or remove {shown} from the recipe"
        raise ProviderError(f"`{_KEY}`: {mode} does not work with {shown}", hint=hint)
    if find_spec(package) is None:
        message = f"`{_KEY}`: {mode} needs {package}, which is not installed"
        raise MissingExtraError(message, hint=f"pip install {package}; or set `auto` or `offload`")
    if mode == "4bit":
        import torch

        if not torch.cuda.is_available():
            message = f"`{_KEY}`: 4bit needs a CUDA device, and torch {torch.__version__} sees none"
            raise ProviderError(message, hint="set `8bit`, `offload` or `auto`")


def quantization(mode: str, components: Mapping[str, Any], dtype: Any) -> Any:
    """Return diffusers' settings for smaller weights of U-Net or transformer and T5; None if they stay as they are.

    ``components``: of model_index.json. The VAE and CLIP stay: they are small, and the VAE shows every error.
    """
    if mode not in _PACKAGES:
        return None
    libraries: dict[str, Any] = {name: import_module(name) for name in ("diffusers", "transformers")}
    mapping: dict[str, Any] = {}
    for name, library_name, class_name in model_checks.components_of(components):
        if class_name not in _LARGE and name != "transformer":
            continue
        library = libraries[library_name]
        if mode == "8bit":
            torchao: Any = import_module("torchao.quantization")
            mapping[name] = library.TorchAoConfig(torchao.Int8WeightOnlyConfig())
        else:
            mapping[name] = library.BitsAndBytesConfig(
                load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype
            )
    return libraries["diffusers"].PipelineQuantizationConfig(quant_mapping=mapping)


def place(pipe: Any, mode: str, device: str) -> Any:
    """Move a new pipeline to its device; ``offload``: each component only while it computes."""
    if mode != "offload":
        return pipe.to(device)
    pipe.enable_model_cpu_offload(device=device)
    return pipe


def suspend(pipe: Any) -> Any:
    """End offloading, so that components can be changed; return the device for ``resume``, None if nothing was."""
    if not getattr(pipe, "_all_hooks", None):
        return None
    device = pipe._offload_device
    pipe.remove_all_hooks()
    return device


def resume(pipe: Any, device: Any) -> None:
    """Offload again, with the present components. diffusers itself would choose the first device instead."""
    if device is not None:
        pipe.enable_model_cpu_offload(device=device)
