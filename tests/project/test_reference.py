"""The manual's reference has everything that the code has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from imageseo.cli.main import cli
from tests.support import reference_links, reference_pages
from tests.support.reference_pages import COMMAND, PAGES, REFERENCE, written

DOCS = REFERENCE.parent


@pytest.mark.parametrize("name", PAGES)
def test_generated_part_is_up_to_date(name: str) -> None:
    assert (REFERENCE / name).read_text("utf-8") == written(name), f"run `{COMMAND}`"


def test_every_command_is_in_the_table_and_has_a_page() -> None:
    text = (REFERENCE / "commands.md").read_text("utf-8").split("<!-- begin")[0]
    names = [name for name, command in reference_pages._leaves(cli, "imageseo") if not hasattr(command, "commands")]
    assert len(names) > 12
    for name in names:
        assert re.search(rf"^\| `{name}[ `]", text, re.MULTILINE), f"{name}: add it to the table of commands"
        assert any(name.startswith(each) for each in reference_links.COMMAND_PAGES if each != "imageseo"), name


def test_links_and_notes_are_of_settings_that_exist() -> None:
    text = (REFERENCE / "settings.md").read_text("utf-8")
    for key in (*reference_links.SETTING_NOTES, *reference_links.SETTING_PAGES):
        assert f"| `{key}` |" in text, key


def test_every_page_is_in_the_navigation() -> None:
    nav = (DOCS.parent / "mkdocs.yml").read_text("utf-8").split("\nnav:\n")[1].split("\n\n")[0]
    for path in sorted(DOCS.rglob("*.md")):
        assert f" {path.relative_to(DOCS).as_posix()}\n" in f"{nav}\n", "add it to the nav of site_example/mkdocs.yml"


def test_pages_have_a_title_and_a_description() -> None:
    for path in sorted(DOCS.rglob("*.md")):
        head = Path(path).read_text("utf-8").split("---\n")[1]
        assert re.search(r"^title: \S", head, re.MULTILINE), path
        assert re.search(r"^description: \S", head, re.MULTILINE), path
