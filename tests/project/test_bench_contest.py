"""The contest on a site and its tables: parts of it on small pictures; no figure of theirs is judged here."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image, ImageChops, ImageStat

from tests.bench import __main__ as bench
from tests.bench import cold, corpus, figures, material_site, measure, scoring, screenshots, table
from tests.bench.contest import common, seen, site
from tests.bench.jobs import Job
from tests.support import browser, pictures


def test_both_halves_of_the_screenshots_have_every_kind() -> None:
    names = [Path(f"{scene.name}.png") for scene in screenshots.SCENES]
    assert len(set(names)) == 24
    tune, judge = corpus.half(names, "tune"), corpus.half(names, "judge")
    assert not set(tune) & set(judge)
    schemes = [Counter(path.stem.split("-")[1] for path in half) for half in (tune, judge)]
    assert sum((schemes[0] & schemes[1]).values()) >= 9  # of 12; the others are alike under another name
    widths = {round(scene.width * scene.density) for scene in screenshots.SCENES}
    assert (min(widths), max(widths)) == (800, 2800)
    for scenes in (screenshots.SCENES[0::2], screenshots.SCENES[1::2]):
        assert {scene.dark for scene in scenes} == {True, False}
        assert {scene.density for scene in scenes} == {1, 2}


def test_a_screenshot_is_written_the_same_way_each_time() -> None:
    slow = ("10-map-relief", "15-photos-dark", "16-article-light", "19-long-light", "20-long-phone-dark")  # photographs
    for scene in screenshots.SCENES:
        if scene.html is not None and scene.name not in slow:
            assert scene.html() == scene.html(), scene.name
            assert f"color-scheme:{'dark' if scene.dark else 'light'}" in scene.html(), scene.name


def test_a_folder_of_other_screenshots_is_taken_as_it_is(tmp_path: Path) -> None:
    pictures.flat("red").save(tmp_path / "mine.png")
    assert corpus.pictures_of("screenshots", tmp_path) == [tmp_path / "mine.png"]


@pytest.mark.browser
@browser.needs_chromium
def test_a_screenshot_is_made_once(tmp_path: Path) -> None:
    scenes = tuple(scene for scene in screenshots.SCENES if scene.name.startswith("21"))
    (path,) = screenshots.take(tmp_path, scenes)
    with Image.open(path) as image:
        assert image.size == (840, 580)
        assert image.getchannel("A").getextrema() == (0, 255)  # around its window is nothing
    path.write_bytes(b"kept")
    assert screenshots.take(tmp_path, scenes) == [path]
    assert path.read_bytes() == b"kept"


# On a site


def test_peers_get_the_markup_of_eleventy(tmp_path: Path) -> None:
    asked = [Job(file=Path("/x/two words.png"), width=800, height=400, widths=(320, 800))]
    (tmp_path / "a").mkdir()
    page = tmp_path / "a" / "index.html"
    page.write_text('<p><img alt="A &quot;b&quot;" src="../images/two words.png" /><img src="../images/other.png"></p>')
    site._mark_up(tmp_path, asked)
    told = page.read_text()
    assert 'srcset="../images/two words-320.avif 320w, ../images/two words-800.avif 800w"' in told
    assert f'sizes="{material_site.SIZES}"' in told
    assert 'width="800" height="400"' in told
    assert told.count("<picture>") == 1
    assert '<img src="../images/other.png">' in told
    assert 'alt="A &quot;b&quot;"' in told


def _options(**more: Any) -> argparse.Namespace:
    return argparse.Namespace(
        **{"widths": None, "set": [], "node_modules": None, "peers": (), "butteraugli": 0, **more}
    )


def test_peers_are_asked_for_no_width_above_the_source(tmp_path: Path) -> None:
    for width in (300, 900):
        pictures.flat("red", size=(width, 90)).save(tmp_path / f"{width}.png")
    contest = site.SiteContest(_options(), sorted(tmp_path.glob("*.png")), tmp_path)
    assert [job.widths for job in contest._asked()] == [(300,), (320, 480, 640, 720, 880, 900)]


def test_candidates_are_those_that_pages_name(tmp_path: Path) -> None:
    contest = site.SiteContest(_options(), [tmp_path / "a.png", tmp_path / "a-b.png"], tmp_path)
    root = tmp_path / "site"
    (root / "images").mkdir(parents=True)
    for name in ("a-320w.00000000.avif", "a-b-320w.11111111.webp", "a-640w.22222222.avif"):
        (root / "images" / name).write_bytes(b"x")
    (root / "index.html").write_text(
        '<picture><source srcset="images/a-320w.00000000.avif 320w, images/gone-640w.33333333.avif 640w" sizes="1px">'
        '<source srcset="images/a-b-320w.11111111.webp 320w"><img src="images/a.png"></picture>'
    )
    assert {name: path.name for name, path in contest._offered(root).items()} == {
        "a-320.avif": "a-320w.00000000.avif",
        "a-b-320.webp": "a-b-320w.11111111.webp",
    }


def test_settings_are_read_as_toml_has_them() -> None:
    assert [site._value(text) for text in ("73", "true", '["avif"]', "vips")] == [73, True, ["avif"], "vips"]


def test_options_of_benchmarks_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGESEO_BENCH_NODE_MODULES", "/x")
    assert common.own_environment()["IMAGESEO_BENCH_NODE_MODULES"] is None
    words = ["-c", "import os; print(os.environ.get('IMAGESEO_BENCH_NODE_MODULES'))"]
    assert measure.measure([sys.executable, *words], env=common.own_environment()).out == "None\n"


class Eye:
    """Judges as a metric does, in no time: 100 less the mean difference."""

    name = "an eye"

    def scores(self, judged: Mapping[Path, Sequence[Path]]) -> dict[Path, float]:
        return {file: 100 - _difference(reference, file) for reference, files in judged.items() for file in files}


def _difference(*files: Path) -> float:
    one, other = (Image.open(file).convert("RGB") for file in files)
    assert one.size == other.size
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


@pytest.mark.slow
@pytest.mark.browser
@browser.needs_chromium
def test_what_chromium_loads_and_paints(tmp_path: Path) -> None:
    """Two pictures with halves; the tool's half of the second one is of another colour."""
    files = [tmp_path / "one.png", tmp_path / "two.png"]
    before, after = tmp_path / "before", tmp_path / "after"
    for root in (before, after):
        root.mkdir()
    for seed, file in enumerate(files):
        image = pictures.photo(400, 240, seed)
        image.save(file)
        image.save(before / file.name)
        image.save(after / file.name)
        image.reduce(2).save(after / f"{file.stem}-200.avif")
        (image if seed == 0 else Image.new("RGB", image.size, "red")).reduce(2).save(
            after / f"{file.stem}-200.webp", lossless=True
        )
    style = "<style>body{margin:0}img{width:180px;height:auto;display:block}</style>"
    plain = "".join(f'<img alt="{material_site.alternative_text(file)}" src="{file.name}">' for file in files)
    (before / "index.html").write_text(f"<!doctype html>{style}<article>{plain}</article>")
    treated = "".join(
        f'<picture><source type="image/avif" srcset="{file.stem}-200.avif 200w, {file.name} 400w" sizes="180px">'
        f'<source type="image/webp" srcset="{file.stem}-200.webp 200w, {file.name} 400w" sizes="180px">'
        f'<img alt="{material_site.alternative_text(file)}" src="{file.name}"></picture>'
        for file in files
    )
    (after / "index.html").write_text(f"<!doctype html>{style}<article>{treated}</article>")

    found = seen.Seen()
    looker = seen.Looker(files, tmp_path, cast("scoring.Scorer", Eye()), 0)
    looker.look(before, {"ours": after}, {"ours": found})
    told = looker.figures(found)

    def sizes(*names: str) -> int:
        return sum((after / name).stat().st_size for name in names)

    assert told["loaded"]["desktop"] == {
        "avif": sizes("one-200.avif", "two-200.avif"),
        "webp": sizes("one-200.webp", "two-200.webp"),
    }
    # At 1.75 and 2x 200 px do not do: both take the file itself, which is painted as it was.
    assert told["loaded"]["phone"]["avif"] == told["loaded"]["desktop 2x"]["webp"] == sizes("one.png", "two.png")
    assert told["painted"]["desktop 2x"]["webp"]["ssimulacra2"]["min"] == pytest.approx(100, abs=0.1)
    assert found.scores["desktop", "webp"]["one"] > 95 > 80 > found.scores["desktop", "webp"]["two"]
    assert told["sharp"]["desktop"]["avif"] == {"least": pytest.approx(200 / 180, abs=0.01), "share_at_95": 1.0}
    with browser.chromium() as chromium, browser.served(after) as url:
        assert seen.loaded(chromium, url, after, seen.SCREENS[1]) == told["loaded"]["desktop"]["avif"]


def test_bytes_beside_a_peer() -> None:
    tools = {"imageseo": {"loaded": {"phone": {"avif": 50}}}, "eleventy": {"loaded": {"phone": {"avif": 100}}}}
    assert seen.loaded_beside(tools, "eleventy") == {"imageseo": {"phone": {"avif": 0.5}}}
    assert seen.loaded_beside({**tools, "eleventy": None}, "eleventy") is None


# Tables


def test_tables_of_both_ways(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spread = figures.spread([70.0, 80.0])
    format = {"files": 2, "bytes": 1_500_000, "ssimulacra2": spread}
    tool = {"wall_s": 1.25, "cpu_s": 2.5, "peak_rss_mb": 1234, "avif": format, "webp": {**format, "ssimulacra2": None}}
    of_site = {
        "encoded": 4,
        "offered": 3,
        "not_offered_share": 0.25,
        "loaded": {"phone": {"avif": 2048, "webp": 4096}},
        "painted": {"phone": {"avif": {"ssimulacra2": spread}, "webp": {"ssimulacra2": spread}}},
        "sharp": {"phone": {"avif": {"share_at_95": 1.0}, "webp": {"share_at_95": 0.5}}},
    }
    common = {"half": "report", "rounds": 3, "scorer": "numpy"}
    widths = {**common, "photos": 6, "tools": {"imageseo": tool, "sharp": None}, "cpu_vs_eleventy": None}
    on_site = {
        **common,
        "way": "site",
        "kind": "screenshots",
        "pictures": 12,
        "tools": {"imageseo": {**tool, **of_site}},
    }
    on_site.update(cpu_vs_eleventy=0.25, loaded_vs_eleventy={"imageseo": {"phone": {"avif": 0.5}}})
    for name, told in (("p.json", widths), ("s.json", on_site)):
        (tmp_path / name).write_text(json.dumps(told))
    bench.main(["table", str(tmp_path / "p.json"), str(tmp_path / "s.json")])
    said = capsys.readouterr().out
    assert "6 photographs, the half `report`" in said
    assert said.count("| | imageseo |\n|---|---|\n| wall s; CPU s | 1.2; 2.5 |") == 2
    assert "| AVIF: files, MB; score mean ± sd, 5th percentile, minimum | 2, 1.50; 75.0 ± 5.0, 70.5, 70.0 |" in said
    assert "| encoded; of these not offered | 4; 1 (25%) |" in said
    assert "| phone, WebP only: KiB loaded; painted score mean, minimum | 4; 75.0, 70.0 |" in said
    assert "| candidates with 0.95 of the screen's px | 50% |" in said
    assert "Against Eleventy: cpu vs eleventy 0.25; loaded on phone, avif 0.50" in said
    assert table.table({"skipped": "no pictures"}) == "Skipped: no pictures"


# First builds


def test_a_real_site_is_built_with_the_plug_ins_that_are_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, folder = tmp_path / "source", tmp_path / "work"
    (source / "docs").mkdir(parents=True)
    (source / ".cache").mkdir()
    plugins = "plugins:\n  - search\n  - nobody-has-this: {a: 1}\n  - imageseo\n  - material/tags:\n      b: 2\n"
    (source / "mkdocs.yml").write_text(f"site_name: S\n{plugins}")
    asked: list[Sequence[str | Path]] = []

    def measured(command: Sequence[str | Path], **named: Any) -> measure.Run:
        asked.append(command)
        return measure.Run(wall=1, cpu=1, rss_mb=1, out="")

    monkeypatch.setattr(cold, "measure", measured)
    cold._mkdocs("python", source, folder, {"profile": "fast"})
    written = json.loads((folder / "bench.yml").read_text().partition("plugins: ")[2])
    assert written == ["search", {"material/tags": {"b": 2}}, {"imageseo": {"profile": "fast"}}]
    assert asked[0][:4] == ["python", "-m", "mkdocs", "-q"]
    (folder / ".cache").mkdir()
    (folder / ".cache" / "kept").write_text("")
    cold._mkdocs("python", source, tmp_path / "again", None, (folder / ".cache", tmp_path / "again" / ".cache"))
    assert (tmp_path / "again" / ".cache" / "kept").exists()
    assert "imageseo" not in (tmp_path / "again" / "bench.yml").read_text()


def test_first_builds_say_what_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(cold.JAMPACK, raising=False)
    assert cold._jampack(None) == cold._jampack(tmp_path) == []
    parser = argparse.ArgumentParser()
    cold.arguments(parser)
    told = cold.run(parser.parse_args(["--pictures", "0", "--source", str(tmp_path)]))
    assert told["site"] == {"skipped": f"{tmp_path} has no mkdocs.yml"}
    assert "ten" not in told


def test_figures_beside_jampack() -> None:
    def ran(wall: float) -> measure.Run:
        return measure.Run(wall=wall, cpu=2 * wall, rss_mb=1, out="")

    told = {name: {"image_bytes_a_page": {"phone": size}} for name, size in (("default", 40), ("jampack", 100))}
    runs = {"default": [ran(1), ran(9), ran(3)], "jampack": [ran(4), ran(18), ran(6)]}
    assert cold._beside(told, runs, "default") == {"wall": 0.5, "cpu": 0.5, "image_bytes": {"phone": 0.4}}
