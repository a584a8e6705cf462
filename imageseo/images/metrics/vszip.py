"""SSIMULACRA 2 computed by the compiled vapoursynth-vszip (MIT, on VapourSynth's LGPL), for Python 3.12 and later.

It reflects the image beyond its borders where the reference tool assumes zeros, so borders weigh more. The sum of
errors is therefore corrected by the share of the border, and images with a side below ``MIN_SIDE`` are scored by the
numpy metric, which takes milliseconds for them. The last digits may depend on the CPU's vector instructions, unlike
those of the numpy metric.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

from imageseo.model import extras
from imageseo.model.errors import MissingExtraError

if TYPE_CHECKING:
    from PIL.Image import Image

    from imageseo.images.metrics._ssimulacra2.frames import Frame
    from imageseo.images.metrics._ssimulacra2.score import ReferenceFrame

MIN_SIDE = 400
_BORDER = -20.9
"""ln(reference tool's error / vszip's) per 1/width + 1/height: fitted to six photographs, 0.0 ± 0.5 off on six more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VszipReference:
    """An image that others are compared with, on each backdrop."""

    size: tuple[int, int]
    frames: tuple[ReferenceFrame | Frame, ...]


class Vszip:
    """Compute scores with vszip. An image with transparency gets the worse of its scores on a dark and a light page."""

    name = "ssimulacra2 vszip"

    def __init__(self) -> None:
        try:
            versions = [f"{package} {metadata.version(package)}" for package in ("vapoursynth-vszip", "vapoursynth")]
        except metadata.PackageNotFoundError:
            versions = ["missing"]  # reported when an image is scored
        self.version = " ".join(["1", *versions])

    def reference(self, image: Image) -> VszipReference:
        """Prepare an RGB or RGBA image in sRGB, of any size. Raises ValueError, MissingExtraError."""
        # Imported here, with numpy, because a warm build only needs the version.
        from imageseo.images.metrics._ssimulacra2.frames import opaque_frames
        from imageseo.images.metrics._ssimulacra2.score import prepare_frame

        _load_core()
        small = min(image.size) < MIN_SIDE
        frames = tuple(prepare_frame(frame) if small else frame for frame in opaque_frames(image))
        return VszipReference(size=image.size, frames=frames)

    def score(self, reference: VszipReference, image: Image) -> float:
        """Score an image of the reference's size. Raises ValueError for another size. Threads may share a reference."""
        from imageseo.images.metrics._ssimulacra2.frames import check_size, opaque_frames, pair_frames

        check_size(reference.size, image)
        return min(
            _compare_frame(before, after) for before, after in pair_frames(reference.frames, opaque_frames(image))
        )


def _compare_frame(before: ReferenceFrame | Frame, after: Frame) -> float:
    from imageseo.images.metrics._ssimulacra2.score import ReferenceFrame, compare_frame, score_from_error

    if isinstance(before, ReferenceFrame):
        return compare_frame(before, after)
    height, width = after.shape[:2]
    score = _load_core().vszip.SSIMULACRA2(_make_clip(before), _make_clip(after)).get_frame(0).props["SSIMULACRA2"]
    return score_from_error(_error_from_score(float(score)) * math.exp(_BORDER * (1 / width + 1 / height)))


def _error_from_score(score: float) -> float:
    """Return the sum of errors that gives this score, by bisection."""
    from imageseo.images.metrics._ssimulacra2.score import score_from_error

    low, high = 0.0, 1000.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if score_from_error(middle) > score else (low, middle)
    return low


def _make_clip(frame: Frame) -> Any:
    """Return a clip of one frame, with separate planes as VapourSynth requires."""
    import numpy as np

    height, width = frame.shape[:2]
    core = _load_core()
    empty = core.std.BlankClip(width=width, height=height, format=_load_vapoursynth().RGB24, length=1, keep=True)

    def fill(n: int, f: Any) -> Any:
        copy = f.copy()
        for plane in range(3):
            np.copyto(np.asarray(copy[plane]), frame[..., plane])
        return copy

    return core.std.ModifyFrame(empty, empty, fill)


@cache
def _load_vapoursynth() -> Any:
    try:
        return import_module("vapoursynth")
    except (ImportError, OSError) as error:
        raise _missing_extra(f"the package vapoursynth-vszip, which needs Python 3.12 or later: {error}") from error


@cache
def _load_core() -> Any:
    core = _load_vapoursynth().core.core
    if not hasattr(core, "vszip"):
        raise _missing_extra("the package vapoursynth-vszip, which VapourSynth cannot find")
    core.max_cache_size = 64  # MB: no frame is requested twice
    return core


def _missing_extra(requirement: str) -> MissingExtraError:
    return MissingExtraError(
        f"`encode.metric: vszip` requires {requirement}.",
        hint=f"{extras.install_command('vszip')}, or set `encode.metric: numpy`.",
    )


METRIC = Vszip()
