"""Whether our copy of schema.org's vocabulary on images is that of its release, and how the copy is made.

    python -m tests.bench schema-org --release schemaorg-all-https.jsonld [--write]

The file comes from https://github.com/schemaorg/schemaorg, folder ``data/releases/30.0``. ``--write`` makes
``imageseo/web/structured_data/vocabulary.py`` anew from it; for another release change ``VERSION`` first.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

VERSION = "30.0"
OURS = Path(__file__).parents[2] / "imageseo" / "web" / "structured_data" / "vocabulary.py"
IMAGE, ARTICLE, SOURCES = "ImageObject", "Article", "IPTCDigitalSourceEnumeration"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--release", type=Path, required=True, metavar="FILE")
    parser.add_argument("--write", action="store_true", help="write our copy from it")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """How many terms there are, and whether our copy is the same."""
    data = options.release.read_bytes()
    try:
        terms = terms_of(json.loads(data)["@graph"])
    except (ValueError, TypeError, KeyError) as error:
        raise SystemExit(f"{options.release}: expected a release of schema.org as JSON-LD: {error!r}") from None
    text = module(terms, hashlib.sha256(data).hexdigest())
    if options.write:
        OURS.write_text(text, "utf-8")
    same = OURS.is_file() and OURS.read_text("utf-8") == text
    return {name: len(found) for name, found in terms.items()} | {"same_as_ours": same}


def terms_of(graph: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Sequence[str]]]:
    """The terms about images: names, each with what it may hold or where it belongs."""
    above: dict[str, set[str]] = defaultdict(set)
    domains: dict[str, set[str]] = defaultdict(set)
    ranges: dict[str, set[str]] = defaultdict(set)
    members: set[str] = set()
    for node in graph:
        name, kinds = _short(node["@id"]), node["@type"] if isinstance(node["@type"], list) else [node["@type"]]
        if "rdfs:Class" in kinds:
            above[name] |= _ids(node.get("rdfs:subClassOf"))
        elif "rdf:Property" in kinds:
            domains[name] |= _ids(node.get("schema:domainIncludes"))
            ranges[name] |= _ids(node.get("schema:rangeIncludes"))
        elif SOURCES in map(_short, kinds):
            members.add(name)

    def ancestors(name: str) -> set[str]:
        return {name}.union(*(ancestors(each) for each in above[name]))

    names = sorted(above)
    of_images = ancestors(IMAGE)
    return {
        "image_types": {name: () for name in names if IMAGE in ancestors(name)},
        "article_types": {name: () for name in names if ARTICLE in ancestors(name)},
        "source_types": dict.fromkeys(sorted(members), ()),
        "properties": {name: sorted(ranges[name]) for name in sorted(domains) if domains[name] & of_images},
        "holders": {name: sorted(domains[name]) for name in sorted(ranges) if IMAGE in ranges[name]},
    }


def module(terms: Mapping[str, Mapping[str, Sequence[str]]], digest: str) -> str:
    """Our copy, as Python."""

    def names(key: str, start: str) -> str:
        return textwrap.fill(" ".join(terms[key]), 117 - len(start))

    def table(key: str) -> str:
        return "\n".join(f'    "{name}": "{" ".join(values)}",' for name, values in terms[key].items())

    return f'''"""The terms of schema.org {VERSION} on images.

Made by ``python -m tests.bench schema-org --write``; not to be edited.

From ``data/releases/{VERSION}/schemaorg-all-https.jsonld`` of https://github.com/schemaorg/schemaorg, SHA-256
{digest}.
"""

VERSION = "{VERSION}"

IMAGE_TYPES = """
{names("image_types", "")}
"""

ARTICLE_TYPES = """
{names("article_types", "")}
"""

SOURCE_TYPES = """
{names("source_types", "")}
"""

PROPERTIES = {{
{table("properties")}
}}
"""Properties of an ImageObject, including inherited ones, and what each may hold."""

HOLDERS = {{
{table("holders")}
}}
"""Properties that may hold an ImageObject, and the types that have them."""
'''


def _ids(value: Any) -> set[str]:
    listed = value if isinstance(value, list) else [] if value is None else [value]
    return {_short(each["@id"]) for each in listed}


def _short(name: str) -> str:
    return name.rpartition("/")[2].rpartition(":")[2]
