"""SSIMULACRA 2.1 implemented with numpy: how similar two images look, 100 for identical ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

    from imageseo.images.metrics._ssimulacra2.score import ReferenceFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class NumpyReference:
    """An image that others are compared with, prepared for each backdrop."""

    size: tuple[int, int]
    frames: tuple[ReferenceFrame, ...]


class Ssimulacra2:
    """Compute scores that are identical on any machine.

    An image with transparency gets the worse of its scores on a dark and a light page.
    """

    name = "ssimulacra2 numpy"
    version = "1"

    def reference(self, image: Image) -> NumpyReference:
        """Prepare an RGB or RGBA image in sRGB, of any size. Raises ValueError for other modes."""
        # Imported here, with numpy, because a warm build only needs the version.
        from imageseo.images.metrics._ssimulacra2.frames import opaque_frames
        from imageseo.images.metrics._ssimulacra2.score import prepare_frame

        return NumpyReference(size=image.size, frames=tuple(prepare_frame(frame) for frame in opaque_frames(image)))

    def score(self, reference: NumpyReference, image: Image) -> float:
        """Score an image of the reference's size. Raises ValueError for another size. Threads may share a reference."""
        from imageseo.images.metrics._ssimulacra2.frames import check_size, opaque_frames, pair_frames
        from imageseo.images.metrics._ssimulacra2.score import compare_frame

        check_size(reference.size, image)
        return min(
            compare_frame(before, after) for before, after in pair_frames(reference.frames, opaque_frames(image))
        )


METRIC = Ssimulacra2()
