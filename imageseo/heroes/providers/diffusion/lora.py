"""LoRAs: several at once, each with its weight; refused unless every layer finds its place in the model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseo.heroes.providers.diffusion.components import tensors
from imageseo.model.errors import MissingExtraError, ProviderError
from imageseo.model.extras import install_command

if TYPE_CHECKING:
    from imageseo.heroes.providers.diffusion.model_files import Files
    from imageseo.heroes.providers.diffusion.options import Lora

# One such tensor a layer in every dialect of LoRA files: peft, diffusers of old, kohya; LoHa and LoKr.
_DOWN = re.compile(r"(\.lora_A\.weight|[._]lora\.down\.weight|\.lora_down\.weight|\.hada_w1_a|\.lokr_w1(_a)?)$")
# What the width of the text that a model's cross attention reads gives away about its family.
_FAMILIES = {768: "Stable Diffusion 1.x", 1024: "Stable Diffusion 2.x", 2048: "SDXL"}


@contextmanager
def mixed(pipe: Any, loras: Sequence[Lora], files: Files) -> Iterator[None]:
    """The pipeline with them, and without them again at the end. Raises ProviderError for files that do not fit."""
    if not hasattr(pipe, "load_lora_weights"):
        raise ProviderError(
            f"`loras`: {type(pipe).__name__} takes no LoRA", hint="take another model, or leave them out"
        )
    _need_peft()
    paths = [files.weights(f"loras[{at}].file", lora.file) for at, lora in enumerate(loras)]
    names = [f"imageseo_{at}" for at in range(len(paths))]
    try:
        for name, path in zip(names, paths, strict=True):
            _load_lora(pipe, name, path)
        pipe.set_adapters(names, adapter_weights=[lora.weight for lora in loras])
        yield
    finally:
        pipe.unload_lora_weights()


def _need_peft() -> None:
    from importlib.util import find_spec

    if find_spec("peft") is None:
        raise MissingExtraError("`loras` need peft, which is not installed", hint=install_command("diffusers"))


def _load_lora(pipe: Any, name: str, path: Path) -> None:
    """Load one file and see that every layer of it found its place: diffusers warns of the rest and goes on."""
    shapes = tensors(path)
    wanted = sum(1 for key in shapes if _DOWN.search(key))
    if not wanted:
        raise ProviderError(
            f"`loras`: {path} holds no LoRA", hint="a file with lora_A/lora_B or lora_down/lora_up pairs"
        )
    parts = [part for part in (getattr(pipe, each, None) for each in pipe._lora_loadable_modules) if part is not None]
    try:
        pipe.load_lora_weights(
            str(path.parent), weight_name=path.name, adapter_name=name, local_files_only=True, use_safetensors=True
        )
    except Exception as error:  # every family has its own way to say that shapes or names do not fit
        raise ProviderError(f"`loras`: {path} does not fit {_model(pipe)}: {_why(shapes, pipe, error)}") from error
    found = sum(_holds(layer, name) for part in parts for layer in part.modules())
    if found < wanted:
        why = _why(shapes, pipe, f"{found} of its {wanted} layers have a place in it")
        raise ProviderError(f"`loras`: {path} does not fit {_model(pipe)}: {why}")


def _holds(layer: Any, name: str) -> bool:
    return any(name in getattr(layer, kind, ()) for kind in ("lora_A", "lora_embedding_A", "lokr_w1", "hada_w1_a"))


def _why(shapes: Mapping[str, Sequence[int]], pipe: Any, otherwise: object) -> str:
    """What the file was made for, told by the width of the text that its cross attention reads."""
    ours = _text_width(pipe)
    theirs = {
        shape[1]
        for key, shape in shapes.items()
        if len(shape) == 2 and _DOWN.search(key) and re.search(r"attn2[._]to_[kv]\b|attn2[._]to_[kv]_lora", key)
    }
    if ours is None or not theirs or theirs == {ours}:
        return " ".join(str(otherwise).split())[:300]
    width = min(theirs - {ours})
    return f"it is for {_FAMILIES.get(width, 'a model')} with texts {width} wide, the model's are {ours} wide"


def _text_width(pipe: Any) -> int | None:
    unet = getattr(pipe, "unet", None)
    width = None if unet is None else unet.config.get("cross_attention_dim")
    return width if isinstance(width, int) else None


def _model(pipe: Any) -> str:
    width = _text_width(pipe)
    family = _FAMILIES.get(width, type(pipe).__name__) if width is not None else type(pipe).__name__
    return f"the model ({family})"
