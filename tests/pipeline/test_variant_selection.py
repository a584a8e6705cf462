"""Selected variants: no browser loads more bytes than for the source file, a wider variant or another format."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseo.model.formats import BUILT_IN
from imageseo.model.image import Variant, VariantSpec
from imageseo.pipeline import variant_selection
from imageseo.pipeline.variant_selection import DropReason, bytes_loaded, dropped_variants, select_variants

KB = 1000


def made(
    sizes: Mapping[str, Mapping[int, int | None]],
) -> tuple[tuple[VariantSpec, ...], dict[VariantSpec, Variant]]:
    """Return specs and variants of one image. ``sizes``: format -> px -> bytes, ``None`` for one that failed."""
    specs, variants = [], {}
    for name, widths in sizes.items():
        for width, size in widths.items():
            spec = VariantSpec(source="0" * 64, format=name, width=width, height=width, quality=50)
            specs.append(spec)
            if size is not None:
                variants[spec] = Variant(spec=spec, sha256=f"{width}{name}", bytes=size)
    return tuple(specs), variants


def dropped(sizes: Mapping[str, Mapping[int, int | None]], source: int | None = None) -> dict[str, DropReason]:
    specs, variants = made(sizes)
    found = dropped_variants(specs, variants, source)
    assert select_variants(specs, variants, source) == tuple(
        each for each in specs if each in variants and each not in found
    )
    return {f"{spec.format} {spec.width}": why for spec, why in found.items()}


PHOTO: dict[int, int | None] = {320: 9 * KB, 640: 30 * KB, 1280: 90 * KB}


def test_all_variants_of_a_photo_are_offered() -> None:
    assert dropped({"avif": {320: 6 * KB, 640: 20 * KB, 1280: 60 * KB}, "webp": PHOTO}, 400 * KB) == {}
    assert dropped({}) == {}
    assert dropped({"avif": {320: None}}) == {}


def test_format_with_widest_variant_larger_than_the_file_is_dropped() -> None:
    assert dropped({"avif": {320: 6 * KB, 1280: 60 * KB}, "webp": {320: 9 * KB, 1280: 90 * KB}}, 70 * KB) == {
        "webp 320": DropReason.ALONE,
        "webp 1280": DropReason.SOURCE,
    }


def test_format_without_widest_variant_is_dropped() -> None:
    assert dropped({"avif": {320: 6 * KB, 1280: None}, "webp": PHOTO}) == {"avif 320": DropReason.ALONE}


def test_variant_not_smaller_than_a_wider_one_is_dropped() -> None:
    # A screenshot: at its own width lossless, which is smaller than what shrinking makes of it.
    assert dropped({"webp": {320: 9 * KB, 640: 30 * KB, 960: 50 * KB, 1280: 30 * KB}}) == {
        "webp 640": DropReason.WIDER,
        "webp 960": DropReason.WIDER,
    }
    assert dropped({"webp": {320: 90 * KB, 640: 30 * KB}}, 50 * KB) == {"webp 320": DropReason.SOURCE}


def test_format_larger_than_the_next_is_dropped() -> None:
    avif: dict[int, int | None] = {320: 6 * KB, 640: 20 * KB, 1280: 60 * KB}
    webp: dict[int, int | None] = {320: 9 * KB, 640: 30 * KB, 1280: 40 * KB}
    assert dropped({"avif": avif, "webp": webp}) == {f"avif {width}": DropReason.FORMAT for width in avif}
    assert dropped({"webp": avif, "avif": webp}) == {f"webp {width}": DropReason.FORMAT for width in avif}
    # The next format is dropped itself: then it is not compared.
    assert dropped({"avif": avif, "webp": {**webp, 1280: None}}) == {
        "webp 320": DropReason.ALONE,
        "webp 640": DropReason.ALONE,
    }


def test_few_more_bytes_at_one_width_are_tolerated() -> None:
    """As measured on `free` of the corpus: at 320 px 2,560 bytes of AVIF against 2,458 of WebP, then 3 to 17 % less."""
    assert dropped({"avif": {320: 2560, 640: 5530, 1280: 13619}, "webp": {320: 2458, 640: 6042, 1280: 16384}}) == {}
    # An icon has one candidate: no other width compensates for the larger header.
    assert dropped({"avif": {32: 800}, "webp": {32: 500}}) == {"avif 32": DropReason.FORMAT}


@pytest.mark.parametrize(("need", "size"), [(1, 9), (320, 9), (321, 30), (1280, 90), (5000, 90)])
def test_bytes_loaded(need: int, size: int) -> None:
    assert bytes_loaded({320: 9, 640: 30, 1280: 90}, need) == size


def test_bytes_saved() -> None:
    specs, variants = made({"avif": {320: 6 * KB, 640: 20 * KB}, "webp": PHOTO})
    assert variant_selection.bytes_saved(specs, variants, 400 * KB, 321) == 380 * KB
    assert variant_selection.bytes_saved(specs[2:], variants, 400 * KB, 321) == 370 * KB, "without AVIF"
    assert variant_selection.bytes_saved((), variants, 400 * KB, 321) == 0
    assert variant_selection.bytes_saved(specs, variants, 5 * KB, 321) == 0


SIZES = st.one_of(st.none(), st.integers(1, 20 * KB), st.integers(1, 400 * KB))


@given(
    widths=st.lists(st.integers(1, 4000), min_size=1, max_size=7, unique=True),
    formats=st.lists(st.sampled_from(["avif", "webp", "jxl"]), min_size=1, max_size=3, unique=True),
    source=st.integers(1, 400 * KB),
    data=st.data(),
)
def test_browser_never_loads_more_than_with_another_choice(
    widths: list[int], formats: list[str], source: int, data: st.DataObject
) -> None:
    sizes = {name: {width: data.draw(SIZES) for width in sorted(widths)} for name in formats}
    specs, variants = made(sizes)
    left = select_variants(specs, variants, source)
    assert set(left) <= set(variants)
    assert left == tuple(spec for spec in specs if spec in set(left)), "in the plan's order"
    found = dropped_variants(specs, variants, source)
    assert set(found) | set(left) == set(variants)
    by_format: dict[str, dict[int, int]] = {}
    for spec in left:
        by_format.setdefault(spec.format, {})[spec.width] = variants[spec].bytes
    for candidates in by_format.values():
        assert max(candidates) == max(widths), "nobody is shown a stretched picture"
        assert all(size <= source for size in candidates.values())
        assert all(narrower < wider for narrower, wider in pairwise(candidates[width] for width in sorted(candidates)))
    order = [name for name in formats if name in by_format]
    for at, name in enumerate(order):
        # A format of a plug-in is no reason to drop another: browsers may not show it.
        for other in (each for each in order[at + 1 :] if each in BUILT_IN):
            loads = [
                (bytes_loaded(by_format[name], need), bytes_loaded(by_format[other], need))
                for need in range(0, 4001, 40)
            ]
            assert all(mine <= others + 1024 for mine, others in loads)
            needs = {*by_format[name], *by_format[other]}
            assert sum(bytes_loaded(by_format[name], n) for n in needs) <= sum(
                bytes_loaded(by_format[other], n) for n in needs
            )
    if not left and variants:
        assert all(why is not DropReason.FORMAT for why in found.values()), "a format gives way to one that is offered"
