"""The manual's tutorial works as it is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import imageseo
from tests.support import small_sites
from tests.support.tutorial import PHOTOGRAPH, ROOT, TUTORIAL, masked, replay, steps


def normalized(html: str) -> str:
    """Without white space between tags and values, and without the parts that the tutorial cuts out."""
    return re.sub(r'\s+|sizes="[^"]*"|[0-9a-f]{8}', "", html)


@pytest.mark.slow
def test_commands_of_the_tutorial_print_what_it_shows(tmp_path: Path) -> None:
    text = TUTORIAL.read_text("utf-8")
    (markup,) = re.findall(r'```html title="site/index.html"\n(.*?)```', text, re.DOTALL)
    shown = 0
    for step, printed in replay(text, tmp_path, profile="fast"):
        if step.output is None:
            continue
        expected = text[slice(*step.output)]
        assert masked(printed) == masked(expected), f"{step.commands}: run `python -m tests.support.tutorial`"
        shown += 1
        if step.commands == "mkdocs build\n" and shown == 3:
            page = (tmp_path / "handbook/site/index.html").read_text("utf-8")
            assert normalized(markup) in normalized(page)
    assert shown == text.count('title="Output"')


def test_readme_shows_the_lint_run_of_the_tutorial_and_is_short() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    (shown,) = re.findall(r"^```\n\$ imageseo lint site\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    assert shown in TUTORIAL.read_text("utf-8")
    assert len(readme.splitlines()) < 150


def test_the_tutorial_installs_what_it_uses(tmp_path: Path) -> None:
    (tmp_path / "handbook/docs").mkdir(parents=True)
    commands = [step.commands for step in steps(TUTORIAL.read_text("utf-8"), tmp_path)]
    assert commands[1] == 'pip install "/path/to/the/clone[example]"\n'
    assert any(f".venv/{PHOTOGRAPH}" in each for each in commands)


@pytest.mark.slow
def test_social_cards_of_the_manual_pass_the_rules_about_them(tmp_path: Path) -> None:
    text = (ROOT / "site_example/docs/how-to/social-cards.md").read_text("utf-8")
    address, _, titles = re.findall(r'```toml title="imageseo.toml"\n(.*?)```', text, re.DOTALL)[:3]
    config = "site_name: Cards\nplugins: [imageseo]\n"
    small_sites.write(
        tmp_path, {"mkdocs.yml": config, "imageseo.toml": address + titles, "docs/guide/start.md": "# Start\n"}
    )
    small_sites.run("mkdocs", "build", "--quiet", cwd=tmp_path)
    found = imageseo.lint_site(tmp_path / "site", project=tmp_path, select=["og-*", "twitter-card"])
    assert found.pages
    assert [finding for finding in found.findings if "start" in finding.location.page] == []
    assert (tmp_path / "site/assets/social/guide/start/index.jpg").is_file()
