"""Compute the SSIMULACRA 2.1 score: a weighted sum of 34 norms of lost structure and of added or lost edges.

An independent implementation of the metric of Jon Sneyers (Cloudinary, github.com/cloudinary/ssimulacra2,
BSD-3-Clause), with its constants and weights. It differs from that tool where the tool is imprecise or undefined: sums
and blurs are exact enough to cause no noise (the tool's noise lowers scores above 85 by up to 1.8), weights keep their
scales in small images (the tool shifts them below 113 px), and images below 57 px are extended by reflection.
"""

from __future__ import annotations

from dataclasses import dataclass

from imageseo.images.metrics._ssimulacra2.frames import Frame
from imageseo.images.metrics._ssimulacra2.ssim import Norm, PlaneStatistics, difference_norms, measure_plane
from imageseo.images.metrics._ssimulacra2.xyb import xyb_scales

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
"""Weights by scale (1:1 to 1:16), plane and norm. The remaining ones of the 108 are 0 or below 0.0021."""


_PLANES = tuple("".join(planes) for planes in _WEIGHTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceFrame:
    """A frame that others are compared with, prepared once: about 20 bytes per pixel."""

    scales: tuple[dict[str, PlaneStatistics], ...]


def prepare_frame(frame: Frame) -> ReferenceFrame:
    scales = xyb_scales(frame, _PLANES)
    return ReferenceFrame(
        scales=tuple({name: measure_plane(plane) for name, plane in planes.items()} for planes in scales)
    )


def compare_frame(reference: ReferenceFrame, frame: Frame) -> float:
    """Score a frame of the same shape, to three decimals: 100 for identical frames, below 0 for very poor ones."""
    error = 0.0
    for weights, before, after in zip(_WEIGHTS, reference.scales, xyb_scales(frame, _PLANES), strict=True):
        for name, terms in weights.items():
            norms = difference_norms(before[name], after[name], terms)
            for norm, weight in terms.items():
                error += weight * norms[norm]
    return score_from_error(error)


def score_from_error(error: float) -> float:
    """Map the weighted sum of errors to the scale that was fitted to human opinions."""
    error *= 0.9562382616834844
    error = 2.326765642916932 * error - 0.020884521182843837 * error**2 + 6.248496625763138e-05 * error**3
    return round(100.0 - 10.0 * error**0.6276336467831387, 3) if error > 0 else 100.0
