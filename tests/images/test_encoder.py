"""Variants: sizes, colours, orientation, metadata limited to rights, and the same bytes in any build."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imageseo.config.encoding import EncodeSettings
from imageseo.images.codecs import avif, jpeg, png, webp
from imageseo.images.decoding.probe import probe, probe_bytes
from imageseo.images.encoding.encode_result import EncodeResult
from imageseo.images.encoding.encoder import Encoder
from imageseo.images.encoding.profiles import EncodingPolicy, policy
from imageseo.images.encoding.tasks import EncodeJob, open_source
from imageseo.images.metadata.rights import read_rights
from imageseo.images.resizers.pillow import render
from imageseo.model.errors import ProviderError
from imageseo.model.hero import ALGORITHMIC_MEDIA
from imageseo.model.image import Asset, Rights, Variant, VariantSpec
from imageseo.model.protocols import Codec
from imageseo.storage.store import FolderStore
from tests.support import pictures

ROOT = Path(__file__).parents[2]
CODECS: Mapping[str, Codec] = {codec.name: codec for codec in (avif.CODEC, webp.CODEC, jpeg.CODEC, png.CODEC)}
FAST = EncodeSettings(avif_speed=10, webp_method=0)
STEADY = EncodeSettings(avif_speed=8, webp_method=2)
Pixel = tuple[int, ...]


class Bench:
    """A folder of images, a store, and encoders for them."""

    def __init__(self, folder: Path, pictures: Mapping[str, bytes], store: Path | None = None) -> None:
        self.folder = folder
        self.store = store or folder / "store"
        self.jobs: dict[str, tuple[Path, Asset]] = {}
        self.assets: dict[str, Asset] = {}
        for name, data in pictures.items():
            path = folder / name
            path.write_bytes(data)
            found = probe(path, name, max_pixels=10**8)
            assert isinstance(found, Asset), found
            self.jobs[found.sha256], self.assets[name] = (path, found), found

    def spec(self, name: str, width: int | None = None, format: str = "png", quality: int = 60) -> VariantSpec:
        asset = self.assets[name]
        width = width or asset.width
        height = max(1, round(asset.height * width / asset.width))
        return VariantSpec(source=asset.sha256, format=format, width=width, height=height, quality=quality)

    def encode(
        self, specs: Iterable[VariantSpec], *, workers: int = 2, settings: EncodeSettings = FAST, progress: Any = None
    ) -> EncodeResult:
        with self.encoder(workers, settings) as encoder:
            return encoder.encode(self.jobs, specs, progress=progress)

    @contextmanager
    def encoder(
        self, workers: int = 2, settings: EncodeSettings = FAST, codecs: Mapping[str, Codec] = CODECS
    ) -> Iterator[Encoder]:
        with ThreadPoolExecutor(workers) as executor:
            yield Encoder(FolderStore(self.store), codecs, executor, policy(encode=settings), workers=workers)

    def bytes(self, variant: Variant) -> bytes:
        with self.encoder() as encoder:
            data = encoder.bytes_of(variant, self.jobs)
        assert data is not None
        return data

    def image(self, name: str, width: int | None = None, format: str = "png") -> Image.Image:
        """Return a variant of one image, decoded."""
        spec = self.spec(name, width, format)
        done = self.encode([spec])
        assert not done.failures, done.failures
        image = Image.open(io.BytesIO(self.bytes(done.variants[spec])))
        image.load()
        return image


def encode_image(folder: Path, data: bytes, width: int | None = None, format: str = "png") -> Image.Image:
    return Bench(folder, {"a": data}).image("a", width, format)


def pixel_at(image: Image.Image, x: float, y: float) -> Pixel:
    """Return the pixel at a position given as shares of width and height."""
    pixel = image.getpixel((int(x * image.width), int(y * image.height)))
    assert isinstance(pixel, tuple)
    return pixel


def is_near(found: Pixel, wanted: Iterable[float], within: float = 3) -> bool:
    return all(abs(a - b) <= within for a, b in zip(found, wanted, strict=True))


def test_variants_have_requested_sizes_and_formats_and_are_cached(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"a": pictures.save(pictures.photo(900, 600), "JPEG", quality=97)})
    specs = [bench.spec("a", width, name) for name in ("avif", "webp") for width in (320, 640, 900)]
    first = bench.encode([*specs, *specs])
    assert (first.hits, first.misses, set(first.variants)) == (0, 6, set(specs))
    for spec, variant in first.variants.items():
        data = bench.bytes(variant)
        image = Image.open(io.BytesIO(data))
        assert (image.size, image.format, len(data)) == ((spec.width, spec.height), spec.format.upper(), variant.bytes)
    second = bench.encode(specs)
    assert (second.hits, second.misses) == (6, 0)
    assert dict(second.variants) == dict(first.variants)


def test_warm_build_needs_no_executor_or_source(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"a": pictures.save(pictures.photo(), "JPEG")})
    specs = [bench.spec("a", 320, "webp")]
    bench.encode(specs)
    bench.jobs = {digest: (Path("/gone"), asset) for digest, (_, asset) in bench.jobs.items()}
    executor: Any = None
    encoder = Encoder(FolderStore(bench.store), CODECS, executor, policy(encode=FAST), workers=2)
    assert encoder.encode(bench.jobs, specs).hits == 1


def test_changed_settings_encode_again_and_restored_settings_do_not(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"a": pictures.save(pictures.photo(), "JPEG")})
    names = ("avif", "webp")
    specs = [bench.spec("a", 320, name) for name in names]
    better = [bench.spec("a", 320, name, quality=80) for name in names]
    slower = EncodeSettings(avif_speed=9, webp_method=1)
    assert bench.encode(specs).misses == 2
    assert bench.encode(better).misses == 2
    assert bench.encode(specs, settings=slower).misses == 2
    for again, settings in ((specs, FAST), (better, FAST), (specs, slower)):
        assert bench.encode(again, settings=settings).misses == 0


def test_codec_version_and_rights_are_part_of_cache_key(tmp_path: Path) -> None:
    class Newer(type(webp.CODEC)):  # type: ignore[misc]
        def version(self) -> str:
            return "2 libwebp 9.9"

    bench = Bench(tmp_path, {"a": pictures.save(pictures.photo(), "JPEG")})
    spec = bench.spec("a", 320, "webp")
    bench.encode([spec])
    with bench.encoder(codecs={"webp": Newer()}) as encoder:
        assert encoder.encode(bench.jobs, [spec]).misses == 1
    asset = bench.assets["a"]
    owned = Asset(**{name: getattr(asset, name) for name in Asset.__slots__} | {"rights": Rights(creator="Ada")})
    bench.jobs[asset.sha256] = (bench.jobs[asset.sha256][0], owned)
    assert bench.encode([spec]).misses == 1


def sample_site() -> dict[str, bytes]:
    return {
        "photo.jpg": pictures.save(pictures.photo(700, 470, 1), "JPEG", quality=90),
        "tall.png": pictures.save(pictures.photo(170, 400, 2), "PNG"),
        "turned.jpg": pictures.turned(6),
        "alpha.png": pictures.palette_with_transparency(),
        "rights.jpg": pictures.save(
            pictures.photo(400, 240, 3), "JPEG", xmp=pictures.XMP, icc_profile=pictures.p3_like()
        ),
    }


def all_specs(bench: Bench) -> list[VariantSpec]:
    widths = (80, 160, 320, 640)
    return [
        bench.spec(name, width, format)
        for name, asset in bench.assets.items()
        for format in ("avif", "webp")
        for width in (*[width for width in widths if width < asset.width], asset.width)
    ]


@pytest.mark.slow
def test_equal_bytes_at_one_two_and_eight_workers(tmp_path: Path) -> None:
    found = []
    for workers in (1, 2, 8):
        bench = Bench(tmp_path, sample_site(), store=tmp_path / f"store-{workers}")
        found.append(dict(bench.encode(all_specs(bench), workers=workers, settings=STEADY).variants))
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == len(all_specs(bench))


@pytest.mark.slow
def test_variant_is_independent_of_other_variants(tmp_path: Path) -> None:
    """Scaling down from whichever sizes are missing would give different pixels after a killed build."""
    bench = Bench(tmp_path, sample_site())
    together = bench.encode(all_specs(bench)).variants
    for spec in all_specs(bench)[::3]:
        alone = Bench(tmp_path, sample_site(), store=tmp_path / f"alone-{spec.source[:8]}-{spec.width}-{spec.format}")
        assert alone.encode([spec]).variants[spec] == together[spec]


def test_shrinking_matches_direct_lanczos() -> None:
    """Compared with a direct Lanczos step from the full size, the preceding halving must not be visible."""
    source = pictures.photo(1200, 780, 5)
    data = pictures.save(source, "BMP")
    sizes = [(width, width * 65 // 100) for width in (900, 480, 250, 100, 40)]
    for size, image in render(data, "bmp", 1, sizes).items():
        direct = source.resize(size, Image.Resampling.LANCZOS)
        total = sum(value * count for value, count in enumerate(_count_differences(image, direct)))
        assert total / (size[0] * size[1] * 3) < 0.75, size


def _count_differences(one: Image.Image, other: Image.Image) -> list[int]:
    from PIL import ImageChops

    counts = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).histogram()
    return [sum(counts[value::256]) for value in range(256)]


def test_shrinking_does_not_shift_edges(tmp_path: Path) -> None:
    """Odd sizes: a level's last row represents fewer than two rows, and an edge must keep its position."""
    source = Image.new("L", (1237, 5), 0)
    source.paste(255, (618, 0, 1237, 5))
    image = encode_image(tmp_path, pictures.save(source, "PNG"), 150)
    lit = sum(value for value in image.getchannel(0).crop((0, 0, 150, 1)).tobytes()) / 255
    assert lit == pytest.approx(150 * 619 / 1237, abs=0.06)


# Orientation


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_to_pixels(tmp_path: Path, orientation: int, kind: str) -> None:
    for width in (96, 48):
        image = encode_image(tmp_path, pictures.turned(orientation, kind), width)
        assert image.size == (width, width * 2 // 3)
        places = ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75))
        for place, colour in zip(places, pictures.CORNERS, strict=True):
            assert is_near(pixel_at(image, *place), colour, 12)
        assert not image.getexif()


# Colour


def srgb(linear: Iterable[float]) -> list[float]:
    clipped = [min(1.0, max(0.0, value)) for value in linear]
    return [255 * (12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055) for value in clipped]


def from_xyz(xyz: Iterable[float]) -> list[float]:
    """XYZ of D50 to sRGB by Lindbloom's matrix, 0 to 255."""
    rows = (
        (3.1338561, -1.6168667, -0.4906146),
        (-0.9787684, 1.9161415, 0.0334540),
        (0.0719453, -0.2289914, 1.4052427),
    )
    values = list(xyz)
    return srgb(sum(a * b for a, b in zip(row, values, strict=True)) for row in rows)


@pytest.mark.parametrize("colour", [(200, 80, 30), (120, 140, 90), (128, 128, 128), (255, 255, 255), (20, 60, 120)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_wide_gamut_becomes_srgb(tmp_path: Path, colour: Pixel, kind: str) -> None:
    exactly: dict[str, dict[str, Any]] = {"JPEG": {"quality": 100, "subsampling": 0}, "WEBP": {"lossless": True}}
    options = exactly.get(kind, {})
    data = pictures.save(pictures.flat(colour), kind, icc_profile=pictures.p3_like(), **options)
    linear = [(value / 255) ** pictures.GAMMA for value in colour]
    wanted = from_xyz(sum(a * b for a, b in zip(row, linear, strict=True)) for row in pictures.P3_TO_XYZ)
    image = encode_image(tmp_path, data, 30)
    assert is_near(pixel_at(image, 0.5, 0.5), wanted, 2 if kind != "JPEG" else 4)
    if colour == (200, 80, 30):
        assert not is_near(pixel_at(image, 0.5, 0.5), colour, 10), "the profile changes this colour much"
    assert "icc_profile" not in image.info


def test_wide_gamut_with_transparency(tmp_path: Path) -> None:
    data = pictures.save(pictures.flat((200, 80, 30, 128), "RGBA"), "PNG", icc_profile=pictures.p3_like())
    opaque = pictures.save(pictures.flat((200, 80, 30)), "PNG", icc_profile=pictures.p3_like())
    (tmp_path / "b").mkdir()
    pixel = pixel_at(encode_image(tmp_path, data, 32), 0.5, 0.5)
    assert pixel[3] == 128
    assert is_near(pixel[:3], pixel_at(encode_image(tmp_path / "b", opaque, 32), 0.5, 0.5), 2)


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_grey_profile_is_applied(tmp_path: Path, mode: str) -> None:
    colour: Any = 128 if mode == "L" else (128, 255)
    data = pictures.save(pictures.flat(colour, mode), "PNG", icc_profile=pictures.linear_grey())
    assert is_near(pixel_at(encode_image(tmp_path, data, 32), 0.5, 0.5), srgb([128 / 255] * 3), 2)


@pytest.mark.parametrize("profile", [b"garbage", pictures.p3_like()[:300], pictures.press()])
def test_unsuitable_profile_is_ignored(tmp_path: Path, profile: bytes) -> None:
    data = pictures.save(pictures.flat((200, 80, 30)), "PNG", icc_profile=profile)
    assert pixel_at(encode_image(tmp_path, data, 32), 0.5, 0.5) == (200, 80, 30)


def test_cmyk_without_a_profile_multiplies_inks(tmp_path: Path) -> None:
    data = pictures.save(pictures.flat((200, 80, 30, 40), "CMYK"), "JPEG", quality=100)
    wanted = [(255 - ink) * (255 - 40) / 255 for ink in (200, 80, 30)]
    assert is_near(pixel_at(encode_image(tmp_path, data, 32), 0.5, 0.5), wanted)


def test_cmyk_with_a_profile(tmp_path: Path) -> None:
    data = pictures.save(pictures.flat((200, 80, 30, 40), "CMYK"), "JPEG", quality=100, icc_profile=pictures.press())
    # Lab (46.32, -5.39, -24.63) by the profile's own table; a perceptual rendering may darken a little.
    assert is_near(pixel_at(encode_image(tmp_path, data, 32), 0.5, 0.5), (76.7, 113.7, 150.8), 5)


# Depths and transparency


def test_sixteen_bit_grey_is_scaled_and_not_clipped(tmp_path: Path) -> None:
    values = [0, 257, 12_850, 32_896, 51_400, 65_535]
    image = encode_image(tmp_path, pictures.grey16(values))
    assert [pixel_at(image, (n + 0.5) / 6, 0)[0] for n in range(6)] == [value // 257 for value in values]
    see_through = encode_image(tmp_path, pictures.grey16([32_896, 51_400], transparent=51_400))
    assert [pixel_at(see_through, x, 0)[3] for x in (0.25, 0.75)] == [255, 0]


@pytest.mark.parametrize("alpha", [None, 0x8080])
def test_sixteen_bit_colour(tmp_path: Path, alpha: int | None) -> None:
    pixel = pixel_at(encode_image(tmp_path, pictures.rgb16((51_400, 20_560, 7_710), alpha=alpha), 32), 0.5, 0.5)
    assert is_near(pixel, (200, 80, 30) if alpha is None else (200, 80, 30, 128), 1)


@pytest.mark.parametrize("format", ["avif", "webp", "png"])
def test_transparent_colours_do_not_bleed_when_shrinking(tmp_path: Path, format: str) -> None:
    image = encode_image(tmp_path, pictures.palette_with_transparency(), 16, format)
    assert image.mode == "RGBA"
    assert pixel_at(image, 0.9, 0.5)[3] == 0
    assert pixel_at(image, 0.1, 0.5)[3] == 255
    for x in range(16):
        red, green, _, alpha = image.getpixel((x, 5))  # type: ignore[misc]
        assert alpha < 40 or (green < 60 and red > 150), "no green fringe"


def test_opaque_alpha_channel_is_removed(tmp_path: Path) -> None:
    assert encode_image(tmp_path, pictures.save(pictures.flat((1, 2, 3, 255), "RGBA"), "PNG"), 32).mode == "RGB"


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK"])
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    image = pictures.photo(64, 48).convert("RGB").convert(mode)
    data = pictures.save(image, "JPEG" if mode == "CMYK" else "PNG")
    for format in CODECS:
        assert encode_image(tmp_path, data, 32, format).size == (32, 24)


def test_one_pixel_image_is_encoded_in_every_format(tmp_path: Path) -> None:
    data = pictures.save(pictures.flat("red", size=(1, 1)), "PNG")
    for format in CODECS:
        assert encode_image(tmp_path, data, 1, format).size == (1, 1)


# Metadata


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("format", ["avif", "webp", "jpeg", "png"])
def test_rights_are_kept_and_camera_and_gps_removed(tmp_path: Path, kind: str, format: str) -> None:
    exif = pictures.exif(pictures.CAMERA, gps=True)
    source = pictures.save(pictures.photo(), kind, exif=exif, xmp=pictures.XMP, icc_profile=pictures.p3_like())
    bench = Bench(tmp_path, {"a": source})
    spec = bench.spec("a", 160, format)
    data = bench.bytes(bench.encode([spec]).variants[spec])
    image = Image.open(io.BytesIO(data))
    image.load()
    assert read_rights(xmp=image.info["xmp"]) == bench.assets["a"].rights
    assert not image.getexif()
    for secret in (b"Reflex", b"Spiegel", b"GPS", b"Exif Artist"):
        assert secret not in data


@pytest.mark.skipif(
    shutil.which("exiftool") is None, reason="exiftool is not installed: no independent reader to compare with"
)
@pytest.mark.parametrize("format", ["avif", "webp", "jpeg", "png"])
def test_exiftool_reads_only_rights(tmp_path: Path, format: str) -> None:
    exif = pictures.exif(pictures.CAMERA, gps=True)
    source = pictures.save(pictures.photo(), "JPEG", exif=exif, xmp=pictures.XMP)
    bench = Bench(tmp_path, {"a": source})
    spec = bench.spec("a", 160, format)
    path = tmp_path / f"out.{format}"
    path.write_bytes(bench.bytes(bench.encode([spec]).variants[spec]))
    found = json.loads(subprocess.run(["exiftool", "-j", "-n", path], capture_output=True, check=True).stdout)[0]
    assert (
        found["Creator"] == ["Ada Lovelace", "王小明"]
        or found["Creator"] == ["Ada Lovelace, 王小明"]
        or (found["Creator"] == "Ada Lovelace, 王小明")
    )
    assert found["WebStatement"] == "https://example.org/licence"
    assert found["DigitalSourceType"] == pictures.DIGITAL
    assert not [name for name in found if name.startswith("GPS") or name in ("Make", "Model", "Orientation", "Artist")]
    assert (found["ImageWidth"], found["ImageHeight"]) == (160, 100)


# Failures


@pytest.mark.parametrize("name", ["truncated.jpg", "truncated.png", "truncated.webp", "truncated.avif"])
def test_truncated_file_fails_without_affecting_others(tmp_path: Path, name: str) -> None:
    good = pictures.save(pictures.photo(), "JPEG")
    data = pictures.AWKWARD[name]()
    found = probe_bytes(data, name, max_pixels=10**8)
    if not isinstance(found, Asset):
        assert found.rule == "img-unreadable"
        return
    bench = Bench(tmp_path, {name: data, "good.jpg": good})
    specs = [bench.spec(each, width, "webp") for each in (name, "good.jpg") for width in (160, 320)]
    done = bench.encode(specs)
    failure = done.failures[found.sha256]
    assert (failure.path, failure.rule) == (name, "img-unreadable")
    assert name in failure.problem
    assert {spec.source for spec in done.variants} == {bench.assets["good.jpg"].sha256}
    assert (done.misses, len(done.variants)) == (2, 2)


def test_changed_or_deleted_source_is_not_stored(tmp_path: Path) -> None:
    bench = Bench(
        tmp_path,
        {"a": pictures.save(pictures.photo(seed=1), "JPEG"), "b": pictures.save(pictures.photo(seed=2), "JPEG")},
    )
    (tmp_path / "a").write_bytes(pictures.save(pictures.photo(seed=3), "JPEG"))
    (tmp_path / "b").unlink()
    done = bench.encode([bench.spec("a", 160, "webp"), bench.spec("b", 160, "webp")])
    assert not done.variants
    assert "changed during the build" in done.failures[bench.assets["a"].sha256].problem
    assert "No such file" in done.failures[bench.assets["b"].sha256].problem
    assert FolderStore(bench.store).info().entries == 0


def test_codec_limit_leaves_out_one_variant(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"tall.png": pictures.save(pictures.flat("red", size=(20, 17_000)), "PNG")})
    done = bench.encode([bench.spec("tall.png", 20, "webp"), bench.spec("tall.png", 10, "webp")])
    assert [spec.width for spec in done.variants] == [10]
    assert [spec.width for spec in done.oversized] == [20]
    assert not done.refused
    assert not done.failures


def test_spec_larger_than_source_is_rejected(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"a": pictures.save(pictures.photo(320, 200), "JPEG")})
    with pytest.raises(ValueError, match="images are never upscaled: 321"):
        bench.encode([bench.spec("a", 321, "webp")])


def test_variant_with_more_bytes_than_source_is_reported_as_dropped(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"a": pictures.save(pictures.photo(), "JPEG", quality=5)})
    large, small = bench.spec("a", 320, "webp", quality=100), bench.spec("a", 20, "webp", quality=10)
    for _ in ("made", "found"):
        done = bench.encode([large, small])
        assert done.dropped == {large}
        assert set(done.variants) == {large, small}


def test_damaged_variant_is_encoded_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"a": pictures.save(pictures.photo(), "JPEG")})
    spec = bench.spec("a", 160, "webp")
    variant = bench.encode([spec]).variants[spec]
    whole = bench.bytes(variant)
    blob = bench.store / "v1" / "blobs" / variant.sha256[:2] / variant.sha256
    blob.write_bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
    assert bench.bytes(variant) == whole
    assert blob.read_bytes() == whole
    blob.write_bytes(b"\0" * len(whole))
    bench.jobs = {digest: (Path("/gone"), asset) for digest, (_, asset) in bench.jobs.items()}
    with bench.encoder() as encoder:
        assert encoder.bytes_of(variant, bench.jobs) is None


# Scheduling


class RecordingProgress:
    """A Progress that records total and done."""

    def __init__(self) -> None:
        self.total, self.done = 0, 0
        self.work = self.work_done = 0.0

    @contextmanager
    def task(self, title: str, total: int, work: float | None = None) -> Iterator[RecordingProgress]:
        self.total, self.work = total, work or 0.0
        yield self

    def advance(self, count: int = 1, work: float | None = None) -> None:
        self.done += count
        self.work_done += work or 0.0


def test_progress_reaches_total_despite_failures(tmp_path: Path) -> None:
    bench = Bench(tmp_path, {"bad.jpg": pictures.AWKWARD["truncated.jpg"](), **sample_site()})
    progress = RecordingProgress()
    specs = [
        bench.spec("bad.jpg", 160, "webp"),
        bench.spec("bad.jpg", 320, "webp"),
        bench.spec("photo.jpg", 320, "webp"),
    ]
    bench.encode(specs, progress=progress)
    assert (progress.total, progress.done) == (3, 3)
    assert progress.work_done == pytest.approx(progress.work)


def test_memory_is_limited_and_each_source_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve sources that each need more than a third of the limit: at most two are open at once; all are encoded."""
    from imageseo.images.encoding import scheduler

    bench = Bench(tmp_path, {f"{n}.png": pictures.save(pictures.photo(200, 120, n), "PNG") for n in range(12)})
    monkeypatch.setattr(scheduler, "MEMORY", 2.5 * 200 * 120 * 12)
    opened: list[str] = []
    open_counts: list[int] = []
    whole = open_source
    running: list[str] = []

    def record_open(source: EncodeJob, how: EncodingPolicy) -> Any:
        running.append(source.asset.path)
        opened.append(source.asset.path)
        open_counts.append(len(running))
        try:
            return whole(source, how)
        finally:
            running.remove(source.asset.path)

    monkeypatch.setattr(scheduler, "open_source", record_open)
    specs = [bench.spec(name, width, "webp") for name in bench.assets for width in (50, 100, 200)]
    done = bench.encode(specs, workers=8)
    assert len(done.variants) == 36
    assert sorted(opened) == sorted(bench.assets)
    assert max(open_counts) <= 2
    monkeypatch.setattr(scheduler, "MEMORY", 1)
    shutil.rmtree(bench.store)
    open_counts.clear()
    assert len(bench.encode(specs, workers=8).variants) == 36, "a source above the limit is encoded alone"
    assert max(open_counts) == 1


def test_largest_variant_is_encoded_first(tmp_path: Path) -> None:
    order: list[tuple[int, int]] = []

    class RecordingCodec(type(webp.CODEC)):  # type: ignore[misc]
        def encode(self, image: Image.Image, **options: Any) -> bytes:
            order.append(image.size)
            return super().encode(image, **options)  # type: ignore[no-any-return]

    bench = Bench(
        tmp_path,
        {"s": pictures.save(pictures.photo(90, 60), "PNG"), "l": pictures.save(pictures.photo(600, 400), "PNG")},
    )
    specs = [bench.spec("s", 90, "webp"), *(bench.spec("l", width, "webp") for width in (60, 300, 600))]
    with bench.encoder(1, codecs={"webp": RecordingCodec()}) as encoder:
        encoder.encode(bench.jobs, specs)
    assert order.pop(0) == (16, 16), "a small image first, to check the encoder"
    assert order[0] == (600, 400)
    assert order == sorted(order, reverse=True)


# Published heroes


def test_master_is_published_and_cached(tmp_path: Path) -> None:
    master = pictures.save(pictures.photo(320, 180), "PNG")
    rights = Rights(creator="Example", digital_source_type=ALGORITHMIC_MEDIA)
    bench = Bench(tmp_path, {})
    with bench.encoder() as encoder:
        data = encoder.publish(master, quality=85, rights=rights)
        assert encoder.publish(master, quality=85, rights=rights) == data
        assert FolderStore(bench.store).info().entries == 1
        assert encoder.publish(master, quality=60, rights=rights) != data
        assert encoder.publish(master, quality=85, rights=Rights()) != data
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.size) == ("JPEG", (320, 180))
    assert read_rights(xmp=image.info["xmp"]) == rights


@pytest.mark.parametrize(
    "make", [bytes, lambda: pictures.cut(pictures.save(pictures.photo(), "PNG")), lambda: pictures.animated("PNG")]
)
def test_master_that_is_not_a_still_image_raises_provider_error(tmp_path: Path, make: Callable[[], bytes]) -> None:
    with Bench(tmp_path, {}).encoder() as encoder, pytest.raises(ProviderError, match="master"):
        encoder.publish(make(), quality=85, rights=Rights())


# Killed builds and full disks, in separate processes

BUILD = """
import sys, resource, signal, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from imageseo.model.errors import StoreError
from tests.images import test_encoder as t
limit = int(sys.argv[2])
if limit > 0:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
folder = Path(sys.argv[1])
bench = t.Bench.__new__(t.Bench)
bench.folder, bench.store, bench.jobs, bench.assets = folder, folder / "store", {}, {}
for path in sorted(folder.glob("*.*")):
    asset = t.probe(path, path.name, max_pixels=10**8)
    bench.jobs[asset.sha256], bench.assets[path.name] = (path, asset), asset
class Lines(t.RecordingProgress):
    def advance(self, count=1, work=None):
        print("one", flush=True)
        self.done += 1
        if limit < 0 and self.done == -limit:
            time.sleep(600)  # until it is killed
try:
    bench.encode(t.all_specs(bench), settings=t.STEADY, progress=Lines())
except StoreError as error:
    print(error)
    sys.exit(3)
"""


def start(folder: Path, limit: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", BUILD, str(folder), str(limit)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def contents(store: Path) -> dict[str, bytes]:
    return {str(path.relative_to(store)): path.read_bytes() for path in sorted(store.rglob("*")) if path.is_file()}


@pytest.mark.slow
def test_killed_build_can_be_resumed(tmp_path: Path) -> None:
    bench = Bench(tmp_path, sample_site())
    with start(tmp_path, limit=-5) as process:
        assert process.stdout is not None
        for _ in range(5):
            assert process.stdout.readline() == "one\n"
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    store = FolderStore(bench.store)
    entries = store.info().entries
    assert 5 <= entries < len(all_specs(bench))
    assert store.verify().removed == 0, "no partially written file"
    done = bench.encode(all_specs(bench), settings=STEADY)
    assert (done.hits, done.misses) == (entries, len(all_specs(bench)) - entries)
    clean = Bench(tmp_path, sample_site(), store=tmp_path / "clean")
    clean.encode(all_specs(clean), settings=STEADY)
    assert contents(bench.store) == contents(clean.store)


def test_full_disk_stops_with_message_and_no_partial_file(tmp_path: Path) -> None:
    bench = Bench(tmp_path, sample_site())
    with start(tmp_path, limit=6_000) as process:
        output = process.communicate()[0]
    assert process.returncode == 3
    assert "File too large" in output
    assert "cache_dir" in output
    store = FolderStore(bench.store)
    assert store.info().leftovers == 0
    assert store.verify().removed == 0
