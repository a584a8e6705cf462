"""A format of another distribution: one module, from the settings to the page, and gone when it is removed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import imageseo
from imageseo.config import plugins
from imageseo.images.encoding.foreign import check_codec, codec_of
from imageseo.integrations import runner
from imageseo.model.errors import SettingsError
from imageseo.model.foreign import UnfitPlugin
from tests.support.distributions import install, on_path
from tests.support.small_sites import photo, tree, write

PAGE = '<!doctype html><html lang="en"><title>A</title><main><h1>A</h1><img src="a.jpg" alt="A"></main></html>'
SETTINGS: dict[str, Any] = {"widths": [320], "site_url": "https://e.org/", "encode": {"isolate": False}}
CODEC = """
import io
from PIL import features

class Jpeg2000:
    name, mime, suffix, keeps_alpha, max_side = "jp2", "image/jp2", "jp2", True, None
    bytes_per_point, quality_floor, fast_quality, efforts = 1.03, 20, 40, {"small": 3}
    calls = []
    def version(self):
        return f"1 openjpeg {features.version('jpg_2000')}"
    def codings(self, kind):
        return ("",)
    def encode(self, image, *, quality, effort, xmp, coding=""):
        self.calls.append((quality, effort))
        out = io.BytesIO()
        image.save(out, "JPEG2000", irreversible=True, quality_mode="dB", quality_layers=[22 + quality * 0.25])
        return out.getvalue()

CODEC = Jpeg2000()
"""


def jp2(folder: Path, source: str = CODEC) -> None:
    install(folder, "acme-jp2", {"codecs": {"jp2": "acme_jp2"}}, {"acme_jp2": source})


def build(folder: Path, **settings: Any) -> imageseo.BuildResult:
    return imageseo.build_site(folder / "public", project=folder, settings={**SETTINGS, **settings})


def sources(folder: Path) -> list[tuple[str, str]]:
    page = (folder / "public/index.html").read_text("utf-8")
    return re.findall(r'<source type="([^"]+)" srcset="[^" ]+\.(\w+) ', page)


def test_a_format_follows_its_codec_and_goes_with_it(tmp_path: Path) -> None:
    jp2(tmp_path / "path")
    write(tmp_path, {"public/index.html": PAGE, "public/a.jpg": photo(640, 400)})
    with on_path(tmp_path / "path"):
        build(tmp_path, formats=["webp", "jp2"], profile="fast")
        assert sources(tmp_path) == [("image/webp", "webp"), ("image/jp2", "jp2")]
        import acme_jp2  # type: ignore[import-not-found,unused-ignore]

        calls = acme_jp2.CODEC.calls
        assert calls[-1] == (40, None), "the fixed quality of the profile"
        build(tmp_path, formats=["jp2", "webp"], quality={"jp2": 33}, profile="small")
        assert sources(tmp_path) == [("image/jp2", "jp2"), ("image/webp", "webp")]
        assert calls[-1] == (33, 3), "the setting's quality, the profile's effort"
        assert build(tmp_path, formats=["jp2", "webp"], quality={"jp2": 33}, profile="small").changed == ()
        budget = {"lcp-bytes": {"mobile": {"warn": 1, "error": 7000}}}
        # In a JPEG 2000 that no browser shows, the budget counts what is shown: WebP.
        result = build(tmp_path, formats=["jp2", "webp"], target={"jp2": 50}, budgets=budget)
        assert any(each.rule == "lcp-bytes" for each in result.findings)
    before = {name for name in tree(tmp_path / "public") if name.endswith(".jp2")}
    assert len(before) == 1
    with pytest.raises(imageseo.ImageseoError, match="found text 'jp2', expected one of avif, webp"):
        build(tmp_path, formats=["jp2", "webp"])
    build(tmp_path, formats=["webp"])
    assert sources(tmp_path) == [("image/webp", "webp")]
    assert not [name for name in tree(tmp_path / "public") if name.endswith(".jp2")]


def test_format_is_tuned_to_its_target(tmp_path: Path) -> None:
    jp2(tmp_path / "path")
    write(tmp_path, {"public/index.html": PAGE, "public/a.jpg": photo(320, 200)})
    sizes = []
    with on_path(tmp_path / "path"):
        for target in (40, 75):
            build(tmp_path, formats=["jp2"], target={"jp2": target})
            (size,) = [len(data) for name, data in tree(tmp_path / "public").items() if name.endswith(".jp2")]
            sizes.append(size)
    assert sizes[1] > 1.3 * sizes[0]


def test_settings_of_a_format_are_keys_like_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jp2(tmp_path / "path")
    text = 'formats = ["jp2"]\nquality.jp2 = 50\ntarget.jp2 = 60\nquality_floor.jp2 = 30\n'
    write(tmp_path, {"imageseo.toml": text})
    with on_path(tmp_path / "path"):
        settings = runner.read_settings(tmp_path).settings
        assert (settings.quality.of("jp2"), settings.target.of("jp2"), settings.quality_floor.of("jp2")) == (50, 60, 30)
        assert (settings.quality.of("avif"), settings.quality_floor.of("webp")) == (None, 50)
        monkeypatch.setenv("IMAGESEO_QUALITY__JP2", "44")
        assert runner.read_settings(tmp_path).settings.quality.of("jp2") == 44
        monkeypatch.setenv("IMAGESEO_QUALITY__JP2", "high")
        write(tmp_path, {"imageseo.toml": "quality_floor.jp2 = 300\ntarget.jp3 = 3\nquality.others = {}\n"})
        with pytest.raises(SettingsError) as caught:
            runner.read_settings(tmp_path)
    said = "\n".join(caught.value.faults)
    assert "quality_floor.jp2: found 300, expected a whole number from 1 to 100" in said
    assert "target.jp3: unknown key, " in said
    assert "quality.others: unknown key" in said
    assert "IMAGESEO_QUALITY__JP2: quality.jp2: found text 'high'" in said


@pytest.mark.parametrize("source", ["import not_there\n", CODEC.replace('"image/jp2"', '"jp2"'), "CODEC = 3\n"])
def test_broken_codec_is_left_out_of_the_formats(source: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    jp2(tmp_path / "path", source)
    write(tmp_path, {"public/index.html": PAGE, "public/a.jpg": photo(320, 200)})
    with on_path(tmp_path / "path"):
        result = build(tmp_path, formats=["jp2", "webp"], quality={"jp2": 3}, profile="fast")
    assert not result.failed
    assert sources(tmp_path) == [("image/webp", "webp")]
    (record,) = caplog.records
    assert "the codec jp2 (acme_jp2) of acme-jp2 1.0 is not used: " in record.getMessage()


def test_worker_process_finds_the_codec(tmp_path: Path) -> None:
    jp2(tmp_path / "path")
    write(tmp_path, {"public/index.html": PAGE, "public/a.jpg": photo(320, 200)})
    with on_path(tmp_path / "path"):
        build(tmp_path, formats=["jp2"], profile="fast", encode={"isolate": True})
    assert sources(tmp_path) == [("image/jp2", "jp2")]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"name": "jp3"}, "its name is 'jp3', and that of the entry point 'jp2'"),
        ({"mime": "text/html"}, "mime is 'text/html'"),
        ({"suffix": ".jp2"}, "suffix is '.jp2'"),
        ({"suffix": "html"}, "suffix is 'html'"),
        ({"suffix": "webp"}, "suffix is 'webp'"),
        ({"keeps_alpha": None}, "keeps_alpha"),
        ({"max_side": "16383"}, "max_side"),
        ({"bytes_per_point": 0.5}, "bytes_per_point is 0.5"),
        ({"quality_floor": 0}, "quality_floor is 0"),
        ({"efforts": {"quick": 1}}, "efforts is {'quick': 1}"),
        ({"encode": None}, "encode() is missing"),
        ({"version": lambda: None}, "version() returned None"),
        ({"codings": lambda kind: []}, "returned [], not a tuple"),
    ],
)
def test_declarations_of_a_codec_are_checked(wrong: dict[str, Any], why: str, tmp_path: Path) -> None:
    jp2(tmp_path)
    with on_path(tmp_path):
        codec: Any = plugins.load_plugins("imageseo.codecs", lambda name, module, source: module.CODEC, only=["jp2"])[
            "jp2"
        ]
        for name, value in wrong.items():
            setattr(codec, name, value)
        with pytest.raises(UnfitPlugin, match=re.escape(why)):
            check_codec("acme_jp2.CODEC", "jp2", codec)


def test_our_codecs_are_not_wrapped() -> None:
    found = plugins.load_plugins("imageseo.codecs", codec_of, only=["avif", "webp"])
    assert [type(each).__module__.rpartition(".")[2] for each in found.values()] == ["avif", "webp"]
