"""The comparison with other checkers: their findings become findings about images, and the counts are right.

No checker is needed: what they said of this page is recorded, in their own words.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from imageseo.lint.parallel import installed_rules
from tests.bench import agreement
from tests.bench.checkers import (
    Missing,
    Said,
    Tools,
    axe,
    cases,
    counting,
    html_validate,
    lighthouse,
    mapping,
    nu,
    ours,
    structured_data,
)
from tests.bench.checkers.comparing import Comparison
from tests.bench.checkers.counting import Reason
from tests.bench.checkers.pages import MARK, Page, marked

BOATS = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Boats 🚤</title></head>
<body><main><h1>🚤 Boats</h1>
<p>🚤 <img src="a.jpg"> and <a href="/"><img src="b.jpg" alt=""></a></p>
<picture><source srcset="b.jpg 320w"><img src="b.jpg" alt="A boat" width="50%"></picture>
<svg role="img" width="9" height="9"><path d="M0 0"/></svg><input type="image" src="a.jpg">
</main></body></html>
"""
Place = tuple[str, int | None]
BARE, LINK, IN_LINK, SOURCE, IN_PICTURE, SVG, PATH, BUTTON = 8, 9, 10, 12, 13, 14, 15, 16
NU = [
    (4, 23, "An “img” element must have an “alt” attribute, except under certain conditions."),
    (
        5,
        37,
        "When the “srcset” attribute has …, the “sizes” attribute must also be specified.",
    ),
    (5, 79, "Bad value “50%” for attribute “width” on element “img”: Expected a digit but saw “%” instead."),
    (6, 91, "Element “input” is missing required attribute “alt”."),
]
HTML_VALIDATE = [
    (4, 8, "wcag/h37", '<img> is missing required "alt" attribute'),
    (4, 30, "wcag/h30", "Anchor link must have a text describing its purpose"),
    (5, 75, "attribute-allowed-values", 'Attribute "width" has invalid value "50%"'),
    (6, 61, "wcag/h36", "image used as submit button must have non-empty alt text"),
    (6, 73, "prefer-button", 'Prefer to use <button> instead of <input type="image"> when adding buttons'),
]


@pytest.fixture
def page(tmp_path: Path) -> Page:
    file = tmp_path / "boats.html"
    file.write_text(BOATS, "utf-8")
    return Page("boats.html", file)


def names(page: Page, *numbers: int) -> list[str]:
    return [page.tags[number].name for number in numbers]


def test_tags_are_numbered_and_stand_for_their_image(page: Page) -> None:
    assert names(page, BARE, LINK, IN_LINK, SOURCE, IN_PICTURE, SVG, PATH, BUTTON) == [
        *("img", "a", "img", "source", "img", "svg", "path", "input")
    ]
    stands_for = {LINK: IN_LINK, SOURCE: IN_PICTURE, SOURCE - 1: IN_PICTURE, PATH: SVG, BUTTON: BUTTON, BARE: BARE}
    assert {number: page.image(number) for number in stands_for} == stands_for
    assert [page.image(number) for number in (0, 3, None, 999)] == [None] * 4


def test_a_link_with_words_and_a_script_are_no_image(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    file.write_text('<a href="/"><img src="a.png" alt="">Home</a><script>"<img src=a>"</script><img src=b>', "utf-8")
    page = Page("a.html", file)
    assert [(tag.name, page.image(number)) for number, tag in enumerate(page.tags)] == [
        *(("a", None), ("img", 1), ("script", None), ("img", 3))
    ]


def test_marks_are_the_numbers_of_the_tags(page: Page) -> None:
    html = marked(BOATS.encode()).decode()
    assert f'<svg {MARK}="{SVG}" role="img"' in html
    assert f'<path {MARK}="{PATH}" d="M0 0"/>' in html
    assert html.count(MARK) == len(page.tags)


# What each says, in its own words


def test_nu_is_read_by_line_and_column(page: Page) -> None:
    url = page.file.as_uri()
    report = {"messages": [{"url": url, "lastLine": at, "lastColumn": to, "message": text} for at, to, text in NU]}
    assert [(each.rule, each.tag) for each in nu.read(report, {url.replace("file:///", "file:/"): page})] == [
        *(("nu/alt", BARE), ("nu/sizes", SOURCE), ("nu/dimensions", IN_PICTURE), ("nu/alt", BUTTON))
    ]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("src", "Element “img” is missing one or more of the following attributes: “src”, “srcset”."),
        ("src", "Bad value “” for attribute “src” on element “img”: Must be non-empty."),
        ("url", "Bad value “a b.jpg” for attribute “src” on element “img”: Illegal character in path segment."),
        ("sizes", "The “sizes” attribute must only be specified if the “srcset” attribute is also specified."),
        ("sizes", "The “sizes” attribute value starting with “auto” is only valid for lazy-loaded images."),
        ("picture", "Element “source” is missing required attribute “srcset”."),
        (
            "srcset",
            "Bad value “a.jpg 1w,” for attribute “srcset” on element “img”: Ends with empty image-candidate string.",
        ),
        ("preload", "When the “imagesrcset” attribute has …, the “imagesizes” attribute must also be specified."),
        ("map", "Bad value “m” for attribute “usemap” on element “img”: A hash-name reference must start with “#”."),
        ("keyword", "Bad value “fast” for attribute “decoding” on element “img”."),
        (
            "alt",
            "An “img” element with a “role” attribute must also have an accessible name (e.g., an “alt” attribute).",
        ),
        ("not-about-images", "Trailing slash on void elements has no effect and interacts badly with …"),
        ("unknown-attribute", "Attribute “lazyload” not allowed on element “img” at this point."),
        ("other", "Saw “<?”. Probable cause: Attempt to use an XML processing instruction in HTML."),
    ],
)
def test_messages_of_nu_have_a_kind(kind: str, message: str) -> None:
    assert nu.kind(message) == kind


def test_html_validate_is_read_by_line_and_column(page: Page) -> None:
    messages = [{"line": at, "column": to, "ruleId": rule, "message": text} for at, to, rule, text in HTML_VALIDATE]
    found = html_validate.read([{"filePath": "boats", "messages": messages}], {"boats": page})
    assert [each.tag for each in found] == [BARE, LINK, IN_PICTURE, BUTTON, BUTTON]


def test_axe_and_lighthouse_are_read_by_marks(page: Page) -> None:
    said = axe.read([["image-alt", str(BARE), "Fix  any\nof"], ["link-name", None, "made by a script"]], page)
    assert list(said) == [
        Said("axe/image-alt", "boats.html", BARE, "Fix any of"),
        Said("axe/link-name", "boats.html", None, "made by a script"),
    ]
    node = {"type": "node", "snippet": f'<img {MARK}="{BARE}" src="a.jpg">', "nodeLabel": "a.jpg"}
    wasted = {"node": node, "subItems": {"items": [{"reason": "its file is larger than it needs to be"}]}}
    audits = {
        "unsized-images": {"score": 0.5, "details": {"items": [{"url": "a.jpg", "node": node}]}},
        "image-delivery-insight": {"score": 0, "details": {"items": [wasted, wasted]}},
        "image-alt": {"score": 1, "details": {"items": [{"node": node}]}},
        "object-alt": {"score": None},
    }
    assert [(each.rule, each.tag, each.message) for each in lighthouse.read({"audits": audits}, page)] == [
        ("lighthouse/unsized-images", BARE, "a.jpg"),
        ("lighthouse/image-delivery-insight", BARE, "its file is larger than it needs to be"),
    ]


def test_structured_data_is_kept_where_it_is_about_images() -> None:
    def one(message: str, types: list[str], properties: Iterable[str] = (), severity: str = "ERROR") -> dict[str, Any]:
        return {"page": "p", "message": message, "severity": severity, "types": types, "properties": [*properties]} | {
            "fields": []
        }

    report = [
        one('Required attribute "creator" is missing', ["ImageObject"]),
        one('Missing field "license" (optional)', ["ImageObject"], severity="WARNING"),
        one('Property "alt" for type "ImageObject" is not supported by the schema.org specification', ["ImageObject"]),
        one("Invalid URL", ["Article"], ["image"]),
        one('Required attribute "price" is missing', ["Offer"]),
        one("JSON-LD object missing @type", []),
    ]
    found = [each.rule for each in structured_data.read(report, {"p": "p.html"})]
    assert found == ["adobe/required", "adobe/vocabulary", "adobe/required", "adobe/parse"]


def test_our_findings_are_read_by_line_and_column(page: Page) -> None:
    finding = {"rule": "alt-missing", "page": "boats.html", "line": 4, "column": 6, "message": "…", "severity": "error"}
    other = finding | {"page": "other.html"}
    of_page = finding | {"rule": "robots-preview", "line": None, "column": None}
    assert [
        (each.rule, each.tag) for each in ours.read({"findings": [finding, other, of_page]}, {page.path: page})
    ] == [*(("imageseo/alt-missing", BARE), ("imageseo/robots-preview", None))]


# Counting


def count(page: Page, theirs: Iterable[Place], mine: Iterable[Place], *known: Reason, **ran: bool) -> counting.Count:
    said = [Said(rule, page.path, tag, "says so") for rule, tag in theirs]
    we = [Said(f"imageseo/{rule}", page.path, tag, "says so") for rule, tag in mine]
    looked = {name.replace("_", "-"): [page.path] if here else [] for name, here in ran.items()}
    return counting.count(said, we, [page], looked, known)


def row(found: counting.Count, name: str) -> tuple[int, int, int]:
    return found.rows[name].both, sum(found.rows[name].they.values()), found.rows[name].we


def test_both_only_they_and_only_we_are_counted_by_image(page: Page) -> None:
    theirs = [("axe/image-alt", BARE), ("nu/alt", BARE), ("axe/link-name", LINK), ("nu/dimensions", IN_PICTURE)]
    mine = [("alt-missing", BARE), ("alt-link-empty", IN_LINK), ("alt-missing", SVG)]
    found = count(page, theirs, mine, axe=True, nu=True, html_validate=True)
    assert row(found, "alt-missing") == (2, 0, 1)  # two checkers say it of one image
    assert row(found, "alt-link-empty") == (1, 0, 0)
    assert row(found, "img-attributes") == (0, 1, 0)
    assert found.share_found() == 0.75
    assert found.by_checker() == {"axe": "2 of 2", "nu": "1 of 2"}
    assert [(each.said.rule, each.tag) for each in found.differences] == [
        ("nu/dimensions", '<img src="b.jpg" alt="A boat" width="50%">'),
        ("imageseo/alt-missing", '<svg role="img" width="9" height="9">'),
    ]


def test_a_finding_counts_once_for_each_image_and_checker(page: Page) -> None:
    theirs = [("html-validate/wcag/h30", LINK), ("html-validate/wcag/h30", IN_LINK)]
    assert row(count(page, theirs, [], html_validate=True), "alt-link-empty") == (0, 1, 0)


def test_what_is_not_about_images_is_left_out(page: Page) -> None:
    theirs = [("html-validate/void-style", BARE), ("axe/link-name", 0), ("axe/image-alt", None), ("axe/failed", None)]
    found = count(page, theirs, [], axe=True)
    assert {name: row(found, name) for name in found.rows} == {"alt-missing": (0, 1, 0)}  # made by a script: it counts


def test_only_we_counts_where_all_who_have_such_a_rule_looked(page: Page) -> None:
    mine = [("img-dimensions", BARE), ("alt-area", BARE), ("alt-needs-review", BARE)]
    others = {"nu": True, "html_validate": True}
    found = count(page, [], mine, axe=True, lighthouse=False, **others)
    assert "img-dimensions" not in found.rows  # only Lighthouse asks for them
    assert row(found, "alt-area") == (0, 0, 1)  # axe's rules about names are Lighthouse's too
    assert row(count(page, [], mine, lighthouse=True, **others), "img-dimensions") == (0, 0, 1)
    assert row(count(page, [], mine, axe=True), "alt-needs-review") == (0, 0, 1)  # nobody has such a rule


def test_faults_of_a_link_itself_are_not_about_its_image(page: Page) -> None:
    theirs = [("html-validate/attribute-misuse", LINK), ("nu/other", LINK), ("axe/link-name", LINK)]
    assert set(count(page, theirs, [], axe=True).rows) == {"alt-link-empty"}


def test_a_reason_explains_a_difference_and_may_leave_it_out(page: Page) -> None:
    theirs = [("nu/dimensions", IN_PICTURE), ("nu/dimensions", BARE)]
    known = Reason(rule="nu/dimensions", kind="they-are-wrong", reason="only for this test", pattern='width="50%"')
    found = count(page, theirs, [], known, nu=True)
    assert [each.reason for each in found.differences] == [None, known]
    assert found.share_found() == 0.0
    assert found.share_found("they-are-wrong") == 0.0
    assert len(counting.shown(found)["open"]) == 1
    assert counting.shown(found)["explained"] == {"they-are-wrong": 1}


def test_reasons_and_mapping_are_sound() -> None:
    assert all(each.reason for each in counting.reasons())
    known = {rule.id for rule in installed_rules()}
    assert {name for found in mapping.answers().values() for name in found} <= known
    about_images = {
        "image-alt",
        "input-image-alt",
        "area-alt",
        "object-alt",
        "svg-img-alt",
        "role-img-alt",
        "link-name",
    }
    assert {f"axe/{name}" for name in about_images} <= set(mapping.answers())
    assert mapping.ours_of("lighthouse/image-alt")[0] == "imageseo/alt-missing"


@pytest.mark.parametrize("text", ['[[difference]]\nrule = "a"\nkind = "dunno"\nreason = "a long enough reason"'])
def test_a_reason_of_no_kind_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "reasons.toml").write_text(text, "utf-8")
    with pytest.raises(ValueError, match="needs a reason and a kind"):
        counting.reasons(tmp_path / "reasons.toml")


# The command


def test_checkers_that_are_not_there_are_skipped_and_say_why(tmp_path: Path) -> None:
    (tmp_path / "axe-core").mkdir()
    found = Comparison(tools=Tools(tmp_path), asked=("nu", "axe"), known=()).told
    assert found["nu"].startswith(f"skipped: {tmp_path}/vnu-jar/build/dist/vnu.jar is not there: `npm install")
    assert found["axe"].startswith("skipped: ")
    with pytest.raises(Missing, match="no node_modules is given"):
        Tools(None).file("axe-core")
    with pytest.raises(SystemExit, match="'axes' is none of axe, lighthouse"):
        Comparison(tools=Tools(None), asked=("axes",), known=())


def test_recorded_answers_hold_for_the_same_pages(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "says", lambda folder, pages: [Said("imageseo/alt-missing", page.path, BARE, "…")])
    asked = Comparison(tools=Tools(None), asked=("nu",), known=())
    digest = "0" * 16
    message = NU[0][2]
    recorded = {"nu boats": {"pages": digest, "said": [["nu/other", page.path, BARE, message]]}}
    again = Comparison(tools=Tools(None), asked=("nu",), known=(), recorded=recorded)
    assert again.compare("boats", page.file.parent, None, [page])[0].rows == {}  # other pages
    asked.compare("boats", page.file.parent, None, [page])
    recorded["nu boats"]["pages"] = hashlib.sha256(page.file.read_bytes()).hexdigest()[:16]
    found, we = again.compare("boats", page.file.parent, None, [page])
    assert row(found, "alt-missing") == (1, 0, 0)  # the kind of a message is read anew
    assert len(we) == 1


def test_a_sample_is_of_pages_with_images_from_the_whole_site(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / f"{number}.html").write_text("<img src=a>" if number != 4 else "none", "utf-8")
    (tmp_path / "large.html").write_text("<img src=a>" + " " * 2048, "utf-8")
    assert [page.path for page in agreement.sample(tmp_path, 3, 1)] == ["0.html", "3.html", "7.html"]
    assert len(agreement.sample(tmp_path, 50, 1)) == 9


def test_cases_become_pages_and_are_judged(tmp_path: Path) -> None:
    file = tmp_path / "cases.json"
    both = [
        {"id": "bare", "kind": "name", "wrong": True, "html": '<img src="pictures/harbour.png">'},
        {"id": "fine", "kind": "markup", "wrong": False, "html": '<img src="pictures/boat-640.jpg" alt="A boat">'},
    ]
    file.write_text(json.dumps({"cases": both}), "utf-8")
    options = argparse.Namespace(
        node_modules=None,
        checkers="nu",
        recorded=None,
        lighthouse_pages=0,
        schema_org=None,
        cases=file,
        no_cases=False,
        sites=[],
        work=None,
        no_example=True,
        out=tmp_path / "out.json",
        record=None,
    )
    told = agreement.run(options)
    assert told["cases"]["right"] == "1 of 2"
    assert told["cases"]["judged_wrongly"] == ["fine"]  # it has no width and no height
    assert json.loads((tmp_path / "out.json").read_text("utf-8")) == {"cases": []}
    file.write_text("[]", "utf-8")
    with pytest.raises(SystemExit, match="expected"):
        cases.read(file)


def test_cases_of_the_tests_have_their_pictures(tmp_path: Path) -> None:
    small = cases.of_tests()
    assert len(small) > 200
    pages = cases.write(small[:40], tmp_path)
    assert len(pages) == 40
    assert (tmp_path / "a-64x48.png").is_file()
