"""What a ControlNet follows: its model, loaded and checked, and its picture, made ready."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseo.heroes.providers.diffusion.components import kind_of, loaded
from imageseo.heroes.providers.diffusion.input_images import Size, covering
from imageseo.model.errors import MissingExtraError, ProviderError
from imageseo.model.extras import install_command

if TYPE_CHECKING:
    from PIL.Image import Image

# The public canny ControlNets learned from cv2.Canny(image, 100, 200): no blur, the gradient as a sum of two parts.
# With skimage's blur of 1 px and the length of the gradient, half of these numbers give about the same lines.
_SIGMA, _LOW, _HIGH = 1.0, 50, 100
_FITS = {
    "ControlNetModel": "Stable Diffusion 1.x, 2.x or SDXL",
    "SD3ControlNetModel": "Stable Diffusion 3",
    "FluxControlNetModel": "Flux",
}
_CLASSES = {
    "StableDiffusion3": "SD3ControlNetModel",
    "Flux": "FluxControlNetModel",
    "StableDiffusion": "ControlNetModel",
}


def prepared(image: Image, how: str, size: Size) -> Image:
    """The condition in the size of the picture to make: RGB. ``how``: ``canny`` (white lines on black) or ``none``."""
    image = covering(image.convert("RGB"), size)
    return canny(image) if how == "canny" else image


def canny(image: Image) -> Image:
    """The outlines of a picture: RGB of its size, white on black."""
    import numpy as np
    from PIL import Image

    try:
        from skimage.feature import canny as edges
    except ImportError as error:
        message = "`control.prepare: canny` finds outlines with scikit-image, which is not installed"
        hint = f"{install_command('diffusers')}; or give outlines as a file, with `prepare: none`"
        raise MissingExtraError(message, hint=hint) from error
    finder: Any = edges  # it is untyped
    lines = finder(np.asarray(image.convert("L")), sigma=_SIGMA, low_threshold=_LOW, high_threshold=_HIGH)
    return Image.fromarray(lines.astype(np.uint8) * 255).convert("RGB")


def model(folder: Path, pipe: Any) -> Any:
    """The ControlNet of a folder, on the pipeline's device and in its dtype.

    Raises ProviderError when it is missing, broken, pickle alone, or made for models of another kind.
    """
    kind = kind_of(folder, "control.model")
    wanted = next((kind for start, kind in _CLASSES.items() if type(pipe).__name__.startswith(start)), None)
    if wanted is None:
        raise ProviderError(f"`control`: {type(pipe).__name__} takes no ControlNet", hint=_those())
    if kind != wanted:
        fits = _FITS.get(kind)
        says = f"for {fits}" if fits else f"a {kind}, which is not supported"
        hint = f"{type(pipe).__name__} needs a {wanted}"
        raise ProviderError(f"`control.model`: {folder} is {says}", hint=hint)
    net = _loaded(folder, kind, pipe.dtype, _device(pipe), _stamp(folder))
    theirs, ours = net.config, (pipe.unet if hasattr(pipe, "unet") else pipe.transformer).config
    for key, meaning in _SAME.items():
        found, needed = theirs.get(key), ours.get(key)
        if key in theirs and key in ours and _listed(found) != _listed(needed):
            message = f"`control.model`: {folder} is made for another model: {meaning} is {found}, the model's {needed}"
            raise ProviderError(message, hint="take the ControlNet of the model's own family (SD 1.5, SDXL …)")
    return net


def _device(pipe: Any) -> Any:
    """Where the pipeline computes, which is not where its weights wait while they are offloaded."""
    return getattr(pipe, "_execution_device", pipe.device)


_SAME = {
    "cross_attention_dim": "the width of the text that it reads",
    "addition_embed_type": "what it reads beside the prompt",
    "block_out_channels": "the width of its blocks",
    "joint_attention_dim": "the width of the text that it reads",
    "num_attention_heads": "its number of attention heads",
    "attention_head_dim": "the width of its attention",
}


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else value


def _those() -> str:
    return "ControlNets exist for " + ", ".join(_FITS.values())


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Changes whenever the files do, so that a ControlNet that was replaced is read again."""
    found = ((path.name, path.stat()) for path in sorted(folder.iterdir()) if path.is_file())
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in found)


@lru_cache(maxsize=1)  # a series follows one ControlNet, and a second one would take as much memory again
def _loaded(folder: Path, kind: str, dtype: Any, device: Any, stamp: tuple[tuple[str, int, int], ...]) -> Any:
    import diffusers

    return loaded(getattr(diffusers, kind), folder, "control.model", torch_dtype=dtype).to(device).eval()
