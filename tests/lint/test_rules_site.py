"""Rules about what surrounds images: JSON-LD, sitemaps, robots.txt, feeds; and invalid input to each."""

from __future__ import annotations

import gzip
import importlib
import json
import shutil
import subprocess
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from imageseo.config.settings import Settings
from imageseo.images.decoding.probe import probe
from imageseo.lint.crashes import CRASHED
from imageseo.lint.engine import RuleRunner
from imageseo.lint.facts import sitemaps, xml_stream
from imageseo.lint.facts.page import PageContext, SiteFacts, SiteFiles
from imageseo.lint.rule import Rule
from imageseo.lint.severity import SeverityLevels
from imageseo.model.finding import Finding, Severity
from imageseo.model.site import Page, Site
from imageseo.web.robots import IMAGES, PAGES, Robots
from imageseo.web.sitemaps.image_sitemap import SitemapLimits
from imageseo.web.structured_data.json_position import position
from tests.support.small_sites import photo, write

ROOT = Path(__file__).parents[2]
BASE = "https://x.example/"
SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
IMAGE = 'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'


def rule(name: str) -> Rule:
    module = name.replace("-", "_")
    return Rule.of(module, importlib.import_module(f"imageseo.lint.rules.{module}"))


def lint_site(root: Path, *names: str, base_url: str | None = BASE) -> list[Finding]:
    """Return the findings of rules for every page below a folder and for the site; no rule may crash."""
    pages = tuple(Page(path=file.relative_to(root).as_posix()) for file in sorted(root.rglob("*.html")))
    site = Site(root=root, project=root, base_url=base_url, pages=pages)
    files = SiteFiles(root, lambda path: probe(root / path, path, max_pixels=10**8))
    rules = [rule(name) for name in names]
    runner = RuleRunner(
        site=site,
        rules=rules,
        levels=SeverityLevels(rules={each.id: each.severity for each in rules}),
        files=files,
        page_context=PageContext.of(site, Settings()),
        site_facts=SiteFacts(site, files=files, settings=Settings()),
    )
    found = [finding for page in pages for finding in runner.check_page(page).findings] + list(
        runner.check_site().findings
    )
    assert not [finding for finding in found if finding.message.startswith(CRASHED)]
    return found


def lint_json_ld(root: Path, text: str, *names: str, before: str = "") -> list[Finding]:
    """Return the findings of rules for a page with one JSON-LD block, which begins on line 2."""
    html = f'<!doctype html><title>t</title>{before}\n<script type="application/ld+json">{text}</script>'
    write(root, {"index.html": html})
    return lint_site(root, *names)


def places(found: Sequence[Finding]) -> list[tuple[str, int | None, int | None]]:
    return [(each.location.page, each.location.line, each.location.column) for each in found]


# JSON-LD

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [(path, value), *(found for key, each in inner for found in paths(each, (*path, key)))]


@pytest.mark.slow
@given(JSON, st.sampled_from((None, 2)), st.booleans())
@settings(max_examples=60, deadline=None)
def test_position_of_every_json_value_is_found(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = "\n " + json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    for path, inner in paths(value):
        found, _ = json.JSONDecoder().raw_decode(text, position(text, path))
        assert found == (path[-1] if path and isinstance(path[-1], str) else inner)


@pytest.mark.parametrize("size", [10**400, '"' + "9" * 400 + ' px"', 3_000_000])
def test_huge_size_is_reported_as_wrong(size: int | str, tmp_path: Path) -> None:
    Image.new("RGB", (160, 90)).save(tmp_path / "a.jpg")
    text = f'{{"@context": "https://schema.org", "@type": "ImageObject", "contentUrl": "a.jpg", "width": {size}}}'
    (found,) = lint_json_ld(tmp_path, text, "ld-file")
    assert found.message == "JSON-LD declares width more than a million for a.jpg, which is 160×90 px"


@pytest.mark.parametrize(
    "image",
    ["https://x.example/p/#img", "https://x.example/boats.jpg", "https://other.example/p/#img", "https://x.example/#a"],
)
def test_reference_to_an_object_is_not_a_file(image: str, tmp_path: Path) -> None:
    Image.new("RGB", (160, 90)).save(tmp_path / "a.jpg")
    graph = [
        {"@type": "Article", "image": image},
        {"@type": "ImageObject", "@id": image, "contentUrl": "a.jpg"},
    ]
    document = {"@context": "https://schema.org", "@graph": graph}
    assert lint_json_ld(tmp_path, json.dumps(document), "ld-file") == []
    graph[1]["contentUrl"] = "gone.jpg"
    assert ["gone.jpg" in each.message for each in lint_json_ld(tmp_path, json.dumps(document), "ld-file")] == [True]
    document["@graph"] = [{"@type": "Article", "image": "https://x.example/gone.jpg#xywh=1,2,3,4"}]
    assert len(lint_json_ld(tmp_path, json.dumps(document), "ld-file")) == 1


@pytest.mark.parametrize(
    ("types", "count"),
    [('"ImageObject"', 1), ('["ImageObject", "Barcode"]', 1), ('["ImageObject", "Product"]', 0), ('"Product"', 0)],
)
def test_a_node_of_two_types_has_the_properties_of_both(types: str, count: int, tmp_path: Path) -> None:
    text = f'{{"@context": "https://schema.org", "@type": {types}, "contentUrl": "https://y.example/a.jpg", "sku": "1"'
    assert len(lint_json_ld(tmp_path, text + "}", "ld-vocab")) == count
    assert len(
        lint_json_ld(tmp_path, text + ', "thumbnailUrls": "https://y.example/b.jpg"}', "ld-vocab")
    ) == count * 2 + (count == 0)


WORDS = st.sampled_from(
    ["@context", "@type", "@id", "@graph", "image", "images", "contentUrl", "url", "width", "digitalSourceType"]
)
VALUES = st.sampled_from(
    ["https://schema.org", "ImageObject", "Imageobject", "Article", "a.jpg", "", "#a", 7, -1, 10**400, None]
)


@given(
    st.recursive(
        VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5), max_leaves=12
    )
)
@settings(max_examples=60, deadline=None)
def test_arbitrary_json_ld_crashes_no_rule(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    document = {"@context": "https://schema.org", "@graph": value}
    names = ("ld-parse", "ld-vocab", "ld-imageobject", "ld-file", "ld-article", "prov-dst", "prov-consistent")
    lint_json_ld(tmp_path_factory.mktemp("ld"), json.dumps(document) + "<img src=a.jpg>", *names)


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ('{"a": 1,}', 44, "expecting property name"),  # py 3.13 says it at the comma
        ('{"a": "é", "b": nan}', 52, "expecting value"),
        ('{"a": "x\ny"}', None, "invalid control character"),
        ('{"a": NaN}', 36, "NaN is not valid JSON"),
        ('{"a": 1} {"b": 2}', 45, "extra data"),
        ("[" * 50_000, 36, "nested too deeply"),
        ("{&quot;a&quot;: 1}", 37, "expecting property name"),
        ("", None, "is empty"),
    ],
)
def test_invalid_json_ld_is_reported_where_parsing_stopped(
    tmp_path: Path, text: str, column: int | None, words: str
) -> None:
    found = lint_json_ld(tmp_path, text, "ld-parse", "ld-vocab", "ld-file")
    assert [each.rule for each in found] == ["ld-parse"]
    assert words in found[0].message or "trailing comma" in found[0].message
    assert found[0].location.line is not None
    if column is not None:
        assert abs((found[0].location.column or 0) - column) <= 2
    if "&quot;" in text:
        assert "tojson" in found[0].hint


def test_a_column_counts_characters_in_any_charset(tmp_path: Path) -> None:
    text = '<meta charset="windows-1252"><p>é</p>\n<p>é</p><script type="application/ld+json">{"é": 1, x}</script>'
    (tmp_path / "index.html").write_bytes(text.encode("windows-1252"))
    assert places(lint_site(tmp_path, "ld-parse")) == [("index.html", 2, text.splitlines()[1].index("x}") + 1)]


def test_comment_marks_around_a_block_are_accepted(tmp_path: Path) -> None:
    for opened, closed in (("<!--", "-->"), ("//<![CDATA[\n", "\n//]]>"), ("/*<![CDATA[*/", "/*]]>*/")):
        assert lint_json_ld(tmp_path, f'{opened}{{"@context": "https://schema.org"}}{closed}', "ld-parse") == []


def test_a_huge_block_is_not_read(tmp_path: Path) -> None:
    found = lint_json_ld(tmp_path, '{"a": "' + "x" * 10_500_000 + '"}', "ld-parse", "ld-vocab")
    expected = "a JSON-LD block of the theme or the page is not read: it has 10.0 MiB, the limit is 4 MiB"
    assert [each.message for each in found] == [expected]
    assert places(found) == [("index.html", 2, 36)]


def test_block_with_thousands_of_misspellings_gives_few_findings(tmp_path: Path) -> None:
    keys = ", ".join(f'"imag{number:x}": 1' for number in range(20_000))
    found = lint_json_ld(tmp_path, f'{{"@context": "https://schema.org", "@type": "ImageObject", {keys}}}', "ld-vocab")
    assert 1 <= len(found) <= 101


def test_findings_are_at_the_position_of_their_value(tmp_path: Path) -> None:
    Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    text = """{"@context": "https://schema.org", "@graph": [
  {"@type": "ImageObject", "contentUrl": "a.png", "creditText": "é",
   "width": "60 px", "height": 20,
   "licence": "https://x.example/terms"},
  {"@type": "Article", "name": "ok", "image": ["a.png",
    "b.png"]}]}"""
    found = lint_json_ld(tmp_path, text, "ld-vocab", "ld-file", "ld-imageobject")
    assert [(each.rule, *places([each])[0][1:]) for each in found] == [
        ("ld-vocab", 5, 4),
        ("ld-file", 4, 4),
        ("ld-file", 7, 5),
    ]
    assert found[0].hint == "did you mean license?"
    assert "width 60 for a.png, which is 40×20 px" in found[1].message
    assert found[2].message == "JSON-LD names b.png, which is not in the site"


@pytest.mark.parametrize(
    "text",
    [
        '{"@context": "https://example.org/own", "@type": "ImageObject", "images": 1}',
        '{"@type": "ImageObject", "images": 1}',
        '{"@context": ["https://schema.org", {"hue": "https://example.org/hue"}], "@type": "ImageObject", "url": "a",'
        ' "hue": 7, "creditText": "A"}',
        '{"@context": {"@vocab": "http://schema.org/"}, "@type": "schema:ImageObject", "schema:url": "https://y.example/a",'
        ' "schema:license": "https://y.example/l", "dc:title": "x"}',
        '{"@context": "https://schema.org", "@type": "Product", "photos": [], "screenshot": {"@id": "#x"}}',
        '{"@context": "https://schema.org", "@type": "Organization", "logo": {"@type": "ImageObject",'
        ' "url": "https://y.example/logo.png", "width": "60 cm"}}',
    ],
)
def test_valid_or_foreign_json_ld_is_accepted(tmp_path: Path, text: str) -> None:
    assert lint_json_ld(tmp_path, text, "ld-parse", "ld-vocab", "ld-imageobject", "ld-file") == []


def test_an_article_may_name_its_images_by_reference(tmp_path: Path) -> None:
    for width, height in ((1200, 1200), (1200, 900), (1200, 675)):
        Image.new("RGB", (width, height)).save(tmp_path / f"{height}.png")
    nodes = [{"@type": "ImageObject", "@id": f"#{side}", "contentUrl": f"{side}.png"} for side in (1200, 900, 675)]
    article = {"@type": "Article", "@id": "#a", "image": [{"@id": f"#{side}"} for side in (1200, 900, 675)]}
    document = {"@context": "https://schema.org", "@graph": [article, *nodes]}
    assert lint_json_ld(tmp_path, json.dumps(document), "ld-article", "ld-imageobject", "ld-file") == []
    article["image"] = [{"@id": "#1200"}, {"@id": "#675"}]
    found = lint_json_ld(tmp_path, json.dumps(document), "ld-article")
    assert [each.message for each in found] == ["the Article has no image in 4:3"]


# Sitemaps


def urlset(*entries: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>\n') -> str:
    return f"{head}<urlset {SITEMAP} {IMAGE}>\n" + "\n".join(entries) + "\n</urlset>"


def entry(path: str = "", *images: str, more: str = "") -> str:
    listed = "".join(f"<image:image><image:loc>{image}</image:loc></image:image>" for image in images)
    return f"<url><loc>{BASE}{path}</loc>{more}{listed}</url>"


def test_sitemap_errors_have_line_and_column(tmp_path: Path) -> None:
    text = urlset(
        entry(more="<lastmod>2026-13-01</lastmod>"),
        entry("a/", more="<lastmod>2026-11-22T10:30+01:00</lastmod><priority>1.5</priority>"),
        "<url>\n  <loc>/b/</loc></url>",
        "<url><lastmod>2026</lastmod></url>",
        entry("c/", "c.jpg"),
        entry("d/", more="<image:image><image:loc>https://x.example/d.jpg</image:loc><image:title>D</image:title>"
              "</image:image><changefreq>often</changefreq><extra/>"),
    )  # fmt: skip
    write(tmp_path, {"sitemap.xml": text})
    found = lint_site(tmp_path, "sitemap-schema")
    errors = {(*places([each])[0][1:], each.message.removeprefix("sitemap.xml: ").split(";")[0]) for each in found}
    assert errors == {
        (3, 35, "<lastmod> is “2026-13-01”"),
        (4, 78, "<priority> is “1.5”"),
        (6, 3, "<loc> is “/b/”"),
        (7, 1, "an entry has no <loc>"),
        (8, 50, "<image:loc> is “c.jpg”"),
        (9, 96, "<image:title> is no longer read"),
        (9, 138, "<changefreq> is “often”"),
    } | {(line, column, message) for line, column, message in errors if "extra" in message}
    assert any("<extra> is not allowed here" in message for *_, message in errors)
    assert {each.severity for each in found} == {Severity.ERROR}


def test_many_sitemap_errors_of_a_kind_are_counted(tmp_path: Path) -> None:
    write(tmp_path, {"sitemap.xml": urlset(*(entry(f"{n}/", f"{n}.jpg") for n in range(500)))})
    found = lint_site(tmp_path, "sitemap-schema")
    assert len(found) == 20
    assert found[-1].message.endswith("(and 480 more like this)")


def read(root: Path, limits: SitemapLimits | None = None) -> tuple[sitemaps.Sitemaps, list[str]]:
    found = sitemaps.read(Site(root=root, project=root, base_url=BASE, pages=()), [], limits=limits)
    return found, [problem.message for problem in found.problems]


def test_sitemap_limits_are_checked(tmp_path: Path) -> None:
    write(tmp_path, {"sitemap.xml": urlset(*(entry(f"{n}/", *(f"{BASE}{i}.jpg" for i in range(n))) for n in range(9)))})
    found, messages = read(tmp_path, SitemapLimits(urls=5, images=7))
    assert messages == [
        "sitemap.xml: the entries from here on are not read: a file may have 5",
        "sitemap.xml: https://x.example/8/ lists 8 images; 7 are read",
    ]
    assert [problem.place.line for problem in found.problems if problem.place] == [8, 11]
    assert len(found.pages) == 9
    assert found.images[f"{BASE}7.jpg"].line == 11


def test_a_sitemap_of_60_mb_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "sitemap.xml").open("wb") as file:
        file.truncate(60_000_000)
    _, messages = read(tmp_path)
    assert messages == ["sitemap.xml is larger than 52,428,800 bytes (50 MiB), and is not read"]
    (tmp_path / "sitemap.xml").unlink()
    blank = urlset((" " * 1_000_000 + "<!-- -->") * 60)  # packs into 300 KB
    (tmp_path / "sitemap.xml.gz").write_bytes(gzip.compress(blank.encode(), 1))
    assert read(tmp_path)[1] == ["sitemap.xml.gz is larger than 52,428,800 bytes (50 MiB), and is not read"]


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"<!DOCTYPE urlset [{LAUGHS}]>" + urlset(entry("&l11;"), head=""), "declares entities"),
        ('<!DOCTYPE u [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + urlset(entry("&x;"), head=""), "declares entities"),
        (f"<!DOCTYPE urlset [{LAUGHS}]>{urlset(head='')}".encode("utf-16"), "declares entities"),
        ('<!DOCTYPE u SYSTEM "http://127.0.0.1:9/x.dtd">' + urlset(entry("&x;"), head=""), "refers to an entity"),
        (urlset(entry(), head="").encode("utf-16"), "is in UTF-16"),
        (urlset(entry()) + "<more/>", "not well-formed XML"),
        (urlset(entry())[:150], "not well-formed XML"),
        ("", "is empty"),
        ("<html><body>404</body></html>", "has the root <html>"),
        ("<urlset><url><loc>https://x.example/</loc></url></urlset>", "has no namespace"),
        (b"\x00\x01\x02" * 99, "not well-formed XML"),
        (urlset("<url><loc>https://x.example/\xe9</loc></url>").encode("latin-1"), "not well-formed XML"),
        ("<a>" * 100_000, "not well-formed XML"),
    ],
)
def test_invalid_sitemap_is_one_finding(tmp_path: Path, content: str | bytes, words: str) -> None:
    write(tmp_path, {"sitemap.xml": content})
    found = lint_site(tmp_path, "sitemap-schema", "sitemap-robots")
    assert len(found) == 1
    assert words in found[0].message
    assert found[0].hint
    assert "root:" not in found[0].message


def test_compressed_sitemaps_are_read_and_compared(tmp_path: Path) -> None:
    text = urlset(entry(more="<priority>9</priority>")).encode()
    write(tmp_path, {"sitemap.xml.gz": gzip.compress(text)})
    assert places(lint_site(tmp_path, "sitemap-schema")) == [("sitemap.xml.gz", 3, 35)]
    for broken in (gzip.compress(text)[:60], b"\x1f\x8b" + b"x" * 40, gzip.compress(text)[:-6] + b"damage"):
        write(tmp_path, {"sitemap.xml.gz": broken})
        found = lint_site(tmp_path, "sitemap-schema")
        assert [each.message.split(":")[0] for each in found if "damaged" in each.message] == [
            "sitemap.xml.gz is a damaged gzip file"
        ]
    write(tmp_path, {"sitemap.xml": urlset(entry()), "sitemap.xml.gz": gzip.compress(urlset(entry()).encode())})
    assert lint_site(tmp_path, "sitemap-schema") == []
    write(tmp_path, {"sitemap.xml.gz": gzip.compress(text)})
    found = lint_site(tmp_path, "sitemap-schema")
    assert [(each.severity, each.message) for each in found] == [
        (Severity.WARN, "sitemap.xml.gz and sitemap.xml differ: one is stale")
    ]


def test_sitemap_index_and_its_sitemaps_are_read(tmp_path: Path) -> None:
    names = ("a.xml", "gone.xml", "sitemap.xml", "deep.xml", "b.xml.gz")
    listed = "\n".join(f"<sitemap><loc>{BASE}{name}</loc></sitemap>" for name in names)
    index = f"<sitemapindex {SITEMAP}>\n{listed}\n<sitemap><loc>https://elsewhere.example/s.xml</loc></sitemap></sitemapindex>"
    parts = {"sitemap.xml": index, "deep.xml": index, "a.xml": urlset(entry("a/"))}
    write(tmp_path, {**parts, "b.xml.gz": gzip.compress(urlset(entry("b/", f"{BASE}b.jpg")).encode())})
    found, messages = read(tmp_path)
    assert messages == [
        "gone.xml is referenced here but is not in the site",
        "deep.xml is an index in an index; search engines follow one level only",
    ]
    assert found.problems[0].place is not None
    assert (found.problems[0].place.file, found.problems[0].place.line) == ("sitemap.xml", 3)
    assert set(found.pages) == {f"{BASE}a/", f"{BASE}b/"}
    assert found.images[f"{BASE}b.jpg"].file == "b.xml.gz"


@pytest.mark.skipif(shutil.which("xmllint") is None, reason="xmllint is not installed")
@pytest.mark.parametrize(
    ("text", "valid"),
    [
        (urlset(entry("a/", f"{BASE}a.jpg", more="<lastmod>2026-11-22T10:30:00Z</lastmod>")), True),
        (urlset(entry(more='<xhtml:link xmlns:xhtml="http://www.w3.org/1999/xhtml" rel="alternate"/>')), True),
        (urlset(entry(more="<lastmod>22.11.2026</lastmod>")), False),
        (urlset(entry(more="<image:image><image:loc>https://a.b/c</image:loc><image:title/></image:image>")), False),
        (urlset(entry("", "/relative.jpg")), False),
        (f"<urlset {SITEMAP}><url><priority>0.5</priority><foo/></url></urlset>", False),
    ],
)  # fmt: skip
def test_schema_result_matches_xmllint(tmp_path: Path, text: str, valid: bool) -> None:
    write(tmp_path, {"sitemap.xml": text})
    schema = str(ROOT / "imageseo/lint/facts/schemas/sitemap.xsd")
    command = ["xmllint", "--noout", "--nonet", "--schema", schema, str(tmp_path / "sitemap.xml")]
    assert (subprocess.run(command, capture_output=True, check=False).returncode == 0) is valid
    assert (lint_site(tmp_path, "sitemap-schema") == []) is valid


# robots.txt


@pytest.mark.parametrize(
    ("rules", "path", "images", "pages"),
    [
        ("User-agent: *\nDisallow: /", "a.jpg", False, False),
        ("User-agent: *\nDisallow:", "a.jpg", True, True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Googlebot\nAllow: /", "a.jpg", True, True),
        ("User-agent: Googlebot\nDisallow: /\n\nUser-agent: Googlebot-Image\nDisallow:", "a.jpg", True, False),
        ("User-agent: Googlebot-Image\nDisallow: /*.jpg$", "a.jpg", False, True),
        ("User-agent: Googlebot-Image\nDisallow: /*.jpg$", "a.jpg?v=1", True, True),
        (
            "User-agent: *\nDisallow: /img/\nAllow: /img/public/",
            "img/public/a.jpg",
            True,
            True,
        ),  # the longest match wins
        ("User-agent: *\nAllow: /img\nDisallow: /img", "img/a.jpg", True, True),  # of equal matches Allow wins
        ("User-agent: a\nUser-agent: Googlebot\nDisallow: /x", "x", False, False),
        ("user-agent: GOOGLEBOT # any case\ndisallow: /x # why", "x", False, False),
        ("User-agent: Googlebot\nDisallow: /a\n\nUser-agent: Googlebot\nDisallow: /b", "a", False, False),
        ("User-agent: *\nDisallow: /caf%C3%A9/", "café/a.jpg", False, False),
        ("User-agent: *\nDisallow: /X/", "x/a.jpg", True, True),
        ("\ufeffUser-agent: *\nDisallow: /x", "x", False, False),
        ("User-agent: BingBot\nDisallow: /", "a.jpg", True, True),
        ("# " + "x" * 600_000 + "\nUser-agent: *\nDisallow: /", "a.jpg", True, True),
        ("Disallow: /\n\x00\xff", "a.jpg", True, True),
    ],
)
def test_robots_follow_rfc_9309(rules: str, path: str, images: bool, pages: bool) -> None:
    robots = Robots(rules.encode("utf-8", "replace"))
    assert robots.allows(BASE + path, IMAGES) is images
    assert robots.allows(BASE + path, PAGES) is pages


def test_blocked_or_noindex_entries_are_reported(tmp_path: Path) -> None:
    hidden = '<title>t</title>\n<meta name="ROBOTS" content="NoIndex,follow">'
    text = urlset(
        entry("", f"{BASE}img/a.jpg", f"{BASE}img/b.jpg", f"{BASE}c.jpg", "https://cdn.example/img/d.jpg"), entry("h/")
    )
    files = {"sitemap.xml": text, "robots.txt": "User-agent: *\nDisallow: /img/", "h/index.html": hidden}
    write(tmp_path, {**files, "index.html": "<title>t</title>"})
    write(tmp_path, dict.fromkeys(("img/a.jpg", "img/b.jpg", "c.jpg"), photo()))
    found = lint_site(tmp_path, "sitemap-robots")
    assert [(*places([each])[0], each.message) for each in found] == [
        ("h/index.html", 2, 1, "the page has noindex, but sitemap.xml lists it (line 4)"),
        (
            "sitemap.xml",
            3,
            None,
            "robots.txt blocks Googlebot-Image from the listed image https://x.example/img/a.jpg "
            "and 1 more in its folder",
        ),
    ]
    assert len(lint_site(tmp_path, "sitemap-robots", base_url=f"{BASE}project/")) == 0, (
        "/project/robots.txt is not read by crawlers"
    )


@pytest.mark.parametrize(
    ("root", "page", "count"),
    [
        *(("", "", 2), ("", "guide/", 2), ("", "guide", 2), ("", "guide/index.html", 2), ("", "about", 2)),
        *(("docs/", "", 0), ("docs/", "guide/", 0), ("project/docs/", "about.html", 0)),
    ],
)
def test_without_base_url_robots_txt_applies_if_the_sitemap_lists_the_root_of_a_host(
    root: str, page: str, count: int, tmp_path: Path
) -> None:
    text = urlset(
        f"<url><loc>{BASE}{root}{page}</loc><image:image><image:loc>{BASE}{root}img/a.jpg</image:loc></image:image></url>"
    )
    write(tmp_path, {"sitemap.xml": text, "robots.txt": "User-agent: *\nDisallow: /"})
    write(tmp_path, {"index.html": "a", "guide/index.html": "b", "about.html": "c"})
    assert len(lint_site(tmp_path, "sitemap-robots", base_url=None)) == count


def test_sitemaps_announced_in_robots_txt_are_read(tmp_path: Path) -> None:
    robots = f"User-agent: *\nDisallow:\nSitemap: {BASE}maps/a.xml\nSITEMAP:{BASE}gone.xml\nSitemap: https://y.example/s.xml\n"
    write(tmp_path, {"robots.txt": robots, "maps/a.xml": urlset(entry(more="<priority>2</priority>"))})
    assert places(lint_site(tmp_path, "sitemap-schema")) == [("maps/a.xml", 3, 35), ("robots.txt", 4, None)]


def test_compressed_file_with_an_endless_line_is_streamed(tmp_path: Path) -> None:
    path = tmp_path / "sitemap.xml.gz"
    text = urlset(entry(more="<priority>2</priority>")).encode()
    with gzip.open(path, "wb", compresslevel=1) as packed:
        packed.write(text.rpartition(b"</urlset>")[0])
        for _ in range(60):
            packed.write(b" " * 2**20)
        packed.write(b"</urlset>")
    tracemalloc.start()
    found = xml_stream.tag_columns(path, [(3, "loc"), (9, "loc")])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found[3, "loc"] > 1
    assert peak < 8 * 2**20
    with gzip.open(path) as packed:
        lines = list(xml_stream.Bounded(cast("IO[bytes]", packed), 10**9).lines())
    assert [number for number, _ in lines] == list(range(1, len(lines) + 1))
    assert max(len(line) for _, line in lines) <= 2**20


# Feeds

RSS = '<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel>\n<item>{}</item></channel></rss>'
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom">\n<entry>{}</entry></feed>'


@pytest.mark.parametrize("head", ['<?xml version="1.0"?>\n<data>', "<svg xmlns='http://www.w3.org/2000/svg'>"])
def test_other_xml_is_skipped_by_its_root(tmp_path: Path, head: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(tmp_path / "data.xml").write_text(head + "<a><b/></a>" * 100_000, "utf-8")
    Path(tmp_path / "feed.xml").write_text(RSS.format(f'<enclosure url="{BASE}gone.png"/>'), "utf-8")
    read: list[int] = []
    bounded = xml_stream.Bounded.read

    def counted(file: xml_stream.Bounded, size: int = -1) -> bytes:
        read.append(size)
        return bounded(file, size)

    monkeypatch.setattr(xml_stream.Bounded, "read", counted)
    assert {each.location.page for each in lint_site(tmp_path, "feed-enclosure")} == {"feed.xml"}
    assert 0 < len(read) < 5, "the feed alone"


def test_enclosures_are_compared_with_their_files(tmp_path: Path) -> None:
    Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    size = (tmp_path / "a.png").stat().st_size
    right = f'<enclosure url="{BASE}a.png" length="{size}" type="image/png"/>'
    media = f'<media:content url="{BASE}a.png" fileSize="{size}" width="40" height="20"/>'
    media += f'<media:thumbnail url="{BASE}a.png"/>'
    links = f'<link rel="alternate" href="gone"/><link rel="enclosure" href="{BASE}a.png" length="{size}"/>'
    write(tmp_path, {"feed.xml": RSS.format(right + media), "f/atom.xml": ATOM.format(links)})
    assert lint_site(tmp_path, "feed-enclosure") == []
    wrong = (
        f'<enclosure url="{BASE}a.png" length="1" type="image/jpeg"/>\n<enclosure url="a.png" length="1" type="x/y"/>'
    )
    thumbs = f'<media:thumbnail url="{BASE}A.png"/><media:content url="{BASE}a.png" height="9"/>'
    write(tmp_path, {"feed.xml": RSS.format(wrong + thumbs), "f/atom.xml": ATOM.format('<link rel="enclosure"/>')})
    found = lint_site(tmp_path, "feed-enclosure")
    assert [(*places([each])[0], each.message) for each in found] == [
        ("f/atom.xml", 2, 8, '<link rel="enclosure"> lacks href'),
        ("feed.xml", 2, 7, f"<enclosure> declares 1 bytes for a.png, which has {size}"),
        ("feed.xml", 2, 7, "<enclosure> declares image/jpeg for a.png, which is image/png"),
        ("feed.xml", 3, 1, "<enclosure> has no absolute http(s) URL: a.png"),
        ("feed.xml", 3, 47, "<media:thumbnail> names A.png, which is not in the site"),
        ("feed.xml", 3, 95, "<media:content> declares height 9 for a.png, which is 40×20 px"),
    ]


def test_unreadable_feeds_are_reported(tmp_path: Path) -> None:
    laughs = f"<!DOCTYPE rss [{LAUGHS}]>" + RSS.format("<title>&l11;</title>")
    files = {
        "a.rss": RSS.format("")[:80],
        "sitemap.xml": "<urlset",
        "b.xml": "<rss><a></rss>",
        "c.xml": laughs,
        "d.xml": "",
    }
    write(tmp_path, {**files, "e.atom": gzip.compress(b"<feed")[:12]})
    (tmp_path / "loop").symlink_to(tmp_path)
    found = lint_site(tmp_path, "feed-enclosure")
    assert [(each.location.page, each.message.split(":")[0]) for each in found] == [
        ("a.rss", "a.rss is not well-formed XML"),
        ("b.xml", "b.xml is not well-formed XML"),
        ("c.xml", "c.xml declares entities, and is not read"),
        ("e.atom", "e.atom is a damaged gzip file"),
    ]
