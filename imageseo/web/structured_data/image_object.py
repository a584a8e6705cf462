"""Builds the ImageObject nodes of a page, linked to the structured data of the theme."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urldefrag, urljoin

from imageseo.model.digital_source_types import schema_org_member
from imageseo.model.image import Rights
from imageseo.web import media_types
from imageseo.web.structured_data import theme as themes
from imageseo.web.structured_data.node_edits import NodeChange, script_safe
from imageseo.web.structured_data.theme import ThemeJsonLd, ThemeNode
from imageseo.web.structured_data.theme_links import HeroLink, link_hero

_RIGHTS = frozenset({"creator", "creditText", "copyrightNotice", "license"})
_ADDABLE = ("creator", "creditText", "copyrightNotice", "license", "acquireLicensePage", "digitalSourceType")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageNode:
    """The data of one image. ``content_url``: absolute; ``width``/``height``: px of that file.

    ``digital_source_type``: an IPTC NewsCodes URI, by default that of ``rights``; omitted if schema.org has no member
    for it. ``representative``: it is the page's hero. ``crop``: it is a crop of the hero, described only with the hero.
    ``format``: of the file, as ``Asset.format`` has it. ``thumbnail_url``: absolute, of a small variant.
    """

    content_url: str
    width: int
    height: int
    caption: str | None = None
    rights: Rights = field(default_factory=Rights)
    representative: bool = False
    crop: bool = False
    digital_source_type: str | None = None
    format: str | None = None
    thumbnail_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageGraph:
    """The result. ``text``: content of one script element, ASCII without ``<``; None if there is nothing to add.

    ``changes``: of nodes of the theme. ``problems``: errors in the theme's blocks. ``conflicts``: clauses on images
    that the theme describes in two ways.
    """

    text: str | None
    problems: tuple[str, ...] = ()
    changes: tuple[NodeChange, ...] = ()
    conflicts: tuple[str, ...] = ()


def image_graph(
    *, page_url: str, nodes: Sequence[ImageNode], existing: Sequence[str] = (), editable: Collection[int] = ()
) -> ImageGraph:
    """Build the graph to add to a page.

    ``page_url``: absolute. ``existing``: contents of the theme's ``application/ld+json`` blocks. Their ImageObjects are
    not repeated, and their WebPage or Article gets the hero unless it has an image of its own. With crops, the hero is
    the first of a list, from which search engines choose a ratio. ``editable``: indices of the blocks whose nodes may
    get properties; a node of another block gets them by a second node with its ``@id``.
    """
    page_url = urldefrag(page_url).url
    theme = themes.read(existing)
    editable = theme.strict.intersection(editable)
    known = theme.images(page_url)
    graph: list[dict[str, Any]] = []
    changes: list[NodeChange] = []
    hero: ImageNode | None = None
    hero_id: str | None = None
    merged = _merge_nodes(nodes)
    for node in merged:
        if node.crop:
            continue
        if node.content_url in known:
            of_theme = known[node.content_url]
            changes += _completed(node, of_theme, theme, page_url, editable)
            found = next((urljoin(page_url, each.id) for each in of_theme if each.id is not None), None)
        else:
            graph.append(_image(node, page_url))
            found = graph[-1]["@id"]
        if node.representative:
            hero, hero_id = node, found
    if hero is not None:
        crops = [node for node in merged if node.crop]
        own = [_image(node, page_url) for node in crops if node.content_url not in known]
        link = HeroLink(
            url=hero.content_url,
            id=hero_id,
            crops=[node.content_url for node in crops],
            crop_ids=[each["@id"] for each in own],
        )
        linked = link_hero(theme, link, page_url, editable)
        graph += [*(own if linked.shows_crops else ()), *linked.nodes]
        changes += linked.changes
    graph, changes = _nested(graph, changes)
    problems, conflicts = theme.problems, tuple(dict.fromkeys(themes.conflicts(theme, page_url)))
    if not graph:
        return ImageGraph(text=None, problems=problems, changes=tuple(changes), conflicts=conflicts)
    document = {"@context": "https://schema.org", "@graph": graph}
    return ImageGraph(text=script_safe(document), problems=problems, changes=tuple(changes), conflicts=conflicts)


def _completed(
    node: ImageNode, of_theme: Sequence[ThemeNode], theme: ThemeJsonLd, page_url: str, editable: Collection[int]
) -> list[NodeChange]:
    """Return what the theme's ImageObject of a file gets: rights and origin that it does not tell."""
    same = [*of_theme]
    for each in of_theme:
        same += theme.with_id(urljoin(page_url, each.id) if each.id is not None else None, page_url)
    target = next((each for each in of_theme if each.plain and each.block in editable), None)
    if target is None:
        return []
    properties = _image(node, page_url)
    new = {
        name: properties[name]
        for name in _ADDABLE
        if name in properties and not any(name in each.value for each in same)
    }
    return [NodeChange(block=target.block, path=target.path, new=new)] if new else []


def _nested(graph: list[dict[str, Any]], changes: list[NodeChange]) -> tuple[list[dict[str, Any]], list[NodeChange]]:
    """Move images without rights into the first node that names them.

    One of its own is for licences: search engines ignore it without rights, and validators report it. As the image of a
    page or an article it needs its URL only.
    """
    images = {each["@id"]: each for each in graph if each["@type"] == "ImageObject" and not _RIGHTS & each.keys()}
    placed: set[str] = set()

    def place(value: Any) -> Any:
        if isinstance(value, list):
            return [place(each) for each in value]
        name = value.get("@id") if isinstance(value, dict) and len(value) == 1 else None
        if not isinstance(name, str) or name not in images or name in placed:
            return value
        placed.add(name)
        return images[name]

    joined = [NodeChange(block=it.block, path=it.path, new=_mapped(it.new, place), more=it.more) for it in changes]
    nodes = [_mapped(each, place) if each["@type"] != "ImageObject" else each for each in graph]
    return [each for each in nodes if each["@id"] not in placed or each["@type"] != "ImageObject"], joined


def _mapped(properties: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    return {name: change(value) for name, value in properties.items()}


def _image(node: ImageNode, page_url: str) -> dict[str, Any]:
    rights = node.rights
    # The id belongs to the page: two pages may caption one file differently.
    name = hashlib.sha256(node.content_url.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    properties: dict[str, Any] = {
        "@type": "ImageObject",
        "@id": f"{page_url}#image-{name}",
        "contentUrl": node.content_url,
        "encodingFormat": media_types.of_image(node.format) if node.format else None,
        "width": _px(node.width),
        "height": _px(node.height),
        "thumbnailUrl": node.thumbnail_url,
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
