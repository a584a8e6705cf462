"""Apply LoRAs, several at once, each with its weight; refuse files whose layers do not all match the model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from imageseo.heroes.providers.diffusion.components import read_tensor_shapes
from imageseo.model.errors import MissingExtraError, ProviderError
from imageseo.model.extras import install_command

if TYPE_CHECKING:
    from imageseo.heroes.providers.diffusion.model_files import ModelFiles
    from imageseo.heroes.providers.diffusion.recipe_options import Lora

# One such tensor per layer in all formats of LoRA files: peft, old diffusers, kohya; LoHa and LoKr.
_DOWN = re.compile(r"(\.lora_A\.weight|[._]lora\.down\.weight|\.lora_down\.weight|\.hada_w1_a|\.lokr_w1(_a)?)$")
# Model families by the width of the text embeddings that their cross attention reads.
_FAMILIES = {768: "Stable Diffusion 1.x", 1024: "Stable Diffusion 2.x", 2048: "SDXL"}


class LayerCount(NamedTuple):
    """Layers of a LoRA file that the model uses, and all of them."""

    used: int
    all: int


@contextmanager
def apply_loras(pipe: Any, loras: Sequence[Lora], files: ModelFiles) -> Iterator[Mapping[str, LayerCount]]:
    """Apply the LoRAs and remove them on exit; yields file -> layers. Raises ProviderError for files that do not fit.

    A file of which only a part matches the model is applied as far as it goes.
    """
    if not hasattr(pipe, "load_lora_weights"):
        raise ProviderError(
            f"`loras`: {type(pipe).__name__} does not support LoRAs", hint="use another model, or remove them"
        )
    _require_peft()
    paths = [files.weights(f"loras[{number}].file", lora.file) for number, lora in enumerate(loras)]
    names = [f"imageseo_{number}" for number in range(len(paths))]
    try:
        counts = {lora.file: _load_lora(pipe, name, path) for lora, name, path in zip(loras, names, paths, strict=True)}
        pipe.set_adapters(names, adapter_weights=[lora.weight for lora in loras])
        yield counts
    finally:
        pipe.unload_lora_weights()


def _require_peft() -> None:
    from importlib.util import find_spec

    if find_spec("peft") is None:
        raise MissingExtraError("`loras` need peft, which is not installed", hint=install_command("diffusers"))


def _load_lora(pipe: Any, name: str, path: Path) -> LayerCount:
    """Load one file and count the layers that are used: diffusers only warns about unused ones, even if all are."""
    shapes = read_tensor_shapes(path)
    expected = _count_layers(shapes, path)
    parts = [part for part in (getattr(pipe, each, None) for each in pipe._lora_loadable_modules) if part is not None]
    try:
        pipe.load_lora_weights(
            str(path.parent), weight_name=path.name, adapter_name=name, local_files_only=True, use_safetensors=True
        )
    except Exception as error:  # each family raises different exceptions if shapes or names do not match
        none = f"none of its {expected} layers match"
        reason = _mismatch_reason(shapes, pipe, none if "not found in the base model" in str(error) else error)
        raise ProviderError(
            f"`loras`: {path} does not fit {_describe_model(pipe)}: {reason}", hint=_OTHER_LORA
        ) from error
    found = sum(_has_adapter(layer, name) for part in parts for layer in part.modules())
    width = _text_width(pipe)
    is_other_model = found < expected and width is not None and bool(_other_width(shapes, width))
    if not found or is_other_model:
        reason = _mismatch_reason(shapes, pipe, f"{found or 'none'} of its {expected} layers match")
        raise ProviderError(f"`loras`: {path} does not fit {_describe_model(pipe)}: {reason}", hint=_OTHER_LORA)
    return LayerCount(found, expected)


def check_file(path: Path, text_width: object) -> None:
    """Check a LoRA by its header. Raises ProviderError if it is none, or is for texts of another width."""
    shapes = read_tensor_shapes(path)
    _count_layers(shapes, path)
    if isinstance(text_width, int) and (reason := _other_width(shapes, text_width)):
        raise ProviderError(f"`loras`: {path} does not fit {_describe_width(text_width)}: {reason}", hint=_OTHER_LORA)


_OTHER_LORA = "use a LoRA for the model's family"


def is_lora(shapes: Iterable[str]) -> bool:
    """Whether tensors of these names are a LoRA."""
    return any(_DOWN.search(name) for name in shapes)


def _count_layers(shapes: Mapping[str, Sequence[int]], path: Path) -> int:
    count = sum(1 for key in shapes if _DOWN.search(key))
    if not count:
        raise ProviderError(
            f"`loras`: {path} is not a LoRA", hint="use a file with lora_A/lora_B or lora_down/lora_up pairs"
        )
    return count


def _has_adapter(layer: Any, name: str) -> bool:
    return any(name in getattr(layer, kind, ()) for kind in ("lora_A", "lora_embedding_A", "lokr_w1", "hada_w1_a"))


def _mismatch_reason(shapes: Mapping[str, Sequence[int]], pipe: Any, otherwise: object) -> str:
    """Return the model that the file was made for, if the width of its text embeddings differs; else ``otherwise``."""
    model_width = _text_width(pipe)
    reason = _other_width(shapes, model_width) if model_width is not None else ""
    return reason or " ".join(str(otherwise).split())[:300]


def _other_width(shapes: Mapping[str, Sequence[int]], model_width: int) -> str:
    file_widths = {
        shape[1]
        for key, shape in shapes.items()
        if len(shape) == 2 and _DOWN.search(key) and re.search(r"attn2[._]to_[kv]\b|attn2[._]to_[kv]_lora", key)
    }
    if not file_widths or file_widths == {model_width}:
        return ""
    width = min(file_widths - {model_width})
    return f"it is for {_FAMILIES.get(width, 'a model')} with texts of width {width}, the model has {model_width}"


def _text_width(pipe: Any) -> int | None:
    unet = getattr(pipe, "unet", None)
    width = None if unet is None else unet.config.get("cross_attention_dim")
    return width if isinstance(width, int) else None


def _describe_model(pipe: Any) -> str:
    width = _text_width(pipe)
    return _describe_width(width) if width in _FAMILIES else f"the model ({type(pipe).__name__})"


def _describe_width(width: int | None) -> str:
    return f"the model ({_FAMILIES[width]})" if width in _FAMILIES else "the model"
