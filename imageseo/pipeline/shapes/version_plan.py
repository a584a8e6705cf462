"""Plan the versions of a page's hero: the sources that its ``<picture>`` offers for other screens."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from dataclasses import replace

from imageseo.layout import image_widths
from imageseo.model.image import Asset, ImageRef, VariantSpec
from imageseo.model.plan import HeroVersion, ImagePlan, MarkupForm, PagePlan, PlannedVersion

PlanSpecs = Callable[[ImageRef | None, Asset], tuple[VariantSpec, ...]]


def with_versions(
    plan: PagePlan,
    html: bytes,
    versions: Sequence[HeroVersion],
    *,
    layout: image_widths.ColumnLayout,
    plan_specs: PlanSpecs,
) -> PagePlan:
    """Return the plan with the versions of its hero; without them where they would not be safe.

    An ``<img>`` of the author gets only those in the shape of its file: a taller one would move what follows.

    ``html``: the page without edits. ``plan_specs``: the variants to make of an image.
    """
    if plan.insert is not None:
        if _is_preloaded(plan, html, plan.insert.asset):
            return plan
        planned = _planned(None, versions, layout, plan_specs)
        return replace(plan, insert=replace(plan.insert, versions=planned))
    image = plan.hero_image
    if image is None or not _may_have_versions(image) or _is_preloaded(plan, html, image.asset):
        return plan
    alike = [each for each in versions if _has_shape_of(each.asset, image.asset)]
    changed = replace(image, versions=_planned(image.ref, alike, layout, plan_specs))
    return replace(plan, images=tuple(changed if each is image else each for each in plan.images))


def _planned(
    ref: ImageRef | None, versions: Sequence[HeroVersion], layout: image_widths.ColumnLayout, plan_specs: PlanSpecs
) -> tuple[PlannedVersion, ...]:
    return tuple(
        PlannedVersion(
            media=each.media,
            asset=each.asset,
            specs=plan_specs(ref, each.asset),
            sizes=image_widths.sizes(ref, each.asset, layout),
        )
        for each in versions
    )


def _may_have_versions(image: ImagePlan) -> bool:
    """Whether the tag leaves it to the file how large the image is, and a ``<picture>`` may be put around it."""
    own = any(image.ref.get(name) is not None for name in ("width", "height", "style", "sizes"))
    return image.choice.form is MarkupForm.PICTURE and not own and not image.auto_sizes and image.ref.opt_out is None


def _has_shape_of(asset: Asset, other: Asset) -> bool:
    return abs(asset.width * other.height - asset.height * other.width) <= max(asset.width, other.width)


def _is_preloaded(plan: PagePlan, html: bytes, asset: Asset) -> bool:
    """Whether the page preloads the hero's file: a screen with another version would load both."""
    name = posixpath.basename(asset.path).encode()
    return any(name in html[start:end] for start, end in plan.scan.preload_images)
