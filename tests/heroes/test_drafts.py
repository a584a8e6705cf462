"""Drafts: heroes that only `generate` can make are previewed by a marked drawing, except in CI and if frozen."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast

import pytest
from PIL import Image, ImageChops

import imageseo
from imageseo.heroes.lock.lock import Lock
from imageseo.heroes.masters import drafts
from imageseo.heroes.masters.resolver import MasterResolver
from imageseo.heroes.providers.procedural import PROVIDER
from imageseo.model.errors import ProviderError
from imageseo.model.finding import Location, Severity
from imageseo.model.hero import ALGORITHMIC_MEDIA, HeroRequest, Master, Recipe
from imageseo.model.protocols import HeroProvider, ProviderContext
from tests.support.fakes import MemoryStore, OneColour
from tests.support.small_sites import write

LOCATION = Location(page="index.html", source="docs/index.md")
PAINTER = cast("HeroProvider", PROVIDER)
MODEL: Mapping[str, HeroProvider] = {"model": OneColour("model", reproducible=False), "procedural": PAINTER}


def ask(seed: int = 3, size: tuple[int, int] = (320, 180)) -> HeroRequest:
    recipe = Recipe(provider="model", seed=seed, width=size[0], height=size[1], options={"prompt": "a secret fox"})
    return HeroRequest(page="docs/index.md", recipe=recipe)


def resolver(
    folder: Path, *, shown: bool = True, frozen: bool = False, providers: Mapping[str, HeroProvider] = MODEL
) -> MasterResolver:
    return MasterResolver(
        lock=Lock(), project=folder, store=MemoryStore(), providers=providers, frozen=frozen, drafts=shown
    )


def test_unpinned_hero_of_a_model_is_drawn_and_marked(tmp_path: Path) -> None:
    resolution = resolver(tmp_path).resolve(ask(), LOCATION)
    (finding,) = resolution.findings
    assert (finding.rule, finding.severity, finding.fails_build) == ("hero-unpinned", Severity.WARN, False)
    assert "marked DRAFT" in finding.message
    assert "imageseo generate docs/index.md" in finding.hint
    master = resolution.master
    assert master is not None
    assert (master.width, master.height, master.digital_source_type) == (320, 180, ALGORITHMIC_MEDIA)
    assert (master.file, master.prompt, master.recipe) == (None, None, None)
    png = master.read()
    assert png == drafts.draw(PAINTER, Recipe(provider="model", seed=3, width=320, height=180))
    with Image.open(io.BytesIO(png)) as image:
        assert image.size == (320, 180)


@pytest.mark.parametrize("size", [(1600, 900), (512, 512), (360, 640), (128, 128), (2000, 128)])
def test_word_is_legible_in_the_middle_of_every_shape(size: tuple[int, int]) -> None:
    """White letters on a dark ground, measured on the pixels, and whole in a crop of 9:16."""
    recipe = Recipe(provider="model", seed=8, width=size[0], height=size[1])
    with Image.open(io.BytesIO(drafts.draw(PAINTER, recipe))) as image:
        assert image.size == size
        grey = image.convert("L")
    short = min(size)
    box = (size[0] // 2 - short // 5, size[1] // 2 - short // 16, size[0] // 2 + short // 5, size[1] // 2 + short // 16)
    histogram = grey.crop(box).histogram()
    total = sum(histogram)
    light, dark = sum(histogram[220:]) / total, sum(histogram[:60]) / total
    assert light > 0.2
    assert dark > 0.2


@pytest.mark.parametrize("size", [(1600, 900), (512, 512), (900, 300)])
def test_crop_of_a_phone_shows_the_whole_word(size: tuple[int, int]) -> None:
    recipe = Recipe(provider="model", seed=8, width=size[0], height=size[1])
    plain = Recipe(provider="procedural", seed=8, width=size[0], height=size[1], options=PAINTER.complete({}))
    (master,) = PAINTER.produce([plain])
    with Image.open(io.BytesIO(drafts.draw(PAINTER, recipe))) as marked, Image.open(io.BytesIO(master.png)) as bare:
        box = ImageChops.difference(marked.convert("RGB"), bare.convert("RGB")).getbbox()
    assert box is not None
    assert box[2] - box[0] <= size[1] * 9 / 16
    assert abs(box[0] + box[2] - size[0]) <= 2


def test_other_seeds_and_brands_draw_other_drafts() -> None:
    recipe = Recipe(provider="model", seed=8, width=96, height=64)
    other = Recipe(provider="model", seed=9, width=96, height=64)
    assert drafts.draft_key(PAINTER, recipe) != drafts.draft_key(PAINTER, other)
    prompts = Recipe(provider="model", seed=8, width=96, height=64, options={"prompt": "another"})
    assert drafts.draft_key(PAINTER, recipe) == drafts.draft_key(PAINTER, prompts)
    brand = PAINTER.configure(ProviderContext(project=Path(), cache=Path(), colors=("#ec0000", "#222222")))
    assert drafts.draft_key(brand, recipe) != drafts.draft_key(PAINTER, recipe)
    with Image.open(io.BytesIO(drafts.draw(brand, recipe))) as image:
        colors = {color for _, color in image.convert("RGB").getcolors(96 * 64) or ()}
    assert (236, 0, 0) in colors


class Broken(OneColour):
    """Cannot draw."""

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        raise ProviderError("no ink")


@pytest.mark.parametrize(
    ("shown", "frozen", "providers"),
    [
        (False, False, MODEL),
        (True, True, MODEL),
        (True, False, {"model": MODEL["model"]}),
        (True, False, {"model": MODEL["model"], "procedural": Broken("procedural")}),
        (True, False, {"model": MODEL["model"], "procedural": OneColour("procedural", reproducible=False)}),
    ],
)
def test_without_a_draft_it_is_an_error(
    tmp_path: Path, shown: bool, frozen: bool, providers: Mapping[str, HeroProvider]
) -> None:
    resolution = resolver(tmp_path, shown=shown, frozen=frozen, providers=providers).resolve(ask(), LOCATION)
    (finding,) = resolution.findings
    assert (finding.rule, finding.severity, finding.fails_build) == ("hero-unpinned", Severity.ERROR, True)
    assert resolution.master is None


@pytest.mark.parametrize(
    ("value", "found"), [("true", True), ("1", True), ("woodpecker", True), ("false", False), ("", False), ("0", False)]
)
def test_ci_is_the_variable_that_all_services_set(value: str, found: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", value)
    assert drafts.in_ci() is found
    monkeypatch.delenv("CI")
    assert drafts.in_ci() is False


def test_site_is_built_with_a_draft_and_not_in_ci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = "<!doctype html><title>A</title><body><main><article><h1>A</h1><p>Text.</p></article></main>"
    recipe = 'provider = "diffusers", model = "models/none", prompt = "zebra", width = 320, height = 192'
    hero = f'"/" = {{ {recipe}, alt = "A" }}\n'
    write(tmp_path, {"out/index.html": page, "heroes.toml": hero, "imageseo.toml": 'site_url = "https://e.example/"\n'})
    monkeypatch.setenv("CI", "true")
    result = imageseo.build_site(tmp_path / "out", project=tmp_path)
    assert [each.severity for each in result.findings if each.rule == "hero-unpinned"] == [Severity.ERROR]
    monkeypatch.delenv("CI")
    result = imageseo.build_site(tmp_path / "out", project=tmp_path)
    assert not result.failed
    assert [each.severity for each in result.findings if each.rule == "hero-unpinned"] == [Severity.WARN]
    html = (tmp_path / "out/index.html").read_text()
    assert "assets/heroes/" in html
    assert "zebra" not in json.dumps(html)
    assert "trainedAlgorithmicMedia" not in html
    monkeypatch.setenv("CI", "true")
    assert imageseo.build_site(tmp_path / "out", project=tmp_path).failed, "what an earlier build did is not repeated"
