"""SSIMULACRA 2 by vapoursynth-vszip (MIT, on VapourSynth's LGPL): compiled, for Python 3.12 and later.

It continues a picture by reflection where the reference tool sees nothing, so borders weigh more: the sum of errors is
corrected by the share of the border, and pictures with a side below ``LEAST`` are left to our own code, which takes
milliseconds for them. Its last digits may depend on the CPU's vectors; the numpy one's do not.
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
    from imageseo.images.metrics._ssimulacra2.score import View

LEAST = 400
_BORDER = -20.9
"""ln(the tool's error / vszip's) by 1/width + 1/height: fitted to six photographs, 0.0 ± 0.5 off for six more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A picture that others are compared with, on each backdrop it is seen on."""

    size: tuple[int, int]
    views: tuple[View | Frame, ...]


class Vszip:
    """A picture with transparency has the worse of its scores on a dark and a light page."""

    name = "ssimulacra2 vszip"

    def __init__(self) -> None:
        try:
            versions = [f"{package} {metadata.version(package)}" for package in ("vapoursynth-vszip", "vapoursynth")]
        except metadata.PackageNotFoundError:
            versions = ["missing"]  # said so as soon as a picture is to be looked at
        self.version = " ".join(["1", *versions])

    def reference(self, image: Image) -> Reference:
        """RGB or RGBA in sRGB, of any size, else ValueError. Without the package: MissingExtraError."""
        from imageseo.images.metrics._ssimulacra2.frames import (
            frames,  # numpy: a warm build needs the version and no more
        )
        from imageseo.images.metrics._ssimulacra2.score import view

        _core()
        small = min(image.size) < LEAST
        return Reference(size=image.size, views=tuple(view(one) if small else one for one in frames(image)))

    def score(self, reference: Reference, image: Image) -> float:
        """Of an image of the reference's size, else ValueError. Threads may share a reference."""
        from imageseo.images.metrics._ssimulacra2.frames import frames, paired, same_size

        same_size(reference.size, image)
        return min(_compared(before, after) for before, after in paired(reference.views, frames(image)))


def _compared(before: View | Frame, after: Frame) -> float:
    from imageseo.images.metrics._ssimulacra2.score import View, compared, score

    if isinstance(before, View):
        return compared(before, after)
    height, width = after.shape[:2]
    found = _core().vszip.SSIMULACRA2(_clip(before), _clip(after)).get_frame(0).props["SSIMULACRA2"]
    return score(_error(float(found)) * math.exp(_BORDER * (1 / width + 1 / height)))


def _error(found: float) -> float:
    """The sum of errors that a score stands for, by bisection."""
    from imageseo.images.metrics._ssimulacra2.score import score

    low, high = 0.0, 1000.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if score(middle) > found else (low, middle)
    return low


def _clip(frame: Frame) -> Any:
    """A clip of one frame, planar as VapourSynth wants it."""
    import numpy as np

    height, width = frame.shape[:2]
    core = _core()
    empty = core.std.BlankClip(width=width, height=height, format=_vapoursynth().RGB24, length=1, keep=True)

    def filled(n: int, f: Any) -> Any:
        copy = f.copy()
        for plane in range(3):
            np.copyto(np.asarray(copy[plane]), frame[..., plane])
        return copy

    return core.std.ModifyFrame(empty, empty, filled)


@cache
def _vapoursynth() -> Any:
    try:
        return import_module("vapoursynth")
    except (ImportError, OSError) as error:
        raise _missing(f"the package vapoursynth-vszip, which needs Python 3.12 or later: {error}") from error


@cache
def _core() -> Any:
    core = _vapoursynth().core.core
    if not hasattr(core, "vszip"):
        raise _missing("the package vapoursynth-vszip, which VapourSynth does not find")
    core.max_cache_size = 64  # MB: no frame is asked for twice
    return core


def _missing(what: str) -> MissingExtraError:
    return MissingExtraError(
        f"`encode.metric: vszip` needs {what}.",
        hint=f"{extras.install_command('vszip')}, or set `encode.metric: numpy`.",
    )


METRIC = Vszip()
