"""SSIMULACRA 2.1 with nothing but numpy: how alike two pictures look, 100 for equal ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

    from imageseo.images.metrics._ssimulacra2.score import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A picture that others are compared with, on each backdrop it is seen on."""

    size: tuple[int, int]
    views: tuple[View, ...]


class Ssimulacra2:
    """The same score on any machine. A picture with transparency has the worse of those on a dark and a light page."""

    name = "ssimulacra2 numpy"
    version = "1"

    def reference(self, image: Image) -> Reference:
        """RGB or RGBA in sRGB, of any size; ValueError for anything else."""
        from imageseo.images.metrics._ssimulacra2.frames import (
            frames,  # numpy: a warm build needs the version and no more
        )
        from imageseo.images.metrics._ssimulacra2.score import view

        return Reference(size=image.size, views=tuple(view(frame) for frame in frames(image)))

    def score(self, reference: Reference, image: Image) -> float:
        """Of an image of the reference's size, else ValueError. Threads may share a reference."""
        from imageseo.images.metrics._ssimulacra2.frames import frames, paired, same_size
        from imageseo.images.metrics._ssimulacra2.score import compared

        same_size(reference.size, image)
        return min(compared(before, after) for before, after in paired(reference.views, frames(image)))


METRIC = Ssimulacra2()
