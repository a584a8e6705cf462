"""ImageObject graphs: content, links to the theme's nodes, no repetition, and acceptance by independent validators.

Two validators come from npm and run if IMAGESEO_TEST_NPM names a folder that contains them: schema-dts with typescript,
and @adobe/structured-data-validator with @marbec/web-auto-extractor and schemaorg-all-https.jsonld.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseo.model.digital_source_types import schema_org_member
from imageseo.model.image import Rights
from imageseo.web.structured_data.image_object import ImageGraph, ImageNode, image_graph
from tests.support.json_ld import flat

PAGE = "https://example.org/guide/"
HERO = PAGE + "hero.jpg"
RIGHTS = Rights(
    creator="Ada Byron",
    credit="Example Studio",
    copyright="© 2026 Example",
    license="https://creativecommons.org/licenses/by/4.0/",
    acquire_license_page="https://example.org/licensing/",
    digital_source_type="http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
)


def node(url: str = HERO, *, hero: bool = True, caption: str | None = None, rights: Rights | None = None) -> ImageNode:
    return ImageNode(
        content_url=url, width=1600, height=900, caption=caption, rights=rights or Rights(), representative=hero
    )


def graph(*nodes: ImageNode, theme: object = None, page_url: str = PAGE) -> list[dict[str, Any]]:
    existing = [] if theme is None else [json.dumps(theme)]
    done = image_graph(page_url=page_url, nodes=nodes, existing=existing)
    assert done.problems == ()
    if done.text is None:
        return []
    document = json.loads(done.text)
    assert document["@context"] == "https://schema.org"
    return flat(document["@graph"])


def of_type(found: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [thing for thing in found if thing["@type"] == name]


# ---- content


def test_all_known_properties_are_written_once() -> None:
    image, page = graph(node(caption="A hill", rights=RIGHTS))
    px = {"@type": "QuantitativeValue", "unitCode": "E37"}
    assert image == {
        "@type": "ImageObject",
        "@id": image["@id"],
        "contentUrl": HERO,
        "width": {**px, "value": 1600},
        "height": {**px, "value": 900},
        "caption": "A hill",
        "representativeOfPage": True,
        "creator": {"@type": "Person", "name": "Ada Byron"},
        "creditText": "Example Studio",
        "copyrightNotice": "© 2026 Example",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "acquireLicensePage": "https://example.org/licensing/",
        "digitalSourceType": "https://schema.org/AlgorithmicMediaDigitalSource",
    }
    assert page == {"@type": "WebPage", "@id": PAGE, "url": PAGE, "primaryImageOfPage": {"@id": image["@id"]}}


def test_unknown_properties_are_omitted() -> None:
    (image,) = graph(node(hero=False))
    assert set(image) == {"@type", "@id", "contentUrl", "width", "height"}


def test_image_without_rights_is_inside_its_page() -> None:
    """Search engines ignore one of its own, and Adobe's validator reports it."""
    text = image_graph(page_url=PAGE, nodes=[node(), *CROPS]).text
    assert text is not None
    (page,) = json.loads(text)["@graph"]
    assert page["primaryImageOfPage"]["contentUrl"] == HERO
    assert [each.get("contentUrl") for each in page["image"]] == [None, *(crop.content_url for crop in CROPS)]


def test_no_images_give_no_text() -> None:
    assert image_graph(page_url=PAGE, nodes=()) == ImageGraph(text=None)


def test_file_shown_twice_is_one_node() -> None:
    (image, _) = graph(node(hero=False), node(caption="Later"), node(caption="Last", hero=False))
    assert (image["caption"], image["representativeOfPage"]) == ("Later", True)


def test_ids_differ_by_page_and_file() -> None:
    first, second = graph(node(hero=False), node(PAGE + "b.jpg", hero=False))
    assert first["@id"] != second["@id"]
    assert first["@id"].startswith(PAGE + "#")
    (elsewhere,) = graph(node(hero=False), page_url="https://example.org/other/#part")
    assert elsewhere["@id"] == first["@id"].replace(PAGE, "https://example.org/other/")


@pytest.mark.parametrize(
    ("code", "member"),
    [
        ("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia", "TrainedAlgorithmicMedia"),
        ("https://cv.iptc.org/newscodes/digitalsourcetype/screenCapture", "ScreenCapture"),
        ("http://cv.iptc.org/newscodes/digitalsourcetype/computationalCapture", "MultiFrameComputationalCapture"),
        ("http://cv.iptc.org/newscodes/digitalsourcetype/somethingNew", None),
        ("trainedAlgorithmicMedia", None),
        (None, None),
    ],
)
def test_digital_source_type_maps_to_schema_org_member(code: str | None, member: str | None) -> None:
    assert schema_org_member(code) == (f"https://schema.org/{member}DigitalSource" if member else None)


CROPS = tuple(
    ImageNode(content_url=f"{PAGE}hero-{name}.jpg", width=900, height=900, crop=True) for name in ("1x1", "4x3")
)


def test_crops_are_listed_with_hero() -> None:
    hero, square, wide, page = graph(*CROPS, node())
    assert [thing["contentUrl"] for thing in (hero, square, wide)] == [HERO, *(crop.content_url for crop in CROPS)]
    assert "representativeOfPage" not in square
    assert page["primaryImageOfPage"] == {"@id": hero["@id"]}
    assert page["image"] == [{"@id": thing["@id"]} for thing in (hero, square, wide)]


def test_crops_without_hero_or_without_linkable_node_are_omitted() -> None:
    assert graph(*CROPS) == []
    lists = {"@graph": [{"@type": "WebPage", "@id": f"#{name}"} for name in "ab"]}
    assert of_type(graph(node(), *CROPS, theme=lists), "ImageObject") == of_type(graph(node()), "ImageObject")


def test_page_and_article_of_theme_get_crops_unless_they_have_an_image() -> None:
    theme = [{"@type": "WebPage", "@id": PAGE}, {"@type": "BlogPosting", "@id": "#post"}]
    *images, page, article = graph(node(), *CROPS, theme={"@graph": theme})
    ids = [{"@id": image["@id"]} for image in images]
    assert (page["primaryImageOfPage"], page["image"]) == (ids[0], ids)
    assert (article["@type"], article["image"]) == ("Article", ids)
    theme[1]["image"] = "https://example.org/own.jpg"
    theme[0]["image"] = "https://example.org/own.jpg"
    *_, page = graph(node(), *CROPS, theme={"@graph": theme})
    assert (page["@type"], "image" in page) == ("WebPage", False)
    assert page["primaryImageOfPage"] == ids[0]


def test_crop_described_by_theme_is_not_repeated() -> None:
    theme = {"@type": "ImageObject", "@id": "#own", "contentUrl": CROPS[0].content_url}
    images = of_type(graph(node(), *CROPS, theme=theme), "ImageObject")
    assert [image["contentUrl"] for image in images] == [HERO, CROPS[1].content_url]


@given(st.text() | st.sampled_from(["</script><script>alert(1)</script>", "<!-- <script>", "&lt;", "\ud800", "\u2028"]))
def test_text_cannot_end_the_script(text: str) -> None:
    done = image_graph(page_url=PAGE, nodes=[node(caption=text, rights=Rights(creator=text, credit=text))])
    assert done.text is not None
    assert done.text.isascii()
    assert not re.search("[<>&]", done.text)
    (image, *_) = flat(json.loads(done.text)["@graph"])
    expected = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert image.get("caption", "") == expected
    json.dumps(image, ensure_ascii=False).encode("utf-8")


def test_text_is_deterministic() -> None:
    nodes = [node(f"{PAGE}{number}.jpg", hero=number == 3, rights=RIGHTS) for number in range(9)]
    assert len({image_graph(page_url=PAGE, nodes=nodes).text for _ in range(3)}) == 1


# ---- links to the theme's nodes


def test_page_and_article_of_theme_get_hero() -> None:
    theme = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "FAQPage", "@id": "https://example.org/guide/#webpage"},
            {"@type": ["TechArticle"], "@id": "#article", "headline": "Guide"},
        ],
    }
    image, page, article = graph(node(), theme=theme)
    reference = {"@id": image["@id"]}
    assert page == {"@type": "WebPage", "@id": PAGE + "#webpage", "primaryImageOfPage": reference}
    assert article == {"@type": "Article", "@id": PAGE + "#article", "image": reference}


@pytest.mark.parametrize(
    "theme",
    [
        {"@type": "WebPage", "name": "no id"},
        {"@type": "WebPage", "@id": "#p", "primaryImageOfPage": {"@id": "#theirs"}},
        [{"@type": "BlogPosting", "@id": "#1"}, {"@type": "BlogPosting", "@id": "#2"}, {"@type": "WebPage"}],
        {"@type": "WebPage", "hasPart": [{"@type": "Article", "@id": "#part"}]},
        {"@type": "https://schema.org/WebPage", "mainEntity": {"@type": "Article", "@id": "#a", "image": "x.jpg"}},
    ],
    ids=str,
)
def test_theme_nodes_with_images_or_ambiguous_ids_are_not_linked(theme: object) -> None:
    (image,) = graph(node(), theme=theme)
    assert image["representativeOfPage"] is True


def test_without_hero_nothing_is_linked() -> None:
    assert [thing["@type"] for thing in graph(node(hero=False), theme={"@type": "WebPage", "@id": "#p"})] == [
        "ImageObject"
    ]


def test_page_named_by_article_gets_hero() -> None:
    theme = {"@type": "Article", "@id": "#a", "image": "own.jpg", "mainEntityOfPage": {"@type": "WebPage", "@id": PAGE}}
    image, page = graph(node(), theme=theme)
    assert page == {"@type": "WebPage", "@id": PAGE, "primaryImageOfPage": {"@id": image["@id"]}}


@pytest.mark.parametrize("key", ["contentUrl", "url"])
@pytest.mark.parametrize("address", [HERO, "/guide/hero.jpg", "hero.jpg", " hero.jpg "])
@pytest.mark.parametrize(
    "kind", ["ImageObject", "http://schema.org/ImageObject", "schema:ImageObject", ["Thing", "ImageObject"]]
)
def test_image_described_by_theme_is_linked_and_not_repeated(kind: object, address: str, key: str) -> None:
    theirs = {"@type": kind, "@id": "#theirs", key: address}
    theme = {"@type": "WebPage", "@id": PAGE, "about": {"@type": "Thing", "image": [theirs]}}
    assert graph(node(), theme=theme) == [
        {"@type": "WebPage", "@id": PAGE, "primaryImageOfPage": {"@id": PAGE + "#theirs"}}
    ]


def test_image_of_theme_without_id_is_not_repeated() -> None:
    assert graph(node(), theme={"@type": "ImageObject", "contentUrl": HERO}) == []


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("{broken", True),
        ("", True),
        ("[" * 100_000, True),
        ('{"@type": "WebPage", "@id": "#p",}', True),
        ('<!-- {"@type": "WebPage"} -->', False),
        ('//<![CDATA[\n{"@type": "WebPage"}\n//]]>', False),
        ('{"@type": "WebPage", "name": "line\nbreak"}', False),
        ("null", False),
        ('[1, "x", {"@type": 5, "@id": 6, "@graph": 7}]', False),
    ],
    ids=lambda value: str(value)[:20],
)
def test_broken_block_of_theme_is_reported(text: str, broken: bool) -> None:
    done = image_graph(page_url=PAGE, nodes=[node()], existing=['{"@type": "Thing"}', text])
    assert done.text is not None
    assert HERO in done.text
    assert len(done.problems) == broken
    if broken:
        assert done.problems[0].startswith("JSON-LD block 2 of the page cannot be read: ")
        assert '"WebPage"' not in done.text, "the broken block may be that of the page"


# ---- independent validators


def npm() -> Path:
    folder = Path(os.environ.get("IMAGESEO_TEST_NPM", "/nonexistent"))
    if not (folder / "node_modules" / "schema-dts").is_dir():
        pytest.skip("IMAGESEO_TEST_NPM names no folder with schema-dts, typescript and the validators of Adobe")
    return folder


def examples() -> list[str]:
    theme = '{"@graph": [{"@type": "BlogPosting", "@id": "#a"}, {"@type": "WebPage", "@id": "#w"}]}'
    nodes = [node(caption="A <b>hill</b>", rights=RIGHTS), node(PAGE + "b.png", hero=False, rights=Rights(credit="Us"))]
    shapes = [*nodes, *(replace(crop, rights=RIGHTS) for crop in CROPS)]
    done = [
        image_graph(page_url=PAGE, nodes=each, existing=blocks).text
        for blocks in ([], [theme])
        for each in (nodes, shapes)
    ]
    return [text for text in done if text is not None]


def test_schema_dts_accepts_graph(tmp_path: Path) -> None:
    folder = npm()
    node_binary = shutil.which("node")
    if node_binary is None:
        pytest.skip("node is not installed")
    (tmp_path / "node_modules").symlink_to(folder / "node_modules")
    source = 'import type { Graph } from "schema-dts";\n'
    source += "".join(f"export const g{number}: Graph = {text};\n" for number, text in enumerate(examples()))

    def check(text: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "ld.ts").write_text(text, encoding="utf-8")
        compiler = str(folder / "node_modules" / "typescript" / "bin" / "tsc")
        command = [node_binary, compiler, "--noEmit", "--strict", "--skipLibCheck", "ld.ts"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    done = check(source)
    assert done.returncode == 0, done.stdout
    assert check(source.replace('"caption"', '"kaption"')).returncode != 0, "the check must be able to fail"


ADOBE = """
import { readFileSync } from 'node:fs';
import Adobe from '@adobe/structured-data-validator';
import Extractor from '@marbec/web-auto-extractor';
const validator = new Adobe(JSON.parse(readFileSync('schemaorg-all-https.jsonld', 'utf8')));
const found = new (Extractor.default ?? Extractor)({ addLocation: true }).parse(readFileSync(0, 'utf8'));
console.log(JSON.stringify({ types: Object.keys(found.jsonld), issues: await validator.validate(found) }));
"""


def test_adobe_validator_finds_no_issue(tmp_path: Path) -> None:
    folder = npm()
    vocabulary = folder / "schemaorg-all-https.jsonld"
    node_binary = shutil.which("node")
    if node_binary is None or not vocabulary.is_file():
        pytest.skip("node or schemaorg-all-https.jsonld is missing")
    for path in (folder / "node_modules", vocabulary):
        (tmp_path / path.name).symlink_to(path)
    script = tmp_path / "adobe.mjs"
    script.write_text(ADOBE, encoding="utf-8")

    def check(text: str) -> Any:
        html = f'<html><head><script type="application/ld+json">{text}</script></head></html>'
        done = subprocess.run(
            [node_binary, script.name], cwd=tmp_path, input=html, capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    for text in examples():
        result = check(text)
        assert "ImageObject" in result["types"]
        # The remaining recommendations concern missing rights.
        issues = [issue for issue in result["issues"] if not issue["issueMessage"].endswith("(optional)")]
        assert issues == []
    assert check(examples()[0].replace('"contentUrl"', '"kontentUrl"'))["issues"], "the check must be able to fail"
