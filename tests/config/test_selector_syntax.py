"""Selectors in the settings: an unusable one is an error with its key and file, in every command."""

from __future__ import annotations

from pathlib import Path

import pytest

from imageseo import config
from imageseo.config import selector_syntax
from imageseo.model.errors import SettingsError
from tests.support import small_sites
from tests.support.small_sites import run

PAGE = '<!doctype html><html lang="en"><head><title>T</title></head><body><main><h1>T</h1></main></body></html>'


@pytest.mark.parametrize(
    "selector",
    [
        "img",
        ".a.b",
        "#map",
        "*",
        "[data-x=1]",
        "a[href$='.jpg' i]",
        ".a > img",
        "main .card",
        ":is(.a, .b) img:not(.c)",
    ],
)
def test_usable_selectors(selector: str) -> None:
    assert selector_syntax.fault(selector) is None
    assert config.load({"exclude": [selector]}, "test").exclude == (selector,)


@pytest.mark.parametrize(
    ("selector", "reason"),
    [
        (".card:hover", "never match here"),
        ("img::after", "not of ::after"),
        ("img:unknown", "Unknown pseudo-class: unknown"),
        (".card >", "expected a CSS selector"),
        (" ", "expected a CSS selector"),
        ("img]", "expected a CSS selector"),
    ],
)
@pytest.mark.parametrize("key", ["include", "exclude"])
def test_unusable_selectors(key: str, selector: str, reason: str) -> None:
    with pytest.raises(SettingsError) as caught:
        config.load({key: ["img", selector]}, "here.toml")
    (fault,) = caught.value.faults
    assert fault.startswith(f"here.toml: {key}: found text {selector!r}")
    assert reason in fault


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [("build", "site"), ("lint", "site"), ("measure", "site")], ids=lambda words: words[0]
)
def test_commands_exit_with_the_key_and_the_file(tmp_path: Path, command: tuple[str, str]) -> None:
    small_sites.write(tmp_path, {"site/index.html": PAGE, "imageseo.toml": 'exclude = ["img:hover"]\n'})
    done = run("imageseo", *command, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "imageseo.toml: exclude: found text 'img:hover'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_generators_stop_with_the_key(tmp_path: Path) -> None:
    mkdocs = 'plugins:\n  - imageseo:\n      exclude: ["a >"]\n'
    done = run("mkdocs", "build", cwd=small_sites.mkdocs_site(tmp_path / "mkdocs", config=mkdocs))
    assert done.returncode != 0
    assert "option 'exclude': found text 'a >'" in done.stderr
    assert "Traceback" not in done.stderr
    site = small_sites.pelican_site(tmp_path / "pelican", config='IMAGESEO = {"exclude": ["a >"]}\n')
    done = run("pelican", "content", cwd=site)
    assert done.returncode != 0
    assert "exclude: found text 'a >'" in done.stdout + done.stderr
