"""JSON-LD about images uses only terms of schema.org.

A property that ImageObject does not have is silently ignored, and so is a `digitalSourceType` that is not in
schema.org's list. The rule checks the properties of image objects, misspelt types of them, and misspelt properties by
which other things name their images (`images` for `image`). A node that is an image and something else has the
properties of both, so only misspellings are reported. Nothing else is examined, nor are terms that the page's own
context defines.

`license`, `acquireLicensePage` and `usageInfo` hold the address of a page, or an object: search engines link to it, and
cannot link to the name of a licence. `creator` is a Person or an Organization with a `name`. The terms are
those of schema.org 30.0.

Bad:
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "ImageObject",
    "contentURL": "https://x.example/a.jpg", "license": "https://x.example/terms"}</script>

Bad (a slip of the type):
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "Article",
    "image": {"@type": "Imageobject", "url": "https://x.example/a.jpg"}}</script>

Bad (a property of another thing):
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "Article",
    "images": ["https://x.example/a.jpg"]}</script>

Bad (no member of the list):
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "ImageObject",
    "contentUrl": "https://x.example/a.jpg", "digitalSourceType": "https://schema.org/TrainedAlgorithmicMedia"}</script>

Bad (neither true nor false):
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "ImageObject",
    "contentUrl": "https://x.example/a.jpg", "representativeOfPage": "yes"}</script>

Bad (a warning):
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "ImageObject",
    "contentUrl": "https://x.example/a.jpg", "license": "CC BY 4.0"}</script>

Bad (a note):
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "ImageObject",
    "contentUrl": "https://x.example/a.jpg", "creator": "Ada Lovelace"}</script>

Good (an address, and objects):
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "ImageObject",
    "contentUrl": "a", "license": "/terms", "acquireLicensePage": {"@id": "#buy"},
    "creator": [{"@type": "Person", "name": "Ada Lovelace"}, "https://x.example/#ada"]}</script>

Good:
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "Article",
    "image": {"@type": "ImageObject", "contentUrl": "https://x.example/a.jpg", "representativeOfPage": true,
    "digitalSourceType": "https://schema.org/TrainedAlgorithmicMediaDigitalSource"}}</script>

Good (a thing of two types):
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": ["ImageObject", "Product"],
    "contentUrl": "https://x.example/a.jpg", "sku": "1"}</script>
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from imageseo.model.facts import Problem, ProblemLocation, shorten
from imageseo.model.finding import Severity
from imageseo.model.suggest import closest
from imageseo.web.structured_data import schema_org
from imageseo.web.structured_data.parser import JsonLd, Node, first_problems

SEVERITY = Severity.ERROR
LINT_ONLY = True
_BOOLEANS = ("true", "false")


def check(json_ld: JsonLd) -> Iterator[Problem]:
    yield from first_problems(_found(json_ld))


def _found(json_ld: JsonLd) -> Iterator[Problem]:
    for node in json_ld.nodes:
        for name in sorted(node.types):
            if schema_org.misspelled_type(name):
                message = f"schema.org has no type {shorten(name)}"
                yield _problem(node, "@type", message, "did you mean ImageObject?")
        image = bool(node.types & schema_org.IMAGE_TYPES)
        image_only = image and node.types <= schema_org.IMAGE_TYPES
        for name in node.said:
            if name.startswith("@") or ":" in name or name in node.terms:
                continue
            if image_only and name not in schema_org.OF_IMAGES:
                suggestion = closest(name, schema_org.OF_IMAGES, cutoff=0.75)
                hint = f"did you mean {suggestion}?" if suggestion else "leave it out: search engines ignore it"
                yield _problem(node, name, f"an ImageObject has no property {shorten(name)}", hint)
            elif not image_only and (suggestion := schema_org.misspelled_property(name)) is not None:
                yield _problem(node, name, f"schema.org has no property {shorten(name)}", f"did you mean {suggestion}?")
        if image:
            yield from _values(node)


def _values(node: Node) -> Iterator[Problem]:
    """Report values that are not in the list of their property."""
    for path, value in node.listed("digitalSourceType"):
        text = _member_name(value)
        if text is not None and text.rpartition("/")[2].rpartition(":")[2] not in schema_org.SOURCE_TYPES:
            last = text.rpartition("/")[2]
            # IPTC's own codes lack the suffix of schema.org's names.
            suggestion = closest(f"{last}DigitalSource", schema_org.SOURCE_TYPES, cutoff=0.9) or closest(
                last, schema_org.SOURCE_TYPES, cutoff=0.75
            )
            hint = f"did you mean https://schema.org/{suggestion}?" if suggestion else _MEMBERS
            yield _problem(node, path, f"digitalSourceType is {shorten(text)}, no member of schema.org's list", hint)
    for name in node.said:
        if name in schema_org.PAGES or name in schema_org.AGENTS:
            yield from _texts(node, name)
    for path, value in node.listed("representativeOfPage"):
        text = _member_name(value)
        if not isinstance(value, bool) and (text or "").rpartition("/")[2].lower() not in _BOOLEANS:
            message = f"representativeOfPage is {shorten(str(value))}; expected true or false"
            yield _problem(node, path, message, "write true or false without quotes")


def _texts(node: Node, name: str) -> Iterator[Problem]:
    """Report text that is the value of a property which holds an address, a person or an organization."""
    for path, value in node.listed(name):
        if not isinstance(value, str) or not value.strip() or schema_org.may_be_url(value):
            continue
        found = f"{name} of an ImageObject is the text {shorten(value)}"
        if name in schema_org.PAGES:
            problem = _problem(node, path, f"{found}, which is no address", _ADDRESS)
            yield replace(problem, severity=Severity.WARN)
        else:
            hint = f'write an object: "{name}": {{"@type": "Person", "name": {json.dumps(shorten(value))}}}'
            problem = _problem(node, path, f"{found}; expected a Person or an Organization", hint)
            yield replace(problem, severity=Severity.INFO)


_ADDRESS = "write the URL of a page, such as https://creativecommons.org/licenses/by/4.0/ for a licence"
_MEMBERS = "use one of https://schema.org/IPTCDigitalSourceEnumeration"


def _member_name(value: Any) -> str | None:
    """Return the name of a list member, written as text or as a reference."""
    if isinstance(value, dict):
        value = value.get("@id", value.get("@value"))
    return value.strip() if isinstance(value, str) else None


def _problem(node: Node, where: str | tuple[str | int, ...], message: str, hint: str) -> Problem:
    path = where if isinstance(where, tuple) else (where,)
    return Problem(message=message, hint=hint, place=ProblemLocation(offset=node.offset(*path)))
