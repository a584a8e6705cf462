"""Counts and sizes as people read them."""

from __future__ import annotations

import pytest

from imageseo.model.humanize import format_bytes, format_count


@pytest.mark.parametrize(
    ("name", "number", "text"),
    [
        ("pages", 1, "1 page"),
        ("heroes", 2, "2 heroes"),
        ("changed", 1, "1 file changed"),
        ("changed", 1_047, "1,047 files changed"),
        ("saved", 3 * 2**20, "3.0 MiB saved for a phone"),
        ("a third party's", 1.25, "1.2 a third party's"),
    ],
)
def test_count_is_named(name: str, number: float, text: str) -> None:
    assert format_count(name, number) == text


def test_bytes_are_in_the_largest_unit_of_at_least_one() -> None:
    assert [format_bytes(count) for count in (1023, 1024, 2**30)] == ["1023 B", "1.0 KiB", "1.0 GiB"]
