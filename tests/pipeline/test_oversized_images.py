"""Images with more pixels a side than a format holds: the other formats are offered, and no file is called damaged."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from imageseo import config
from imageseo.images.codecs import avif, jpeg, png, webp
from imageseo.images.encoding.encoder import Encoder
from imageseo.images.encoding.profiles import EncodingPolicy
from imageseo.integrations import directory
from imageseo.integrations.progress import Quiet
from imageseo.model.errors import ProviderError
from imageseo.model.finding import Severity
from imageseo.model.image import Rights, Variant, VariantSpec
from imageseo.model.protocols import Codec
from imageseo.pipeline import build as pipeline
from imageseo.pipeline import composition
from imageseo.pipeline.variant_selection import DropReason, dropped_variants
from tests.support import pictures, small_sites
from tests.support.fakes import MemoryStore

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>T</title></head>
<body><main><h1>T</h1><p><img src="a.png" alt="A long picture"></p></main></body></html>"""


def gradient(width: int, height: int) -> bytes:
    """A PNG that is large as a file, since nothing repeats in it, and small in every other format."""
    noise = Image.effect_noise((64, 64), 90).resize((width, height), Image.Resampling.BICUBIC)
    ImageDraw.Draw(noise).rectangle((0, 0, 9, 9), fill=0)
    return pictures.save(Image.merge("RGB", (noise, noise.point(lambda value: 255 - value), noise)), "PNG")


def build(folder: Path, options: Mapping[str, object]) -> pipeline.BuildResult:
    settings = config.load(
        {"site_url": "https://example.org/", "profile": "fast", "encode": {"isolate": False}, **options}, "test"
    )
    site = directory.site(folder / "site", project=folder, settings=settings)
    with composition.build_tools(settings, project=folder, progress=Quiet()) as tools:
        return pipeline.build(site, settings, tools)


def offered(folder: Path) -> set[tuple[str, int]]:
    html = (folder / "site/index.html").read_text("utf-8")
    return {(kind, int(width)) for width, kind in re.findall(r"a-(\d+)w\.[0-9a-f]+\.(\w+)", html)}


@pytest.mark.parametrize(
    ("size", "formats", "kinds"),
    [
        ((60, 16_383), ["avif", "webp"], {"avif", "webp"}),
        ((60, 16_384), ["avif", "webp"], {"avif"}),
        ((60, 16_384), ["webp"], set()),
        ((60, 32_769), ["avif", "webp"], set()),
        ((33_000, 60), ["avif", "webp"], {"avif", "webp"}),
    ],
    ids=["at the limit", "one too many", "WebP alone", "too tall for AVIF", "a panorama is shown narrow"],
)
def test_formats_without_room_are_left_out_with_a_note(
    tmp_path: Path, size: tuple[int, int], formats: list[str], kinds: set[str]
) -> None:
    small_sites.write(tmp_path / "site", {"index.html": PAGE, "a.png": gradient(*size)})
    options = {"formats": formats, "quality": {"avif": 30, "webp": 80}}  # formats are not compared
    result = build(tmp_path, options)
    assert {kind for kind, _ in offered(tmp_path)} == kinds
    rules = {finding.rule: finding for finding in result.findings}
    assert "img-unreadable" not in rules
    assert not [finding for finding in result.findings if finding.severity in (Severity.WARN, Severity.ERROR)]
    assert ("variant-dropped" in rules) == (kinds != set(formats))
    if kinds != set(formats):
        limit = "32,768" if size[1] > 32_768 else "16,383"
        assert f"holds at most {limit} px a side" in rules["variant-dropped"].message
    again = build(tmp_path, options)
    assert again.changed == ()
    assert again.findings == result.findings


def test_narrower_widths_stay_where_they_fill_the_slot(tmp_path: Path) -> None:
    page = PAGE.replace("<img ", '<img width="100" height="4000" ')
    small_sites.write(tmp_path / "site", {"index.html": page, "a.png": gradient(420, 16_800)})
    result = build(tmp_path, {"formats": ["webp"], "widths": [200, 420]})
    assert offered(tmp_path) <= {("webp", 200)}
    assert [finding.rule for finding in result.findings if finding.rule == "img-unreadable"] == []


def made(widths: Mapping[str, Mapping[int, int | None]]) -> tuple[list[VariantSpec], dict[VariantSpec, Variant]]:
    specs, variants = [], {}
    for name, sizes in widths.items():
        for width, size in sizes.items():
            spec = VariantSpec(source="0" * 64, format=name, width=width, height=width * 33)
            specs.append(spec)
            if size is not None:
                variants[spec] = Variant(spec=spec, sha256="1", bytes=size)
    return specs, variants


@pytest.mark.parametrize(
    ("slot", "dropped"),
    [(480.0, {}), (481.0, {320: DropReason.ALONE, 480: DropReason.ALONE})],
    ids=["fills the slot", "would be scaled up"],
)
def test_selection_beside_an_oversized_spec(slot: float, dropped: dict[int, DropReason]) -> None:
    specs, variants = made({"avif": {320: 20, 480: 40, 600: 60}, "webp": {320: 30, 480: 50, 600: None}})
    found = dropped_variants(specs, variants, 1000, oversized={specs[-1]}, slot=slot)
    assert {spec.width: reason for spec, reason in found.items()} == dropped


def fits(codec: Codec, side: int, settings: Mapping[str, Any]) -> bool:
    try:
        data = codec.encode(Image.new("RGB", (8, side), "teal"), **settings)
        with Image.open(io.BytesIO(data)) as image:  # AVIF's encoder accepts more than its decoder
            image.load()
            return image.size == (8, side)
    except (OSError, ValueError):
        return False


@pytest.mark.parametrize("codec", [webp.CODEC, avif.CODEC, jpeg.CODEC], ids=lambda codec: codec.name)
def test_declared_limit_is_that_of_the_encoder_and_decoder(codec: Codec) -> None:
    assert codec.max_side is not None
    settings = {"quality": 50, "effort": {"webp": 0, "avif": 10}.get(codec.name), "xmp": None}
    assert fits(codec, codec.max_side, settings)
    assert not fits(codec, codec.max_side + 1, settings)


def test_master_that_its_format_cannot_hold_is_named() -> None:
    encoder = Encoder(MemoryStore(), {"jpeg": jpeg.CODEC, "png": png.CODEC}, None, EncodingPolicy(), workers=1)  # type: ignore[arg-type]
    master = pictures.save(Image.new("RGB", (65_501, 2), "teal"), "PNG")
    with pytest.raises(ProviderError, match=r"65,501×2 px; JPEG holds at most 65,500 px a side"):
        encoder.publish(master, quality=80, rights=Rights())
