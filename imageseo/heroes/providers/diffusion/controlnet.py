"""Load and check a ControlNet, and prepare its control image."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseo.heroes.providers.diffusion.components import load_component, read_class_name
from imageseo.heroes.providers.diffusion.input_images import Size, cover
from imageseo.model.errors import MissingExtraError, ProviderError
from imageseo.model.extras import install_command

if TYPE_CHECKING:
    from PIL.Image import Image

# The public canny ControlNets were trained with cv2.Canny(image, 100, 200), which does not blur and uses the L1 norm of
# the gradient. With skimage's blur of 1 px and L2 norm, half of these thresholds give about the same lines.
_SIGMA, _LOW, _HIGH = 1.0, 50, 100
_LINE_BLUR, _LINE_MINIMUM = 6.0, 8
_FAMILIES = {
    "ControlNetModel": "Stable Diffusion 1.x, 2.x or SDXL",
    "SD3ControlNetModel": "Stable Diffusion 3",
    "FluxControlNetModel": "Flux",
}
_CLASSES = {
    "StableDiffusion3": "SD3ControlNetModel",
    "Flux": "FluxControlNetModel",
    "StableDiffusion": "ControlNetModel",
}


def prepare_image(image: Image, how: str, size: Size) -> Image:
    """Return the control image in the hero's size as RGB.

    ``how``: ``canny`` and ``lineart`` find lines, white on black; ``none`` for an image that is prepared already.
    """
    image = cover(image.convert("RGB"), size)
    return canny(image) if how == "canny" else line_art(image) if how == "lineart" else image


def line_art(image: Image) -> Image:
    """Return what is darker than its surroundings as soft white lines on black: an RGB image of the same size.

    The method of the preparer "lineart standard", which needs no model.
    """
    import numpy as np
    from PIL import Image, ImageFilter

    pixels = np.asarray(image, dtype=np.float32)
    blurred = np.asarray(image.filter(ImageFilter.GaussianBlur(_LINE_BLUR)), dtype=np.float32)
    darkness = np.clip((blurred - pixels).min(axis=2), 0, None)
    lines = darkness[darkness > _LINE_MINIMUM]
    contrast = max(16.0, float(np.median(lines))) if lines.size else 16.0
    return Image.fromarray(np.clip(np.rint(darkness / contrast * 127), 0, 255).astype(np.uint8)).convert("RGB")


def canny(image: Image) -> Image:
    """Detect edges: an RGB image of the same size, white on black."""
    import numpy as np
    from PIL import Image

    try:
        from skimage.feature import canny as edges
    except ImportError as error:
        message = "`control.prepare: canny` needs scikit-image, which is not installed"
        hint = f"{install_command('diffusers')}; or use an image of outlines with `prepare: none`"
        raise MissingExtraError(message, hint=hint) from error
    finder: Any = edges  # skimage is untyped
    lines = finder(np.asarray(image.convert("L")), sigma=_SIGMA, low_threshold=_LOW, high_threshold=_HIGH)
    return Image.fromarray(lines.astype(np.uint8) * 255).convert("RGB")


def load_controlnet(folder: Path, pipe: Any) -> Any:
    """Load the ControlNet of a folder, on the diffusion pipeline's device and in its dtype.

    Raises ProviderError if it is missing, damaged, only pickled, or made for another kind of model.
    """
    kind = check_class(folder, type(pipe).__name__)
    controlnet = _load(folder, kind, pipe.dtype, _device(pipe), _stamp(folder))
    check_fit(folder, controlnet.config, (pipe.unet if hasattr(pipe, "unet") else pipe.transformer).config)
    return controlnet


def check_class(folder: Path, pipeline: str) -> str:
    """Return the ControlNet's class. Raises ProviderError if it is not one for pipelines of the class ``pipeline``."""
    kind = read_class_name(folder, "control.model")
    expected = next((kind for start, kind in _CLASSES.items() if pipeline.startswith(start)), None)
    if expected is None:
        raise ProviderError(f"`control`: {pipeline} does not support ControlNets", hint=_supported_models())
    if kind != expected:
        family = _FAMILIES.get(kind)
        description = f"for {family}" if family else f"a {kind}, which is not supported"
        raise ProviderError(f"`control.model`: {folder} is {description}", hint=f"{pipeline} needs a {expected}")
    return kind


def check_fit(folder: Path, controlnet_config: Mapping[str, Any], model_config: Mapping[str, Any]) -> None:
    """Raise ProviderError if the settings of a ControlNet and of a model do not fit each other."""
    for key, meaning in _MATCHING_KEYS.items():
        found, required = controlnet_config.get(key), model_config.get(key)
        if key in controlnet_config and key in model_config and _as_list(found) != _as_list(required):
            message = (
                f"`control.model`: {folder} is for another model: {meaning} is {found}, the model needs {required}"
            )
            raise ProviderError(message, hint="use a ControlNet for the model's family (SD 1.5, SDXL …)")


def _device(pipe: Any) -> Any:
    """Return the device that computes; offloaded weights are on another one."""
    return getattr(pipe, "_execution_device", pipe.device)


_MATCHING_KEYS = {
    "cross_attention_dim": "the width of its text embeddings",
    "addition_embed_type": "its kind of additional embeddings",
    "block_out_channels": "the width of its blocks",
    "joint_attention_dim": "the width of its text embeddings",
    "num_attention_heads": "its number of attention heads",
    "attention_head_dim": "the width of its attention",
}


def _as_list(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else value


def _supported_models() -> str:
    return "use a model that has ControlNets: " + ", ".join(_FAMILIES.values())


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Return a stamp that changes with the files, so that a replaced ControlNet is loaded again."""
    found = ((path.name, path.stat()) for path in sorted(folder.iterdir()) if path.is_file())
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in found)


@lru_cache(maxsize=3)  # a recipe rarely uses more, and each may need as much memory as a third of the model
def _load(folder: Path, kind: str, dtype: Any, device: Any, stamp: tuple[tuple[str, int, int], ...]) -> Any:
    import diffusers

    return load_component(getattr(diffusers, kind), folder, "control.model", torch_dtype=dtype).to(device).eval()
