"""Every rule is what its manual page says: its ``Bad:`` examples are found, its ``Good:`` ones are not.

Pictures are named by what they are: ``photo-1600x900.jpg`` is made 1600 px wide, ``-400KiB`` pads it to that weight,
``truncated.*`` is cut within its header, ``empty.*`` has no bytes, ``*-hdr.jpg`` has a gain map, ``*-ai.jpg`` says that
a model made it. Any other name is no file. Lines of TOML at the top of an example are settings.
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
from typing import NamedTuple
from urllib.parse import unquote

import pytest
from PIL import Image

from imageseo.config import load as load_settings
from imageseo.facts import FACTS, SITE_FACTS, PageFacts, Reading, SiteFacts, SiteFiles
from imageseo.judge import CRASHED, judge
from imageseo.levels import Levels
from imageseo.model.finding import Finding, Severity
from imageseo.model.hero import TRAINED_MEDIA
from imageseo.model.image import Asset, BadAsset, Rights
from imageseo.model.page import Page, Site
from imageseo.probe import probe
from imageseo.provenance import packet
from imageseo.rule import Rule
from imageseo.settings import Settings

RULES = Path(__file__).parent.parent / "imageseo" / "rules"
NAMES = sorted(path.stem for path in RULES.glob("*.py") if path.stem != "__init__")

_BLOCK = re.compile(r"^(Bad|Good)(?: \(([^)]*)\))?:\n((?:[ \t]+\S.*\n?|\n(?=[ \t]))+)", re.MULTILINE)
_PICTURE = re.compile(r"[\w %-]+-(\d+)x(\d+)(?:-(\d+)KiB|(-hdr|-ai))?\.(jpg|png|webp|avif)")
_ODD = re.compile(r"(?:truncated|empty)\.(?:jpg|png)")
_GAIN_MAP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"/></rdf:RDF></x:xmpmeta>'
)
_XMP = {"-hdr": _GAIN_MAP, "-ai": packet(Rights(digital_source_type=TRAINED_MEDIA))}
_MILDER = {"a warning": Severity.WARN, "a note": Severity.INFO, "another host's, a warning": Severity.WARN}
_FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "avif": "AVIF"}


class Example(NamedTuple):
    rule: str
    kind: str
    title: str
    html: str


def load(name: str) -> Rule:
    return Rule.of(name, importlib.import_module(f"imageseo.rules.{name}"))


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
    image.save(stream, _FORMATS[suffix], **({"xmp": _XMP[words]} if words else {}))
    data = stream.getvalue()
    if not match:
        return data[:16]
    return data.ljust(int(weight) * 1024, b"\0") if weight else data


def split(html: str) -> tuple[Settings, str]:
    """The settings at the top of an example, and its page."""
    lines = html.splitlines(keepends=True)
    toml = list(takewhile(lambda line: re.match(r"[a-z][\w.\"*/-]* = ", line), lines))
    return load_settings(tomllib.loads("".join(toml)), "example"), "".join(lines[len(toml) :])


def furnish(root: Path, html: str) -> None:
    """Put a page and the pictures that it names into a folder."""
    (root / "guide").mkdir()
    (root / "guide" / "index.html").write_text(f"<!doctype html><title>t</title><body>{html}", "utf-8")
    for found in {match[0] for pattern in (_PICTURE, _ODD) for match in pattern.finditer(unquote(html))}:
        name = found.strip()
        (root / "guide" / name).write_bytes(picture(name))


def findings(root: Path, rule: Rule, settings: Settings) -> list[Finding]:
    page = Page(path="guide/index.html")
    site = Site(root=root, project=root, base_url=None, pages=(page,))

    def asset(path: str) -> Asset | BadAsset:
        return probe(root / path, path, max_pixels=10**8)

    files = SiteFiles(root, asset)
    around = SiteFacts(site, files=files, settings=settings)
    facts = PageFacts(page, site=site, files=files, reading=Reading.of(site, settings), around=around)
    return judge(facts, [rule], Levels(rules={rule.id: rule.severity}))[0]


@pytest.mark.parametrize("example", examples(), ids=lambda example: f"{example.rule}-{example.title}")
def test_a_rule_does_what_its_manual_says(example: Example, tmp_path: Path) -> None:
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
def test_a_rule_is_complete(name: str) -> None:
    rule = load(name)
    assert rule.id == name.replace("_", "-")
    assert {example.kind for example in examples() if example.rule == name} == {"Bad", "Good"}
    assert set(rule.asks) <= FACTS | SITE_FACTS
    module = inspect.getsource(importlib.import_module(f"imageseo.rules.{name}"))
    assert not re.search(r"\b(open|Path|read_bytes|read_text|requests|urllib)\b", module), (
        "rules report through facts only"
    )


def test_the_rules_of_the_first_issue_are_there() -> None:
    assert {load(name).id for name in NAMES} >= {
        "alt-missing",
        "img-dimensions",
        "img-missing",
        "lcp-lazy",
        "lcp-bytes",
    }
