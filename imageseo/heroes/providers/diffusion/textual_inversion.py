"""Textual inversions: add new words to a diffusion pipeline for one recipe."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from imageseo.model.errors import ProviderError

# Tensor names that are not the word itself, as A1111 and SDXL trainers write them.
_GENERIC_NAMES = ("emb_params", "clip_l", "clip_g")


@contextmanager
def add_embeddings(pipe: Any, paths: Sequence[Path]) -> Iterator[None]:
    """Add textual inversions to copies of the tokenizers and of the encoders' embedding tables.

    A file contains ``{"<token>": vectors}`` (diffusers), ``emb_params`` (A1111) or ``clip_l`` and ``clip_g`` (SDXL);
    for the last two the word is the file name.
    """
    if not hasattr(pipe, "load_textual_inversion"):
        raise ProviderError(f"`embeddings`: {type(pipe).__name__} does not support textual inversions")
    originals = []
    for suffix in ("", "_2"):
        tokenizer, encoder = getattr(pipe, f"tokenizer{suffix}", None), getattr(pipe, f"text_encoder{suffix}", None)
        if tokenizer is None or encoder is None or not type(encoder).__name__.startswith("CLIP"):
            continue
        table = encoder.get_input_embeddings()
        originals.append((suffix, tokenizer, encoder, table, encoder.config.vocab_size))
    try:
        for suffix, tokenizer, encoder, table, _ in originals:
            setattr(pipe, f"tokenizer{suffix}", copy.deepcopy(tokenizer))
            encoder.set_input_embeddings(copy.deepcopy(table))
        for path in paths:
            _load_embedding(pipe, path, {suffix: encoder for suffix, _, encoder, _, _ in originals})
        yield
    finally:
        for suffix, tokenizer, encoder, table, size in originals:
            setattr(pipe, f"tokenizer{suffix}", tokenizer)
            encoder.set_input_embeddings(table)
            encoder.config.vocab_size = size


def _load_embedding(pipe: Any, path: Path, encoders: Mapping[str, Any]) -> None:
    from safetensors.torch import load_file

    tensors = load_file(str(path))
    widths = {suffix: encoder.get_input_embeddings().embedding_dim for suffix, encoder in encoders.items()}
    if not tensors:
        raise ProviderError(f"`embeddings`: {path} contains no vectors", hint="use a textual inversion as .safetensors")
    for name, vectors in tensors.items():
        word = path.stem if name in _GENERIC_NAMES else name
        required_suffix = {"clip_l": "", "clip_g": "_2"}.get(name)
        matching = [suffix for suffix, width in widths.items() if vectors.ndim and width == vectors.shape[-1]]
        suffix = required_suffix if required_suffix is not None else next(iter(matching), None)
        if suffix is None or suffix not in matching:
            model_widths = ", ".join(str(width) for width in widths.values())
            message = (
                f"`embeddings`: {path} has vectors of width {_vector_width(vectors)}, the model has {model_widths}"
            )
            raise ProviderError(message, hint="use the embedding's edition for this model family")
        tokenizer = getattr(pipe, f"tokenizer{suffix}")
        try:
            pipe.load_textual_inversion(vectors, token=word, tokenizer=tokenizer, text_encoder=encoders[suffix])
        except ValueError as error:
            message = f"`embeddings`: {path} cannot be added as {word!r}: {error}"
            raise ProviderError(message, hint="rename the file: its name is the word in prompts") from error


def _vector_width(vectors: Any) -> int:
    return int(vectors.shape[-1]) if vectors.ndim else 1
