"""Build the ImageObject graph of a page."""

from __future__ import annotations

from collections.abc import Callable

from imageseo.model.image import Asset, PageRegion, Rights
from imageseo.model.plan import PageHero, PagePlan
from imageseo.model.site import Page
from imageseo.web import urls
from imageseo.web.ai_labels import is_ai_generated
from imageseo.web.structured_data import image_object


def build_graph(
    page: Page,
    plan: PagePlan,
    page_hero: PageHero | None,
    original: bytes,
    *,
    base_url: str,
    default_rights: Rights,
    may_list: Callable[[str], bool],
) -> image_object.ImageGraph:
    """Return the graph that supplements the page's own JSON-LD.

    ``default_rights``: of images without rights. ``may_list``: whether an image may be listed, by its site path. The
    others are left out, but for the mark of images that were made by an algorithm: it is no invitation to crawlers.
    """
    nodes = []
    if plan.insert is not None:
        hero = plan.insert.hero
        rights = hero.rights.or_else(default_rights)
        nodes.append(_node(base_url, plan.insert.asset, hero.caption or hero.alt, rights, representative=True))
    for image in plan.images:
        rights = page_hero.hero.rights if page_hero is not None and image.hero else image.asset.rights
        rights = rights.or_else(default_rights)
        # Search engines ignore an ImageObject that has nothing but a size.
        tells = image.hero or rights.known or is_ai_generated(rights.digital_source_type)
        if image.ref.region is PageRegion.ARTICLE and tells:
            caption = image.ref.caption or image.ref.get("alt")
            if page_hero is not None and image.hero:
                caption = caption or page_hero.hero.caption or page_hero.hero.alt
            nodes.append(_node(base_url, image.asset, caption, rights, representative=image.hero))
    if page_hero is not None and any(node.representative for node in nodes):
        caption = next(node.caption for node in nodes if node.representative)
        rights = page_hero.hero.rights.or_else(default_rights)
        nodes += [_node(base_url, crop, caption, rights, crop=True) for crop in page_hero.crops]
    by_url = {urls.absolute(base_url, asset.path): asset.path for asset in _assets(plan, page_hero)}
    nodes = [node for node in nodes if node.rights.digital_source_type or may_list(by_url[node.content_url])]
    blocks = [original[start:end].decode(plan.scan.charset, "replace") for start, end in plan.scan.json_ld]
    return image_object.image_graph(page_url=urls.absolute(base_url, page.url), nodes=nodes, existing=blocks)


def _assets(plan: PagePlan, page_hero: PageHero | None) -> list[Asset]:
    inserted = [] if plan.insert is None else [plan.insert.asset]
    return [*inserted, *(image.asset for image in plan.images), *(page_hero.crops if page_hero is not None else ())]


def _node(
    base_url: str,
    asset: Asset,
    caption: str | None,
    rights: Rights,
    *,
    representative: bool = False,
    crop: bool = False,
) -> image_object.ImageNode:
    return image_object.ImageNode(
        content_url=urls.absolute(base_url, asset.path),
        width=asset.width,
        height=asset.height,
        caption=(caption or "").strip() or None,
        rights=rights,
        representative=representative,
        crop=crop,
    )
