"""Texts and rights of a page's hero, from its request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from imageseo.heroes.masters.card_over import file_master
from imageseo.heroes.masters.resolver import ResolvedMaster
from imageseo.model.hero import Hero, HeroRequest
from imageseo.model.image import Asset, Rights

METADATA_BYTES = 1 << 17
"""The first bytes of a file by imageseo, in which its metadata say so."""


def make_hero(request: HeroRequest, path: str, rights: Rights) -> Hero:
    """Return the hero that is published at a path, with the texts of its request."""
    return Hero(
        path=path,
        alt=request.alt,
        caption=request.caption,
        rights=rights,
        depicts=request.depicts,
        focal=request.focal,
        inserts=request.inserts,
    )


def file_rights(request: HeroRequest, asset: Asset) -> Rights:
    """Return the rights of a hero that is a file of the site: those that its page declares, else those in the file."""
    # The digital source type does not depend on the owner: the file's is used if the page declares none.
    source_type = request.rights.digital_source_type or asset.rights.digital_source_type
    return replace(request.rights.or_else(asset.rights), digital_source_type=source_type)


def card_ground(asset: Asset, read: Callable[[], bytes], rights: Rights) -> ResolvedMaster:
    """Return an image file of the site as the master that a card is drawn over."""
    master = file_master(asset.path, read, asset.sha256, (asset.width, asset.height))
    return replace(master, digital_source_type=rights.digital_source_type or "", rights=rights)


def origin_of(rights: Rights) -> dict[str, str | None]:
    """Return what says how an image came to be, as fields of ``Rights``."""
    return {"digital_source_type": rights.digital_source_type, "made_with": rights.made_with}
