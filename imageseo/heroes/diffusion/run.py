"""From recipes to masters: loads, adapts, draws, checks and describes, a batch at a time."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from imageseo.heroes.diffusion.models import Files
from imageseo.heroes.diffusion.options import RecipeOptions

if TYPE_CHECKING:
    from PIL.Image import Image

# What adapters.py, shapes.py and upscale.py give, so that both sides are written to one page:
#
# adapters.attached(pipe, options, files) -> AbstractContextManager[Mapping[str, Any]]
#     Attaches LoRAs, textual inversions, VAE and IP-Adapter; yields extra call arguments (`ip_adapter_image`);
#     takes everything off again at the end, so that the pipeline is as before, also after an exception.
# shapes.call(pipe, options, files, size) -> tuple[pipeline, Mapping[str, Any]]
#     The pipeline to call (text-to-image: `pipe` itself; else from_pipe, sharing its weights), with its arguments
#     (`image`, `mask_image`, `strength`, `control_image`, …). `size`: (width, height) in px; run.py passes
#     width and height itself where the pipeline's __call__ takes them and the mapping does not hold them.
#     Batches repeat arguments for each picture: give one PIL image, run.py makes a list of it.
# upscale.enlarged(image, options, files) -> PIL.Image.Image
#     The finished picture `options.upscale.scale` times as large.
#
# run.py records `Master.models` by itself from the options: `model`, `refiner`, `vae`, `control`, `ip_adapter`,
# `upscale`, `lora:<file>`, `embedding:<file>`, `image:<file>`, by `files.digest`. Adapters only resolve:
# `files.folder(key, value)` for models, `files.weights(key, value)` for one .safetensors, `files.path(key, value)`
# for pictures. Faults of files are ProviderError.


class Attached(Protocol):
    def __call__(
        self, pipe: Any, options: RecipeOptions, files: Files
    ) -> AbstractContextManager[Mapping[str, Any]]: ...


class Call(Protocol):
    def __call__(
        self, pipe: Any, options: RecipeOptions, files: Files, size: tuple[int, int]
    ) -> tuple[Any, Mapping[str, Any]]: ...


class Enlarged(Protocol):
    def __call__(self, image: Image, options: RecipeOptions, files: Files) -> Image: ...
