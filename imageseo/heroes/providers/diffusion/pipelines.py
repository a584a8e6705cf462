"""Load diffusion pipelines, choose the device, and check which sizes a model can draw."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imageseo.heroes.providers.diffusion import memory as memory_modes
from imageseo.heroes.providers.diffusion import model_checks, single_file
from imageseo.heroes.providers.diffusion.limits import sizes
from imageseo.heroes.providers.diffusion.single_file import ModelSource
from imageseo.model.errors import ImageseoError, MissingExtraError, ProviderError
from imageseo.model.extras import install_command

PACKAGES = ("torch", "diffusers", "transformers", "accelerate")
_LOADED: dict[tuple[str, ...], Any] = {}
"""All pipelines of this process: a model is loaded once for any number of pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The device that draws: ``cuda``, ``cuda:1``, ``mps``, ``cpu``. ``threads``: CPU threads in repro mode.

    ``memory``: as in ``DiffusersOptions``.
    """

    device: str
    memory: str = "auto"
    repro: bool = True
    threads: int = 2
    batch: int = 1

    def dtype(self, requested: str | None) -> str:
        """Return the recipe's precision, else the best one for the device."""
        if requested is not None:
            return requested
        if self.device.startswith("cuda"):
            import torch

            return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
        return "float16" if self.device.startswith("mps") else "float32"

    def name(self) -> str:
        """Return the device and its model: ``cuda (NVIDIA H100 80GB HBM3)``."""
        if not self.device.startswith("cuda"):
            return self.device
        import torch

        return f"{self.device} ({torch.cuda.get_device_name(self.device)})"


def import_libraries(*, offline: bool) -> None:
    """Import torch and diffusers, without network access when ``offline``; MissingExtraError if not installed."""
    if offline:
        os.environ.update({"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"})
    os.environ.update({"HF_HUB_DISABLE_TELEMETRY": "1", "DIFFUSERS_VERBOSITY": "error"})
    # Without it, the order of sums in cuBLAS changes from run to run. It is read when CUDA starts.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    try:
        import diffusers
        import torch  # noqa: F401
        import transformers
    except ImportError as error:
        raise MissingExtraError(
            f"diffusion models need packages that are not installed: {error}",
            hint=install_command("diffusers"),
        ) from error
    for each in (diffusers, transformers):
        each.utils.logging.set_verbosity_error()
        each.utils.logging.disable_progress_bar()


def machine(device: str, *, repro: bool, threads: int, batch: int, memory: str = "auto") -> Machine:
    """Return the machine of a setting: ``auto`` is the first of cuda, mps and cpu. ProviderError if unavailable."""
    import torch

    available = ["cpu"]
    if torch.backends.mps.is_available():
        available.insert(0, "mps")
    if torch.cuda.is_available():
        available.insert(0, "cuda")
    selected = available[0] if device == "auto" else device
    number = selected.partition(":")[2]
    is_missing_number = selected.startswith("cuda") and number and int(number) >= torch.cuda.device_count()
    if selected.partition(":")[0] not in available or is_missing_number:
        raise ProviderError(
            f"`providers.diffusers.device`: {device} is not available; torch {torch.__version__} supports "
            + ", ".join(available),
            hint="set `auto`, or install the torch build for your GPU",
        )
    return Machine(device=selected, memory=memory, repro=repro, threads=threads, batch=1 if repro else batch)


def load(
    source: ModelSource | Path,
    key: str,
    *,
    digest: str,
    dtype: str,
    device: str,
    memory: str = "auto",
    task: str = "Text2Image",
) -> Any:
    """Check and load the pipeline of a folder or checkpoint, once per process. ``key``: the option that names it.

    ``task``: of diffusers' auto pipelines. Only .safetensors weights are loaded, never code of a model. Raises
    ProviderError.
    """
    cache_key = (digest, dtype, device, memory, task)
    if cache_key not in _LOADED:
        source = source if isinstance(source, ModelSource) else ModelSource(source)
        try:
            _LOADED[cache_key] = _load(source, key, dtype, device, memory, task)
        except ImageseoError:
            raise
        except Exception as error:  # torch, diffusers, transformers and safetensors can raise any exception
            if not is_out_of_memory(error):
                detail = " ".join(str(error).split())[:400]
                raise ProviderError(
                    f"`{key}`: {source.checkpoint or source.folder} cannot be loaded: {type(error).__name__}: {detail}",
                    hint="use a complete text-to-image pipeline of diffusers, as `save_pretrained` writes it",
                ) from error
        if cache_key not in _LOADED:  # memory ran out: try again without the models of other images
            release()
            _LOADED[cache_key] = _load(source, key, dtype, device, memory, task)
    return _LOADED[cache_key]


def _load(source: ModelSource, key: str, dtype: str, device: str, memory: str, task: str) -> Any:
    import diffusers
    import torch

    if source.checkpoint is not None:
        pipe = single_file.load(source, key, getattr(torch, dtype))
    else:
        variant = model_checks.check_model(source.folder, key)
        auto = getattr(diffusers, f"AutoPipelineFor{task}")
        small = memory_modes.quantization(memory, single_file.read_index(source.folder, key), getattr(torch, dtype))
        pipe = auto.from_pretrained(
            source.folder,
            use_safetensors=True,
            local_files_only=True,
            dtype=getattr(torch, dtype),
            variant=variant,
            **({} if small is None else {"quantization_config": small}),
        )
    pipe.set_progress_bar_config(disable=True)
    return memory_modes.place(pipe, memory, device)


def release(*keep: Any) -> None:
    """Release all loaded pipelines except these, and their memory.

    ``keep``: pipelines, or others made from them (``from_pipe``), which share their weights; None is ignored.
    """
    import gc

    import torch

    kept_models = [_largest_model(each) for each in keep if each is not None]
    for key in [
        key for key, pipe in _LOADED.items() if not any(_largest_model(pipe) is model for model in kept_models)
    ]:
        del _LOADED[key]
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _largest_model(pipe: Any) -> Any:
    """Return the largest model of a pipeline: the same object in all pipelines made from one."""
    return getattr(pipe, "unet", None) or getattr(pipe, "transformer", None) or pipe


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory of the GPU or the machine ran out."""
    import torch

    message = str(error).lower()
    is_memory_message = (
        "out of memory" in message or "can't allocate memory" in message or "not enough memory" in message
    )
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and is_memory_message
    )


def out_of_memory_error(size: tuple[int, int]) -> ProviderError:
    """Return the error for memory that ran out twice. ``size``: (width, height) in px."""
    return ProviderError(
        f"memory ran out, even for a single image of {size[0]}x{size[1]} px in tiles",
        hint="use a smaller `width` and `height` with `upscale`, or a smaller `dtype` or model",
    )


def check_size(pipe: Any, width: int, height: int) -> None:
    """Raise ProviderError for a size that the model cannot draw, with the nearest possible one."""
    transformer = getattr(pipe, "transformer", None)
    limits = sizes.from_configs(int(pipe.vae_scale_factor), None if transformer is None else transformer.config)
    sizes.check(limits, family(pipe), width, height)


def family(pipe: Any) -> str:
    """Return ``StableDiffusionXL`` for a StableDiffusionXLPipeline."""
    return type(pipe).__name__.removesuffix("Pipeline")


def supports_weights(pipe: Any) -> bool:
    """Whether the model's text encoders support weighted words: SD 1.x, 2.x and SDXL."""
    return family_supports_weights(family(pipe))


def family_supports_weights(family: str) -> bool:
    """Whether the models of a family support weighted words."""
    return family.startswith("StableDiffusion") and not family.startswith("StableDiffusion3")


@contextmanager
def reproducible(machine: Machine) -> Iterator[None]:
    """In repro mode, use a fixed number of threads and deterministic algorithms; restore the former state on exit."""
    if not machine.repro:
        yield
        return
    import torch

    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    fill_memory, benchmark = torch.utils.deterministic.fill_uninitialized_memory, torch.backends.cudnn.benchmark  # type: ignore[attr-defined]
    torch.set_num_threads(machine.threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # costs time, changes nothing
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
        torch.utils.deterministic.fill_uninitialized_memory = fill_memory  # type: ignore[attr-defined]
        torch.backends.cudnn.benchmark = benchmark
