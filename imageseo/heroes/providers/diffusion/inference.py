"""One batch of pictures: called, watched, given a second chance when memory runs out, and looked at."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
class Job:
    """What a batch shares. ``pipe``: the one to call, ``refiner``: the one that takes over at ``start``, or None.

    ``given``: call arguments of shape and adapters. ``size``: (width, height) in px.
    """

    pipe: Any
    size: tuple[int, int]
    steps: int
    guidance: float
    negative: str = ""
    refiner: Any = None
    start: float = 1.0
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a call gave: a picture or what is wrong with it, for each; notes; whether it took tiles, and compel."""

    pictures: tuple[Image | ProviderError, ...]
    notes: tuple[str, ...] = ()
    tiled: bool = False
    compel: bool = False


def draw(job: Job, prompts: Sequence[str], seeds: Sequence[int], on_step: OnStep) -> Drawn:
    """The pictures of a batch, each by a generator of its own: a picture does not depend on its neighbours' seeds.

    When memory runs out, once more: one by one, in tiles, everything else let go of. Raises ProviderError after that.
    """
    try:
        return _drawn(job, prompts, seeds, on_step)
    except ImageseoError:
        raise
    except Exception as error:  # torch, diffusers and transformers raise whatever they like
        if not pipelines.is_full(error):
            raise _broken(job, error) from error
    # Outside of the except clause: the error's traceback would hold on to the memory that was short.
    pipelines.release(job.pipe, job.refiner)
    try:
        with _tiled(job):
            each = [_drawn(job, [prompt], [seed], on_step) for prompt, seed in zip(prompts, seeds, strict=True)]
    except ImageseoError:
        raise
    except Exception as error:
        if not pipelines.is_full(error):
            raise _broken(job, error) from error
        raise pipelines.full(job.size) from error
    return Drawn(
        pictures=tuple(drawn.pictures[0] for drawn in each),
        notes=each[0].notes,
        tiled=True,
        compel=any(drawn.compel for drawn in each),
    )


def call(pipe: Any, arguments: Mapping[str, Any]) -> Any:
    """The one place where a pipeline is called."""
    return pipe(**arguments)


def _drawn(job: Job, prompts: Sequence[str], seeds: Sequence[int], on_step: OnStep) -> Drawn:
    import torch

    generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
    words, notes = prompt_embeddings.arguments(job.pipe, prompts, job.negative)
    arguments = {**_common(job, job.pipe, generators, on_step), **words, **job.given}
    if job.refiner is not None:
        arguments |= {"denoising_end": job.start, "output_type": "latent"}
    result = call(job.pipe, arguments)
    if job.refiner is not None:
        words, _ = prompt_embeddings.arguments(job.refiner, prompts, job.negative)
        arguments = {**_common(job, job.refiner, generators, on_step), **words}
        result = call(job.refiner, {**arguments, "image": result.images, "denoising_start": job.start})
    hidden = getattr(result, "nsfw_content_detected", None) or [False] * len(prompts)
    pictures = tuple(_looked_at(pixels, bool(bad)) for pixels, bad in zip(result.images, hidden, strict=True))
    return Drawn(pictures=pictures, notes=tuple(notes), compel="prompt_embeds" in words)


def _common(job: Job, pipe: Any, generators: list[Any], on_step: OnStep) -> dict[str, Any]:
    """The arguments that a pipeline knows of those that every picture has."""

    def stepped(pipe: Any, step: int, time: Any, given: dict[str, Any]) -> dict[str, Any]:
        on_step()
        return given

    arguments = {
        "width": job.size[0],
        "height": job.size[1],
        "num_inference_steps": job.steps,
        "guidance_scale": job.guidance,
        "generator": generators,
        "output_type": "np",
        "callback_on_step_end": stepped,
        # PixArt: would draw another size and shrink it; and would rewrite the author's words.
        "use_resolution_binning": False,
        "clean_caption": False,
    }
    known = inspect.signature(pipe.__call__).parameters
    if "callback_on_step_end" not in known:
        arguments |= {"callback": lambda step, time, latents: on_step(), "callback_steps": 1}
    return {name: value for name, value in arguments.items() if name in known}


def _looked_at(pixels: Pixels, hidden: bool) -> Image | ProviderError:
    """The picture of (height, width, 3) from 0 to 1, or what is wrong with it: never a black master."""
    import numpy as np
    from PIL import Image

    if hidden:
        return ProviderError(
            "the model's own safety checker held the picture back",
            hint="Another seed, or another prompt.",
        )
    if not np.isfinite(pixels).all():
        return ProviderError(
            "the model gave no numbers (NaN): the picture would be black",
            hint='Another `dtype` ("float32", or "bfloat16" instead of "float16"), or a `vae` that fits it.',
        )
    picture = (pixels * 255).round().astype(np.uint8)
    if (picture == picture[:1, :1]).all():
        colour = "#" + "".join(f"{channel:02x}" for channel in picture[0, 0])
        return ProviderError(
            f"the picture is of one colour, {colour}: something in model, dtype and scheduler does not fit",
            hint='Another `dtype` ("float32"), `scheduler` or `guidance`, or more `steps`.',
        )
    return Image.fromarray(picture)


@contextmanager
def _tiled(job: Job) -> Iterator[None]:
    """The pipelines in small pieces: the VAE in tiles, attention in slices; as they were, afterwards."""
    done: list[Callable[[], Any]] = []
    for pipe in (each for each in (job.pipe, job.refiner) if each is not None):
        vae: Any = getattr(pipe, "vae", None)
        if hasattr(vae, "enable_tiling") and not getattr(vae, "use_tiling", False):
            vae.enable_tiling()
            done.append(vae.disable_tiling)
        # Slicing sets new processors, and an IP-Adapter's live in the old ones.
        if "ip_adapter_image" not in job.given:
            pipe.enable_attention_slicing()
            done.append(pipe.disable_attention_slicing)
    try:
        yield
    finally:
        for undo in done:
            undo()


def _broken(job: Job, error: Exception) -> ProviderError:
    said = " ".join(str(error).split())[:400]
    return ProviderError(
        f"{pipelines.family(job.pipe)} could not draw it: {type(error).__name__}: {said}",
        hint="What does not fit may be an option of the recipe: try without adapters, scheduler and dtype first.",
    )
