"""Tuned variants: the target is met, searched once, and their bytes depend only on the image."""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imageseo.config.encoding import EncodeSettings, QualitySettings, TargetSettings
from imageseo.images.decoding.content_type import Content
from imageseo.images.decoding.probe import probe
from imageseo.images.encoding import quality_model
from imageseo.images.encoding.encode_result import EncodeResult
from imageseo.images.encoding.encoder import Encoder
from imageseo.images.encoding.profiles import CodecSettings, EncodingPolicy, policy
from imageseo.images.encoding.quality_search import QualityPoint, is_out_of_memory
from imageseo.images.encoding.tasks import load_resizer
from imageseo.images.encoding.tuner import WHOLE_FORMAT, QualityStudy, Tuner
from imageseo.images.encoding.variant_encoder import Goal, encode_variant
from imageseo.model.errors import MissingExtraError, SettingsError
from imageseo.model.image import Asset, ContentType, Variant, VariantSpec
from imageseo.model.protocols import Codec, Metric
from tests.support import pictures
from tests.support.fakes import MemoryStore, Plainly, Veil

SCREENSHOTS = Path(__file__).parents[2] / "site_example/docs/images"
TUNED_POLICY = EncodingPolicy(ways={"webp": CodecSettings(effort=4, target=90.0)})
WIDTHS = (160, 320, 640, 960)


class Bench:
    """Flat images with predictable scores, and encoders for them."""

    def __init__(self, folder: Path, sizes: Sequence[tuple[int, int]] = ((1280, 800),)) -> None:
        self.store = MemoryStore()
        self.jobs: dict[str, tuple[Path, Asset]] = {}
        self.assets: list[Asset] = []
        for number, size in enumerate(sizes):
            path = folder / f"{number}.png"
            path.write_bytes(pictures.save(Image.new("RGB", size, (90 + number, 100, 110)), "PNG"))
            asset = probe(path, path.name, max_pixels=10**9)
            assert isinstance(asset, Asset)
            self.jobs[asset.sha256] = (path, asset)
            self.assets.append(asset)

    def specs(self, *widths: int, format: str = "webp", number: int = 0) -> list[VariantSpec]:
        asset = self.assets[number]
        return [
            VariantSpec(
                source=asset.sha256, format=format, width=each, height=max(1, round(each * asset.height / asset.width))
            )
            for each in widths
        ]

    @contextmanager
    def encoder(
        self,
        codec: Codec,
        encoding_policy: EncodingPolicy = TUNED_POLICY,
        metric: Metric | None = None,
        workers: int = 2,
        **more: Any,
    ) -> Iterator[Encoder]:
        with ThreadPoolExecutor(workers) as executor:
            metric = metric or Plainly()
            codecs = {"avif": codec, "webp": codec}
            yield Encoder(self.store, codecs, executor, encoding_policy, workers=workers, metric=metric, **more)

    def encode(self, codec: Codec, specs: Sequence[VariantSpec], **more: Any) -> EncodeResult:
        with self.encoder(codec, **more) as encoder:
            return encoder.encode(self.jobs, specs)


def final_qualities(codec: Veil) -> dict[int, int]:
    """Return the last quality used for each width."""
    return {width: quality for width, quality, _, _ in codec.calls}


def test_every_width_meets_the_target(tmp_path: Path) -> None:
    bench, codec = Bench(tmp_path, ((2560, 1600),)), Veil()
    done = bench.encode(codec, bench.specs(*WIDTHS, 2560))
    assert len(done.variants) == 5
    for width, quality in final_qualities(codec).items():
        if width > 16:
            assert Veil.loss(width, quality, 4) == pytest.approx(10, abs=2.6)
    assert final_qualities(codec)[2560] > final_qualities(codec)[320], "widths need different qualities here"


def test_search_results_are_stored_and_reused(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.encode(Veil(), bench.specs(320, 800))
    again = Veil()
    assert bench.encode(again, bench.specs(320, 800, 960)).hits == 2
    assert {width for width, *_ in again.calls} == {16, 960}, "no search is repeated"
    other = Veil()
    policy_of_80 = EncodingPolicy(ways={"webp": CodecSettings(effort=4, target=80.0)})
    assert bench.encode(other, bench.specs(800), encoding_policy=policy_of_80).misses == 1
    assert {width for width, *_ in other.calls} == {16, 640, 800}, "another target is searched again"


def test_variant_on_target_is_encoded_once(tmp_path: Path) -> None:
    """The search predicts the quality at the probe's width; far from it the score tells that it was wrong."""
    bench, codec = Bench(tmp_path, ((2560, 1600),)), Veil()
    bench.encode(codec, bench.specs(700, 100, 2560))
    tries = {width: [width for width, *_ in codec.calls].count(width) for width in (700, 100, 2560)}
    assert tries[700] == 1
    assert 1 <= tries[100] <= 3
    assert 1 <= tries[2560] <= 3
    assert Veil.loss(2560, final_qualities(codec)[2560], 4) == pytest.approx(10, abs=2.1)


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_bytes_are_independent_of_workers_and_other_specs(tmp_path: Path, workers: int) -> None:
    sizes = ((1280, 800), (700, 900), (250, 180))
    bench = Bench(tmp_path, sizes)
    specs = [
        spec
        for number, (wide, _) in enumerate(sizes)
        for spec in bench.specs(*(w for w in (80, 240, 640, 1280) if w <= wide), number=number)
    ]
    together = bench.encode(Veil(), specs, workers=workers).variants
    assert set(together) == set(specs)
    for spec in specs:
        alone = Bench(tmp_path, sizes).encode(Veil(), [spec], workers=1).variants
        assert alone[spec].sha256 == together[spec].sha256


def test_real_encoders_give_equal_bytes_at_one_two_and_eight_workers(tmp_path: Path) -> None:
    from imageseo.images.codecs import avif, webp

    for number in range(3):
        (tmp_path / f"{number}.jpg").write_bytes(pictures.save(pictures.photo(520, 340, number), "JPEG", quality=92))
    ways = {"avif": CodecSettings(effort=8, target=70.0, trial_effort=10), "webp": CodecSettings(effort=2, target=70.0)}
    found: list[Mapping[VariantSpec, Variant]] = []
    for workers in (1, 2, 8):
        jobs, specs = dict[str, tuple[Path, Asset]](), list[VariantSpec]()
        for path in sorted(tmp_path.glob("*.jpg")):
            asset = probe(path, path.name, max_pixels=10**8)
            assert isinstance(asset, Asset)
            jobs[asset.sha256] = (path, asset)
            for name in ways:
                for width in (160, 320, 520):
                    height = round(width * asset.height / asset.width)
                    specs.append(VariantSpec(source=asset.sha256, format=name, width=width, height=height))
        codecs: dict[str, Codec] = {"avif": avif.CODEC, "webp": webp.CODEC}
        with ThreadPoolExecutor(workers) as executor:
            encoding_policy = EncodingPolicy(ways=ways)
            encoder = Encoder(MemoryStore(), codecs, executor, encoding_policy, workers=workers, metric=Plainly())
            found.append(encoder.encode(jobs, specs).variants)
    assert len(found[0]) == 18
    assert found[0] == found[1] == found[2]


def test_search_uses_trial_effort(tmp_path: Path) -> None:
    bench, codec = Bench(tmp_path), Veil()
    encoding_policy = EncodingPolicy(ways={"webp": CodecSettings(effort=6, target=90.0, trial_effort=10)})
    bench.encode(codec, bench.specs(960), encoding_policy=encoding_policy)
    assert {effort for width, _, effort, _ in codec.calls if width == 640} == {10}
    assert {effort for width, _, effort, _ in codec.calls if width == 960} == {6}
    assert Veil.loss(960, final_qualities(codec)[960], 6) == pytest.approx(10, abs=2.1)


def test_large_variant_is_scored_by_tiles(tmp_path: Path) -> None:
    bench, codec, metric = Bench(tmp_path, ((2600, 1700),)), Veil(), Plainly()
    bench.encode(codec, bench.specs(2560, 320), metric=metric)
    assert {size for size in metric.seen if size[0] > 16} == {(650, 425), (320, 209), (1280, 1024)}


def test_target_of_a_large_file_is_lowered_in_the_prediction_too(tmp_path: Path) -> None:
    bench, codecs = Bench(tmp_path, ((2600, 1700),)), {"avif": Veil(), "webp": Veil()}

    def start(
        size: float | None, kind: ContentType = ContentType.PHOTO, leeway: float = 2.0, format: str = "avif"
    ) -> float:
        encoding_policy = EncodingPolicy(ways={format: CodecSettings(target=71.0, leeway=leeway)})
        study = QualityStudy(asset=bench.assets[0], kind=kind, policy=encoding_policy, codecs=codecs)
        study.points[format, ""] = QualityPoint(60.0, size)
        return study.goal(bench.specs(1300, format=format)[0]).starts[""]

    neutral = start(30_000, leeway=0.0)
    assert neutral == start(30_000, kind=ContentType.SCREEN) == start(None)
    assert start(100_000) < neutral < start(1000)
    assert start(1000, format="webp") == start(1000, format="webp", leeway=0.0)


def test_target_moves_with_the_size_of_the_file() -> None:
    goal = Goal(codings=("",), target=71.0, leeway=2.0)
    assert goal.target_of(400_000, 71.0, format="avif") == 69
    assert goal.target_of(4_000, 71.0, format="avif") == 73
    assert goal.target_of(4_000, 71.0, format="webp") == 71


def test_hero_is_better_as_long_as_its_file_is_small(tmp_path: Path) -> None:
    """The ceiling allows the hero's target, or something between, or no more than the usual one."""
    goal = Goal(codings=("",), starts={"": 50.0}, target=71.0).raised_to(82.0, 50_000, format="avif")
    assert goal.starts[""] > 50
    assert goal.target_of(20_000, 71.0, format="avif") == 82
    assert 71 < goal.target_of(40_000, 71.0, format="avif") < 82
    assert goal.target_of(60_000, 71.0, format="avif") == 71
    bench = Bench(tmp_path)
    encoding_policy = EncodingPolicy(ways={"webp": CodecSettings(effort=4, target=85.0, hero_target=95.0)})
    (spec,) = bench.specs(800)
    hero, over = replace(spec, ceiling=100_000), replace(spec, ceiling=1)
    codec = Veil()
    bench.encode(codec, [spec], encoding_policy=encoding_policy)
    usual = final_qualities(codec)[800]
    bench.encode(codec, [hero], encoding_policy=encoding_policy)
    assert final_qualities(codec)[800] > usual, "it has a key of its own"
    done = bench.encode(Veil(), [hero, spec, over], encoding_policy=encoding_policy)
    assert (done.hits, done.misses) == (2, 1)


def test_variant_that_another_format_outweighs_is_not_encoded(tmp_path: Path) -> None:
    """Known from the search at a small size, and from the store in later builds."""

    class Heavy(Veil):
        def encode(self, image: Any, **options: Any) -> bytes:
            return super().encode(image, **options) + bytes(4000)

    bench = Bench(tmp_path)
    avif, webp = Heavy(), Veil()
    ways = {name: CodecSettings(effort=4, target=90.0) for name in ("avif", "webp")}
    specs = [*bench.specs(800, format="avif"), *bench.specs(800)]

    def encode(wanted: Sequence[VariantSpec]) -> EncodeResult:
        with ThreadPoolExecutor(2) as executor:
            encoder = Encoder(
                bench.store,
                {"avif": avif, "webp": webp},
                executor,
                EncodingPolicy(ways=ways),
                workers=2,
                metric=Plainly(),
            )
            return encoder.encode(bench.jobs, wanted)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("imageseo.images.decoding.content_type.classify", lambda image: ContentType.SCREEN)
        first = encode(specs)
        assert set(first.variants) == {specs[1]}
        assert first.declined == {specs[0]: ""}
        calls = len(avif.calls) + len(webp.calls)
        assert encode(specs).declined == {specs[0]: ""}
        assert len(avif.calls) + len(webp.calls) == calls, "nothing is decoded or encoded"
        assert set(encode(specs[:1]).variants) == {specs[0]}, "without a rival it is wanted"


@pytest.mark.parametrize("quality", [None, 60])
def test_soft_transparency_gets_no_avif(tmp_path: Path, quality: int | None) -> None:
    """Chromium clips its alpha to video levels: shadows lose their rims. Hard edges are hardly touched."""
    bench = Bench(tmp_path, ())
    soft = Image.new("RGBA", (800, 400), "black")
    soft.putalpha(Image.linear_gradient("L").resize((800, 400)))
    hard = Image.new("RGBA", (800, 400), "black")
    hard.paste((0, 0, 0, 0), (0, 0, 400, 400))
    specs = []
    for name, image in (("soft", soft), ("hard", hard)):
        path = tmp_path / f"{name}.png"
        path.write_bytes(pictures.save(image, "PNG"))
        asset = probe(path, path.name, max_pixels=10**9)
        assert isinstance(asset, Asset)
        bench.jobs[asset.sha256] = (path, asset)
        specs += [
            VariantSpec(source=asset.sha256, format=format, width=400, height=200, quality=quality)
            for format in ("avif", "webp")
        ]
    done = bench.encode(Veil(), specs)
    assert set(done.variants) == {specs[1], specs[3], *specs[2:3]}
    assert done.declined == {specs[0]: ""}
    again = Veil()
    assert bench.encode(again, specs).declined == {specs[0]: ""}
    assert not again.calls
    assert set(bench.encode(Veil(), specs[:1]).variants) == {specs[0]}, "it is the only format that is wanted"


def test_photographs_get_every_format(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    asset = bench.assets[0]
    avif, webp = (bench.specs(800, format=name)[0] for name in ("avif", "webp"))
    ways = {name: CodecSettings(target=70.0) for name in ("avif", "webp")}
    study = QualityStudy(
        asset=asset, kind=ContentType.PHOTO, policy=EncodingPolicy(ways=ways), codecs={"avif": Veil(), "webp": Veil()}
    )
    study.points["avif", ""] = QualityPoint(50.0, 9000)
    assert not study.omits(avif)
    study.points["webp", WHOLE_FORMAT] = QualityPoint(0.0, 8500)
    assert not study.omits(avif), "too close to tell"
    study.points["webp", WHOLE_FORMAT] = QualityPoint(0.0, 5000)
    assert study.omits(avif)
    assert not study.omits(webp)
    study.points["webp", WHOLE_FORMAT] = QualityPoint(0.0, 7900)
    assert not study.omits(avif), "at the source's own width AVIF would be smaller"


def test_smallest_coding_is_used_and_lossless_is_not_searched(tmp_path: Path) -> None:
    bench, codec = Bench(tmp_path), Veil(("lossless", "", "dense"))
    (spec,) = bench.specs(800)
    variant = bench.encode(codec, [spec]).variants[spec]
    assert {coding for width, _, _, coding in codec.calls if width == 800} == {"lossless", "", "dense"}
    assert {coding for width, _, _, coding in codec.calls if width == 640} == {"", "dense"}
    lossless = Veil(("lossless",))
    other = Bench(tmp_path)
    assert other.encode(lossless, [spec]).variants[spec].sha256 == variant.sha256
    assert [width for width, *_ in lossless.calls] == [16, 800]


def test_quality_of_returns_quality_used(tmp_path: Path) -> None:
    bench, codec = Bench(tmp_path), Veil()
    specs = bench.specs(320, 800)
    variants = bench.encode(codec, specs).variants
    with bench.encoder(Veil()) as encoder:
        for spec in specs:
            assert encoder.quality_of(variants[spec], bench.jobs) in {
                quality for width, quality, *_ in codec.calls if width == spec.width
            }
    kept = {stored.sha256 for stored in (bench.store.find(key) for key in bench.store.keys) if stored}
    for digest in kept - {variant.sha256 for variant in variants.values()}:
        del bench.store.blobs[digest]
    with bench.encoder(Veil()) as encoder:
        assert encoder.quality_of(variants[specs[1]], bench.jobs) == final_qualities(codec)[800], (
            "encoded again when lost"
        )


def test_image_that_cannot_be_scored_gets_usual_quality(tmp_path: Path) -> None:
    """If the encoder rejects the narrow anchor, or the metric every image, there is still a reproducible variant."""
    bench, codec = Bench(tmp_path), Veil(refuses=320)
    assert len(bench.encode(codec, bench.specs(640)).variants) == 1
    refused = [
        Bench(tmp_path).encode(Veil(), bench.specs(640), metric=Plainly(ValueError("too thin"))).variants
        for _ in range(2)
    ]
    assert refused[0] == refused[1]
    assert len(refused[0]) == 1


def test_exhausted_memory_never_decides_quality(tmp_path: Path) -> None:
    bench = Bench(tmp_path, ((1280, 800), (700, 900)))
    fixed = VariantSpec(source=bench.assets[0].sha256, format="webp", width=200, height=125, quality=60)
    specs = [*bench.specs(320, 640), fixed, *bench.specs(640, number=1)]
    done = bench.encode(Veil(), specs, metric=Plainly(MemoryError()))
    assert set(done.variants) == {fixed}
    assert set(done.refused) == set(specs) - {fixed}


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("Failed to encode image: Out of memory"),
        RuntimeError("Pixel allocation failed: Out of memory"),
        ValueError("encoding error 1"),
        OSError("encoding error 1"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ],
    ids=str,
)
def test_encoder_messages_for_exhausted_memory_are_recognised(tmp_path: Path, error: Exception) -> None:
    class Narrow(Veil):
        def encode(self, image: Any, **options: Any) -> bytes:
            if image.width > 16 and not alone:
                raise error
            return super().encode(image, **options)

    bench, alone = Bench(tmp_path), False
    done = bench.encode(Narrow(), bench.specs(320, 640))
    assert not done.variants
    assert set(done.refused) == set(bench.specs(320, 640))
    alone = True
    again = Narrow()
    assert len(bench.encode(again, bench.specs(320, 640)).variants) == 2
    assert len(again.calls) > 4, "no result of the failed search was stored"


def test_metric_out_of_memory_gives_no_variant(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert not bench.encode(Veil(), bench.specs(320), metric=Plainly(OSError("out of memory"))).variants


@pytest.mark.parametrize(
    "error", [ValueError("encoding error 5: too large"), OSError(errno.EIO, "bad", "out of memory.jpg"), TypeError("x")]
)
def test_other_errors_are_not_out_of_memory(error: Exception) -> None:
    assert not is_out_of_memory(error)


def test_preview_reuses_published_variants(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    published = bench.encode(Veil(), bench.specs(320, 640)).variants
    fast = EncodingPolicy(ways={"webp": CodecSettings(effort=2, quality=60)})
    codec = Veil()
    done = bench.encode(codec, bench.specs(320, 640, 960), encoding_policy=fast, accepts=[TUNED_POLICY])
    assert {spec: done.variants[spec] for spec in published} == published
    assert codec.calls == [(16, 60, 2, ""), (960, 60, 2, "")]
    assert bench.encode(Veil(), bench.specs(320), encoding_policy=fast).misses == 1, "only with `accepts`"


def test_missing_encoder_raises_one_error(tmp_path: Path) -> None:
    class Absent(Veil):
        def encode(self, image: Any, **options: Any) -> bytes:
            raise OSError("encoder webp not available")

    class Unknown(Veil):
        def version(self) -> str:
            raise ImportError("cannot import name '_webp'")

    bench = Bench(tmp_path)
    for codec in (Absent(), Unknown()):
        with pytest.raises(SettingsError, match="webp cannot be encoded") as raised:
            bench.encode(codec, bench.specs(320, 640))
        assert "formats" in raised.value.hint


def test_missing_metric_raises_missing_extra(tmp_path: Path) -> None:
    class Absent(Plainly):
        def reference(self, image: Any) -> Any:
            raise MissingExtraError("needs vszip", hint='pip install "imageseo[vszip]"')

    bench = Bench(tmp_path)
    with pytest.raises(MissingExtraError):
        bench.encode(Veil(), bench.specs(320), metric=Absent())


class TestProfiles:
    def test_fast_profile_does_not_search(self) -> None:
        assert not policy("fast").tunes
        assert not policy("fast", target=TargetSettings(avif=80)).tunes
        assert policy("default").tunes

    def test_fixed_qualities_need_no_metric_without_recompression(self) -> None:
        fixed = QualitySettings(avif=60, webp=75)
        assert not policy("default", quality=fixed, recompress=False).tunes
        assert policy("default", quality=fixed, recompress=True).tunes
        assert policy("default", quality=QualitySettings(avif=60), recompress=False).tunes

    def test_no_profile_uses_avif_speed_below_6(self) -> None:
        for name in ("fast", "default", "small"):
            effort = policy(name).way("avif").effort
            assert effort is not None
            assert effort >= 6

    def test_settings_override_profile(self) -> None:
        encoding_policy = policy(
            "default",
            encode=EncodeSettings(avif_speed=8, webp_method=6),
            quality=QualitySettings(webp=70),
            target=TargetSettings(avif=80, leeway=1),
        )
        avif, webp = encoding_policy.way("avif"), encoding_policy.way("webp")
        assert avif == CodecSettings(
            effort=8, target=80, text_target=80, mixed_target=75, trial_effort=10, leeway=1, hero_target=84
        )
        assert (webp.effort, webp.quality, webp.target) == (6, 70, None)
        assert policy("default", encode=EncodeSettings(avif_speed=10)).way("avif").trial_effort is None
        assert policy("small", encode=EncodeSettings(avif_encoder="svt")).way("avif").trial_effort is None

    def test_text_target_is_higher_than_photo_target(self) -> None:
        way = policy("default").way("avif")
        assert (
            way.target_for(ContentType.PHOTO) < way.target_for(ContentType.SCREEN) == way.target_for(ContentType.LINE)
        )
        assert policy("default", target=TargetSettings(avif=90)).way("avif").target_for(ContentType.SCREEN) == 90


@pytest.mark.slow
def test_screenshot_meets_text_target_and_photograph_photo_target(tmp_path: Path) -> None:
    """Real encoders and the real metric: variants of a page of coloured text meet the text target."""
    from imageseo.images.encoding import factory
    from imageseo.images.resizers.pillow import render

    screen, photo = tmp_path / "screen.png", tmp_path / "photo.png"
    screen.write_bytes((SCREENSHOTS / "home-light.png").read_bytes())
    photo.write_bytes(pictures.save(pictures.photo(640, 400), "PNG"))
    codecs, encoding_policy = factory.codecs(("avif", "webp")), policy("default")
    metric = factory.metrics("numpy")
    scores: dict[tuple[str, str], float] = {}
    for path in (screen, photo):
        asset = probe(path, path.name, max_pixels=10**8)
        assert isinstance(asset, Asset)
        height = round(480 * asset.height / asset.width)
        specs = [VariantSpec(source=asset.sha256, format=name, width=480, height=height) for name in codecs]
        store = MemoryStore()
        with ThreadPoolExecutor(2) as executor:
            encoder = Encoder(store, codecs, executor, encoding_policy, workers=2, metric=metric)
            done = encoder.encode({asset.sha256: (path, asset)}, specs)
        image = render(path.read_bytes(), "png", 1, [(480, height)]).popitem()[1]
        for spec, variant in done.variants.items():
            data = encoder.bytes_of(variant, {asset.sha256: (path, asset)})
            assert data is not None
            with Image.open(io.BytesIO(data)) as made:
                scores[path.stem, spec.format] = metric.score(metric.reference(image), made.convert("RGB"))
    assert 77 < scores["screen", "avif"] < 88  # between the anchors, text is less regular than photographs
    assert scores["screen", "webp"] > 77
    assert scores["photo", "avif"] == pytest.approx(73, abs=3), "small files: the target is raised by two points"
    assert scores["photo", "webp"] == pytest.approx(71, abs=3)


class Colors:
    """A metric that knows how many colours a picture has: their share of 200, in points."""

    name, version = "colors", "1"

    def reference(self, image: Image.Image) -> Image.Image:
        return image

    def score(self, reference: Image.Image, image: Image.Image) -> float:
        found = image.convert("RGB").getcolors(1 << 20)
        return 100 * len(found or ()) / 200


@pytest.mark.parametrize(
    ("target", "codings"),
    [
        (25.0, {"palette": 64}),
        (52.0, {"palette": 128}),
        (60.0, {"palette": 256}),
        (90.0, {"palette": 256}),
        (200.0, {"lossless": 0, "": 5}),
    ],
)
def test_drawings_get_the_fewest_colours_that_meet_the_target(
    target: float, codings: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lossy qualities are searched only if no palette is good enough; a second study finds all answers in the store."""
    from imageseo.images.codecs.webp import CODEC
    from imageseo.images.decoding import content_type

    monkeypatch.setattr(content_type, "classify", lambda image: ContentType.SCREEN)
    path = tmp_path / "a.png"
    path.write_bytes(pictures.save(pictures.photo(350, 200).resize((700, 400), 0).quantize(256).convert("RGB"), "PNG"))
    asset = probe(path, path.name, max_pixels=10**9)
    assert isinstance(asset, Asset)
    tried: list[str] = []

    class Counted(type(CODEC)):  # type: ignore[misc]
        def encode(self, image: Image.Image, **options: Any) -> bytes:
            if image.width > 16:  # else it is the trial whether the codec works
                tried.append(options.get("coding", ""))
            return bytes(super().encode(image, **options))

    codecs: dict[str, Codec] = {"webp": Counted()}
    encoding_policy = EncodingPolicy(ways={"webp": CodecSettings(effort=0, target=target)})
    store = MemoryStore()
    specs = [VariantSpec(source=asset.sha256, format="webp", width=350, height=200)]
    with ThreadPoolExecutor(2) as executor:
        encoder = Encoder(store, codecs, executor, encoding_policy, workers=2, metric=Colors())
        done = encoder.encode({asset.sha256: (path, asset)}, specs)
    assert set(done.variants) == set(specs)
    assert ("" in tried) is ("" in codings)
    tuner = Tuner(
        store=store,
        codecs=codecs,
        policy=encoding_policy,
        metric=Colors(),
        resizer_version=load_resizer("pillow").version(),
    )
    assert not tuner.study(asset, Content(ContentType.SCREEN), specs).todo, "palettes and their rivals need no search"
    data = store.blobs[done.variants[specs[0]].sha256]
    with Image.open(io.BytesIO(data)) as made:
        number = len(made.convert("RGB").getcolors(1 << 20) or ())
    assert codings.get("palette", 1 << 20) / 2 < number <= codings.get("palette", 1 << 20) or "palette" not in codings


def test_no_palette_is_tried_for_many_colours() -> None:
    from imageseo.images.codecs.webp import CODEC

    many = Image.frombytes(
        "RGB", (300, 300), b"".join((each * 7919 % 2**24).to_bytes(3, "big") for each in range(90_000))
    )
    goal = Goal(codings=("palette", "lossless"), target=1.0)
    made = encode_variant(CODEC, Colors(), many, goal, CodecSettings(target=1.0, effort=0), b"")
    assert made.coding == "lossless"


def test_palettes_need_a_score(tmp_path: Path) -> None:
    """With a fixed quality nothing tells whether 256 colours are enough."""
    from imageseo.images.codecs.webp import CODEC

    asset = Asset(path="a.png", sha256="0", bytes=1, format="png", width=700, height=400)
    fixed = EncodingPolicy(ways={"webp": CodecSettings(quality=80)})
    study = QualityStudy(asset=asset, kind=ContentType.LINE, policy=fixed, codecs={"webp": CODEC})
    goal = study.goal(VariantSpec(source="0", format="webp", width=350, height=200))
    made = encode_variant(CODEC, None, Image.new("RGB", (350, 200), "red"), goal, CodecSettings(quality=80), b"")
    assert made.coding in ("lossless", "")


def test_lossy_coding_that_misses_the_target_gives_way_to_the_lossless_one() -> None:
    class Never(Plainly):
        def score(self, reference: Any, image: Any) -> float:
            return 40.0

    image = Image.new("RGB", (100, 80), (90, 100, 110))
    goal = Goal(codings=("lossless", ""), starts={"": 60.0}, target=80.0)
    assert encode_variant(Veil(), Never(), image, goal, CodecSettings(), b"").coding == "lossless"
    goal = Goal(codings=("",), starts={"": 60.0}, target=80.0)
    made = encode_variant(Veil(), Never(), image, goal, CodecSettings(), b"")
    assert (made.coding, made.score) == ("", 40.0)


def test_small_file_above_its_target_is_kept_and_a_large_one_is_not() -> None:
    class Sized(Veil):
        def __init__(self, size: int) -> None:
            super().__init__()
            self.size = size

        def encode(self, image: Any, **options: Any) -> bytes:
            return super().encode(image, **options) + bytes(self.size)

    image = Image.new("RGB", (100, 80), (90, 100, 110))
    goal = Goal(codings=("",), starts={"": 95.0}, target=90.0)
    small, large = Sized(3000), Sized(90_000)
    for codec in (small, large):
        assert encode_variant(codec, Plainly(), image, goal, CodecSettings(), b"").coding == ""
    assert len(small.calls) == 1
    assert len(large.calls) > 1


def test_noise_that_cannot_reach_the_target_is_not_paid_for() -> None:
    """Where a point costs a multiple of the usual bytes, the file before that step is the variant."""

    class Noisy(Veil):
        def encode(self, image: Any, **options: Any) -> bytes:
            return super().encode(image, **options) + bytes(int(1000 * 1.12 ** options["quality"]))

    image = Image.new("RGB", (100, 80), (90, 100, 110))
    codec = Noisy()
    goal = Goal(codings=("",), starts={"": 30.0}, target=90.0)
    made = encode_variant(codec, Plainly(), image, goal, CodecSettings(), b"")
    assert made.score is not None
    assert made.score < 88
    assert quality_model.affordable_score({60.0: 1000, 70.0: 1500, 71.0: 3000}) == 70.0
    assert quality_model.affordable_score({60.0: 1000, 70.0: 1500}) is None
    assert quality_model.points_to_lower(71, {60.0: 1000, 71.0: 1500}, density=0.1, format="avif") == 0
    assert quality_model.points_to_lower(71, {60.0: 1000, 71.0: 1500}, density=0.5, format="avif") > 4
    assert quality_model.points_to_lower(71, {40.0: 1000, 50.0: 9000}, density=0.1, format="avif") == 12, "at most"


def test_screenshots_with_gradients_have_a_target_of_their_own() -> None:
    import numpy as np

    from imageseo.images.decoding.content_type import is_mixed

    rows = np.linspace(0, 255, 300, dtype=np.uint8)
    gradient = np.stack([np.tile(rows, (200, 1)), np.tile(rows[:200, None], (1, 300)), np.full((200, 300), 90)], axis=2)
    assert is_mixed(Image.fromarray(gradient.astype(np.uint8)))
    flat = Image.new("RGB", (300, 200), "white")
    flat.paste("navy", (20, 20, 120, 90))
    assert not is_mixed(flat)
    way = policy("default").way("avif")
    assert way.target_for(ContentType.SCREEN, mixed=True) < way.target_for(ContentType.SCREEN)
    assert way.target_for(ContentType.SCREEN, mixed=True) > way.target_for(ContentType.PHOTO)


def test_palette_that_just_misses_is_better_than_twice_the_bytes() -> None:
    class Almost(Plainly):
        def score(self, reference: Any, image: Any) -> float:
            return 78.0 if len(image.convert("RGB").getcolors(1 << 20) or ()) <= 256 else 81.0

    from imageseo.images.codecs.webp import CODEC

    image = pictures.photo(200, 120).quantize(256).convert("RGB").resize((300, 180))
    goal = Goal(codings=("palette", "lossless", ""), starts={"": 95.0}, target=80.0)
    made = encode_variant(CODEC, Almost(), image, goal, CodecSettings(effort=0), b"")
    assert made.coding == "palette"
    assert made.quality is None


def test_wide_photographs_have_a_lower_effort_unless_they_are_heroes(tmp_path: Path) -> None:
    bench, codec = Bench(tmp_path, ((1600, 1000),)), Veil()
    ways = {"webp": CodecSettings(effort=6, wide_effort=8, target=90.0, hero_target=90.0)}
    specs = bench.specs(1600, 800)
    heroes = [replace(spec, ceiling=100_000) for spec in specs]
    bench.encode(codec, specs, encoding_policy=EncodingPolicy(ways=ways))
    assert {(width, effort) for width, _, effort, _ in codec.calls if width in (1600, 800)} == {(1600, 8), (800, 6)}
    codec.calls.clear()
    bench.encode(codec, heroes, encoding_policy=EncodingPolicy(ways=ways))
    assert {effort for width, _, effort, _ in codec.calls if width in (1600, 800)} == {6}
    assert policy("default").way("avif").wide_effort == 8
    assert policy("default", encode=EncodeSettings(avif_speed=6)).way("avif").wide_effort is None


def test_lossless_file_of_several_times_the_bytes_is_not_preferred() -> None:
    class Never(Plainly):
        def score(self, reference: Any, image: Any) -> float:
            return 40.0

    class Heavy(Veil):
        def encode(self, image: Any, **options: Any) -> bytes:
            return super().encode(image, **options) + bytes(5000 if options["coding"] == "lossless" else 1000)

    image = Image.new("RGB", (100, 80), (90, 100, 110))
    goal = Goal(codings=("lossless", ""), starts={"": 60.0}, target=80.0)
    assert encode_variant(Heavy(), Never(), image, goal, CodecSettings(), b"").coding == ""
