"""Convert prompts to a model's text input: word weights by compel, and a cache of encoded texts."""

from __future__ import annotations

import inspect
import itertools
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from imageseo.heroes.providers.diffusion import pipelines
from imageseo.heroes.providers.diffusion.weights import prompt_weights, t5_weights
from imageseo.model.errors import MissingExtraError, ProviderError
from imageseo.model.extras import install_command

_CACHE_SIZE = 32
_BRACKETS = (1, 1.1, 0.9091)  # weights of brackets without a number: they may be ordinary brackets of the text
_ENCODERS = ("text_encoder", "text_encoder_2", "text_encoder_3")


def prompt_arguments(
    pipe: Any, prompts: Sequence[str], negative: str, *, weights: str | None = None
) -> tuple[dict[str, Any], list[str]]:
    """Return the call arguments for the prompts of a batch, and notes for the author.

    ``weights``: as in ``RecipeOptions``. Weighted words, and prompts longer than the encoder's limit, are encoded by
    compel if the model supports it. Raises ProviderError for weights that the model does not support.
    """
    if not pipelines.supports_weights(pipe):
        family = pipelines.family(pipe)
        if weights == "apply" and t5_weights.supports(family):
            read = "" if family == "Flux" else negative
            if any(explicit_weights(text) for text in (*prompts, read)):
                _, notes = _plain(pipe, ["" for _ in prompts], "" if read else negative)
                return t5_weights.encode(pipe, family, prompts, read), notes
        return _plain(pipe, prompts, negative)
    if _needs_compel(pipe, prompts, negative):
        return _weighted(pipe, prompts, negative), []
    found: dict[str, Any] = {"prompt": [prompt_weights.strip_weights(prompt) for prompt in prompts]}
    if negative:
        found["negative_prompt"] = [prompt_weights.strip_weights(negative)] * len(prompts)
    return found, []


def batch_key(pipe: Any, prompt: str, negative: str, *, has_embeddings: bool) -> str | None:
    """Return a key: prompts with equal keys can share a batch without side effects; None for a prompt on its own.

    All prompts of a batch are encoded in one way and padded to the longest one; both could change the other images.
    ``has_embeddings``: whether textual inversions will lengthen some words.
    """
    if not pipelines.supports_weights(pipe) or not _needs_compel(pipe, [prompt], negative):
        return "plain"
    tokenizer = _tokenizer(pipe)
    special_tokens = len(tokenizer("").input_ids)
    length = sum(len(tokenizer(part.text).input_ids) - special_tokens for part in prompt_weights.parse(prompt))
    return None if has_embeddings or length > tokenizer.model_max_length - special_tokens else "weighted"


def _needs_compel(pipe: Any, prompts: Sequence[str], negative: str) -> bool:
    return any(prompt_weights.has_weights(text) or _is_too_long(pipe, text) for text in (*prompts, negative))


@contextmanager
def cache_encoders(pipe: Any, cache: OrderedDict[tuple[Any, ...], Any], adapters: str) -> Iterator[None]:
    """Cache the results of all text encoders of the pipeline: the negative prompt is usually the same.

    ``cache``: of one run and one machine. ``adapters``: identifies what was added to the encoders, for the key.
    """
    wrapped = []
    for name in _ENCODERS:
        encoder = getattr(pipe, name, None)
        if encoder is None or "forward" in vars(encoder):  # hooks of accelerate must not be replaced
            continue
        encoder.forward = _CachedForward(encoder.forward, cache, f"{id(encoder)} {name} {adapters}")
        wrapped.append(encoder)
    try:
        yield
    finally:
        for encoder in wrapped:
            del encoder.forward


class _CachedForward:
    """A text encoder's forward with a cache. Cached results are never modified."""

    def __init__(self, forward: Callable[..., Any], cache: OrderedDict[tuple[Any, ...], Any], name: str) -> None:
        self._forward, self._cache, self._name = forward, cache, name
        self.__signature__ = inspect.signature(forward)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        key = (self._name, *map(_key, args), *((name, _key(each)) for name, each in sorted(kwargs.items())))
        if key in self._cache:
            self._cache.move_to_end(key)
            return self._cache[key]
        found = self._cache[key] = self._forward(*args, **kwargs)
        if len(self._cache) > _CACHE_SIZE:
            self._cache.popitem(last=False)
        return found


def _key(value: Any) -> Any:
    if hasattr(value, "detach"):
        plain = value.detach().cpu().contiguous()
        return (str(plain.dtype), tuple(plain.shape), plain.flatten().tolist().__repr__())
    return repr(value)


def _plain(pipe: Any, prompts: Sequence[str], negative: str) -> tuple[dict[str, Any], list[str]]:
    for text in (*prompts, negative):
        refuse_weights(pipelines.family(pipe), text)
    accepted = inspect.signature(pipe.__call__).parameters
    found: dict[str, Any] = {"prompt": [unescape(prompt) for prompt in prompts]}
    # Flux uses a negative prompt only with a second guidance, which it was not trained for.
    if negative and "negative_prompt" in accepted and "true_cfg_scale" not in accepted:
        found["negative_prompt"] = [unescape(negative)] * len(prompts)
        return found, []
    notes = [f"the negative prompt was ignored: {pipelines.family(pipe)} does not support it"] if negative else []
    return found, notes


def refuse_weights(family: str, text: str) -> None:
    """Raise ProviderError if a text has weights, which the model's family does not support."""
    if weighted := explicit_weights(text):
        raise ProviderError(
            f"`prompt`: {family} does not support weights in prompts, but {weighted[0].text.strip()!r} has one",
            hint="remove the weight, set `weights: drop`, or use Stable Diffusion 1.x, 2.x or SDXL; with SD3, Flux and "
            "PixArt, `weights: apply` weights what T5 reads",
        )


def explicit_weights(text: str) -> list[prompt_weights.Part]:
    """Return the parts whose weights are certainly meant as such: bare brackets may be ordinary text."""
    return [part for part in prompt_weights.parse(text) if part.weight not in _BRACKETS]


def unescape(text: str) -> str:
    """Return a text as an encoder without weights gets it: brackets are text, escaped or not."""
    return re.sub(r"\\([()\[\]\\])", r"\1", text)


def _tokenizer(pipe: Any) -> Any:
    return next(each for name in ("tokenizer", "tokenizer_2") if (each := getattr(pipe, name, None)) is not None)


def _is_too_long(pipe: Any, text: str) -> bool:
    tokenizer = _tokenizer(pipe)
    return bool(len(tokenizer(prompt_weights.strip_weights(text)).input_ids) > tokenizer.model_max_length)


def _weighted(pipe: Any, prompts: Sequence[str], negative: str) -> dict[str, Any]:
    """Return embeddings of (batch, tokens, width) for prompts and negative prompt, padded to the longest."""
    import torch

    encoders = [
        (tokenizer, encoder)
        for end in ("", "_2")
        if (tokenizer := getattr(pipe, f"tokenizer{end}", None)) is not None
        and (encoder := getattr(pipe, f"text_encoder{end}", None)) is not None
    ]
    xl = pipelines.family(pipe).startswith("StableDiffusionXL")
    texts = [*prompts, negative]
    with torch.no_grad():
        columns = []
        for tokenizer, encoder in encoders:
            compel = _compel(tokenizer, encoder, xl=xl)
            found = [_encode(compel, text) for text in texts]
            columns.append(compel.pad_conditioning_tensors_to_same_length(found))
        rows = [torch.cat([column[number] for column in columns], dim=-1) for number in range(len(texts))]
        pooled = [
            compel.conditioning_provider.get_pooled_embeddings([prompt_weights.strip_weights(text)])
            for text in texts
            if xl
        ]
    if xl and not negative and pipe.config.get("force_zeros_for_empty_prompt"):
        rows[-1], pooled[-1] = torch.zeros_like(rows[-1]), torch.zeros_like(pooled[-1])
    prompt_arguments = {
        "prompt_embeds": torch.cat(rows[:-1]),
        "negative_prompt_embeds": torch.cat([rows[-1]] * len(prompts)),
    }
    if xl:
        prompt_arguments["pooled_prompt_embeds"] = torch.cat(pooled[:-1])
        prompt_arguments["negative_pooled_prompt_embeds"] = torch.cat([pooled[-1]] * len(prompts))
    return prompt_arguments


def _compel(tokenizer: Any, encoder: Any, *, xl: bool) -> Any:
    try:
        from compel import BaseTextualInversionManager, Compel, ReturnedEmbeddingsType
    except ImportError as error:
        raise MissingExtraError(
            "weights in prompts, and prompts of more than 75 words, need compel",
            hint=install_command("diffusers"),
        ) from error

    class TextualInversions(BaseTextualInversionManager):  # type: ignore[misc,unused-ignore]
        """Expands a textual inversion of several vectors: one word to the author, several tokens to the model."""

        def expand_textual_inversion_token_ids_if_necessary(self, token_ids: list[int]) -> list[int]:
            added = tokenizer.get_added_vocab()
            found: list[int] = []
            for token, number in zip(tokenizer.convert_ids_to_tokens(token_ids), token_ids, strict=True):
                found.append(number)
                more = (f"{token}_{each}" for each in itertools.count(1))
                found.extend(added[each] for each in itertools.takewhile(added.__contains__, more))
            return found

    kind = ReturnedEmbeddingsType
    return Compel(
        tokenizer=tokenizer,
        text_encoder=encoder,
        textual_inversion_manager=TextualInversions(),
        truncate_long_prompts=False,
        returned_embeddings_type=(
            kind.PENULTIMATE_HIDDEN_STATES_NON_NORMALIZED if xl else kind.LAST_HIDDEN_STATES_NORMALIZED
        ),
    )


def _encode(compel: Any, text: str) -> Any:
    """Encode one text as (1, tokens, width). Passed as parts, so that nothing is parsed as compel's syntax."""
    from compel.prompt_parser import FlattenedPrompt

    parts = [(part.text, part.weight) for part in prompt_weights.parse(text)] or [("", 1.0)]
    (found, _), _ = compel.build_conditioning_tensor_for_prompt_object(FlattenedPrompt(parts))
    return found
