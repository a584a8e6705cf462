"""Builds with measurements: exact ``sizes``, candidates, the measured hero; no stale results."""

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
OPTIONS: Mapping[str, Any] = {
    "profile": "fast",
    "encode": {"avif_speed": 10, "webp_method": 0, "isolate": False},
    "formats": ["webp"],
}
COLUMN = tuple(min(540.0, width - 32.0) for width in WIDTHS)
TEXT = {"mobile": Lcp(kind="text"), "desktop": Lcp(kind="text")}


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site built by MkDocs with the theme Material."""
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
    """Build a site; ``layout``: written to the layout file first, if given."""
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
    """Return a layout in which only the first page is measured."""
    template = template_of(site, "index.html")
    page = PageLayout(page="index.html", template=template, lcp=lcp, images=images)
    column = Template(id=template, column=COLUMN, pages=1)
    return SiteLayout(widths=WIDTHS, pages={page.page: page}, templates={template: column})


def template_of(site: Path, page: str) -> str:
    html = (site / page).read_bytes()
    return template_fingerprint(html, scan_page(html))


def images_of(site: Path, page: str = "index.html") -> dict[str, ImageRef]:
    """Return the article's images by the stem of their file."""
    refs = scan_page((site / page).read_bytes()).refs
    return {Path(ref.src).stem: ref for ref in refs if "images/" in ref.src}


def candidate_widths(ref: ImageRef) -> list[int]:
    return [each.width or 0 for source in ref.sources for each in parse_srcset(source.srcset)]


def sizes(ref: ImageRef) -> str | None:
    return next((source.sizes for source in ref.sources), None)


def image_lcp(name: str, *, desktop: str | None = None) -> dict[str, Lcp]:
    """Return the LCP on mobile and desktop."""
    images = {"mobile": name, "desktop": desktop or name}
    return {screen: Lcp(kind="image", src=f"images/{each}.jpg") for screen, each in images.items()}


def rules_of(result: BuildResult) -> list[str]:
    return [finding.rule for finding in result.findings]


@pytest.mark.slow
def test_measured_widths_determine_sizes_and_candidates(site: Path) -> None:
    """Without a measurement, only the theme's column is known."""
    built(site)
    before = images_of(site)
    assert max(candidate_widths(before["three"])) > 960
    built(site, layout(site))
    after = images_of(site)
    fits = "(min-width: 572px) 540px, calc(100vw - 32px)"
    assert sizes(after["one"]) == fits
    assert sizes(after["two"]) == "auto, 300px"
    assert sizes(after["three"]) == "auto, 160px"
    assert sizes(after["four"]) == f"auto, {fits}"
    assert [candidate_widths(after[name]) for name in ("one", "two", "three")] == [
        [544, 672, 1040],
        [304, 608, 864],
        [160, 320, 464],
    ]
    assert {name: ref.get("loading") for name, ref in after.items()} == {
        "one": None,
        "two": "lazy",
        "three": "lazy",
        "four": "lazy",
    }


@pytest.mark.slow
def test_page_with_text_as_lcp_prioritizes_no_image(site: Path) -> None:
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
        (image_lcp("one"), "one"),
        (image_lcp("two"), "two"),
        (image_lcp("two", desktop="one"), "two"),
        ({**image_lcp("one"), "mobile": Lcp(kind="text")}, "one"),
        ({**image_lcp("four"), "mobile": Lcp(kind="text")}, None),
    ],
)
def test_measured_lcp_is_the_hero(site: Path, lcp: Mapping[str, Lcp], hero: str | None) -> None:
    built(site, layout(site, lcp), hero={"guess": False})
    after = images_of(site)
    urgent = [name for name, ref in after.items() if ref.get("fetchpriority") == "high"]
    assert urgent == ([hero] if hero else [])
    assert [name for name, ref in after.items() if ref.is_marked_hero] == urgent
    assert all(after[name].get("loading") is None for name in urgent)


def test_authors_attributes_take_precedence(site: Path) -> None:
    """A hero of the front matter, ``sizes``, ``loading``, ``fetchpriority``."""
    page = site / "index.html"
    html = page.read_text()
    html = html.replace('src="images/two.jpg"', 'src="images/two.jpg" sizes="50vw"')
    html = html.replace('src="images/three.jpg"', 'src="images/three.jpg" fetchpriority="high" loading="eager"')
    page.write_text(html)
    built(site, layout(site, image_lcp("one")))
    after = images_of(site)
    assert after["two"].get("sizes") == "50vw"
    assert sizes(after["two"]) == "min(1600px, 50vw)" or (sizes(after["two"]) or "").startswith("50vw")
    assert after["three"].get("loading") == "eager"
    assert [name for name, ref in after.items() if ref.get("fetchpriority") == "high"] == ["three"]


@pytest.mark.slow
def test_unmeasured_page_inherits_the_column(site: Path) -> None:
    """A page of the same template does; one without a table of contents has another template and is unchanged."""
    built(site)
    bare = images_of(site, "bare/index.html")["one"]
    built(site, layout(site))
    after = images_of(site, "other/index.html")
    assert sizes(after["one"]) == "(min-width: 572px) 540px, calc(100vw - 32px)"
    assert (sizes(after["small"]) or "").endswith("(min-width: 432px) 400px, calc(100vw - 32px)")
    assert images_of(site, "bare/index.html")["one"].sources == bare.sources


def test_measurement_is_ignored_when_an_image_is_missing(site: Path) -> None:
    known = layout(site, image_lcp("two"), (*IMAGES, shown("gone", 600, top=9)))
    result = built(site, known)
    after = images_of(site)
    assert [name for name, ref in after.items() if ref.get("fetchpriority") == "high"] == ["one"]  # a guess again
    assert sizes(after["three"]) == "160px"  # as wide as it is on all pages that show it; it may be in view
    drifted = [finding for finding in result.findings if finding.rule == "layout-drifted"]
    assert len(drifted) == 1
    assert "images/gone.jpg" in drifted[0].message


def test_edits_can_be_removed_and_a_second_build_changes_nothing(material: Path, site: Path) -> None:
    author = {path: (material / path).read_bytes() for path in ("index.html", "other/index.html", "bare/index.html")}
    known = layout(site, image_lcp("two"))
    assert built(site, known).changed
    left = small_sites.tree(site)
    assert all(edits.strip(left[path]) == html for path, html in author.items())
    again = built(site)
    assert again.changed == ()
    assert small_sites.tree(site) == left


@pytest.mark.slow
def test_warm_build_equals_a_cold_build(site: Path, material: Path) -> None:
    """Also after the measurement was changed or removed."""
    steps: Iterable[SiteLayout | None] = (
        layout(site, TEXT),
        layout(site, image_lcp("two")),
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


def test_invalid_layout_file_stops_the_build(site: Path) -> None:
    (site.parent / layout_file.NAME).write_text('{"version": 1, "widths": "all"}')
    done = small_sites.run("imageseo", "build", "site", cwd=site.parent)
    assert done.returncode == 2
    assert "imageseo.layout.json" in done.stderr
    assert "Traceback" not in done.stderr
    assert not re.search("data-imageseo", (site / "index.html").read_text())


def lint_findings(site: Path) -> set[tuple[str, str]]:
    """Return the findings of the first page: rules and the stems of their images."""
    settings = config.load(OPTIONS, "test")
    found = parallel.lint_pages(directory.site(site, project=site.parent, settings=settings), settings).findings
    return {
        (finding.rule, Path(finding.location.image or "").stem)
        for finding in found
        if finding.location.page == "index.html"
    }


def test_lint_uses_measurements(site: Path) -> None:
    """The LCP image is the measured one, even if it is not the first; after a build there are no findings."""
    page = site / "index.html"
    html = page.read_text()
    page.write_text(html.replace('src="images/two.jpg"', 'src="images/two.jpg" loading="lazy"'))
    layout_file.write(site.parent / layout_file.NAME, layout(site, image_lcp("two")))
    before = lint_findings(site)
    assert {("lcp-lazy", "two"), ("offscreen-eager", "three"), ("offscreen-eager", "four")} <= before
    assert not {each for each in before if each[1] == "one"} & {("lcp-priority", "one"), ("offscreen-eager", "one")}
    page.write_text(html)
    assert ("lcp-priority", "two") in lint_findings(site)
    built(site)
    measured = {"lcp-lazy", "lcp-priority", "lcp-is-text", "offscreen-eager", "sizes-inaccurate", "layout-drifted"}
    assert not {rule for rule, _ in lint_findings(site)} & measured


@pytest.mark.parametrize(
    ("old", "new", "urgent"),
    [
        ("</head>", '<meta name="imageseo:hero" content="images/one.jpg"></head>', ["one"]),
        ('src="images/one.jpg"', 'src="images/one.jpg" fetchpriority="high"', ["one"]),
        ('src="images/three.jpg"', 'src="images/three.jpg" fetchpriority="high"', ["three"]),
        ('src="images/three.jpg"', 'src="images/three.jpg" fetchpriority="high" hidden', ["three"]),
    ],
)
@pytest.mark.parametrize("desktop", ["two", "one", "four"])
def test_lint_agrees_with_the_build_about_the_hero(
    site: Path, old: str, new: str, urgent: list[str], desktop: str
) -> None:
    """Whatever the measurement says at each viewport, a built page is not asked for a second high priority."""
    page = site / "index.html"
    page.write_text(page.read_text().replace(old, new, 1))
    built(site, layout(site, image_lcp("two", desktop=desktop)))
    high = [Path(ref.src).stem for ref in scan_page(page.read_bytes()).refs if ref.get("fetchpriority") == "high"]
    assert high == urgent
    rules = {rule for rule, _ in lint_findings(site)}
    assert not rules & {"lcp-lazy", "priority-lazy", "priority-many"}
    assert ("lcp-priority" in rules) is ("hidden" in new)


def test_prioritized_image_on_page_with_text_lcp_is_a_finding(site: Path) -> None:
    page = site / "index.html"
    page.write_text(page.read_text().replace('src="images/one.jpg"', 'src="images/one.jpg" fetchpriority="high"'))
    layout_file.write(site.parent / layout_file.NAME, layout(site, TEXT))
    assert ("lcp-is-text", "one") in lint_findings(site)
