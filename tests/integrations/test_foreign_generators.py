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
    manual = Path(__file__).parents[2] / "site_example/docs/hosts/your-own.md"
    fence = re.compile(r'^```python title="(\w+)\.py"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
    blocks = dict(fence.findall(manual.read_text("utf-8")))
    groups = {"integrations": {"acme": "imageseo_acme"}, "themes": {"acme": "imageseo_acme_theme"}}
    assert set(blocks) == {"imageseo_acme", "imageseo_acme_theme"}
    install(tmp_path / "lib", "acme", groups, blocks)
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
