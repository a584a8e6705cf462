"""The output folder as default of DIR, and builds that fail on warnings."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from imageseo.cli.commands import init as commands
from imageseo.cli.main import cli
from imageseo.integrations.setup.generator_name import generator_name
from imageseo.integrations.setup.output_folder import find_output
from imageseo.integrations.setup.project_setup import recognise
from imageseo.integrations.setup.strict_builds import strict_note
from imageseo.model.errors import SiteError
from tests.support import small_sites

PAGE = '<!doctype html><html lang="en"><head><title>T</title></head><body><main><h1>T</h1></main></body></html>'
MKDOCS = {"mkdocs.yml": "site_name: X\n"}
SPHINX = {"docs/conf.py": "project = 'x'\nextensions = []\nhtml_theme = 'alabaster'\n"}
PELICAN = {"pelicanconf.py": "SITENAME = 'x'\nPATH = 'content'\n"}


@pytest.mark.parametrize(
    ("files", "folder"),
    [
        (MKDOCS, "site"),
        (PELICAN, "output"),
        (SPHINX, "docs/_build/html"),
        ({"hugo.toml": "baseURL = 'https://x.test/'\n[params]\n"}, "public"),
        ({"docusaurus.config.js": "export default { baseUrl: '/' }"}, "build"),
    ],
)
def test_output_of_the_generator(tmp_path: Path, files: dict[str, str], folder: str) -> None:
    small_sites.write(tmp_path, files)
    with pytest.raises(SiteError) as caught:
        find_output(tmp_path)
    assert "DIR is missing" in caught.value.message
    assert folder in caught.value.message
    small_sites.write(tmp_path / folder, {"index.html": PAGE})
    assert find_output(tmp_path).folder == Path(folder)


def test_folder_without_a_generator_is_named_by_its_user(tmp_path: Path) -> None:
    """Hand-written pages in `public` are sources: no command edits them unless it is told to."""
    small_sites.write(tmp_path, {"public/index.html": PAGE})
    with pytest.raises(SiteError) as caught:
        find_output(tmp_path)
    assert "DIR is missing: no generator is known" in caught.value.message
    assert "public" in (caught.value.hint or "")


def test_commands_without_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in ("lint", "report", "build", "watch", "measure", "verify"):
        done = CliRunner().invoke(cli, [command])
        assert done.exit_code == 2
        assert "DIR is missing" in done.output
    small_sites.write(tmp_path, {**MKDOCS, "site/index.html": PAGE})
    assert "DIR: site, the output of MkDocs" in CliRunner().invoke(cli, ["lint"]).output


@pytest.mark.parametrize(
    ("files", "place"),
    [
        (
            {**MKDOCS, ".github/workflows/docs.yml": "steps:\n  - run: mkdocs build --strict\n"},
            ".github/workflows/docs.yml",
        ),
        ({"mkdocs.yml": "site_name: X\nstrict: true\n"}, "mkdocs.yml"),
        ({**MKDOCS, "Makefile": "docs:\n\tmkdocs build -s\n"}, "Makefile"),
        ({**SPHINX, "tox.ini": "commands = sphinx-build -W -b html docs out\n"}, "tox.ini"),
        ({**SPHINX, "docs/Makefile": "SPHINXOPTS = -nW --keep-going\n"}, "docs/Makefile"),
        ({**SPHINX, ".readthedocs.yml": "sphinx:\n  fail_on_warning: true\n"}, ".readthedocs.yml"),
        ({**PELICAN, "Makefile": "\tpelican content --fatal warnings\n"}, "Makefile"),
    ],
)
def test_strict_builds_are_told(tmp_path: Path, files: dict[str, str], place: str) -> None:
    small_sites.write(tmp_path, files)
    note = strict_note(tmp_path, recognise(tmp_path))
    assert note.startswith(f"{place} (`")
    assert "lint.rules" in note
    assert ("suppress_warnings" in note) == ("docs/conf.py" in files)


@pytest.mark.parametrize(
    "files",
    [
        {**MKDOCS, "Makefile": "docs:\n\tmkdocs build\n# mkdocs build --strict\n\tmypy --strict\n"},
        {**SPHINX, "Makefile": "\tpython -W error -m pytest\n\tsphinx-build -b html docs out\n"},
        {**PELICAN, "Makefile": "\tmkdocs build --strict\n"},
    ],
)
def test_other_builds_are_not_strict(tmp_path: Path, files: dict[str, str]) -> None:
    small_sites.write(tmp_path, files)
    assert strict_note(tmp_path, recognise(tmp_path)) == ""


def test_doctor_names_generators_as_init_does(tmp_path: Path) -> None:
    assert generator_name(tmp_path, None) == "none; pages are read from the built site"
    small_sites.write(tmp_path, {"docusaurus.config.js": "export default { baseUrl: '/' }"})
    assert generator_name(tmp_path, None) == "Docusaurus (docusaurus.config.js); pages are read from the built site"


def test_undo_says_what_remains(tmp_path: Path) -> None:
    small_sites.write(tmp_path, MKDOCS)
    commands.init(tmp_path)
    small_sites.write(tmp_path, {".cache/imageseo/a.avif": b"x" * 2048, "site/index.html": PAGE})
    text, _ = commands.undo(tmp_path)
    assert ".cache/imageseo: stays, 2 KiB; delete it if you like" in text.replace("2.0 KiB", "2 KiB")
    assert "site: stays as it was built; `imageseo undo site` removes what imageseo added" in text
