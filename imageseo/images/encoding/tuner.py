"""Tuning: search the quality that each image needs for its target once, at a few sizes, and save it in the store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from imageseo.images.decoding import content_type
from imageseo.images.encoding import quality_model
from imageseo.images.encoding.profiles import CodecSettings, EncodingPolicy
from imageseo.images.encoding.quality_search import PALETTE, QualityPoint, Search
from imageseo.model.image import Asset, ContentType, VariantSpec
from imageseo.model.protocols import Codec, Metric, Store

VERSION = "tuning 4"
"""Changed whenever an identical image could get another quality; part of the cache keys."""

LOSSLESS = "lossless"
Size = tuple[int, int]
FormatCoding = tuple[str, str]
"""Format and coding."""


@dataclass(slots=True, kw_only=True)
class QualityStudy:
    """The known qualities of one source file, and the searches required before its variants can be encoded.

    ``todo``: searches by anchor, the narrowest first, because each result is the start of the next search.
    ``postponed``: searches that are needed only if no palette meets the target. ``error``: of a failed search.
    """

    asset: Asset
    kind: ContentType
    policy: EncodingPolicy
    codecs: Mapping[str, Codec]
    qualities: dict[FormatCoding, dict[int, QualityPoint]] = field(default_factory=dict)
    todo: list[tuple[Size, list[FormatCoding]]] = field(default_factory=list)
    postponed: list[tuple[Size, FormatCoding]] = field(default_factory=list)
    error: Exception | None = None

    def searches(self) -> list[Search]:
        """Return the searches at the next anchor."""
        size, codings = self.todo[0]
        return [self._make_search(name, coding, size) for name, coding in codings]

    def add_result(self, search: Search, point: QualityPoint) -> bool:
        """Add a result. Return True when the anchor is finished."""
        self.qualities[search.format, search.coding][search.size[0]] = point
        codings = self.todo[0][1]
        codings.remove((search.format, search.coding))
        if not codings:
            del self.todo[0]
        return not codings

    def resume(self) -> bool:
        """Plan the postponed searches of formats whose palettes miss the target. Return whether there are any."""
        missing: dict[Size, list[FormatCoding]] = {}
        for size, coding in self.postponed:
            if not _is_reached(self.qualities.get((coding[0], PALETTE), {})):
                missing.setdefault(size, []).append(coding)
        self.postponed = []
        self.todo = sorted(missing.items())
        return bool(self.todo)

    def attempts(self, spec: VariantSpec) -> tuple[tuple[str, int], ...]:
        """Return the codings to try for a variant, each with its quality (0 where it needs none).

        A palette that meets the target is smaller than all others.
        A lossy coding that misses the target at its best is dropped if there is a lossless one: WebP smears coloured
        text.
        """
        settings = self.policy.way(spec.format)
        codings = self.codecs[spec.format].codings(self.kind)
        if PALETTE in codings:
            codings = tuple(coding for coding in codings if coding != PALETTE)
            points = self._anchor_points(spec, PALETTE) if needs_search(spec, self.policy) else {}
            if _is_reached(points):
                return ((PALETTE, int(max(point.final for point in points.values()))),)
        qualities = {
            coding: 0 if coding == LOSSLESS else self._choose_quality(spec, settings, coding) for coding in codings
        }
        if LOSSLESS in qualities and needs_search(spec, self.policy):
            qualities = {
                coding: quality
                for coding, quality in qualities.items()
                if coding == LOSSLESS or max(self._final_qualities(spec, coding).values()) < quality_model.MAX_QUALITY
            }
        return tuple(qualities.items())

    def _choose_quality(self, spec: VariantSpec, settings: CodecSettings, coding: str) -> int:
        fixed_quality = settings.quality if spec.quality is None else spec.quality
        if fixed_quality is not None:
            return fixed_quality
        quality = quality_model.interpolate(self._final_qualities(spec, coding), spec.width, format=spec.format)
        if self.kind is ContentType.PHOTO:
            points = quality_model.target_adjustment(
                self._densities(spec, coding),
                (spec.width, spec.height),
                settings.target_for(self.kind),
                settings.leeway,
                format=spec.format,
            )
            quality = quality_model.adjust_quality(quality, points, format=spec.format)
        return quality_model.to_integer(quality, spec.format)

    def _final_qualities(self, spec: VariantSpec, coding: str) -> dict[int, float]:
        """Return the qualities at a spec's anchors, by width."""
        return {width: point.final for width, point in self._anchor_points(spec, coding).items()}

    def _densities(self, spec: VariantSpec, coding: str) -> dict[int, float]:
        """Return the known bytes per pixel at a spec's anchors, by width."""
        points = self._anchor_points(spec, coding).items()
        return {width: point.density for width, point in points if point.density}

    def _anchor_points(self, spec: VariantSpec, coding: str) -> dict[int, QualityPoint]:
        points = self.qualities[spec.format, coding]
        return {size[0]: points[size[0]] for size in quality_model.anchors(self._size, spec.width, spec.format)}

    def _make_search(self, format: str, coding: str, size: Size) -> Search:
        target = self.policy.way(format).target_for(self.kind)
        points = {width: point for width, point in self.qualities[format, coding].items() if width < size[0]}
        width = max(points, default=None)
        narrower = None if width is None else points[width]
        start = None
        if width is not None and narrower is not None:
            start = width, narrower.final if narrower.trial is None else narrower.trial
        return Search(
            format=format,
            coding=coding,
            size=size,
            target=target,
            first=quality_model.initial_quality(format, size[0], target, start),
            narrower=narrower,
            is_widest=size == quality_model.anchors(self._size, self.asset.width, format)[-1],
        )

    @property
    def _size(self) -> Size:
        return self.asset.width, self.asset.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuner:
    """Determine the required searches; load and save their results. ``resizer_version``: part of the cache keys."""

    store: Store
    codecs: Mapping[str, Codec]
    policy: EncodingPolicy
    metric: Metric | None
    resizer_version: str

    def study(self, asset: Asset, kind: ContentType, specs: Iterable[VariantSpec]) -> QualityStudy:
        """Return the known and the missing qualities for these variants of one source file."""
        study = QualityStudy(asset=asset, kind=kind, policy=self.policy, codecs=self.codecs)
        missing: dict[Size, list[FormatCoding]] = {}
        for spec in specs:
            if not needs_search(spec, self.policy):
                continue
            codings = self.codecs[spec.format].codings(kind)
            for coding in codings:
                points = study.qualities.setdefault((spec.format, coding), {})
                anchors = quality_model.anchors((asset.width, asset.height), spec.width, spec.format)
                for size in anchors if coding != LOSSLESS else ():
                    if size[0] in points or (spec.format, coding) in missing.get(size, ()):
                        continue
                    point = self._load_point(asset.sha256, spec.format, coding, size)
                    if point is None and PALETTE in codings and coding == "":
                        if (size, (spec.format, coding)) not in study.postponed:
                            study.postponed.append((size, (spec.format, coding)))
                    elif point is None:
                        missing.setdefault(size, []).append((spec.format, coding))
                    else:
                        points[size[0]] = point
        study.todo = sorted(missing.items())
        if not study.todo:
            study.resume()
        return study

    def save(self, asset: Asset, search: Search, point: QualityPoint) -> None:
        """Save a result in the store."""
        data = json.dumps(point._asdict()).encode()
        self.store.put(self._key(asset.sha256, search.format, search.coding, search.size), data)

    def stored_kind(self, asset: Asset) -> ContentType | None:
        """Return the content type that was stored when the source file was last decoded."""
        entry = self._read_entry(self._kind_key(asset.sha256))
        return ContentType(entry["kind"]) if entry and entry.get("kind") in list(ContentType) else None

    def save_kind(self, asset: Asset, kind: ContentType) -> None:
        if self.stored_kind(asset) is None:
            self.store.put(self._kind_key(asset.sha256), json.dumps({"kind": kind.value}).encode())

    def _load_point(self, source: str, format: str, coding: str, size: Size) -> QualityPoint | None:
        entry = self._read_entry(self._key(source, format, coding, size))
        values = [entry.get(name) if entry else None for name in QualityPoint._fields]
        final, trial, density = (float(value) if isinstance(value, int | float) else None for value in values)
        return QualityPoint(final, trial, density) if final is not None else None

    def _read_entry(self, key: str) -> dict[str, Any] | None:
        stored = self.store.find(key)
        data = self.store.read(stored) if stored else None
        try:
            entry = json.loads(data) if data else None
        except ValueError:
            return None
        return entry if isinstance(entry, dict) else None

    def _key(self, source: str, format: str, coding: str, size: Size) -> str:
        settings = self.policy.way(format).for_coding(coding)
        efforts = f"efforts {settings.effort} {settings.trial_effort}"
        encoder = f"{format} {coding!r} {efforts} {self.codecs[format].version()}"
        parts = ("quality", source, f"{size[0]}x{size[1]}", encoder, self.target_key(format), self.resizer_version)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _kind_key(self, source: str) -> str:
        parts = ("kind", source, content_type.VERSION, self.resizer_version)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def target_key(self, format: str) -> str:
        """Return the part of the cache key that determines a tuned variant's quality, except pixels and encoder."""
        settings = self.policy.way(format)
        metric = f"{self.metric.name} {self.metric.version}" if self.metric else "nobody"
        target = f"{settings.target}, of type {settings.text_target} ({content_type.VERSION})"
        search = f"trials at {settings.trial_effort}, leeway {settings.leeway}"
        return f"target {target} by {metric}, {VERSION}, {search}"


def _is_reached(points: Mapping[int, QualityPoint]) -> bool:
    """Whether a palette meets the target at all anchors."""
    return bool(points) and all(point.final > 0 for point in points.values())


def needs_search(spec: VariantSpec, policy: EncodingPolicy) -> bool:
    """Whether a spec's quality must be searched."""
    return spec.quality is None and policy.way(spec.format).quality is None


def anchor_sizes(asset: Asset, specs: Sequence[VariantSpec], policy: EncodingPolicy) -> Iterable[Size]:
    """Yield the sizes that searches for these specs may need."""
    for spec in specs:
        if needs_search(spec, policy):
            yield from quality_model.anchors((asset.width, asset.height), spec.width, spec.format)
