"""Every rule reports the ``Bad:`` examples of its manual page, and not the ``Good:`` ones.

Images are made by their names: ``photo-1600x900.jpg`` is 1600 px wide, ``-400KiB`` pads it to that size,
``truncated.*`` is cut within its header, ``empty.*`` has no bytes, ``*-hdr.jpg`` has a gain map, ``*-ai.jpg`` declares
that it is AI-generated, ``*-exif.jpg`` has 8 KB of EXIF, ``*-c2pa.jpg`` an invalid C2PA manifest that declares AI. Any
other name is a missing file. A line such as ``robots.txt:`` begins a file at the site's root, with the indented lines
below it as its content; everything else is the page. ``[5,000 characters of text]`` stands for that much text. Lines of
TOML at the top of an example are settings.
"""

from __future__ import annotations

import importlib
import inspect
import io
import re
import textwrap
import tomllib
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from urllib.parse import unquote

import pytest
from PIL import Image

from imageseo.config import load as load_settings
from imageseo.config.settings import Settings
from imageseo.images.decoding.probe import probe
from imageseo.images.metadata.rights import xmp_packet
from imageseo.lint.crashes import CRASHED
from imageseo.lint.engine import RuleRunner, run_rules
from imageseo.lint.facts.page import FACTS, SITE_FACTS, PageContext, PageFacts, SiteFacts, SiteFiles
from imageseo.lint.rule import Rule
from imageseo.lint.severity import SeverityLevels
from imageseo.model.facts import Problem
from imageseo.model.finding import Finding, Severity
from imageseo.model.hero import TRAINED_MEDIA
from imageseo.model.image import Asset, BadAsset, Rights
from imageseo.model.site import Page, Site
from tests.support.measured_pages import layout_of

RULES = Path(__file__).parents[2] / "imageseo" / "lint" / "rules"
NAMES = sorted(path.stem for path in RULES.glob("*.py") if path.stem != "__init__")

_BLOCK = re.compile(r"^(Bad|Good)(?: \(([^)]*)\))?:\n((?:[ \t]+\S.*\n?|\n(?=[ \t]))+)", re.MULTILINE)
_PICTURE = re.compile(r"[\w %-]+-(\d+)x(\d+)(?:-(\d+)KiB|(-hdr|-ai|-exif|-c2pa))?\.(jpg|png|webp|avif)")
_ODD = re.compile(r"(?:truncated|empty)\.(?:jpg|png)")
_GAIN_MAP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"/></rdf:RDF></x:xmpmeta>'
)
_CARRIES = {
    "-hdr": {"xmp": _GAIN_MAP},
    "-ai": {"xmp": xmp_packet(Rights(digital_source_type=TRAINED_MEDIA))},
    "-exif": {"exif": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x0e\x01\x02\0\x40\x1f\0\0\x1a\0\0\0\0\0\0\0" + b"x" * 8000},
}
_JUMBF = b"\0\0\0\x3djumb\0\0\0\x1ejumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9bq\x03c2pa\0trainedAlgorithmicMedia"
_FILE = re.compile(r"^([\w./-]+\.(?:txt|xml|rss|atom)):\n((?:[ \t]+\S.*\n?|\n(?=[ \t]))+)", re.MULTILINE)
_MILDER = {"a warning": Severity.WARN, "a note": Severity.INFO, "another host's, a warning": Severity.WARN}
_LONG = re.compile(r"\[([\d,]+) characters of text\]")
_FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "avif": "AVIF"}


class Example(NamedTuple):
    rule: str
    kind: str
    title: str
    html: str


def load(name: str) -> Rule:
    return Rule.of(name, importlib.import_module(f"imageseo.lint.rules.{name}"))


def examples() -> list[Example]:
    return [
        Example(name, kind, title or kind, textwrap.dedent(html))
        for name in NAMES
        for kind, title, html in _BLOCK.findall(load(name).manual + "\n")
    ]


@lru_cache
def picture(name: str) -> bytes:
    if name.startswith("empty"):
        return b""
    match = _PICTURE.fullmatch(name)
    width, height, weight, words, suffix = match.groups() if match else ("64", "64", None, None, "jpg")
    stream = io.BytesIO()
    image = Image.new("RGB", (int(width), int(height)), "#2563eb")
    image.save(stream, _FORMATS[suffix], **_CARRIES.get(words or "", {}))
    data = stream.getvalue()
    if words == "-c2pa":
        segment = b"JP\0\x01\0\0\0\x01" + _JUMBF
        data = data[:2] + b"\xff\xeb" + (len(segment) + 2).to_bytes(2, "big") + segment + data[2:]
    if not match:
        return data[:16]
    return data.ljust(int(weight) * 1024, b"\0") if weight else data


def split(html: str) -> tuple[Settings, str]:
    """Split an example into the settings at its top and its page."""
    lines = html.splitlines(keepends=True)
    toml = list(takewhile(lambda line: re.match(r"[a-z][\w.\"*/-]* = ", line), lines))
    return load_settings(tomllib.loads("".join(toml)), "example"), "".join(lines[len(toml) :])


def furnish(root: Path, html: str) -> None:
    """Write a page, the files of the example and the images that it names into a folder."""
    (root / "guide").mkdir()
    for name, content in _FILE.findall(html):
        (root / name).write_text(textwrap.dedent(content), "utf-8")
    pictures, html = html, _FILE.sub("", html)
    html = _LONG.sub(lambda match: ("boats " * (size := int(match[1].replace(",", ""))))[: size - 1] + ".", html)
    (root / "guide" / "index.html").write_text(f"<!doctype html><title>t</title><body>{html}", "utf-8")
    for found in {match[0] for pattern in (_PICTURE, _ODD) for match in pattern.finditer(unquote(pictures))}:
        name = found.strip()
        (root / "guide" / name).write_bytes(picture(name))


def findings(root: Path, rule: Rule, settings: Settings) -> list[Finding]:
    page = Page(path="guide/index.html")
    site = Site(root=root, project=root, base_url=settings.site_url, pages=(page,))

    def asset(path: str) -> Asset | BadAsset:
        return probe(root / path, path, max_pixels=10**8)

    files = SiteFiles(root, asset)
    site_facts = SiteFacts(site, files=files, settings=settings)
    layout = layout_of(page.path, (root / page.path).read_bytes())
    page_context, levels = PageContext.of(site, settings, layout), SeverityLevels(rules={rule.id: rule.severity})
    facts = PageFacts(page, site=site, files=files, page_context=page_context, site_facts=site_facts)
    whole = RuleRunner(
        site=site, rules=[rule], levels=levels, files=files, page_context=page_context, site_facts=site_facts
    ).check_site()
    return [*run_rules(facts, [rule], levels)[0], *whole.findings]


@pytest.mark.parametrize("example", examples(), ids=lambda example: f"{example.rule}-{example.title}")
def test_rule_reports_its_bad_examples_only(example: Example, tmp_path: Path) -> None:
    rule = load(example.rule)
    settings, html = split(example.html)
    furnish(tmp_path, html)
    found = findings(tmp_path, rule, settings)
    assert not any(each.message.startswith(CRASHED) for each in found)
    if example.kind == "Good":
        assert found == []
        return
    assert len(found) == 1
    assert found[0].rule == rule.id
    milder = next((level for word, level in _MILDER.items() if example.title.startswith(word)), rule.severity)
    assert found[0].severity is milder
    assert found[0].message
    assert found[0].hint
    assert found[0].location.line is not None or found[0].location.image is None


@pytest.mark.parametrize("name", NAMES)
def test_rule_has_docs_known_facts_and_no_file_access(name: str) -> None:
    rule = load(name)
    assert rule.id == name.replace("_", "-")
    assert {example.kind for example in examples() if example.rule == name} == {"Bad", "Good"}
    assert set(rule.facts) <= FACTS | SITE_FACTS
    module = inspect.getsource(importlib.import_module(f"imageseo.lint.rules.{name}"))
    assert not re.search(r"\b(open|Path|read_bytes|read_text|requests|urllib)\b", module), (
        "rules read files through facts only"
    )


def test_the_names_of_facts_are_those_that_exist() -> None:
    assert {name for name in vars(SiteFacts) if not name.startswith("_")} == SITE_FACTS
    assert all(hasattr(PageFacts, name) for name in FACTS - {"page", "site", "files"})


def test_rules_of_the_first_issue_exist() -> None:
    assert {load(name).id for name in NAMES} >= {
        "alt-missing",
        "img-dimensions",
        "img-missing",
        "lcp-lazy",
        "lcp-bytes",
    }


def test_former_names_of_facts_give_the_same_facts() -> None:
    """Rules of other packages may use them for one release."""

    def check(linked: Any, weights: Any, column: Any, seen: Any) -> list[Problem]:
        return []

    module = ModuleType("old_rule", "A rule.")
    module.__dict__.update(SEVERITY=Severity.WARN, check=check)
    assert Rule.of("old_rule", module).facts == ("json_ld", "page_weight", "column_layout", "measured_images")
