"""What a page offers of the variants that exist: which they are called, which are left out, what a phone is spared."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from imageseo.model.finding import MOBILE
from imageseo.model.image import Asset, ImageRef, Variant, VariantSpec
from imageseo.model.plan import PagePlan
from imageseo.pipeline import variant_selection
from imageseo.web import filenames
from imageseo.web.srcset.sizes import source_size


class PageImage(NamedTuple):
    """An image of a page; ``ref`` is None for a hero that is inserted. ``specs``: as planned."""

    asset: Asset
    specs: tuple[VariantSpec, ...]
    sizes: str
    ref: ImageRef | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCandidates:
    """A page's plan with what is worth offering.

    ``planned``: as it was wished for; ``variants``: that exist; ``alike``: as in ``fit.drops``; ``anew``: bytes by site
    path, of files that are to be smaller than their assets say.
    """

    planned: PagePlan
    variants: Mapping[VariantSpec, Variant]
    alike: bool = True
    anew: Mapping[str, int] = field(default_factory=dict)
    plan: PagePlan = field(init=False)

    def __post_init__(self) -> None:
        images = tuple(replace(each, specs=self._offered(each.asset, each.specs)) for each in self.planned.images)
        insert = self.planned.insert
        if insert is not None:
            insert = replace(insert, specs=self._offered(insert.asset, insert.specs))
        object.__setattr__(self, "plan", replace(self.planned, images=images, insert=insert))

    def instead(self, lighter: Mapping[VariantSpec, Variant]) -> PageCandidates:
        """The offers with other files for some specs; what is worth offering beside them may be less."""
        return PageCandidates(
            planned=self.planned, variants={**self.variants, **lighter}, alike=self.alike, anew=self.anew
        )

    def paths(self) -> dict[str, Variant]:
        """Site path -> variant, for all that the page is to name."""
        return {
            posixpath.join(
                posixpath.dirname(each.asset.path), filenames.variant_file(each.asset, self.variants[spec])
            ): (self.variants[spec])
            for each in page_images(self.plan)
            for spec in each.specs
        }

    def drops(self) -> Iterator[tuple[PageImage, Mapping[VariantSpec, variant_selection.DropReason]]]:
        """The images of which some variants are left out, with the reason of each."""
        for each in page_images(self.planned):
            found = variant_selection.dropped_variants(
                each.specs, self.variants, self._bytes(each.asset), alike=self.alike
            )
            if found:
                yield each, found

    def saved(self) -> int:
        """Bytes that the gate's phone need not load, were every image of the page shown; each image counts once."""
        spared: dict[str, int] = {}
        for each in page_images(self.plan):
            if each.specs and each.asset.sha256 not in spared:
                need = source_size(each.sizes, MOBILE) * MOBILE.dpr
                spared[each.asset.sha256] = variant_selection.bytes_saved(
                    each.specs, self.variants, self._bytes(each.asset), need
                )
        return sum(spared.values())

    def _offered(self, asset: Asset, specs: tuple[VariantSpec, ...]) -> tuple[VariantSpec, ...]:
        return variant_selection.select_variants(specs, self.variants, self._bytes(asset), alike=self.alike)

    def _bytes(self, asset: Asset) -> int:
        return self.anew.get(asset.path, asset.bytes)


def page_images(plan: PagePlan) -> Iterator[PageImage]:
    """The images of a page, an inserted hero last."""
    for each in plan.images:
        yield PageImage(each.asset, each.specs, each.sizes, each.ref)
    if plan.insert is not None:
        yield PageImage(plan.insert.asset, plan.insert.specs, plan.insert.sizes, None)
