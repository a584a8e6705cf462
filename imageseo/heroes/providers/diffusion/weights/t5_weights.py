"""Weighted words for models that read prompts with T5: SD3, Flux and PixArt, which compel does not weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imageseo.heroes.providers.diffusion.limits import prompt_length
from imageseo.heroes.providers.diffusion.weights import prompt_weights

# Family -> its T5 tokenizer, and how many tokens of other encoders come before those of T5.
_LAYOUT = {
    "StableDiffusion3": ("tokenizer_3", prompt_length.CLIP_LIMIT),
    "Flux": ("tokenizer_2", 0),
    "PixArtSigma": ("tokenizer", 0),
    "PixArtAlpha": ("tokenizer", 0),
}


def supports(family: str) -> bool:
    """Whether the embeddings of a family can be weighted here."""
    return family in _LAYOUT


def encode(pipe: Any, family: str, prompts: Sequence[str], negative: str) -> dict[str, Any]:
    """Return the call arguments of weighted prompts.

    The embedding of a weighted token is moved away from the one of an empty prompt at its place, as many times as its
    weight: 1 keeps it, 0 takes the word out. Only T5 is weighted, not the summary that CLIP gives.
    """
    import torch

    texts, empty = list(prompts), [""] * len(prompts)
    with torch.no_grad():
        weighted = _embeddings(pipe, family, texts, negative)
        base = _embeddings(pipe, family, empty, "")
        for key, sources in (("prompt_embeds", texts), ("negative_prompt_embeds", [negative] * len(texts))):
            if key in weighted:
                factors = torch.tensor([_factors(pipe, family, text) for text in sources]).to(weighted[key])[:, :, None]
                origin = base["prompt_embeds"]
                weighted[key] = origin + (weighted[key] - origin) * factors
    return weighted


def _embeddings(pipe: Any, family: str, texts: Sequence[str], negative: str) -> dict[str, Any]:
    """Return the arguments of a call with texts encoded as the pipeline itself does."""
    plain = [prompt_weights.strip_weights(text) for text in texts]
    against = [prompt_weights.strip_weights(negative)] * len(plain)
    if family == "Flux":
        found, pooled, _ = pipe.encode_prompt(prompt=plain, prompt_2=None)
        return {"prompt_embeds": found, "pooled_prompt_embeds": pooled}
    if family == "StableDiffusion3":
        names = ("prompt_embeds", "negative_prompt_embeds", "pooled_prompt_embeds", "negative_pooled_prompt_embeds")
        found = pipe.encode_prompt(prompt=plain, prompt_2=None, prompt_3=None, negative_prompt=against)
    else:
        names = ("prompt_embeds", "prompt_attention_mask", "negative_prompt_embeds", "negative_prompt_attention_mask")
        limit = prompt_length.T5_LIMITS[family]
        found = pipe.encode_prompt(prompt=plain, negative_prompt=against, max_sequence_length=limit)
    # PixArt has "" as default, which excludes embeddings.
    return {**dict(zip(names, found, strict=True)), "negative_prompt": None}


def _factors(pipe: Any, family: str, text: str) -> list[float]:
    """Return the weight of each embedding: 1 for those of other encoders, of special tokens and of padding."""
    name, before = _LAYOUT[family]
    parts = prompt_weights.parse(text)
    plain = "".join(part.text for part in parts)
    of_character = [part.weight for part in parts for _ in part.text]
    start = len(plain) - len(plain.lstrip()) if family.startswith("PixArt") else 0  # it strips its prompts
    encoded = getattr(pipe, name)(
        plain[start:],
        padding="max_length",
        truncation=True,
        max_length=prompt_length.T5_LIMITS[family],
        return_offsets_mapping=True,
    )
    factors = [1.0] * before
    for first, end in encoded["offset_mapping"]:
        letters = [at for at in range(start + first, start + end) if not plain[at].isspace()]
        factors.append(of_character[letters[0]] if letters else 1.0)
    return factors
