"""Encoding profiles: the effort of the encoders, and the quality or target of variants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from imageseo.config.encoding import EncodeSettings, QualitySettings, TargetSettings
from imageseo.model.formats import FORMATS
from imageseo.model.image import ContentType

Profile = Literal["fast", "default", "small"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecSettings:
    """How one format is encoded. ``effort``: on the codec's own scale; ``None``: the codec's default.

    ``quality``: fixed for all images, on the codec's scale. ``target``: the SSIMULACRA2 score that photographs are
    tuned to where ``quality`` is ``None``; ``text_target``: the score for screenshots and drawings, if higher: at a
    photograph's score, letters show ringing; ``mixed_target``: of those with photographs or gradients.
    ``trial_effort``: a cheaper effort for the search at a small size that predicts the qualities of an image.
    ``leeway``: points of score by which a photograph's target may move, depending on what a point costs.
    ``text_effort``: instead of ``effort`` for codings other than the ordinary one, which screenshots and drawings use.
    ``hero_target``: the score of a page's hero, if higher, while its file is small. ``wide_effort``: instead of
    ``effort`` for wide photographs other than heroes, which take most of the time.
    """

    effort: int | None = None
    quality: int | None = None
    target: float | None = None
    text_target: float = 0.0
    mixed_target: float = 0.0
    trial_effort: int | None = None
    leeway: float = 0.0
    text_effort: int | None = None
    hero_target: float = 0.0
    wide_effort: int | None = None

    def for_coding(self, coding: str) -> CodecSettings:
        """Return the settings of variants in this coding, whose trials are made with its own effort."""
        if not coding:
            return self
        return replace(self, effort=self.effort if self.text_effort is None else self.text_effort, trial_effort=None)

    def target_for(self, kind: ContentType, *, mixed: bool = False) -> float:
        """Return the score that images of this content type are tuned to. Raises ValueError for a fixed quality."""
        if self.target is None:
            raise ValueError("no target: the quality is fixed")
        if kind is ContentType.PHOTO:
            return self.target
        return max(self.target, self.mixed_target if mixed else self.text_target)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodingPolicy:
    """Everything that settings define about encoding. ``ways``: codec settings by format; ``resizer``: module name."""

    ways: Mapping[str, CodecSettings] = field(default_factory=dict)
    resizer: Literal["pillow", "vips", "fast"] = "pillow"
    max_pixels: int = EncodeSettings().max_pixels

    def way(self, format: str) -> CodecSettings:
        return self.ways.get(format, _DEFAULT)

    @property
    def tunes(self) -> bool:
        """Whether any format is tuned to a target, which requires a metric."""
        return any(way.quality is None for way in self.ways.values())


_DEFAULT = CodecSettings(quality=85)

_PROFILES: Mapping[Profile, Mapping[str, CodecSettings]] = {
    # For previews: no searches, no metric.
    "fast": {
        # Qualities that give the average photograph the same score as sharp's defaults.
        # Above speed 7, libaom searches neither palettes nor repeated blocks: a page of text takes 20 times the bytes.
        "aom": CodecSettings(effort=10, quality=46, text_effort=7),
        "svt": CodecSettings(effort=10, quality=46, text_effort=7),
        "webp": CodecSettings(effort=2, quality=81),
        "jpeg": CodecSettings(quality=85),
    },
    # For publication. Below speed 6 libaom takes five times as long to save 6 % of the bytes, so no profile does that.
    "default": {
        # For drawings speed 7 takes two thirds of the time of 6, at equal bytes. Wide photographs take most of the
        # time: speed 8 takes 40 % of it for 6 % more bytes; at the widths of phones it would be 14 %.
        "aom": CodecSettings(
            effort=6,
            wide_effort=8,
            trial_effort=10,
            text_effort=7,
            target=71.0,
            text_target=80.0,
            mixed_target=75.0,
            hero_target=84.0,
        ),
        "svt": CodecSettings(effort=8, target=71.0, text_target=80.0, mixed_target=75.0, hero_target=84.0),
        # Method 6 takes twice the time of 4 to save 5 % of the bytes, for browsers without AVIF support.
        "webp": CodecSettings(effort=4, target=71.0, text_target=80.0, mixed_target=75.0, hero_target=84.0),
        "jpeg": CodecSettings(target=80.0),
    },
    # For readers on metered connections: slightly lower quality.
    "small": {
        "aom": CodecSettings(
            effort=6, target=65.0, text_target=75.0, mixed_target=70.0, hero_target=76.0, trial_effort=10, text_effort=7
        ),
        "svt": CodecSettings(effort=6, target=65.0, text_target=75.0, mixed_target=70.0, hero_target=76.0),
        "webp": CodecSettings(effort=6, target=65.0, text_target=75.0, mixed_target=70.0, hero_target=76.0),
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
    others: Iterable[str] = (),
) -> EncodingPolicy:
    """Return the profile's policy with the overrides of the settings.

    A fixed quality applies in every profile; a target only in profiles that search, which ``fast`` does not. Without
    ``recompress``, JPEG is not tuned. ``others``: formats of other codecs, registered in ``model.formats``.
    """
    encode, quality, target = encode or EncodeSettings(), quality or QualitySettings(), target or TargetSettings()
    table = _PROFILES[profile]
    return EncodingPolicy(
        ways={
            **{
                name: _override(_of_codec(name, profile), None, quality.of(name), target.of(name), target)
                for name in others
            },
            "avif": _override(table[encode.avif_encoder], encode.avif_speed, quality.avif, target.avif, target),
            "webp": _override(table["webp"], encode.webp_method, quality.webp, target.webp, target),
            "jpeg": table["jpeg"] if recompress else _DEFAULT,
        },
        resizer="fast" if profile == "fast" and encode.resizer == "pillow" else encode.resizer,
        max_pixels=encode.max_pixels,
    )


def _of_codec(name: str, profile: Profile) -> CodecSettings:
    """Return the profile's settings of a format that has no entry in the table: by its codec, tuned as WebP is."""
    format, webp = FORMATS[name], _PROFILES[profile]["webp"]
    quality = format.fast_quality if webp.target is None else None
    return replace(webp, effort=format.efforts.get(profile), quality=quality)


def _override(
    base: CodecSettings, effort: int | None, quality: int | None, target: float | None, settings: TargetSettings
) -> CodecSettings:
    if effort is not None:
        # Trials that cost as much as the encode itself gain nothing.
        is_cheaper = base.trial_effort is not None and effort < base.trial_effort
        trial_effort = base.trial_effort if is_cheaper else None
        base = replace(base, effort=effort, trial_effort=trial_effort, text_effort=None, wide_effort=None)
    if quality is not None:
        return replace(base, quality=quality, target=None, trial_effort=None)
    if base.target is None:
        return base
    return replace(
        base,
        target=base.target if target is None else target,
        leeway=settings.leeway,
        hero_target=base.hero_target if settings.hero is None else settings.hero,
    )
