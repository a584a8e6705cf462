"""Copies and derivatives of a hero, recognised by name and aspect ratio."""

from __future__ import annotations

import pytest

from imageseo.layout.shown_hero import is_copy
from imageseo.model.image import Asset


def asset(path: str, width: int = 800, height: int = 450) -> Asset:
    return Asset(path=path, sha256=path, width=width, height=height, format="jpeg", bytes=1)


HERO = asset("img/photo-1.jpg", 1600, 900)


@pytest.mark.parametrize(
    "path",
    [
        "img/photo-1.jpg",
        "assets/img/photo-1-b1816f4584d16a0e15ad807445dd018b.jpg",  # Docusaurus
        "derivatives/800w/photo-1.png",  # Pelican's image_process
        "img/photo-1_hu_9f86d081884c7d65.webp",  # Hugo
        "img/photo-1_hu9f86d081884c7d65_51234_800x0_resize_q75_box.jpg",
        "_astro/photo-1.Bx12abCd_Z1abc3.webp",  # Astro
        "assets/photo-1-C5xa1B2q.jpg",  # Vite
        "img/photo-1-800.jpg",
        "img/photo-1-800x450.jpg",  # WordPress
        "img/photo-1@2x.jpg",
    ],
)
def test_copies(path: str) -> None:
    assert is_copy(asset(path), HERO)


@pytest.mark.parametrize(
    "other",
    [
        asset("img/photo-12.jpg"),
        asset("img/photo-1-2.jpg"),
        asset("img/photo-1-mountain.jpg"),
        asset("img/photo.jpg"),
        asset("img/photo-1-800.jpg", 800, 800),
    ],
)
def test_other_images(other: Asset) -> None:
    assert not is_copy(other, HERO)
