"""Parse prompt weights in A1111's syntax, ``(word:1.3)`` and ``[word]``, and write them in compel's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_BRACKET_FACTOR = 1.1
"""Factor of a pair of round brackets without a number, as in A1111; square brackets divide by it."""

_MIN_WEIGHT, _MAX_WEIGHT = 0.0, 10.0
_TOKEN = re.compile(r"\\[()\[\]\\]|:\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\)|[()\[\]]|[^\\()\[\]:]+|[\\:]")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a prompt, unescaped, and its weight: 1 is normal."""

    text: str
    weight: float = 1.0


def parse(prompt: str) -> tuple[Part, ...]:
    """Return the parts of a prompt in order; adjacent parts with equal weights are merged.

    ``(a)`` is 1.1 times, ``((a))`` 1.21 times, ``[a]`` 1/1.1 times, ``(a:1.3)`` 1.3 times, each multiplied by the
    enclosing weight; ``\\(`` is a literal bracket. A bracket that is never closed extends to the end, one that was
    never opened is text, as in A1111. Weights are limited to 0 to 10.
    """
    parts: list[Part] = []
    round_starts: list[int] = []
    square_starts: list[int] = []
    for match in _TOKEN.finditer(prompt):
        token, number = match[0], match[1]
        if number is not None:
            if round_starts:
                _multiply(parts, round_starts.pop(), float(number))
            else:
                parts.append(Part(token))
        elif token == "(":
            round_starts.append(len(parts))
        elif token == "[":
            square_starts.append(len(parts))
        elif token == ")" and round_starts:
            _multiply(parts, round_starts.pop(), _BRACKET_FACTOR)
        elif token == "]" and square_starts:
            _multiply(parts, square_starts.pop(), 1 / _BRACKET_FACTOR)
        else:
            parts.append(Part(token[1:] if len(token) == 2 and token[0] == "\\" else token))
    for start in round_starts:
        _multiply(parts, start, _BRACKET_FACTOR)
    for start in square_starts:
        _multiply(parts, start, 1 / _BRACKET_FACTOR)
    return tuple(_merge(Part(part.text, _clamp(part.weight)) for part in parts))


def has_weights(prompt: str) -> bool:
    """Whether any part of a prompt has a weight other than 1."""
    return any(part.weight != 1 for part in parse(prompt))


def strip_weights(prompt: str) -> str:
    """Return the text without weights, for a model that does not support them."""
    return "".join(part.text for part in parse(prompt))


def drop_weights(prompt: str) -> str:
    """Return the prompt without weights, in a form that ``parse`` reads as one part: brackets that remain are text."""
    return to_a1111([Part(strip_weights(prompt))])


def to_compel(prompt: str) -> str:
    """Return the prompt in compel's syntax, ``(word)1.3``. Characters that are special only to compel are escaped."""
    text = ""
    for part in parse(prompt):
        if part.weight == 1 or re.search(r"\w", part.text) is None:
            text += _escape_for_compel(part.text)
        else:  # compel ignores weights of brackets that touch a word or contain punctuation next to words
            escaped = _escape_for_compel(re.sub(r"(?<!\w)[+=-]+|[+-]+(?!\w)", "", part.text))
            text += (" " if text[-1:].strip() else "") + f"({escaped}){_format_weight(part.weight)}"
            text += "" if escaped[-1:].strip() else " "
    return text


def to_a1111(parts: Iterable[Part]) -> str:
    """Return the parts in A1111's syntax, so that ``parse`` restores them (weights with four decimals)."""
    return "".join(
        _escape_brackets(part.text)
        if part.weight == 1
        else f"({_escape_brackets(part.text)}:{_format_weight(part.weight)})"
        for part in parts
    )


def _multiply(parts: list[Part], start: int, factor: float) -> None:
    parts[start:] = [Part(part.text, part.weight * factor) for part in parts[start:]]


def _clamp(weight: float) -> float:
    return round(min(max(weight, _MIN_WEIGHT), _MAX_WEIGHT), 4)


def _merge(parts: Iterable[Part]) -> list[Part]:
    merged: list[Part] = []
    for part in parts:
        if merged and merged[-1].weight == part.weight:
            merged[-1] = Part(merged[-1].text + part.text, part.weight)
        else:
            merged.append(part)
    return merged


def _format_weight(weight: float) -> str:
    text = f"{weight:.4f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def _escape_brackets(text: str) -> str:
    return re.sub(r"([\\()\[\]])", r"\\\1", text)


def _escape_for_compel(text: str) -> str:
    """Escape text for compel: brackets and quotes, and ``C++`` set apart, as it reads trailing signs as weights."""
    text = re.sub(r"(?<=[^\s+-])([+-]+)(?=[\s,.;:!?()\"]|$)", r" \1", text.replace("\\", ""))
    return re.sub(r"([()\"])", r"\\\1", text)
