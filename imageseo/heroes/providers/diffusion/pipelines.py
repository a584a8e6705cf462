"""Pipelines of diffusers: where they run, how they are loaded, which sizes they draw."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imageseo.heroes.providers.diffusion import model_checks
from imageseo.model.errors import MissingExtraError, ProviderError
from imageseo.model.extras import install_command

PACKAGES = ("torch", "diffusers", "transformers", "accelerate")
_LOADED: dict[tuple[str, ...], Any] = {}
"""Every pipeline of this process: a model is read once, however many pages show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What draws. ``device``: ``cuda``, ``cuda:1``, ``mps``, ``cpu``. ``threads``: of the CPU, in repro mode."""

    device: str
    repro: bool = True
    threads: int = 2
    batch: int = 1

    def dtype(self, asked: str | None) -> str:
        """The precision that a recipe asks for, else what the device is good at."""
        if asked is not None:
            return asked
        if self.device.startswith("cuda"):
            import torch

            return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
        return "float16" if self.device.startswith("mps") else "float32"

    def name(self) -> str:
        """The device and what it is: ``cuda (NVIDIA H100 80GB HBM3)``."""
        if not self.device.startswith("cuda"):
            return self.device
        import torch

        return f"{self.device} ({torch.cuda.get_device_name(self.device)})"


def ready(*, offline: bool) -> None:
    """Load torch and diffusers, deaf to the network when ``offline``; MissingExtraError when they are not there."""
    if offline:
        os.environ.update({"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"})
    os.environ.update({"HF_HUB_DISABLE_TELEMETRY": "1", "DIFFUSERS_VERBOSITY": "error"})
    # Without it, cuBLAS sums in an order that changes from run to run. It is read when CUDA starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    try:
        import diffusers
        import torch  # noqa: F401
        import transformers
    except ImportError as error:
        raise MissingExtraError(
            f"diffusion models need packages that are not here: {error}",
            hint=f"Install them: {install_command('diffusers')}",
        ) from error
    for each in (diffusers, transformers):
        each.utils.logging.set_verbosity_error()
        each.utils.logging.disable_progress_bar()


def machine(device: str, *, repro: bool, threads: int, batch: int) -> Machine:
    """The machine of a setting: ``auto`` takes the first of cuda, mps and cpu. ProviderError when it is not there."""
    import torch

    there = ["cpu"]
    if torch.backends.mps.is_available():
        there.insert(0, "mps")
    if torch.cuda.is_available():
        there.insert(0, "cuda")
    chosen = there[0] if device == "auto" else device
    number = chosen.partition(":")[2]
    counted = chosen.startswith("cuda") and number and int(number) >= torch.cuda.device_count()
    if chosen.partition(":")[0] not in there or counted:
        raise ProviderError(
            f"`providers.diffusers.device`: there is no {device} here; torch {torch.__version__} sees "
            + ", ".join(there),
            hint="Write `auto`, or install the torch build of your GPU.",
        )
    return Machine(device=chosen, repro=repro, threads=threads, batch=1 if repro else batch)


def load(folder: Path, key: str, *, digest: str, dtype: str, device: str, task: str = "Text2Image") -> Any:
    """The pipeline of a folder, checked and loaded once a process. ``key``: the option that names it, for messages.

    ``task``: of diffusers' auto pipelines. Weights come from .safetensors alone, code never comes with a model.
    Raises ProviderError.
    """
    known = (digest, dtype, device, task)
    if known not in _LOADED:
        variant = model_checks.check_model(folder, key)
        try:
            _LOADED[known] = _loaded(folder, variant, dtype, device, task)
        except Exception as error:  # torch, diffusers, transformers and safetensors raise whatever they like
            if not is_full(error):
                said = " ".join(str(error).split())[:400]
                raise ProviderError(
                    f"`{key}`: {folder} cannot be loaded: {type(error).__name__}: {said}",
                    hint="It has to be a text-to-image pipeline of diffusers, whole, as `save_pretrained` writes it.",
                ) from error
        if known not in _LOADED:  # memory ran out: once more, without the models of other pictures
            release()
            _LOADED[known] = _loaded(folder, variant, dtype, device, task)
    return _LOADED[known]


def _loaded(folder: Path, variant: str | None, dtype: str, device: str, task: str) -> Any:
    import diffusers
    import torch

    auto = getattr(diffusers, f"AutoPipelineFor{task}")
    pipe = auto.from_pretrained(
        folder, use_safetensors=True, local_files_only=True, dtype=getattr(torch, dtype), variant=variant
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe.to(device)


def release(*keep: Any) -> None:
    """Let go of every loaded pipeline but those, and of the memory that they held.

    ``keep``: pipelines, or others made from them (``from_pipe``), which share their weights; None is passed over.
    """
    import gc

    import torch

    kept = [_core(each) for each in keep if each is not None]
    for key in [key for key, pipe in _LOADED.items() if not any(_core(pipe) is core for core in kept)]:
        del _LOADED[key]
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _core(pipe: Any) -> Any:
    """What draws in a pipeline, and weighs most: one object in all the pipelines that were made from one."""
    return getattr(pipe, "unet", None) or getattr(pipe, "transformer", None) or pipe


def is_full(error: BaseException) -> bool:
    """Whether an error says that memory ran out, of the GPU or the machine."""
    import torch

    words = str(error).lower()
    told = "out of memory" in words or "can't allocate memory" in words or "not enough memory" in words
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (isinstance(error, RuntimeError) and told)


def full(size: tuple[int, int]) -> ProviderError:
    """What to say when memory ran out for good. ``size``: (width, height) in px."""
    return ProviderError(
        f"memory ran out, also with one picture of {size[0]}x{size[1]} px at a time, in tiles",
        hint="Ask for a smaller `width` and `height` and let `upscale` enlarge it; or a smaller `dtype` or model.",
    )


def check_size(pipe: Any, width: int, height: int) -> None:
    """Raise ProviderError for a size that the model cannot draw, with the nearest that it can."""
    step, most = _cell(pipe), _most(pipe)
    near = [min(max(step, round(side / step) * step), most - most % step) for side in (width, height)]
    if near == [width, height]:
        return
    limit = f", up to {most} px a side" if max(width, height) > most else ""
    raise ProviderError(
        f"{width}x{height} px: {family(pipe)} draws multiples of {step} px{limit}",
        hint=f"The nearest it can: `width: {near[0]}`, `height: {near[1]}`.",
    )


def family(pipe: Any) -> str:
    """``StableDiffusionXL`` of a StableDiffusionXLPipeline: for messages, and to tell models apart."""
    return type(pipe).__name__.removesuffix("Pipeline")


def weighs(pipe: Any) -> bool:
    """Whether the model's text encoders take weighted words: SD 1.x, 2.x and SDXL."""
    return family(pipe).startswith("StableDiffusion") and not family(pipe).startswith("StableDiffusion3")


def _cell(pipe: Any) -> int:
    """px of the smallest piece that a model draws: its pictures are whole numbers of them. Never under 8."""
    transformer = getattr(pipe, "transformer", None)
    patch = 1 if transformer is None else max(2, int(transformer.config.get("patch_size") or 1))
    return math.lcm(8, int(pipe.vae_scale_factor) * patch)


def _most(pipe: Any) -> int:
    """px that a side may have: SD3's table of positions ends there."""
    transformer = getattr(pipe, "transformer", None)
    config = {} if transformer is None else transformer.config
    positions = config.get("pos_embed_max_size")
    return int(positions) * int(pipe.vae_scale_factor) * int(config["patch_size"]) if positions else 16384


@contextmanager
def steady(machine: Machine) -> Iterator[None]:
    """In repro mode, a fixed number of threads and algorithms that give the same twice; as it was, afterwards."""
    if not machine.repro:
        yield
        return
    import torch

    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    warns = torch.is_deterministic_algorithms_warn_only_enabled()
    filled, bench = torch.utils.deterministic.fill_uninitialized_memory, torch.backends.cudnn.benchmark  # type: ignore[attr-defined]
    torch.set_num_threads(machine.threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # costs time, changes nothing
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(strict, warn_only=warns)
        torch.utils.deterministic.fill_uninitialized_memory = filled  # type: ignore[attr-defined]
        torch.backends.cudnn.benchmark = bench
