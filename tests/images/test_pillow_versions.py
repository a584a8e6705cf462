"""Versions of Pillow's libraries, read without its Python modules."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PIL import features

from imageseo.images import pillow_versions


@pytest.mark.parametrize("name", sorted(pillow_versions._PLACES))
def test_versions_are_those_that_pillow_tells(name: str) -> None:
    assert pillow_versions.library_version(name) == features.version(name)


@pytest.mark.parametrize(
    "place",
    [("_imaging", "no_such_flag", "jpeglib_version"), ("_imaging", "jpeg_encoder", "no"), ("_no_module", "", "")],
)
def test_another_pillow_is_asked(monkeypatch: pytest.MonkeyPatch, place: tuple[str, str, str]) -> None:
    monkeypatch.setitem(pillow_versions._PLACES, "jpg", place)
    assert pillow_versions.library_version.__wrapped__("jpg") == features.version("jpg")


def test_resizers_and_codecs_tell_their_versions_without_pillows_modules() -> None:
    code = (
        "import sys\n"
        "from imageseo.images.resizers import fast, pillow\n"
        "from imageseo.images.codecs.avif import CODEC as avif\n"
        "from imageseo.images.codecs.webp import CODEC as webp\n"
        "for each in (fast, pillow, avif, webp): each.version()\n"
        "assert 'PIL.Image' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
