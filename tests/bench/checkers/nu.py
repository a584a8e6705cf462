"""The Nu Html Checker (vnu-jar), all pages in one run of Java.

Its messages have no ids. Those about images are given one here, by what they say.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.bench.checkers import Said, Tools, program
from tests.bench.checkers.pages import Page

_AT_ONCE = 200
KINDS: tuple[tuple[str, str], ...] = (
    # Of every message the first that fits. “…” are Nu's own quotes.
    (
        "not-about-images",
        r"^Trailing slash on void|^Duplicate ID|^The first occurrence of ID|^Duplicate attribute|CSS: ",
    ),
    (
        "alt",
        r"“img” element.* must (?:also )?have an|“alt” attribute|“(?:input|area)” is missing required attribute “alt”",
    ),
    ("preload", r"“image(?:srcset|sizes)”|“link” element with an “as”"),
    ("sizes", r"attribute “sizes”|“sizes” attribute (?:must|value)"),
    ("picture", r"element “(?:source|picture)”|Element “(?:source|picture)”|“(?:source|picture)” element"),
    ("srcset", r"attribute “srcset”"),
    ("dimensions", r"attribute “(?:width|height)” on"),
    ("keyword", r"attribute “(?:loading|decoding|fetchpriority|crossorigin|referrerpolicy)”"),
    ("map", r"“(?:usemap|ismap|map|area|coords|shape)”"),
    ("src", r"attribute “src” on element “img”: Must|“img” is missing .*“src”"),
    ("url", r"attribute “(?:src|href|data|srcset)”.*(?:Illegal character|path segment|URL|scheme|host)"),
    ("not-about-images", r"^(?:Stray end tag|Unclosed element|End tag) “(?!picture|source|img|map|svg|object)"),
    ("aria", r"“(?:role|aria-[a-z]+)”|“[a-z]+” role|role “"),
    ("obsolete", r"obsolete"),
    ("unknown-attribute", r"^Attribute .* not allowed on element"),
    ("placement", r"not allowed as child|must not appear as a descendant"),
)
_KINDS = tuple((name, re.compile(pattern)) for name, pattern in KINDS)


def kind(message: str) -> str:
    """Our name for what a message is about."""
    return next((name for name, pattern in _KINDS if pattern.search(message)), "other")


def says(pages: Sequence[Page], tools: Tools) -> Iterator[Said]:
    """What Nu reports. Raises ``Missing``."""
    java, jar = program("java"), tools.file("vnu-jar/build/dist/vnu.jar")
    by_url = {page.file.resolve().as_uri().replace("file:///", "file:/"): page for page in pages}
    files = [str(page.file) for page in pages]
    command = [java, "-Xss8m", "-jar", str(jar), "--format", "json", "--exit-zero-always", "--stdout"]
    for start in range(0, len(files), _AT_ONCE):
        run = subprocess.run([*command, *files[start : start + _AT_ONCE]], capture_output=True, text=True)
        try:
            told = json.loads(run.stdout)
        except json.JSONDecodeError:
            yield Said("nu/failed", "", None, (run.stderr or run.stdout).strip()[:300])
            continue
        yield from read(told, by_url)


def read(report: Mapping[str, Any], by_url: Mapping[str, Page]) -> Iterator[Said]:
    """The messages of its report in JSON."""
    for each in report["messages"]:
        page = by_url.get(each.get("url", "").replace("file:///", "file:/"))
        if page is None or "lastLine" not in each:
            continue
        offset = page.offset(each["lastLine"], each["lastColumn"], utf16=True)
        yield Said(f"nu/{kind(each['message'])}", page.path, page.tag_at(offset), each["message"])


def version(tools: Tools) -> str:
    tools.file("vnu-jar/build/dist/vnu.jar")
    return tools.version("vnu-jar")
