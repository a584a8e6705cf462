"""Tuning: search the quality that each image needs for its target once, at a small size, and save it in the store."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from imageseo.images.decoding import content_type
from imageseo.images.decoding.content_type import Content
from imageseo.images.encoding import quality_model
from imageseo.images.encoding.profiles import EncodingPolicy
from imageseo.images.encoding.quality_search import QualityPoint, Search
from imageseo.images.encoding.variant_encoder import LOSSLESS, PALETTE, Goal
from imageseo.model.image import Asset, ContentType, VariantSpec
from imageseo.model.protocols import Codec, Metric, Store

VERSION = "tuning 5"
"""Changed whenever an identical image could get another quality; part of the cache keys."""

Size = tuple[int, int]
FormatCoding = tuple[str, str]
"""Format and coding."""

WHOLE_FORMAT = "*"
"""Instead of a coding: what the smallest coding of a format takes, to compare formats."""

_COMPARED = (("avif", "webp"),)
"""Formats of which the first is not encoded for drawings where the second is smaller: it would not be offered."""
_GROWTH = 0.87  # AVIF's bytes, relative to those of a palette, at twice the width
_ALPHA_CLIPPED = frozenset({"avif"})
"""Formats whose transparency Chromium (156) paints as video levels: alpha below 16 vanishes, above 235 is opaque.

That shows in soft shadows and fades; another format is used for these.
"""
_MARGIN = 1024  # bytes at the probe's size; a contest this close is decided by the files themselves


@dataclass(slots=True, kw_only=True)
class QualityStudy:
    """The known qualities of one source file at its probe size, and the searches required before it is encoded.

    ``excluded``: formats in which browsers show the image wrongly. ``error``: of a failed search.
    """

    asset: Asset
    kind: ContentType
    policy: EncodingPolicy
    codecs: Mapping[str, Codec]
    points: dict[FormatCoding, QualityPoint] = field(default_factory=dict)
    todo: list[FormatCoding] = field(default_factory=list)
    excluded: set[str] = field(default_factory=set)
    mixed: bool = False
    error: Exception | None = None

    @property
    def probe_size(self) -> Size:
        """The size at which the qualities are searched."""
        return quality_model.probe_size((self.asset.width, self.asset.height))

    def search(self, format: str, coding: str) -> Search:
        return Search(format=format, coding=coding, target=self._target(format))

    def _target(self, format: str) -> float:
        return self.policy.way(format).target_for(self.kind, mixed=self.mixed)

    def add_result(self, format: str, coding: str, point: QualityPoint) -> bool:
        """Add a result. Return True when no search is left."""
        self.points[format, coding] = point
        self.todo.remove((format, coding))
        return not self.todo

    def goal(self, spec: VariantSpec) -> Goal:
        """Return what a variant must reach, in the codings for this content type."""
        settings = self.policy.way(spec.format)
        codings = self.codecs[spec.format].codings(self.kind)
        fixed = settings.quality if spec.quality is None else spec.quality
        if fixed is not None:
            return Goal(codings=codings, quality=fixed)
        goal = self.goal_of_format(spec.format, spec.width)
        return goal if spec.ceiling is None else goal.raised_to(settings.hero_target, spec.ceiling, format=spec.format)

    def goal_of_format(self, format: str, width: int) -> Goal:
        """Return what a tuned variant in a format must reach."""
        settings = self.policy.way(format)
        codings = self.codecs[format].codings(self.kind)
        target = self._target(format) - max(
            (point.lowered for (name, _), point in self.points.items() if name == format), default=0.0
        )
        leeway = settings.leeway if self.kind is ContentType.PHOTO else 0.0
        starts = {coding: self._predict(format, coding, width, target, leeway) for coding in codings}
        return Goal(codings=codings, starts=starts, target=target, leeway=leeway, mixed=self.mixed)

    def _predict(self, format: str, coding: str, width: int, target: float, leeway: float) -> float:
        """Return the quality to expect from the one that was found at the probe's size, or else the usual one."""
        is_text, point, searched = coding != "", self.points.get((format, coding)), self.probe_size[0]
        if point is None:
            return quality_model.initial_quality(format, target, is_text=is_text)
        quality = quality_model.at_width(point.quality, width, searched, format=format, is_text=is_text)
        if not leeway or point.bytes is None:
            return quality
        size = quality_model.bytes_at_width(point.bytes, width, searched)
        wanted = quality_model.adjusted_target(target, leeway, size, target, format=format)
        return quality_model.adjust_quality(quality, wanted - target, format=format)

    def omits(self, spec: VariantSpec) -> bool:
        """Whether a variant is not made: browsers show its format wrongly, or it would be larger than in another format
        that the source also gets.
        """
        if spec.format in self.excluded:
            return True
        for preferred, other in _COMPARED if needs_search(spec, self.policy) else ():
            mine = next((point for (name, _), point in self.points.items() if name == preferred == spec.format), None)
            rival = self.points.get((other, WHOLE_FORMAT))
            if mine is not None and rival is not None and mine.bytes is not None and rival.bytes is not None:
                share = _GROWTH ** math.log2(max(1.0, self.asset.width / self.probe_size[0]))
                return mine.bytes > rival.bytes + _MARGIN and mine.bytes * share > rival.bytes
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuner:
    """Determine the required searches; load and save their results. ``resizer_version``: part of the cache keys."""

    store: Store
    codecs: Mapping[str, Codec]
    policy: EncodingPolicy
    metric: Metric | None
    resizer_version: str

    def study(
        self, asset: Asset, content: Content, specs: Iterable[VariantSpec], formats: Collection[str] = ()
    ) -> QualityStudy:
        """Return the known and the missing qualities for these variants of one source file.

        ``formats``: all that the source gets, so that they can be compared.
        """
        kind = content.kind
        study = QualityStudy(asset=asset, kind=kind, policy=self.policy, codecs=self.codecs, mixed=content.mixed)
        if content.soft_alpha:
            study.excluded = {format for format in _ALPHA_CLIPPED if set(formats) - _ALPHA_CLIPPED}
        tuned = dict.fromkeys(spec.format for spec in specs if needs_search(spec, self.policy))
        wanted = [
            (format, coding)
            for format in tuned
            for codings in (self.codecs[format].codings(kind),)
            if format not in study.excluded
            if PALETTE not in codings  # its quality is searched only if no palette meets the target
            for coding in codings
            if coding != LOSSLESS
        ]
        if kind is not ContentType.PHOTO:
            wanted += [
                (other, WHOLE_FORMAT)
                for preferred, other in _COMPARED
                if preferred in tuned
                and preferred not in study.excluded
                and other in formats
                and self.policy.way(other).quality is None
            ]
        for format, coding in wanted:
            point = self._load_point(asset, format, coding)
            if point is None:
                study.todo.append((format, coding))
            else:
                study.points[format, coding] = point
        return study

    def search_keys(self, asset: Asset, formats: Iterable[str]) -> list[str]:
        """Return the keys of everything that the store may have about a source file."""
        codings = {
            (format, coding)
            for format in formats
            if self.policy.way(format).quality is None
            for coding in (WHOLE_FORMAT, *(each for kind in ContentType for each in self.codecs[format].codings(kind)))
        }
        return [
            self._content_key(asset.sha256),
            *(self._key(asset, format, coding) for format, coding in sorted(codings)),
        ]

    def save(self, asset: Asset, format: str, coding: str, point: QualityPoint) -> None:
        """Save a result in the store."""
        self.store.put(self._key(asset, format, coding), json.dumps(point._asdict()).encode())

    def save_quality(self, key: str, quality: int | None, score: float | None) -> None:
        """Save with which quality a variant was encoded. ``key``: of its own entry."""
        entry = {"quality": quality, "score": None if score is None else round(score, 1)}
        self.store.put(key, json.dumps(entry).encode())

    def stored_quality(self, key: str) -> tuple[int | None, float | None] | None:
        """Return the quality (None if lossless) and the score of a variant; None if the entry is lost."""
        entry = self._read_entry(key)
        if entry is None:
            return None
        quality, score = entry.get("quality"), entry.get("score")
        return quality if isinstance(quality, int) else None, score if isinstance(score, float) else None

    def stored_content(self, asset: Asset) -> Content | None:
        """Return what was stored about the pixels when the source file was last decoded."""
        entry = self._read_entry(self._content_key(asset.sha256)) or {}
        kind, soft_alpha, mixed = (entry.get(name) for name in ("kind", "soft_alpha", "mixed"))
        if kind not in list(ContentType) or type(soft_alpha) is not bool or type(mixed) is not bool:
            return None
        return Content(ContentType(kind), soft_alpha, mixed)

    def save_content(self, asset: Asset, content: Content) -> None:
        if self.stored_content(asset) is None:
            entry = {"kind": content.kind.value, "soft_alpha": content.soft_alpha, "mixed": content.mixed}
            self.store.put(self._content_key(asset.sha256), json.dumps(entry).encode())

    def _load_point(self, asset: Asset, format: str, coding: str) -> QualityPoint | None:
        entry = self._read_entry(self._key(asset, format, coding))
        values = [entry.get(name) if entry else None for name in QualityPoint._fields]
        quality, size, lowered = (float(value) if isinstance(value, int | float) else None for value in values)
        return QualityPoint(quality, size, lowered or 0.0) if quality is not None else None

    def _read_entry(self, key: str) -> dict[str, Any] | None:
        stored = self.store.find(key)
        data = self.store.read(stored) if stored else None
        try:
            entry = json.loads(data) if data else None
        except ValueError:
            return None
        return entry if isinstance(entry, dict) else None

    def _key(self, asset: Asset, format: str, coding: str) -> str:
        settings = self.policy.way(format).for_coding(coding)
        encoder = f"{format} {coding!r} effort {settings.effort} {self.codecs[format].version()}"
        size = "{}x{}".format(*quality_model.probe_size((asset.width, asset.height)))
        parts = ("quality", asset.sha256, size, encoder, self.target_key(format), self.resizer_version)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _content_key(self, source: str) -> str:
        parts = ("content", source, content_type.VERSION, self.resizer_version)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def target_key(self, format: str) -> str:
        """Return the part of the cache key that determines a tuned variant's quality, except pixels and encoder."""
        settings = self.policy.way(format)
        metric = f"{self.metric.name} {self.metric.version}" if self.metric else "nobody"
        target = f"{settings.target}, of type {settings.text_target} {settings.mixed_target} ({content_type.VERSION})"
        search = f"trials at {settings.trial_effort}, leeway {settings.leeway}"
        return f"target {target} by {metric}, {VERSION}, {search}"


def needs_search(spec: VariantSpec, policy: EncodingPolicy) -> bool:
    """Whether a spec's quality must be searched."""
    return spec.quality is None and policy.way(spec.format).quality is None
