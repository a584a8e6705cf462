"""Complete builds that convert animations and recompress published files: repeated, reverted, with a lost cache."""

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
    """Return a bouncing ball on transparency, with each frame cleared before the next."""
    frames = []
    for number in range(count):
        frame = Image.new("RGBA", size, (0, 0, 0, 0))
        ImageDraw.Draw(frame).ellipse((number * 10, 20, number * 10 + 60, 80), fill=(200, 60 + number, 40, 255))
        frames.append(frame)
    options = {"duration": 60, "loop": 0, "disposal": 2, **options}
    return pictures.save(frames[0], "GIF", save_all=True, append_images=frames[1:], **options)


def clip(count: int = 6) -> bytes:
    """Return a photographic GIF: many bytes for few frames."""
    photo = pictures.photo(400, 200)
    frames = [photo.crop((number * 6, 0, number * 6 + 240, 160)) for number in range(count)]
    return pictures.save(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=80, loop=0)


def snapshot(width: int = 420, height: int = 300, orientation: int = 6) -> bytes:
    """Return a photo as written by a phone: rotated by EXIF, with GPS, maker, color profile and creator."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE] = orientation, "A phone"
    exif[0x013B] = "Ann"
    exif.get_ifd(GPS).update({1: "N", 2: (50.0, 30.0, 0.0), 3: "E", 4: (10.0, 20.0, 0.0)})
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return pictures.save(pictures.photo(width, height), "JPEG", quality=97, exif=exif.tobytes(), icc_profile=icc)


def screen() -> bytes:
    """Return a screenshot of text in true color with an opaque alpha channel."""
    image = Image.new("RGBA", (640, 400), "white")
    draw = ImageDraw.Draw(image)
    for number in range(200):
        x, y = number % 10 * 60 + 10, number // 10 * 20
        draw.text((x, y), f"word {number}", fill=(30, number, 90, 255))
    return pictures.save(image, "PNG", compress_level=1)


@dataclass
class Site:
    """A built site in its project folder."""

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
        kept = {"metadata": {"gps": "keep", "device": "keep"}}  # another test is about private data
        settings = config.load({**kept, **self.options, **options}, "test")
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


def probe_asset(data: bytes) -> Asset:
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
def animation_site(tmp_path: Path) -> Site:
    files = {"index.html": MOVING.encode(), "ball.gif": bouncing(), "clip.gif": clip()}
    return Site(tmp_path, files).write()


class TestAnimations:
    def test_animations_are_unchanged_by_default(self, animation_site: Site) -> None:
        animation_site.build()
        assert "data-imageseo>" not in animation_site.text().partition("<body>")[2]
        assert not [name for name in animation_site.tree() if "w." in name]

    def test_convert_adds_smaller_variants(self, animation_site: Site) -> None:
        animation_site.build(animated="convert")
        body = animation_site.text().partition("<body>")[2]
        found = sources(body)
        assert len(re.findall("<picture data-imageseo>", body)) == 2
        assert {kind for kind, _ in found} == {"avif", "webp"}
        for kind, url in found:
            assert url.startswith(("ball-200w.", "clip-240w."))
            variant, original = animation_site.tree()[url], animation_site.tree()[f"{url[:4]}.gif"]
            assert len(variant) < len(original)
            assert probe_asset(variant).format == kind
            assert probe_asset(variant).frames == probe_asset(original).frames

    def test_converted_animation_keeps_layout(self, animation_site: Site) -> None:
        """Without width descriptors and sizes the image keeps its intrinsic size, on which the layout may depend."""
        animation_site.build(animated="convert")
        body = animation_site.text().partition("<body>")[2]
        assert "sizes=" not in body
        assert '<img src="ball.gif" alt="A ball"></picture>' in body

    def test_transparency_and_frames_are_kept(self, animation_site: Site) -> None:
        animation_site.build(animated="convert", formats=["webp"])
        (url,) = [url for _, url in sources(animation_site.text()) if url.startswith("ball")]
        timing = animation.read(animation_site.tree()[url], "webp", max_pixels=10**8)
        assert timing.durations == (60,) * 12
        with Image.open(io.BytesIO(animation_site.tree()[url])) as opened:
            opened.seek(5)
            assert opened.convert("RGBA").getpixel((199, 119)) == (0, 0, 0, 0)

    def test_second_build_encodes_and_changes_nothing(self, animation_site: Site) -> None:
        animation_site.build(animated="convert")
        tree = animation_site.tree()
        again = animation_site.build(animated="convert")
        assert again.summary["encoded"] == 0
        assert again.changed == ()
        assert animation_site.tree() == tree

    def test_revert_to_keep_removes_all_variants(self, animation_site: Site) -> None:
        animation_site.build()
        tree = animation_site.tree()
        animation_site.build(animated="convert")
        animation_site.build()
        assert animation_site.tree() == tree

    def test_animation_beyond_pixel_limit_is_reported_and_rest_built(self, animation_site: Site) -> None:
        max_pixels = 200 * 120 * 12 - 1
        for _ in range(2):  # the second time its frames are not decoded
            result = animation_site.build(animated="convert", encode={**FAST["encode"], "max_pixels": max_pixels})
            (finding,) = [finding for finding in result.findings if finding.rule == "animation-kept"]
            assert "ball.gif" in finding.message
            assert "12 frames of 200×120 px are more than" in finding.message
            assert all(url.startswith("clip") for _, url in sources(animation_site.text()))
            assert sources(animation_site.text())

    def test_declined_conversion_is_not_repeated(self, animation_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        animation_site.build(animated="convert")
        (animation_site.root / "index.html").write_text(MOVING.replace("A clip", "Another clip"), encoding="utf-8")
        monkeypatch.setattr(animation, "convert", lambda *_, **__: pytest.fail("converted again"))
        animation_site.build(animated="convert")

    def test_long_animation_is_reported(self, tmp_path: Path) -> None:
        frames = [Image.new("RGB", (40, 40), (number % 250, 9, 9)) for number in range(400)]
        long = pictures.save(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=20, loop=0)
        assert probe_asset(long).frames == 400
        files = {"index.html": page('<img src="long.gif" alt="Long">').encode(), "long.gif": long}
        site = Site(tmp_path, files).write()
        result = site.build(animated="convert", encode={**FAST["encode"], "max_pixels": 40 * 40 * 399})
        assert "animation-kept" in rules(result)
        assert "<picture" not in site.text()

    def test_damaged_animation_does_not_affect_others(self, animation_site: Site) -> None:
        (animation_site.root / "ball.gif").write_bytes(pictures.cut(bouncing()))
        result = animation_site.build(animated="convert")
        assert "img-unreadable" in rules(result)
        assert {url[:4] for _, url in sources(animation_site.text())} == {"clip"}

    def test_budget_uses_selected_variant(self, tmp_path: Path) -> None:
        files = {"index.html": page('<img src="clip.gif" alt="A clip">').encode(), "clip.gif": clip()}
        site = Site(tmp_path, files, {**FAST, "hero": {"keys": ["hero"]}}).write()
        heroes = tmp_path / "heroes.toml"
        heroes.write_text('"/" = "/clip.gif"\n', encoding="utf-8")
        limit = {"lcp-bytes": {"mobile": {"warn": 0, "error": len(clip()) - 1}, "desktop": {"warn": 0, "error": 0}}}
        assert "lcp-bytes" in rules(site.build(budgets=limit))
        assert "lcp-bytes" not in rules(site.build(budgets=limit, animated="convert"))

    def test_isolated_conversion_gives_same_bytes(self, animation_site: Site, tmp_path: Path) -> None:
        animation_site.build(animated="convert")
        other = Site(tmp_path / "other", animation_site.files).write()
        other.build(animated="convert", encode={**FAST["encode"], "isolate": True})
        assert other.tree() == animation_site.tree()


# Recompressed files

STILL = page(
    '<p><img src="photo.jpg" alt="A photo"></p><p><a href="screen.png"><img src="screen.png" alt="Words"></a></p>'
    '<p><img src="small.jpg" alt="Small already"></p><p data-imageseo="ignore"><img src="own.jpg" alt="Own"></p>'
)
RECOMPRESS = {"fallback": "recompress"}


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
def photo_site(pristine: Mapping[str, bytes], tmp_path: Path) -> Site:
    return Site(tmp_path, pristine).write()


class TestFallbacks:
    def test_fallbacks_are_unchanged_by_default(self, photo_site: Site) -> None:
        photo_site.build()
        assert {name: photo_site.tree()[name] for name in photo_site.files if name != "index.html"} == {
            name: data for name, data in photo_site.files.items() if name != "index.html"
        }

    def test_only_files_with_savings_are_recompressed(self, photo_site: Site) -> None:
        photo_site.build(**RECOMPRESS)
        changed = {name for name, data in photo_site.files.items() if photo_site.tree()[name] != data}
        assert changed == {"index.html", "photo.jpg", "screen.png"}
        for name in ("photo.jpg", "screen.png"):
            assert len(photo_site.tree()[name]) <= 0.95 * len(photo_site.files[name])

    def test_recompressed_photo_looks_same_without_private_metadata(self, photo_site: Site) -> None:
        photo_site.build(**RECOMPRESS)
        old, new = photo_site.files["photo.jpg"], photo_site.tree()["photo.jpg"]
        found = probe_asset(new)
        assert (found.width, found.height, found.orientation) == (300, 420, 1)
        assert (found.rights.creator, found.private, found.writer) == ("Ann", (), RECOMPRESSED)
        with Image.open(io.BytesIO(new)) as opened, Image.open(io.BytesIO(old)) as original:
            assert opened.info["progressive"]
            assert "exif" not in opened.info
            assert b"A phone" not in new
            upright = ImageOps.exif_transpose(original).convert("RGB")
            assert _mean_difference(opened.convert("RGB"), upright) < 6

    def test_recompressed_screenshot_keeps_every_pixel(self, photo_site: Site) -> None:
        photo_site.build(**RECOMPRESS)
        with (
            Image.open(io.BytesIO(photo_site.tree()["screen.png"])) as new,
            Image.open(io.BytesIO(photo_site.files["screen.png"])) as old,
        ):
            assert new.convert("RGBA").tobytes() == old.convert("RGBA").tobytes()

    def test_pages_and_variants_are_same_as_without_recompression(self, photo_site: Site, tmp_path: Path) -> None:
        photo_site.build(**RECOMPRESS)
        other = Site(tmp_path / "other", photo_site.files).write()
        other.build()
        kept = [name for name in other.tree() if name not in ("photo.jpg", "screen.png")]
        assert {name: photo_site.tree()[name] for name in kept} == {name: other.tree()[name] for name in kept}

    def test_photo_is_not_recompressed_without_target(self, photo_site: Site) -> None:
        """A preview measures no quality, and a fixed quality guarantees none."""
        photo_site.build(**RECOMPRESS, profile="fast")
        assert photo_site.tree()["photo.jpg"] == photo_site.files["photo.jpg"]
        assert photo_site.tree()["screen.png"] != photo_site.files["screen.png"]

    @pytest.mark.parametrize("forget", [False, True])
    def test_second_build_changes_nothing(self, photo_site: Site, forget: bool) -> None:
        photo_site.build(**RECOMPRESS)
        tree = photo_site.tree()
        if forget:
            shutil.rmtree(photo_site.folder / ".cache/imageseo/memo")
        again = photo_site.build(**RECOMPRESS)
        assert photo_site.tree() == tree
        assert again.changed == ()
        assert again.summary["encoded"] == 0

    def test_every_build_starts_from_source_file(self, photo_site: Site, tmp_path: Path) -> None:
        """Regardless of the settings of earlier builds."""
        photo_site.build(**RECOMPRESS, quality={"avif": 30, "webp": 40})
        photo_site.build(**RECOMPRESS, profile="small")
        photo_site.build(**RECOMPRESS)
        other = Site(tmp_path / "other", photo_site.files).write()
        other.build(**RECOMPRESS)
        assert photo_site.tree() == other.tree()

    def test_source_files_written_again_give_same_result(self, photo_site: Site) -> None:
        photo_site.build(**RECOMPRESS)
        tree = photo_site.tree()
        photo_site.write().build(**RECOMPRESS)
        assert photo_site.tree() == tree

    def test_revert_to_keep_restores_source_files(self, photo_site: Site, tmp_path: Path) -> None:
        photo_site.build(**RECOMPRESS)
        photo_site.build()
        other = Site(tmp_path / "other", photo_site.files).write()
        other.build()
        assert photo_site.tree() == other.tree()
        photo_site.build(**RECOMPRESS)
        assert photo_site.tree()["photo.jpg"] != photo_site.files["photo.jpg"]

    def test_file_no_longer_shown_is_restored(self, photo_site: Site) -> None:
        photo_site.build(**RECOMPRESS)
        (photo_site.root / "index.html").write_text(page("<p>No pictures</p>"), encoding="utf-8")
        photo_site.build(**RECOMPRESS)
        assert photo_site.tree()["photo.jpg"] == photo_site.files["photo.jpg"]

    def test_files_of_removed_page_are_restored(self, photo_site: Site) -> None:
        small_sites.write(photo_site.root, {"two/index.html": page('<img src="../photo.jpg" alt="P">', "two/")})
        (photo_site.root / "index.html").write_text(page("<p>No pictures</p>"), encoding="utf-8")
        photo_site.build(**RECOMPRESS)
        assert photo_site.tree()["photo.jpg"] != photo_site.files["photo.jpg"]
        (photo_site.root / "two/index.html").unlink()
        photo_site.build(**RECOMPRESS)
        assert photo_site.tree()["photo.jpg"] == photo_site.files["photo.jpg"]

    def test_replaced_file_becomes_source_file(self, photo_site: Site) -> None:
        photo_site.build(**RECOMPRESS)
        new = pictures.save(pictures.photo(500, 300, 9), "JPEG", quality=97)
        (photo_site.root / "photo.jpg").write_bytes(new)
        photo_site.build(**RECOMPRESS)
        assert probe_asset(photo_site.tree()["photo.jpg"]).width == 500
        photo_site.build()
        assert photo_site.tree()["photo.jpg"] == new

    def test_edited_recompressed_file_is_kept(self, photo_site: Site) -> None:
        """A recompressed file that was cropped with its metadata kept is not replaced by the original."""
        photo_site.build(**RECOMPRESS)
        with Image.open(io.BytesIO(photo_site.tree()["photo.jpg"])) as opened:
            cropped = pictures.save(opened.crop((0, 0, 200, 200)), "JPEG", quality=95, xmp=opened.info["xmp"])
        (photo_site.root / "photo.jpg").write_bytes(cropped)
        result = photo_site.build(**RECOMPRESS)
        assert photo_site.tree()["photo.jpg"] == cropped
        assert "fallback-kept" in rules(result)

    def test_files_with_equal_pixels_are_restored_separately(self, tmp_path: Path) -> None:
        image = pictures.photo(400, 300)
        one, two = (pictures.save(image, "JPEG", quality=97, comment=words) for words in (b"one", b"two"))
        html = page('<img src="one.jpg" alt="1"><img src="two.jpg" alt="2">')
        site = Site(tmp_path, {"index.html": html.encode(), "one.jpg": one, "two.jpg": two}).write()
        site.build(**RECOMPRESS)
        assert site.tree()["one.jpg"] != one
        site.build()
        assert (site.tree()["one.jpg"], site.tree()["two.jpg"]) == (one, two)

    def test_generated_hero_is_not_recompressed(self, photo_site: Site) -> None:
        recipe = '["/"]\nseed = 5\nstyle = "topo"\nalt = "Lines"\nwidth = 640\nheight = 360\n'
        (photo_site.folder / "heroes.toml").write_text(recipe, encoding="utf-8")
        small_sites.write(
            photo_site.root, {"two.html": page('<img src="assets/heroes/lines.jpg" alt="Lines">', "two.html")}
        )
        photo_site.build(**RECOMPRESS)
        tree = photo_site.tree()
        assert photo_site.build(**RECOMPRESS).changed == ()
        assert photo_site.tree() == tree
        assert probe_asset(tree["assets/heroes/lines.jpg"]).writer == "imageseo packet"


def _mean_difference(one: Image.Image, other: Image.Image) -> float:
    pairs = zip(one.tobytes(), other.tobytes(), strict=True)
    return sum(abs(left - right) for left, right in pairs) / len(one.tobytes())


class TestLostCache:
    def test_recompressed_files_are_not_recompressed_again(self, photo_site: Site) -> None:
        photo_site.build(**RECOMPRESS)
        tree = photo_site.tree()
        shutil.rmtree(photo_site.folder / ".cache")
        for options in (RECOMPRESS, RECOMPRESS, {}):
            result = photo_site.build(**options)
            assert "fallback-kept" in rules(result)
            assert {name: photo_site.tree()[name] for name in photo_site.files if name != "index.html"} == {
                name: tree[name] for name in photo_site.files if name != "index.html"
            }
        photo_site.write().build(**RECOMPRESS)  # the generator has the originals
        assert photo_site.tree() == tree

    def test_lost_source_file_is_reported_and_rest_built(self, photo_site: Site) -> None:
        photo_site.build(**RECOMPRESS)
        for path in (photo_site.folder / ".cache").rglob("*"):
            if path.is_file() and path.read_bytes() == photo_site.files["photo.jpg"]:
                path.unlink()
        result = photo_site.build()
        (finding,) = [finding for finding in result.findings if finding.rule == "fallback-kept"]
        assert "photo.jpg" in finding.message
        assert photo_site.tree()["screen.png"] == photo_site.files["screen.png"]

    def test_damaged_source_file_is_stored_again(self, photo_site: Site) -> None:
        """If the generator writes the source file again in time."""
        photo_site.build(**RECOMPRESS)
        for path in (photo_site.folder / ".cache").rglob("*"):
            if path.is_file() and path.read_bytes() == photo_site.files["photo.jpg"]:
                path.chmod(0o644)
                path.write_bytes(bytes(len(photo_site.files["photo.jpg"])))
        photo_site.write().build(**RECOMPRESS)
        assert photo_site.tree()["photo.jpg"] != photo_site.files["photo.jpg"]
        photo_site.build()
        assert photo_site.tree()["photo.jpg"] == photo_site.files["photo.jpg"]

    def test_damaged_source_file_is_not_published(self, photo_site: Site) -> None:
        photo_site.build(**RECOMPRESS)
        smaller = photo_site.tree()["photo.jpg"]
        for path in (photo_site.folder / ".cache").rglob("*"):
            if path.is_file() and path.read_bytes() == photo_site.files["photo.jpg"]:
                path.chmod(0o644)
                path.write_bytes(bytes(len(photo_site.files["photo.jpg"])))
        for _ in range(2):
            result = photo_site.build()
            assert photo_site.tree()["photo.jpg"] == smaller
        assert "fallback-kept" in rules(result)

    def test_prune_keeps_source_files(self, photo_site: Site) -> None:
        settings = {**FAST, **RECOMPRESS}
        lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items() if not isinstance(value, dict)]
        tables = [
            f"{key}.{name} = {json.dumps(each)}"
            for key, value in settings.items()
            if isinstance(value, dict)
            for name, each in value.items()
        ]
        (photo_site.folder / "imageseo.toml").write_text("\n".join([*lines, *tables]), encoding="utf-8")
        for _ in range(2):  # the second time all pages are as they were
            photo_site.build(**RECOMPRESS)
        done = small_sites.run("imageseo", "cache", "prune", "--unreachable", cwd=photo_site.folder)
        assert done.returncode == 0, done.stderr
        photo_site.build()
        assert photo_site.tree()["photo.jpg"] == photo_site.files["photo.jpg"]
        assert photo_site.tree()["screen.png"] == photo_site.files["screen.png"]


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


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_killed_build_loses_nothing(photo_site: Site, seed: int, tmp_path: Path) -> None:
    """The build is killed at random writes; the next build and a revert give the usual result."""
    other = Site(tmp_path / "other", photo_site.files).write()
    other.build(**RECOMPRESS)
    chance = random.Random(seed)
    for left in sorted(chance.sample(range(30), 4)):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(photo_site.folder), str(left), repr({**FAST, **RECOMPRESS})],
            check=False,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        assert done.returncode in (0, 9)
    photo_site.build(**RECOMPRESS)
    assert photo_site.tree() == other.tree()
    photo_site.build()
    assert photo_site.tree()["photo.jpg"] == photo_site.files["photo.jpg"]


@pytest.mark.slow
def test_mkdocs_build_does_not_change_docs(tmp_path: Path) -> None:
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
