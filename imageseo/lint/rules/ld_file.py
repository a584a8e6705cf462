"""Every image of this site that JSON-LD names exists, has the declared size, and may be fetched by search engines.

The rule checks the files of image objects, and the values of `image`, `logo`, `thumbnailUrl`, `primaryImageOfPage` and
similar properties. Other hosts are not contacted. A size may be a number, text (`"1200 px"`) or a QuantitativeValue; it
is the size as displayed, and may differ by a pixel. A reference to an object by its `@id` names no file: that object
does. What robots.txt forbids to search engines' crawlers of images is not shown, whatever JSON-LD says of it.

Bad:
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "Article",
    "image": ["gone.jpg"]}</script>

Bad (not its size):
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "ImageObject",
    "contentUrl": "photo-1600x900.jpg", "width": 1200, "height": 900, "creditText": "Ada"}</script>

Bad (a warning):
    site_url = "https://x.example/"
    robots.txt:
        User-agent: *
        Disallow: /guide/photo
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "Article",
    "image": "photo-1600x900.jpg"}</script>

Good (another crawler is forbidden):
    site_url = "https://x.example/"
    robots.txt:
        User-agent: OtherBot
        Disallow: /
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "Article",
    "image": "photo-1600x900.jpg"}</script>

Good:
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "ImageObject",
    "contentUrl": "photo-1600x900.jpg", "width": {"@type": "QuantitativeValue", "value": 1600, "unitCode": "E37"},
    "height": "900 px", "creditText": "Ada", "thumbnailUrl": "https://img.example/a.jpg"}</script>

Good (an object's name):
    site_url = "https://x.example/"
    <script type="application/ld+json">{"@context": "https://schema.org", "@graph": [
    {"@type": "WebPage", "primaryImageOfPage": "https://x.example/guide/#image", "image": "https://x.example/boats"},
    {"@type": "ImageObject", "@id": "https://x.example/guide/#image", "contentUrl": "photo-1600x900.jpg"},
    {"@type": "ImageObject", "@id": "https://x.example/boats", "contentUrl": "photo-1600x900.jpg"}]}</script>
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from imageseo.model.facts import Problem, ProblemLocation, ResolvedUrl, shorten
from imageseo.model.finding import Severity
from imageseo.model.image import Asset
from imageseo.web import urls
from imageseo.web.robots import IMAGES
from imageseo.web.structured_data.parser import JsonLd, Node, first_problems
from imageseo.web.structured_data.schema_org import HOLD_IMAGES, IMAGE_TYPES
from imageseo.web.urls import is_image_url

if TYPE_CHECKING:
    from imageseo.lint.facts.page import SiteFiles
    from imageseo.model.site import Site
    from imageseo.web.robots import Robots

SEVERITY = Severity.ERROR
LINT_ONLY = True
_IMAGE_PROPERTIES = (*sorted(HOLD_IMAGES), "thumbnailUrl")
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:px)?\s*", re.IGNORECASE)
_LARGEST = 1_000_000.0  # px; no image is larger


def check(
    json_ld: JsonLd, files: SiteFiles, target: Callable[[str], ResolvedUrl], site: Site, robots: Robots | None
) -> Iterator[Problem]:
    def crawled(path: str) -> bool:
        url = urls.absolute(site.base_url, path) if site.base_url is not None else None
        return robots is None or url is None or robots.allows(url, IMAGES)

    yield from first_problems(_found(json_ld, files, target, lru_cache(crawled)))


def _found(
    json_ld: JsonLd, files: SiteFiles, target: Callable[[str], ResolvedUrl], crawled: Callable[[str], bool]
) -> Iterator[Problem]:
    for node in json_ld.nodes:
        if node.types & IMAGE_TYPES:
            yield from _image(node, files, target, crawled)
        for name in _IMAGE_PROPERTIES:
            for path, value in node.listed(name):
                if isinstance(value, str) and not _refers_to_object(json_ld, value):
                    yield from _fault_of_file(node, path, value, target, crawled)


def _refers_to_object(json_ld: JsonLd, value: str) -> bool:
    """Whether a value names an object: these properties take an ``@id`` (``https://x.org/a/#image``) or a URL."""
    return ("#" in value and not is_image_url(value)) or bool(json_ld.named(value))


def _image(
    node: Node, files: SiteFiles, target: Callable[[str], ResolvedUrl], crawled: Callable[[str], bool]
) -> Iterator[Problem]:
    for name in ("contentUrl", "url"):
        for path, value in node.listed(name):
            if not isinstance(value, str) or (name == "url" and not is_image_url(value)):
                continue  # `url` may be the address of a page about the image
            yield from _fault_of_file(node, path, value, target, crawled)
    url = next((url for name in ("contentUrl", "url") if isinstance(url := node.said.get(name), str)), None)
    file = target(url) if url is not None else None
    asset = files.asset(file.path) if file is not None and file.path is not None and file.exists else None
    if not isinstance(asset, Asset) or asset.format == "svg":
        return
    for side, actual in (("width", asset.width), ("height", asset.height)):
        declared = _parse_px(node.said.get(side))
        if declared is not None and abs(declared - actual) > 1:
            number = f"{declared:g}" if declared <= _LARGEST else "more than a million"
            yield Problem(
                message=f"JSON-LD declares {side} {number} for {asset.path}, which is {asset.width}×{asset.height} px",
                hint=f"write {actual}, or name the right file",
                place=ProblemLocation(offset=node.offset(side), image=url),
            )
            return


def _fault_of_file(
    node: Node,
    path: tuple[str | int, ...],
    url: str,
    target: Callable[[str], ResolvedUrl],
    crawled: Callable[[str], bool],
) -> Iterator[Problem]:
    file = target(url)
    if file.path is not None and not file.exists:
        near = f"did you mean {file.near}? " if file.near else ""
        yield Problem(
            message=f"JSON-LD names {shorten(file.path)}, which is not in the site",
            hint=f"{near}Check the name, its letter case, and that the generator copies the file",
            place=ProblemLocation(offset=node.offset(*path), image=url),
        )
    elif file.path is not None and not crawled(file.path):
        yield Problem(
            message=f"JSON-LD names {shorten(file.path)}, which robots.txt forbids {IMAGES} to fetch",
            hint="allow it in robots.txt, or leave the image out of the structured data",
            severity=Severity.WARN,
            place=ProblemLocation(offset=node.offset(*path), image=url),
        )


def _parse_px(value: Any) -> float | None:
    """Parse a size in px; None for any other unit (``"60 cm"``)."""
    if isinstance(value, dict):
        if value.get("unitCode", "E37") != "E37" or value.get("unitText", "px") not in ("px", "pixel", "pixels"):
            return None
        value = value.get("value", value.get("@value"))
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return min(value, 2 * _LARGEST)  # JSON allows integers that no float can represent
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    return float(match[1]) if match else None
