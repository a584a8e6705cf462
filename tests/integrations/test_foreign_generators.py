"""Integrations and themes of other distributions: each is one file."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

import imageseo
from imageseo.cli.commands.generate import generate
from imageseo.integrations.progress import Quiet
from imageseo.integrations.project import detect_project
from imageseo.layout.image_widths import layout_for
from imageseo.layout.themes import article_selectors
from imageseo.model.errors import MissingExtraError, SettingsError, SiteError
from imageseo.model.finding import Severity
from tests.support.distributions import install, on_path
from tests.support.small_sites import photo, write

INTEGRATION = """
import json
from pathlib import Path
from imageseo.model.protocols import GeneratorProject
from imageseo.model.site import PageHints

class Acme:
    files = ("acme.json",)

    def recognises(self, config):
        return config.name == "acme.json"

    def missing(self, config):
        return ""

    def load(self, config):
        table = json.loads(config.read_text())
        folder = config.resolve().parent

        def read(*, project, keys, root):
            return {
                f"{path.stem}.html": PageHints(source=path.relative_to(project), meta=json.loads(path.read_text()))
                for path in sorted((folder / "pages").glob("*.json"))
            }

        return GeneratorProject(
            name="acme", config=config, source=folder / "pages", read=read, output=folder / "out",
            site_url=table.get("url"), options=table.get("imageseo"), origin="acme.json: imageseo",
        )

INTEGRATION = Acme()
"""
THEME = """
from imageseo.model.layout import Theme

THEMES = (Theme(name="acme", marks=(b"acme-page",), content_width=640, sizes="(min-width: 700px) 640px, 100vw"),)
"""
PAGE = '<html lang="en"><head><title>A</title></head><body class="acme-page"><main><h1>A</h1></main></body></html>'
SITE = {
    "acme.json": '{"url": "https://acme.example", "imageseo": {"profile": "small"}}',
    "pages/start.json": '{"hero": {"style": "topo", "width": 320, "height": 180, "alt": "Lines"}}',
}


def test_integration_in_one_file(tmp_path: Path) -> None:
    install(tmp_path / "lib", "acme", {"integrations": {"acme": "acme_host"}}, {"acme_host": INTEGRATION})
    site = write(tmp_path / "site", {**SITE, "out/start.html": PAGE})
    with on_path(tmp_path / "lib"):
        project = detect_project(site, config=None, note=print)
        assert project.generator is not None
        assert (project.generator.name, project.base_url) == ("acme", "https://acme.example/")
        assert project.settings.profile == "small"
        assert project.site(site / "out").pages[0].key == "pages/start.json"
        assert not generate(project, names=(), root=None, progress=Quiet()).failed
    assert 'page = "pages/start.json"' in (site / "imageseo.lock").read_text("utf-8")
    assert detect_project(site, config=None, note=print).generator is None


def test_theme_in_one_file(tmp_path: Path) -> None:
    install(tmp_path, "acme", {"themes": {"acme": "acme_theme"}}, {"acme_theme": THEME})
    with on_path(tmp_path):
        assert layout_for(html=PAGE.encode()).content_width == 640
        assert layout_for(html=b"<p>").content_width is None
    assert layout_for(html=PAGE.encode()).content_width is None


def test_article_of_a_theme(tmp_path: Path) -> None:
    """Its images get variants though other elements look like articles; a page built before is built again."""
    text = THEME.replace("sizes=", 'article=".acme-body > div", sizes=')
    install(tmp_path / "lib", "acme", {"themes": {"acme": "acme_theme"}}, {"acme_theme": text})
    body = '<article>Teaser</article><div class="acme-body"><div><img src="a.jpg" alt="A"></div></div>'
    page = PAGE.replace("<main><h1>A</h1></main>", body)
    site = write(tmp_path / "site", {"out/index.html": page, "out/a.jpg": photo()})
    settings = {"formats": ["webp"], "profile": "fast"}

    def build() -> bytes:
        imageseo.build_site(site / "out", project=site, settings=settings)
        return (site / "out/index.html").read_bytes()

    assert b"<picture" not in build()
    with on_path(tmp_path / "lib"):
        assert article_selectors(page.encode()) == (".acme-body > div",)
        assert b"<source" in build()
    assert b"<picture" not in build()


def test_examples_of_the_manual(tmp_path: Path) -> None:
    manual = Path(__file__).parents[2] / "site_example/docs/reference/writing-plug-ins.md"
    fence = re.compile(r'^```python title="imageseo_acme/(\w+)\.py"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
    blocks = dict(fence.findall(manual.read_text("utf-8")))
    groups = {"integrations": {"acme": "imageseo_acme"}, "themes": {"acme": "imageseo_acme_theme"}}
    modules = {"imageseo_acme": blocks["acme"], "imageseo_acme_theme": blocks["theme"]}
    install(tmp_path / "lib", "acme", groups, modules)
    page = PAGE.replace("<title>", "<link rel=stylesheet href=acme.css><title>")
    site = write(tmp_path / "site", {"acme.toml": 'url = "https://acme.example"\nimageseo.profile = "small"\n'})
    recipe = 'title = "T"\nhero = {style = "topo", width = 320, height = 180, alt = "Lines"}\n'
    write(site, {"pages/start.toml": recipe, "public/start/index.html": page})
    with on_path(tmp_path / "lib"):
        assert layout_for(html=page.encode()).content_width == 720
        project = detect_project(site, config=None, note=print)
        assert project.settings.profile == "small"
        (found,) = project.site(site / "public").pages
        assert (found.key, found.hints.title) == ("pages/start.toml", "T")
        write(site, {"acme.toml": "= 1\n"})
        with pytest.raises(SettingsError, match=r"acme\.toml: cannot be read"):
            detect_project(site, config=None, note=print)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("INTEGRATION = Acme()", ""), "has no INTEGRATION"),
        (("INTEGRATION = Acme()", "INTEGRATION = Acme"), "is a class"),
        (('files = ("acme.json",)', "files = 3"), "files missing, or of another type"),
        (("def load", "def read"), r"load\(\) missing"),
    ],
)
def test_module_that_is_no_integration(
    change: tuple[str, str], message: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = INTEGRATION.replace(*change)
    install(tmp_path / "lib", "acme", {"integrations": {"acme": "acme_host"}}, {"acme_host": text})
    write(tmp_path, SITE)
    with on_path(tmp_path / "lib"), caplog.at_level(logging.WARNING):
        assert detect_project(tmp_path, config=None, note=print).generator is None
        assert detect_project(tmp_path, config=None, note=print).generator is None
    (told,) = caplog.messages
    assert "the integration acme (acme_host) of acme 1.0" in told
    assert re.search(message, told)


@pytest.mark.parametrize("fault", ["1 / 0", "raise SystemExit(3)", "return None"])
def test_integration_that_fails_leaves_its_generator_out(fault: str, tmp_path: Path) -> None:
    text = INTEGRATION.replace("        table = json", f"        {fault}\n        table = json")
    install(tmp_path / "lib", "acme", {"integrations": {"acme": "acme_host"}}, {"acme_host": text})
    write(tmp_path, {**SITE, "out/start.html": PAGE})
    notes: list[str] = []
    with on_path(tmp_path / "lib"):
        project = detect_project(tmp_path, config=None, note=notes.append)
        assert project.generator is None
        assert "the integration acme of acme 1.0" in notes[0]
        assert len(project.site(tmp_path / "out").pages) == 1
        with pytest.raises(MissingExtraError, match=r"acme 1\.0"):
            detect_project(tmp_path, config=tmp_path / "acme.json", note=print)


@pytest.mark.parametrize("fault", ["1 / 0", "return {1: 2}", "return None"])
def test_front_matter_that_cannot_be_read_drops_no_pin(fault: str, tmp_path: Path) -> None:
    text = INTEGRATION.replace("            return {\n", f"            {fault}\n            return {{\n")
    install(tmp_path / "lib", "acme", {"integrations": {"acme": "acme_host"}}, {"acme_host": text})
    write(tmp_path, SITE)
    with on_path(tmp_path / "lib"):
        project = detect_project(tmp_path, config=None, note=print)
        with pytest.raises(SiteError, match=r"the integration acme of acme 1\.0"):
            project.pages()


@pytest.mark.parametrize(
    "text",
    [
        "THEMES = ()",
        THEME.replace("THEMES", "THEME"),
        THEME.replace("b'acme-page'", "").replace('marks=(b"acme-page",), ', ""),
        THEME.replace("640px, 100vw", "x").replace("(min-width: 700px) ", ""),
        THEME.replace("=640", "=0"),
        THEME.replace("sizes=", 'article=".a >", sizes='),
        f"{THEME}\ndef recognise(html): return 1 / 0\n",
    ],
)
def test_broken_theme_is_told_once(text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    install(tmp_path, "acme", {"themes": {"acme": "acme_theme"}}, {"acme_theme": text})
    with on_path(tmp_path), caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert layout_for(html=PAGE.encode()).content_width is None
            assert layout_for(html=b"<p class=wy-nav-content-wrap><p class=rst-content>").content_width == 697
    assert len([text for text in caplog.messages if "the theme acme (acme_theme) of acme 1.0" in text]) == 1


READ = "            return {\n"
LOAD = "        table = json"


def pinned_site(folder: Path) -> Path:
    """Write a project of Acme with a pinned hero, and its built page."""
    install(folder / "lib", "acme", {"integrations": {"acme": "acme_host"}}, {"acme_host": INTEGRATION})
    site = write(folder / "site", {**SITE, "out/start.html": PAGE})
    with on_path(folder / "lib"):
        generate(detect_project(site, config=None, note=print), names=(), root=None, progress=Quiet())
    assert list((site / "heroes").glob("*.png"))
    return site


def kept(site: Path) -> list[bytes]:
    return [(site / "imageseo.lock").read_bytes(), *(path.read_bytes() for path in (site / "heroes").glob("*.png"))]


@pytest.mark.parametrize(
    ("change", "root"),
    [
        ((LOAD, f"        {{}}['url']\n{LOAD}"), True),
        ((LOAD, f"        return None\n{LOAD}"), True),
        ((READ, f"            {{}}['url']\n{READ}"), True),
        ((READ, f"            {{}}['url']\n{READ}"), False),
        (("INTEGRATION = Acme()", "import package_that_is_gone"), True),
        (("INTEGRATION = Acme()", "import package_that_is_gone"), False),
        (('return ""', 'return "package_that_is_gone"'), True),
        (("start.html", "start.html"), True),  # the package itself is gone
    ],
)
def test_prune_is_refused_while_sources_are_not_read(change: tuple[str, str], root: bool, tmp_path: Path) -> None:
    site = pinned_site(tmp_path)
    before = kept(site)
    install(
        tmp_path / "lib2",
        "acme",
        {"integrations": {} if change[0] == change[1] else {"acme": "acme_host"}},
        {"acme_host": INTEGRATION.replace(*change)},
        version="2.0",
    )
    with on_path(tmp_path / "lib2"):
        with pytest.raises(SiteError) as caught:
            imageseo.generate_heroes(project=site, folder=site / "out" if root else None, prune=True)
        assert kept(site) == before
        if change[0] == READ:
            assert caught.value.hint.endswith("remove the package acme")
            return
        assert not root or "nothing was deleted" in caught.value.hint
        for findings in (
            imageseo.build_site(site / "out", project=site).findings,
            imageseo.lint_site(site / "out", project=site).findings,
        ):
            (told,) = [each for each in findings if each.rule == "hero-unread"]
            assert "pages/start.json" in told.message
            assert told.severity is Severity.WARN
        assert not [each for each in findings if each.rule == "plugin-failed"]


def test_sources_that_are_read_are_pruned_and_not_told(tmp_path: Path) -> None:
    site = pinned_site(tmp_path)
    with on_path(tmp_path / "lib"):
        findings = imageseo.build_site(site / "out", project=site).findings
        assert not [each for each in findings if each.rule == "hero-unread"]
        (site / "pages/start.json").write_text("{}", "utf-8")
        assert imageseo.generate_heroes(project=site, prune=True).result.pruned == ("pages/start.json",)
    assert not list((site / "heroes").glob("*.png"))


def test_pin_of_a_source_that_is_gone_is_pruned_from_a_bare_folder(tmp_path: Path) -> None:
    site = pinned_site(tmp_path)
    for name in ("acme.json", "pages/start.json"):
        (site / name).unlink()
    assert imageseo.generate_heroes(project=site, folder=site / "out", prune=True).result.pruned


def test_broken_source_keeps_its_pin_when_others_are_pruned(tmp_path: Path) -> None:
    """Its page is not in the built site, so that it is a fault of no page."""
    recipe = "---\nhero: {style: topo, width: 320, height: 180, alt: L}\n---\n# A\n"
    files = {
        "imageseo.toml": 'content_dir = "content"\n',
        "content/a.md": recipe,
        "content/index.md": "# I",
        "public/index.html": PAGE,
    }
    site = write(tmp_path, {**files, "public/a/index.html": PAGE})
    imageseo.generate_heroes(project=site, folder=site / "public")
    before = kept(site)
    (site / "content/a.md").write_text(recipe.replace("L}", "'L}"), "utf-8")
    (site / "public/a/index.html").unlink()
    assert not imageseo.generate_heroes(project=site, folder=site / "public", prune=True).result.pruned
    assert kept(site) == before


@pytest.mark.parametrize("fault", ["{}['url']", "return None", "raise SystemExit(3)"])
def test_load_that_fails_is_told_once_and_shown_by_doctor(fault: str, tmp_path: Path) -> None:
    from imageseo.cli.commands import doctor

    text = INTEGRATION.replace(LOAD, f"        {fault}\n{LOAD}")
    install(tmp_path / "lib", "acme", {"integrations": {"acme": "acme_host"}}, {"acme_host": text})
    site = write(tmp_path, {**SITE, "out/start.html": PAGE})
    notes: list[str] = []
    with on_path(tmp_path / "lib"):
        project = detect_project(site, config=None, note=notes.append)
        project.site(site / "out")
        assert len(notes) == 1
        assert "front matter is not used; correct what the message names" in notes[0]
        assert not re.search(r"; [:,]|; $", notes[0])
        with pytest.raises(SiteError) as caught:
            project.pages()
        assert not re.search(r"; [:,]", str(caught.value))
        assert "remove the package acme; or name the built site" in str(caught.value)
        report = doctor.run_checks(site, config=None, note=notes.append)
        lines = doctor.as_text(report).splitlines()
    assert len(notes) == 1
    assert [line for line in lines if line.startswith("  ! integration acme: acme 1.0 (acme_host)")]
    assert [line for line in lines if line.startswith("  ! generator: ") and "acme.json cannot be read" in line]
    assert report.exit_code == 2
