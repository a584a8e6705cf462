"""JSON of others that is nested deeper than parsers go: lists of service workers, and values in front matter."""

from __future__ import annotations

import pytest

from imageseo.heroes.recipes.keys import read_flat_keys
from imageseo.integrations.directory import _parse_hero
from imageseo.lint.rules.ai_label import _parse_table
from imageseo.pipeline.precache_lists import _entries

DEEP = ["[" * 100_000, '{"hashTable":' * 100_000, '{"a":' + "[" * 50_000, "{a=" + "[" * 50_000]


@pytest.mark.parametrize("text", DEEP)
def test_deep_json_is_no_list_and_no_table(text: str) -> None:
    assert _entries("ngsw.json", text) == {}
    assert _parse_table(text) == text
    assert _parse_hero(text) == text
    assert read_flat_keys("hero", {"hero_prompt": "a lake", "hero_seed": text})["seed"] == text
