"""Whole builds that convert animations and write published files anew, twice, back and forth, and with a lost cache."""

from __future__ import annotations

import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageDraw, ImageOps

from imageseo import config
from imageseo.images.decoding.probe import probe_bytes
from imageseo.images.encoding import animation
from imageseo.integrations import directory
from imageseo.integrations.progress import Quiet
from imageseo.model.image import RECOMPRESSED, Asset
from imageseo.pipeline import build as job
from imageseo.pipeline import composition
from tests.pipeline.test_build import page
from tests.support import pictures, small_sites

FAST: Mapping[str, Any] = {
    "site_url": "https://example.org/",
    "quality": {"avif": 40, "webp": 50},
    "encode": {"avif_speed": 10, "webp_method": 0, "isolate": False},
    "widths": [320],
}
GPS, MAKE, ORIENTATION = 0x8825, 0x010F, 0x0112


def bouncing(count: int = 12, size: tuple[int, int] = (200, 120), **options: Any) -> bytes:
    """A ball with a shadow on nothing: transparent, each frame cleared before the next."""
    frames = []
    for number in range(count):
        frame = Image.new("RGBA", size, (0, 0, 0, 0))
        ImageDraw.Draw(frame).ellipse((number * 10, 20, number * 10 + 60, 80), fill=(200, 60 + number, 40, 255))
        frames.append(frame)
    options = {"duration": 60, "loop": 0, "disposal": 2, **options}
    return pictures.save(frames[0], "GIF", save_all=True, append_images=frames[1:], **options)


def clip(count: int = 6) -> bytes:
    """What a camera sees, as a GIF: many bytes for few frames."""
    whole = pictures.photo(400, 200)
    frames = [whole.crop((number * 6, 0, number * 6 + 240, 160)) for number in range(count)]
    return pictures.save(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=80, loop=0)


def snapshot(width: int = 420, height: int = 300, orientation: int = 6) -> bytes:
    """As a phone writes it: lying on its side, with its place, its maker, a profile and a creator."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE] = orientation, "A phone"
    exif[0x013B] = "Ann"
    exif.get_ifd(GPS).update({1: "N", 2: (50.0, 30.0, 0.0), 3: "E", 4: (10.0, 20.0, 0.0)})
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return pictures.save(pictures.photo(width, height), "JPEG", quality=97, exif=exif.tobytes(), icc_profile=icc)


def screen() -> bytes:
    """A page of type as its grabber writes it: true colour, alpha that hides nothing."""
    image = Image.new("RGBA", (640, 400), "white")
    draw = ImageDraw.Draw(image)
    for number in range(200):
        x, y = number % 10 * 60 + 10, number // 10 * 20
        draw.text((x, y), f"word {number}", fill=(30, number, 90, 255))
    return pictures.save(image, "PNG", compress_level=1)


@dataclass
class Site:
    """A bare folder with its project around it."""

    folder: Path
    files: Mapping[str, bytes]
    options: Mapping[str, Any] = field(default_factory=lambda: FAST)

    def write(self) -> Site:
        shutil.rmtree(self.root, ignore_errors=True)
        small_sites.write(self.root, dict(self.files))
        return self

    @property
    def root(self) -> Path:
        return self.folder / "site"

    def build(self, **options: Any) -> job.BuildResult:
        settings = config.load({**self.options, **options}, "test")
        site = directory.site(self.root, project=self.folder, settings=settings)
        with composition.build_tools(settings, project=self.folder, progress=Quiet()) as tools:
            return job.build(site, settings, tools)

    def tree(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }

    def text(self, name: str = "index.html") -> str:
        return (self.root / name).read_text(encoding="utf-8")


def rules(result: job.BuildResult) -> set[str]:
    return {finding.rule for finding in result.findings}


def sources(html: str) -> list[tuple[str, str]]:
    return re.findall(r'<source type="image/(\w+)" srcset="([^"]*)"', html)


def asset(data: bytes) -> Asset:
    found = probe_bytes(data, "x", max_pixels=10**9)
    assert isinstance(found, Asset)
    return found


# Animations

MOVING = page(
    '<p><img src="ball.gif" alt="A ball"></p><p><img src="clip.gif" alt="A clip"></p>'
    '<p data-imageseo="ignore"><img src="ball.gif" alt="A ball"></p>'
    '<picture><source srcset="ball.gif" type="image/gif"><img src="ball.gif" alt="A ball"></picture>'
)


@pytest.fixture
def moving(tmp_path: Path) -> Site:
    files = {"index.html": MOVING.encode(), "ball.gif": bouncing(), "clip.gif": clip()}
    return Site(tmp_path, files).write()


class TestAnimations:
    def test_stay_as_they_are_by_default(self, moving: Site) -> None:
        moving.build()
        assert "data-imageseo>" not in moving.text().partition("<body>")[2]
        assert not [name for name in moving.tree() if "w." in name]

    def test_get_smaller_ones_beside_them(self, moving: Site) -> None:
        moving.build(animated="convert")
        body = moving.text().partition("<body>")[2]
        found = sources(body)
        assert len(re.findall("<picture data-imageseo>", body)) == 2
        assert {kind for kind, _ in found} == {"avif", "webp"}
        for kind, url in found:
            assert url.startswith(("ball-200w.", "clip-240w."))
            made, original = moving.tree()[url], moving.tree()[f"{url[:4]}.gif"]
            assert len(made) < len(original)
            assert asset(made).format == kind
            assert asset(made).frames == asset(original).frames

    def test_are_laid_out_as_before(self, moving: Site) -> None:
        """No width descriptor and no sizes: the picture has its natural size, which the tag may rely on."""
        moving.build(animated="convert")
        body = moving.text().partition("<body>")[2]
        assert "sizes=" not in body
        assert '<img src="ball.gif" alt="A ball"></picture>' in body

    def test_transparency_and_frames_are_kept(self, moving: Site) -> None:
        moving.build(animated="convert", formats=["webp"])
        (url,) = [url for _, url in sources(moving.text()) if url.startswith("ball")]
        score = animation.read(moving.tree()[url], "webp", max_pixels=10**8)
        assert score.durations == (60,) * 12
        with Image.open(io.BytesIO(moving.tree()[url])) as opened:
            opened.seek(5)
            assert opened.convert("RGBA").getpixel((199, 119)) == (0, 0, 0, 0)

    def test_nothing_is_done_twice_and_no_byte_changes(self, moving: Site) -> None:
        moving.build(animated="convert")
        tree = moving.tree()
        again = moving.build(animated="convert")
        assert again.summary["encoded"] == 0
        assert again.changed == ()
        assert moving.tree() == tree

    def test_back_to_keep_leaves_nothing_behind(self, moving: Site) -> None:
        moving.build()
        tree = moving.tree()
        moving.build(animated="convert")
        moving.build()
        assert moving.tree() == tree

    def test_too_much_of_one_is_said_and_the_rest_is_built(self, moving: Site) -> None:
        most = 200 * 120 * 12 - 1
        for _ in range(2):  # the second time nobody looks at its frames again
            result = moving.build(animated="convert", encode={**FAST["encode"], "max_pixels": most})
            (said,) = [finding for finding in result.findings if finding.rule == "animation-kept"]
            assert "ball.gif" in said.message
            assert "12 frames of 200×120 px are more than" in said.message
            assert all(url.startswith("clip") for _, url in sources(moving.text()))
            assert sources(moving.text())

    def test_what_was_declined_is_not_tried_again(self, moving: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        moving.build(animated="convert")
        (moving.root / "index.html").write_text(MOVING.replace("A clip", "Another clip"), encoding="utf-8")
        monkeypatch.setattr(animation, "convert", lambda *_, **__: pytest.fail("converted again"))
        moving.build(animated="convert")

    def test_a_long_one_costs_a_finding(self, tmp_path: Path) -> None:
        frames = [Image.new("RGB", (40, 40), (number % 250, 9, 9)) for number in range(400)]
        long = pictures.save(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=20, loop=0)
        assert asset(long).frames == 400
        files = {"index.html": page('<img src="long.gif" alt="Long">').encode(), "long.gif": long}
        site = Site(tmp_path, files).write()
        result = site.build(animated="convert", encode={**FAST["encode"], "max_pixels": 40 * 40 * 399})
        assert "animation-kept" in rules(result)
        assert "<picture" not in site.text()

    def test_a_damaged_one_costs_itself_alone(self, moving: Site) -> None:
        (moving.root / "ball.gif").write_bytes(pictures.cut(bouncing()))
        result = moving.build(animated="convert")
        assert "img-unreadable" in rules(result)
        assert {url[:4] for _, url in sources(moving.text())} == {"clip"}

    def test_the_budget_sees_what_is_chosen(self, tmp_path: Path) -> None:
        files = {"index.html": page('<img src="clip.gif" alt="A clip">').encode(), "clip.gif": clip()}
        site = Site(tmp_path, files, {**FAST, "hero": {"keys": ["hero"]}}).write()
        heroes = tmp_path / "heroes.toml"
        heroes.write_text('"/" = "/clip.gif"\n', encoding="utf-8")
        limit = {"lcp-bytes": {"mobile": {"warn": 0, "error": len(clip()) - 1}, "desktop": {"warn": 0, "error": 0}}}
        assert "lcp-bytes" in rules(site.build(budgets=limit))
        assert "lcp-bytes" not in rules(site.build(budgets=limit, animated="convert"))

    def test_in_a_process_of_their_own_the_bytes_are_the_same(self, moving: Site, tmp_path: Path) -> None:
        moving.build(animated="convert")
        other = Site(tmp_path / "other", moving.files).write()
        other.build(animated="convert", encode={**FAST["encode"], "isolate": True})
        assert other.tree() == moving.tree()


# Files written anew

STILL = page(
    '<p><img src="photo.jpg" alt="A photo"></p><p><a href="screen.png"><img src="screen.png" alt="Words"></a></p>'
    '<p><img src="small.jpg" alt="Small already"></p><p data-imageseo="ignore"><img src="own.jpg" alt="Own"></p>'
)
ANEW = {"fallback": "recompress"}


@pytest.fixture(scope="module")
def pristine() -> Mapping[str, bytes]:
    return {
        "index.html": STILL.encode(),
        "photo.jpg": snapshot(),
        "screen.png": screen(),
        "small.jpg": pictures.save(pictures.photo(400, 300, 3), "JPEG", quality=30),
        "own.jpg": pictures.save(pictures.photo(400, 300, 4), "JPEG", quality=98),
        "logo.png": screen(),
    }


@pytest.fixture
def still(pristine: Mapping[str, bytes], tmp_path: Path) -> Site:
    return Site(tmp_path, pristine).write()


class TestFallbacks:
    def test_stay_by_default(self, still: Site) -> None:
        still.build()
        assert {name: still.tree()[name] for name in still.files if name != "index.html"} == {
            name: data for name, data in still.files.items() if name != "index.html"
        }

    def test_what_saves_is_written_anew_and_nothing_else(self, still: Site) -> None:
        still.build(**ANEW)
        changed = {name for name, data in still.files.items() if still.tree()[name] != data}
        assert changed == {"index.html", "photo.jpg", "screen.png"}
        for name in ("photo.jpg", "screen.png"):
            assert len(still.tree()[name]) <= 0.95 * len(still.files[name])

    def test_a_photo_is_shown_as_before_and_says_less(self, still: Site) -> None:
        still.build(**ANEW)
        old, new = still.files["photo.jpg"], still.tree()["photo.jpg"]
        found = asset(new)
        assert (found.width, found.height, found.orientation) == (300, 420, 1)
        assert (found.rights.creator, found.has_gps, found.writer) == ("Ann", False, RECOMPRESSED)
        with Image.open(io.BytesIO(new)) as opened, Image.open(io.BytesIO(old)) as original:
            assert opened.info["progressive"]
            assert "exif" not in opened.info
            assert b"A phone" not in new
            upright = ImageOps.exif_transpose(original).convert("RGB")
            assert _apart(opened.convert("RGB"), upright) < 6

    def test_a_page_of_type_keeps_every_pixel(self, still: Site) -> None:
        still.build(**ANEW)
        with (
            Image.open(io.BytesIO(still.tree()["screen.png"])) as new,
            Image.open(io.BytesIO(still.files["screen.png"])) as old,
        ):
            assert new.convert("RGBA").tobytes() == old.convert("RGBA").tobytes()

    def test_the_pages_and_variants_are_those_of_the_originals(self, still: Site, tmp_path: Path) -> None:
        still.build(**ANEW)
        other = Site(tmp_path / "other", still.files).write()
        other.build()
        kept = [name for name in other.tree() if name not in ("photo.jpg", "screen.png")]
        assert {name: still.tree()[name] for name in kept} == {name: other.tree()[name] for name in kept}

    def test_without_a_target_no_photo_is_written_anew(self, still: Site) -> None:
        """In a preview nothing is measured, and a fixed quality promises nothing."""
        still.build(**ANEW, profile="fast")
        assert still.tree()["photo.jpg"] == still.files["photo.jpg"]
        assert still.tree()["screen.png"] != still.files["screen.png"]

    @pytest.mark.parametrize("forget", [False, True])
    def test_the_second_build_changes_no_byte(self, still: Site, forget: bool) -> None:
        still.build(**ANEW)
        tree = still.tree()
        if forget:
            shutil.rmtree(still.folder / ".cache/imageseo/memo")
        again = still.build(**ANEW)
        assert still.tree() == tree
        assert again.changed == ()
        assert again.summary["encoded"] == 0

    def test_every_build_begins_with_the_original(self, still: Site, tmp_path: Path) -> None:
        """Whatever was asked of it before."""
        still.build(**ANEW, quality={"avif": 30, "webp": 40})
        still.build(**ANEW, profile="small")
        still.build(**ANEW)
        other = Site(tmp_path / "other", still.files).write()
        other.build(**ANEW)
        assert still.tree() == other.tree()

    def test_a_generator_that_writes_its_files_again(self, still: Site) -> None:
        still.build(**ANEW)
        tree = still.tree()
        still.write().build(**ANEW)
        assert still.tree() == tree

    def test_back_to_keep_brings_the_originals_back(self, still: Site, tmp_path: Path) -> None:
        still.build(**ANEW)
        still.build()
        other = Site(tmp_path / "other", still.files).write()
        other.build()
        assert still.tree() == other.tree()
        still.build(**ANEW)
        assert still.tree()["photo.jpg"] != still.files["photo.jpg"]

    def test_a_file_that_no_page_shows_any_more_is_put_back(self, still: Site) -> None:
        still.build(**ANEW)
        (still.root / "index.html").write_text(page("<p>No pictures</p>"), encoding="utf-8")
        still.build(**ANEW)
        assert still.tree()["photo.jpg"] == still.files["photo.jpg"]

    def test_a_page_that_is_gone_frees_its_files(self, still: Site) -> None:
        small_sites.write(still.root, {"two/index.html": page('<img src="../photo.jpg" alt="P">', "two/")})
        (still.root / "index.html").write_text(page("<p>No pictures</p>"), encoding="utf-8")
        still.build(**ANEW)
        assert still.tree()["photo.jpg"] != still.files["photo.jpg"]
        (still.root / "two/index.html").unlink()
        still.build(**ANEW)
        assert still.tree()["photo.jpg"] == still.files["photo.jpg"]

    def test_another_picture_in_its_place_is_the_original_from_then_on(self, still: Site) -> None:
        still.build(**ANEW)
        new = pictures.save(pictures.photo(500, 300, 9), "JPEG", quality=97)
        (still.root / "photo.jpg").write_bytes(new)
        still.build(**ANEW)
        assert asset(still.tree()["photo.jpg"]).width == 500
        still.build()
        assert still.tree()["photo.jpg"] == new

    def test_what_somebody_edited_is_his(self, still: Site) -> None:
        """A picture of ours, cropped by an editor that keeps the metadata, is never taken for the old one."""
        still.build(**ANEW)
        with Image.open(io.BytesIO(still.tree()["photo.jpg"])) as opened:
            cropped = pictures.save(opened.crop((0, 0, 200, 200)), "JPEG", quality=95, xmp=opened.info["xmp"])
        (still.root / "photo.jpg").write_bytes(cropped)
        result = still.build(**ANEW)
        assert still.tree()["photo.jpg"] == cropped
        assert "fallback-kept" in rules(result)

    def test_two_files_of_equal_pixels_keep_apart(self, tmp_path: Path) -> None:
        image = pictures.photo(400, 300)
        one, two = (pictures.save(image, "JPEG", quality=97, comment=words) for words in (b"one", b"two"))
        html = page('<img src="one.jpg" alt="1"><img src="two.jpg" alt="2">')
        site = Site(tmp_path, {"index.html": html.encode(), "one.jpg": one, "two.jpg": two}).write()
        site.build(**ANEW)
        assert site.tree()["one.jpg"] != one
        site.build()
        assert (site.tree()["one.jpg"], site.tree()["two.jpg"]) == (one, two)

    def test_a_drawn_hero_has_its_own_quality(self, still: Site) -> None:
        recipe = '["/"]\nseed = 5\nstyle = "topo"\nalt = "Lines"\nwidth = 640\nheight = 360\n'
        (still.folder / "heroes.toml").write_text(recipe, encoding="utf-8")
        small_sites.write(still.root, {"two.html": page('<img src="assets/heroes/index.jpg" alt="Lines">', "two.html")})
        still.build(**ANEW)
        tree = still.tree()
        assert still.build(**ANEW).changed == ()
        assert still.tree() == tree
        assert asset(tree["assets/heroes/index.jpg"]).writer == "imageseo packet"


def _apart(one: Image.Image, other: Image.Image) -> float:
    pairs = zip(one.tobytes(), other.tobytes(), strict=True)
    return sum(abs(left - right) for left, right in pairs) / len(one.tobytes())


class TestALostCache:
    def test_no_second_generation_is_made(self, still: Site) -> None:
        still.build(**ANEW)
        tree = still.tree()
        shutil.rmtree(still.folder / ".cache")
        for options in (ANEW, ANEW, {}):
            result = still.build(**options)
            assert "fallback-kept" in rules(result)
            assert {name: still.tree()[name] for name in still.files if name != "index.html"} == {
                name: tree[name] for name in still.files if name != "index.html"
            }
        still.write().build(**ANEW)  # the generator has the originals
        assert still.tree() == tree

    def test_a_lost_original_is_said_and_the_rest_is_built(self, still: Site) -> None:
        still.build(**ANEW)
        for path in (still.folder / ".cache").rglob("*"):
            if path.is_file() and path.read_bytes() == still.files["photo.jpg"]:
                path.unlink()
        result = still.build()
        (said,) = [finding for finding in result.findings if finding.rule == "fallback-kept"]
        assert "photo.jpg" in said.message
        assert still.tree()["screen.png"] == still.files["screen.png"]

    def test_a_damaged_original_is_kept_anew(self, still: Site) -> None:
        """Where the generator brings it back before it is missed."""
        still.build(**ANEW)
        for path in (still.folder / ".cache").rglob("*"):
            if path.is_file() and path.read_bytes() == still.files["photo.jpg"]:
                path.chmod(0o644)
                path.write_bytes(bytes(len(still.files["photo.jpg"])))
        still.write().build(**ANEW)
        assert still.tree()["photo.jpg"] != still.files["photo.jpg"]
        still.build()
        assert still.tree()["photo.jpg"] == still.files["photo.jpg"]

    def test_a_damaged_original_is_never_published(self, still: Site) -> None:
        still.build(**ANEW)
        smaller = still.tree()["photo.jpg"]
        for path in (still.folder / ".cache").rglob("*"):
            if path.is_file() and path.read_bytes() == still.files["photo.jpg"]:
                path.chmod(0o644)
                path.write_bytes(bytes(len(still.files["photo.jpg"])))
        for _ in range(2):
            result = still.build()
            assert still.tree()["photo.jpg"] == smaller
        assert "fallback-kept" in rules(result)

    def test_pruning_spares_what_is_needed(self, still: Site) -> None:
        settings = {**FAST, **ANEW}
        lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items() if not isinstance(value, dict)]
        tables = [
            f"{key}.{name} = {json.dumps(each)}"
            for key, value in settings.items()
            if isinstance(value, dict)
            for name, each in value.items()
        ]
        (still.folder / "imageseo.toml").write_text("\n".join([*lines, *tables]), encoding="utf-8")
        for _ in range(2):  # the second time all pages are as they were
            still.build(**ANEW)
        done = small_sites.run("imageseo", "cache", "prune", "--unreachable", cwd=still.folder)
        assert done.returncode == 0, done.stderr
        still.build()
        assert still.tree()["photo.jpg"] == still.files["photo.jpg"]
        assert still.tree()["screen.png"] == still.files["screen.png"]


KILLED = """
import os, sys
from pathlib import Path
from imageseo import config
from imageseo.pipeline import build as job, composition
from imageseo.pipeline.incremental import build_state
from imageseo.storage import atomic, blobs, index, output, store
from imageseo.integrations import directory
from imageseo.integrations.progress import Quiet
left = int(sys.argv[2])
real = atomic.write_atomic
def write(path, data):
    global left
    left -= 1
    if left < 0:
        os._exit(9)
    real(path, data)
for module in (atomic, output, store, blobs, index, build_state):
    if hasattr(module, "write_atomic"):
        module.write_atomic = write
folder = Path(sys.argv[1])
settings = config.load(eval(sys.argv[3]), "test")
site = directory.site(folder / "site", project=folder, settings=settings)
with composition.build_tools(settings, project=folder, progress=Quiet()) as tools:
    job.build(site, settings, tools)
"""


@pytest.mark.parametrize("seed", range(4))
def test_a_build_that_is_killed_anywhere_loses_nothing(still: Site, seed: int, tmp_path: Path) -> None:
    """Each write in turn may be its last; the next build, and the way back, are as if nothing had been."""
    other = Site(tmp_path / "other", still.files).write()
    other.build(**ANEW)
    chance = random.Random(seed)
    for left in sorted(chance.sample(range(30), 4)):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(still.folder), str(left), repr({**FAST, **ANEW})],
            check=False,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        assert done.returncode in (0, 9)
    still.build(**ANEW)
    assert still.tree() == other.tree()
    still.build()
    assert still.tree()["photo.jpg"] == still.files["photo.jpg"]


def test_in_mkdocs_the_sources_are_never_touched(tmp_path: Path) -> None:
    options = "plugins:\n  - imageseo:\n      fallback: recompress\n      animated: convert\n"
    options += "      quality: {avif: 40, webp: 50}\n      encode: {avif_speed: 10, webp_method: 0}\n"
    files: dict[str, str | bytes] = {
        "docs/index.md": "# Home\n\n![Phone](photo.jpg)\n\n![A clip](clip.gif)\n",
        "docs/photo.jpg": snapshot(),
        "docs/clip.gif": clip(),
    }
    project = small_sites.mkdocs_site(tmp_path, config=options, files=files)
    before = {path: path.read_bytes() for path in (project / "docs").rglob("*") if path.is_file()}
    trees = []
    for extra in ((), ("--dirty",), ()):
        done = small_sites.run("mkdocs", "build", *extra, cwd=project, env={"IMAGESEO_PROFILE": ""})
        assert done.returncode == 0, done.stderr
        trees.append({path: path.read_bytes() for path in (project / "site").rglob("*.*") if path.suffix != ".gz"})
        pictures_ = {path.name for path in trees[-1]}
        assert any(name.startswith("clip-240w") for name in pictures_)
        assert len(trees[-1][project / "site/photo.jpg"]) < len(files["docs/photo.jpg"])
    stills = [{path: data for path, data in tree.items() if path.suffix != ".xml"} for tree in trees]
    assert stills[0] == stills[2]
    assert {path: path.read_bytes() for path in before} == before
