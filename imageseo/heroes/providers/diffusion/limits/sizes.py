"""Which sizes a model can draw: told from a loaded pipeline, or from the settings in its folder."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from imageseo.model.errors import ProviderError

_COMMON_STEP = 32


class SizeLimits(NamedTuple):
    """Sides must be multiples of ``step`` px, up to ``maximum`` px."""

    step: int
    maximum: int = 16384


def from_configs(vae_scale: int, transformer: Mapping[str, Any] | None) -> SizeLimits:
    """Return the limits of a model. ``vae_scale``: px per latent; ``transformer``: its settings, None with a U-Net."""
    if transformer is None:
        return SizeLimits(math.lcm(8, vae_scale))
    patch = int(transformer.get("patch_size") or 1)
    step = math.lcm(8, vae_scale * max(2, patch))
    positions = transformer.get("pos_embed_max_size")  # SD3's table of positions ends there
    return SizeLimits(step, int(positions) * vae_scale * patch) if positions else SizeLimits(step)


def from_folder(configs: Mapping[str, Mapping[str, Any]]) -> SizeLimits | None:
    """Return the limits told by the settings of a model's components; None if they do not tell how its VAE scales."""
    vae = configs.get("vae", {})
    blocks = vae.get("block_out_channels") or vae.get("encoder_block_out_channels")
    if not isinstance(blocks, list) or not blocks:
        return None
    return from_configs(2 ** (len(blocks) - 1), configs.get("transformer"))


def enlarged(width: int, height: int, scale: float) -> tuple[int, int]:
    """Return the size of a second pass: the nearest one in steps that every family draws."""
    across, down = (max(_COMMON_STEP, round(side * scale / _COMMON_STEP) * _COMMON_STEP) for side in (width, height))
    return across, down


def check(limits: SizeLimits, family: str, width: int, height: int) -> None:
    """Raise ProviderError for a size that the model cannot draw, with the nearest possible one."""
    step, maximum = limits
    nearest = [min(max(step, round(side / step) * step), maximum - maximum % step) for side in (width, height)]
    if nearest == [width, height]:
        return
    limit = f", up to {maximum} px a side" if max(width, height) > maximum else ""
    raise ProviderError(
        f"{width}x{height} px: {family} draws multiples of {step} px{limit}",
        hint=f"use the nearest size: `width: {nearest[0]}`, `height: {nearest[1]}`",
    )
