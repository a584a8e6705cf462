"""Select the variants that a page references, with their paths and the bytes that they save."""

from __future__ import annotations

import math
import posixpath
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from imageseo.config.settings import Settings
from imageseo.model.finding import DESKTOP, MOBILE, Viewport
from imageseo.model.formats import BUILT_IN
from imageseo.model.image import Asset, ImageRef, Variant, VariantSpec
from imageseo.model.plan import PagePlan, PlannedVersion
from imageseo.pipeline import variant_selection
from imageseo.web import filenames
from imageseo.web.srcset.sizes import source_size

_VIEWPORTS = (MOBILE, DESKTOP, Viewport(name="wide", width=2560, height=1440, dpr=1.0))


class PageImage(NamedTuple):
    """An image of a page; ``ref``: None for an inserted hero. ``specs``: as planned. ``media``: of a hero's version."""

    asset: Asset
    specs: tuple[VariantSpec, ...]
    sizes: str
    ref: ImageRef | None
    media: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCandidates:
    """A page's plan, reduced to the variants that are worth offering.

    ``planned``: the original plan. ``variants``: those that exist. ``equal_quality``: as in ``dropped_variants``.
    ``oversized``: specs that do not fit into their format, with the reason. ``pending``: specs to be encoded later.
    ``recompressed_sizes``: site path -> bytes of recompressed files.
    """

    planned: PagePlan
    variants: Mapping[VariantSpec, Variant]
    equal_quality: bool = True
    oversized: Mapping[VariantSpec, str] = field(default_factory=dict)
    pending: Collection[VariantSpec] = frozenset()
    recompressed_sizes: Mapping[str, int] = field(default_factory=dict)
    plan: PagePlan = field(init=False)

    def __post_init__(self) -> None:
        images = tuple(
            replace(
                each,
                specs=self._select(each.asset, each.specs, each.sizes),
                versions=self._select_versions(each.versions),
            )
            for each in self.planned.images
        )
        insert = self.planned.insert
        if insert is not None:
            specs = self._select(insert.asset, insert.specs, insert.sizes)
            insert = replace(insert, specs=specs, versions=self._select_versions(insert.versions))
        object.__setattr__(self, "plan", replace(self.planned, images=images, insert=insert))

    def with_variants(self, replacements: Mapping[VariantSpec, Variant]) -> PageCandidates:
        """Return the candidates with other files for some specs; the selection may become smaller."""
        return PageCandidates(
            planned=self.planned,
            variants={**self.variants, **replacements},
            equal_quality=self.equal_quality,
            oversized=self.oversized,
            pending=self.pending,
            recompressed_sizes=self.recompressed_sizes,
        )

    @property
    def estimates(self) -> dict[str, int]:
        """URL of a CDN's candidate -> bytes of what was encoded to know about how heavy it is."""
        return {url: self.variants[spec].bytes for url, spec in self.planned.estimates if spec in self.variants}

    def count_waiting(self) -> int:
        """Return the number of images some of whose variants are to be encoded later."""
        if not self.pending:
            return 0
        return sum(any(spec in self.pending for spec in each.specs) for each in page_images(self.planned))

    def variant_paths(self) -> dict[str, Variant]:
        """Return site path -> variant for everything that the page references."""
        return {
            posixpath.join(
                posixpath.dirname(each.asset.path), filenames.variant_file(each.asset, self.variants[spec])
            ): (self.variants[spec])
            for each in page_images(self.plan)
            for spec in each.specs
        }

    def find_dropped(self) -> Iterator[tuple[PageImage, Mapping[VariantSpec, str]]]:
        """Yield the images with dropped or oversized variants, and the reason for each variant."""
        for each in page_images(self.planned):
            if self.pending and any(spec in self.pending for spec in each.specs):
                continue  # it is not known yet
            dropped: Mapping[VariantSpec, str] = variant_selection.dropped_variants(
                each.specs,
                self.variants,
                self._bytes(each.asset),
                equal_quality=self.equal_quality,
                oversized=self.oversized,
                slot=self._slot(each.specs, each.asset, each.sizes),
            )
            if self.oversized:
                oversized = {spec: self.oversized[spec] for spec in each.specs if spec in self.oversized}
                dropped = {**oversized, **dropped}
            if dropped:
                yield each, dropped

    def count_saved_bytes(self) -> int:
        """Return the bytes that a phone saves if it loads every image of the page; each image counts once."""
        saved: dict[str, int] = {}
        for each in page_images(self.plan):
            if each.specs and each.media is None and each.asset.sha256 not in saved:
                needed_width = source_size(each.sizes, MOBILE) * MOBILE.dpr
                saved[each.asset.sha256] = variant_selection.bytes_saved(
                    each.specs, self.variants, self._bytes(each.asset), needed_width
                )
        return sum(saved.values())

    def _select_versions(self, versions: tuple[PlannedVersion, ...]) -> tuple[PlannedVersion, ...]:
        return tuple(replace(each, specs=self._select(each.asset, each.specs, each.sizes)) for each in versions)

    def _select(self, asset: Asset, specs: tuple[VariantSpec, ...], sizes: str) -> tuple[VariantSpec, ...]:
        return variant_selection.select_variants(
            specs,
            self.variants,
            self._bytes(asset),
            equal_quality=self.equal_quality,
            oversized=self.oversized,
            slot=self._slot(specs, asset, sizes),
        )

    def _slot(self, specs: tuple[VariantSpec, ...], asset: Asset, sizes: str) -> float:
        """Return the widest slot of an image with oversized specs, in CSS px; it is of no use for others."""
        if not any(spec in self.oversized for spec in specs):
            return math.inf
        return min(asset.css_width, max(source_size(sizes, viewport) for viewport in _VIEWPORTS))

    def _bytes(self, asset: Asset) -> int:
        return self.recompressed_sizes.get(asset.path, asset.bytes)


def has_equal_quality(settings: Settings) -> bool:
    """Whether all formats are to look equally good; not if the settings give one of them another target or quality."""
    names = {*BUILT_IN, *settings.formats}
    targets = {settings.target.of(name) for name in names}
    return len(targets) == 1 and all(settings.quality.of(name) is None for name in names)


def page_images(plan: PagePlan) -> Iterator[PageImage]:
    """Yield the images of a page, then an inserted hero, then the versions of the hero."""
    for each in plan.images:
        yield PageImage(each.asset, each.specs, each.sizes, each.ref)
    if plan.insert is not None:
        yield PageImage(plan.insert.asset, plan.insert.specs, plan.insert.sizes, None)
    ref = plan.hero_image.ref if plan.hero_image is not None else None
    for version in plan.versions:
        yield PageImage(version.asset, version.specs, version.sizes, ref, version.media)


def hero_sources(plan: PagePlan) -> tuple[list[VariantSpec], dict[str, Asset]]:
    """Return the specs of a page's hero and its versions, and digest -> source of each."""
    shown = plan.insert or plan.hero_image
    parts = [] if shown is None else [(each.asset, each.specs) for each in (shown, *shown.versions)]
    return [spec for _, specs in parts for spec in specs], {asset.sha256: asset for asset, _ in parts}
