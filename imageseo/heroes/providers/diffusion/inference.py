"""Run a diffusion pipeline for one batch, retry when memory runs out, and check the images."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from imageseo.heroes.providers.diffusion import pipelines, prompt_embeddings
from imageseo.model.errors import ImageseoError, ProviderError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    Pixels = NDArray[np.float32]

OnStep = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceJob:
    """Arguments of a batch. ``pipe``: the pipeline to call; ``refiner``: one that takes over at ``start``, or None.

    ``arguments``: call arguments of task and adapters. ``size``: (width, height) in px.
    """

    pipe: Any
    size: tuple[int, int]
    steps: int
    guidance: float
    negative: str = ""
    weights: str | None = None
    refiner: Any = None
    start: float = 1.0
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """Result of a call: an image or an error for each prompt; notes; whether tiles and compel were used.

    ``prompt_notes``: further notes for each prompt. ``lora_layers``: file -> layers that are used, and all of them.
    ``scheduler``: its class and settings.
    """

    images: tuple[Image | ProviderError, ...]
    notes: tuple[str, ...] = ()
    tiled: bool = False
    compel: bool = False
    prompt_notes: tuple[tuple[str, ...], ...] = ()
    scheduler: str = ""
    lora_layers: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def draw(job: InferenceJob, prompts: Sequence[str], seeds: Sequence[int], on_step: OnStep) -> BatchResult:
    """Draw a batch. Each image has its own generator, so that it does not depend on the other seeds.

    If memory runs out, all other models are released and the images are drawn again one by one in tiles. Raises
    ProviderError if that fails too.
    """
    try:
        return _draw(job, prompts, seeds, on_step)
    except ImageseoError:
        raise
    except Exception as error:  # torch, diffusers and transformers can raise any exception
        if not pipelines.is_out_of_memory(error):
            raise _pipeline_error(job, error) from error
    # Not within the except clause: the traceback would keep references to large tensors.
    pipelines.release(job.pipe, job.refiner)
    try:
        with _tiled(job):
            results = [_draw(job, [prompt], [seed], on_step) for prompt, seed in zip(prompts, seeds, strict=True)]
    except ImageseoError:
        raise
    except Exception as error:
        if not pipelines.is_out_of_memory(error):
            raise _pipeline_error(job, error) from error
        raise pipelines.out_of_memory_error(job.size) from error
    return BatchResult(
        images=tuple(result.images[0] for result in results),
        notes=results[0].notes,
        tiled=True,
        compel=any(result.compel for result in results),
    )


def draw_again(
    job: InferenceJob,
    first: BatchResult,
    strength: float,
    prompts: Sequence[str],
    seeds: Sequence[int],
    on_step: OnStep,
) -> BatchResult:
    """Enlarge the images of a first pass to the size of the job and draw them again, one by one. Raises ProviderError.

    ``job.pipe`` starts from an image; ``strength``: how much of it is replaced.
    """
    from PIL import Image

    images: list[Image.Image | ProviderError] = []
    tiled = first.tiled
    for image, prompt, seed in zip(first.images, prompts, seeds, strict=True):
        if isinstance(image, ProviderError):
            images.append(image)
            continue
        start = {"image": image.resize(job.size, Image.Resampling.LANCZOS), "strength": strength}
        second = draw(replace(job, arguments={**job.arguments, **start}), [prompt], [seed], on_step)
        images += second.images
        tiled = tiled or second.tiled
    return replace(first, images=tuple(images), tiled=tiled)


def call_pipeline(pipe: Any, arguments: Mapping[str, Any]) -> Any:
    """Call a diffusion pipeline; the only place that does."""
    return pipe(**arguments)


def _draw(job: InferenceJob, prompts: Sequence[str], seeds: Sequence[int], on_step: OnStep) -> BatchResult:
    import torch

    generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
    prompt_arguments, notes = prompt_embeddings.prompt_arguments(job.pipe, prompts, job.negative, weights=job.weights)
    arguments = {**_common_arguments(job, job.pipe, generators, on_step), **prompt_arguments, **job.arguments}
    if job.refiner is not None:
        arguments |= {"denoising_end": job.start, "output_type": "latent"}
    result = call_pipeline(job.pipe, arguments)
    if job.refiner is not None:
        prompt_arguments, _ = prompt_embeddings.prompt_arguments(job.refiner, prompts, job.negative)
        arguments = {**_common_arguments(job, job.refiner, generators, on_step), **prompt_arguments}
        result = call_pipeline(job.refiner, {**arguments, "image": result.images, "denoising_start": job.start})
    flagged = getattr(result, "nsfw_content_detected", None) or [False] * len(prompts)
    images = tuple(
        _to_image(pixels, bool(is_flagged)) for pixels, is_flagged in zip(result.images, flagged, strict=True)
    )
    return BatchResult(
        images=images,
        notes=tuple(notes),
        compel="prompt_embeds" in prompt_arguments and pipelines.supports_weights(job.pipe),
    )


def _common_arguments(job: InferenceJob, pipe: Any, generators: list[Any], on_step: OnStep) -> dict[str, Any]:
    """Return those common arguments that the diffusion pipeline accepts."""

    def after_step(pipe: Any, step: int, time: Any, callback_arguments: dict[str, Any]) -> dict[str, Any]:
        on_step()
        return callback_arguments

    arguments = {
        "width": job.size[0],
        "height": job.size[1],
        "num_inference_steps": job.steps,
        "guidance_scale": job.guidance,
        "generator": generators,
        "output_type": "np",
        "callback_on_step_end": after_step,
        # PixArt would otherwise draw another size and resize it, and rewrite the prompt.
        "use_resolution_binning": False,
        "clean_caption": False,
    }
    accepted = inspect.signature(pipe.__call__).parameters
    if "callback_on_step_end" not in accepted:
        arguments |= {"callback": lambda step, time, latents: on_step(), "callback_steps": 1}
    return {name: value for name, value in arguments.items() if name in accepted}


def _to_image(pixels: Pixels, flagged: bool) -> Image | ProviderError:
    """Convert (height, width, 3) of 0 to 1 to an image; an error for unusable pixels: never a black master."""
    import numpy as np
    from PIL import Image

    if flagged:
        return ProviderError(
            "the model's safety checker rejected the image",
            hint="change the seed or the prompt",
        )
    if not np.isfinite(pixels).all():
        return ProviderError(
            "the model returned NaN: the image would be black",
            hint='change `dtype` ("float32", or "bfloat16" instead of "float16"), or use a `vae` for that dtype',
        )
    pixels_8bit = (pixels * 255).round().astype(np.uint8)
    if (pixels_8bit == pixels_8bit[:1, :1]).all():
        color = "#" + "".join(f"{channel:02x}" for channel in pixels_8bit[0, 0])
        return ProviderError(
            f"the image is a single colour, {color}: model, dtype or scheduler do not match",
            hint='change `dtype` ("float32"), `scheduler` or `guidance`, or use more `steps`',
        )
    return Image.fromarray(pixels_8bit)


@contextmanager
def _tiled(job: InferenceJob) -> Iterator[None]:
    """Enable VAE tiling and attention slicing; restore the former state on exit."""
    undo_calls: list[Callable[[], Any]] = []
    for pipe in (each for each in (job.pipe, job.refiner) if each is not None):
        vae: Any = getattr(pipe, "vae", None)
        if hasattr(vae, "enable_tiling") and not getattr(vae, "use_tiling", False):
            vae.enable_tiling()
            undo_calls.append(vae.disable_tiling)
        # Slicing replaces the attention processors, which hold the weights of an IP-Adapter.
        if "ip_adapter_image" not in job.arguments:
            pipe.enable_attention_slicing()
            undo_calls.append(pipe.disable_attention_slicing)
    try:
        yield
    finally:
        for undo in undo_calls:
            undo()


def _pipeline_error(job: InferenceJob, error: Exception) -> ProviderError:
    detail = " ".join(str(error).split())[:400]
    return ProviderError(
        f"{pipelines.family(job.pipe)} failed: {type(error).__name__}: {detail}",
        hint="check the recipe's options: try without adapters, scheduler and dtype first",
    )
