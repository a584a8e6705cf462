"""JSON-LD of built pages, joined with that of the theme: articles with crops, other plug-ins' blocks, removal."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imageseo.pipeline.build import BuildResult
from tests.pipeline.test_build import build, findings_of, make_project, page
from tests.support import pictures, small_sites

BASE = "https://example.org/"
QUICK: dict[str, Any] = {"formats": ["webp"], "widths": [320]}
SCRIPT = re.compile(r'<script type="?application/ld\+json[^>]*>(.*?)</script>', re.DOTALL)


def with_blocks(html: str, *blocks: object) -> str:
    texts = [each if isinstance(each, str) else json.dumps(each, indent=2).replace("</", "<\\/") for each in blocks]
    scripts = "".join(f'<script type="application/ld+json">{text}</script>\n' for text in texts)
    return html.replace("</head>", f"{scripts}</head>")


def article(**more: object) -> dict[str, object]:
    return {"@context": "https://schema.org", "@type": "BlogPosting", "headline": "A </script> hill", **more}


def run(folder: Path, **options: object) -> BuildResult:
    return build(folder, {**QUICK, **options})


def read(folder: Path, path: str = "a/index.html") -> str:
    return (folder / "site" / path).read_text("utf-8")


def nodes(html: str) -> list[dict[str, Any]]:
    """Return all nodes of the page's readable blocks."""
    found: list[dict[str, Any]] = []
    for text in SCRIPT.findall(html):
        try:
            waiting = [json.loads(text)]
        except ValueError:
            continue
        while waiting:
            each = waiting.pop()
            if isinstance(each, dict):
                found.append(each)
                waiting += each.values()
            elif isinstance(each, list):
                waiting += each
    return found


def of_type(html: str, *names: str) -> list[dict[str, Any]]:
    return [each for each in nodes(html) if each.get("@type") in names]


PHOTO = '<p><img src="../img/a.jpg" alt="A hill"></p>'


def site(folder: Path, *blocks: object, body: str = PHOTO, **more: str | bytes) -> str:
    """Make a site; return its page."""
    html = with_blocks(page(body, "a/"), *blocks)
    photo = pictures.save(pictures.photo(1600, 1300), "JPEG", quality=60)
    make_project(folder, {"a/index.html": html, "img/a.jpg": photo, **more})
    return html


def slug(name: str) -> str:
    return name.replace(" ", "-")


def pages_of(folder: Path, blocks: dict[str, tuple[object, ...]]) -> dict[str, str]:
    """Make a site with a page for each entry, all with the same image; return its pages."""
    pages = {
        f"{slug(name)}/index.html": with_blocks(page(PHOTO, f"{slug(name)}/"), *each) for name, each in blocks.items()
    }
    photo = pictures.save(pictures.photo(1600, 1300), "JPEG", quality=60)
    make_project(folder, {**pages, "img/a.jpg": photo})
    return pages


def sizes(folder: Path, urls: list[str]) -> list[tuple[int, int]]:
    return [Image.open(folder / "site" / url.removeprefix(BASE)).size for url in urls]


def test_an_article_gets_its_image_in_three_ratios(tmp_path: Path, subtests: pytest.Subtests) -> None:
    """peers-surfaces 34: the node of the theme is extended, and no second one is written."""
    post = {"@type": "BlogPosting", "headline": "A </script> hill"}
    theme = {"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "@id": "#s"}, post]}
    source = site(tmp_path, theme)
    result = run(tmp_path)
    html = read(tmp_path)
    (found,) = of_type(html, "BlogPosting")
    (web_page,) = of_type(html, "WebPage")
    images = {each["contentUrl"]: each for each in of_type(html, "ImageObject")}
    with subtests.test("all three ratios, large, never enlarged"):
        assert not result.failed
        assert sizes(tmp_path, found["image"]) == [(1600, 1300), (1200, 1200), (1200, 900), (1200, 675)]
        assert found["headline"] == post["headline"]
        assert set(found["image"]) == set(images)
    with subtests.test("the page names the hero, whose data are those of its file"):
        hero = images[f"{BASE}img/a.jpg"]
        assert web_page["primaryImageOfPage"] == hero
        assert (hero["width"]["value"], hero["height"]["value"]) == (1600, 1300)
        assert hero["encodingFormat"] == "image/jpeg"
        assert sizes(tmp_path, [hero["thumbnailUrl"]]) == [(320, 260)]
        assert hero["thumbnailUrl"].removeprefix(BASE + "img/") in html.replace(hero["thumbnailUrl"], "")
    with subtests.test("a second build changes nothing"):
        assert run(tmp_path).changed == ()
        (tmp_path / ".cache").rename(tmp_path / "gone")
        assert run(tmp_path).changed == ()
    with subtests.test("a generator that writes the page again gets the same"):
        small_sites.write(tmp_path / "site", {"a/index.html": source})
        assert run(tmp_path).changed == ("a/index.html",)
        assert read(tmp_path) == html
    with subtests.test("a page that changes keeps its crops"):
        small_sites.write(tmp_path / "site", {"a/index.html": source.replace("A hill", "A high hill")})
        run(tmp_path)
        (again,) = of_type(read(tmp_path), "BlogPosting")
        assert again["image"] == found["image"]
        assert len(sizes(tmp_path, again["image"])) == 4
    with subtests.test("without the setting everything is gone"):
        run(tmp_path, json_ld=False)
        assert SCRIPT.findall(read(tmp_path)) == SCRIPT.findall(source)
        assert 'ld+json" data' not in read(tmp_path)
        assert not [each for each in (tmp_path / "site/assets").rglob("*.jpg") if "social" not in each.parts]
    with subtests.test("crops: [] makes none"):
        run(tmp_path, hero={"crops": []})
        assert of_type(read(tmp_path), "BlogPosting")[0]["image"] == f"{BASE}img/a.jpg"


def test_what_the_theme_says_of_its_images_stays(tmp_path: Path, subtests: pytest.Subtests) -> None:
    own = f"{BASE}img/a.jpg"
    cases: dict[str, tuple[object, object, int]] = {
        "the hero as text": (own, own, 4),
        "the hero in a list": ([own], own, 4),
        "a relative address": ("../img/a.jpg", "../img/a.jpg", 4),
        "an object": ({"@type": "ImageObject", "url": own}, {"@type": "ImageObject", "url": own}, 4),
        "another file": (f"{BASE}logo.png", f"{BASE}logo.png", 0),
        "several": ([own, f"{BASE}b.png"], own, 2),
    }
    sources = pages_of(tmp_path, {name: (article(image=image),) for name, (image, _, _) in cases.items()})
    run(tmp_path)
    for name, (_, first, count) in cases.items():
        with subtests.test(name):
            (post,) = of_type(read(tmp_path, f"{slug(name)}/index.html"), "BlogPosting")
            found = post["image"]
            assert (found[0] if isinstance(found, list) else found) == first
            assert len(found) == count if isinstance(found, list) else count == 0
    with subtests.test("a second build changes nothing"):
        assert run(tmp_path).changed == ()
    with subtests.test("undone"):
        run(tmp_path, json_ld=False)
        for path, source in sources.items():
            assert SCRIPT.findall(read(tmp_path, path)) == SCRIPT.findall(source)


def test_blocks_of_others_are_extended_only_where_that_is_sure(tmp_path: Path, subtests: pytest.Subtests) -> None:
    listing = {"@context": "https://schema.org", "@graph": [{"@type": "Article"}, {"@type": "Article"}]}
    of_page = f"{BASE}theme-and-plug-in/"
    cases: dict[str, tuple[tuple[object, ...], int]] = {
        "a trailing comma": (('{"@context": "https://schema.org", "@type": "Article", "a": 1,}',), 0),
        "escapes of others": ((r'{"@context": "https://schema.org", "@type": "Article", "a": "\x2b"}',), 0),
        "a line break in a text": (('{"@context": "https://schema.org", "@type": "Article", "a": "b\nc"}',), 0),
        "several articles": ((listing,), 0),
        "an article of another page": ((article(url=f"{BASE}b/"),), 0),
        "another vocabulary": (({"@context": "https://x.example", "@type": "Article"},), 0),
        "prefixes": (({"@context": {"schema": "https://schema.org/"}, "@type": "schema:Article"},), 0),
        "theme and plug-in": ((article(url=of_page), article(mainEntityOfPage=of_page)), 2),
        "a comment around it": (("<!--\n" + json.dumps(article()).replace("</", "") + "\n-->",), 1),
        "twice the same key": (('{"@context": "https://schema.org", "@type": "Article", "@type": "Article"}',), 1),
    }
    sources = pages_of(tmp_path, {name: blocks for name, (blocks, _) in cases.items()})
    options: dict[str, Any] = {"hero": {"crops": []}}
    result = run(tmp_path, **options)
    assert not result.failed
    for name, (blocks, count) in cases.items():
        with subtests.test(name):
            path = f"{slug(name)}/index.html"
            theirs = SCRIPT.findall(read(tmp_path, path))[: len(blocks)]
            assert sum(BASE + "img/a.jpg" in each for each in theirs) == count
            if not count:
                assert theirs == SCRIPT.findall(sources[path])
    with subtests.test("what no parser reads is told"):
        broken = sorted(each.location.page for each in findings_of(result, "ld-parse"))
        assert broken == ["a-trailing-comma/index.html", "escapes-of-others/index.html"]
    with subtests.test("a second build changes nothing"):
        assert run(tmp_path, **options).changed == ()
    with subtests.test("undone"):
        run(tmp_path, json_ld=False, **options)
        for path, source in sources.items():
            assert SCRIPT.findall(read(tmp_path, path)) == SCRIPT.findall(source)


def test_an_image_object_of_the_theme_gets_what_it_does_not_tell(tmp_path: Path, subtests: pytest.Subtests) -> None:
    theirs = {"@type": "ImageObject", "@id": "#i", "contentUrl": f"{BASE}img/a.jpg", "creditText": "Theirs"}
    rights = {"creator": "Ada <b>", "license": "https://example.org/terms", "credit": "Ours"}
    block = {"@context": "https://schema.org", **theirs}
    source = site(tmp_path, block)
    run(tmp_path, rights=rights)
    with subtests.test("rights, once"):
        (image,) = of_type(read(tmp_path), "ImageObject")
        assert image == {
            **block,
            "creator": {"@type": "Person", "name": "Ada <b>"},
            "license": "https://example.org/terms",
        }
        assert "Ada \\u003cb\\u003e" in read(tmp_path)
        assert run(tmp_path, rights=rights).changed == ()
    with subtests.test("two that differ stay, and are told"):
        other = {**block, "@id": "#j", "license": "https://example.org/other", "width": 5}
        third = {**block, "license": "https://example.org/third", "width": "5 px"}
        html = with_blocks(source, other, third)
        small_sites.write(tmp_path / "site", {"a/index.html": html})
        result = run(tmp_path, rights=rights)
        (finding,) = findings_of(result, "ld-conflict")
        assert "differ in license" in finding.message
        assert not result.failed
        found = sorted(each["license"] for each in of_type(read(tmp_path), "ImageObject") if "license" in each)
        assert found == ["https://example.org/other", "https://example.org/third"]
    with subtests.test("undone"):
        run(tmp_path, json_ld=False)
        assert SCRIPT.findall(read(tmp_path)) == SCRIPT.findall(html)


def test_heroes_that_are_too_small_or_generated(tmp_path: Path, subtests: pytest.Subtests) -> None:
    hydrated = with_blocks(page(PHOTO, "h/"), article(**{"@id": "#post"})).replace("<body>", '<body id="__next">')
    files: dict[str, str | bytes] = {
        "s/index.html": with_blocks(page(PHOTO, "s/"), article()),
        "h/index.html": hydrated,
        "r/index.html": with_blocks(page("<p>Words</p>", "r/"), article()),
        "img/a.jpg": small_sites.photo(1000, 700),
    }
    make_project(tmp_path, files)
    recipe = '["/r/"]\nseed = 5\nstyle = "topo"\nalt = "Lines"\nfile_name = "hero"\nwidth = 1280\nheight = 720\n'
    small_sites.write(tmp_path, {"heroes.toml": recipe})
    run(tmp_path)
    with subtests.test("no crop of a small hero"):
        assert of_type(read(tmp_path, "s/index.html"), "BlogPosting")[0]["image"] == f"{BASE}img/a.jpg"
    with subtests.test("a page that a framework hydrates is not edited in its head"):
        html = read(tmp_path, "h/index.html")
        assert SCRIPT.findall(html)[0] == SCRIPT.findall(hydrated)[0]
        assert [each["@id"] for each in of_type(html, "Article")] == [f"{BASE}h/#post"]
    with subtests.test("a hero with a recipe is drawn in each ratio"):
        (post,) = of_type(read(tmp_path, "r/index.html"), "BlogPosting")
        assert sizes(tmp_path, post["image"]) == [(1280, 720), (960, 960), (1108, 831)]
        marks = {each.get("digitalSourceType") for each in of_type(read(tmp_path, "r/index.html"), "ImageObject")}
        assert marks == {"https://schema.org/AlgorithmicMediaDigitalSource"}
    with subtests.test("a second build changes nothing"):
        assert run(tmp_path).changed == ()


def test_without_a_site_url_nothing_is_written(tmp_path: Path) -> None:
    html = with_blocks(page(PHOTO, "a/"), article()).replace('rel="canonical"', 'rel="next"')
    make_project(tmp_path, {"a/index.html": html, "img/a.jpg": small_sites.photo(1200, 900)})
    run(tmp_path, site_url=None)
    assert SCRIPT.findall(read(tmp_path)) == SCRIPT.findall(html)
