"""What a profile means: how hard the encoders try, and what decides how good a variant is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from imageseo.config.settings import EncodeSettings, QualitySettings, TargetSettings
from imageseo.model.image import ContentType

Profile = Literal["fast", "default", "small"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecSettings:
    """How one format is encoded. ``effort``: on its codec's own scale; ``None``: the codec's default.

    ``quality``: for all pictures alike, on the codec's scale. ``target``: the SSIMULACRA2 score that each photograph's
    quality is tuned to where ``quality`` is ``None``; ``type``: that of screenshots and drawings, if it is more: at a
    photograph's score there is ringing around letters. ``trial``: the effort of a search's encodes at its wide size,
    where it is cheaper; how it differs from ``effort`` is searched for each picture at the narrow size. ``leeway``:
    points of score that a photograph's target may move by what a point costs there.
    """

    effort: int | None = None
    quality: int | None = None
    target: float | None = None
    type: float = 0.0
    trial: int | None = None
    leeway: float = 0.0

    def aim(self, kind: ContentType) -> float:
        """The score that a picture of this kind is tuned to. ValueError when it is not tuned."""
        if self.target is None:
            raise ValueError("encoded at a fixed quality")
        return self.target if kind is ContentType.PHOTO else max(self.target, self.type)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodingPolicy:
    """All that settings say of encoding. ``ways``: by format; ``resizer``: who shrinks, as the setting names it, or
    ``brisk`` in a hurry.
    """

    ways: Mapping[str, CodecSettings] = field(default_factory=dict)
    resizer: Literal["pillow", "vips", "fast"] = "pillow"
    max_pixels: int = EncodeSettings().max_pixels

    def way(self, format: str) -> CodecSettings:
        return self.ways.get(format, _PLAIN)

    @property
    def tunes(self) -> bool:
        """Whether any format is tuned to a target, which takes a metric."""
        return any(way.quality is None for way in self.ways.values())


_PLAIN = CodecSettings(quality=85)

_TABLE: Mapping[Profile, Mapping[str, CodecSettings]] = {
    # What is written and looked at at once: nothing is searched, nothing needs a metric.
    "fast": {
        # Qualities that score, on the average photograph, what sharp's own do.
        "aom": CodecSettings(effort=10, quality=46),
        "svt": CodecSettings(effort=10, quality=46),
        "webp": CodecSettings(effort=2, quality=81),
        "jpeg": CodecSettings(quality=85),
    },
    # What is published. Below speed 6 libaom takes five times as long for 6 % of the bytes: no profile goes there.
    "default": {
        "aom": CodecSettings(effort=6, target=71.0, type=80.0, trial=10),
        "svt": CodecSettings(effort=8, target=71.0, type=80.0),
        # Method 6 takes twice the time of 4 for 5 % of the bytes; all in all that is a tenth of a build.
        "webp": CodecSettings(effort=6, target=71.0, type=80.0),
        "jpeg": CodecSettings(target=80.0),
    },
    # For readers who pay by the byte: a little less to look at.
    "small": {
        "aom": CodecSettings(effort=6, target=65.0, type=75.0, trial=10),
        "svt": CodecSettings(effort=6, target=65.0, type=75.0),
        "webp": CodecSettings(effort=6, target=65.0, type=75.0),
        "jpeg": CodecSettings(target=75.0),
    },
}


def policy(
    profile: Profile = "default",
    *,
    encode: EncodeSettings | None = None,
    quality: QualitySettings | None = None,
    target: TargetSettings | None = None,
    recompress: bool = True,
) -> EncodingPolicy:
    """The profile with what the settings say otherwise.

    A fixed quality holds in every profile; a target in those that search, which ``fast`` never does. Without
    ``recompress`` no JPEG is tuned.
    """
    encode, quality, target = encode or EncodeSettings(), quality or QualitySettings(), target or TargetSettings()
    table = _TABLE[profile]
    return EncodingPolicy(
        ways={
            "avif": _way(table[encode.avif_encoder], encode.avif_speed, quality.avif, target.avif, target.leeway),
            "webp": _way(table["webp"], encode.webp_method, quality.webp, target.webp, target.leeway),
            "jpeg": table["jpeg"] if recompress else _PLAIN,
        },
        resizer="fast" if profile == "fast" and encode.resizer == "pillow" else encode.resizer,
        max_pixels=encode.max_pixels,
    )


def _way(
    way: CodecSettings, effort: int | None, quality: int | None, target: float | None, leeway: float
) -> CodecSettings:
    if effort is not None:
        # Trials that cost as much as the encode itself gain nothing.
        way = replace(way, effort=effort, trial=way.trial if way.trial is not None and effort < way.trial else None)
    if quality is not None:
        return replace(way, quality=quality, target=None, trial=None)
    if way.target is None:
        return way
    return replace(way, target=way.target if target is None else target, leeway=leeway)
