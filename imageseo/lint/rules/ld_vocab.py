"""What JSON-LD says of images is in words that schema.org knows.

A property that ImageObject does not have is passed over in silence, and so is a `digitalSourceType` that is no member
of its list. Judged are the properties of image objects, slips of their type, and slips of the properties by which other
things name their images (`images` for `image`). What is an image and something else has the properties
of both, and is judged by slips alone. All else is not looked at, nor are terms that the page's own context defines.

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

Good:
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "Article",
    "image": {"@type": "ImageObject", "contentUrl": "https://x.example/a.jpg", "representativeOfPage": true,
    "digitalSourceType": "https://schema.org/TrainedAlgorithmicMediaDigitalSource"}}</script>

Good (a thing of two types):
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": ["ImageObject", "Product"],
    "contentUrl": "https://x.example/a.jpg", "sku": "1"}</script>
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from imageseo.model.facts import Problem, ProblemLocation, shorten
from imageseo.model.finding import Severity
from imageseo.model.suggest import closest
from imageseo.web.structured_data import schema_org
from imageseo.web.structured_data.parser import JsonLd, Node, first_problems

SEVERITY = Severity.ERROR
LINT_ONLY = True
_TRUTH = ("true", "false")


def check(json_ld: JsonLd) -> Iterator[Problem]:
    yield from first_problems(_found(json_ld))


def _found(json_ld: JsonLd) -> Iterator[Problem]:
    for node in json_ld.nodes:
        for name in sorted(node.types):
            if schema_org.misspelled_type(name):
                message = f"schema.org has no type {shorten(name)}"
                yield _problem(node, "@type", message, "did you mean ImageObject?")
        image = bool(node.types & schema_org.IMAGE_TYPES)
        only = image and node.types <= schema_org.IMAGE_TYPES
        for name in node.said:
            if name.startswith("@") or ":" in name or name in node.terms:
                continue
            if only and name not in schema_org.OF_IMAGES:
                meant = closest(name, schema_org.OF_IMAGES, cutoff=0.75)
                hint = f"did you mean {meant}?" if meant else "leave it out: search engines pass it over"
                yield _problem(node, name, f"an ImageObject has no property {shorten(name)}", hint)
            elif not only and (meant := schema_org.misspelled_property(name)) is not None:
                yield _problem(node, name, f"schema.org has no property {shorten(name)}", f"did you mean {meant}?")
        if image:
            yield from _values(node)


def _values(node: Node) -> Iterator[Problem]:
    """What is no member of the list that a property takes."""
    for path, value in node.listed("digitalSourceType"):
        said = _name(value)
        if said is not None and said.rpartition("/")[2].rpartition(":")[2] not in schema_org.SOURCE_TYPES:
            last = said.rpartition("/")[2]
            # IPTC's own codes lack the end of schema.org's names.
            meant = closest(f"{last}DigitalSource", schema_org.SOURCE_TYPES, cutoff=0.9) or closest(
                last, schema_org.SOURCE_TYPES, cutoff=0.75
            )
            hint = f"did you mean https://schema.org/{meant}?" if meant else _MEMBERS
            yield _problem(node, path, f"digitalSourceType is {shorten(said)}, no member of schema.org's list", hint)
    for path, value in node.listed("representativeOfPage"):
        said = _name(value)
        if not isinstance(value, bool) and (said or "").rpartition("/")[2].lower() not in _TRUTH:
            message = f"representativeOfPage is {shorten(str(value))}; expected true or false"
            yield _problem(node, path, message, "write true or false without quotes")


_MEMBERS = "take one of https://schema.org/IPTCDigitalSourceEnumeration"


def _name(value: Any) -> str | None:
    """A member's name, written as text or as a reference."""
    if isinstance(value, dict):
        value = value.get("@id", value.get("@value"))
    return value.strip() if isinstance(value, str) else None


def _problem(node: Node, where: str | tuple[str | int, ...], message: str, hint: str) -> Problem:
    path = where if isinstance(where, tuple) else (where,)
    return Problem(message=message, hint=hint, place=ProblemLocation(offset=node.offset(*path)))
