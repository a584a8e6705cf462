"""Builds the ImageObject nodes of a page, linked by ``@id`` to the structured data of the theme."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urldefrag, urljoin

from imageseo.model.digital_source_types import schema_org_member
from imageseo.model.image import Rights
from imageseo.web.structured_data import vocabulary

_PAGES = frozenset(
    (
        *("WebPage", "AboutPage", "CheckoutPage", "CollectionPage", "ContactPage", "FAQPage", "ItemPage"),
        *("MedicalWebPage", "ProfilePage", "QAPage", "RealEstateListing", "SearchResultsPage", "MediaGallery"),
    )
)
_ARTICLES = frozenset(vocabulary.ARTICLE_TYPES.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageNode:
    """The data of one image. ``content_url``: absolute; ``width``/``height``: px of that file.

    ``digital_source_type``: an IPTC NewsCodes URI, by default that of ``rights``; omitted if schema.org has no member
    for it. ``representative``: it is the page's hero. ``crop``: it is a crop of the hero, described only with the hero.
    """

    content_url: str
    width: int
    height: int
    caption: str | None = None
    rights: Rights = field(default_factory=Rights)
    representative: bool = False
    crop: bool = False
    digital_source_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageGraph:
    """The result. ``text``: content of one script element, ASCII without ``<``; None if there is nothing to add.

    ``problems``: errors in the blocks of the theme.
    """

    text: str | None
    problems: tuple[str, ...] = ()


def image_graph(*, page_url: str, nodes: Sequence[ImageNode], existing: Sequence[str] = ()) -> ImageGraph:
    """Build the graph to add to a page.

    ``page_url``: absolute. ``existing``: contents of the theme's ``application/ld+json`` blocks, which are never
    changed: their ImageObjects are not repeated, and their WebPage or Article gets the hero by ``@id`` unless it has
    an image of its own. With crops, the hero is the first of a list, from which search engines choose a ratio.
    """
    page_url = urldefrag(page_url).url
    theme, problems = _parse_blocks(existing)
    known = _known_images(theme, page_url)
    graph: list[dict[str, Any]] = []
    hero: str | None = None  # @id of the page's image
    merged = _merge_nodes(nodes)
    for node in merged:
        if node.crop:
            continue
        if node.content_url in known:
            hero = (known[node.content_url] or hero) if node.representative else hero
            continue
        graph.append(_image(node, page_url))
        hero = graph[-1]["@id"] if node.representative else hero
    if hero is not None:
        crops = [_image(node, page_url) for node in merged if node.crop and node.content_url not in known]
        links = list(_links(theme, [hero, *(crop["@id"] for crop in crops)], page_url, complete=not problems))
        graph += [*(crops if any("image" in link for link in links) else ()), *links]
    if not graph:
        return ImageGraph(text=None, problems=problems)
    document = {"@context": "https://schema.org", "@graph": graph}
    return ImageGraph(text=_script_safe(document), problems=problems)


def _image(node: ImageNode, page_url: str) -> dict[str, Any]:
    rights = node.rights
    # The id belongs to the page: two pages may caption one file differently.
    name = hashlib.sha256(node.content_url.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    properties: dict[str, Any] = {
        "@type": "ImageObject",
        "@id": f"{page_url}#image-{name}",
        "contentUrl": node.content_url,
        "width": _px(node.width),
        "height": _px(node.height),
        "caption": node.caption,
        "representativeOfPage": True if node.representative else None,
        "creator": {"@type": "Person", "name": _replace_surrogates(rights.creator)} if rights.creator else None,
        "creditText": rights.credit,
        "copyrightNotice": rights.copyright,
        "license": rights.license,
        "acquireLicensePage": rights.acquire_license_page,
        "digitalSourceType": schema_org_member(node.digital_source_type or rights.digital_source_type),
    }
    return {key: _replace_surrogates(value) for key, value in properties.items() if value}


def _replace_surrogates(value: Any) -> Any:
    """Replace lone surrogates in text, which JSON parsers reject."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(value, str) else value


def _px(value: int) -> dict[str, Any]:
    """Return a QuantitativeValue, as schema.org does not allow bare numbers here; E37 is UN/CEFACT's code of pixel."""
    return {"@type": "QuantitativeValue", "value": value, "unitCode": "E37"}


def _merge_nodes(nodes: Sequence[ImageNode]) -> list[ImageNode]:
    """Merge the nodes of each file; the first wins, later ones fill in missing data."""
    found: dict[str, ImageNode] = {}
    for node in nodes:
        first = found.get(node.content_url)
        if first is not None:
            node = replace(
                first,
                caption=first.caption or node.caption,
                representative=first.representative or node.representative,
                crop=first.crop and node.crop,
            )
        found[node.content_url] = node
    return list(found.values())


def _parse_blocks(existing: Sequence[str]) -> tuple[list[Any], tuple[str, ...]]:
    parsed: list[Any] = []
    problems: list[str] = []
    for number, text in enumerate(existing, 1):
        try:
            parsed.append(json.loads(_unwrap(text), strict=False))
        except (ValueError, RecursionError) as error:
            problems.append(f"JSON-LD block {number} of the page cannot be read: {error}")
    return parsed, tuple(problems)


def _unwrap(text: str) -> str:
    """Remove the comment or CDATA markers that old templates put around a script."""
    text = text.strip().removeprefix("\ufeff")
    for start, end in (("<!--", "-->"), ("//<![CDATA[", "//]]>"), ("/*<![CDATA[*/", "/*]]>*/"), ("<![CDATA[", "]]>")):
        if text.startswith(start):
            return text.removeprefix(start).strip().removesuffix(end)
    return text


def _things(value: Any) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """Yield every node in document order, and whether it is at the top level of a block or its ``@graph``."""
    waiting: list[tuple[Any, bool]] = [(value, True)]
    while waiting:
        item, top = waiting.pop()
        if isinstance(item, dict):
            yield item, top
            waiting.extend((inner, top and key == "@graph") for key, inner in reversed(item.items()))
        elif isinstance(item, list):
            waiting.extend((inner, top) for inner in reversed(item))


def _types(thing: Mapping[str, Any]) -> set[str]:
    declared = thing.get("@type")
    names = declared if isinstance(declared, list) else [declared]
    return {name.rsplit("/", 1)[-1].rsplit(":", 1)[-1] for name in names if isinstance(name, str)}


def _known_images(theme: list[Any], page_url: str) -> dict[str, str | None]:
    """Return absolute URL of each ImageObject of the theme -> its ``@id``."""
    known: dict[str, str | None] = {}
    for thing, _ in _things(theme):
        if "ImageObject" not in _types(thing):
            continue
        declared_id = thing.get("@id")
        name = urljoin(page_url, declared_id) if isinstance(declared_id, str) else None
        for key in ("contentUrl", "url"):
            address = thing.get(key)
            if isinstance(address, str) and address.strip():
                address = urljoin(page_url, address.strip())
                known[address] = known.get(address) or name
    return known


def _links(theme: list[Any], images: Sequence[str], page_url: str, *, complete: bool) -> Iterator[dict[str, Any]]:
    """Yield nodes that link the hero and its crops to the page. ``complete``: all blocks of the theme were readable."""
    things = list(_things(theme))
    pages = [thing for thing, _ in things if _types(thing) & _PAGES]
    articles = [thing for thing, top in things if top and _types(thing) & _ARTICLES]
    listed = [{"@id": image} for image in images]
    hero: dict[str, Any] = {"primaryImageOfPage": listed[0]}
    # primaryImageOfPage takes one image; several crops go into `image`, as for an article.
    shapes: dict[str, Any] = {"image": listed} if len(listed) > 1 else {}
    if not pages and complete:
        yield {"@type": "WebPage", "@id": page_url, "url": page_url, **hero, **shapes}
    for group, kind, properties in (
        (pages, "WebPage", {**hero, **shapes}),
        (articles, "Article", shapes or {"image": listed[0]}),
    ):
        named = [thing for thing in group if isinstance(thing.get("@id"), str)]
        # Several nodes are a listing: it is unknown which of them the image belongs to.
        if len({thing["@id"] for thing in named}) != 1 or any(thing.get(next(iter(properties))) for thing in group):
            continue
        # Parsers reject a node without a type; the general type is valid for the theme's node, without required fields.
        own = {key: value for key, value in properties.items() if not any(thing.get(key) for thing in group)}
        yield {"@type": kind, "@id": urljoin(page_url, named[0]["@id"]), **own}


def _script_safe(document: dict[str, Any]) -> str:
    """Return ASCII JSON that is safe in any charset and contains no ``</script>`` or ``<!--``."""
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
