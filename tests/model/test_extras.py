"""Install commands in hints work: they name the clone, as imageseo is not in a package index."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from imageseo.model import extras

ROOT = Path(__file__).parents[2]


class FakeDistribution:
    """An installation with a given direct_url.json."""

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
def test_install_command_names_the_source_folder(
    direct: object, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.metadata.distribution", lambda name: FakeDistribution(direct))
    assert extras.install_command("mkdocs") == expected
    assert extras.install_command() == expected.replace("[mkdocs]", "")


def test_install_command_without_installation_names_a_placeholder(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.distribution", absent)
    assert extras.install_command("pelican") == 'pip install "/path/to/the/clone[pelican]"'


def test_no_text_names_a_package_index() -> None:
    """Until imageseo is published, `pip install imageseo` fails or installs an unrelated package."""
    texts = [ROOT / "README.md", *(ROOT / "site_example/docs").rglob("*.md"), *(ROOT / "site_example").glob("*.py")]
    modules = (ROOT / "imageseo").rglob("*.py")
    for path in [*texts, *sorted(modules), *(ROOT / "hooks").glob("*.py")]:
        for line in path.read_text("utf-8").splitlines():
            assert "pip install" not in line or not any(
                word.strip("\"'`").startswith("imageseo")
                for word in line.partition("pip install")[2].partition("#")[0].split()[:3]
            ), f"{path}: {line.strip()}"
