"""Prompt weights in A1111 syntax are parsed as by A1111, and converted to equal weights in compel syntax."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseo.heroes.providers.diffusion.weights.prompt_weights import (
    Part,
    has_weights,
    parse,
    strip_weights,
    to_a1111,
    to_compel,
)


@pytest.mark.parametrize(
    ("prompt", "parts"),
    [
        ("a tent at dawn", [("a tent at dawn", 1)]),
        ("a (tent:1.3) at dawn", [("a ", 1), ("tent", 1.3), (" at dawn", 1)]),
        ("a (tent) at dawn", [("a ", 1), ("tent", 1.1), (" at dawn", 1)]),
        ("((tent))", [("tent", 1.21)]),
        ("[fog]", [("fog", 0.9091)]),
        ("[[fog]]", [("fog", 0.8264)]),
        ("([fog])", [("fog", 1)]),
        ("(a (tent:1.5) b:2)", [("a ", 2), ("tent", 3), (" b", 2)]),
        ("(a, [b], c: 0.5 )", [("a, ", 0.5), ("b", 0.4545), (", c", 0.5)]),
        (r"\(tent\) \[x\] \\", [("(tent) [x] \\", 1)]),
        (r"(a \(b\):1.2)", [("a (b)", 1.2)]),
        ("(never closed", [("never closed", 1.1)]),
        ("[never closed", [("never closed", 0.9091)]),
        ("never opened) ]", [("never opened) ]", 1)]),
        ("ratio 16:9", [("ratio 16:9", 1)]),
        ("(16:9:1.2)", [("16:9", 1.2)]),
        ("a:1.3)", [("a:1.3)", 1)]),
        ("(word:.5)", [("word", 0.5)]),
        ("(word:-2)", [("word", 0)]),
        ("(word:99)", [("word", 10)]),
        ("(word:high)", [("word:high", 1.1)]),
        ("()", []),
        ("", []),
        ("\\", [("\\", 1)]),
    ],
)
def test_prompt_is_split_into_weighted_parts(prompt: str, parts: list[tuple[str, float]]) -> None:
    assert [(part.text, part.weight) for part in parse(prompt)] == parts
    assert has_weights(prompt) == any(weight != 1 for _, weight in parts)
    assert strip_weights(prompt) == "".join(text for text, _ in parts)


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("a (tent:1.3) at dawn", "a (tent)1.3 at dawn"),
        ("((a tent)), dawn", "(a tent)1.21, dawn"),
        ("[fog]", "(fog)0.9091"),
        ("(a (tent:1.5):2)", "(a )2.0 (tent)3.0"),
        (r"a \(b\)", r"a \(b\)"),
        ("super(man:1.2)", "super (man)1.2"),
        ("C++ book", "C ++ book"),
        ('say "hi"', r"say \"hi\""),
        ("( :1.3)a", " a"),
        ("", ""),
    ],
)
def test_prompt_is_converted_to_compel_syntax(prompt: str, text: str) -> None:
    assert to_compel(prompt) == text


@pytest.fixture(scope="module")
def parser() -> Any:
    """compel's own parser, without the torch that its package loads."""
    spec = importlib.util.find_spec("compel")
    if spec is None or spec.origin is None:
        pytest.skip("compel is not installed")
    path = Path(spec.origin).with_name("prompt_parser.py")
    found = importlib.util.spec_from_file_location("compels_prompt_parser", path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module.PromptParser()


def parse_with_compel(parser: Any, text: str) -> list[tuple[str, float]]:
    """Return words and weights as compel parses them; asserts that the prompt is not a blend or conjunction."""
    prompts = parser.parse_conjunction(text).prompts
    assert len(prompts) <= 1
    return [("".join(each.text.split()), each.weight) for prompt in prompts for each in prompt.children if each.text]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a (tent:1.3) b", [("a", 1), ("tent", 1.3), ("b", 1)]),
        ("(a (tent:1.5), b:2)", [("a", 2), ("tent", 3), (",b", 2)]),
        (r"a \(tent\), [b]", [("a(tent),", 1), ("b", 0.9091)]),
        ("super(man:1.2)hood", [("super", 1), ("man", 1.2), ("hood", 1)]),
        ("C++ and a well-lit tent-, 2+2", [("C++andawell-littent-,2+2", 1)]),
        ("(C++ tent-:1.2) a", [("Ctent", 1.2), ("a", 1)]),
        ("(=a:0.5)", [("a", 0.5)]),
        ('say "hi", ("a", "b").and()', [('say"hi",', 1), ('"a","b"', 1.1), (".and", 1)]),
        ("( :1.3) a (b:0)", [("a", 1), ("b", 0)]),
        ("a (b. c, d:1.2)", [("a", 1), ("b.c,d", 1.2)]),
    ],
)
def test_compel_parses_the_same_weights(parser: Any, prompt: str, expected: list[tuple[str, float]]) -> None:
    assert parse_with_compel(parser, to_compel(prompt)) == expected


@given(parts=st.lists(st.tuples(st.text(max_size=12), st.integers(0, 100_000)), max_size=6))
def test_formatted_parts_are_parsed_back(parts: list[tuple[str, int]]) -> None:
    given_parts = [Part(text, weight / 10_000) for text, weight in parts if text]
    assert "".join(part.text for part in parse(to_a1111(given_parts))) == "".join(part.text for part in given_parts)
    once = parse(to_a1111(given_parts))
    assert parse(to_a1111(once)) == once
    weights = [part.weight for part in given_parts for _ in part.text]
    assert [part.weight for part in once for _ in part.text] == weights


@given(prompt=st.text('ab()[]:\\.13 ,-+"', max_size=30) | st.text(max_size=30))
def test_any_prompt_is_parsed(prompt: str) -> None:
    parts = parse(prompt)
    assert all(0 <= part.weight <= 10 and part.text for part in parts)
    assert parse(to_a1111(parts)) == parts
    to_compel(prompt)
