"""One page, one file never ends a build: what cannot be read is one finding, and the rest is built."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path
from typing import Any

import pytest

from imageseo.integrations import directory
from imageseo.lint import parallel
from imageseo.model.finding import Finding, Severity
from imageseo.pipeline import page_writer, planner, stale_files, structured_data, variant_findings
from imageseo.web.html import edits, page_scan
from tests.pipeline.test_build import build, make_project, page
from tests.support import pictures, small_sites

FAST: dict[str, Any] = {"formats": ["webp"], "widths": [320], "encode": {"isolate": False}}
IMAGE = '<p><img src="/img/a.jpg" alt="A"></p>'
PIPES = (
    *("pipe.html", "x.png", "style.css", "app.js", "sitemap.xml", "robots.txt", "_headers", "netlify.toml", "sw.js"),
    *("feed.xml", "index.html.gz", "imageseo-aaaaaaaa.css"),
)


def by_page(findings: tuple[Finding, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in findings:
        if not each.rule.startswith(("variant-dropped", "lcp-", "og-")):
            found.setdefault(each.location.page, []).append(f"{each.rule}: {each.message}")
    return found


@pytest.mark.slow
def test_odd_files_are_findings_and_the_rest_is_built(tmp_path: Path) -> None:
    odd = page(
        '<p><img src="/img/a.jpg" alt="A"><img src="/x.png" alt="pipe"><img src="/zero.png" alt="device">'
        f'<img src="/img/out.jpg" alt="link"><img src="/{"x" * 300}.png" alt="long"></p>'
    ).replace("</head>", '<link rel="stylesheet" href="/style.css"><script src="/app.js"></script></head>')
    make_project(
        tmp_path,
        {
            "index.html": page(IMAGE),
            "odd.html": odd,
            "nul.html": page(IMAGE).replace("T</h1>", "T\0</h1>"),
            "utf16.html": page(IMAGE).encode("utf-16-le"),
            "img/a.jpg": small_sites.photo(500, 300),
            "sitemap.xml.gz": gzip.compress(b"<urlset/>"),
        },
    )
    site = tmp_path / "site"
    for name in PIPES:
        os.mkfifo(site / name)
    (tmp_path / "secret.html").write_text(page(IMAGE), "utf-8")
    (tmp_path / "out.jpg").write_bytes(small_sites.photo(400, 300))
    links = {"secret.html": "../secret.html", "loop.html": "loop.html", "gone.html": "none", "zero.png": "/dev/zero"}
    for name, target in {**links, "zero.html": "/dev/zero", "img/out.jpg": "../../out.jpg"}.items():
        (site / name).symlink_to(target)
    large = site / "large.html"
    large.touch()
    os.truncate(large, 2**36)
    bad_name = Path(os.fsdecode(os.fsencode(site) + b"/caf\xe9.html"))
    bad_name.write_text(page(IMAGE), "utf-8")

    first = build(tmp_path, FAST)
    found = by_page(first.findings)
    reasons = {
        "pipe.html": "it is a named pipe, not a file",
        "secret.html": "a symbolic link leads out of the site, and is not followed",
        "zero.html": "a symbolic link leads out of the site, and is not followed",
        "loop.html": "Too many levels of symbolic links",
        "gone.html": "No such file or directory",
        "utf16.html": "many NUL bytes",
    }
    for name, reason in reasons.items():
        (text,) = found[name]
        assert re.match(rf"page-unreadable: the page cannot be read: .*{reason}", text)
    assert found["large.html"] == [
        "page-oversized: the page is larger than 64 MiB, which is not read; it is left as it is"
    ]
    texts = found["odd.html"]
    assert [text.partition(":")[0] for text in texts] == ["img-unreadable"] * 3 + ["img-missing"]
    assert "x.png cannot be read: it is a named pipe" in texts[0]
    assert "zero.png cannot be read: a symbolic link leads out" in texts[1]
    assert "out.jpg cannot be read: a symbolic link leads out" in texts[2]
    assert any("sitemap.xml" in name for name in found)
    for built in ("index.html", "odd.html", "nul.html", bad_name.name):
        assert b"<picture" in (site / built).read_bytes(), built
    assert first.failed
    assert build(tmp_path, FAST).changed == ()

    settings_site = directory.site(site, project=tmp_path, settings=_settings())
    linted = parallel.lint_pages(settings_site, _settings())
    assert {name for name, reason in by_page(linted.findings).items() if reason[0].startswith("page-unr")} == {*reasons}


def _settings() -> Any:
    from imageseo import config

    return config.load({"site_url": "https://example.org/"}, "test")


@pytest.mark.parametrize(("before", "after"), [(1, 0), (40, 41), (400, 30), (0, 60)])
def test_page_is_readable_with_and_without_our_marks(tmp_path: Path, before: int, after: int) -> None:
    """Marks make a page longer: whether it is text must not depend on them, nor on what the last build saw."""
    make_project(
        tmp_path,
        {"index.html": page(IMAGE), "z.html": page(IMAGE), "img/a.jpg": pictures.save(pictures.flat("red"), "PNG")},
    )
    target = tmp_path / "site/index.html"
    original = target.read_bytes()
    small: dict[str, Any] = {**FAST, "json_ld": True}
    for count in (before, after):
        target.write_bytes(original.replace(b"T</h1>", b"T" + bytes(count) + b"</h1>"))
        result = build(tmp_path, small)
        marked = target.read_bytes()
        is_text = count * 20 <= len(edits.strip(marked))
        assert result.failed is not is_text
        assert (b"data-imageseo" in marked) is is_text
        assert b"data-imageseo" in (tmp_path / "site/z.html").read_bytes()
        # The same bytes are added to the page as built.
        target.write_bytes(marked.replace(b"</h1>", bytes(3) + b"</h1>"))
        assert build(tmp_path, small).failed is not ((count + 3) * 20 <= len(edits.strip(marked)) + 3)


@pytest.mark.parametrize(
    ("module", "name", "error"),
    [
        (planner, "plan_page", RecursionError("too deep")),
        (page_writer.PageWriter, "write", KeyError("key")),
        (structured_data, "build_graph", MemoryError()),
        (stale_files.StaleFileCleaner, "add_written_page", ValueError("odd")),
        (variant_findings, "image_findings", AttributeError("none")),
    ],
)
def test_unexpected_error_in_one_page_is_its_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, error: Exception
) -> None:
    pages = {f"{letter}.html": page(IMAGE, letter) for letter in "abc"}
    make_project(tmp_path, {**pages, "img/a.jpg": pictures.save(pictures.flat("red", size=(20, 20)), "PNG")})
    real = getattr(module, name)

    def failing(*args: Any, **kwargs: Any) -> Any:
        named = (getattr(each, "page", each) for each in args)
        if any(getattr(each, "path", "") == "b.html" for each in named):
            raise error
        return real(*args, **kwargs)

    monkeypatch.setattr(module, name, failing)
    with pytest.raises(type(error)):  # our own tests must fail
        build(tmp_path, FAST)
    for path, text in pages.items():
        (tmp_path / "site" / path).write_text(text, "utf-8")
    monkeypatch.setenv("IMAGESEO_TEST_RAISE", "0")
    result = build(tmp_path, FAST)
    (finding,) = (each for each in result.findings if each.rule == "page-unreadable")
    assert finding.location.page == "b.html"
    assert re.match(rf"imageseo crashed; this page .*: {type(error).__name__}", finding.message)
    assert "please report it" in finding.hint
    assert result.failed
    for path in ("a.html", "c.html"):
        assert b"data-imageseo" in (tmp_path / "site" / path).read_bytes()
    site_page = (tmp_path / "site/b.html").read_bytes()
    assert edits.strip(site_page).decode() == pages["b.html"]
    monkeypatch.setattr(module, name, real)
    assert not build(tmp_path, FAST).failed
    assert b"data-imageseo" in (tmp_path / "site/b.html").read_bytes()


def test_page_with_too_many_images_is_left_and_the_rest_is_built(tmp_path: Path) -> None:
    many = page('<IMG src="/img/a.jpg">' * 1_000_000)
    small = pictures.save(pictures.flat("red", size=(20, 20)), "PNG")
    make_project(tmp_path, {"index.html": page(IMAGE), "many.html": many, "img/a.jpg": small})
    result = build(tmp_path, FAST)
    (finding,) = (each for each in result.findings if each.rule == "page-oversized")
    assert finding.message == ("the page has 1,000,001 images; pages with up to 50,000 are read; it is left as it is")
    assert (finding.location.page, finding.severity, result.failed) == ("many.html", Severity.WARN, False)
    assert (tmp_path / "site/many.html").read_text("utf-8") == many
    assert b"data-imageseo" in (tmp_path / "site/index.html").read_bytes()


def test_sources_of_pictures_that_are_never_closed_are_few() -> None:
    html = page('<picture><source srcset="/a.png"><img src="/a.png" alt="A">' * 1500).encode()
    refs = page_scan.scan_page(html).refs
    assert len(refs) == 1501
    assert max(len(ref.sources) for ref in refs) <= 100
