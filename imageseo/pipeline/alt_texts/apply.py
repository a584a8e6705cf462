"""Add approved alternative texts to a page's plan: only to images without one of their author."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from imageseo.model.image import Asset, ImageRef, OptOut, PageScan
from imageseo.model.plan import ImagePlan, MarkupChoice, PagePlan


def with_alts(
    plan: PagePlan,
    scan: PageScan,
    alts: Mapping[str, str],
    *,
    asset_of: Callable[[ImageRef], Asset | None],
    choose: Callable[[ImageRef], MarkupChoice],
) -> PagePlan:
    """Return the plan with the texts. ``alts``: site path of an image -> text."""
    planned = {image.ref.span: image for image in plan.images}
    for ref in scan.refs:
        asset = asset_of(ref)
        text = alts.get(asset.path) if asset is not None else None
        if text is None or asset is None or ref.get("alt") is not None or ref.opt_out is OptOut.IGNORED:
            continue
        image = planned.get(ref.span) or ImagePlan(
            ref=ref, asset=asset, specs=(), sizes="", attributes=(), choice=choose(ref)
        )
        if "alt" not in dict(image.attributes):
            planned[ref.span] = replace(image, attributes=(("alt", text), *image.attributes))
    return replace(plan, images=tuple(planned[span] for span in sorted(planned)))
