"""Every ImageObject names its file, and a standalone one its creator or licence.

Without `contentUrl` (or `url`) it describes no image. One at the top of a block that no other node refers to describes
the image itself: search engines ignore it unless it has one of `creator`, `creditText`, `copyrightNotice`, `license`.
An article's or a page's own image, nested or by `@id`, needs only its URL, and so does a node that states a
`digitalSourceType`: it marks a generated image. Where another block of the page cannot be
read, that is not judged: the block may refer to the image.

Bad:
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "Article",
    "image": {"@type": "ImageObject", "caption": "A harbour"}}</script>

Bad (tells nothing of it):
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "ImageObject",
    "contentUrl": "https://x.example/a.jpg"}</script>

Good:
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "ImageObject",
    "contentUrl": "https://x.example/a.jpg", "creditText": "Ada Lovelace"}</script>

Good (the mark of a generated image):
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "ImageObject",
    "contentUrl": "https://x.example/a.jpg",
    "digitalSourceType": "https://schema.org/TrainedAlgorithmicMediaDigitalSource"}</script>

Good (the broken block may refer to it; `ld-parse` reports that block):
    <script type="application/ld+json">{"@type": "Article", "image": {"@id": "#hero"},}</script>
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "ImageObject", "@id": "#hero",
    "contentUrl": "https://x.example/a.jpg"}</script>

Good (the page's own image):
    <script type="application/ld+json">{"@context": "https://schema.org", "@graph": [
    {"@type": "WebPage", "primaryImageOfPage": {"@id": "#hero"}},
    {"@type": "ImageObject", "@id": "#hero", "url": "https://x.example/a.jpg"}]}</script>
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from imageseo.model.facts import Problem, ProblemLocation, shorten
from imageseo.model.finding import Severity
from imageseo.web.structured_data.parser import JsonLd, Node, first_problems
from imageseo.web.structured_data.schema_org import IMAGE_TYPES

SEVERITY = Severity.ERROR
LINT_ONLY = True
_RIGHTS = ("creator", "creditText", "copyrightNotice", "license")


def check(json_ld: JsonLd) -> Iterator[Problem]:
    yield from first_problems(_found(json_ld))


def _found(json_ld: JsonLd) -> Iterator[Problem]:
    by_id: dict[str, dict[str, Any]] = {}
    referred: set[str] = set()
    for node in json_ld.nodes:
        if node.id is not None:
            by_id.setdefault(node.id, {}).update(node.said)
            if not node.top:
                referred.add(node.id)
        referred.update(value for key, value in node.said.items() if isinstance(value, str) and key != "@id")
    for node in json_ld.nodes:
        if not node.types & IMAGE_TYPES:
            continue
        properties: Mapping[str, Any] = by_id.get(node.id, {}) if node.id is not None else node.said
        if not (properties.get("contentUrl") or properties.get("url")):
            message = "an ImageObject has neither contentUrl nor url"
            yield _problem(node, message, "write contentUrl with the absolute URL of the file", None)
        elif (
            node.top
            and not json_ld.faults
            and node.id not in referred
            and not any(properties.get(name) for name in (*_RIGHTS, "digitalSourceType"))
        ):
            url = str(properties.get("contentUrl") or properties.get("url"))
            message = f"the ImageObject of {shorten(url)} has none of {', '.join(_RIGHTS)}: search engines ignore it"
            yield _problem(
                node, message, "add one of them (`rights.creator` and its siblings), or leave the node out", url
            )


def _problem(node: Node, message: str, hint: str, image: str | None) -> Problem:
    return Problem(message=message, hint=hint, place=ProblemLocation(offset=node.offset(), image=image))
