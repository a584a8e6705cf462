"""Settings of quality, encoders and source sizes."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from imageseo.config.fields import FormatGroup, PluginName, Quality, Score, SettingsGroup
from imageseo.config.globs import matches


class QualitySettings(FormatGroup, frozen=True, kw_only=True):
    """Encoder quality by format, on the codec's own scale of 1 to 100; unset: the profile's."""

    avif: Quality | None = None
    webp: Quality | None = None
    jpeg: Annotated[int, Meta(ge=1, le=100, description="Quality of published heroes made from recipes.")] = 85
    paths: Annotated[
        dict[str, dict[str, Quality]],
        Meta(description="Quality by format for single images, by glob of their path; the last match counts."),
    ] = field(default_factory=dict)
    others: dict[str, Quality] = field(default_factory=dict)

    def own(self, image: str, format: str) -> int | None:
        """Return the quality that is set for an image alone, by its path; None if there is none."""
        found = None
        for glob, qualities in self.paths.items():
            if format in qualities and matches(image, glob):
                found = qualities[format]
        return found

    def of_image(self, image: str, format: str) -> int | None:
        """Return the quality for an image: its own, or that of the format; None if the image is tuned."""
        own = self.own(image, format) if self.paths else None
        return self.of(format) if own is None else own


class QualityFloorSettings(FormatGroup, frozen=True, kw_only=True):
    """Lowest quality allowed to meet a budget."""

    avif: Quality = 35
    webp: Quality = 50
    others: dict[str, Quality] = field(default_factory=dict)


class TargetSettings(FormatGroup, frozen=True, kw_only=True):
    """SSIMULACRA2 score that variants are tuned to, by format; unset: the profile's (90: visually lossless)."""

    avif: Score | None = None
    webp: Score | None = None
    leeway: Annotated[
        float,
        Meta(
            ge=0,
            le=3,
            description="Points by which the target of a photograph's AVIF may move with the cost of a point; 0: none.",
        ),
    ] = 2.0
    hero: Annotated[
        Score | None,
        Meta(description="Of a page's hero, while its file stays below half of the `lcp-bytes` warning level."),
    ] = None
    others: dict[str, Score] = field(default_factory=dict)


class EncodeSettings(SettingsGroup, frozen=True, kw_only=True):
    """Encoders, their effort, and the maximum size of source files."""

    avif_encoder: Annotated[
        Literal["aom", "svt"], Meta(description="svt: twice as fast, 8 % larger; needs the `svt` extra.")
    ] = "aom"
    resizer: Annotated[
        Literal["pillow", "vips"],
        Meta(description="vips: half the time to decode and resize; needs the `vips` extra."),
    ] = "pillow"
    metric: Annotated[
        PluginName,
        Meta(
            description="SSIMULACRA2 implementation: numpy, or a plug-in's; vszip: twice as fast, less exact; needs "
            "the `vszip` extra.",
            examples=["numpy", "vszip"],
        ),
    ] = "numpy"
    avif_speed: Annotated[
        Annotated[int, Meta(ge=0, le=10)] | None, Meta(description="0 is slowest and smallest; unset: the profile's.")
    ] = None
    webp_method: Annotated[
        Annotated[int, Meta(ge=0, le=6)] | None, Meta(description="6 is slowest and smallest; unset: the profile's.")
    ] = None
    isolate: Annotated[
        bool, Meta(description="Encode in a separate process, so that a crashing decoder affects one image only.")
    ] = True
    max_pixels: Annotated[
        int, Meta(ge=1, description="A source file with more pixels is reported and left unchanged.")
    ] = 120_000_000
