"""Hints of a build never advise what the build is just doing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from imageseo import config
from imageseo.integrations import directory
from imageseo.integrations.progress import Quiet
from imageseo.lint.build_hints import in_build
from imageseo.pipeline import build as pipeline
from imageseo.pipeline import composition
from tests.support import small_sites

LINT = Path(__file__).parents[2] / "imageseo" / "lint"
NAME = "`imageseo build`"


def hints() -> Iterator[tuple[str, str]]:
    """Every text with the command's name in a rule that builds run; ``X`` for what is formatted into it."""
    for path in sorted([*(LINT / "rules").glob("*.py"), *(LINT / "budgets").glob("*.py")]):
        source = path.read_text("utf-8")
        if "LINT_ONLY = True" in source or ("def check(" not in source and path.parent.name == "rules"):
            continue
        tree = ast.parse(source)
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts | docs:
                text = node.value
            else:
                continue
            if NAME in text:
                yield path.stem, text


@pytest.mark.parametrize(("rule", "hint"), [*hints()])
def test_hint_of_a_rule_that_builds_run_has_another_wording(rule: str, hint: str) -> None:
    found = in_build(hint)
    assert NAME not in found
    assert found.strip()
    assert not found.endswith((",", ";", "or"))


def test_there_are_such_hints_and_others_stay() -> None:
    assert {rule for rule, _ in hints()} >= {"img_dimensions", "image_bytes", "page_image_bytes", "lcp"}
    assert in_build("write alt text") == "write alt text"
    assert in_build('write width="1" height="2", or let `imageseo build` add it') == 'write width="1" height="2"'


FAST = {"profile": "fast", "encode": {"isolate": False}}


def test_setting_that_leaves_images_without_variants(tmp_path: Path) -> None:
    page = '<!doctype html><html lang="en"><body><main><h1>T</h1><img src="a.jpg" alt="A"></main></body></html>'
    small_sites.write(tmp_path / "site", {"index.html": page, "a.jpg": small_sites.photo()})
    low = {"mobile": {"warn": 100, "error": 200}, "desktop": {"warn": 100, "error": 200}}
    for markup, hint in (("attributes", "the setting `markup` disables variants"), ("auto", "")):
        settings = config.load({"markup": markup, **FAST, "budgets": {"lcp-bytes": low}}, "test")
        site = directory.site(tmp_path / "site", project=tmp_path, settings=settings)
        with composition.build_tools(settings, project=tmp_path, progress=Quiet()) as tools:
            result = pipeline.build(site, settings, tools)
        hints = [finding.hint for finding in result.findings if finding.rule == "lcp-bytes"]
        assert hints
        assert all(("the setting" in each) == bool(hint) and each.startswith(hint) for each in hints), hints


def test_report_of_a_build(tmp_path: Path) -> None:
    page = (
        '<!doctype html><html lang="en"><head><title>T</title></head><body><main><h1>T</h1>'
        '<img src="a.jpg" alt="A" srcset="a.jpg 500w"><p>Text</p><img src="b.jpg" alt="B" style="height:9em">'
        '<img src="c.jpg" alt="C" data-imageseo="ignore"></main></body></html>'
    )
    photos = {f"{name}.jpg": small_sites.photo(seed=number) for number, name in enumerate("abc", 1)}
    small_sites.write(tmp_path / "site", {"index.html": page, **photos})
    low = {"mobile": {"warn": 100, "error": 200}, "desktop": {"warn": 100, "error": 200}}
    budgets = {"lcp-bytes": low, "page-image-bytes": low, "largest-image-bytes": low, "image-bytes": low}
    settings = config.load({**FAST, "site_url": "https://example.org/", "budgets": budgets}, "test")
    site = directory.site(tmp_path / "site", project=tmp_path, settings=settings)
    with composition.build_tools(settings, project=tmp_path, progress=Quiet()) as tools:
        result = pipeline.build(site, settings, tools)
    rules = {finding.rule for finding in result.findings}
    assert {"img-dimensions", "lcp-bytes", "page-image-bytes", "largest-image-bytes", "image-bytes"} <= rules
    assert not [finding for finding in result.findings if NAME in finding.hint]
