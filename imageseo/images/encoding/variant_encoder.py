"""Encode one variant: at the predicted quality, then again only if its score misses the target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from imageseo.images.encoding import quality_model
from imageseo.images.encoding.profiles import CodecSettings
from imageseo.images.encoding.quality_search import QualityPoint, Scorer
from imageseo.images.palette import count_colors
from imageseo.model.protocols import Codec, Metric

if TYPE_CHECKING:
    from PIL.Image import Image

LOSSLESS = "lossless"
"""The coding that keeps all pixels, and has no quality."""

PALETTE = "palette"
"""The coding of drawings with few colours, whose quality is the number of colours."""

WIDE = 700_000
"""px from which a photograph is encoded with the lower effort for wide ones."""

COLORS = (64, 128, 256)
_FEW_COLORS = 10_000
"""Colours up to which a lossless file can be the smallest."""
_TRIALS = 3
_BELOW, _ABOVE = 2.0, 2.0
"""Points of score by which a variant may miss its target: encoding it again would cost more than that is worth."""
_LOSSLESS_COST = 1.5
"""Bytes of a lossless file, relative to those of a lossy one that misses its target, up to which it is preferred."""
_FEWER_COLORS = 6.0
"""Points by which a palette with fewer colours than the most must exceed the target."""
_BELOW_PALETTE = 4.0
"""Points by which a palette may miss the target: other codings of such drawings take at least twice the bytes."""
_WORTH, _WORTH_SHARE = 1536, 0.06
"""Bytes, and share of the file, from which a variant above its target is worth to be encoded again."""
_TEXT_COST = 0.5
"""What a point of score costs in screenshots, relative to photographs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What a variant must reach. ``codings``: those to choose the smallest file from.

    ``quality``: fixed for all codings; otherwise ``target`` is the score to meet, and ``starts`` are the predicted
    qualities by coding. ``mixed``: of a screenshot with photographs or gradients. ``leeway``: points by which the
    target moves with the file's size. ``raised``: the score to reach instead as long as the file stays within
    ``ceiling`` bytes.
    """

    codings: tuple[str, ...]
    quality: int | None = None
    starts: Mapping[str, float] = field(default_factory=dict)
    target: float = 0.0
    leeway: float = 0.0
    mixed: bool = False
    raised: float | None = None
    ceiling: int | None = None

    def raised_to(self, score: float, ceiling: int, *, format: str) -> Goal:
        """Return the goal of an image that is to reach a higher score, if its file stays within ``ceiling`` bytes."""
        points = max(0.0, score - self.target)
        starts = {
            coding: quality_model.adjust_quality(start, points, format=format) for coding, start in self.starts.items()
        }
        return replace(self, starts=starts, raised=score, ceiling=ceiling)

    def target_of(self, size: int, score: float, *, format: str) -> float:
        """Return the score to meet, given a trial's bytes and score."""
        target = quality_model.adjusted_target(self.target, self.leeway, size, score, format=format)
        if self.raised is None or self.ceiling is None:
            return target
        return max(target, min(self.raised, quality_model.reachable_score(self.ceiling, size, score)))


class EncodedImage(NamedTuple):
    """An encoded file. ``quality``: None for a lossless one. ``score``: None where it was not tuned."""

    data: bytes
    coding: str
    quality: int | None = None
    score: float | None = None


def encode_variant(
    codec: Codec, metric: Metric | None, image: Image, goal: Goal, settings: CodecSettings, xmp: bytes
) -> EncodedImage:
    """Return a variant as its goal demands: the smallest of its codings, the first of equal ones.

    A palette that meets the target is smaller than all other codings. A lossy coding that misses the target at its best
    is dropped if there is a lossless one of at most half as many bytes again: WebP smears coloured text. Raises any
    exception that the encoder raises, MemoryError.
    """
    if goal.quality is not None or metric is None:
        work = _Work(codec, None, image, goal, settings, xmp)
        found = [work.encode(coding, goal.quality) for coding in goal.codings if coding != PALETTE]
        return min(found, key=lambda encoded: len(encoded.data))
    codings = [coding for coding in goal.codings if coding not in (PALETTE, LOSSLESS)]
    if not codings and PALETTE not in goal.codings:
        return _Work(codec, None, image, goal, settings, xmp).encode(LOSSLESS, None)
    work = _Work(codec, Scorer(metric, image), image, goal, settings, xmp)
    palette = work.find_palette() if PALETTE in goal.codings else None
    if palette is not None and palette.score is not None and palette.score >= goal.target:
        return palette
    found = [work.tune(coding) for coding in codings]
    if palette is not None and palette.score is not None and palette.score >= goal.target - _BELOW_PALETTE:
        found.append(palette)
    if LOSSLESS in goal.codings and not (found and work.has_many_colors()):
        least = goal.target - goal.leeway - _BELOW
        lossless = work.encode(LOSSLESS, None)
        limit = len(lossless.data) / _LOSSLESS_COST
        found = [each for each in found if each.score is None or each.score >= least or len(each.data) < limit]
        found.insert(min(len(found), goal.codings.index(LOSSLESS)), lossless)
    return min(found, key=lambda encoded: len(encoded.data))


def run_whole_search(codec: Codec, metric: Metric, image: Image, goal: Goal, settings: CodecSettings) -> QualityPoint:
    """Return what the smallest coding of a format takes. Raises any exception that the encoder raises, MemoryError."""
    return QualityPoint(0.0, len(encode_variant(codec, metric, image, goal, settings, b"").data))


@dataclass(slots=True)
class _Work:
    codec: Codec
    scorer: Scorer | None
    image: Image
    goal: Goal
    settings: CodecSettings
    xmp: bytes

    def encode(self, coding: str, quality: int | None) -> EncodedImage:
        """Encode a copy: Pillow stores the options of a save on the image, which formats share."""
        data = self.codec.encode(
            self.image.copy(),
            quality=0 if quality is None else quality,
            effort=self.effort(coding),
            xmp=self.xmp or None,
            coding=coding,
        )
        score = self.scorer.score(self.codec, data) if self.scorer is not None and coding != LOSSLESS else None
        return EncodedImage(data, coding, None if coding == LOSSLESS else quality, score)

    def effort(self, coding: str) -> int | None:
        """Return the effort for this image: a lower one where it is wide, no hero and no drawing."""
        wide = self.image.width * self.image.height > WIDE and coding == "" and self.goal.ceiling is None
        if wide and self.settings.wide_effort is not None:
            return self.settings.wide_effort
        return self.settings.for_coding(coding).effort

    def has_many_colors(self) -> bool:
        """Whether there are so many colours that a lossless file would be several times as large as a lossy one."""
        number = count_colors(self.image)
        return number is None or number > _FEW_COLORS

    def find_palette(self) -> EncodedImage | None:
        """Return the file with the fewest colours that meets the target, else with the most; None for many colours.

        Fewer than the most must exceed it: gradients in a small part of a screenshot show bands that cost few points.
        """
        if count_colors(self.image) is None:
            return None
        found = None
        for number in COLORS[-1:] if self.goal.mixed else COLORS:
            found = self.encode(PALETTE, number)._replace(quality=None)
            least = self.goal.target + (_FEWER_COLORS if number < COLORS[-1] else 0.0)
            if found.score is not None and found.score >= least:
                return found
        return found

    def tune(self, coding: str) -> EncodedImage:
        """Encode at the predicted quality, and again while the score is too far from the target."""
        format = self.codec.name
        quality = quality_model.to_integer(self.goal.starts[coding], format)
        trials: dict[int, EncodedImage] = {}
        scores: dict[int, float] = {}
        while len(trials) < _TRIALS:
            trials[quality] = found = self.encode(coding, quality)
            if found.score is None:
                return found
            scores[quality] = found.score
            target = self.goal.target_of(len(found.data), found.score, format=format)
            sizes = {trial.score or 0.0: len(trial.data) for trial in trials.values()}
            affordable = quality_model.affordable_score(sizes)
            if affordable is not None and affordable >= target - quality_model.MOST_LOWERED:
                return next(trial for trial in trials.values() if trial.score == affordable)
            following = quality_model.next_quality(scores, target, format=format)
            over = (found.score - target) * (1.0 if coding == "" else _TEXT_COST)
            spared = len(found.data) - quality_model.bytes_at(0, len(found.data), over)
            is_large = found.score > target + _ABOVE and spared >= max(_WORTH, len(found.data) * _WORTH_SHARE)
            if following is None or not (found.score < target - _BELOW or is_large):
                break
            quality = following
        good = [trial for trial in trials.values() if (trial.score or 0.0) >= target - _BELOW]
        return min(good, key=lambda trial: len(trial.data)) if good else max(trials.values(), key=_score)


def _score(trial: EncodedImage) -> float:
    return trial.score or 0.0
