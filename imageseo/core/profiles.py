"""What a profile means: how hard the encoders try, and what decides how good a variant is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from imageseo.settings import EncodeSettings, QualitySettings, TargetSettings

Profile = Literal["fast", "default", "small"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How one format is encoded. ``effort``: on its codec's own scale; ``None``: the codec's default.

    ``quality``: for all pictures alike, on the codec's scale. ``target``: the SSIMULACRA2 score that each picture's
    quality is tuned to where ``quality`` is ``None``.
    """

    effort: int | None = None
    quality: int | None = None
    target: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All that settings say of encoding. ``ways``: by format."""

    ways: Mapping[str, Way] = field(default_factory=dict)
    max_pixels: int = EncodeSettings().max_pixels

    def way(self, format: str) -> Way:
        return self.ways.get(format, _PLAIN)


_PLAIN = Way(quality=85)

_TABLE: Mapping[Profile, Mapping[str, Way]] = {
    "fast": {"aom": Way(effort=10, quality=55), "svt": Way(effort=10, quality=55), "webp": Way(effort=2, quality=76)},
    "default": {"aom": Way(effort=6, quality=55), "svt": Way(effort=8, quality=55), "webp": Way(effort=4, quality=76)},
    "small": {"aom": Way(effort=6, quality=50), "svt": Way(effort=6, quality=50), "webp": Way(effort=6, quality=70)},
}


def policy(
    profile: Profile = "default",
    *,
    encode: EncodeSettings | None = None,
    quality: QualitySettings | None = None,
    target: TargetSettings | None = None,
) -> Policy:
    """The profile with what the settings say otherwise. A fixed quality holds in every profile."""
    encode, quality, target = encode or EncodeSettings(), quality or QualitySettings(), target or TargetSettings()
    table = _TABLE[profile]
    return Policy(
        ways={
            "avif": _way(table[encode.avif_encoder], encode.avif_speed, quality.avif, target.avif),
            "webp": _way(table["webp"], encode.webp_method, quality.webp, target.webp),
        },
        max_pixels=encode.max_pixels,
    )


def _way(way: Way, effort: int | None, quality: int | None, target: float | None) -> Way:
    if quality is not None:
        way = replace(way, quality=quality, target=None)
    return replace(way, effort=way.effort if effort is None else effort)
