"""Crops: position of windows, detection of subjects, caching and removal."""

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

from imageseo.heroes.providers.procedural import Procedural
from imageseo.images.decoding.probe import probe
from imageseo.model.errors import ProviderError
from imageseo.model.hero import ALGORITHMIC_MEDIA
from imageseo.pipeline.shapes import hero_crops
from imageseo.pipeline.shapes.crop_windows import MAX_WIDTH, crop_path, crop_window, is_crop_name, largest_size
from tests.pipeline.test_build import build, page
from tests.support import pictures, small_sites
from tests.support.json_ld import flat

RATIOS = ("1:1", "4:3", "16:9", "1.91:1")
TALL = ("4:5", "9:16")
EXACT = {"1:1": 1.0, "4:3": 4 / 3, "16:9": 16 / 9, "1.91:1": 1200 / 630, "4:5": 4 / 5, "9:16": 9 / 16}
sides = st.integers(1, 9000)
shares = st.floats(0, 1)


# ---- geometry


@given(sides, sides, st.sampled_from((*RATIOS, *TALL)), shares, shares)
def test_window_is_the_largest_and_contains_its_centre(width: int, height: int, ratio: str, x: float, y: float) -> None:
    found = crop_window((width, height), ratio, (x, y))
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


def test_crop_sizes_of_a_1600x900_hero() -> None:
    centre = (0.5, 0.5)
    assert [crop_window((1600, 900), ratio, centre).size for ratio in RATIOS] == [
        (900, 900),
        (1200, 900),
        (1200, 675),
        (1200, 630),
    ]
    assert crop_window((1600, 900), "1:1", centre).box == (350, 0, 1250, 900)
    assert largest_size((900, 1600), "16:9") == (900, 506)


def test_crop_names_are_recognised() -> None:
    named = [crop_path("assets/heroes/guide--start.jpg", ratio) for ratio in (*RATIOS, *TALL)]
    assert named[0] == "assets/heroes/guide--start-1x1.jpg"
    assert len(set(named)) == 6
    assert all(map(is_crop_name, named))
    assert is_crop_name("assets/heroes/guide--start-1x1-0123abcd.jpg"), "the plain name belongs to an author's file"
    assert not is_crop_name("assets/heroes/guide--start.jpg")
    assert not is_crop_name("assets/heroes/guide--start-0123abcd.jpg")


# ---- where the subject is


def noisy_image(size: tuple[int, int], seed: int = 1) -> Image.Image:
    """Return a grey image with faint grain."""
    grain = np.random.default_rng(seed).integers(96, 112, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(grain).filter(ImageFilter.GaussianBlur(1))


def with_face(size: tuple[int, int], at: tuple[float, float], radius: int) -> Image.Image:
    """Return an image with a simple face: skin, eyes, mouth, hair."""
    image = noisy_image(size)
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


def make_crops(master: bytes, ratios: Sequence[str], focal: tuple[float, float] | None = None) -> list[Image.Image]:
    made = hero_crops.crop_master(master, ratios, focal=focal, max_pixels=10**8)
    return [Image.open(io.BytesIO(data)) for data in made]


def count_skin(image: Image.Image) -> int:
    """Return the number of px in the face's color."""
    near = np.abs(np.asarray(image.convert("RGB"), dtype=np.int16) - (224, 172, 138)).max(axis=2) < 12
    return int(near.sum())


@pytest.mark.parametrize("at", [(0.14, 0.5), (0.3, 0.6), (0.72, 0.4), (0.87, 0.55)])
def test_off_centre_face_is_complete_in_crops_of_a_wide_image(at: tuple[float, float]) -> None:
    image = with_face((800, 450), at, 60)
    whole = count_skin(image)
    for ratio, crop in zip(("1:1", "4:3"), make_crops(png(image), ("1:1", "4:3")), strict=True):
        assert crop.size == largest_size((800, 450), ratio)
        assert count_skin(crop) == whole, ratio


@pytest.mark.slow
@pytest.mark.parametrize("at", [(0.5, 0.1), (0.4, 0.3), (0.6, 0.88)])
def test_off_centre_face_is_complete_in_crops_of_a_tall_image(at: tuple[float, float]) -> None:
    image = with_face((450, 800), at, 50)
    for crop in make_crops(png(image), ("1:1", "16:9", "1.91:1")):
        assert count_skin(crop) == count_skin(image)


def test_moon_in_a_plain_sky_is_complete() -> None:
    image = Image.new("RGB", (800, 450), (13, 30, 62))
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, 450), (0, 340), (150, 300), (320, 350), (600, 310), (800, 360), (800, 450)], fill=(8, 20, 44))
    draw.ellipse((620, 90, 690, 160), fill=(245, 214, 170))
    (crop,) = make_crops(png(image), ["1:1"])
    colors = np.asarray(crop.convert("RGB"))
    assert int((colors[..., 0] > 200).sum()) == int((np.asarray(image)[..., 0] > 200).sum())


@pytest.mark.parametrize("image", [Image.new("RGB", (640, 360), "#2563eb"), Image.new("L", (640, 360), 90)])
def test_image_without_subject_is_cropped_at_its_centre(image: Image.Image) -> None:
    (crop,) = make_crops(png(image), ["1:1"])
    assert crop.size == (360, 360)
    assert hero_crops.find_subject(image.convert("RGB"), "1:1") == pytest.approx((0.5, 0.5), abs=0.01)


def test_focal_point_takes_precedence() -> None:
    image = with_face((800, 450), (0.15, 0.5), 60)
    assert count_skin(make_crops(png(image), ["1:1"], focal=(1.0, 0.5))[0]) == 0
    assert count_skin(make_crops(png(image), ["1:1"], focal=(0.0, 0.5))[0]) == count_skin(image)


@pytest.mark.slow
def test_crops_are_scaled_down_and_never_up() -> None:
    image = pictures.photo(2000, 1300)
    assert [crop.size for crop in make_crops(png(image), RATIOS)] == [
        (1200, 1200),
        (1200, 900),
        (1200, 675),
        (1200, 630),
    ]
    assert [crop.size for crop in make_crops(png(pictures.photo(64, 64)), RATIOS)] == [
        (64, 64),
        (64, 48),
        (64, 36),
        (64, 34),
    ]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "I;16", "1", "L"])
def test_masters_of_every_mode_have_crops(mode: str) -> None:
    photo = pictures.photo(400, 200)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(photo.convert("L"), dtype=np.uint16) * 257)
    else:
        image = photo.convert(mode)
        if image.mode in ("RGBA", "LA"):
            image.putalpha(Image.linear_gradient("L").resize(image.size))
    (crop,) = make_crops(png(image), ["1:1"])
    assert crop.size == (200, 200)
    assert crop.mode == ("RGBA" if mode in ("RGBA", "LA") else "RGB")


@pytest.mark.parametrize("master", [b"", b"no picture", pictures.cut(pictures.save(pictures.photo(300, 200), "PNG"))])
def test_invalid_master_is_rejected(master: bytes) -> None:
    with pytest.raises(ProviderError, match="hero's master"):
        list(hero_crops.crop_master(master, ["1:1"], focal=None, max_pixels=10**6))


@pytest.mark.slow
def test_crops_are_identical_in_every_process(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(with_face((640, 360), (0.3, 0.4), 50)))
    code = (
        "import hashlib, pathlib; from imageseo.pipeline.shapes import hero_crops\n"
        "data = pathlib.Path('a.png').read_bytes()\n"
        "cut = hero_crops.crop_master(data, ('1:1', '4:3', '1.91:1'), focal=None, max_pixels=10**6)\n"
        "print([hashlib.sha256(each).hexdigest() for each in cut])"
    )
    outputs = {
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
    assert len(outputs) == 1


# ---- in a build

HERO = '["/hero/"]\nseed = 5\nstyle = "topo"\nalt = "Lines"\nfile_name = "hero"\nwidth = 640\nheight = 360\n'
FAST: dict[str, Any] = {
    "formats": ["webp"],
    "widths": [320],
    "encode": {"webp_method": 0, "isolate": False},
    "quality": {"webp": 40},
}
CROPS = ("hero-1x1.jpg", "hero-4x3.jpg", "hero-16x9.jpg", "hero-1.91x1.jpg")


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
    return flat(json.loads(found[1])["@graph"])


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the provider one that cannot draw its images again."""
    monkeypatch.setattr(Procedural, "redraw", lambda *words, **more: None)


@pytest.fixture
def no_new_crops(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function; after its call any new crop fails the test."""

    def fail(*words: object, **more: object) -> None:
        raise AssertionError("a crop was made that existed already")

    return lambda: monkeypatch.setattr(hero_crops, "crop_master", fail)


def test_crops_are_published_with_the_hero_and_its_metadata(site: Path) -> None:
    result = cropped(site)
    assert not result.failed
    assert (result.summary["crops"], result.summary["variants"]) == (4, len(list(site.rglob("*w.????????.*"))))
    assert set(published(site)) == {"hero.jpg", *CROPS}
    sizes = []
    for file in CROPS:
        asset = probe(site / "site/assets/heroes" / file, file, max_pixels=10**8)
        assert getattr(asset, "rights").digital_source_type == ALGORITHMIC_MEDIA  # noqa: B009
        sizes.append((getattr(asset, "width"), getattr(asset, "height")))  # noqa: B009
    assert sizes == [(480, 480), (554, 416), (640, 360), (662, 348)]
    *images, join = graph(site)
    assert [image["contentUrl"].rpartition("/")[2] for image in images] == ["hero.jpg", *CROPS]
    assert {image["digitalSourceType"] for image in images} == {"https://schema.org/AlgorithmicMediaDigitalSource"}
    assert [image.get("representativeOfPage") for image in images] == [True, None, None, None, None]
    assert [(image["width"]["value"], image["height"]["value"]) for image in images[1:]] == sizes
    assert join["primaryImageOfPage"] == {"@id": images[0]["@id"]}
    assert join["image"] == [{"@id": image["@id"]} for image in images]
    assert b"-1x1" not in (site / "site/sitemap.xml").read_bytes(), "crops are not in an article"


def test_no_crops_by_default(site: Path) -> None:
    build(site, FAST)
    assert set(published(site)) == {"hero.jpg"}
    assert "image" not in graph(site)[-1]


def test_warm_build_makes_no_crops_and_changes_nothing(site: Path, no_new_crops: Callable[[], None]) -> None:
    cropped(site)
    before = small_sites.tree(site / "site")
    no_new_crops()
    assert cropped(site).changed == ()
    assert small_sites.tree(site / "site") == before


def test_crops_are_read_from_the_store_without_build_state(site: Path, no_new_crops: Callable[[], None]) -> None:
    cropped(site)
    before = published(site)
    for file in (site / ".cache/imageseo/memo").iterdir():
        file.unlink()
    for file in (site / "site/assets/heroes").iterdir():
        file.unlink()
    no_new_crops()
    assert not cropped(site).failed
    assert published(site) == before


@pytest.mark.usefixtures("cut")
def test_other_smartcrop_version_makes_new_crops(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cropped(site)
    cut: list[str] = []

    def record(master: bytes, ratios: Iterable[str], **more: Any) -> Iterator[bytes]:
        wanted = list(ratios)
        cut.extend(wanted)
        return really(master, wanted, **more)

    really = hero_crops.crop_master
    monkeypatch.setattr(hero_crops, "crop_master", record)
    monkeypatch.setattr(hero_crops, "version", lambda: "smartcrop 99")
    cropped(site)
    assert sorted(cut) == sorted(RATIOS)
    cropped(site)
    assert len(cut) == len(RATIOS)


def test_crop_damaged_in_the_store_is_made_again(site: Path) -> None:
    cropped(site)
    before = published(site)
    for blob in (site / ".cache/imageseo").rglob("*"):
        if blob.is_file() and blob.stat().st_size == len(before["hero-1x1.jpg"]):
            blob.write_bytes(b"x" * len(before["hero-1x1.jpg"]))
    (site / "site/assets/heroes/hero-1x1.jpg").unlink()
    assert not cropped(site).failed
    assert published(site) == before


@pytest.mark.usefixtures("cut")
def test_changed_focal_point_changes_the_crop(site: Path) -> None:
    cropped(site)
    first = published(site)
    (site / "heroes.toml").write_text(HERO + "focal = [0.0, 0.5]\n", "utf-8")
    assert not cropped(site).failed
    second = published(site)
    assert first["hero.jpg"] == second["hero.jpg"]
    assert first["hero-16x9.jpg"] == second["hero-16x9.jpg"], "it is the whole image"
    assert first["hero-1x1.jpg"] != second["hero-1x1.jpg"]
    assert cropped(site).changed == ()


def test_stale_crops_are_removed(site: Path) -> None:
    cropped(site)
    assert not cropped(site, ["4:3"]).failed
    assert set(published(site)) == {"hero.jpg", "hero-4x3.jpg"}
    (site / "heroes.toml").write_text("", "utf-8")
    assert not cropped(site, ["4:3"]).failed
    assert not {"hero-4x3.jpg", "hero-1x1.jpg"} & set(published(site))


def test_authors_file_with_the_name_of_a_crop_is_kept(site: Path) -> None:
    photo = small_sites.photo()
    own = site / "site/assets/heroes/hero-1x1.jpg"
    own.parent.mkdir(parents=True)
    own.write_bytes(photo)
    for _ in range(2):
        assert not cropped(site, ["1:1"]).failed
        assert own.read_bytes() == photo
        (crop,) = [file for file in published(site) if re.fullmatch(r"hero-1x1-[0-9a-f]{8}\.jpg", file)]
    build(site, FAST)
    assert own.read_bytes() == photo
    assert crop not in published(site), "an earlier build referenced it, and its metadata names imageseo"


@pytest.mark.usefixtures("cut")
def test_page_named_like_a_crop_has_its_own_hero(site: Path) -> None:
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


def test_theme_article_lists_all_crops(site: Path) -> None:
    theme = '<script type="application/ld+json">{"@context":"https://schema.org","@type":"Article","@id":"#a"}</script>'
    text = page("<p>Words</p>", "hero/").replace("</head>", f"{theme}</head>")
    (site / "site/hero/index.html").write_text(text, "utf-8")
    cropped(site, ["1:1", "4:3"])
    found = re.search(r'"Article","@id":"#a","image":(\[.*?\])', (site / "site/hero/index.html").read_text("utf-8"))
    assert found is not None
    assert len(json.loads(found[1])) == 3
    assert not [thing for thing in graph(site) if thing["@type"] == "Article"]
