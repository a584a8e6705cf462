"""A build that changes nothing says what it looked for; images that another tool has prepared are named once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from imageseo import config
from imageseo.integrations import directory, runner
from imageseo.integrations.progress import Quiet
from imageseo.model.finding import Finding
from imageseo.web.html.other_tools import tool_of
from imageseo.web.html.page_scan import scan_page
from tests.support import small_sites


def page(body: str, head: str = "") -> str:
    return (
        f'<!doctype html><html lang="en"><head><title>T</title>{head}</head>'
        f"<body><main><article><h1>T</h1>{body}</article></main></body></html>"
    )


def found(folder: Path, files: Mapping[str, str | bytes], rules: set[str], **options: Any) -> list[Finding]:
    small_sites.write(folder / "site", {"img/a.jpg": small_sites.photo(), **files})
    settings = config.load({"profile": "fast", "formats": ["webp"], "widths": [320], **options}, "test")
    results = []
    for _ in range(2):  # a build from records says the same
        site = directory.site(folder / "site", project=folder, settings=settings)
        result = runner.build(site, settings, progress=Quiet())
        results.append([finding for finding in result.findings if finding.rule in rules])
    assert results[0] == results[1]
    return results[0]


@pytest.mark.parametrize(
    ("body", "reason", "hint"),
    [
        (
            '<img src="/img/gone.jpg" alt="A"><img src="/x.jpg" alt="B">',
            "files that are not in the site: 2",
            "site_url",
        ),
        ('<img src="https://cdn.example/a.jpg" alt="A">', "images of other hosts: 1", ""),
        ('<img src="/img/a.jpg" alt="A" data-imageseo="ignore">', "left out by `data-imageseo`", "exclude"),
        ('<img src="/img/a.jpg" srcset="/img/a.jpg 500w" loading="lazy" alt="A">', "your own `srcset`: 1", ""),
        ("<p>Text</p>", "no <img> in 1 page", "script"),
    ],
)
def test_reasons_are_counted_if_nothing_was_changed(tmp_path: Path, body: str, reason: str, hint: str) -> None:
    findings = found(tmp_path, {"index.html": page(body)}, {"images-unchanged"}, site_url="https://example.org/")
    assert len(findings) == 1
    assert reason in findings[0].message
    assert hint in findings[0].hint


def test_one_changed_image_is_no_silence(tmp_path: Path) -> None:
    files = {"index.html": page('<img src="/img/a.jpg" alt="A">'), "b.html": page('<img src="/gone.jpg" alt="B">')}
    assert found(tmp_path, files, {"images-unchanged"}) == []


def test_site_below_a_path_without_address_is_told_what_to_set(tmp_path: Path) -> None:
    """The images are found as soon as the address is set."""
    head = '<link rel="stylesheet" href="/docs/style.css">'
    files = {"index.html": page('<img src="/docs/img/a.jpg" alt="A">', head), "style.css": "p{color:red}"}
    hints = [finding.hint for finding in found(tmp_path, files, {"site-url-missing"})]
    assert 'set `site_url` in imageseo.toml, for example "https://example.org/docs/"' in hints
    address = "https://example.org/docs/"
    assert found(tmp_path / "set", files, {"images-unchanged", "img-missing"}, site_url=address) == []


def test_address_of_a_home_page_without_final_slash_is_used(tmp_path: Path) -> None:
    """Astro writes canonical links without a final slash."""
    head = '<link rel="canonical" href="https://example.org/docs">'
    files = {"index.html": page('<img src="/docs/img/a.jpg" alt="A">', head)}
    assert found(tmp_path, files, {"images-unchanged", "site-url-missing", "img-missing"}) == []


TAGS = {
    "Next.js": '<img data-nimg="1" srcset="/a-640.webp 1x, /a-1080.webp 2x" src="/a.webp">',
    "Astro": '<img src="/_astro/a.DyEx7Q2l_Z1fK.webp" srcset="/_astro/a.DyEx7Q2l_Z1fK.webp 640w">',
    "Pelican's image-process": '<img class="image-process-large" srcset="/p/derivatives/large/600w/a.jpg 600w" src=a>',
    "WordPress": '<img class="wp-image-12" srcset="/wp-content/uploads/2026/a-300x200.jpg 300w" src="a-scaled.jpg">',
    "Hugo": '<img srcset="/p/a_hu_3fa9c1d2e4b5.webp 480w" src="/p/a_hu_3fa9c1d2e4b5.webp">',
    "Eleventy Image": '<picture><source srcset="/img/rQ0gvyxHm2-600.avif 600w"><img src="/img/a.jpeg"></picture>',
    "Gatsby": '<img data-main-image="" srcset="/static/0123456789abcdef0123456789abcdef/a1b2c/a.jpg 300w" src="/a">',
    "Jekyll Picture Tag": '<img src=a srcset="/generated/a-400-0123abcde.webp 400w">',
}


@pytest.mark.parametrize("tool", TAGS)
def test_tool_is_recognized_by_its_candidates(tool: str) -> None:
    assert tool_of(scan_page(f"<main>{TAGS[tool]}</main>".encode()).refs[0]) == tool


@pytest.mark.parametrize(
    "tag",
    [
        '<img src="/img/a.jpg" srcset="/img/a-2x.jpg 2x">',
        '<img src="/_astro/a.DyEx7Q2l.webp">',  # one file: imageseo makes its candidates
        '<img class="wp-image-12" src="a.jpg">',
        '<picture><source srcset="dark.png" media="(prefers-color-scheme: dark)"><img src="light.png"></picture>',
    ],
)
def test_plain_images_and_candidates_of_authors_are_of_no_tool(tag: str) -> None:
    assert tool_of(scan_page(f"<main>{tag}</main>".encode()).refs[0]) is None


def test_other_tool_is_named_once(tmp_path: Path) -> None:
    files = {f"{name}.html": page(TAGS["Eleventy Image"] * 2) for name in ("a", "b", "c")}
    findings = found(tmp_path, {**files, "d.html": page('<img src="/img/a.jpg" alt="A">')}, {"images-of-other-tool"})
    assert [finding.message for finding in findings] == [
        "candidates written by Eleventy Image are kept: 6 images on 3 pages"
    ]
