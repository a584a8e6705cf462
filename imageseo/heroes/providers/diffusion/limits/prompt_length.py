"""How much of a prompt the text encoders of a model read: CLIP 77 tokens, T5 what its pipeline sets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from imageseo.model.errors import ProviderError

# The default of `max_sequence_length` in the pipelines of diffusers, which applies to all encoders but CLIP.
T5_LIMITS = {"StableDiffusion3": 256, "Flux": 512, "PixArtSigma": 300, "PixArtAlpha": 120}
TOKENIZERS = ("tokenizer", "tokenizer_2", "tokenizer_3")
CLIP_LIMIT = 77
_LONGEST_QUOTE = 400


class Cut(NamedTuple):
    """The end of a text that an encoder does not read. ``encoder``: its kind and component."""

    encoder: str
    limit: int
    tokens: int
    dropped: str

    def describe(self, key: str) -> str:
        """Return the note for the author. ``key``: ``prompt`` or ``negative``."""
        words, text = len(self.dropped.split()), self.dropped
        if len(text) > _LONGEST_QUOTE:
            text = text[:_LONGEST_QUOTE].rsplit(None, 1)[0] + " …"
        count = f"the last {words} words" if words > 1 else "the last word"
        return f"`{key}`: {self.encoder} reads {self.limit} of {self.tokens} tokens, {count} are dropped: “{text}”"


def limit_of(class_name: str, family: str, model_max_length: int = CLIP_LIMIT) -> int | None:
    """Return the tokens that a tokenizer's encoder reads, None if unknown. ``family``: as in ``pipelines.family``."""
    if class_name.startswith("CLIP"):
        return min(model_max_length, CLIP_LIMIT)
    return next((limit for start, limit in T5_LIMITS.items() if family.startswith(start)), None)


def is_surely_short(text: str, class_name: str, limit: int) -> bool:
    """Whether a text cannot exceed the limit: CLIP makes at most a token of a byte, T5 one more of a space."""
    size = len(text.encode())
    return (size if class_name.startswith("CLIP") else 2 * size) + 2 <= limit


def find_cuts(tokenizers: Mapping[str, Any], family: str, text: str) -> Iterator[Cut]:
    """Yield what each encoder drops of a text without weights. ``tokenizers``: component -> tokenizer."""
    for name, tokenizer in tokenizers.items():
        class_name = type(tokenizer).__name__
        limit = limit_of(class_name, family, tokenizer.model_max_length)
        if limit is None or is_surely_short(text, class_name, limit):
            continue
        tokens = len(tokenizer(text).input_ids)
        if tokens > limit:
            kind = re.match(r"[A-Z0-9]+(?=[A-Z]|$)", class_name)
            encoder = f"{kind[0] if kind else class_name} ({name.replace('tokenizer', 'text_encoder')})"
            yield Cut(encoder, limit, tokens, _end_of(tokenizer, text, limit))


def of_pipeline(pipe: Any) -> dict[str, Any]:
    """Return component -> tokenizer of a loaded pipeline."""
    return {name: each for name in TOKENIZERS if (each := getattr(pipe, name, None)) is not None}


def strict_error(notes: list[str]) -> ProviderError:
    """Return the error for prompts that are cut although ``providers.diffusers.strict`` is set."""
    hint = "shorten the prompt, or allow it: `providers.diffusers.strict: false`"
    return ProviderError("; ".join(notes), hint=hint)


def _end_of(tokenizer: Any, text: str, limit: int) -> str:
    """Return the words that are not read, or only in part."""
    read = tokenizer(text, truncation=True, max_length=limit, return_offsets_mapping=True)
    end = max((stop for _, stop in read["offset_mapping"]), default=0)
    is_inside_a_word = 0 < end < len(text) and not text[end - 1].isspace() and not text[end].isspace()
    start = re.search(r"\S*$", text[:end]) if is_inside_a_word else None
    return text[start.start() if start else end :].strip()
