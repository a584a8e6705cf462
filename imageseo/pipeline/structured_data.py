"""Build the ImageObject graph of a page, and the edits of the theme's JSON-LD that link it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from imageseo.lint.engine import location_of
from imageseo.model.finding import Finding, Severity
from imageseo.model.image import Asset, PageRegion, Rights, Variant
from imageseo.model.plan import PageHero, PagePlan
from imageseo.model.site import Page
from imageseo.web import urls
from imageseo.web.ai_labels import is_ai_generated
from imageseo.web.html.edits import Edit
from imageseo.web.html.hydration import hydrating_framework
from imageseo.web.structured_data import image_object
from imageseo.web.structured_data.node_edits import NodeChange, edits_of_block

_THUMBNAIL = 300
"""Minimum width in px of the variant that is named as the thumbnail."""
_THUMBNAIL_FORMATS = ("webp", "jpeg", "png", "avif")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageGraph:
    """The result. ``text``: of the script to add; None: none. ``edits``: of the theme's blocks.

    ``problems``, ``conflicts``: in the theme's blocks, as clauses.
    """

    text: str | None = None
    edits: tuple[Edit, ...] = ()
    problems: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()

    def findings(self, page: Page) -> Iterator[Finding]:
        """Yield what the author of the theme should know."""
        for problem in self.problems:
            yield _finding("ld-parse", Severity.WARN, problem, page, "correct the theme's template")
        for conflict in self.conflicts:
            message = f"{conflict}; both are left as they are"
            yield _finding(
                "ld-conflict", Severity.INFO, message, page, "describe the image once in the theme's template"
            )


def _finding(rule: str, severity: Severity, message: str, page: Page, hint: str) -> Finding:
    return Finding(rule=rule, severity=severity, message=message, location=location_of(page), hint=hint)


def build_graph(
    page: Page,
    plan: PagePlan,
    page_hero: PageHero | None,
    original: bytes,
    *,
    crops: Sequence[Asset] = (),
    variants: Mapping[str, Variant],
    base_url: str,
    default_rights: Rights,
    may_list: Callable[[str], bool],
) -> PageGraph:
    """Return the graph that supplements the page's own JSON-LD.

    ``crops``: of the hero. ``variants``: those that the page offers, by site path. ``default_rights``: of images
    without rights. ``may_list``: whether an image may be listed, by its site path. The others are left out, but for
    the mark of images that were made by an algorithm: it is no invitation to crawlers.
    """
    thumbnails = _thumbnails(variants)

    def make_node(
        asset: Asset, caption: str | None, rights: Rights, *, representative: bool = False, crop: bool = False
    ) -> image_object.ImageNode:
        thumbnail = None if crop else thumbnails.get(asset.sha256)
        return image_object.ImageNode(
            content_url=urls.absolute(base_url, asset.path),
            width=asset.width,
            height=asset.height,
            caption=(caption or "").strip() or None,
            rights=rights,
            representative=representative,
            crop=crop,
            format=asset.format,
            thumbnail_url=urls.absolute(base_url, thumbnail) if thumbnail is not None else None,
        )

    nodes = []
    if plan.insert is not None:
        hero = plan.insert.hero
        rights = hero.rights.or_else(default_rights)
        nodes.append(make_node(plan.insert.asset, hero.caption or hero.alt, rights, representative=True))
    for image in plan.images:
        rights = page_hero.hero.rights if page_hero is not None and image.hero else image.asset.rights
        rights = rights.or_else(default_rights)
        # Search engines ignore an ImageObject that has nothing but a size.
        tells = image.hero or rights.known or is_ai_generated(rights.digital_source_type)
        if image.ref.region is PageRegion.ARTICLE and tells:
            caption = image.ref.caption or image.ref.get("alt")
            if page_hero is not None and image.hero:
                caption = caption or page_hero.hero.caption or page_hero.hero.alt
            nodes.append(make_node(image.asset, caption, rights, representative=image.hero))
    shown = next((node for node in nodes if node.representative), None)
    if shown is not None:
        nodes += [make_node(crop, shown.caption, shown.rights, crop=True) for crop in crops]
    by_url = {urls.absolute(base_url, asset.path): asset.path for asset in _assets(plan, crops)}
    nodes = [node for node in nodes if node.rights.digital_source_type or may_list(by_url[node.content_url])]
    return _joined(page, plan, original, nodes, base_url)


def _joined(
    page: Page, plan: PagePlan, original: bytes, nodes: Sequence[image_object.ImageNode], base_url: str
) -> PageGraph:
    """Join the nodes with the blocks of the page. A block that cannot be edited safely stays as it is."""
    spans, charset = plan.scan.json_ld, plan.scan.charset
    blocks = [original[start:end].decode(charset, "replace") for start, end in spans]
    # A hydrating framework may write its own head again, without what was inserted into it.
    editable = set(range(len(blocks))) if blocks and hydrating_framework(original) is None else set()
    while True:
        graph = image_object.image_graph(
            page_url=urls.absolute(base_url, page.url), nodes=nodes, existing=blocks, editable=editable
        )
        changes: dict[int, list[NodeChange]] = {}
        for change in graph.changes:
            changes.setdefault(change.block, []).append(change)
        edits = {number: edits_of_block(original, spans[number], charset, each) for number, each in changes.items()}
        fixed = {number for number, each in edits.items() if each is None}
        if not fixed:
            break
        editable -= fixed
    return PageGraph(
        text=graph.text,
        edits=tuple(edit for each in edits.values() for edit in each or ()),
        problems=graph.problems,
        conflicts=graph.conflicts,
    )


def _assets(plan: PagePlan, crops: Sequence[Asset]) -> list[Asset]:
    inserted = [] if plan.insert is None else [plan.insert.asset]
    return [*inserted, *(image.asset for image in plan.images), *crops]


def _thumbnails(variants: Mapping[str, Variant]) -> dict[str, str]:
    """Return digest of a source file -> site path of its variant that serves as a thumbnail."""
    found: dict[str, tuple[int, int, str]] = {}
    for path, variant in variants.items():
        spec = variant.spec
        if spec.format in _THUMBNAIL_FORMATS and spec.width >= _THUMBNAIL:
            order = (_THUMBNAIL_FORMATS.index(spec.format), spec.width, path)
            found[spec.source] = min(order, found.get(spec.source, order))
    return {source: path for source, (_, _, path) in found.items()}
