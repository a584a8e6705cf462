"""Textual inversions: words that a file teaches a model, and that it forgets again."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from imageseo.model.errors import ProviderError

# Names of tensors that are not the word that they teach, as A1111 and SDXL's trainers write them.
_NAMELESS = ("emb_params", "clip_l", "clip_g")


@contextmanager
def taught(pipe: Any, paths: Sequence[Path]) -> Iterator[None]:
    """Textual inversions, in copies of the tokenizers and of the encoders' tables of words.

    A file holds ``{"<token>": vectors}`` (diffusers), ``emb_params`` (A1111) or ``clip_l`` and ``clip_g`` (SDXL); the
    last two are called by the file's name.
    """
    if not hasattr(pipe, "load_textual_inversion"):
        raise ProviderError(f"`embeddings`: {type(pipe).__name__} takes no textual inversion")
    before = []
    for tail in ("", "_2"):
        tokenizer, encoder = getattr(pipe, f"tokenizer{tail}", None), getattr(pipe, f"text_encoder{tail}", None)
        if tokenizer is None or encoder is None or not type(encoder).__name__.startswith("CLIP"):
            continue
        table = encoder.get_input_embeddings()
        before.append((tail, tokenizer, encoder, table, encoder.config.vocab_size))
    try:
        for tail, tokenizer, encoder, table, _ in before:
            setattr(pipe, f"tokenizer{tail}", copy.deepcopy(tokenizer))
            encoder.set_input_embeddings(copy.deepcopy(table))
        for path in paths:
            _load_embedding(pipe, path, {tail: encoder for tail, _, encoder, _, _ in before})
        yield
    finally:
        for tail, tokenizer, encoder, table, size in before:
            setattr(pipe, f"tokenizer{tail}", tokenizer)
            encoder.set_input_embeddings(table)
            encoder.config.vocab_size = size


def _load_embedding(pipe: Any, path: Path, encoders: Mapping[str, Any]) -> None:
    from safetensors.torch import load_file

    tensors = load_file(str(path))
    widths = {tail: encoder.get_input_embeddings().embedding_dim for tail, encoder in encoders.items()}
    if not tensors:
        raise ProviderError(f"`embeddings`: {path} holds no vectors", hint="a textual inversion as .safetensors")
    for name, vectors in tensors.items():
        word = path.stem if name in _NAMELESS else name
        own = {"clip_l": "", "clip_g": "_2"}.get(name)
        fitting = [tail for tail, width in widths.items() if vectors.ndim and width == vectors.shape[-1]]
        tail = own if own is not None else next(iter(fitting), None)
        if tail is None or tail not in fitting:
            known = ", ".join(str(width) for width in widths.values())
            message = f"`embeddings`: {path} holds words {_wide(vectors)} wide, the model's are {known} wide"
            raise ProviderError(message, hint="take the embedding's edition for this family of models")
        tokenizer = getattr(pipe, f"tokenizer{tail}")
        try:
            pipe.load_textual_inversion(vectors, token=word, tokenizer=tokenizer, text_encoder=encoders[tail])
        except ValueError as error:
            message = f"`embeddings`: {path} cannot be taught as {word!r}: {error}"
            raise ProviderError(message, hint="rename the file: its name is the word in the prompt") from error


def _wide(vectors: Any) -> int:
    return int(vectors.shape[-1]) if vectors.ndim else 1
