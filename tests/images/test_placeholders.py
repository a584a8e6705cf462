"""What a page may show of an image until it is loaded."""

from __future__ import annotations

import base64
import io

from PIL import Image

from imageseo.images.placeholders.preview import MAX_PREVIEW, make
from tests.support import pictures

GREEN = (20, 120, 40)


def test_color_is_that_of_most_pixels_and_preview_is_tiny() -> None:
    image = Image.new("RGB", (400, 300), GREEN)
    image.paste((250, 250, 250), (0, 0, 120, 300))
    for kind, options in (("PNG", {}), ("JPEG", {"quality": 95}), ("WEBP", {"lossless": True})):
        found = make(pictures.save(image, kind, **options), kind.lower(), 1)
        assert found is not None
        color = [int(found.color[at : at + 2], 16) for at in (1, 3, 5)]
        assert all(abs(one - other) <= 6 for one, other in zip(color, GREEN, strict=True)), (kind, found.color)
        data = base64.b64decode(found.preview)
        assert len(data) <= MAX_PREVIEW
        with Image.open(io.BytesIO(data)) as preview:
            assert preview.size == (10, 8)
            assert preview.convert("RGB").getpixel((0, 4)) > (200, 200, 200)  # type: ignore[operator]
        assert make(pictures.save(image, kind, **options), kind.lower(), 1) == found, "equal files, equal placeholders"


def test_busy_photograph_has_a_preview_within_the_limit() -> None:
    for image in (pictures.photo(900, 1600), Image.effect_noise((600, 40), 120).convert("RGB")):
        found = make(pictures.save(image, "JPEG"), "jpeg", 1)
        assert found is not None
        assert 0 < len(base64.b64decode(found.preview)) <= MAX_PREVIEW


def test_image_with_any_transparency_has_none() -> None:
    opaque = Image.new("RGBA", (200, 100), (*GREEN, 255))
    corner = opaque.copy()
    corner.putpixel((199, 0), (0, 0, 0, 254))
    palette = Image.new("P", (200, 100))
    palette.putpalette([*GREEN, 9, 9, 9])
    assert make(pictures.save(opaque, "PNG"), "png", 1) is not None, "an alpha channel without transparency"
    assert make(pictures.save(palette, "PNG"), "png", 1) is not None
    assert make(pictures.save(corner, "PNG"), "png", 1) is None
    assert make(pictures.save(corner, "WEBP", lossless=True), "webp", 1) is None
    palette.putpixel((0, 0), 1)
    assert make(pictures.save(palette, "PNG", transparency=1), "png", 1) is None
    assert make(pictures.save(Image.new("L", (200, 100)), "PNG", transparency=0), "png", 1) is None


def test_image_is_turned_upright() -> None:
    image = Image.new("RGB", (200, 100), GREEN)
    found = make(pictures.save(image, "JPEG"), "jpeg", 6)
    assert found is not None
    with Image.open(io.BytesIO(base64.b64decode(found.preview))) as preview:
        assert preview.size == (5, 10)
