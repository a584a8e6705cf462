"""Replace the variants of a page plan by candidates of a CDN, where every browser will get them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from imageseo.lint.budgets import lcp
from imageseo.model.finding import Budget
from imageseo.model.image import Asset, VariantSpec
from imageseo.model.plan import HeroInsert, ImagePlan, MarkupForm, PagePlan, PlannedVersion
from imageseo.web import csp
from imageseo.web.srcset.candidates import Candidate, choose
from imageseo.web.srcset.sizes import source_size

if TYPE_CHECKING:
    from imageseo.web.cdn.delivery import Delivery

_Shown = TypeVar("_Shown", ImagePlan, HeroInsert, PlannedVersion)


def delivered_plan(
    plan: PagePlan, delivery: Delivery, *, policies: Sequence[str], budgets: Iterable[Budget], img_format: str
) -> PagePlan:
    """Return the plan with candidates of the CDN; images that it may not or cannot deliver keep their variants.

    ``policies``: the page's Content-Security-Policies. ``img_format``: what is encoded for an estimate if the CDN
    chooses the format.
    """
    images = tuple(_delivered_image(each, delivery, policies) for each in plan.images)
    insert = plan.insert
    if insert is not None:
        insert = _delivered(insert, delivery, policies)
        insert = replace(insert, versions=_versions(insert.versions, delivery, policies))
    delivered = replace(plan, images=images, insert=insert)
    if delivery.cdn.budgets == "skip":
        return delivered
    estimates = tuple(_estimates(plan, delivered, [each for each in budgets if each.metric == lcp.METRIC], img_format))
    return replace(delivered, estimates=estimates)


def _delivered_image(image: ImagePlan, delivery: Delivery, policies: Sequence[str]) -> ImagePlan:
    if image.ref.get("crossorigin") is not None:  # the CDN may not send the header that this asks for
        return image
    found = _delivered(image, delivery, policies)
    found = replace(found, versions=_versions(image.versions, delivery, policies))
    if not found.remote or not delivery.negotiated or found.choice.form is not MarkupForm.PICTURE:
        return found
    # One URL for all formats needs no <picture>: a <source> without a type would be no choice at all.
    return replace(found, choice=replace(found.choice, form=MarkupForm.IMG), auto_sizes=False)


def _versions(
    versions: Iterable[PlannedVersion], delivery: Delivery, policies: Sequence[str]
) -> tuple[PlannedVersion, ...]:
    return tuple(_delivered(each, delivery, policies) for each in versions)


def _delivered(shown: _Shown, delivery: Delivery, policies: Sequence[str]) -> _Shown:
    asset = shown.asset
    if not shown.specs or not _is_deliverable(asset) or not delivery.accepts(asset.path):
        return shown
    remote = delivery.candidates(asset.path, [(spec.format, spec.width) for spec in shown.specs], asset.width)
    if not remote or not all(csp.allows_image(policies, each.url) for each in remote[:1]):
        return shown
    return replace(shown, remote=remote, specs=())


def _is_deliverable(asset: Asset) -> bool:
    """Whether every CDN makes the same of a file: no animation, and nothing that EXIF data rotates."""
    return asset.encodable and asset.orientation == 1


def _estimates(
    plan: PagePlan, delivered: PagePlan, budgets: Sequence[Budget], img_format: str
) -> Iterator[tuple[str, VariantSpec]]:
    """Yield the candidates of the hero that the viewports of budgets choose, each once, with what to encode."""
    before, after = plan.insert or plan.hero_image, delivered.insert or delivered.hero_image
    if before is None or after is None:
        return
    found: dict[str, VariantSpec] = {}
    for local, remote in ((before, after), *zip(before.versions, after.versions, strict=True)):
        if not remote.remote:
            continue
        kind = remote.remote[0].format
        spec = next((each for each in local.specs if each.format == (kind or img_format)), local.specs[0])
        offered = [each for each in remote.remote if each.format == kind]
        for budget in budgets:
            picked = choose(
                [Candidate(each.url, each.width) for each in offered],
                source_size(_sizes(remote), budget.viewport),
                budget.viewport.dpr,
            )
            if picked is not None and picked.width is not None:
                found[picked.url] = replace(spec, width=picked.width)
    yield from found.items()


def _sizes(shown: ImagePlan | HeroInsert | PlannedVersion) -> str:
    own = shown.ref.get("sizes") if isinstance(shown, ImagePlan) and shown.choice.form is MarkupForm.IMG else None
    return own or shown.sizes
