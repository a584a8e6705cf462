"""Links the hero of a page to the theme's nodes of the page and its article."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from imageseo.web.structured_data.node_edits import NodeChange
from imageseo.web.structured_data.theme import ThemeJsonLd, ThemeNode, read, urls_of


@dataclass(frozen=True, slots=True, kw_only=True)
class HeroLink:
    """The hero of a page. ``url``: absolute, of its file. ``id``: ``@id`` of its ImageObject; None if it has none.

    ``crops``: absolute URLs. ``crop_ids``: ``@id`` of those that the theme does not describe.
    """

    url: str
    id: str | None
    crops: Sequence[str]
    crop_ids: Sequence[str]


@dataclass(slots=True, kw_only=True)
class Linked:
    """What links the hero: ``changes`` of nodes of the theme, and ``nodes`` to add. ``shows_crops``: they are named."""

    nodes: list[dict[str, Any]] = field(default_factory=list)
    changes: list[NodeChange] = field(default_factory=list)
    shows_crops: bool = False


def link_hero(theme: ThemeJsonLd, hero: HeroLink, page_url: str, editable: Collection[int]) -> Linked:
    """Return the links of a page's hero. Nothing that a node of the theme says is replaced."""
    linked = Linked()
    pages, articles = theme.pages(page_url), theme.articles(page_url)
    ids = [{"@id": name} for name in (hero.id, *hero.crop_ids) if name is not None]
    if hero.id is not None:
        primary: dict[str, Any] = {"primaryImageOfPage": {"@id": hero.id}}
        # primaryImageOfPage takes one image; several crops go into `image`, as for an article.
        shapes: dict[str, Any] = {"image": ids} if len(ids) > 1 else {}
        if not pages and not theme.problems and not theme.has_other_page(page_url):
            linked.nodes.append({"@type": "WebPage", "@id": page_url, "url": page_url, **primary, **shapes})
            linked.shows_crops = bool(shapes)
        _extend(linked, pages, "WebPage", {**primary, **shapes}, {**primary, **shapes}, page_url, editable)
    urls = [hero.url, *hero.crops]
    by_id: dict[str, Any] = {"image": ids if len(ids) > 1 else ids[0]} if hero.id is not None else {}
    written = {"image": urls if len(urls) > 1 else hero.url}
    for group in _groups(articles, page_url):
        _extend(linked, group, "Article", by_id, written, page_url, editable)
        if hero.crops:
            _add_crops(linked, group, theme, hero, page_url, editable)
    return linked


def _groups(articles: Sequence[ThemeNode], page_url: str) -> Iterator[Sequence[ThemeNode]]:
    """Yield the nodes of each article of the page; nothing if it is unknown which of several the image belongs to."""
    if all(each.tells_page(page_url) for each in articles):
        groups: dict[str, list[ThemeNode]] = {}
        for number, each in enumerate(articles):
            groups.setdefault(each.id or f" {number}", []).append(each)
        yield from groups.values()
    else:
        yield articles


def _extend(
    linked: Linked,
    group: Sequence[ThemeNode],
    kind: str,
    by_id: dict[str, Any],
    written: dict[str, Any],
    page_url: str,
    editable: Collection[int],
) -> None:
    """Add properties to the one thing that the nodes of a group describe, if none of them has the first one.

    ``written``: what is written into a node of the theme; ``by_id``: what a second node with its ``@id`` says.
    """
    names = {each.id for each in group}
    # Several things are a listing: it is unknown which of them the image belongs to.
    if len(names) != 1 or (names == {None} and len(group) > 1):
        return
    if any(each.value.get(next(iter(written))) for each in group):
        return
    may_get = (each for each in group if each.plain and each.block in editable and (each.top or each.id is not None))
    target = next((each for each in may_get if not set(written) & set(each.value)), None)
    if target is not None:
        own = {key: value for key, value in written.items() if not any(each.value.get(key) for each in group)}
        linked.changes.append(NodeChange(block=target.block, path=target.path, new=own))
    elif group[0].id is not None and by_id:
        # Parsers reject a node without a type; the general type is valid for the theme's node, without required fields.
        own = {key: value for key, value in by_id.items() if not any(each.value.get(key) for each in group)}
        linked.nodes.append({"@type": kind, "@id": urljoin(page_url, group[0].id), **own})
    else:
        return
    linked.shows_crops |= "image" in own


def _add_crops(
    linked: Linked,
    group: Sequence[ThemeNode],
    theme: ThemeJsonLd,
    hero: HeroLink,
    page_url: str,
    editable: Collection[int],
) -> None:
    """Add the crops to the image of an article that is the hero already."""
    shown = [each for each in group if each.value.get("image")]
    if len(shown) != 1 or not shown[0].plain or shown[0].block not in editable:
        return
    value = shown[0].value["image"]
    images = value if isinstance(value, list) else [value]
    if len(images) != 1 or hero.url not in _files(images[0], theme, page_url):
        return
    linked.changes.append(NodeChange(block=shown[0].block, path=shown[0].path, more={"image": hero.crops}))
    linked.shows_crops = True


def _files(image: Any, theme: ThemeJsonLd, page_url: str) -> set[str]:
    """Return the absolute URLs of an image that a property names: as text, as an object, by its ``@id``."""
    if isinstance(image, str):
        return {urljoin(page_url, image.strip()), *_files({"@id": image}, theme, page_url)}
    if not isinstance(image, dict):
        return set()
    name = image.get("@id")
    same = theme.with_id(urljoin(page_url, name), page_url) if isinstance(name, str) else []
    return {url for each in (image, *(node.value for node in same)) for url in urls_of(each, page_url)}


def takes_crops(existing: Sequence[str], page_url: str, is_hero: Callable[[str], bool], *, editable: bool) -> bool:
    """Whether an article of the page has no image yet, or the hero as its only one.

    ``existing``: contents of the theme's blocks. ``is_hero``: whether an absolute URL is that of the hero's file.
    ``editable``: the blocks may be edited.
    """
    theme = read(existing)
    for group in _groups(theme.articles(page_url), page_url):
        names = {each.id for each in group}
        if len(names) != 1 or (names == {None} and (len(group) > 1 or not editable)):
            continue
        images = [each.value["image"] for each in group if each.value.get("image")]
        if not images:
            return True
        first = images[0][0] if isinstance(images[0], list) else images[0]
        is_only = len(images) == 1 and not (isinstance(images[0], list) and len(images[0]) > 1)
        if editable and is_only and any(map(is_hero, _files(first, theme, page_url))):
            return True
    return False
