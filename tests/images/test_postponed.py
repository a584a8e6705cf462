"""Variants that a preview encodes later, and those that a former attempt has shown to be impossible."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageseo.images.encoding.encode_result import EncodeResult, PartialResult
from imageseo.images.encoding.postponed import Postponed, Tried
from imageseo.model.image import Asset, BadAsset, VariantSpec

SPECS = [VariantSpec(source="a", format=each, width=9, height=9) for each in ("avif", "webp")]
JOBS = {"a": (Path("a.png"), Asset(path="a.png", sha256="a", bytes=9, width=9, height=9, format="PNG"))}
BROKEN = BadAsset(path="a.png", rule="img-unreadable", problem="is truncated", hint="save it again")


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("failures", {"a": BROKEN}),
        ("refused", {SPECS[0]: "16,384 px"}),
        ("declined", {SPECS[0]: ""}),
        ("crashed", {SPECS[0]: "ValueError"}),
    ],
)
def test_what_cannot_be_encoded_is_reported_and_not_tried_again(field: str, found: dict[object, object]) -> None:
    attempt = EncodeResult(**{"variants": {}, "failures": {}, field: found})  # type: ignore[arg-type]
    postponed, result = (
        Postponed(tried=Tried().with_result(attempt).with_result(EncodeResult(variants={}))),
        PartialResult(),
    )
    postponed.put_off(JOBS, SPECS, SPECS, result)
    assert getattr(result, field) == found
    assert result.pending == (set() if field == "failures" else {SPECS[1]})


def test_all_variants_of_a_source_are_put_off_with_the_missing_one() -> None:
    postponed, result = Postponed(), PartialResult()
    postponed.put_off(JOBS, SPECS, SPECS[1:], result)
    assert result.pending == {SPECS[1]}
    assert (list(postponed.jobs), list(postponed.specs)) == (["a"], SPECS), "some are only worthwhile beside others"
