"""What is missing is told with a command that works: from the clone, as nothing of ours is in an index."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from imageseo.model import extras

ROOT = Path(__file__).parents[2]


class Installed:
    """An installation that came from somewhere."""

    def __init__(self, direct: object) -> None:
        self.direct = direct

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return None if self.direct is None else json.dumps(self.direct)


@pytest.mark.parametrize(
    ("direct", "expected"),
    [
        ({"url": ROOT.as_uri(), "dir_info": {"editable": True}}, f'pip install -e "{ROOT}[mkdocs]"'),
        ({"url": ROOT.as_uri(), "dir_info": {}}, f'pip install "{ROOT}[mkdocs]"'),
        ({"url": "file:///gone/for/good", "dir_info": {}}, 'pip install "/path/to/the/clone[mkdocs]"'),
        ({"url": "https://example.org/imageseo.whl", "archive_info": {}}, 'pip install "/path/to/the/clone[mkdocs]"'),
        ({}, 'pip install "/path/to/the/clone[mkdocs]"'),
        (None, 'pip install "/path/to/the/clone[mkdocs]"'),
    ],
)
def test_the_command_names_the_folder_that_it_came_from(
    direct: object, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.metadata.distribution", lambda name: Installed(direct))
    assert extras.install_command("mkdocs") == expected
    assert extras.install_command() == expected.replace("[mkdocs]", "")


def test_a_copy_that_was_never_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.distribution", absent)
    assert extras.install_command("pelican") == 'pip install "/path/to/the/clone[pelican]"'


def test_nobody_is_sent_to_an_index_that_has_no_imageseo() -> None:
    """Until it is published, `pip install imageseo` brings nothing or a stranger's package."""
    texts = [ROOT / "README.md", *(ROOT / "site_example/docs").rglob("*.md"), *(ROOT / "site_example").glob("*.py")]
    ours = (ROOT / "imageseo").rglob("*.py")
    for path in [*texts, *sorted(ours), *(ROOT / "hooks").glob("*.py")]:
        for line in path.read_text("utf-8").splitlines():
            assert "pip install" not in line or not any(
                word.strip("\"'`").startswith("imageseo")
                for word in line.partition("pip install")[2].partition("#")[0].split()[:3]
            ), f"{path}: {line.strip()}"
