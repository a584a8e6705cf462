"""Crops: where their windows lie, that they keep what a picture shows, and that none is made twice or left behind."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from imageseo.images.decoding.probe import probe
from imageseo.model.errors import ProviderError
from imageseo.model.hero import ALGORITHMIC_MEDIA
from imageseo.pipeline import hero_crops
from imageseo.pipeline.crop_windows import MAX_WIDTH, largest, like_crop, name, window
from tests.pipeline.test_build import build, page
from tests.support import pictures, small_sites

RATIOS = ("1:1", "4:3", "16:9", "1.91:1")
EXACT = {"1:1": 1.0, "4:3": 4 / 3, "16:9": 16 / 9, "1.91:1": 1200 / 630}
sides = st.integers(1, 9000)
shares = st.floats(0, 1)


# ---- geometry


@given(sides, sides, st.sampled_from(RATIOS), shares, shares)
def test_a_window_is_the_largest_and_holds_its_centre(width: int, height: int, ratio: str, x: float, y: float) -> None:
    found = window((width, height), ratio, (x, y))
    left, top, right, bottom = found.box
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert found.width == width or found.height == height
    assert left - 1 <= x * width <= right + 1
    assert top - 1 <= y * height <= bottom + 1
    assert found.size[0] <= min(found.width, MAX_WIDTH)
    assert found.size[1] <= found.height
    across, down = found.size
    if min(across, down) > 1:
        # As near to the ratio as whole px allow.
        assert min(abs(across - EXACT[ratio] * down), abs(down - across / EXACT[ratio])) <= 1


def test_the_usual_hero_has_the_usual_crops() -> None:
    centre = (0.5, 0.5)
    assert [window((1600, 900), ratio, centre).size for ratio in RATIOS] == [
        (900, 900),
        (1200, 900),
        (1200, 675),
        (1200, 630),
    ]
    assert window((1600, 900), "1:1", centre).box == (350, 0, 1250, 900)
    assert largest((900, 1600), "16:9") == (900, 506)


def test_names_of_crops_are_known_again() -> None:
    named = [name("assets/heroes/guide--start.jpg", ratio) for ratio in RATIOS]
    assert named[0] == "assets/heroes/guide--start-1x1.jpg"
    assert len(set(named)) == 4
    assert all(map(like_crop, named))
    assert like_crop("assets/heroes/guide--start-1x1-0123abcd.jpg"), "beside an author's file of the plain name"
    assert not like_crop("assets/heroes/guide--start.jpg")
    assert not like_crop("assets/heroes/guide--start-0123abcd.jpg")


# ---- where the subject is


def noisy(size: tuple[int, int], seed: int = 1) -> Image.Image:
    """A dull, faintly grained picture."""
    grain = np.random.default_rng(seed).integers(96, 112, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(grain).filter(ImageFilter.GaussianBlur(1))


def with_face(size: tuple[int, int], at: tuple[float, float], radius: int) -> Image.Image:
    """Something like a face: skin, eyes, a mouth, hair."""
    image = noisy(size)
    draw = ImageDraw.Draw(image)
    x, y = round(at[0] * size[0]), round(at[1] * size[1])
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(224, 172, 138))
    draw.chord((x - radius, y - radius, x + radius, y + radius), 190, 350, fill=(70, 42, 30))
    for side in (-1, 1):
        eye = (x + side * radius // 3, y)
        draw.ellipse(
            (eye[0] - radius // 8, eye[1] - radius // 8, eye[0] + radius // 8, eye[1] + radius // 8), fill="black"
        )
    draw.arc(
        (x - radius // 3, y, x + radius // 3, y + radius * 2 // 3), 20, 160, fill=(150, 30, 40), width=radius // 10
    )
    return image


def png(image: Image.Image) -> bytes:
    return pictures.save(image, "PNG")


def boxes(master: bytes, ratios: Sequence[str], focal: tuple[float, float] | None = None) -> list[Image.Image]:
    made = hero_crops.crop_master(master, ratios, focal=focal, max_pixels=10**8)
    return [Image.open(io.BytesIO(data)) for data in made]


def skin(image: Image.Image) -> int:
    """How many px have the face's colour."""
    near = np.abs(np.asarray(image.convert("RGB"), dtype=np.int16) - (224, 172, 138)).max(axis=2) < 12
    return int(near.sum())


@pytest.mark.parametrize("at", [(0.14, 0.5), (0.3, 0.6), (0.72, 0.4), (0.87, 0.55)])
def test_a_face_off_the_middle_is_kept_whole_in_a_wide_picture(at: tuple[float, float]) -> None:
    image = with_face((800, 450), at, 60)
    whole = skin(image)
    for ratio, crop in zip(("1:1", "4:3"), boxes(png(image), ("1:1", "4:3")), strict=True):
        assert crop.size == largest((800, 450), ratio)
        assert skin(crop) == whole, ratio


@pytest.mark.parametrize("at", [(0.5, 0.1), (0.4, 0.3), (0.6, 0.88)])
def test_a_face_off_the_middle_is_kept_whole_in_a_tall_picture(at: tuple[float, float]) -> None:
    image = with_face((450, 800), at, 50)
    for crop in boxes(png(image), ("1:1", "16:9", "1.91:1")):
        assert skin(crop) == skin(image)


def test_a_moon_in_a_plain_sky_is_kept() -> None:
    image = Image.new("RGB", (800, 450), (13, 30, 62))
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, 450), (0, 340), (150, 300), (320, 350), (600, 310), (800, 360), (800, 450)], fill=(8, 20, 44))
    draw.ellipse((620, 90, 690, 160), fill=(245, 214, 170))
    (crop,) = boxes(png(image), ["1:1"])
    colours = np.asarray(crop.convert("RGB"))
    assert int((colours[..., 0] > 200).sum()) == int((np.asarray(image)[..., 0] > 200).sum())


@pytest.mark.parametrize("image", [Image.new("RGB", (640, 360), "#2563eb"), Image.new("L", (640, 360), 90)])
def test_a_picture_of_nothing_is_cut_in_its_middle(image: Image.Image) -> None:
    (crop,) = boxes(png(image), ["1:1"])
    assert crop.size == (360, 360)
    assert hero_crops._subject(image.convert("RGB"), "1:1") == pytest.approx((0.5, 0.5), abs=0.01)


def test_the_authors_focal_point_comes_first() -> None:
    image = with_face((800, 450), (0.15, 0.5), 60)
    assert skin(boxes(png(image), ["1:1"], focal=(1.0, 0.5))[0]) == 0
    assert skin(boxes(png(image), ["1:1"], focal=(0.0, 0.5))[0]) == skin(image)


def test_crops_are_shrunk_and_never_enlarged() -> None:
    image = pictures.photo(2000, 1300)
    assert [crop.size for crop in boxes(png(image), RATIOS)] == [(1200, 1200), (1200, 900), (1200, 675), (1200, 630)]
    assert [crop.size for crop in boxes(png(pictures.photo(64, 64)), RATIOS)] == [
        (64, 64),
        (64, 48),
        (64, 36),
        (64, 34),
    ]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "I;16", "1", "L"])
def test_masters_of_every_kind_have_crops(mode: str) -> None:
    photo = pictures.photo(400, 200)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(photo.convert("L"), dtype=np.uint16) * 257)
    else:
        image = photo.convert(mode)
        if image.mode in ("RGBA", "LA"):
            image.putalpha(Image.linear_gradient("L").resize(image.size))
    (crop,) = boxes(png(image), ["1:1"])
    assert crop.size == (200, 200)
    assert crop.mode == ("RGBA" if mode in ("RGBA", "LA") else "RGB")


@pytest.mark.parametrize("master", [b"", b"no picture", pictures.cut(pictures.save(pictures.photo(300, 200), "PNG"))])
def test_what_is_no_picture_is_said(master: bytes) -> None:
    with pytest.raises(ProviderError, match="hero's master"):
        list(hero_crops.crop_master(master, ["1:1"], focal=None, max_pixels=10**6))


def test_crops_are_the_same_in_every_process(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(with_face((640, 360), (0.3, 0.4), 50)))
    code = (
        "import hashlib, pathlib; from imageseo.pipeline import hero_crops\n"
        "data = pathlib.Path('a.png').read_bytes()\n"
        "cut = hero_crops.crop_master(data, ('1:1', '4:3', '1.91:1'), focal=None, max_pixels=10**6)\n"
        "print([hashlib.sha256(each).hexdigest() for each in cut])"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=small_sites.environment({"PYTHONHASHSEED": seed, "OMP_NUM_THREADS": seed}),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


# ---- in a build

HERO = '["/hero/"]\nseed = 5\nstyle = "topo"\nalt = "Lines"\nwidth = 640\nheight = 360\n'
FAST: dict[str, Any] = {"formats": ["webp"], "widths": [320], "encode": {"webp_method": 0}, "quality": {"webp": 40}}
BESIDE = ("hero-1x1.jpg", "hero-4x3.jpg", "hero-16x9.jpg", "hero-1.91x1.jpg")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    files = {"site/index.html": page("<p>Words</p>"), "site/hero/index.html": page("<p>Words</p>", "hero/")}
    return small_sites.write(tmp_path, {**files, "heroes.toml": HERO})


def cropped(folder: Path, ratios: Sequence[str] = RATIOS, **more: Any) -> Any:
    return build(folder, {**FAST, **more, "hero": {"crops": list(ratios), **more.get("hero", {})}})


def published(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "site/assets/heroes").glob("*.jpg"))}


def graph(folder: Path, url: str = "hero/") -> list[dict[str, Any]]:
    html = (folder / "site" / url / "index.html").read_text("utf-8")
    found = re.search(r'<script type="application/ld\+json" data-imageseo>(.*?)</script>', html)
    assert found is not None
    things: list[dict[str, Any]] = json.loads(found[1])["@graph"]
    return things


@pytest.fixture
def uncut(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on no crop may be made."""

    def fail(*words: object, **more: object) -> None:
        raise AssertionError("a crop was made that was there already")

    return lambda: monkeypatch.setattr(hero_crops, "crop_master", fail)


def test_crops_lie_beside_the_hero_and_say_what_it_says(site: Path) -> None:
    result = cropped(site)
    assert not result.failed
    assert (result.summary["crops"], result.summary["variants"]) == (4, len(list(site.rglob("*w.????????.*"))))
    assert set(published(site)) == {"hero.jpg", *BESIDE}
    sizes = []
    for file in BESIDE:
        asset = probe(site / "site/assets/heroes" / file, file, max_pixels=10**8)
        assert getattr(asset, "rights").digital_source_type == ALGORITHMIC_MEDIA  # noqa: B009
        sizes.append((getattr(asset, "width"), getattr(asset, "height")))  # noqa: B009
    assert sizes == [(360, 360), (480, 360), (640, 360), (640, 336)]
    *images, join = graph(site)
    assert [image["contentUrl"].rpartition("/")[2] for image in images] == ["hero.jpg", *BESIDE]
    assert {image["digitalSourceType"] for image in images} == {"https://schema.org/AlgorithmicMediaDigitalSource"}
    assert [image.get("representativeOfPage") for image in images] == [True, None, None, None, None]
    assert [(image["width"]["value"], image["height"]["value"]) for image in images[1:]] == sizes
    assert join["primaryImageOfPage"] == {"@id": images[0]["@id"]}
    assert join["image"] == [{"@id": image["@id"]} for image in images]
    assert b"-1x1" not in (site / "site/sitemap.xml").read_bytes(), "no article shows them"


def test_nobody_gets_crops_unasked(site: Path) -> None:
    build(site, FAST)
    assert set(published(site)) == {"hero.jpg"}
    assert "image" not in graph(site)[-1]


def test_a_warm_build_cuts_nothing_and_changes_nothing(site: Path, uncut: Callable[[], None]) -> None:
    cropped(site)
    before = small_sites.tree(site / "site")
    uncut()
    assert cropped(site).changed == ()
    assert small_sites.tree(site / "site") == before


def test_without_the_memo_the_store_has_them(site: Path, uncut: Callable[[], None]) -> None:
    cropped(site)
    before = published(site)
    for book in (site / ".cache/imageseo/memo").iterdir():
        book.unlink()
    for file in (site / "site/assets/heroes").iterdir():
        file.unlink()
    uncut()
    assert not cropped(site).failed
    assert published(site) == before


def test_another_smartcrop_cuts_anew(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cropped(site)
    cut: list[str] = []

    def noted(master: bytes, ratios: Iterable[str], **more: Any) -> Iterator[bytes]:
        wanted = list(ratios)
        cut.extend(wanted)
        return really(master, wanted, **more)

    really = hero_crops.crop_master
    monkeypatch.setattr(hero_crops, "crop_master", noted)
    monkeypatch.setattr(hero_crops, "version", lambda: "smartcrop 99")
    cropped(site)
    assert sorted(cut) == sorted(RATIOS)
    cropped(site)
    assert len(cut) == len(RATIOS)


def test_one_that_was_damaged_in_the_store_is_made_again(site: Path) -> None:
    cropped(site)
    before = published(site)
    for blob in (site / ".cache/imageseo").rglob("*"):
        if blob.is_file() and blob.stat().st_size == len(before["hero-1x1.jpg"]):
            blob.write_bytes(b"x" * len(before["hero-1x1.jpg"]))
    (site / "site/assets/heroes/hero-1x1.jpg").unlink()
    assert not cropped(site).failed
    assert published(site) == before


def test_another_focal_point_is_another_crop(site: Path) -> None:
    cropped(site)
    first = published(site)
    (site / "heroes.toml").write_text(HERO + "focal = [0.0, 0.5]\n", "utf-8")
    assert not cropped(site).failed
    second = published(site)
    assert first["hero.jpg"] == second["hero.jpg"]
    assert first["hero-16x9.jpg"] == second["hero-16x9.jpg"], "it shows the whole picture anyway"
    assert first["hero-1x1.jpg"] != second["hero-1x1.jpg"]
    assert cropped(site).changed == ()


def test_what_nobody_names_any_more_is_swept(site: Path) -> None:
    cropped(site)
    assert not cropped(site, ["4:3"]).failed
    assert set(published(site)) == {"hero.jpg", "hero-4x3.jpg"}
    (site / "heroes.toml").write_text("", "utf-8")
    assert not cropped(site, ["4:3"]).failed
    assert not {"hero-4x3.jpg", "hero-1x1.jpg"} & set(published(site))


def test_an_authors_file_of_that_name_stays(site: Path) -> None:
    photo = small_sites.photo()
    own = site / "site/assets/heroes/hero-1x1.jpg"
    own.parent.mkdir(parents=True)
    own.write_bytes(photo)
    for _ in range(2):
        assert not cropped(site, ["1:1"]).failed
        assert own.read_bytes() == photo
        (ours,) = [file for file in published(site) if re.fullmatch(r"hero-1x1-[0-9a-f]{8}\.jpg", file)]
    build(site, FAST)
    assert own.read_bytes() == photo
    assert ours not in published(site), "that one an earlier build named, and its own words say who wrote it"


def test_a_page_that_is_named_like_a_crop_has_a_hero_of_its_own(site: Path) -> None:
    small_sites.write(site, {"site/hero-1x1/index.html": page("<p>Words</p>", "hero-1x1/")})
    (site / "heroes.toml").write_text(HERO + HERO.replace("/hero/", "/hero-1x1/").replace("5", "6", 1), "utf-8")
    for _ in range(2):
        assert not cropped(site, ["1:1"]).failed
        square, own = (graph(site, "hero/")[1]["contentUrl"], graph(site, "hero-1x1/")[0]["contentUrl"])
        assert square != own
        with Image.open(site / "site" / square.removeprefix("https://example.org/")) as image:
            assert image.size == (360, 360)
        with Image.open(site / "site" / own.removeprefix("https://example.org/")) as image:
            assert image.size == (640, 360)


def test_a_themes_article_gets_all_shapes(site: Path) -> None:
    theme = '<script type="application/ld+json">{"@context":"https://schema.org","@type":"Article","@id":"#a"}</script>'
    text = page("<p>Words</p>", "hero/").replace("</head>", f"{theme}</head>")
    (site / "site/hero/index.html").write_text(text, "utf-8")
    cropped(site, ["1:1", "4:3"])
    (article,) = [thing for thing in graph(site) if thing["@type"] == "Article"]
    assert len(article["image"]) == 3
