"""JPEGs whose EXIF data declares a density are shown at the same size before and after a build."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from imageseo import config
from imageseo.images.decoding.probe import probe_bytes
from imageseo.images.encoding.recompression import is_recompressible
from imageseo.integrations import directory
from imageseo.integrations.progress import Quiet
from imageseo.lint.rules.img_dimensions import check as check_dimensions
from imageseo.model.facts import ImageFact
from imageseo.model.image import Asset
from imageseo.pipeline import build as pipeline
from imageseo.pipeline import composition
from imageseo.web.html.page_scan import scan_page
from tests.support import pictures, small_sites
from tests.support.browser import chromium, needs_chromium, open_page, served

SIZE = (400, 300)
DENSE = {"x": 144, "y": 144, "pixels": (200, 150)}
# Natural sizes as measured with Chromium 156.
JPEGS: dict[str, tuple[dict[str, Any], tuple[int, int]]] = {
    "twice": (DENSE, (200, 150)),
    "four-times": ({"x": 288, "y": 288, "pixels": (100, 75)}, (100, 75)),
    "half": ({"x": 36, "y": 36, "pixels": (800, 600)}, (800, 600)),
    "rounded": ({"x": 170, "y": 170, "pixels": (169, 127)}, (169, 127)),
    "turned": ({**DENSE, "orientation": 6}, (150, 200)),
    "uneven": ({"x": 144, "y": 72, "pixels": (200, 300)}, (200, 300)),
    "camera": ({"x": 300, "y": 300, "pixels": (400, 300)}, (400, 300)),
    "no-dimensions": ({"x": 144, "y": 144, "pixels": None}, (400, 300)),
    "centimetres": ({**DENSE, "unit": 3}, (400, 300)),
    "no-unit": ({**DENSE, "unit": None}, (400, 300)),
    "one-density": ({"x": 144, "y": None, "pixels": (200, 150)}, (400, 300)),
    "zero": ({"x": 0, "y": 0, "pixels": (200, 150)}, (400, 300)),
    "one-off": ({"x": 144, "y": 144, "pixels": (201, 150)}, (400, 300)),
}


def exif(
    *,
    x: int | None,
    y: int | None,
    pixels: tuple[int, int] | None,
    unit: int | None = 2,
    orientation: int | None = None,
) -> bytes:
    block = Image.Exif()
    values = {0x011A: x, 0x011B: y, 0x0128: unit, 0x0112: orientation}
    for tag, value in values.items():
        if value is not None:
            block[tag] = IFDRational(value) if tag in (0x011A, 0x011B) else value
    if pixels is not None:
        block.get_ifd(0x8769).update({0xA002: pixels[0], 0xA003: pixels[1]})
    return block.tobytes()


def image(kind: str = "JPEG", **density: Any) -> bytes:
    out = io.BytesIO()
    pictures.photo(*SIZE).save(out, kind, exif=exif(**{**DENSE, **density}))
    return out.getvalue()


def probed(data: bytes) -> Asset:
    found = probe_bytes(data, "a.jpg", max_pixels=10**7)
    assert isinstance(found, Asset)
    return found


@pytest.mark.parametrize("name", JPEGS)
def test_size_in_css_px_is_that_of_the_browser(name: str) -> None:
    density, size = JPEGS[name]
    asset = probed(image(**density))
    assert (asset.css_width, asset.css_height) == size
    assert sorted((asset.width, asset.height)) == sorted(SIZE)
    assert asset.encodable == (name != "uneven")
    assert is_recompressible(asset) == (asset.css_size is None), "recompressed files have no EXIF data"


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_density_of_other_formats_has_no_effect(kind: str) -> None:
    assert probed(image(kind)).css_size is None


def test_damaged_metadata_is_ignored() -> None:
    data = image()
    broken = data.replace(b"\x87\x69\x00\x04\x00\x00\x00\x01", b"\x87\x69\x00\x04\x00\x00\x00\x01\xff\xff"[:8], 1)
    assert probed(broken[:60] + b"\xff" * 12 + broken[72:]).width in SIZE


@pytest.mark.parametrize(("size", "problems"), [((200, 150), 0), ((400, 300), 0), ((200, 100), 1)])
def test_lint_compares_with_the_size_in_css_px(size: tuple[int, int], problems: int) -> None:
    html = f'<img src="a.jpg" alt="A" width="{size[0]}" height="{size[1]}">'.encode()
    fact = ImageFact(ref=scan_page(html).refs[0], targets=(), file=probed(image()))
    found = list(check_dimensions(html, [fact]))
    assert len(found) == problems
    if found:
        assert 'width="200" height="150"' in found[0].hint


STYLES = {
    "none": "",
    "responsive": "img{max-width:100%;height:auto}",
    "reset": "img{width:auto;height:auto;max-width:100%}",
}


@needs_chromium
@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_built_page_shows_the_same_sizes(tmp_path: Path, style: str) -> None:
    tags = "".join(f'<p><img id="{name}" src="{name}.jpg" alt="A photo"></p>' for name in JPEGS)
    html = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>T</title>'
        f"<style>{STYLES[style]}</style></head>"
        f"<body><main><h1>T</h1>{tags}</main></body></html>"
    )
    files = {f"{name}.jpg": image(**density) for name, (density, _) in JPEGS.items()}
    small_sites.write(tmp_path / "site", {"index.html": html, **files})
    before = _sizes(tmp_path / "site")
    assert before == {name: size for name, (_, size) in JPEGS.items()}
    settings = config.load(
        {"site_url": "https://example.org/", "profile": "fast", "encode": {"isolate": False}}, "test"
    )
    site = directory.site(tmp_path / "site", project=tmp_path, settings=settings)
    with composition.build_tools(settings, project=tmp_path, progress=Quiet()) as tools:
        result = pipeline.build(site, settings, tools)
    assert "img-dimensions" not in {finding.rule for finding in result.findings}
    assert (tmp_path / "site/index.html").read_text("utf-8").count("<picture") >= len(JPEGS) - 2
    after = _sizes(tmp_path / "site")
    moved = {name: (size, after[name]) for name, size in before.items() if _differ(size, after[name])}
    assert not moved


def _differ(first: tuple[int, int], second: tuple[int, int]) -> bool:
    return max(abs(first[0] - second[0]), abs(first[1] - second[1])) > 1


def _sizes(folder: Path) -> dict[str, tuple[int, int]]:
    with served(folder) as url, chromium() as browser:
        page = open_page(browser, url, width=1350, height=940)
        sizes: dict[str, list[float]] = page.evaluate(
            """async () => {
              const found = {};
              for (const image of document.images) {
                image.scrollIntoView();
                await image.decode();
                const box = image.getBoundingClientRect();
                found[image.id] = [Math.round(box.width), Math.round(box.height)];
              }
              return found;
            }"""
        )
    return {name: (int(width), int(height)) for name, (width, height) in sizes.items()}
