"""RecipeOptions and its parts: the options of a diffusers recipe as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from imageseo.heroes.providers.diffusion import schedulers

Dtype = Literal["float32", "bfloat16", "float16"]
Weights = Literal["apply", "drop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lora:
    """One LoRA file (.safetensors) and its weight."""

    file: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A ControlNet (folder or hub name), its control image, and how that image is prepared."""

    model: str
    image: str
    scale: float = 1.0
    prepare: Literal["canny", "lineart", "none"] = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class IpAdapter:
    """An IP-Adapter: its folder, its weights in it (``ip-adapter_sd15.safetensors``), and the reference image."""

    folder: str
    weight_name: str
    image: str
    scale: float = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Refiner:
    """A second model that takes over at ``start``, a fraction of the steps."""

    model: str
    start: float = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Upscale:
    """A model that enlarges the finished image ``scale`` times."""

    model: str
    scale: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Hires:
    """A second pass: the first image is enlarged and drawn again, as far as ``strength`` goes.

    ``steps``: before ``strength`` is applied; None: as in the first pass.
    """

    scale: float = 2.0
    strength: float = 0.5
    steps: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeOptions:
    """Options of a recipe besides seed, width and height. Paths are relative to the project, or absolute.

    ``model``: a folder, ``org/name@<commit>`` from the hub's cache, or a checkpoint in one .safetensors file, whose
    settings are in ``config`` (None: beside it). ``scheduler``: a canonical name of
    ``schedulers``, or ``default`` for the one in the model folder. ``dtype``: None lets the device decide.
    ``weights``: whether weighted words count, where the model supports it (None: they do).
    ``strength``: how much of ``image`` is redrawn; needs ``image``. ``width`` and ``height`` of the recipe are the size
    that the model draws; ``hires`` and ``upscale`` enlarge that.
    """

    model: str
    prompt: str
    config: str | None = None
    negative: str = ""
    weights: Weights | None = None
    steps: int = 30
    guidance: float = 5.0
    scheduler: str = schedulers.DEFAULT
    dtype: Dtype | None = None
    vae: str | None = None
    refiner: Refiner | None = None
    embeddings: tuple[str, ...] = ()
    loras: tuple[Lora, ...] = ()
    control: tuple[Control, ...] = ()
    ip_adapter: IpAdapter | None = None
    image: str | None = None
    strength: float | None = None
    mask: str | None = None
    outpaint: bool = False
    hires: Hires | None = None
    upscale: Upscale | None = None
