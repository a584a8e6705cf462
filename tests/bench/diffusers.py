"""Pictures a second of `generate` beside a bare loop over the same pipeline, at the same batch and size.

The model has SDXL's real shape (UNet, VAE, both text encoders) and random weights; it is built from its configuration,
without the network. ``--tiny`` takes a tiny one, to see on any CPU that the command works: there a step costs so little
that all the rest weighs more than it ever does.

``bare`` calls the pipeline batch by batch and saves each picture as PNG, as a script would. ``ours`` is all of
`generate`: requests weighed, models checked, pictures drawn, checked, packed, hashed, kept and pinned. Both draw with
one loaded pipeline, each round with seeds of its own. ``ratio``: pictures a second, ours by the bare loop's; medians of
alternating rounds. Peak memory is the GPU's where there is one, and this process's.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, cast

_PROMPT = "a lighthouse at dawn, paper cut, number {:04}"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=int, default=16, help="a round")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--width", type=int, default=1344)
    parser.add_argument("--height", type=int, default=768)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--dtype", default=None, help="unset: what the device is good at")
    parser.add_argument("--tiny", action="store_true", help="a tiny model")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Pictures a second, their ratio, and peak memory."""
    try:
        import torch

        from imageseo.heroes.providers.diffusion import pipelines as pipes
    except ImportError as error:
        return {"skipped": f"the extra `diffusers` is not installed: {error}"}
    pipes.import_libraries(offline=True)
    machine = pipes.machine(options.device, repro=False, threads=0, batch=options.batch)
    with tempfile.TemporaryDirectory(prefix="imageseo-bench-") as folder:
        project = Path(folder)
        began = time.perf_counter()
        _save(project / "model", machine, options)
        made = time.perf_counter() - began
        ours, bare = _Ours(project, options), _Bare(project, machine, options)
        ours.round(-1)  # loads the model, hashes its files, warms up
        bare.round(-1)
        seconds: dict[str, list[float]] = {"ours": [], "bare": []}
        peaks: dict[str, int] = {"ours": 0, "bare": 0}
        for number in range(options.rounds):
            pair: list[tuple[str, Any]] = [("ours", ours), ("bare", bare)]
            for name, task in pair if number % 2 else reversed(pair):
                if torch.cuda.is_available():
                    torch.cuda.reset_peak_memory_stats()
                began = time.perf_counter()
                task.round(number)
                seconds[name].append(time.perf_counter() - began)
                if torch.cuda.is_available():
                    peaks[name] = max(peaks[name], torch.cuda.max_memory_allocated())
    rates = {name: options.images / statistics.median(each) for name, each in seconds.items()}
    memory = {f"{name}_gpu_mb": round(peak / 1e6) for name, peak in peaks.items() if peak}
    return {
        "device": machine.name(),
        "model": "tiny" if options.tiny else "sdxl",
        "dtype": machine.dtype(options.dtype),
        "size": f"{options.width}x{options.height}",
        **{key: getattr(options, key) for key in ("images", "batch", "steps", "rounds")},
        "model_made_s": round(made, 1),
        **{f"{name}_images_per_s": round(rate, 4) for name, rate in rates.items()},
        "ratio": round(rates["ours"] / rates["bare"], 3),
        **memory,
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
    }


class _Bare:
    """What a script of ten lines does."""

    def __init__(self, project: Path, machine: Any, options: argparse.Namespace) -> None:
        self.project, self.machine, self.options = project, machine, options

    def round(self, number: int) -> None:
        import torch

        from imageseo.heroes.providers.diffusion import pipelines as pipes

        options = self.options
        dtype, device = self.machine.dtype(options.dtype), self.machine.device
        (pipe,) = [each for key, each in pipes._LOADED.items() if key[1:3] == (dtype, device)]
        folder = self.project / f"bare-{number}"
        folder.mkdir()
        wanted = _wanted(number, options)
        for at in range(0, len(wanted), options.batch):
            batch = wanted[at : at + options.batch]
            pictures = pipe(
                prompt=[prompt for prompt, _ in batch],
                negative_prompt=[""] * len(batch),
                width=options.width,
                height=options.height,
                num_inference_steps=options.steps,
                guidance_scale=5.0,
                generator=[torch.Generator("cpu").manual_seed(seed) for _, seed in batch],
            ).images
            for (_, seed), picture in zip(batch, pictures, strict=True):
                picture.save(folder / f"{seed}.png")


class _Ours:
    """`generate`, from requests to pins."""

    def __init__(self, project: Path, options: argparse.Namespace) -> None:
        from imageseo.heroes.providers.diffusers import PROVIDER
        from imageseo.model.protocols import ProviderContext

        given = {"repro": False, "batch": options.batch, "device": options.device}
        self.project, self.options = project, options
        self.provider = PROVIDER.configure(ProviderContext(project=project, cache=project / ".cache", options=given))

    def round(self, number: int) -> None:
        from imageseo.heroes.generate.runner import generate
        from imageseo.heroes.masters.store import FolderMasterStore
        from imageseo.model.hero import HeroRequest, Recipe
        from imageseo.model.protocols import HeroProvider

        options = self.options
        more = {} if options.dtype is None else {"dtype": options.dtype}
        requests = []
        for prompt, seed in _wanted(number, options):
            complete = self.provider.complete({"model": "model", "prompt": prompt, "steps": options.steps, **more})
            recipe = Recipe(
                provider="diffusers", seed=seed, width=options.width, height=options.height, options=complete
            )
            requests.append(HeroRequest(page=f"{seed}.md", recipe=recipe))
        result = generate(
            requests,
            providers={"diffusers": cast("HeroProvider", self.provider)},
            vault=FolderMasterStore(self.project, f"ours-{number}"),
            lock_path=self.project / f"ours-{number}.lock",
        )
        if len(result.made) != len(requests):
            raise AssertionError(f"not all were made: {result.failed}")


def _wanted(number: int, options: argparse.Namespace) -> list[tuple[str, int]]:
    """Prompt and seed of each picture of a round; a round to warm up is one batch."""
    count = options.images if number >= 0 else options.batch
    start = (number + 1) * options.images
    return [(_PROMPT.format(seed), seed) for seed in range(start, start + count)]


def _save(folder: Path, machine: Any, options: argparse.Namespace) -> None:
    from tests.support import tiny_models

    if options.tiny:
        tiny_models.save("sdxl", folder)
        return
    import torch

    diffusers = _named("diffusers")
    dtype = getattr(torch, machine.dtype(options.dtype))
    with torch.random.fork_rng(), torch.device(machine.device):
        torch.manual_seed(tiny_models.SEED)
        pipe = diffusers.StableDiffusionXLPipeline(
            unet=diffusers.UNet2DConditionModel(**_UNET).to(dtype),
            vae=diffusers.AutoencoderKL(**_VAE).to(dtype),
            text_encoder=_clip("CLIPTextModel", _CLIP_L).to(dtype),
            text_encoder_2=_clip("CLIPTextModelWithProjection", _CLIP_G).to(dtype),
            tokenizer=tiny_models.clip_tokenizer(),
            tokenizer_2=tiny_models.clip_tokenizer(),
            scheduler=diffusers.EulerDiscreteScheduler(
                beta_start=0.00085,
                beta_end=0.012,
                beta_schedule="scaled_linear",
                timestep_spacing="leading",
                steps_offset=1,
            ),
            add_watermarker=False,
        )
        pipe.save_pretrained(folder, safe_serialization=True)


def _clip(kind: str, shape: Mapping[str, Any]) -> Any:
    transformers = _named("transformers")
    # The ends of a text are those of the small tokenizer; the table of words is as large as the real one.
    config = transformers.CLIPTextConfig(
        vocab_size=49408, bos_token_id=514, eos_token_id=515, pad_token_id=515, **shape
    )
    return getattr(transformers, kind)(config).eval()


def _named(library: str) -> Any:
    """A library whose types say less than it does."""
    return import_module(library)


# Shapes of stabilityai/stable-diffusion-xl-base-1.0.
_UNET: Mapping[str, Any] = {
    "sample_size": 128,
    "in_channels": 4,
    "out_channels": 4,
    "block_out_channels": (320, 640, 1280),
    "layers_per_block": 2,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "transformer_layers_per_block": (1, 2, 10),
    "attention_head_dim": (5, 10, 20),
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
_VAE: Mapping[str, Any] = {
    "in_channels": 3,
    "out_channels": 3,
    "latent_channels": 4,
    "block_out_channels": (128, 256, 512, 512),
    "layers_per_block": 2,
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "sample_size": 1024,
    "scaling_factor": 0.13025,
    "force_upcast": True,
}
_CLIP_L: Mapping[str, Any] = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "projection_dim": 768,
    "hidden_act": "quick_gelu",
}
_CLIP_G: Mapping[str, Any] = {
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_hidden_layers": 32,
    "num_attention_heads": 20,
    "projection_dim": 1280,
    "hidden_act": "gelu",
}
