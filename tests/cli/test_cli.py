"""Command line: effects, output streams and exit codes."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from imageseo import __version__
from imageseo.cli import main, verify
from imageseo.integrations import runner
from imageseo.integrations.progress import Lines, for_stream
from imageseo.integrations.project import detect_project
from imageseo.model import extras
from imageseo.model.errors import SettingsError
from imageseo.model.finding import GATING, REPORTED
from imageseo.pipeline import composition
from tests.support import painters
from tests.support.fakes import OneColour
from tests.support.painters import Modelled
from tests.support.small_sites import installed, mkdocs_site, pelican_site, photo, run, tree, write

PAGE = '<!doctype html><html lang="en"><head><title>A</title></head><body><main><h1>A</h1>{}</main></body></html>'
IMAGE = '<p><img src="a.jpg" alt="A"></p>'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A project folder with a built site in ``public``."""
    return write(tmp_path, {"public/index.html": PAGE.format(IMAGE), "public/a.jpg": photo()})


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Runs the command in this process and returns its exit code."""
    monkeypatch.chdir(tmp_path)
    for name in ("IMAGESEO_FROZEN", "IMAGESEO_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IMAGESEO_DEBUG", "0")  # so that the variable set by --debug is reset

    def call(*words: str) -> int:
        monkeypatch.setattr(sys, "argv", ["imageseo", *words])
        with pytest.raises(SystemExit) as exited:
            main.main()
        return int(exited.value.code or 0)

    return call


def test_version_and_help(tmp_path: Path) -> None:
    assert run("imageseo", "--version", cwd=tmp_path).stdout == f"imageseo {__version__}\n"
    help_output = run("imageseo", "--help", cwd=tmp_path)
    assert help_output.returncode == 0
    assert set(re.findall(r"^  (build|lint|generate|doctor|cache) ", help_output.stdout, re.MULTILINE)) == {
        *("build", "lint", "generate", "doctor", "cache")
    }


@pytest.mark.slow
def test_second_build_changes_nothing_and_reports_it(site: Path) -> None:
    done = run("imageseo", "build", "public", cwd=site)
    assert done.returncode == 0, done.stderr
    assert "<picture" in (site / "public/index.html").read_text("utf-8")
    before = tree(site / "public")
    again = run("imageseo", "build", "public", "--format", "json", cwd=site)
    assert again.returncode == 0
    assert tree(site / "public") == before
    report = json.loads(again.stdout)
    assert report["title"] == "build"
    assert report["summary"]["changed"] == 0
    assert report["summary"]["reused"] > 0


@pytest.mark.slow
def test_reports_go_to_stdout_and_messages_to_stderr(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"public/{number}.html": PAGE.format(IMAGE) for number in range(24)}
    write(tmp_path, {**files, "public/a.jpg": photo()})
    done = run("imageseo", "lint", "public", "--format", "json", cwd=tmp_path)
    assert json.loads(done.stdout)["summary"]["pages"] == 24
    assert "24" in done.stderr


@pytest.mark.slow
def test_exceeded_budget_exits_with_1(site: Path, command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    write(site, {"imageseo.toml": "[budgets.lcp-bytes.mobile]\nwarn = 100\nerror = 200\n"})
    assert command("build", "public") == 1
    assert "lcp-bytes" in capsys.readouterr().out
    assert command("lint", "public") == 1


def test_lint_findings_exit_with_1(site: Path, command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    write(site, {"public/index.html": PAGE.format('<img src="a.jpg">')})
    assert command("lint", "public") == 1
    assert "alt-missing" in capsys.readouterr().out
    write(site, {"imageseo.toml": '[lint]\nfail_on = "never"\n'})
    assert command("lint", "public") == 0


def test_wrong_usage_exits_with_2(site: Path, command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("build") == 2
    assert command("bild", "public") == 2
    assert command("build", "public", "--format", "xml") == 2
    assert command("build", "nowhere") == 2
    assert command("build", "public", "--config", "none.toml") == 2
    assert command("build", "public", "--config", "public/a.jpg") == 2
    assert command("cache", "prune", "--max-size", "much") == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "expected a folder, found nothing" in output.err
    assert "Traceback" not in output.err


@pytest.mark.parametrize("name", ["a" * 300, f"./{'é' * 200}.html", f"public/{'b' * 300}/c"])
def test_names_that_no_file_can_have_are_wrong_usage(
    name: str, site: Path, command: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["lint", name], ["build", name], ["report", "public", "--against", name], ["undo", name]):
        assert command(*words) == 2, words
        assert "internal error" not in capsys.readouterr().err
    assert command("lint", "public") in (0, 1)
    assert command("history", ".") == 2


def test_invalid_configuration_exits_with_2_and_all_errors(
    site: Path, command: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    write(site, {"imageseo.toml": 'fromats = ["avif"]\nconcurrency = "x"\n[lint.rules]\nalt-mising = "off"\n'})
    before = tree(site / "public")
    for words in (("build", "public"), ("lint", "public"), ("doctor",), ("cache", "info")):
        assert command(*words) == 2
        output = capsys.readouterr()
        assert all(fault in output.out + output.err for fault in ("fromats", "concurrency", "alt-mising")), output
    assert tree(site / "public") == before


def test_unexpected_error_exits_with_3_and_one_line(
    site: Path, command: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(runner, "build", broken)
    assert command("build", "public") == 3
    output = capsys.readouterr().err
    assert len(output.splitlines()) == 1
    assert "ZeroDivisionError: a bug" in output
    assert command("--debug", "build", "public") == 3
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.slow
def test_config_option_sets_the_project_folder(site: Path, command: Any) -> None:
    write(site, {"conf/imageseo.toml": 'formats = ["webp"]\ncache_dir = "kept"\n'})
    assert command("build", "public", "--config", "conf/imageseo.toml") == 0
    assert (site / "conf/kept").is_dir()
    assert not list(site.rglob("*.avif"))


@pytest.mark.slow
def test_cache_info_verify_and_prune(site: Path, command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("cache", "info", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["entries"] == 0
    assert command("build", "public") == 0
    capsys.readouterr()
    assert command("cache", "info", "--format", "json") == 0
    info = json.loads(capsys.readouterr().out)
    assert info["entries"] > 0
    assert command("cache", "verify") == 0
    blob = max((path for path in (site / ".cache").rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    blob.write_bytes(bytes(blob.stat().st_size))
    assert command("cache", "verify") == 1
    assert "1 damaged and removed" in capsys.readouterr().out
    assert command("cache", "prune", "--max-size", "0", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["removed"] > 0
    assert command("cache", "info") == 0
    assert ": 0 entries" in capsys.readouterr().out


def test_doctor_reports_packages_codecs_and_project(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    installed()
    pelican_site(tmp_path)
    assert command("doctor", "--format", "json") == 0
    report = json.loads(capsys.readouterr().out)
    checks = {(check["kind"], check["name"]): check for check in report["checks"]}
    assert checks["part", "pillow"]["state"] == "ok"
    assert checks["codec", "avif"]["detail"].startswith("1 libavif")
    assert checks["configuration", "generator"]["detail"] == "pelican (pelicanconf.py)"
    assert command("doctor") == 0
    assert "+ avif: " in capsys.readouterr().out


def test_doctor_shows_install_commands_of_missing_packages(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from imageseo.cli.commands import doctor

    known = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda name: None if name in ("lxml", "pelican") else known(name))
    assert command("doctor") == 1
    output = capsys.readouterr().out
    assert re.search(r'! lxml: missing\n +pip install "lxml>=', output)
    assert re.search(rf"- pelican: not installed.*\n +{re.escape(extras.install_command('pelican'))}\n", output)


@pytest.fixture
def painter(monkeypatch: pytest.MonkeyPatch) -> OneColour:
    provider = OneColour("procedural")
    monkeypatch.setattr(composition, "providers", lambda settings, project, **more: {"procedural": provider})
    return provider


RECIPE = "---\nhero:\n  seed: 300\n  alt: One colour\n---\n# Art\n\nText\n"


def test_generate_reads_mkdocs_pages_and_pins(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    mkdocs_site(tmp_path, files={"docs/art.md": RECIPE, "docs/guide/more.md": RECIPE.replace("300", "301")})
    assert command("generate", "docs/art.md") == 0
    lock = tomllib.loads((tmp_path / "imageseo.lock").read_text("utf-8"))
    assert [hero["page"] for hero in lock["hero"]] == ["docs/art.md"]
    assert [recipe.seed for recipe in painter.asked] == [300]
    output = capsys.readouterr().out
    assert re.search(r"^docs/art\.md: heroes/art-[0-9a-f]{8}\.png \(new\)$", output, re.MULTILINE)
    assert "one colour is all that it paints" in output
    assert command("generate", "--format", "json") == 0
    report = json.loads(capsys.readouterr().out)
    assert [made["page"] for made in report["made"]] == ["docs/guide/more.md"]
    assert report["kept"] == ["docs/art.md"]
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("name", ["docs/art.md", "art/index.html", "art/", "art", "/art/"])
def test_generate_accepts_source_file_and_url_of_a_page(
    tmp_path: Path, command: Any, painter: OneColour, name: str
) -> None:
    mkdocs_site(tmp_path, files={"docs/art.md": RECIPE})
    assert command("generate", name) == 0
    assert len(painter.asked) == 1


def test_generate_unknown_page_exits_with_2_and_suggestion(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    mkdocs_site(tmp_path, files={"docs/art.md": RECIPE})
    assert command("generate", "docs/atr.md") == 2
    output = capsys.readouterr().err
    assert "did you mean docs/art.md?" in output
    assert "heroes.toml" in output  # for pages created by a plug-in
    assert not painter.asked


def test_generate_reads_pelican_metadata(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    article = "Title: Art\nDate: 2024-01-01\nHero_prompt: a hill\nHero_seed: 77\nHero_alt: A hill\n\nText\n"
    pelican_site(tmp_path, files={"content/art.md": article})
    assert command("generate") == 0, capsys.readouterr().err
    assert [(recipe.seed, recipe.options["prompt"]) for recipe in painter.asked] == [(77, "a hill")]
    assert [pin["page"] for pin in _lock(tmp_path)] == ["content/art.md"]
    assert not (tmp_path / "output").exists()


def test_generate_without_generator_reads_heroes_toml(
    site: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    assert command("generate") == 2
    assert "imageseo generate --site DIR" in capsys.readouterr().err
    write(site, {"heroes.toml": '"/" = { seed = 5, alt = "Five" }\n'})
    assert command("generate", "--site", "public") == 0
    assert [pin["page"] for pin in _lock(site)] == ["index.html"]


def test_generate_invalid_recipe_exits_with_1_and_makes_the_others(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    mkdocs_site(tmp_path, files={"docs/art.md": RECIPE, "docs/bad.md": RECIPE.replace("seed: 300", "seed: many")})
    assert command("generate") == 1
    assert "docs/bad.md" in capsys.readouterr().out
    assert [pin["page"] for pin in _lock(tmp_path)] == ["docs/art.md"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("---\nhero:\n  seed: 300\n---\n# Café\n".encode("latin-1"), "UnicodeDecodeError"),
        (b"---\nhero: {alt: one: two, seed: 3}\n---\n# A\n", "art.md:2: front matter is not YAML"),
        (b'---\ntitle: "Art\nhero: {seed: 3}\n---\n# A\n', "art.md:2: front matter is not YAML"),
        (b"---\ndate: 2024-13-40\nhero_seed: 3\n---\n# A\n", "month must be in 1..12"),
        (b"---\nhero: {seed: 3}\n# A\n\nText\n", "art.md:1: front matter is not closed"),
    ],
)
def test_generate_unreadable_mkdocs_source_keeps_its_pin_and_ends_no_other_page(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour, data: bytes, problem: str
) -> None:
    mkdocs_site(tmp_path, files={"docs/art.md": RECIPE})
    assert command("generate") == 0
    write(tmp_path, {"docs/art.md": data, "docs/other.md": RECIPE})
    assert command("generate") == 1
    output = capsys.readouterr().out
    assert output.count("docs/art.md: Hero recipe: docs/art.md") == 1
    assert problem in output
    assert [pin["page"] for pin in _lock(tmp_path)] == ["docs/art.md", "docs/other.md"]


def test_front_matter_that_is_no_yaml_is_one_finding_of_its_page(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    mkdocs_site(tmp_path, files={"docs/art.md": '---\ntitle: "Art\nhero: {seed: 3}\n---\n# A\n'})
    write(tmp_path, {f"site/{name}index.html": PAGE.format("") for name in ("", "guide/", "art/")})
    place = "docs/art.md:2: front matter is not YAML, so its hero is not used"
    for form in ("text", "json", "sarif", "github"):
        assert command("lint", "site", "--select", "hero-recipe", "--format", form) == 1
        output = capsys.readouterr().out
        assert output.count(place) == 1
        if form == "sarif":
            (result,) = json.loads(output)["runs"][0]["results"]
            where = result["locations"][0]["physicalLocation"]
            assert (where["artifactLocation"]["uri"], where["region"]["startLine"]) == ("docs/art.md", 2)
    assert command("build", "site", "--format", "json") == 1
    (found,) = (each for each in json.loads(capsys.readouterr().out)["findings"] if each["rule"] == "hero-recipe")
    assert (found["page"], found["source"], found["severity"]) == ("art/index.html", "docs/art.md", "error")
    assert found["message"].startswith(place)


def test_source_that_is_a_named_pipe_does_not_wait_for_a_writer(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    mkdocs_site(tmp_path / "a", files={"docs/art.md": RECIPE})
    pelican_site(tmp_path / "b", files={"content/art.md": "Title: Art\nDate: 2024-01-01\nHero_seed: 77\n\nText\n"})
    for folder, source in (("a", "docs/pipe.md"), ("b", "content/pipe.md")):
        os.chdir(tmp_path / folder)
        os.mkfifo(source)
        assert command("generate") == 1
        assert f"{source}: cannot be read, so its hero is not used" in capsys.readouterr().out
        assert len(_lock(tmp_path / folder)) == 1


def test_generate_named_page_redraws_an_edited_master(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    mkdocs_site(tmp_path, files={"docs/art.md": RECIPE})
    assert command("generate") == 0
    (master,) = (tmp_path / "heroes").glob("*.png")
    master.write_bytes(b"retouched")
    assert command("generate") == 1
    assert "imageseo generate docs/art.md" in capsys.readouterr().out
    assert master.read_bytes() == b"retouched"
    assert command("generate", "art/") == 0
    assert master.read_bytes() != b"retouched"


def test_generate_unwritable_masters_folder_exits_with_2(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    mkdocs_site(tmp_path, files={"docs/art.md": RECIPE, "heroes": "a file\n"})
    assert command("generate") == 2
    output = capsys.readouterr().err
    assert "cannot be written" in output
    assert "internal error" not in output


def test_disabled_commands_read_and_write_nothing(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    unreadable = "# Café\n".encode("latin-1")  # no page is read, so nothing is wrong with it
    mkdocs_site(tmp_path, files={"docs/art.md": RECIPE, "docs/b.md": unreadable, "site/index.html": PAGE.format("")})
    write(tmp_path, {"imageseo.toml": "enabled = false\n"})
    before = tree(tmp_path)
    for words in (("build", "site"), ("lint", "site"), ("generate",), ("generate", "--site", "site")):
        assert command(*words, "--config", "imageseo.toml", "--format", "json") == 0
        output = capsys.readouterr()
        assert "disabled (`enabled` is false)" in output.err
        assert json.loads(output.out)["title"] == words[0]
    assert tree(tmp_path) == before
    assert not painter.asked


def test_moved_source_keeps_its_hero(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    text = "---\nhero: {prompt: a sea}\n---\n# Art\n"
    mkdocs_site(tmp_path, files={"docs/art.md": text})
    assert command("generate") == 0
    (before,) = _lock(tmp_path)
    write(tmp_path, {"docs/new/art.md": text})
    (tmp_path / "docs/art.md").unlink()
    assert command("generate", "docs/new/art.md") == 0
    assert len(painter.asked) == 1
    (after,) = _lock(tmp_path)
    assert (after["page"], after["output"], after["recipe"]) == ("docs/new/art.md", before["output"], before["recipe"])


def test_pin_of_a_plugin_page_survives_generate_from_sources(tmp_path: Path, command: Any, painter: OneColour) -> None:
    files: dict[str, str | bytes] = {"docs/art.md": RECIPE, "heroes.toml": '"made/" = { seed = 5 }\n'}
    mkdocs_site(tmp_path, files=files)
    write(tmp_path, {f"site/{place}index.html": PAGE.format("") for place in ("", "guide/", "art/", "made/")})
    assert command("generate", "--site", "site") == 0
    assert command("generate") == 0
    assert {pin["page"] for pin in _lock(tmp_path)} == {"docs/art.md", "made/index.html"}


def test_page_beginning_with_a_horizontal_rule_is_accepted(tmp_path: Path, command: Any, painter: OneColour) -> None:
    mkdocs_site(tmp_path, files={"docs/art.md": "---\nNote: this: is text\n---\n# A\n"})
    assert command("generate") == 0


def test_generate_unreadable_pelican_source_keeps_its_pin_and_ends_no_other_page(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    article = "Title: Art\nDate: {}\nHero_seed: 77\n\nText é\n"
    pelican_site(tmp_path, files={"content/art.md": article.format("2024-01-01")})
    assert command("generate") == 0, capsys.readouterr().err
    for data in (article.format("2024-01-01").encode("latin-1"), article.format("never")):
        write(tmp_path, {"content/art.md": data, "content/new.md": article.format("2024-01-02").replace("77", "78")})
        assert command("generate") == 1
        output = capsys.readouterr().out
        assert "content/art.md: Hero recipe: content/art.md" in output
        assert "cannot be read" in output
        assert [pin["page"] for pin in _lock(tmp_path)] == ["content/art.md", "content/new.md"]
    write(tmp_path, {"output/index.html": PAGE.format(""), "output/art.html": PAGE.format("")})
    assert command("lint", "output", "--select", "hero-recipe", "--format", "json") == 1
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert (found["rule"], found["page"]) == ("hero-recipe", "content/art.md")


@pytest.mark.slow
def test_frozen_needs_every_pin(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    installed()
    mkdocs_site(tmp_path, files={"docs/art.md": RECIPE})
    assert run("mkdocs", "build", cwd=tmp_path, env={"IMAGESEO_ENABLED": "0"}).returncode == 0
    before = tree(tmp_path / "docs")
    assert command("build", "site", "--frozen") == 1
    assert "hero-unpinned" in capsys.readouterr().out
    assert command("generate") == 0
    assert command("build", "site", "--frozen") == 0, capsys.readouterr().out
    assert "assets/heroes/" in (tmp_path / "site/art/index.html").read_text("utf-8")
    assert tree(tmp_path / "docs") == before


def test_generate_frozen_makes_nothing_and_lists_missing_heroes(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    mkdocs_site(tmp_path, files={"docs/art.md": RECIPE, "docs/b.md": RECIPE.replace("300", "301")})
    assert command("generate", "docs/art.md") == 0
    before = tree(tmp_path)
    capsys.readouterr()
    assert command("generate", "--frozen") == 1
    output = capsys.readouterr().out
    assert "docs/b.md: no hero is pinned; run `imageseo generate docs/b.md`" in output
    assert "1 kept, 1 missing or changed" in output
    assert tree(tmp_path) == before
    assert command("generate", "--frozen", "docs/art.md") == 0
    write(tmp_path, {"docs/art.md": RECIPE.replace("300", "302")})
    capsys.readouterr()
    assert command("generate", "--frozen", "--format", "json") == 1
    assert json.loads(capsys.readouterr().out)["missing"] == [
        {"page": "docs/art.md", "reason": "changed"},
        {"page": "docs/b.md", "reason": "missing"},
    ]


def test_generate_ignores_the_setting_frozen(tmp_path: Path, command: Any, painter: OneColour) -> None:
    mkdocs_site(tmp_path, config="plugins:\n  - imageseo:\n      frozen: true\n", files={"docs/art.md": RECIPE})
    assert command("generate") == 0
    assert [pin["page"] for pin in _lock(tmp_path)] == ["docs/art.md"]


@pytest.mark.slow
def test_generate_verify_regenerates_heroes_and_changes_nothing(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    mkdocs_site(tmp_path, files={"docs/art.md": RECIPE, "docs/b.md": RECIPE.replace("300", "301")})
    assert command("generate", "--verify") == 0
    assert "no hero is pinned" in capsys.readouterr().out
    assert command("generate") == 0
    before = tree(tmp_path)
    capsys.readouterr()
    assert command("generate", "--verify") == 0
    assert capsys.readouterr().out == "docs/art.md: identical\ndocs/b.md: identical\nverify: 2 identical\n"
    assert command("generate", "--verify", "art/") == 0
    assert capsys.readouterr().out == "docs/art.md: identical\nverify: 1 identical\n"
    lock = (tmp_path / "imageseo.lock").read_text("utf-8")
    pin = _lock(tmp_path)[0]["output"]["pixels"]
    edited = re.sub("checksum = .*\n", "", lock).replace(pin, "sha256:" + "0" * 64)
    (tmp_path / "imageseo.lock").write_text(edited, "utf-8")
    painter.version = "2"
    assert command("generate", "--verify", "--format", "json", "docs/art.md") == 0
    (hero,) = json.loads(capsys.readouterr().out)["heroes"]
    assert (hero["verdict"], hero["phash_distance"], hero["delta_e"]) == ("equivalent", 0, 0.0)
    (tmp_path / "imageseo.lock").write_text(lock, "utf-8")
    next((tmp_path / "heroes").glob("art-*")).unlink()
    assert command("generate", "--verify") == 1
    assert "is missing" in capsys.readouterr().out
    assert command("generate", "--verify", "docs/index.md") == 2
    assert "has no pinned hero" in capsys.readouterr().err
    assert set(tree(tmp_path)) < set(before)


def test_generate_dry_run_shows_prompts_and_writes_nothing(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    mkdocs_site(tmp_path, files={"docs/art.md": RECIPE.replace("seed: 300", "prompt: a hill at dawn")})
    before = tree(tmp_path)
    assert command("generate", "--dry-run") == 0
    assert "prompt: a hill at dawn" in capsys.readouterr().out
    assert (tree(tmp_path), painter.asked) == (before, [])


def test_generate_dry_run_lists_pins_to_be_dropped(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    mkdocs_site(tmp_path, files={"docs/art.md": RECIPE})
    assert command("generate") == 0
    (tmp_path / "docs/art.md").write_text("# Art\n", "utf-8")
    before = tree(tmp_path)
    capsys.readouterr()
    assert command("generate", "--dry-run") == 0
    assert "docs/art.md: has no hero any more, its pin would be dropped" in capsys.readouterr().out
    assert command("generate", "--dry-run", "docs/index.md") == 0
    assert "docs/art.md" not in capsys.readouterr().out
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    "words",
    [
        ("--frozen", "--verify"),
        ("--dry-run", "--frozen"),
        ("--verify", "--prune"),
        ("--variations", "seed=2", "--frozen"),
        ("--report", "there"),
    ],
)
def test_mutually_exclusive_options_exit_with_2(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour, words: tuple[str, ...]
) -> None:
    mkdocs_site(tmp_path, files={"docs/art.md": RECIPE})
    assert command("generate", *words) == 2
    assert words[0] in capsys.readouterr().err
    assert not painter.asked
    assert not (tmp_path / "heroes").exists()


def test_prune_with_named_pages_keeps_pins_of_requested_heroes(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    files = {f"docs/{name}.md": RECIPE.replace("300", str(300 + number)) for number, name in enumerate("abcd")}
    mkdocs_site(tmp_path, files=dict(files))
    assert command("generate") == 0
    write(tmp_path, {"docs/c.md": "# Art\n", "docs/d.md": RECIPE.replace("seed: 300", "seed: many")})
    assert command("generate", "docs/a.md") == 0
    assert len(_lock(tmp_path)) == 4
    assert command("generate", "--prune", "docs/a.md") == 0
    assert [pin["page"] for pin in _lock(tmp_path)] == ["docs/a.md", "docs/b.md", "docs/d.md"]


def test_prune_without_generator_needs_the_option(site: Path, command: Any, painter: OneColour) -> None:
    write(site, {"public/b.html": PAGE.format(""), "heroes.toml": '"/" = { seed = 5 }\n"b.html" = { seed = 6 }\n'})
    assert command("generate", "--site", "public") == 0
    assert len(_lock(site)) == 2
    write(site, {"heroes.toml": '"/" = { seed = 5 }\n'})
    assert command("generate", "--site", "public") == 0
    assert len(_lock(site)) == 2
    assert command("generate", "--site", "public", "--prune") == 0
    assert [pin["page"] for pin in _lock(site)] == ["index.html"]


@pytest.mark.slow
def test_accept_model_writes_a_report_and_prints_its_path(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Modelled(paper="v1")
    monkeypatch.setattr(composition, "providers", lambda settings, project, **more: {"modelled": provider})
    page = "---\nhero: {{provider: modelled, prompt: a hill, seed: {}, alt: A hill}}\n---\n# Art\n"
    mkdocs_site(tmp_path, files={"docs/a.md": page.format(1), "docs/b.md": page.format(2)})
    assert command("generate") == 0
    write(tmp_path, {"docs/c.md": page.format(3)})
    provider.weights["paper"] = "v2"
    capsys.readouterr()
    assert command("generate") == 1
    output = capsys.readouterr().out
    assert painters.files("v1") in output
    assert painters.files("v2") in output
    assert "imageseo generate --accept-model" in output
    assert command("generate", "--accept-model") == 0
    output = capsys.readouterr().err
    assert "2 heroes of changed models" in output
    assert (tmp_path / ".cache/imageseo/regression/index.html").is_file()
    provider.weights["paper"] = "v3"
    assert command("generate", "--accept-model", "--report", "look") == 0
    assert (tmp_path / "look/regression.json").is_file()
    provider.weights["paper"] = "v4"
    capsys.readouterr()
    assert command("generate", "--accept-model", "docs/a.md") == 0
    assert "1 hero of a changed model" in capsys.readouterr().err
    found = {pin["page"]: pin["models"]["model"] for pin in _lock(tmp_path)}
    assert found == {
        "docs/a.md": painters.files("v4"),
        "docs/b.md": painters.files("v3"),
        "docs/c.md": painters.files("v3"),
    }
    assert command("history", "docs/a.md") == 0
    assert capsys.readouterr().out.count("generated") == 4
    assert command("undo", "docs/a.md") == 0
    assert _lock(tmp_path)[0]["models"]["model"] == painters.files("v3")


def test_generate_timings_are_on_stderr_and_in_json(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], painter: OneColour
) -> None:
    mkdocs_site(tmp_path, files={"docs/art.md": RECIPE, "docs/b.md": RECIPE.replace("300", "301")})
    assert command("generate", "docs/art.md") == 0
    output = capsys.readouterr()
    assert re.search(r"procedural: 1 made, p50 \d+\.\d\d s, p95 \d+\.\d\d s", output.err)
    assert "reused: 0 pinned, 0 from the cache" in output.err
    assert not re.search(r"\d s\b", output.out), "stdout contains no timings, so that reports can be compared"
    assert command("generate", "--format", "json") == 0
    work = json.loads(capsys.readouterr().out)["work"]
    assert (work["lock_hits"], work["store_hits"]) == (1, 0)
    assert work["providers"]["procedural"]["made"] == 1
    assert not re.search(r"seconds|p50", (tmp_path / "imageseo.lock").read_text("utf-8"))


def test_front_matter_is_not_applied_to_another_site(tmp_path: Path) -> None:
    mkdocs_site(tmp_path, files={"other/index.html": PAGE.format(""), "docs/art.md": RECIPE})
    project = detect_project(tmp_path, config=None, note=print)
    assert [page.hints.meta for page in project.site(tmp_path / "other").pages] == [{}]
    assert project.generator is not None
    assert {page.key for page in project.pages()[0]} == {"docs/index.md", "docs/guide/README.md", "docs/art.md"}


def without_generators(monkeypatch: pytest.MonkeyPatch) -> None:
    """No generator that reads mkdocs.yml is installed."""
    from imageseo.integrations.generators import mkdocs, zensical

    for module in (mkdocs, zensical):
        monkeypatch.setattr(module, "find_spec", lambda name: None)


def test_pins_of_pages_that_were_not_found_are_kept(
    tmp_path: Path,
    command: Any,
    capsys: pytest.CaptureFixture[str],
    painter: OneColour,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files: dict[str, str | bytes] = {"docs/art.md": RECIPE, "docs/b.md": RECIPE.replace("300", "301")}
    mkdocs_site(tmp_path, files=files)
    assert command("generate") == 0
    before = {
        name: each
        for name, each in tree(tmp_path / "heroes").items()
        if name.endswith(".png") and ".candidates" not in name
    }
    assert len(before) == 2
    built = {f"site/{place}index.html": PAGE.format("") for place in ("", "guide/", "art/")}  # b is not built yet
    write(tmp_path, {**built, "other/index.html": PAGE.format(""), "heroes.toml": '"/" = { seed = 5 }\n'})
    capsys.readouterr()
    assert command("generate", "--site", "site") == 0
    assert "front matter is not used" not in capsys.readouterr().err
    assert {pin["page"] for pin in _lock(tmp_path)} == {"docs/index.md", "docs/art.md", "docs/b.md"}
    assert command("generate", "--site", "other") == 0
    assert (
        "front matter is not used: other contains only 1 of the 4 pages that mkdocs.yml builds"
        in capsys.readouterr().err
    )
    without_generators(monkeypatch)
    assert command("generate", "--site", "site") == 0
    assert "front matter is not used" in capsys.readouterr().err
    assert {"docs/art.md", "docs/b.md"} <= {pin["page"] for pin in _lock(tmp_path)}
    assert before.items() <= tree(tmp_path / "heroes").items()


def test_draft_page_keeps_its_pin(tmp_path: Path, command: Any, painter: OneColour) -> None:
    site = mkdocs_site(tmp_path, files={"docs/art.md": RECIPE})
    assert command("generate") == 0
    before = tree(site / "heroes")
    config = site / "mkdocs.yml"
    text = config.read_text("utf-8")
    config.write_text(text + "draft_docs: art.md\n", "utf-8")
    assert command("generate") == 0
    assert tree(site / "heroes") == before
    assert len(_lock(site)) == 1
    assert command("generate", "--prune") == 0
    assert "[[hero]]" not in (site / "imageseo.lock").read_text("utf-8")


def test_pin_is_dropped_if_source_no_longer_requests_a_hero(tmp_path: Path, command: Any, painter: OneColour) -> None:
    mkdocs_site(tmp_path, files={"docs/art.md": RECIPE})
    assert command("generate") == 0
    write(tmp_path, {"docs/art.md": "# Art\n"})
    assert command("generate") == 0
    assert not (tmp_path / "imageseo.lock").exists() or "docs/art.md" not in (tmp_path / "imageseo.lock").read_text()


def test_front_matter_is_matched_page_by_page(tmp_path: Path) -> None:
    mkdocs_site(tmp_path, files={"docs/art.md": RECIPE, "docs/b.md": RECIPE})
    write(tmp_path, {f"kept/{place}index.html": PAGE.format("") for place in ("", "guide/", "art/")})
    project = detect_project(tmp_path, config=None, note=print)
    keys = {page.path: page.key for page in project.site(tmp_path / "kept").pages}
    assert keys["art/index.html"] == "docs/art.md"


def test_frozen_build_requires_front_matter(
    tmp_path: Path, command: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdocs_site(tmp_path, files={"docs/art.md": RECIPE, "other/index.html": PAGE.format("")})
    assert command("build", "other") == 0
    assert "front matter is not used" in capsys.readouterr().err
    assert command("build", "other", "--frozen") == 2
    assert "front matter cannot be used" in capsys.readouterr().err
    without_generators(monkeypatch)
    assert command("build", "other", "--frozen") == 2
    assert "mkdocs is not installed" in capsys.readouterr().err


def test_generator_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from imageseo.model.errors import MissingExtraError

    mkdocs_site(tmp_path, config="plugins: []\n")
    write(tmp_path, {"imageseo.toml": "concurrency = 3\n"})
    without_generators(monkeypatch)
    notes: list[str] = []
    detected = detect_project(tmp_path, config=None, note=notes.append)
    assert detected.settings.concurrency == 3
    assert detected.generator is None
    assert "mkdocs is not installed" in notes[0]
    with pytest.raises(MissingExtraError, match=re.escape(extras.install_command("mkdocs"))):
        detect_project(tmp_path, config=tmp_path / "mkdocs.yml", note=notes.append)


def test_invalid_generator_configuration_is_a_settings_error(tmp_path: Path) -> None:
    write(tmp_path, {"mkdocs.yml": "site_name: [\n"})
    with pytest.raises(SettingsError, match=r"mkdocs\.yml"):
        detect_project(tmp_path, config=None, note=print)
    write(tmp_path, {"pelicanconf.py": "1 / 0\n", "mkdocs.yml": b""})
    (tmp_path / "mkdocs.yml").unlink()
    with pytest.raises(SettingsError, match="ZeroDivisionError"):
        detect_project(tmp_path, config=None, note=print)


def test_generator_that_fails_to_load_is_ignored_with_explicit_config(
    site: Path, command: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    write(site, {"mkdocs.yml": "site_name: A\nplugins: [none-such]\n", "imageseo.toml": ""})
    assert command("lint", "public") == 2
    assert command("lint", "public", "--config", "imageseo.toml") == 1
    assert "front matter is not read" in capsys.readouterr().err


def _lock(folder: Path) -> list[dict[str, Any]]:
    heroes: list[dict[str, Any]] = tomllib.loads((folder / "imageseo.lock").read_text("utf-8"))["hero"]
    return heroes


def test_progress_lines_at_quarters_for_long_work_only() -> None:
    output: list[str] = []
    with Lines(output.append).task("Encoding", 40) as step:
        for _ in range(40):
            step.advance()
    assert output == ["Encoding: 40 to do", *(f"Encoding: {done} of 40" for done in (10, 20, 30, 40))]
    output.clear()
    with Lines(output.append).task("Encoding", 5) as step:
        step.advance(5)
    with Lines(output.append).task("Encoding", 0):
        pass
    assert not output


def test_progress_is_a_bar_on_a_terminal_and_lines_in_a_pipe() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        with for_stream(stream).task("Encoding", 30) as step:
            step.advance(30)
    assert "30 of 30" in terminal.getvalue()
    assert "\r" in terminal.getvalue()
    assert pipe.getvalue().splitlines() == ["Encoding: 30 to do", "Encoding: 30 of 30"]


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("", False),
        ('PLUGINS = ["sitemap"]\n', True),
        ("PLUGINS = []\n", True),
        ('PLUGINS = ["sitemap", "imageseo"]\n', False),
        ('PLUGINS = ["pelican.plugins.imageseo"]\n', False),
        ('import types\nPLUGINS = [types.ModuleType("pelican_hook")]\n', False),
    ],
)
def test_doctor_tells_a_list_of_plugins_without_imageseo(config: str, told: bool, tmp_path: Path) -> None:
    from imageseo.cli.commands import doctor

    pelican_site(tmp_path, config=config)
    report = doctor.run_checks(tmp_path, config=None, note=lambda _: None)
    details = [check.detail for check in report.checks if check.name == "plug-in"]
    assert [("PLUGINS" in detail) for detail in details] == [True] * told
    assert report.exit_code == 0


def test_help_loads_nothing_but_the_command_line(tmp_path: Path) -> None:
    assert tuple(viewport.name for viewport in (*GATING, *REPORTED)) == verify.VIEWPORTS
    code = "import sys, imageseo.cli.main; print(*sorted(name for name in sys.modules if name.startswith('imageseo.')))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert {name for name in done.stdout.split() if not name.startswith("imageseo.cli")} == set()
