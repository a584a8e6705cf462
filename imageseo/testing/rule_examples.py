"""The examples in a rule's docstring, as pages that the rule is run on.

Images are made by their names: ``photo-1600x900.jpg`` is 1600 px wide, ``-400KiB`` pads it to that size,
``truncated.*`` is cut within its header, ``empty.*`` has no bytes, ``*-hdr.jpg`` has a gain map, ``*-ai.jpg`` declares
that it is AI-generated, ``*-exif.jpg`` has 8 KB of EXIF, ``*-gps.jpg`` a position, ``*-c2pa.jpg`` an invalid C2PA
manifest that declares AI. Any other name is a missing file. A line such as ``robots.txt:`` begins a file at the site's
root, with the indented lines below it as its content; everything else is the page. ``[5,000 characters of text]``
stands for that much text. Lines of TOML at the top of an example are settings.
"""

from __future__ import annotations

import io
import re
import textwrap
import tomllib
from collections.abc import Callable
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from imageseo.config import load as load_settings
from imageseo.config.settings import Settings
from imageseo.images.decoding.probe import probe
from imageseo.images.metadata.rights import xmp_packet
from imageseo.lint.engine import RuleRunner, run_rules
from imageseo.lint.facts.page import PageContext, PageFacts, SiteFacts, SiteFiles
from imageseo.lint.rule import Rule
from imageseo.lint.severity import SeverityLevels
from imageseo.model import regular_file
from imageseo.model.finding import Finding, Severity
from imageseo.model.hero import TRAINED_MEDIA
from imageseo.model.image import Asset, BadAsset, Rights
from imageseo.model.layout import SiteLayout
from imageseo.model.site import Page, Site

PAGE = "guide/index.html"
MILDER = {"a warning": Severity.WARN, "a note": Severity.INFO, "another host's, a note": Severity.INFO}
"""How the title of an example begins that is milder than its rule."""

_BLOCK = re.compile(r"^(Bad|Good)(?: \(([^)]*)\))?:\n((?:[ \t]+\S.*\n?|\n(?=[ \t]))+)", re.MULTILINE)
_PICTURE = re.compile(r"[\w %-]+-(\d+)x(\d+)(?:-(\d+)KiB|(-hdr|-ai|-exif|-gps|-c2pa|-prompt))?\.(jpg|png|webp|avif)")
_ODD = re.compile(r"(?:truncated|empty)\.(?:jpg|png)")
_GAIN_MAP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"/></rdf:RDF></x:xmpmeta>'
)
_CARRIES = {
    "-hdr": {"xmp": _GAIN_MAP},
    "-ai": {"xmp": xmp_packet(Rights(digital_source_type=TRAINED_MEDIA))},
    "-prompt": {
        "exif": b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x0e\0\x02\0\0\0\x40\0\0\0\x1a\0\0\0\0"
        + b"a tower in fog\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 42".ljust(64, b"\0")
    },
    "-gps": {
        "exif": b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x88\x25\0\x04\0\0\0\x01\0\0\0\x1a\0\0\0\0"
        b"\0\x02\0\x01\0\x02\0\0\0\x02N\0\0\0\0\x02\0\x05\0\0\0\x03\0\0\0\x38\0\0\0\0"
        b"\0\0\0\x30\0\0\0\x01\0\0\0\x0c\0\0\0\x01\0\0\0\x1e\0\0\0\x01"
    },
    "-exif": {"exif": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x0e\x01\x02\0\x40\x1f\0\0\x1a\0\0\0\0\0\0\0" + b"x" * 8000},
}
_JUMBF = b"\0\0\0\x3djumb\0\0\0\x1ejumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9bq\x03c2pa\0trainedAlgorithmicMedia"
_FILE = re.compile(r"^([\w./-]+\.(?:txt|xml|rss|atom)):\n((?:[ \t]+\S.*\n?|\n(?=[ \t]))+)", re.MULTILINE)
_LONG = re.compile(r"\[([\d,]+) characters of text\]")
_FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "avif": "AVIF"}


class RuleExample(NamedTuple):
    """One example: ``Bad`` or ``Good``, its title, and its settings and HTML."""

    rule: str
    kind: str
    title: str
    html: str


def examples(rule: Rule) -> list[RuleExample]:
    """Return the examples in a rule's docstring."""
    return [
        RuleExample(rule.id, kind, title or kind, textwrap.dedent(html))
        for kind, title, html in _BLOCK.findall(rule.manual + "\n")
    ]


@lru_cache
def picture(name: str) -> bytes:
    """Return the image file that a name describes."""
    from PIL import Image

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
    (root / PAGE).parent.mkdir()
    for name, content in _FILE.findall(html):
        (root / name).write_text(textwrap.dedent(content), "utf-8")
    pictures, html = html, _FILE.sub("", html)
    html = _LONG.sub(lambda match: ("boats " * (size := int(match[1].replace(",", ""))))[: size - 1] + ".", html)
    (root / PAGE).write_text(f"<!doctype html><title>t</title><body>{html}", "utf-8")
    for found in {match[0] for pattern in (_PICTURE, _ODD) for match in pattern.finditer(unquote(pictures))}:
        name = found.strip()
        ((root / PAGE).parent / name).write_bytes(picture(name))


def findings(
    root: Path,
    rule: Rule,
    settings: Settings,
    *,
    layout_of: Callable[[str, bytes], SiteLayout | None] = lambda path, html: None,
) -> list[Finding]:
    """Return the findings of one rule in a folder. ``layout_of``: what a browser has measured of a page."""
    page = Page(path=PAGE)
    site = Site(root=root, project=root, base_url=settings.site_url, pages=(page,))

    def asset(path: str) -> Asset | BadAsset:
        return probe(root / path, path, max_pixels=10**8)

    files = SiteFiles(root, asset)
    site_facts = SiteFacts(site, files=files, settings=settings)
    layout = layout_of(page.path, regular_file.read(root / page.path))
    page_context, levels = PageContext.of(site, settings, layout, files), SeverityLevels(rules={rule.id: rule.severity})
    facts = PageFacts(page, site=site, files=files, page_context=page_context, site_facts=site_facts)
    whole = RuleRunner(
        site=site, rules=[rule], levels=levels, files=files, page_context=page_context, site_facts=site_facts
    ).check_site()
    return [*run_rules(facts, [rule], levels)[0], *whole.findings]
