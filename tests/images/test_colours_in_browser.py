"""A variant looks like its source in a real browser: colour, transparency and orientation."""

from __future__ import annotations

import io
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from imageseo.images.decoding.probe import probe_bytes
from imageseo.images.resizers.pillow import render
from imageseo.model.image import Asset
from tests.support import pictures

_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, _NAMES)), None)
COLOR = (200, 80, 30)
CELL = 100


def rows(sample: bytes) -> bytes:
    return (b"\0" + sample * 64) * 48


def gamma(value: int) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", value)


def make_cicp_png(primaries: int, transfer: int, *extra: tuple[bytes, bytes]) -> bytes:
    chunk = (b"cICP", bytes((primaries, transfer, 0, 1)))
    return pictures.png(64, 48, depth=8, colour=2, rows=rows(bytes(COLOR)), extra=[chunk, *extra])


WIDE = b"cHRM", struct.pack(">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
P3 = pictures.p3_like()
SOURCES = {
    "cmyk.jpg": pictures.save(pictures.flat((200, 80, 30, 40), "CMYK"), "JPEG", quality=95),
    "wide.png": pictures.save(pictures.flat(COLOR), "PNG", icc_profile=P3),
    "wide.jpg": pictures.save(pictures.flat(COLOR), "JPEG", quality=95, icc_profile=P3),
    "wide-alpha.png": pictures.save(pictures.flat((*COLOR, 128), "RGBA"), "PNG", icc_profile=P3),
    "wide.webp": pictures.save(pictures.flat(COLOR), "WEBP", lossless=True, icc_profile=P3),
    "wide.avif": pictures.save(pictures.flat(COLOR), "AVIF", quality=100, icc_profile=P3),
    "grey.jpg": pictures.save(pictures.flat(128, "L"), "JPEG", quality=95, icc_profile=pictures.linear_grey()),
    "grey-alpha.png": pictures.save(pictures.flat((128, 200), "LA"), "PNG", icc_profile=pictures.linear_grey()),
    "rgb16.png": pictures.rgb16((51400, 20560, 7710)),
    "grey16.png": pictures.png(64, 48, depth=16, colour=0, rows=rows(struct.pack(">H", 33000))),
    "palette.png": pictures.palette_with_transparency(),
    "gamma.png": pictures.png(64, 48, depth=8, colour=2, rows=rows(bytes(COLOR)), extra=[gamma(100_000)]),
    "gamma-grey.png": pictures.png(64, 48, depth=8, colour=0, rows=rows(b"\x80"), extra=[gamma(100_000)]),
    "gamma-srgb.png": pictures.png(
        64, 48, depth=8, colour=2, rows=rows(bytes(COLOR)), extra=[(b"sRGB", b"\0"), gamma(100_000)]
    ),
    "chromaticities.png": pictures.png(64, 48, depth=8, colour=2, rows=rows(bytes(COLOR)), extra=[gamma(45_455), WIDE]),
    "chromaticities-alone.png": pictures.png(64, 48, depth=8, colour=2, rows=rows(bytes(COLOR)), extra=[WIDE]),
    "coded-p3.png": make_cicp_png(12, 13),
    "coded-2020.png": make_cicp_png(9, 13),
    "coded-linear.png": make_cicp_png(1, 8),
    "coded-gamma.png": make_cicp_png(12, 4),
    "coded-video.png": make_cicp_png(1, 1),
    "coded-wide-video.png": make_cicp_png(9, 14),
    "coded-before-all.png": make_cicp_png(12, 13, gamma(100_000)),
    "coded-unknown.png": make_cicp_png(12, 2),
    "coded-video.avif": pictures.coded_avif(pictures.flat(COLOR), 9, 14),
    "coded-p3.avif": pictures.coded_avif(pictures.flat(COLOR), 12, 13),
    "coded-alpha.avif": pictures.coded_avif(pictures.flat((*COLOR, 128), "RGBA"), 12, 13),
    "preview.jpg": pictures.with_preview(),
    "late-exif.png": pictures.with_late_chunk(
        pictures.save(pictures.corners(), "PNG"), b"eXIf", pictures.exif({0x0112: 6})
    ),
    **{
        f"turned-{turn}.{kind.lower()}": pictures.turned(turn, kind)
        for turn in range(1, 9)
        for kind in ("JPEG", "PNG", "AVIF", "WEBP")
    },
}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image.Image]:
    """A screenshot of all sources below each other on white, rendered by Chromium for an sRGB screen."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: no browser to compare with")
    if CHROMIUM is None:
        pytest.skip("no chromium is installed to compare with")
    folder: Path = tmp_path_factory.mktemp("browser")
    for name, data in SOURCES.items():
        (folder / name).write_bytes(data)
    cells = "".join(f'<div style="height:{CELL}px"><img src="{name}"></div>' for name in SOURCES)
    (folder / "index.html").write_text(f'<body style="margin:0;background:#fff">{cells}', "utf-8")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--force-color-profile=srgb"]
        )
        view = browser.new_page(viewport={"width": 200, "height": CELL * len(SOURCES)})
        view.goto((folder / "index.html").as_uri())
        view.wait_for_function("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
        yield Image.open(io.BytesIO(view.screenshot())).convert("RGB")
        browser.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", SOURCES)
def test_variant_looks_like_source_in_browser(page: Image.Image, name: str) -> None:
    asset = probe_bytes(SOURCES[name], name, max_pixels=10**6)
    assert isinstance(asset, Asset)
    size = (asset.width, asset.height)
    image = render(SOURCES[name], asset.format, asset.orientation, [size])[size].convert("RGBA")
    variant = Image.alpha_composite(Image.new("RGBA", size, "white"), image).convert("RGB")
    top = CELL * list(SOURCES).index(name)
    for x in (4, asset.width - 5):
        for y in (4, asset.height - 5):
            actual, expected = variant.getpixel((x, y)), page.getpixel((x, top + y))
            assert isinstance(actual, tuple)
            assert isinstance(expected, tuple)
            assert all(abs(a - b) <= 3 for a, b in zip(actual, expected, strict=True)), (actual, expected)
    assert page.getpixel((asset.width + 2, top + 4)) == (255, 255, 255), "the width is the one that the browser shows"
