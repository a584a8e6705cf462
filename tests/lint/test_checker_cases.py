"""Small cases after the rules of other checkers, and inputs that no author writes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from imageseo.config.settings import Settings
from imageseo.lint.parallel import rule_runner_for
from imageseo.model.finding import Finding, Severity
from imageseo.model.site import Page, Site
from imageseo.testing.rule_examples import picture
from tests.support.checker_cases import NAMES, CheckerCase
from tests.support.markup_cases import FILES, MARKUP

_RULES = """
    alt-missing alt-blank alt-input alt-area alt-object alt-role-img alt-link-empty alt-button-empty alt-conflict
    alt-filename alt-dup img-attributes img-missing img-unreadable srcset-width sizes-missing sizes-auto sizes-invalid
    picture-invalid source-type map-invalid preload-invalid candidate-duplicate
"""
RULES = frozenset(_RULES.split())
PICTURES = (
    *("a-64x48.png", "a-9x9.png", "a-9x9.webp", "boat-64x32.jpg", "boat-320x160.jpg", "boat-640x320.jpg"),
    *("copy-320x160.jpg", "copy-640x320.jpg", "a boat-640x320.jpg", "boat-320x160.webp", "boat-320x160.png"),
    *("boat-64x32.avif", "boat-64x32.webp", "truncated.jpg", "truncated.png", "empty.png", "IMG_2041-64x48.png"),
)


def lint_pages(root: Path, bodies: Sequence[str | bytes], only: frozenset[str] | None = None) -> list[list[Finding]]:
    """Return the findings of each page."""
    (root / "guide").mkdir()
    for name in PICTURES:
        (root / "guide" / name).write_bytes(picture(name))
    for name in ("image1.png", "p100.png", "boat.png", "login.png"):
        (root / "guide" / name).write_bytes(picture("a-64x48.png"))
    pages = tuple(Page(path=f"guide/{number}.html") for number in range(len(bodies)))
    for page, body in zip(pages, bodies, strict=True):
        source = body if isinstance(body, bytes) else f'<!doctype html><meta charset="utf-8"><body>{body}'.encode()
        (root / page.path).write_bytes(source)
    runner = rule_runner_for(Site(root=root, project=root, base_url=None, pages=pages), Settings(), only)
    return [list(runner.check_page(page).findings) for page in pages]


@pytest.mark.parametrize("cases", [NAMES, MARKUP, FILES], ids=["names", "markup", "files"])
def test_cases_of_other_checkers(cases: Sequence[CheckerCase], tmp_path: Path) -> None:
    assert len(cases) > 20
    wrong = []
    for case, findings in zip(cases, lint_pages(tmp_path, [case.html for case in cases], RULES), strict=True):
        found = {each.rule for each in findings if each.severity.rank >= Severity.WARN.rank}
        if found != set(case.rules.split()):
            wrong.append(f"{case.by}: {case.html}\n  expected {case.rules or 'nothing'}, found {sorted(found)}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_name_that_is_only_a_title_is_a_note(tmp_path: Path) -> None:
    bodies = ('<img src="a-64x48.png" title="A boat">', '<input type="image" src="a-64x48.png" title="Sail">')
    for findings in lint_pages(tmp_path, bodies, RULES):
        (found,) = findings
        assert (found.severity, "only a title" in found.message) == (Severity.INFO, True)


MANY = 10_000


def hostile() -> dict[str, str | bytes]:
    deep = "calc(" * 500 + "1px" + ")" * 500
    chain = "".join(f'<b id="i{n}" aria-labelledby="i{n + 1}"></b>' for n in range(300))
    return {
        "circle": '<b id="a" aria-labelledby="b"></b><b id="b" aria-labelledby="a"></b><img aria-labelledby="a b">',
        "circle of content": '<a id="c" href="/"><img alt="" aria-labelledby="c"></a><label><input type=image></label>',
        "chain": f'{chain}<img src="a-64x48.png" aria-labelledby="i0">',
        "same ids": '<b id="x"></b><b id="x">Boat</b>' * 500 + '<img src="a-64x48.png" aria-labelledby="x">',
        "many references": f'<b id="y">Boat</b><img src="a-64x48.png" aria-labelledby="{"y " * MANY}">',
        "areas": '<map name="m">' + '<area href="/" shape="circle" coords="1">' * MANY + "</map>",
        "srcset of 1 MB": f'<img src="a-64x48.png" alt="A" srcset="{"a-64x48.png 1x, " * 60_000}">',
        "srcset of brackets": f'<img src="a-64x48.png" alt="A" srcset="a {"(" * 1_000_000}">',
        "density of digits": f'<img src="a-64x48.png" alt="A" srcset="a-64x48.png {"1" * 1_000_000}x">',
        "deep sizes": f'<img src="a-64x48.png" alt="A" srcset="a-64x48.png 64w" sizes="{deep}">',
        "long sizes": f'<img src="a-64x48.png" alt="A" srcset="a-64x48.png 64w" sizes="{"1" * 150_000}px">',
        "large drawing": f'<a href="/"><svg role="img">{"<g><path/></g>" * 50_000}</svg></a>',
        "deep drawing": f'<a href="/"><svg>{"<g>" * 400}<title>x</title></svg></a>' * 20,
        "encodings": b'<meta charset="utf-8"><img src="a-64x48.png" alt="\xa0"><img alt="\xff\xfe" title="\xc3">',
        "twice": '<img src="a-64x48.png" alt="A" alt="B" src="b.png"><picture srcset srcset=","><source><img>',
        "nothing": "<picture></picture><map></map><area><object></object><svg role=img><link rel=preload as=image>",
    }


def test_hostile_input_ends_soon_and_raises_nothing(tmp_path: Path) -> None:
    pages = hostile()
    started = time.process_time()
    found = dict(zip(pages, lint_pages(tmp_path, list(pages.values()), RULES), strict=True))
    assert time.process_time() - started < 60, "of a bounded amount of work; it takes a second or two"
    assert not [each for findings in found.values() for each in findings if "bug in" in each.hint]
    names = {name: sorted({each.rule for each in findings}) for name, findings in found.items()}
    assert names["circle"] == ["alt-missing", "img-missing"]
    assert names["same ids"] == ["alt-missing"], "of two elements with one id the first counts"
    assert names["many references"] == []
    assert names["deep sizes"] == []
    assert names["large drawing"] == ["alt-link-empty", "alt-role-img"]
    assert len(found["areas"]) < 100, "one finding for what is left"
