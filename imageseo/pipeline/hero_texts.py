"""Texts and rights of a page's hero, from its request."""

from __future__ import annotations

from imageseo.model.hero import Hero, HeroRequest
from imageseo.model.image import Rights


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


def origin_of(rights: Rights) -> dict[str, str | None]:
    return {"digital_source_type": rights.digital_source_type, "made_with": rights.made_with}
