"""Sphinx: real builds of small sites, in this process."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from imageseo.cli.commands.generate import generate
from imageseo.integrations.command_hints import config_argument
from imageseo.integrations.progress import Quiet
from imageseo.integrations.project import detect_project
from imageseo.model.errors import MissingExtraError, SettingsError, SiteError
from tests.support.small_sites import photo, sphinx_site, tree, write

pytest.importorskip("sphinx")

BUDGET = 'imageseo = {"budgets": {"lcp-bytes": {"mobile": {"warn": 100, "error": 200}}}}\n'


def build(folder: Path, *, builder: str = "html", strict: bool = False, **settings: Any) -> tuple[int, str, str]:
    """Build a site as `sphinx-build` does; return exit code, output and warnings without colours."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    out, warnings = io.StringIO(), io.StringIO()
    with patch_docutils(str(folder)), docutils_namespace():
        app = Sphinx(
            folder,
            folder,
            folder / "_build" / builder,
            folder / "_build/doctrees",
            builder,
            confoverrides=settings,
            status=out,
            warning=warnings,
            warningiserror=strict,
        )
        app.build()
    plain = [re.sub(r"\x1b\[[\d;]*m", "", text.getvalue()) for text in (out, warnings)]
    return app.statuscode, plain[0], plain[1]


def published(folder: Path, builder: str = "html") -> dict[str, bytes]:
    return {name: data for name, data in tree(folder / "_build" / builder).items() if not name.endswith(".doctree")}


@pytest.mark.slow
def test_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests) -> None:
    """One site, because its images are encoded once."""
    monkeypatch.delenv("IMAGESEO_ENCODE__ISOLATE")  # as users build
    site = sphinx_site(tmp_path)
    code, out, warnings = build(site)
    first = published(site)
    with subtests.test("first build"):
        assert code == 0, warnings
        assert re.search(r"imageseo: build: \d+ pages, 3 images, ", out), out + warnings
        assert "<source" in first["guide/photo.html"].decode()
        assert b'src="../_images/guide.jpg"' in first["guide/start.html"]
        assert b'alt="A *shot*"' in first["guide/start.html"]
        assert b"https://example.org/docs/_images/home.jpg" in first["sitemap.xml"]
        assert f"{site / 'index.rst'}: WARNING: the hero is not pinned" in warnings
    with subtests.test("generate pins it, and the page is found by its source"):
        project = detect_project(site, config=None, note=print)
        assert project.generator is not None
        assert (project.generator.name, project.base_url) == ("sphinx", "https://example.org/docs/")
        report = generate(project, names=("index.rst",), root=None, progress=Quiet())
        assert not report.failed
        assert 'page = "index.rst"' in (site / "imageseo.lock").read_text("utf-8")
    with subtests.test("second build: strict, and no byte changes"):
        code, out, warnings = build(site, strict=True)
        assert (code, warnings) == (0, "")
        assert published(site) == first
    with subtests.test("the commands agree with the extension"):
        pages = {page.path: page for page in project.site(site / "_build/html").pages}
        assert pages["guide/start.html"].key == "guide/start.rst"
        assert pages["guide/start.html"].hints.meta["hero"] == "/_images/guide.jpg"
        assert pages["index.html"].hints.title == "Home"
    with subtests.test("a page that is edited"):
        write(site, {"guide/photo.rst": "Photo\n=====\n\n.. image:: /images/home.jpg\n   :alt: shot.png\n"})
        code, out, warnings = build(site, strict=True)
        assert code == 1
        assert f"{site / 'guide/photo.rst'}:4: WARNING: " in warnings
        assert "imageseo.alt-filename" in warnings
        code, out, warnings = build(site, strict=True, suppress_warnings="imageseo.alt-filename")
        assert code == 0, warnings
    with subtests.test("another builder with folders"):
        code, out, warnings = build(site, builder="dirhtml")
        assert b'src="../../_images/guide.jpg"' in published(site, "dirhtml")["guide/start/index.html"]
        paths = [page.path for page in project.site(site / "_build/dirhtml").pages if page.hints.source]
        assert sorted(paths) == ["guide/photo/index.html", "guide/start/index.html", "index.html"]
    with subtests.test("a budget that fails"):
        code, out, warnings = build(site, imageseo={"budgets": {"lcp-bytes": {"mobile": {"warn": 100, "error": 200}}}})
        assert code == 1
        assert f"{site / 'guide/photo.rst'}:4: ERROR: the LCP image" in warnings
        assert f"{site / 'guide/start.rst'}: ERROR: the LCP image" in warnings, "its hero is in no line of the text"
    with subtests.test("off, and builders of no pages"):
        code, out, warnings = build(site, imageseo={"enabled": False})
        assert not re.search(r"^imageseo: build: ", out, re.MULTILINE)
        assert "imageseo" not in build(site, builder="text")[1]


@pytest.mark.parametrize("value", [{"profil": "small"}, {"formats": ["jxl2"]}])
def test_wrong_settings_end_the_build_before_it_starts(value: dict[str, object], tmp_path: Path) -> None:
    from sphinx.errors import ConfigError

    site = sphinx_site(tmp_path)
    with pytest.raises(ConfigError, match=r"conf\.py: imageseo: "):
        build(site, imageseo=value)


def test_settings_that_are_a_module() -> None:
    from imageseo.integrations.sphinx_pages import options_of

    with pytest.raises(SettingsError, match=r"expected a dict, found the module: rename the import"):
        options_of(pytest, "conf.py")


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ("import no_such_package\n", MissingExtraError),
        ("raise ValueError('x')\n", SettingsError),
        ("extensions = [\n", SettingsError),
    ],
)
def test_configuration_that_cannot_be_run(config: str, error: type[Exception], tmp_path: Path) -> None:
    write(tmp_path, {"conf.py": f"project = 'x'\n{config}"})
    with pytest.raises(error, match=r"conf\.py"):
        detect_project(tmp_path, config=tmp_path / "conf.py", note=print)
    notes: list[str] = []
    if error is MissingExtraError:  # a command of another environment goes on without front matter
        assert detect_project(tmp_path, config=None, note=notes.append).generator is None
        assert "no_such_package" in notes[0]


@pytest.mark.parametrize(
    ("folder", "text", "found"),
    [
        ("", "project = 'x'\n", True),
        ("docs/", "extensions = []\n", True),
        ("docs/source/", "html_theme = 'furo'\n", True),
        ("", "BLOG_TITLE = 'Nikola'\nproject = 'x'\n", False),
        ("", "PORT = 80\n", False),
    ],
)
def test_projects_are_recognised(folder: str, text: str, found: bool, tmp_path: Path) -> None:
    write(tmp_path, {f"{folder}conf.py": text, f"{folder}index.rst": "X\n=\n"})
    generator = detect_project(tmp_path, config=None, note=print).generator
    assert (generator is not None) is found
    assert generator is None or generator.source == (tmp_path / folder).resolve()


def test_sources_are_those_of_sphinx(tmp_path: Path) -> None:
    files: Sequence[str] = ("index.rst", "a.md", "sub/b.txt", "skip/c.rst", "_build/d.rst", "e.html")
    write(tmp_path, dict.fromkeys(files, "Title\n=====\n"))
    config = "extensions = ['myst_parser']\nsource_suffix = {'.rst': 'restructuredtext', '.txt': 'restructuredtext'}\n"
    write(tmp_path, {"conf.py": f"{config}exclude_patterns = ['skip']\n"})
    generator = detect_project(tmp_path, config=None, note=print).generator
    assert generator is not None
    hints = generator.read(project=tmp_path, keys=("hero",), root=None)
    assert sorted(hints) == ["a.html", "index.html", "sub/b.html"]


def test_names_of_built_files(tmp_path: Path) -> None:
    write(tmp_path, {"conf.py": "project = 'x'\nhtml_file_suffix = '.htm'\n", "index.rst": "", "a/b.rst": ""})
    write(tmp_path, {"_build/html/a/b/index.htm": "", "_build/html/index.htm": ""})
    generator = detect_project(tmp_path, config=None, note=print).generator
    assert generator is not None
    assert generator.output == tmp_path / "_build/html"
    for root, names in ((None, ["a/b.htm", "index.htm"]), (generator.output, ["a/b/index.htm", "index.htm"])):
        assert sorted(generator.read(project=tmp_path, keys=("hero",), root=root)) == names


def test_settings_above_the_folder_of_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of pins and the cache belong to the project that the TOML file is in."""
    write(tmp_path, {".git/HEAD": "", "pyproject.toml": '[tool.imageseo]\nprofile = "small"\n'})
    write(tmp_path, {"docs/conf.py": "project = 'x'\n", "docs/index.rst": "X\n=\n"})
    monkeypatch.chdir(tmp_path)
    project = detect_project(tmp_path, config=None, note=print)
    assert (project.settings.profile, project.folder) == ("small", tmp_path.resolve())
    assert [page.key for page in project.pages()[0]] == ["docs/index.rst"]
    assert config_argument(tmp_path / "docs/conf.py") is None
    monkeypatch.chdir(tmp_path / "docs")
    assert config_argument(tmp_path / "docs/conf.py") is None
    write(tmp_path, {"docs/conf.py": "project = 'x'\nimageseo = {'profile': 'fast'}\n"})
    with pytest.raises(SettingsError, match="settings in two places"):
        detect_project(tmp_path, config=None, note=print)


def test_heroes_among_the_sources(tmp_path: Path) -> None:
    fields = {
        "a": (":hero: shots/x.jpg", "/_images/x.jpg"),
        "b": (":hero: /guide/shots/x.jpg", "/_images/x.jpg"),
        "c": (":hero-src: shots/x.jpg", None),
        "d": (":hero: https://example.org/x.jpg", "https://example.org/x.jpg"),
        "e": (":hero: shots/none.jpg", "shots/none.jpg"),
    }
    write(tmp_path, {f"guide/{name}.rst": f"{field}\n\nT\n=\n" for name, (field, _) in fields.items()})
    write(tmp_path, {"conf.py": "project = 'x'\n", "guide/shots/x.jpg": photo()})
    generator = detect_project(tmp_path, config=None, note=print).generator
    assert generator is not None
    hints = generator.read(project=tmp_path, keys=("hero",), root=None)
    for name, (_, expected) in fields.items():
        meta = hints[f"guide/{name}.html"].meta
        assert meta.get("hero") == expected
    assert hints["guide/c.html"].meta == {"hero_src": "/_images/x.jpg"}


@pytest.mark.parametrize("conf", ["project = 'x'\nraise SystemExit", "project = 'x'\nundefined", "project = 'x'\n"])
def test_documentation_in_an_inner_folder_changes_nothing_about_another_site(conf: str, tmp_path: Path) -> None:
    pages = {f"docs/{name}.rst": "Title\n=====\n" for name in ("index", "guide")}
    write(tmp_path, {**pages, "docs/conf.py": f"html_baseurl = 'https://docs.org/'\n{conf}"})
    write(tmp_path, {"imageseo.toml": "site_url = 'https://e.org/'\n", "public/index.html": "<title>A</title>"})
    notes: list[str] = []
    found = detect_project(tmp_path, config=None, note=notes.append)
    site = found.site(tmp_path / "public")
    assert (site.base_url, site.generator) == ("https://e.org/", "directory")
    assert found.folder == tmp_path
    assert any("front matter" in note for note in notes)
    with pytest.raises(SiteError, match="front matter cannot be used"):
        found.frozen().site(tmp_path / "public")
    write(tmp_path, {"imageseo.toml": "content_dir = 'content'\n", "content/index.md": "# A\n"})
    assert detect_project(tmp_path, config=None, note=notes.append).frozen().site(tmp_path / "public").base_url is None


@pytest.mark.parametrize(
    "field", [":hero: {style: ridges", ':hero: {"style": "ridges"', ":hero: style: [topo", ":hero: {a}{b}"]
)
def test_field_that_is_no_mapping(field: str, tmp_path: Path) -> None:
    write(tmp_path, {"conf.py": "project = 'x'\n", "a.rst": f":orphan:\n{field}\n\nT\n=\n"})
    generator = detect_project(tmp_path, config=None, note=print).generator
    assert generator is not None
    fault = generator.read(project=tmp_path, keys=("hero",), root=None)["a.html"].fault
    assert fault is not None
    assert fault.line == 2
    assert fault.message.startswith("field `hero` is no mapping in YAML or JSON, so its hero is not used: ")


def test_hints_of_alternative_texts_are_written_for_rest() -> None:
    from importlib import import_module

    from imageseo.lint.sources.suggestions import hint_in
    from imageseo.lint.sources.syntax import Dialect

    for name, text in (("alt_missing", "option `:alt: a red bicycle`"), ("alt_filename", "an empty `:alt:`")):
        rule = import_module(f"imageseo.lint.rules.{name}")
        source = Path(str(rule.__file__)).read_text("utf-8")
        (hint,) = {line.strip() for line in source.splitlines() if "if it is decorative" in line and "describe" in line}
        assert text in hint_in("rest", Dialect(), hint)
        assert 'alt=""' not in hint_in("rest", Dialect(), hint)
