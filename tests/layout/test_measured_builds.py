"""Builds that know what a browser saw: true ``sizes``, candidates that are chosen, the measured hero; never stale."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imageseo import config
from imageseo.integrations import directory
from imageseo.integrations.progress import Quiet
from imageseo.layout import layout_file
from imageseo.layout.measurements import WIDTHS, template_fingerprint
from imageseo.lint import parallel
from imageseo.model.image import ImageRef
from imageseo.model.layout import Lcp, PageLayout, ShownImage, SiteLayout, Template
from imageseo.pipeline import build as job
from imageseo.pipeline import composition
from imageseo.pipeline.result import BuildResult
from imageseo.web.html import edits
from imageseo.web.html.page_scan import scan_page
from imageseo.web.srcset.candidates import parse_srcset
from tests.support import small_sites

WORDS = "Boats come and go, and nobody counts them. " * 4
INDEX = f"""# Harbour

{WORDS}

![First](images/one.jpg)

{WORDS}

![Second](images/two.jpg)

![Narrow](images/three.jpg)

![Far](images/four.jpg)
"""
OTHER = f"# Other\n\n{WORDS}\n\n![First](images/one.jpg)\n\n![Small](images/small.jpg)\n"
PHOTOS = {
    **{f"docs/images/{name}.jpg": small_sites.photo(1600, 900, seed) for seed, name in
       enumerate(("one", "two", "three", "four"))},
    "docs/images/small.jpg": small_sites.photo(400, 300, 9),
}  # fmt: skip
OPTIONS: Mapping[str, Any] = {"profile": "fast", "encode": {"avif_speed": 10, "webp_method": 0}, "formats": ["webp"]}
COLUMN = tuple(min(540.0, width - 32.0) for width in WIDTHS)
TEXT = {"mobile": Lcp(kind="text"), "desktop": Lcp(kind="text")}


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site of Material's as MkDocs leaves it."""
    folder = tmp_path_factory.mktemp("material")
    theme = "theme: {name: material, font: false}\nplugins: []\n"
    files = {
        "docs/index.md": INDEX,
        "docs/other.md": OTHER,
        "docs/bare.md": OTHER.replace("# O", "---\nhide: [toc]\n---\n# O"),
    }
    small_sites.write(
        folder, {"mkdocs.yml": f"site_name: S\nsite_url: https://example.org/\n{theme}", **files, **PHOTOS}
    )
    done = small_sites.run("mkdocs", "-q", "build", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture
def site(material: Path, tmp_path: Path) -> Path:
    shutil.copytree(material, tmp_path / "site")
    return tmp_path / "site"


def built(site: Path, layout: SiteLayout | None = None, **options: Any) -> BuildResult:
    """Builds a site; ``layout``: the file to find beside it, where it is to be another one."""
    if layout is not None:
        layout_file.write(site.parent / layout_file.NAME, layout)
    settings = config.load({**OPTIONS, **options}, "test")
    found = directory.site(site, project=site.parent, settings=settings)
    with composition.build_tools(settings, project=site.parent, progress=Quiet()) as tools:
        return job.build(found, settings, tools)


def shown(name: str, px: float | tuple[float, ...], *, top: float) -> ShownImage:
    widths = px if isinstance(px, tuple) else (px,) * len(WIDTHS)
    tops = dict.fromkeys(("mobile", "desktop", "phone", "tablet"), top)
    return ShownImage(src=f"images/{name}.jpg", widths=widths, tops=tops)


IMAGES = (
    shown("one", COLUMN, top=300),
    shown("two", 300, top=1250),
    shown("three", 160, top=1700),
    shown("four", COLUMN, top=5000),
)


def layout(site: Path, lcp: Mapping[str, Lcp] = TEXT, images: tuple[ShownImage, ...] = IMAGES) -> SiteLayout:
    """As if the first page had been measured, and no other."""
    kind = kind_of(site, "index.html")
    page = PageLayout(page="index.html", template=kind, lcp=lcp, images=images)
    column = Template(id=kind, column=COLUMN, pages=1)
    return SiteLayout(widths=WIDTHS, pages={page.page: page}, templates={kind: column})


def kind_of(site: Path, page: str) -> str:
    html = (site / page).read_bytes()
    return template_fingerprint(html, scan_page(html))


def images_of(site: Path, page: str = "index.html") -> dict[str, ImageRef]:
    """The article's images by the stem of their file."""
    refs = scan_page((site / page).read_bytes()).refs
    return {Path(ref.src).stem: ref for ref in refs if "images/" in ref.src}


def offered(ref: ImageRef) -> list[int]:
    return [each.width or 0 for source in ref.sources for each in parse_srcset(source.srcset)]


def sizes(ref: ImageRef) -> str | None:
    return next((source.sizes for source in ref.sources), None)


def first(name: str, *, also: str | None = None) -> dict[str, Lcp]:
    """The LCP of both screens that count."""
    images = {"mobile": name, "desktop": also or name}
    return {screen: Lcp(kind="image", src=f"images/{each}.jpg") for screen, each in images.items()}


def rules_of(result: BuildResult) -> list[str]:
    return [finding.rule for finding in result.findings]


def test_what_was_seen_is_what_is_written(site: Path) -> None:
    """Without a measurement the theme's column is all that is known."""
    built(site)
    before = images_of(site)
    assert max(offered(before["three"])) > 960
    built(site, layout(site))
    after = images_of(site)
    fits = "(min-width: 572px) 540px, calc(100vw - 32px)"
    assert sizes(after["one"]) == fits
    assert sizes(after["two"]) == "auto, 300px"
    assert sizes(after["three"]) == "auto, 160px"
    assert sizes(after["four"]) == f"auto, {fits}"
    assert max(offered(after["one"])) == 1000  # near enough to twice the column
    assert offered(after["two"]) == [320, 480, 600]
    assert offered(after["three"]) == [320]
    assert {name: ref.get("loading") for name, ref in after.items()} == {
        "one": None,
        "two": "lazy",
        "three": "lazy",
        "four": "lazy",
    }


def test_a_page_whose_lcp_is_text_hurries_no_image(site: Path) -> None:
    built(site)
    assert images_of(site)["one"].get("fetchpriority") == "high"  # a guess that is wrong here
    built(site, layout(site, TEXT))
    after = images_of(site)
    assert [ref.get("fetchpriority") for ref in after.values()] == [None] * 4
    assert not any(ref.is_marked_hero for ref in after.values())
    assert after["one"].get("loading") is None  # but it is in view


@pytest.mark.parametrize(
    ("lcp", "hero"),
    [
        (first("one"), "one"),
        (first("two"), "two"),
        (first("two", also="one"), "two"),
        ({**first("one"), "mobile": Lcp(kind="text")}, "one"),
        ({**first("four"), "mobile": Lcp(kind="text")}, None),
    ],
)
def test_the_measured_lcp_is_the_hero(site: Path, lcp: Mapping[str, Lcp], hero: str | None) -> None:
    built(site, layout(site, lcp), hero={"guess": False})
    after = images_of(site)
    urgent = [name for name, ref in after.items() if ref.get("fetchpriority") == "high"]
    assert urgent == ([hero] if hero else [])
    assert [name for name, ref in after.items() if ref.is_marked_hero] == urgent
    assert all(after[name].get("loading") is None for name in urgent)


def test_what_the_author_wrote_wins(site: Path) -> None:
    """A hero of the front matter, ``sizes``, ``loading``, ``fetchpriority``."""
    page = site / "index.html"
    html = page.read_text()
    html = html.replace('src="images/two.jpg"', 'src="images/two.jpg" sizes="50vw"')
    html = html.replace('src="images/three.jpg"', 'src="images/three.jpg" fetchpriority="high" loading="eager"')
    page.write_text(html)
    built(site, layout(site, first("one")))
    after = images_of(site)
    assert after["two"].get("sizes") == "50vw"
    assert sizes(after["two"]) == "min(1600px, 50vw)" or (sizes(after["two"]) or "").startswith("50vw")
    assert after["three"].get("loading") == "eager"
    assert [name for name, ref in after.items() if ref.get("fetchpriority") == "high"] == ["three"]


def test_a_page_that_nobody_measured_inherits_its_column(site: Path) -> None:
    """One of the same template; a page without a table of contents is laid out otherwise, and keeps what it had."""
    built(site)
    bare = images_of(site, "bare/index.html")["one"]
    built(site, layout(site))
    after = images_of(site, "other/index.html")
    assert sizes(after["one"]) == "(min-width: 572px) 540px, calc(100vw - 32px)"
    assert (sizes(after["small"]) or "").endswith("(min-width: 432px) 400px, calc(100vw - 32px)")
    assert images_of(site, "bare/index.html")["one"].sources == bare.sources


def test_a_measurement_is_believed_while_its_images_are_there(site: Path) -> None:
    known = layout(site, first("two"), (*IMAGES, shown("gone", 600, top=9)))
    result = built(site, known)
    after = images_of(site)
    assert [name for name, ref in after.items() if ref.get("fetchpriority") == "high"] == ["one"]  # a guess again
    assert sizes(after["three"]) == "auto, 160px"  # as wide as it is on all pages that show it
    said = [finding for finding in result.findings if finding.rule == "layout-drifted"]
    assert len(said) == 1
    assert "images/gone.jpg" in said[0].message


def test_edits_are_taken_out_and_a_second_build_changes_nothing(material: Path, site: Path) -> None:
    author = {path: (material / path).read_bytes() for path in ("index.html", "other/index.html", "bare/index.html")}
    known = layout(site, first("two"))
    assert built(site, known).changed
    left = small_sites.tree(site)
    assert all(edits.strip(left[path]) == html for path, html in author.items())
    again = built(site)
    assert again.changed == ()
    assert small_sites.tree(site) == left


def test_a_warm_build_is_never_stale(site: Path, material: Path) -> None:
    """Another measurement is another build, and so is none; each is what a cold build makes of it."""
    steps: Iterable[SiteLayout | None] = (
        layout(site, TEXT),
        layout(site, first("two")),
        layout(site, TEXT, tuple(replace(image, widths=(200.0,) * len(WIDTHS)) for image in IMAGES)),
        None,
    )
    for step in steps:
        if step is None:
            (site.parent / layout_file.NAME).unlink()
        built(site, step)
        cold = site.parent / "cold"
        shutil.copytree(material, cold / "site")
        built(cold / "site", step)
        assert pages(site) == pages(cold / "site")
        shutil.rmtree(cold)


def pages(site: Path) -> dict[str, bytes]:
    return {path: data for path, data in small_sites.tree(site).items() if path.endswith((".html", ".webp"))}


def test_a_broken_layout_file_stops_the_build(site: Path) -> None:
    (site.parent / layout_file.NAME).write_text('{"version": 1, "widths": "all"}')
    done = small_sites.run("imageseo", "build", "site", cwd=site.parent)
    assert done.returncode == 2
    assert "imageseo.layout.json" in done.stderr
    assert "Traceback" not in done.stderr
    assert not re.search("data-imageseo", (site / "index.html").read_text())


def said(site: Path) -> set[tuple[str, str]]:
    """What lint says of the first page: rules and the stems of the images that they name."""
    settings = config.load(OPTIONS, "test")
    found = parallel.lint_pages(directory.site(site, project=site.parent, settings=settings), settings).findings
    return {
        (finding.rule, Path(finding.location.image or "").stem)
        for finding in found
        if finding.location.page == "index.html"
    }


def test_lint_judges_by_what_was_seen(site: Path) -> None:
    """The LCP image is the measured one, whatever stands first; after a build there is nothing left to say."""
    page = site / "index.html"
    html = page.read_text()
    page.write_text(html.replace('src="images/two.jpg"', 'src="images/two.jpg" loading="lazy"'))
    layout_file.write(site.parent / layout_file.NAME, layout(site, first("two")))
    before = said(site)
    assert {("lcp-lazy", "two"), ("offscreen-eager", "three"), ("offscreen-eager", "four")} <= before
    assert not {each for each in before if each[1] == "one"} & {("lcp-priority", "one"), ("offscreen-eager", "one")}
    page.write_text(html)
    assert ("lcp-priority", "two") in said(site)
    built(site)
    measured = {"lcp-lazy", "lcp-priority", "lcp-is-text", "offscreen-eager", "sizes-inaccurate", "layout-drifted"}
    assert not {rule for rule, _ in said(site)} & measured


def test_a_hero_that_lost_to_text_is_told(site: Path) -> None:
    page = site / "index.html"
    page.write_text(page.read_text().replace('src="images/one.jpg"', 'src="images/one.jpg" fetchpriority="high"'))
    layout_file.write(site.parent / layout_file.NAME, layout(site, TEXT))
    assert ("lcp-is-text", "one") in said(site)
