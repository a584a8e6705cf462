"""Plan the crops of a hero: names, sizes, and which of them are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from imageseo.heroes.masters.redrawn import Redrawer, Redrawing
from imageseo.heroes.masters.resolver import ResolvedMaster
from imageseo.model.image import Rights
from imageseo.pipeline.incremental.build_state import digest
from imageseo.pipeline.shapes import crop_windows


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCrop:
    """A crop to publish. ``path``: in the site, if it is free. ``crop_id``: digest of its inputs, its key in the build
    state. ``redrawing``: how it is drawn; None if it is cut from the master.
    """

    ratio: str
    path: str
    crop_id: str
    size: tuple[int, int]
    redrawing: Redrawing | None


def plan_crops(
    redrawer: Redrawer,
    master: ResolvedMaster,
    ratios: Sequence[str],
    *,
    hero: str,
    rights: Rights,
    focal: tuple[float, float] | None,
    quality: int,
    signed_by: tuple[str, ...] = (),
) -> Iterator[PlannedCrop]:
    """Yield a hero's crops. ``hero``: its site path. ``quality``: of its JPEG. ``signed_by``: version of what signs
    the files."""
    whole = (master.width, master.height)
    for ratio in ratios:
        redrawing = None
        if crop_windows.largest_size(whole, ratio) != whole:  # else it is the whole image
            redrawing = redrawer.find(master, crop_windows.redrawn_size(whole, ratio))
        if redrawing is not None:
            size, source, point = crop_windows.redrawn_size(whole, ratio), redrawing.version, None
        else:
            size, source, point = crop_windows.crop_window(whole, ratio, (0.5, 0.5)).size, master.sha256, focal
        yield PlannedCrop(
            ratio=ratio,
            path=crop_windows.crop_path(hero, ratio),
            crop_id=digest(source, quality, rights, ratio, point, *signed_by),
            size=size,
            redrawing=redrawing,
        )
