"""Prepare the prompts of a recipe for a model: drop weights if asked to, and tell what encoders do not read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imageseo.heroes.providers.diffusion import pipelines, prompt_embeddings
from imageseo.heroes.providers.diffusion.limits import prompt_length
from imageseo.heroes.providers.diffusion.weights import prompt_weights, t5_weights

if TYPE_CHECKING:
    from imageseo.heroes.providers.diffusion.recipe_options import RecipeOptions

_NO_NEGATIVE = ("Flux",)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPrompts:
    """Prompts as they are encoded. ``cuts``: notes on words that an encoder does not read; ``notes``: other ones."""

    prompt: str
    negative: str
    notes: tuple[str, ...] = ()
    cuts: tuple[str, ...] = ()


def prepare(
    options: RecipeOptions, prompt: str, family: str, tokenizers: Callable[[], Mapping[str, Any]], *, strict: bool
) -> PreparedPrompts:
    """Return the prompts of a recipe for a family of models. ``tokenizers``: component -> tokenizer, only if needed.

    Raises ProviderError for weights that the family does not support, and if ``strict`` for words that are not read.
    """
    texts, notes = {"prompt": prompt, "negative": options.negative}, []
    supported = pipelines.family_supports_weights(family)
    for key, text in texts.items():
        weighted = prompt_weights.has_weights(text) if supported else bool(prompt_embeddings.explicit_weights(text))
        if weighted and options.weights == "drop":
            parts = [part for part in prompt_weights.parse(text) if part.weight != 1]
            dropped = ", ".join(f"{part.text.strip()!r} {part.weight:g}" for part in parts)
            notes.append(f"`{key}`: weights are dropped: {dropped}")
            texts[key] = prompt_weights.drop_weights(text)
        elif weighted and not supported and not (options.weights == "apply" and t5_weights.supports(family)):
            prompt_embeddings.refuse_weights(family, text)
    cuts = []
    if not supported:  # compel reads prompts of any length
        read = {key: text for key, text in texts.items() if text and (key == "prompt" or family not in _NO_NEGATIVE)}
        for key, text in read.items():
            is_applied = options.weights == "apply" and bool(prompt_embeddings.explicit_weights(text))
            plain = prompt_weights.strip_weights(text) if is_applied else prompt_embeddings.unescape(text)
            cuts += [cut.describe(key) for cut in prompt_length.find_cuts(tokenizers(), family, plain)]
    if cuts and strict:
        raise prompt_length.strict_error(cuts)
    return PreparedPrompts(prompt=texts["prompt"], negative=texts["negative"], notes=tuple(notes), cuts=tuple(cuts))
