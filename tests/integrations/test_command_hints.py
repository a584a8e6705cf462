"""Commands in hints work as printed, with every generator."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from imageseo.integrations import command_hints
from imageseo.integrations.logs.finding_log import format_finding
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.site import Page, PageHints, Site
from tests.support.small_sites import mkdocs_site, pelican_site, run, write

RECIPE = "style: topo, width: 320, height: 180, alt: Lines"
BARE = '<html lang="en"><head><title>A</title></head><body><main><h1>A</h1></main></body></html>'


def test_command_for_a_page_without_source_names_the_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pages = (Page(path="a b.html"), Page(path="b.html", hints=PageHints(source=Path("docs/b.md"))))
    site = Site(root=tmp_path / "public", project=tmp_path, base_url=None, pages=pages)
    command = command_hints.pin_command(site, config=None)
    assert command("a b.html") == "imageseo generate --site public 'a b.html'"
    assert command("docs/b.md") == "imageseo generate docs/b.md"
    config = command_hints.pin_command(site, config=tmp_path / "conf/mkdocs.yml")
    assert config("docs/b.md") == "imageseo generate --config conf/mkdocs.yml docs/b.md"


def test_config_is_named_unless_found_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"mkdocs.yml": "", "other.yml": "", "sub/mkdocs.yml": ""})
    monkeypatch.chdir(tmp_path)
    assert command_hints.config_argument(tmp_path / "mkdocs.yml") is None
    assert command_hints.config_argument(Path("mkdocs.yml")) is None
    assert command_hints.config_argument(tmp_path / "other.yml") == tmp_path / "other.yml"
    assert command_hints.config_argument(tmp_path / "sub/mkdocs.yml") == tmp_path / "sub/mkdocs.yml"
    write(tmp_path, {"properdocs.yml": ""})
    assert command_hints.config_argument(tmp_path / "mkdocs.yml") == tmp_path / "mkdocs.yml", (
        "the other one comes first"
    )


def run_hint(output: str, cwd: Path) -> str:
    """Run the command of a hint in ``cwd`` and return its output."""
    found = re.search(r"`imageseo (generate [^`]*)`", output)
    assert found, output
    done = run("imageseo", *shlex.split(found[1]), cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_hint_works_without_generator(tmp_path: Path) -> None:
    write(tmp_path, {"heroes.toml": f'"**" = {{{RECIPE.replace(": ", " = ")}}}\n'.replace("topo", '"topo"')})
    write(tmp_path, {"heroes.toml": '["**"]\nstyle = "topo"\nwidth = 320\nheight = 180\nalt = "Lines"\n'})
    write(tmp_path, {"public/a.html": BARE})
    output = run("imageseo", "build", "public", cwd=tmp_path).stdout
    assert "`imageseo generate --site public a.html`" in output
    assert "1 made" in run_hint(output, tmp_path)
    assert "hero-unpinned" not in run("imageseo", "build", "public", cwd=tmp_path).stdout


@pytest.mark.slow
@pytest.mark.parametrize("location", ["project folder", "parent folder"])
def test_hint_works_with_mkdocs(tmp_path: Path, location: str) -> None:
    site = mkdocs_site(tmp_path / "site", files={"docs/index.md": f"---\nhero: {{{RECIPE}}}\n---\n# Home\n"})
    cwd = site if location == "project folder" else tmp_path
    words = ("mkdocs", "build") if location == "project folder" else ("mkdocs", "build", "-f", "site/mkdocs.yml")
    assert "1 made" in run_hint(run(*words, cwd=cwd).stderr, cwd)
    assert "hero-unpinned" not in run(*words, cwd=cwd).stderr


@pytest.mark.slow
@pytest.mark.parametrize("location", ["project folder", "parent folder"])
def test_hint_works_with_pelican(tmp_path: Path, location: str) -> None:
    article = (
        "Title: First\nDate: 2024-01-01\nHero_style: topo\nHero_width: 320\nHero_height: 180\nHero_alt: x\n\nText\n"
    )
    site = pelican_site(tmp_path / "site", files={"content/first.md": article})
    cwd = site if location == "project folder" else tmp_path
    words = ("pelican", "content") if location == "project folder" else ("pelican", "-s", "site/pelicanconf.py")
    output = run(*words, cwd=cwd)
    assert "1 made" in run_hint(" ".join((output.stdout + output.stderr).split()), cwd)
    again = run(*words, cwd=cwd)
    assert "hero-unpinned" not in again.stdout + again.stderr


def finding(message: str, **position: object) -> Finding:
    location = Location(page="a/index.html", source="docs/a.md", **position)  # type: ignore[arg-type]
    return Finding(rule="r", severity=Severity.WARN, message=message, location=location, hint="do it")


def test_formatted_finding_names_the_page_once() -> None:
    assert format_finding(finding("wrong")) == "docs/a.md: wrong [r]; do it"
    assert format_finding(finding("docs/a.md: wrong\ndocs/a.md: and bad")) == "docs/a.md: wrong; and bad [r]; do it"
    # Line numbers refer to the built page, not to the source file.
    assert format_finding(finding("wrong", line=3, column=5)) == "a/index.html:3:5 (docs/a.md): wrong [r]; do it"
    bare = Finding(rule="r", severity=Severity.WARN, message="a.html: wrong", location=Location(page="a.html"))
    assert format_finding(bare) == "a.html: wrong [r]"
