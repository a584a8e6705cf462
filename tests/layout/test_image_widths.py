"""Variants and ``sizes`` match the shown width; no image is shown wider than before."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from imageseo.config.settings import LayoutSettings
from imageseo.layout.image_widths import (
    AuthorWidth,
    ColumnLayout,
    dimension,
    layout_for,
    shown_width,
    sizes,
    widths,
    written_width,
)
from imageseo.layout.themes import known_themes, recognise
from imageseo.model.finding import GATING, REPORTED, Viewport
from imageseo.model.image import Asset, Attribute, ImageRef, PageRegion, Span
from imageseo.web.srcset.sizes import parse_sizes, source_size
from tests.support.small_sites import write

if TYPE_CHECKING:
    from playwright.sync_api import Page

MATERIAL = layout_for("mkdocs-1.6.1, mkdocs-material-9.8.1")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


def asset(width: int, height: int = 500) -> Asset:
    return Asset(path="x.png", sha256="0" * 64, bytes=1, format="png", width=width, height=height)


def tag(**attributes: str) -> ImageRef:
    parts = tuple(Attribute(name, value, Span(0, 0)) for name, value in attributes.items())
    return ImageRef(span=Span(0, 1), insert_at=0, attributes=parts, line=1, column=1, region=PageRegion.ARTICLE)


@pytest.mark.parametrize(
    ("attributes", "written"),
    [
        ({}, AuthorWidth()),
        ({"width": "300"}, AuthorWidth(px=300)),
        ({"width": "300px"}, AuthorWidth(px=300)),
        ({"width": " 300.5 "}, AuthorWidth(px=300.5)),
        ({"width": "50%"}, AuthorWidth(part=0.5)),
        ({"width": "150%"}, AuthorWidth(part=1)),
        ({"width": "auto"}, AuthorWidth()),
        ({"width": "0"}, AuthorWidth()),
        ({"width": "20em"}, AuthorWidth()),
        ({"height": "100"}, AuthorWidth(px=400)),  # the file is 2000 by 500
        ({"width": "600", "height": "100"}, AuthorWidth(px=600)),
        ({"width": "600", "style": "width: 200px"}, AuthorWidth(px=200)),
        ({"style": "WIDTH:40%; float:right"}, AuthorWidth(part=0.4)),
        ({"style": "max-width:250px"}, AuthorWidth(px=250)),
        ({"width": "600", "style": "max-width:250px"}, AuthorWidth(px=250)),
        ({"style": "max-height: 100px"}, AuthorWidth()),
    ],
)
def test_authors_width_is_parsed(attributes: dict[str, str], written: AuthorWidth) -> None:
    assert written_width(tag(**attributes), asset(2000)) == written


def test_invalid_dimension_is_none() -> None:
    assert [dimension(text) for text in (None, "", "x", "-5", "1e")] == [None] * 5


def test_shown_width_is_the_smallest_limit() -> None:
    column = ColumnLayout(content_width=688)
    assert shown_width(None, asset(3000), column) == 688
    assert shown_width(None, asset(500), column) == 500
    assert shown_width(tag(width="300"), asset(3000), column) == 300
    assert shown_width(tag(width="900"), asset(500), column) == 500
    assert shown_width(tag(width="50%"), asset(3000), column) == 344
    assert shown_width(None, asset(3000), ColumnLayout()) == 3000


def test_authors_sizes_determine_the_shown_width() -> None:
    own = tag(sizes="auto, (min-width: 800px) 400px, 100vw", width="50%")
    assert shown_width(own, asset(3000), MATERIAL) == 400
    assert widths(own, asset(3000), MATERIAL, (320, 640, 700, 800, 1600))[-1] == 800
    assert sizes(own, asset(3000), MATERIAL) == "(min-width: 800px) 400px, 100vw"
    assert sizes(own, asset(300), MATERIAL) == "300px"
    narrow = tag(sizes="(min-width: 800px) 400px, 100vw", width="350")
    assert shown_width(narrow, asset(3000), MATERIAL) == 350
    for nonsense in ("", "auto", "wide"):
        assert shown_width(tag(sizes=nonsense), asset(3000), MATERIAL) == 688
        assert sizes(tag(sizes=nonsense), asset(3000), MATERIAL) == MATERIAL.sizes


@pytest.mark.parametrize(
    ("image", "attributes", "layout", "expected"),
    [
        (3000, {}, MATERIAL, MATERIAL.sizes),
        (900, {}, MATERIAL, "(min-width: 2000px) 826px, (min-width: 1600px) 757px, (min-width: 1220px) 688px, "
                            "(min-width: 960px) min(900px, 100vw - 274px), min(900px, 100vw - 32px)"),
        (500, {}, MATERIAL, "(min-width: 960px) 500px, min(500px, 100vw - 32px)"),
        (200, {}, MATERIAL, "200px"),
        (3000, {"width": "300"}, MATERIAL, "(min-width: 960px) 300px, min(300px, 100vw - 32px)"),
        (3000, {"width": "50%"}, ColumnLayout(content_width=800), "(min-width: 800px) 400px, 50vw"),
        (3000, {}, ColumnLayout(content_width=800), "(min-width: 800px) 800px, 100vw"),
        (500, {}, ColumnLayout(content_width=800), "(min-width: 500px) 500px, 100vw"),
        (3000, {}, ColumnLayout(), "(min-width: 3000px) 3000px, 100vw"),
        (120, {}, ColumnLayout(), "120px"),
        (3000, {}, ColumnLayout(sizes="50vw"), "50vw"),
        (900, {}, ColumnLayout(sizes="50vw"), "min(900px, 50vw)"),
        (
            900,
            {},
            ColumnLayout(sizes="(max-width: 700px) 90vw"),
            "(max-width: 700px) min(900px, 90vw), min(900px, 100vw)",
        ),
        (3000, {}, ColumnLayout(sizes="nonsense"), "min(3000px, 100vw)"),
    ],
)  # fmt: skip
def test_sizes(image: int, attributes: dict[str, str], layout: ColumnLayout, expected: str) -> None:
    assert sizes(tag(**attributes), asset(image), layout) == expected


VIEWPORTS = [
    *(*GATING, *REPORTED),
    *(Viewport(name="", width=width, height=800, dpr=1) for width in (320, 575, 769, 959, 960, 1219, 1220, 1600, 2560)),
]


@given(
    image=st.integers(1, 4000),
    layout=st.sampled_from([
        *(ColumnLayout(content_width=theme.content_width, sizes=theme.sizes) for theme in known_themes()),
        ColumnLayout(), ColumnLayout(content_width=700), ColumnLayout(sizes="(max-width: 600px) 90vw, 30em"),
    ]),
    attributes=st.sampled_from([{}, {"width": "300"}, {"width": "40%"}, {"style": "max-width: 450px"}]),
)  # fmt: skip
def test_slot_is_never_wider_than_the_image_without_sizes(
    image: int, layout: ColumnLayout, attributes: dict[str, str]
) -> None:
    picture = asset(image)
    written = written_width(tag(**attributes), picture)
    text = sizes(tag(**attributes), picture, layout)
    assert parse_sizes(text)[-1].condition == ""
    for viewport in VIEWPORTS:
        slot = source_size(text, viewport)
        column = source_size(layout.sizes, viewport)
        if layout.sizes is None:
            column = min(column, layout.content_width or column)
        limit = min(image, written.px or image)
        wanted = min(limit, column * (written.part or 1))
        # Below the narrowest column the slot may be the image's own width, as without `sizes`.
        assert slot == pytest.approx(wanted, abs=1.1) or (wanted < slot <= limit <= 320)


def test_layout_is_from_settings_then_theme_then_integration() -> None:
    page = b'<div class=md-content><div class="md-sidebar md-sidebar--primary">'
    wide = LayoutSettings(content_width=900)
    assert layout_for(html=page, settings=wide, content_width=500) == ColumnLayout(content_width=900)
    # `sizes` determines the column: 50 % of 1350 px.
    assert layout_for(html=page, settings=LayoutSettings(sizes="50vw")) == ColumnLayout(content_width=675, sizes="50vw")
    both = LayoutSettings(sizes="50vw", content_width=900)
    assert layout_for(html=page, settings=both) == ColumnLayout(content_width=900, sizes="50vw")
    assert layout_for(html=page, content_width=500) == MATERIAL
    assert layout_for("Hugo 0.140", html=b"<p>", content_width=500) == ColumnLayout(content_width=500)
    assert layout_for() == ColumnLayout()


# -- the table compared with the themes in a browser -------------------------------------------------------------------


@pytest.fixture(scope="module")
def themed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of every theme in the table, with an image wider than any column."""
    root = tmp_path_factory.mktemp("themes")
    pages: dict[str, Path] = {}
    text = "# Title\n\nWords.\n\n![](big.png)\n\n## More\n\nWords.\n"
    for name in ("mkdocs", "readthedocs", "material"):
        docs = root / name / "docs"
        docs.mkdir(parents=True)
        Image.new("1", (3000, 1500)).save(docs / "big.png")
        (docs / "index.md").write_text(text, encoding="utf-8")
        for hidden in ("toc", "navigation", "toc, navigation") if name == "material" else ():
            path = docs / f"{hidden.replace(', ', '-')}.md"
            path.write_text(f"---\nhide: [{hidden}]\n---\n{text}", encoding="utf-8")
        font = "\n  font: false" if name == "material" else ""
        (root / name / "mkdocs.yml").write_text(
            f"site_name: x\nuse_directory_urls: false\ntheme:\n  name: {name}{font}\n", encoding="utf-8"
        )
        run("mkdocs", "build", "-q", "-f", str(root / name / "mkdocs.yml"), "-d", str(root / name / "site"))
        pages[name] = root / name / "site" / "index.html"
    pages["material: no table of contents"] = root / "material/site/toc.html"
    pages["material: no navigation"] = root / "material/site/navigation.html"
    pages["material: no sidebar"] = root / "material/site/toc-navigation.html"
    content = root / "pelican" / "content"
    content.mkdir(parents=True)
    Image.new("1", (3000, 1500)).save(content / "big.png")
    (content / "a.md").write_text("Title: A\nDate: 2024-01-01\n\nText\n\n![]({attach}big.png)\n", encoding="utf-8")
    run("pelican", str(content), "-o", str(root / "pelican/site"), "-t", "notmyidea", "--relative-urls")
    pages["notmyidea"] = root / "pelican/site/a.html"
    return pages


def run(module: str, *arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def window() -> Iterator[Page]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page()
        page.route("**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort())
        yield page
        browser.close()


MEASURED = (
    *("material", "material: no table of contents", "material: no navigation", "material: no sidebar"),
    *("mkdocs", "readthedocs", "notmyidea"),
)


@pytest.mark.slow
@pytest.mark.parametrize("name", MEASURED)
def test_theme_table_matches_the_layout_in_chromium(name: str, themed: dict[str, Path], window: Page) -> None:
    html = themed[name].read_bytes()
    theme = recognise(html)
    assert theme is not None
    assert theme.name == name
    assert recognise(html.replace(b'"', b"")) == theme, "minifiers remove the quotes"
    layout = layout_for(html=html)
    text = sizes(None, asset(3000), layout)
    window.goto(themed[name].as_uri())
    steps = (576, 769, 960, 992, 1100, 1220, 1400, 1600, 2000)
    for width in (320, 390, 412, 768, 820, 959, 1219, 1350, 1599, *steps, 2560):
        window.set_viewport_size({"width": width, "height": 900})
        real = window.evaluate("document.querySelector('img[src$=\"big.png\"]').getBoundingClientRect().width")
        assert source_size(text, Viewport(name="", width=width, height=900, dpr=1)) == pytest.approx(real, abs=1), width
        if width == 1350:
            assert layout.content_width == pytest.approx(real, abs=1)


SPHINX_PAGES = {
    "index.rst": "Title\n=====\n\n.. image:: big.png\n   :alt: wide\n\n.. toctree::\n\n   other\n\nA\n-\n\nWords.\n",
    "other.rst": "Other\n=====\n\n.. image:: big.png\n   :alt: wide\n\nA\n-\n\nWords.\n",
    "big.png": "",
}


@pytest.mark.slow
def test_sphinx_and_zensical_themes_in_chromium(tmp_path: Path, window: Page, subtests: pytest.Subtests) -> None:
    """Furo and Alabaster are installed for the tests, the others where somebody has them."""
    write(tmp_path / "source", SPHINX_PAGES)
    Image.new("1", (3000, 1500)).save(tmp_path / "source/big.png")
    found = dict[str, Path]()
    write(tmp_path, {"plain/conf.py": "", "bare/conf.py": 'html_theme_options = {"secondary_sidebar_items": []}\n'})
    for package, name, config in (
        ("alabaster", "alabaster", "plain"),
        ("furo", "furo", "plain"),
        ("sphinx_rtd_theme", "readthedocs", "plain"),
        ("pydata_sphinx_theme", "pydata", "plain"),
        ("pydata_sphinx_theme", "pydata: no table of contents", "bare"),
    ):
        if find_spec(package) is not None:
            out = str(tmp_path / name)
            options = ("-c", str(tmp_path / config), "-D", "project=x", "-D", f"html_theme={package}")
            run("sphinx", "-q", "-b", "html", *options, str(tmp_path / "source"), out)
            found[name] = tmp_path / name / "other.html"
    if "pydata" in found:
        found["pydata: no navigation"] = tmp_path / "pydata/index.html"
        found["pydata: no sidebar"] = tmp_path / "pydata: no table of contents/index.html"
    if find_spec("zensical") is not None:
        found |= zensical_pages(tmp_path / "zensical")
    for name, path in found.items():
        with subtests.test(name):
            theme = recognise(path.read_bytes())
            assert theme is not None
            assert theme.name == name
            assert recognise(path.read_bytes().replace(b'"', b"")) == theme, "minifiers remove the quotes"
            window.goto(path.as_uri())
            for width in (320, 768, 880, 950, 1000, 1210, 1225, 1250, 1350, 1500, 1600, 2000):
                window.set_viewport_size({"width": width, "height": 900})
                real = window.evaluate("document.querySelector('img[alt=wide]').getBoundingClientRect().width")
                text = sizes(None, asset(3000), layout_for(html=path.read_bytes()))
                viewport = Viewport(name="", width=width, height=900, dpr=1)
                assert source_size(text, viewport) == pytest.approx(real, abs=1), width
                assert width != 1350 or theme.content_width == pytest.approx(real, abs=1)


def zensical_pages(folder: Path) -> dict[str, Path]:
    names = {"index": "", "toc": ": no table of contents", "navigation": ": no navigation", "both": ": no sidebar"}
    for name in names:
        hidden = "toc, navigation" if name == "both" else name
        text = f"---\nhide: [{hidden}]\n---\n# Title\n\nWords.\n\n![wide](big.png)\n\n## More\n\nWords.\n"
        write(folder, {f"docs/{name}.md": text})
    write(folder, {"zensical.toml": '[project]\nsite_name = "x"\nuse_directory_urls = false\n'})
    Image.new("1", (3000, 1500)).save(folder / "docs/big.png")
    run("zensical", "build", "-f", str(folder / "zensical.toml"))
    return {f"zensical{name}": folder / f"site/{page}.html" for page, name in names.items()}


def test_unknown_theme_is_not_recognized() -> None:
    assert recognise(b'<meta name="generator" content="Hugo"><article class="post">') is None


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"width": "2800", "height": "1867"}, "(min-width: 2800px) 2800px, 100vw"),
        ({"width": "1400", "height": "933"}, "(min-width: 1400px) 1400px, 100vw"),
        ({"style": "width: 900px"}, "(min-width: 900px) 900px, 100vw"),
        ({"width": "300", "height": "200"}, "300px"),
    ],
)
def test_width_of_the_author_is_no_width_on_phones(attributes: dict[str, str], expected: str) -> None:
    """In an unknown column, an image with ``width`` and ``max-width: 100%`` is narrower on a phone."""
    image, written = tag(**attributes), Asset(path="a.jpg", sha256="0", bytes=1, format="jpeg", width=2800, height=1867)
    assert sizes(image, written, ColumnLayout()) == expected
    found = widths(image, written, ColumnLayout())
    phone = next(screen for screen in REPORTED if screen.width < 500)
    need = min(source_size(expected, phone) * phone.dpr, written.width)
    chosen = next(width for width in found if width >= need * 0.95)
    assert chosen <= need * 1.6, f"{found}: a phone loads {chosen} px for {need}"
    assert found[-1] >= min(source_size(expected, REPORTED[-1]), written.width)
