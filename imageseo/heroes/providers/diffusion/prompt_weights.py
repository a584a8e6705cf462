"""Weights in prompts: A1111's ``(word:1.3)`` and ``[word]`` read into parts, and written as compel has them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_UP = 1.1
"""What a pair of round brackets without a number multiplies by, as in A1111; square ones divide."""

_LEAST, _MOST = 0.0, 10.0
_TOKEN = re.compile(r"\\[()\[\]\\]|:\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\)|[()\[\]]|[^\\()\[\]:]+|[\\:]")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a prompt, escapes resolved, and how much it counts: 1 is plain."""

    text: str
    weight: float = 1.0


def parse(prompt: str) -> tuple[Part, ...]:
    """The parts of a prompt in order; neighbours of one weight are one part.

    ``(a)`` is 1.1 times, ``((a))`` 1.21 times, ``[a]`` 1/1.1 times, ``(a:1.3)`` 1.3 times, each times what stands
    around it; ``\\(`` is a bracket and no weight. A bracket that is never closed counts to the end, one that was never
    opened is text, as in A1111. Weights end at 0 and 10.
    """
    found: list[Part] = []
    rounds: list[int] = []
    squares: list[int] = []
    for match in _TOKEN.finditer(prompt):
        token, number = match[0], match[1]
        if number is not None:
            if rounds:
                _multiply(found, rounds.pop(), float(number))
            else:
                found.append(Part(token))
        elif token == "(":
            rounds.append(len(found))
        elif token == "[":
            squares.append(len(found))
        elif token == ")" and rounds:
            _multiply(found, rounds.pop(), _UP)
        elif token == "]" and squares:
            _multiply(found, squares.pop(), 1 / _UP)
        else:
            found.append(Part(token[1:] if len(token) == 2 and token[0] == "\\" else token))
    for start in rounds:
        _multiply(found, start, _UP)
    for start in squares:
        _multiply(found, start, 1 / _UP)
    return tuple(_merged(Part(part.text, _bounded(part.weight)) for part in found))


def weighted(prompt: str) -> bool:
    """Whether any part of a prompt counts more or less than the others."""
    return any(part.weight != 1 for part in parse(prompt))


def plain(prompt: str) -> str:
    """The words of a prompt alone: for a model that knows no weights."""
    return "".join(part.text for part in parse(prompt))


def compel(prompt: str) -> str:
    """The prompt in compel's syntax: ``(word)1.3``. What compel would take for a sign of its own is a word here."""
    text = ""
    for part in parse(prompt):
        if part.weight == 1 or re.search(r"\w", part.text) is None:
            text += _words(part.text)
        else:  # a bracket that touches a word is no weight to compel, nor one that holds signs beside its words
            words = _words(re.sub(r"(?<!\w)[+=-]+|[+-]+(?!\w)", "", part.text))
            text += (" " if text[-1:].strip() else "") + f"({words}){_number(part.weight)}"
            text += "" if words[-1:].strip() else " "
    return text


def a1111(parts: Iterable[Part]) -> str:
    """The parts in A1111's syntax, so that ``parse`` gives them back (weights of four decimals)."""
    return "".join(
        _brackets(part.text) if part.weight == 1 else f"({_brackets(part.text)}:{_number(part.weight)})"
        for part in parts
    )


def _multiply(parts: list[Part], start: int, factor: float) -> None:
    parts[start:] = [Part(part.text, part.weight * factor) for part in parts[start:]]


def _bounded(weight: float) -> float:
    return round(min(max(weight, _LEAST), _MOST), 4)


def _merged(parts: Iterable[Part]) -> list[Part]:
    found: list[Part] = []
    for part in parts:
        if found and found[-1].weight == part.weight:
            found[-1] = Part(found[-1].text + part.text, part.weight)
        else:
            found.append(part)
    return found


def _number(weight: float) -> str:
    text = f"{weight:.4f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def _brackets(text: str) -> str:
    return re.sub(r"([\\()\[\]])", r"\\\1", text)


def _words(text: str) -> str:
    """Words for compel: brackets and quotes escaped, ``C++`` set apart, for signs at a word's end are weights to it."""
    text = re.sub(r"(?<=[^\s+-])([+-]+)(?=[\s,.;:!?()\"]|$)", r" \1", text.replace("\\", ""))
    return re.sub(r"([()\"])", r"\\\1", text)
