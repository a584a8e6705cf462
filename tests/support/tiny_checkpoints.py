"""Tiny pipelines of Stable Diffusion as one file, in the original names of its weights, as people share them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def save(pipe: Any, path: Path) -> Path:
    """Write the weights of a tiny Stable Diffusion (one layer per block) as one .safetensors file."""
    from safetensors.torch import save_file

    tensors = {f"model.diffusion_model.{_unet_name(pipe.unet, name)}": each for name, each in _state(pipe.unet)}
    levels = len(pipe.vae.config.block_out_channels)
    for name, each in _state(pipe.vae):
        shaped = each[:, :, None, None] if re.search(r"attentions.*\.to_.*weight$", name) else each
        tensors[f"first_stage_model.{_vae_name(name, levels)}"] = shaped.contiguous()
    for name, each in _state(pipe.text_encoder):
        tensors[f"cond_stage_model.transformer.text_model.{name.removeprefix('text_model.')}"] = each
    save_file(tensors, str(path))
    return path


def save_config(model: Path, folder: Path) -> Path:
    """Copy the settings and vocabularies of a model folder, without any weights."""
    return shutil.copytree(model, folder, ignore=shutil.ignore_patterns("*.safetensors"))


def _state(module: Any) -> list[tuple[str, Any]]:
    return [(name, each.clone().contiguous()) for name, each in module.state_dict().items()]


def _unet_name(unet: Any, name: str) -> str:
    for ours, original in (
        ("time_embedding.linear_1", "time_embed.0"),
        ("time_embedding.linear_2", "time_embed.2"),
        ("conv_norm_out", "out.0"),
        ("conv_out", "out.2"),
        ("conv_in", "input_blocks.0.0"),
    ):
        if name.startswith(f"{ours}."):
            return name.replace(ours, original)
    place, _, rest = re.sub(r"^((?:down|up)_blocks\.\d+|mid_block)\.", r"\1|", name).partition("|")
    kind, number, rest = (re.match(r"(\w+?)\.(\d+)\.(.*)", rest) or re.match("()()()", "")).groups()  # type: ignore[union-attr]
    if kind == "resnets":
        rest = next((rest.replace(ours, new, 1) for ours, new in _RESNET.items() if rest.startswith(f"{ours}.")), rest)
    side, _, at = place.partition(".")
    if side == "mid_block":
        return f"middle_block.{1 if kind == 'attentions' else 2 * int(number)}.{rest}"
    if side == "down_blocks":
        block = 2 * int(at) + 1 + (int(number) if kind in ("resnets", "attentions") else 1)
        part = {"resnets": "0", "attentions": "1", "downsamplers": "0"}[kind]
        return f"input_blocks.{block}.{part}.{rest.replace('conv.', 'op.') if kind == 'downsamplers' else rest}"
    block = 2 * int(at) + (int(number) if kind in ("resnets", "attentions") else 1)
    after = 2 if hasattr(unet.up_blocks[int(at)], "attentions") else 1
    return f"output_blocks.{block}.{ {'resnets': 0, 'attentions': 1, 'upsamplers': after}[kind] }.{rest}"


def _vae_name(name: str, levels: int) -> str:
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    name = re.sub(r"down_blocks\.(\d+)\.resnets\.(\d+)", r"down.\1.block.\2", name)
    name = re.sub(r"down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.downsample", name)
    for at in range(levels):
        name = re.sub(rf"up_blocks\.{at}\.resnets\.(\d+)", rf"up.{levels - 1 - at}.block.\1", name)
        name = name.replace(f"up_blocks.{at}.upsamplers.0", f"up.{levels - 1 - at}.upsample")
    name = name.replace("mid_block.resnets.0", "mid.block_1").replace("mid_block.resnets.1", "mid.block_2")
    if "mid_block.attentions.0" in name:
        name = name.replace("mid_block.attentions.0", "mid.attn_1")
        for ours, original in _ATTENTION.items():
            name = name.replace(f".{ours}.", f".{original}.")
    return name
