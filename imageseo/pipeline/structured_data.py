"""The ImageObject graph of a page: which images it describes, and what is known of them."""

from __future__ import annotations

from imageseo.model.image import Asset, PageRegion, Rights
from imageseo.model.plan import PageHero, PagePlan
from imageseo.model.site import Page
from imageseo.web import urls
from imageseo.web.structured_data import image_object


def graph(
    page: Page, plan: PagePlan, cast: PageHero | None, original: bytes, *, base_url: str, house: Rights
) -> image_object.ImageGraph:
    """The graph to write beside what the page's own JSON-LD says. ``house``: rights of what has none of its own."""
    nodes = []
    if plan.insert is not None:
        hero = plan.insert.hero
        rights = hero.rights.or_else(house)
        nodes.append(_node(base_url, plan.insert.asset, hero.caption or hero.alt, rights, representative=True))
    for image in plan.images:
        rights = cast.hero.rights if cast is not None and image.hero else image.asset.rights
        rights = rights.or_else(house)
        # Search engines pass over an ImageObject of which nothing is known but its size.
        if image.ref.region is PageRegion.ARTICLE and (image.hero or rights.known):
            said = image.ref.caption or image.ref.get("alt")
            if cast is not None and image.hero:
                said = said or cast.hero.caption or cast.hero.alt
            nodes.append(_node(base_url, image.asset, said, rights, representative=image.hero))
    if cast is not None and any(node.representative for node in nodes):
        said = next(node.caption for node in nodes if node.representative)
        rights = cast.hero.rights.or_else(house)
        nodes += [_node(base_url, crop, said, rights, crop=True) for crop in cast.crops]
    blocks = [original[start:end].decode(plan.scan.charset, "replace") for start, end in plan.scan.json_ld]
    return image_object.image_graph(page_url=urls.absolute(base_url, page.url), nodes=nodes, existing=blocks)


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
