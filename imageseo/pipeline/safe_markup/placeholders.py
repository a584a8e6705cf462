"""Placeholders: what an image shows until it is loaded, as a background of its tag, where that is safe."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from imageseo.images.pillow_versions import library_version, pillow_version
from imageseo.images.placeholders import preview
from imageseo.images.placeholders.preview import Placeholder
from imageseo.model import regular_file
from imageseo.model.image import Asset, ImageRef, PageRegion
from imageseo.model.plan import ImagePlan, MarkupForm, PagePlan
from imageseo.model.protocols import Store
from imageseo.pipeline.safe_markup.choice import MarkupChooser
from imageseo.web import csp

OPT_OUT = "data-imageseo-placeholder"
"""Attribute by which an author leaves one image without: ``data-imageseo-placeholder="off"``."""

_SMALLEST = 100  # px; below, an image is loaded before a placeholder would be seen
_MOST_PIXELS = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholders:
    """Gives images placeholders. ``file_of``: the file of an asset. ``store``: keeps what was made of a file."""

    blurred: bool
    store: Store
    file_of: Callable[[Asset], Path]

    def added(self, plan: PagePlan, chooser: MarkupChooser, may_paint: Callable[[ImageRef], bool]) -> PagePlan:
        """Return the plan with a placeholder for each image that may have one; never for the hero.

        Without a hero, only lazy images get one: any other may be the LCP image. ``may_paint``: whether the page's
        style sheets could set the background of an image, or let it not cover its box.
        """
        if chooser.framework is not None or not csp.allows_style_attribute(chooser.policies):
            return plan
        blurred = self.blurred and csp.allows_data_images(chooser.policies)
        has_hero = plan.insert is not None or plan.hero_image is not None
        images = []
        for image in plan.images:
            found = None
            if _may_have(image, has_hero=has_hero) and not may_paint(image.ref):
                found = self._of(image.asset)
            images.append(image if found is None else replace(image, placeholder=_declaration(found, blurred=blurred)))
        return replace(plan, images=tuple(images))

    def _of(self, asset: Asset) -> Placeholder | None:
        """Return the placeholder of an image, made once for each content; None if it may have none."""
        versions = f"{preview.VERSION} Pillow {pillow_version()} webp {library_version('webp')}"
        key = hashlib.sha256(f"{versions} {asset.sha256} {asset.orientation}".encode()).hexdigest()
        stored = self.store.find(key)
        data = self.store.read(stored) if stored is not None else None
        if data is None:
            made: Placeholder | None = None
            # A broken file is reported where its variants are made.
            with suppress(Exception):
                made = preview.make(regular_file.read(self.file_of(asset)), asset.format, asset.orientation)
            data = msgspec.json.encode(made)
            self.store.put(key, data)
        values = msgspec.json.decode(data, type=tuple[str, str] | None)
        return Placeholder(*values) if values is not None else None


def _may_have(image: ImagePlan, *, has_hero: bool) -> bool:
    ref, asset, added = image.ref, image.asset, dict(image.attributes)
    is_lazy = "lazy" in ((ref.get("loading") or "").strip().lower(), added.get("loading"))
    is_urgent = "high" in ((ref.get("fetchpriority") or "").strip().lower(), added.get("fetchpriority"))
    return (
        not image.hero
        and not is_urgent
        and (is_lazy or has_hero)
        and ref.region is PageRegion.ARTICLE
        and ref.opt_out is None
        and image.choice.form is not MarkupForm.NONE
        and image.choice.styled
        and ref.get("style") is None
        and (ref.get(OPT_OUT) or "").strip().lower() != "off"
        and asset.encodable
        and min(asset.width, asset.height) >= _SMALLEST
        and asset.width * asset.height <= _MOST_PIXELS
    )


def _declaration(found: Placeholder, *, blurred: bool) -> str:
    """Return the CSS declaration. ``content-box``: padding of the image keeps what is behind it."""
    if blurred and found.preview:
        return f"background:url(data:image/webp;base64,{found.preview}) 0 0/100% 100% content-box"
    return f"background:{found.color} content-box"
