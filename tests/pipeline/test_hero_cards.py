"""Title cards over images that are not drawn by us: photographs of the site, library images, model images."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imageseo.config.heroes import HeroSettings
from imageseo.heroes.masters import card_over
from imageseo.heroes.masters.card_over import CardDrawer, file_master
from imageseo.heroes.masters.redrawn import Redrawer
from imageseo.heroes.providers.art.cover_image import fit_image
from imageseo.heroes.providers.art.deterministic import Canvas
from imageseo.heroes.providers.library import PROVIDER as LIBRARY
from imageseo.heroes.providers.procedural import PROVIDER
from imageseo.heroes.recipes.request_parser import request
from imageseo.model.errors import RecipeError
from imageseo.model.hero import HeroRequest
from imageseo.model.site import Page, PageHints
from imageseo.storage.store import FolderStore
from tests.pipeline.test_build import build, findings_of, page
from tests.support import small_sites

FAST: dict[str, Any] = {"formats": ["webp"], "widths": [320], "encode": {"webp_method": 0, "isolate": False}}
PROVIDERS: Mapping[str, Any] = {"procedural": PROVIDER, "library": LIBRARY}
HERO = """["/a/"]
src = "{file}"
card = {{title = "{title}", layout = "{layout}"}}
alt = "A photograph with a title"
"""


def photograph(size: tuple[int, int] = (640, 360), format: str = "JPEG", **save: Any) -> bytes:
    """Draw stripes from black to white: no ink shows on all of them."""
    width, height = size
    ramp = np.tile(np.linspace(0, 255, width // 8).repeat(8)[:width], (height, 1)).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(np.stack([ramp, ramp[:, ::-1], ramp // 2], axis=-1)).save(out, format, **save)
    return out.getvalue()


def site(
    folder: Path, title: str = "Over it", layout: str = "bottom", file: str = "photo.jpg", data: Any = None
) -> Path:
    files = {
        "site/index.html": page("<p>Words</p>"),
        "site/a/index.html": page("<p>Words</p>", "a/"),
        f"site/{file}": photograph() if data is None else data,
        "heroes.toml": HERO.format(file=file, title=title, layout=layout),
    }
    return small_sites.write(folder, files)


def read(meta: Mapping[str, Any], title: str = "Page") -> HeroRequest:
    found = request(
        Page(path="a/index.html", hints=PageHints(title=title, meta=meta)),
        settings=HeroSettings(),
        complete=lambda name, options: PROVIDERS[name].complete(options),
        exists=lambda path: True,
    )
    assert found is not None
    return found


class TestRequest:
    def test_card_beside_a_file(self) -> None:
        found = read({"hero": {"src": "photo.jpg", "card": True}}, "The `title`")
        assert (found.file, found.recipe) == ("a/photo.jpg", None) or found.file == "photo.jpg"
        assert found.card == {"title": "The title"}

    def test_card_is_no_part_of_the_recipe_of_a_library_image(self) -> None:
        plain = read({"hero": {"provider": "library", "query": "harbour"}})
        carded = read({"hero": {"provider": "library", "query": "harbour", "card": {"title": "A", "layout": "split"}}})
        assert plain.recipe is not None
        assert carded.recipe is not None
        assert carded.recipe.key == plain.recipe.key
        assert carded.card == {"title": "A", "layout": "split"}
        assert plain.card == {}

    @pytest.mark.parametrize("meta", [{"src": "photo.jpg", "card": False}, {"src": "photo.jpg"}])
    def test_no_card(self, meta: Mapping[str, Any]) -> None:
        assert read({"hero": meta}).card == {}

    def test_flat_keys(self) -> None:
        assert read({"hero": "photo.jpg", "hero_card": "true"}).card == {"title": "Page"}

    @pytest.mark.parametrize(
        ("hero", "message"),
        [
            ({"src": "photo.jpg", "card": {"layout": "spilt"}}, "no layout 'spilt'"),
            ({"src": "photo.jpg", "card": 3}, "expected true, false, a title or a mapping"),
            ({"src": "photo.jpg", "card": True, "style": "topo"}, "cannot be combined"),
            ({"provider": "library", "query": "x", "card": {"titel": "x"}}, "`card.titel`: unknown key"),
        ],
    )
    def test_faults(self, hero: Mapping[str, Any], message: str) -> None:
        with pytest.raises(RecipeError) as caught:
            read({"hero": hero})
        assert message in caught.value.message
        assert "a/index.html" in caught.value.message


class TestBuild:
    def test_card_over_a_photograph_is_published_and_the_file_stays(self, tmp_path: Path, subtests: Any) -> None:
        before = photograph()
        folder = site(tmp_path, title="Over it")
        result = build(folder, {**FAST, "hero": {"crops": ["1:1"], "art_direction": "phone"}})
        assert not result.failed
        heroes = sorted(path.name for path in (folder / "site/assets/heroes").glob("a-photograph*.jpg"))
        with subtests.test("all shapes are drawn"):
            assert heroes == [
                "a-photograph-with-a-title-1x1.jpg",
                "a-photograph-with-a-title-phone.jpg",
                "a-photograph-with-a-title.jpg",
            ]
        with subtests.test("the page shows the card"):
            assert "a-photograph-with-a-title" in (folder / "site/a/index.html").read_text("utf-8")
        with subtests.test("the photograph is as it was"):
            assert (folder / "site/photo.jpg").read_bytes() == before
        with subtests.test("the title is whole in each of them"):
            for name in heroes:
                with Image.open(folder / "site/assets/heroes" / name) as image:
                    card = np.asarray(image.convert("L")).astype(int)
                steps = np.abs(np.diff(card, axis=1)) > 60  # stripes are soft, letters are not
                assert np.count_nonzero(steps[:, : card.shape[1] // 2]) > 200, name
        with subtests.test("another build changes nothing"):
            published = {path: path.read_bytes() for path in (folder / "site/assets/heroes").glob("*")}
            build(folder, {**FAST, "hero": {"crops": ["1:1"], "art_direction": "phone"}})
            assert published == {path: path.read_bytes() for path in (folder / "site/assets/heroes").glob("*")}
        with subtests.test("another title makes another card"):
            (folder / "heroes.toml").write_text(HERO.format(file="photo.jpg", title="Anew", layout="split"), "utf-8")
            build(folder, FAST)
            name = "a-photograph-with-a-title.jpg"
            assert (folder / "site/assets/heroes" / name).read_bytes() != published[
                folder / "site/assets/heroes" / name
            ]

    def test_what_a_card_cannot_show_is_a_finding(self, tmp_path: Path) -> None:
        result = build(site(tmp_path, title="word " * 80), FAST)
        (found,) = findings_of(result, "hero-card")
        assert "ends in an ellipsis" in found.message
        assert not result.failed

    def test_image_that_cannot_be_drawn_over_is_an_error(self, tmp_path: Path) -> None:
        svg = '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="360"></svg>'
        result = build(site(tmp_path, file="photo.svg", data=svg), FAST)
        (found,) = findings_of(result, "hero-master")
        assert "the image below it cannot be read" in found.message
        assert "remove `card`" in found.hint


class TestDrawing:
    def draw(self, tmp_path: Path, data: bytes, size: tuple[int, int], **card: Any) -> np.ndarray[Any, Any]:
        store = FolderStore(tmp_path / "store")
        drawer = CardDrawer(PROVIDERS, store)
        master = file_master("x", lambda: data, f"{hash(data) & 0xFFFF:064x}", size)
        wanted = HeroRequest(page="a", file="x", card={"title": "Readable everywhere", **card})
        carded, notes = drawer.over(master, wanted)
        assert notes == ()
        assert carded.read() == drawer.over(master, wanted)[0].read()
        with Image.open(io.BytesIO(carded.read())) as image:
            assert image.size == (carded.width, carded.height)
            return np.asarray(image.convert("RGB"))

    @pytest.mark.parametrize("layout", ["bottom", "split", "centered"])
    def test_title_shows_on_a_photograph_of_all_tones(self, tmp_path: Path, layout: str) -> None:
        from tests.heroes.test_title_card import luminance

        out = luminance(self.draw(tmp_path, photograph(), (640, 360), **({"layout": layout} if layout else {})))
        bottom = out[120:330, 40:600]
        assert bottom.max() > 0.6 or bottom.min() < 0.06

    def test_large_files_are_scaled_and_turned_upright(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(card_over, "_WIDEST", 400)
        exif = Image.Exif()
        exif[0x0112] = 6
        sideways = photograph((360, 600), exif=exif, quality=40)
        assert self.draw(tmp_path, sideways, (600, 360)).shape == (240, 400, 3)

    @pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "CMYK"])
    def test_every_kind_of_pixels(self, tmp_path: Path, mode: str) -> None:
        out = io.BytesIO()
        Image.new("RGBA", (320, 180), (200, 30, 30, 0)).convert(mode if mode != "CMYK" else "RGB").convert(mode).save(
            out, "TIFF" if mode == "CMYK" else "PNG"
        )
        assert self.draw(tmp_path, out.getvalue(), (320, 180)).shape == (180, 320, 3)

    def test_other_shapes_are_drawn_from_the_image(self, tmp_path: Path) -> None:
        store = FolderStore(tmp_path / "store")
        drawer = CardDrawer(PROVIDERS, store)
        data = photograph()
        master = file_master("x", lambda: data, "0" * 64, (640, 360))
        carded, _ = drawer.over(master, HeroRequest(page="a", file="x", card={"title": "Whole"}, focal=(0.9, 0.5)))
        redrawer = Redrawer(store=store, providers=drawer.with_cards())
        tall = redrawer.find(carded, (288, 360), phone=True)
        assert tall is not None
        assert tall.recipe.options["card"]["size"] == "phone"
        assert redrawer.find(carded, (640, 360), dark=True) is None
        with Image.open(io.BytesIO(redrawer.read(tall))) as image:
            assert image.size == (288, 360)
            right = np.asarray(image.convert("RGB"))[5:60, -20:, 0].astype(int)
        assert right.min() > 120  # the focal point is near the right edge

    def test_card_is_drawn_again_if_the_cache_loses_it(self, tmp_path: Path) -> None:
        store = FolderStore(tmp_path / "store")
        drawer = CardDrawer(PROVIDERS, store)
        data = photograph()
        master = file_master("x", lambda: data, "0" * 64, (640, 360))
        carded, _ = drawer.over(master, HeroRequest(page="a", file="x", card={"title": "Whole"}))
        first = carded.read()
        store.path(carded.sha256).unlink()
        assert carded.read() == first
        assert replace(carded, sha256="").width == 640


def test_focal_point_decides_what_is_cut_off() -> None:
    ramp = np.tile(np.linspace(0, 255, 640).astype(np.uint8), (360, 1))
    out = io.BytesIO()
    Image.fromarray(ramp).save(out, "PNG")
    levels = [float(fit_image(out.getvalue(), Canvas(288, 360), (x, 0.5)).l.mean()) for x in (0.1, 0.5, 0.9)]
    assert levels[0] + 0.1 < levels[1] < levels[2] - 0.1
    heights = [float(fit_image(out.getvalue(), Canvas(640, 180), (0.5, y)).l.mean()) for y in (0.1, 0.9)]
    assert heights[0] == pytest.approx(heights[1], abs=0.01), "nothing but height is cut off, and the ramp has none"
