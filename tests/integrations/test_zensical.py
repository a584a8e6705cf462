"""Zensical: projects are found by its configuration, and their built sites processed after the build."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

import imageseo
from imageseo.cli.commands.generate import generate
from imageseo.integrations import detection
from imageseo.integrations.generators.zensical import INTEGRATION
from imageseo.integrations.progress import Quiet
from imageseo.integrations.project import detect_project
from imageseo.model.errors import SettingsError
from imageseo.model.site import PageHints
from tests.support.small_sites import photo, run, tree, write

HERO = "hero: {style: topo, width: 320, height: 180, alt: Lines}"
SITE: Mapping[str, str | bytes] = {
    "zensical.toml": '[project]\nsite_name = "Small"\nsite_url = "https://example.org/docs/"\n',
    "docs/index.md": f"---\n{HERO}\n---\n\n# Home\n",
    "docs/guide/README.md": "---\nhero: shots/guide.jpg\nhero_alt: A shot\n---\n# Guide\n",
    "docs/guide/a.md": "# A\n",
    "docs/guide/shots/guide.jpg": photo(seed=2),
}


def read(folder: Path, name: str = "zensical.toml") -> Mapping[str, PageHints]:
    return INTEGRATION.load(folder / name).read(project=folder, keys=("hero",), root=None)


def test_project_is_read_without_zensical(tmp_path: Path) -> None:
    write(tmp_path, SITE)
    project = detect_project(tmp_path, config=None, note=print)
    assert project.generator is not None
    assert (project.generator.name, project.base_url) == ("zensical", "https://example.org/docs/")
    assert project.generator.output == tmp_path / "site"
    hints = read(tmp_path)
    assert set(hints) == {"index.html", "guide/index.html", "guide/a/index.html"}
    assert hints["guide/index.html"].source == Path("docs/guide/README.md")
    assert (hints["guide/index.html"].source_dir, hints["guide/index.html"].title) == ("guide/", "Guide")
    assert not generate(project, names=(), root=None, progress=Quiet()).failed
    assert 'page = "docs/index.md"' in (tmp_path / "imageseo.lock").read_text("utf-8")


def test_settings_decide_folders_and_addresses(tmp_path: Path) -> None:
    write(tmp_path, {"src/a.md": "# A\n", "src/index.md": "# I\n", "src/README.md": "# R\n"})
    write(tmp_path, {"zensical.toml": '[project]\ndocs_dir = "src"\nsite_dir = "out"\nuse_directory_urls = false\n'})
    assert set(read(tmp_path)) == {"a.html", "index.html"}
    write(tmp_path, {"zensical.toml": '[project.plugins.imageseo]\nprofile = "small"\n'})
    assert detect_project(tmp_path, config=None, note=print).settings.profile == "small"


def test_mkdocs_file_with_the_tags_of_mkdocs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "INHERIT: base.yml\nsite_url: !ENV [NO_SUCH, URL_OF_TEST]\nplugins:\n  - search\n  - imageseo:\n"
        "      profile: small\nmarkdown_extensions:\n  - pymdownx.emoji:\n      emoji_index: "
        "!!python/name:zensical.extensions.emoji.twemoji\n"
    )
    monkeypatch.setenv("NO_SUCH", "https://example.org/")
    write(tmp_path, {"mkdocs.yml": text, "base.yml": "docs_dir: src\n", "src/a.md": "# A\n"})
    loaded = INTEGRATION.load(tmp_path / "mkdocs.yml")
    assert (loaded.site_url, loaded.source.name, loaded.options) == (
        "https://example.org/",
        "src",
        {"profile": "small"},
    )


def test_zensical_comes_before_a_mkdocs_file(tmp_path: Path) -> None:
    write(tmp_path, {"zensical.toml": "[project]\n", "mkdocs.yml": "site_name: x\nplugins: [none_such]\n"})
    assert [found.config.name for found in detection.find_configs(tmp_path)] == ["zensical.toml", "mkdocs.yml"]
    found = detect_project(tmp_path, config=None, note=print).generator
    assert found is not None
    assert found.name == "zensical"


@pytest.mark.parametrize("text", ["[project", "project = 1\n", "[project]\ndocs_dir = 3\n"])
def test_wrong_configuration_is_told(text: str, tmp_path: Path) -> None:
    write(tmp_path, {"zensical.toml": text})
    with pytest.raises(SettingsError, match=r"zensical\.toml: "):
        INTEGRATION.load(tmp_path / "zensical.toml")


@pytest.mark.slow
def test_real_build(tmp_path: Path) -> None:
    pytest.importorskip("zensical")
    site = write(tmp_path, SITE)
    sites = []
    for _ in range(2):
        done = run("zensical", "build", cwd=site)
        assert done.returncode == 0, done.stdout + done.stderr
        assert set(read(site)) <= tree(site / "site").keys(), "every page is where Zensical writes it"
        result = imageseo.build_site(site / "site", project=site)
        assert not result.failed
        assert {finding.rule for finding in result.findings} <= {"hero-unpinned", "variant-dropped", "lcp-bytes"}
        sites.append(tree(site / "site"))
    assert sites[0] == sites[1]
    assert b"<picture" in sites[0]["guide/index.html"]
