"""SSIMULACRA 2.1: 34 norms of structure and edges that came or went, weighed and turned into a score.

Our own code for the metric of Jon Sneyers (Cloudinary, github.com/cloudinary/ssimulacra2, BSD-3-Clause), whose
constants and weights it uses. It differs from that tool where the tool is imprecise or has no answer: sums and blurs
are exact enough to leave no noise (the tool's own takes up to 1.8 off scores above 85), weights stay with their
scales in small pictures (the tool shifts them below 113 px), and those below 57 px are continued by reflection.
"""

from __future__ import annotations

from dataclasses import dataclass

from imageseo.images.metrics._ssimulacra2.frames import Frame
from imageseo.images.metrics._ssimulacra2.ssim import Norm, Seen, norms, see
from imageseo.images.metrics._ssimulacra2.xyb import scales

_WEIGHTS: tuple[dict[str, dict[Norm, float]], ...] = (
    {"Y": {("ssim", 4): 7.466890328078848, ("blur", 4): 17.445833984131262}},
    {
        "X": {("ssim", 4): 1.1041726426657346},
        "Y": {("ssim", 4): 6.683678146179332, ("blur", 4): 1.027889937768264},
    },
    {
        "X": {("ssim", 4): 1.8422455520539298, ("ring", 4): 11.441172603757666},
        "Y": {("ssim", 1): 225.20515300849274, ("ssim", 4): 19.213238186143016},
    },
    {
        "X": {("ssim", 4): 1.8787594979546387, ("ring", 4): 10.94906990605142},
        "Y": {("ssim", 1): 176.39317598450694, ("ssim", 4): 24.43300999870476, ("ring", 4): 0.28520802612117757},
        "B": {("ssim", 4): 8.826982764996862, ("ring", 4): 23.19243343998926},
    },
    {
        "X": {("ring", 1): 0.9677937080626833, ("ring", 4): 0.9981766977854967},
        "Y": {("ssim", 4): 34.77906344483772, ("ring", 4): 44.835625328877896},
        "B": {
            ("ssim", 1): 95.1080498811086,
            ("ring", 1): 0.9863978034400682,
            ("ring", 4): 171.2667255897307,
            ("blur", 1): 0.9834382792465353,
            ("blur", 4): 0.9807858872435379,
        },
    },
)
"""By scale (1:1 to 1:16), plane and norm. The others of the 108 are 0 or below 0.0021."""


_PLANES = tuple("".join(planes) for planes in _WEIGHTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A frame that others are compared with: about 20 bytes a pixel."""

    scales: tuple[dict[str, Seen], ...]


def view(frame: Frame) -> View:
    return View(scales=tuple({name: see(plane) for name, plane in found.items()} for found in scales(frame, _PLANES)))


def compared(reference: View, frame: Frame) -> float:
    """The score of a frame of the same shape, to three decimals: 100 for equal ones, below 0 for hopeless ones."""
    error = 0.0
    for weights, before, after in zip(_WEIGHTS, reference.scales, scales(frame, _PLANES), strict=True):
        for name, terms in weights.items():
            found = norms(before[name], after[name], terms)
            for norm, weight in terms.items():
                error += weight * found[norm]
    return score(error)


def score(error: float) -> float:
    """From the weighted sum to the scale that people's opinions were fitted to."""
    error *= 0.9562382616834844
    error = 2.326765642916932 * error - 0.020884521182843837 * error**2 + 6.248496625763138e-05 * error**3
    return round(100.0 - 10.0 * error**0.6276336467831387, 3) if error > 0 else 100.0
