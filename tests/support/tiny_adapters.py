"""Adapters with random weights for tiny pipelines: LoRAs, textual inversions, ControlNets, IP-Adapters, VAEs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_LAYERS = ("to_q", "to_k", "to_v", "to_out.0", "q_proj", "k_proj", "v_proj", "out_proj")


def lora(pipe: Any, path: Path, *, seed: int, parts: tuple[str, ...] = ("unet",), strength: float = 0.5) -> Path:
    """Write a LoRA of rank 2 for the attention layers of these components, in diffusers' names."""
    import torch
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(seed)
    tensors: dict[str, Any] = {}
    for part in parts:
        for name, layer in getattr(pipe, part).named_modules():
            if not isinstance(layer, torch.nn.Linear) or not name.endswith(_LAYERS):
                continue
            down = torch.randn(2, layer.in_features, generator=generator) * strength
            up = torch.randn(layer.out_features, 2, generator=generator) * strength
            if part.startswith("text_encoder") and not name.startswith("text_model."):
                name = f"text_model.{name}"  # the name in files, whatever transformers calls it
            tensors |= {f"{part}.{name}.lora_A.weight": down, f"{part}.{name}.lora_B.weight": up}
    save_file(tensors, str(path))
    return path


def embedding(path: Path, width: int, *, name: str, vectors: int = 1, seed: int = 5) -> Path:
    """Write a textual inversion: ``name`` is its word (diffusers) or ``emb_params`` (A1111)."""
    import torch
    from safetensors.torch import save_file

    save_file({name: torch.randn(vectors, width, generator=torch.Generator().manual_seed(seed))}, str(path))
    return path


def controlnet(pipe: Any, folder: Path, *, seed: int = 6) -> Path:
    """Save a ControlNet of the pipeline's shape; its last layers, zero before training, are noise."""
    import torch
    from diffusers import ControlNetModel

    torch.manual_seed(seed)
    net = ControlNetModel.from_unet(pipe.unet, conditioning_embedding_out_channels=(8, 16))
    for name, weight in net.named_parameters():
        if name.startswith(("controlnet_", "controlnet_cond_embedding.conv_out")):
            torch.nn.init.normal_(weight, std=0.3)
    net.save_pretrained(str(folder))
    return folder


def vae(pipe: Any, folder: Path, *, seed: int = 7) -> Path:
    """Save another VAE of the same shape."""
    import torch

    torch.manual_seed(seed)
    type(pipe.vae).from_config(pipe.vae.config).save_pretrained(str(folder))
    return folder


def ip_adapter(pipe: Any, folder: Path, *, seed: int = 8, width: int | None = None) -> Path:
    """Save an IP-Adapter (``ip.safetensors``, four tokens) with its image encoder, laid out as published."""
    import torch
    from safetensors.torch import save_file
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    torch.manual_seed(seed)
    config = CLIPVisionConfig(
        hidden_size=16,
        intermediate_size=32,
        projection_dim=24,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=32,
        patch_size=16,
    )
    CLIPVisionModelWithProjection(config).save_pretrained(str(folder / "image_encoder"))
    width = pipe.unet.config.cross_attention_dim if width is None else width
    tensors = {
        "image_proj.proj.weight": torch.randn(4 * width, 24),
        "image_proj.proj.bias": torch.zeros(4 * width),
        "image_proj.norm.weight": torch.ones(width),
        "image_proj.norm.bias": torch.zeros(width),
    }
    cross_attention = [name for name in pipe.unet.attn_processors if "attn2" in name]
    for number, name in enumerate(cross_attention):
        layer = pipe.unet.get_submodule(name.removesuffix(".processor"))
        for part in ("to_k_ip", "to_v_ip"):
            weights = torch.randn(layer.to_k.out_features, width) * 0.5
            tensors[f"ip_adapter.{2 * number + 1}.{part}.weight"] = weights
    save_file(tensors, str(folder / "ip.safetensors"))
    return folder


def inpainting(pipe: Any, *, seed: int = 9) -> Any:
    """Return the pipeline as an inpainting model: its U-Net has nine input channels, including the mask."""
    import diffusers
    import torch

    torch.manual_seed(seed)
    network: Any = diffusers.UNet2DConditionModel
    kind: Any = diffusers.StableDiffusionInpaintPipeline
    unet = network.from_config({**pipe.unet.config, "in_channels": 9})
    return kind(**{**pipe.components, "unet": unet}, requires_safety_checker=False)


def as_kohya(path: Path, to: Path) -> Path:
    """Save the same LoRA in the names of kohya's trainer, which most published files use."""
    import torch
    from safetensors.torch import load_file, save_file

    tensors = {}
    for name, weight in load_file(str(path)).items():
        layer, _, side = name.removesuffix(".weight").rpartition(".")
        part, _, inner = layer.partition(".")
        stem = {"unet": "lora_unet", "text_encoder": "lora_te"}[part] + "_" + inner.replace(".", "_")
        tensors[f"{stem}.{'lora_down' if side == 'lora_A' else 'lora_up'}.weight"] = weight
        tensors[f"{stem}.alpha"] = torch.tensor(2.0)
    save_file(tensors, str(to))
    return to
