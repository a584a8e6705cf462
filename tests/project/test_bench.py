"""The benchmarks work from end to end, on pictures and sites that take a moment; no figure of theirs is judged here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.bench import __main__ as bench
from tests.bench import corpus, figures, jobs, lint, measure, peers, scoring, shown, worst
from tests.support import pictures

Bench = Callable[..., dict[str, Any]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Bench:
    def command(*words: str | Path) -> dict[str, Any]:
        bench.main([*map(str, words), "--json"])
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return told

    return command


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Four photographs: two of them to tune on, two to report."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed, name in enumerate(("a.jpg", "b.jpg", "c.jpg", "d.jpg")):
        (folder / name).write_bytes(pictures.save(pictures.photo(400, 260, seed), "JPEG", quality=90))
    return folder


# The contest


@pytest.mark.slow
def test_a_contest_without_peers_has_every_figure(
    run: Bench, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (peers.NODE_MODULES, scoring.VARIABLE):
        monkeypatch.delenv(name, raising=False)
    words = ("--corpus", photos, "--widths", "160,320", "--rounds", "2", "--peers", "")
    told = run("encode", *words, "--scorer", "numpy", "--plots", tmp_path / "plots", "--worst", tmp_path / "worst")

    assert (told["photos"], told["half"], told["rounds"], told["variants"]) == (2, "report", 2, 8)
    assert told["scorer"] == "imageseo.metrics (numpy)"
    assert told["missing"] == {}
    versus = [name for name in told if name.endswith(("_vs_eleventy", "_vs_sharp0"))]
    assert {"cpu_vs_eleventy", "wall_vs_eleventy", "bytes_vs_eleventy", "fast_wall_vs_sharp0"} < set(versus)
    assert [told[name] for name in versus] == [None] * len(versus)
    assert all(told["tools"][name] is None for name in peers.NAMES)
    assert told["overhead_vs_codec_floor"] > 0
    assert 0 <= told["ssimulacra2_within_3_of_target"] <= 1
    assert 20 < told["peak_rss_mb"] < 4000
    for name in ("imageseo", "imageseo_fast"):
        tool = told["tools"][name]
        assert tool["cpu_s"] > 0
        assert len(told["floor"][name]) == 2
        for format in ("avif", "webp"):
            assert tool[format]["files"] == 4
            assert tool[format]["bytes"] > 1000
            spread = tool[format]["ssimulacra2"]
            assert 30 < spread["min"] <= spread["p5"] <= spread["mean"] < 100

    # The floor of the tuned profile holds the search and every encode, all scored; that of the fast one no score.
    floor = told["floor"]["imageseo"][0]
    assert floor["calls"]["encodes"] == floor["calls"]["scores"] > 8
    parts = [floor[name] for name in ("resize", "encodes", "scores")]
    assert sum(parts) == pytest.approx(floor["cpu_s"], abs=0.01)
    assert told["floor"]["imageseo_fast"][0]["calls"]["scores"] == 0

    for path in told["plots"]:
        with Image.open(path) as plot:
            assert plot.width > 500
    assert len(told["plots"]) == 4
    assert len(told["worst"]) == 5
    scores = [float(Path(path).name.split("-")[1]) for path in told["worst"]]
    assert scores == sorted(scores)

    # Colours, transparency and turn are as a plain resize has them.
    assert {name.rpartition("-320.")[0] for name in told["fixtures"]} == {"alpha", "p3", "turned"}
    for name, tools in told["fixtures"].items():
        assert tools["imageseo"]["same_size"], name
        assert tools["imageseo"]["score"] > 40, name


def test_no_photographs_is_said_and_not_raised(run: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told = run("encode", "--corpus", tmp_path / "none")
    assert re.search(r"no photographs in .*none, and no apt-get or dpkg-deb", told["skipped"])


# Its parts


def test_the_halves_have_nothing_in_common_and_everything_together() -> None:
    names = [Path(name) for name in reversed(corpus.PHOTOS)]
    tune, report = corpus.half(names, "tune"), corpus.half(names, "report")
    assert [path.name for path in tune[:2]] == ["Bridge_by_Sander_Klootwijk.jpg", "Picture_0B_by_freespace.jpg"]
    assert len(tune) == len(report) == 6
    assert not set(tune) & set(report)
    assert {*tune, *report} == set(corpus.half(names, "all"))


def test_nothing_is_asked_for_upscaled(tmp_path: Path) -> None:
    path = tmp_path / "turned.jpg"
    path.write_bytes(pictures.turned(6))  # 96×64 as it is displayed
    assert [(job.widths, job.height_at(48)) for job in jobs.jobs([path], (48, 96, 128))] == [((48, 96), 32)]
    assert jobs.jobs([path], (640,))[0].widths == (96,)
    assert jobs.upright(path).size == (96, 64)


def test_a_spread_is_that_of_the_population() -> None:
    assert figures.spread(range(60, 81)) == {"mean": 70.0, "sd": 6.06, "p5": 61.0, "min": 60.0}
    assert figures.spread([]) is None


def test_ratios_are_medians_of_the_rounds() -> None:
    def tool(*walls: float) -> figures.Entrant:
        runs = [measure.Run(wall=wall, cpu=2 * wall, rss_mb=1, out="") for wall in walls]
        return figures.Entrant(name="one", version="1", runs=runs)

    # The second round was slow for both, the third for the peer alone.
    assert figures.ratio(tool(1, 9, 1), tool(4, 36, 8), "wall") == 0.25
    assert figures.ratio(tool(1), None, "cpu") is None
    assert figures.overhead(tool(1, 2), [{"cpu_s": 1.6}, {"cpu_s": 3.2}], 2) == 1.25


def test_within_counts_what_has_a_target() -> None:
    scores = {"a.avif": 71.0, "b.avif": 67.9, "c.webp": 10.0}
    tool = figures.Entrant(name="one", version="1", scores=scores, targets={"avif": 70.0, "webp": None})
    assert figures.within(tool) == 1.0
    tool.targets = {"avif": 71.0, "webp": 12.0}
    assert figures.within(tool) == pytest.approx(2 / 3, abs=1e-4)


def test_a_run_counts_its_children() -> None:
    burn = "sum(i * i for i in range(6_000_000))"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}]); print('done')"
    alone, both = measure.measure([sys.executable, "-c", "pass"]), measure.measure([sys.executable, "-c", child])
    assert both.out == "done\n"
    assert both.cpu > alone.cpu + 0.1
    assert 1 < both.pss_mb <= both.rss_mb
    assert both.rss_mb > 5
    with pytest.raises(measure.Failure, match="ended with 3: why"):
        measure.measure([sys.executable, "-c", "import sys; print('why', file=sys.stderr); sys.exit(3)"])


def test_a_command_may_be_the_judge(tmp_path: Path) -> None:
    reference, file = tmp_path / "one.png", tmp_path / "one.webp"
    pictures.photo(64, 48).save(reference)
    pictures.photo(64, 48).save(file, quality=40)
    judge = tmp_path / "judge.py"
    judge.write_text(
        "import sys\nfrom PIL import Image\na, b = map(Image.open, sys.argv[1:])\n"
        "assert a.format == b.format == 'PNG' and a.size == b.size\nprint('score: 12.5')\n"
    )
    asked = scoring.scorer(f"{sys.executable} {judge}")
    assert asked.scores({reference: [file]}) == {file: 12.5}
    with pytest.raises(SystemExit, match="there is no scorer nobody"):
        scoring.scorer("nobody at all")


def test_our_own_metric_as_a_command(tmp_path: Path) -> None:
    reference, file = tmp_path / "one.png", tmp_path / "one.jpg"
    pictures.photo(160, 120).save(reference)
    pictures.photo(160, 120).save(file, quality=30)
    words = [sys.executable, "-m", "tests.bench.scoring", "numpy", str(reference)]
    said = [subprocess.run([*words, str(path)], check=True, capture_output=True).stdout for path in (reference, file)]
    assert float(said[0]) == pytest.approx(100, abs=0.01)
    assert float(said[1]) < 90


def test_the_worst_place_is_found() -> None:
    reference = Image.new("RGB", (900, 700), "grey")
    ours = reference.copy()
    ours.paste("white", (700, 500, 760, 560))
    left, top, right, bottom = worst.place(reference, ours)
    assert (right - left, bottom - top) == worst.SIZE
    assert left < 700 < 760 < right
    assert top < 500 < 560 < bottom
    assert worst.place(reference.crop((0, 0, 90, 70)), ours.crop((0, 0, 90, 70))) == (0, 0, 90, 70)


def test_what_is_see_through_is_shown_on_white_and_on_dark(tmp_path: Path) -> None:
    window = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    window.save(tmp_path / "one.png")
    Image.new("RGB", (60, 40), "red").save(tmp_path / "two.png")
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    judged = {"a": (50.0, one, one), "b": (40.0, two, two)}
    made = worst.write(tmp_path / "out", judged, prefix="painted-")
    assert [path.name for path in made] == ["painted-1-40.0-b.png", "painted-2-50.0-a.png"]
    with Image.open(made[0]) as opaque, Image.open(made[1]) as twice:
        assert (opaque.size, twice.size) == ((128, 40), (128, 88))
        assert [twice.getpixel((5, y)) for y in (5, 60)] == [(255, 255, 255), (0x14, 0x18, 0x1E)]


# The other commands


def test_lint_of_a_grown_site(run: Bench, tmp_path: Path) -> None:
    site = tmp_path / "built"
    site.mkdir()
    page = '<!doctype html><html lang="en"><head><title>T</title></head><body><article>{}</article></body></html>'
    (site / "index.html").write_text(page.format('<img src="a.png" alt="" width="64" height="48">' + "word " * 500))
    (site / "a.png").write_bytes(pictures.save(pictures.flat("red"), "PNG"))
    told = run("lint", "--site", site, "--pages", "5", "--rounds", "1")
    assert (told["pages"], told["rounds"], told["kb_a_page"]) == (5, 1, 2.6)
    assert told["peak_rss_mb"] > 10
    assert {"ms_per_page", "wall_ms_per_page", "ms_per_100_kb", "start_s"} < told.keys()
    assert sorted(path.name for path in site.iterdir()) == ["a.png", "index.html"]  # only a copy of it grows


def test_a_site_grows_page_by_page(tmp_path: Path) -> None:
    for name in ("a.html", "b/c.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x" * len(name))
    assert lint.grow(tmp_path, 5) == [6, 8, 6, 8, 6]
    assert len(list(tmp_path.rglob("*.html"))) == 5


def test_memory(run: Bench) -> None:
    told = run("memory", "store", "--entries", "50")
    assert told["entries"] == 50
    assert told["find_us"] > 0


@pytest.mark.parametrize("command", bench.COMMANDS)
def test_every_command_can_be_asked_for_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        bench.main([command, "--help"])
    assert ended.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_figures_are_shown_a_line_each() -> None:
    told = {"a": {"b": 1.5, "c": None}, "d": "words", "e": [1, 2], "f": {}}
    assert shown.shown(told, as_json=False) == "a.b: 1.5\na.c: null\nd: words\ne: [1, 2]\nf: {}"
    assert json.loads(shown.shown(told, as_json=True)) == told
