"""Shapes of heroes that can be drawn again: crops that show everything."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from imageseo.heroes.lock import lock as locks
from imageseo.heroes.masters.pin_builder import build_pin
from imageseo.heroes.providers.art import render
from imageseo.heroes.providers.procedural import PROVIDER
from imageseo.model.finding import Severity
from imageseo.model.hero import ADOPTED, Master, Recipe
from tests.pipeline.test_build import build, findings_of, page
from tests.support import small_sites

HERO = """["/{name}/"]
style = "{style}"
seed = 5
card = {{title = "{title}"}}
alt = "A card"
file_name = "{name}"
width = 320
height = 180
"""
FAST: dict[str, Any] = {"formats": ["webp"], "widths": [320], "encode": {"webp_method": 0, "isolate": False}}
CARDS = {"a": ("topo", "All of it"), "b": ("mosaic", "Half a title"), "c": ("chart", "Zwölf")}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    files = {f"site/{name}/index.html": page("<p>Words</p>", f"{name}/") for name in CARDS}
    heroes = "".join(HERO.format(name=name, style=style, title=title) for name, (style, title) in CARDS.items())
    return small_sites.write(tmp_path, {"site/index.html": page("<p>Words</p>"), **files, "heroes.toml": heroes})


def recipe(name: str, width: int = 320, height: int = 180, **more: Any) -> Recipe:
    style, title = CARDS[name]
    options = PROVIDER.complete({"style": style, "card": {"title": title}, **more})
    return Recipe(provider="procedural", seed=5, width=width, height=height, options=options)


def drawn(wanted: Recipe) -> Image.Image:
    return Image.open(io.BytesIO(next(PROVIDER.produce([wanted])).png)).convert("RGB")


def pin(folder: Path, name: str, master: Master, env: dict[str, Any] | None = None) -> None:
    path = folder / locks.NAME
    made, file, data = build_pin(f"{name}/index.html", recipe(name), master)
    (folder / file).write_bytes(data)
    lock = locks.read(path)
    locks.write(path, replace(lock, pins=(*lock.pins, replace(made, file=file, env=env or {}))))


def difference(file: Path, image: Image.Image) -> float:
    with Image.open(file) as found:
        assert found.size == image.size
        return max(ImageStat.Stat(ImageChops.difference(found.convert("L"), image.convert("L"))).mean)


def shaped(folder: Path, **hero: Any) -> Any:
    return build(folder, {**FAST, "hero": {"crops": ["1:1", "16:9", "9:16"], **hero}})


def test_cards_are_drawn_in_each_ratio_and_never_twice(
    site: Path, monkeypatch: pytest.MonkeyPatch, subtests: Any
) -> None:
    for name in "ab":
        pin(site, name, next(PROVIDER.produce([recipe(name)])))
    result = shaped(site)
    assert not result.failed
    assert not findings_of(result, "hero-cropped")
    for name in CARDS:
        with subtests.test(name):
            folder = site / "site/assets/heroes"
            assert difference(folder / f"{name}-1x1.jpg", drawn(recipe(name, 240, 240))) < 6
            assert difference(folder / f"{name}-9x16.jpg", drawn(recipe(name, 180, 320))) < 6
            assert difference(folder / f"{name}-16x9.jpg", drawn(recipe(name))) < 6
    monkeypatch.setattr(render, "draw", lambda *words: pytest.fail("it was drawn again"))
    before = small_sites.tree(site / "site")
    assert shaped(site).changed == ()
    for file in (*(site / ".cache/imageseo/memo").iterdir(), *(site / "site/assets/heroes").iterdir()):
        file.unlink()
    assert not shaped(site).failed, "the store has them, without build state"
    assert small_sites.tree(site / "site") == before


def test_pinned_images_that_the_recipe_does_not_give_are_cropped(site: Path, subtests: Any) -> None:
    other = next(PROVIDER.produce([replace(recipe("a"), seed=6)]))
    pin(site, "a", other)
    pin(site, "b", next(PROVIDER.produce([replace(recipe("b"), seed=7)])))
    pin(site, "c", next(PROVIDER.produce([replace(recipe("c"), seed=8)])), {ADOPTED: {"by": "Ann", "file": "x.png"}})
    result = shaped(site)
    assert not result.failed
    folder = site / "site/assets/heroes"
    for name in CARDS:
        with subtests.test(name), Image.open(folder / f"{name}-1x1.jpg") as image:
            assert image.size == (180, 180)
    found = findings_of(result, "hero-cropped")
    assert [each.location.page for each in found] == ["a/index.html", "b/index.html"], "an adopted one is as wanted"
    assert len({each.message for each in found}) == 1, "reported once"
    assert {each.severity for each in found} == {Severity.INFO}
    assert len(findings_of(shaped(site), "hero-cropped")) == 2
