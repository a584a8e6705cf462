"""From prompts to what a model reads: weights by compel, and every text encoded once."""

from __future__ import annotations

import inspect
import itertools
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from imageseo.heroes.providers.diffusion import pipelines, prompt_weights
from imageseo.model.errors import MissingExtraError, ProviderError
from imageseo.model.extras import install_command

_KEPT = 32
_BRACKETS = (1, 1.1, 0.9091)  # what brackets without a number weigh: in a text they may be just brackets
_ENCODERS = ("text_encoder", "text_encoder_2", "text_encoder_3")


def arguments(pipe: Any, prompts: Sequence[str], negative: str) -> tuple[dict[str, Any], list[str]]:
    """The call arguments that carry the words of a batch, and notes for its author.

    Weighted words, and prompts longer than the encoder reads at once, go through compel where the model can take
    them. ProviderError for weights where it cannot.
    """
    if not pipelines.weighs(pipe):
        return _plain(pipe, prompts, negative)
    if _needs_compel(pipe, prompts, negative):
        return _weighted(pipe, prompts, negative), []
    found: dict[str, Any] = {"prompt": [prompt_weights.plain(prompt) for prompt in prompts]}
    if negative:
        found["negative_prompt"] = [prompt_weights.plain(negative)] * len(prompts)
    return found, []


def company(pipe: Any, prompt: str, negative: str, *, taught: bool) -> str | None:
    """What prompts have in common that share a batch without a trace of each other; None for one that stands alone.

    A batch is read in one way, and is as long as its longest prompt: both would change what the others show.
    ``taught``: whether textual inversions will make some words longer than they are here.
    """
    if not pipelines.weighs(pipe) or not _needs_compel(pipe, [prompt], negative):
        return "plain"
    tokenizer = _tokenizer(pipe)
    marks = len(tokenizer("").input_ids)
    length = sum(len(tokenizer(part.text).input_ids) - marks for part in prompt_weights.parse(prompt))
    return None if taught or length > tokenizer.model_max_length - marks else "weighted"


def _needs_compel(pipe: Any, prompts: Sequence[str], negative: str) -> bool:
    return any(prompt_weights.weighted(text) or _long(pipe, text) for text in (*prompts, negative))


@contextmanager
def remembered(pipe: Any, memory: OrderedDict[tuple[Any, ...], Any], adapted: str) -> Iterator[None]:
    """Every text encoder of the pipeline with a memory: the negative prompt is usually the same one.

    ``memory``: of one run and one machine. ``adapted``: names what was attached to the encoders, for the key.
    """
    wrapped = []
    for name in _ENCODERS:
        encoder = getattr(pipe, name, None)
        if encoder is None or "forward" in vars(encoder):  # hooks of accelerate stand there: leave them alone
            continue
        encoder.forward = _Remembering(encoder.forward, memory, f"{id(encoder)} {name} {adapted}")
        wrapped.append(encoder)
    try:
        yield
    finally:
        for encoder in wrapped:
            del encoder.forward


class _Remembering:
    """A text encoder's forward that answers from memory what it was asked before. Answers are never changed."""

    def __init__(self, forward: Callable[..., Any], memory: OrderedDict[tuple[Any, ...], Any], name: str) -> None:
        self._forward, self._memory, self._name = forward, memory, name
        self.__signature__ = inspect.signature(forward)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        key = (self._name, *map(_key, args), *((name, _key(each)) for name, each in sorted(kwargs.items())))
        if key in self._memory:
            self._memory.move_to_end(key)
            return self._memory[key]
        found = self._memory[key] = self._forward(*args, **kwargs)
        if len(self._memory) > _KEPT:
            self._memory.popitem(last=False)
        return found


def _key(value: Any) -> Any:
    if hasattr(value, "detach"):
        plain = value.detach().cpu().contiguous()
        return (str(plain.dtype), tuple(plain.shape), plain.flatten().tolist().__repr__())
    return repr(value)


def _plain(pipe: Any, prompts: Sequence[str], negative: str) -> tuple[dict[str, Any], list[str]]:
    for text in (*prompts, negative):
        heavy = [part for part in prompt_weights.parse(text) if part.weight not in _BRACKETS]
        if heavy:
            raise ProviderError(
                f"`prompt`: {pipelines.family(pipe)} knows no weights in prompts, "
                f"and {heavy[0].text.strip()!r} has one",
                hint="Say it in words instead; weights work with Stable Diffusion 1.x, 2.x and SDXL.",
            )
    known = inspect.signature(pipe.__call__).parameters
    found: dict[str, Any] = {"prompt": [_unescaped(prompt) for prompt in prompts]}
    # Flux takes a negative prompt only beside a second guidance: it was trained to do with one pass.
    if negative and "negative_prompt" in known and "true_cfg_scale" not in known:
        found["negative_prompt"] = [_unescaped(negative)] * len(prompts)
        return found, []
    notes = [f"the negative prompt was ignored: {pipelines.family(pipe)} takes none"] if negative else []
    return found, notes


def _unescaped(text: str) -> str:
    return re.sub(r"\\([()\[\]\\])", r"\1", text)


def _tokenizer(pipe: Any) -> Any:
    return next(each for name in ("tokenizer", "tokenizer_2") if (each := getattr(pipe, name, None)) is not None)


def _long(pipe: Any, text: str) -> bool:
    tokenizer = _tokenizer(pipe)
    return bool(len(tokenizer(prompt_weights.plain(text)).input_ids) > tokenizer.model_max_length)


def _weighted(pipe: Any, prompts: Sequence[str], negative: str) -> dict[str, Any]:
    """Embeddings of (batch, tokens, width) for prompts and negative, as long as the longest of them."""
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
            found = [_encoded(compel, text) for text in texts]
            columns.append(compel.pad_conditioning_tensors_to_same_length(found))
        rows = [torch.cat([column[number] for column in columns], dim=-1) for number in range(len(texts))]
        pooled = [
            compel.conditioning_provider.get_pooled_embeddings([prompt_weights.plain(text)]) for text in texts if xl
        ]
    if xl and not negative and pipe.config.get("force_zeros_for_empty_prompt"):
        rows[-1], pooled[-1] = torch.zeros_like(rows[-1]), torch.zeros_like(pooled[-1])
    arguments = {
        "prompt_embeds": torch.cat(rows[:-1]),
        "negative_prompt_embeds": torch.cat([rows[-1]] * len(prompts)),
    }
    if xl:
        arguments["pooled_prompt_embeds"] = torch.cat(pooled[:-1])
        arguments["negative_pooled_prompt_embeds"] = torch.cat([pooled[-1]] * len(prompts))
    return arguments


def _compel(tokenizer: Any, encoder: Any, *, xl: bool) -> Any:
    try:
        from compel import BaseTextualInversionManager, Compel, ReturnedEmbeddingsType
    except ImportError as error:
        raise MissingExtraError(
            "weights in prompts, and prompts of more than 75 words, need compel",
            hint=f"Install it: {install_command('diffusers')}",
        ) from error

    class Vectors(BaseTextualInversionManager):  # type: ignore[misc,unused-ignore]
        """A textual inversion of several vectors is one word to the author, and as many tokens to the model."""

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
        textual_inversion_manager=Vectors(),
        truncate_long_prompts=False,
        returned_embeddings_type=(
            kind.PENULTIMATE_HIDDEN_STATES_NON_NORMALIZED if xl else kind.LAST_HIDDEN_STATES_NORMALIZED
        ),
    )


def _encoded(compel: Any, text: str) -> Any:
    """One text as (1, tokens, width). Given as parts, so that no sign in it is read as compel's own syntax."""
    from compel.prompt_parser import FlattenedPrompt

    parts = [(part.text, part.weight) for part in prompt_weights.parse(text)] or [("", 1.0)]
    (found, _), _ = compel.build_conditioning_tensor_for_prompt_object(FlattenedPrompt(parts))
    return found
