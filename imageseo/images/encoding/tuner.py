"""Tuning: the quality that each picture needs for its target, searched at a few sizes once and kept in the store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from imageseo.images.decoding import content_type
from imageseo.images.encoding import quality_model
from imageseo.images.encoding.profiles import CodecSettings, EncodingPolicy
from imageseo.images.encoding.quality_search import QualityPoint, Search
from imageseo.model.image import Asset, ContentType, VariantSpec
from imageseo.model.protocols import Codec, Metric, Store

VERSION = "tuning 3"
"""Changes whenever an equal picture could be given another quality; enters the store's keys."""

LOSSLESS = "lossless"
Size = tuple[int, int]
Want = tuple[str, str]
"""Format and coding."""


@dataclass(slots=True, kw_only=True)
class QualityStudy:
    """What is known of one source's qualities, and what must be searched before its variants can be encoded.

    ``todo``: by anchor, the narrowest first: each tells the next where to begin. ``fault``: of a search that broke off.
    """

    asset: Asset
    kind: ContentType
    policy: EncodingPolicy
    codecs: Mapping[str, Codec]
    qualities: dict[Want, dict[int, QualityPoint]] = field(default_factory=dict)
    todo: list[tuple[Size, list[Want]]] = field(default_factory=list)
    fault: Exception | None = None

    def searches(self) -> list[Search]:
        """Those of the next anchor."""
        size, wants = self.todo[0]
        return [self._search(name, coding, size) for name, coding in wants]

    def learn(self, search: Search, found: QualityPoint) -> bool:
        """Take a result; True when the anchor is done with."""
        self.qualities[search.format, search.coding][search.size[0]] = found
        wants = self.todo[0][1]
        wants.remove((search.format, search.coding))
        if not wants:
            del self.todo[0]
        return not wants

    def attempts(self, spec: VariantSpec) -> tuple[tuple[str, int], ...]:
        """The codings to try for a variant, each with its quality (0 where it needs none).

        A lossy one that misses the target at its best is none beside a lossless one: coloured type smears in WebP.
        """
        way = self.policy.way(spec.format)
        codings = self.codecs[spec.format].codings(self.kind)
        found = {coding: 0 if coding == LOSSLESS else self._quality(spec, way, coding) for coding in codings}
        if LOSSLESS in found and needs_search(spec, self.policy):
            found = {
                coding: quality
                for coding, quality in found.items()
                if coding == LOSSLESS or max(self._found(spec, coding).values()) < quality_model.MOST
            }
        return tuple(found.items())

    def _quality(self, spec: VariantSpec, way: CodecSettings, coding: str) -> int:
        fixed = way.quality if spec.quality is None else spec.quality
        if fixed is not None:
            return fixed
        quality = quality_model.interpolate(self._found(spec, coding), spec.width, format=spec.format)
        if self.kind is ContentType.PHOTO:
            size, wanted = (spec.width, spec.height), way.aim(self.kind)
            by = quality_model.tilt(self._densities(spec, coding), size, wanted, way.leeway, format=spec.format)
            quality = quality_model.tilted(quality, by, format=spec.format)
        return quality_model.to_integer(quality, spec.format)

    def _found(self, spec: VariantSpec, coding: str) -> dict[int, float]:
        """The qualities at a spec's anchors, by width."""
        return {width: known.final for width, known in self._known(spec, coding).items()}

    def _densities(self, spec: VariantSpec, coding: str) -> dict[int, float]:
        """The bytes a pixel at those where they are known."""
        known = self._known(spec, coding).items()
        return {width: each.density for width, each in known if each.density}

    def _known(self, spec: VariantSpec, coding: str) -> dict[int, QualityPoint]:
        known = self.qualities[spec.format, coding]
        return {size[0]: known[size[0]] for size in quality_model.anchors(self._size, spec.width, spec.format)}

    def _search(self, format: str, coding: str, size: Size) -> Search:
        wanted = self.policy.way(format).aim(self.kind)
        narrower = {width: each for width, each in self.qualities[format, coding].items() if width < size[0]}
        at = max(narrower, default=None)
        before = None if at is None else narrower[at]
        told = None if at is None or before is None else (at, before.final if before.trial is None else before.trial)
        return Search(
            format=format,
            coding=coding,
            size=size,
            wanted=wanted,
            first=quality_model.initial_quality(format, size[0], wanted, told),
            narrow=before,
            last=size == quality_model.anchors(self._size, self.asset.width, format)[-1],
        )

    @property
    def _size(self) -> Size:
        return self.asset.width, self.asset.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuner:
    """Knows what is searched and what was found. ``pixels``: version of what makes the sizes."""

    store: Store
    codecs: Mapping[str, Codec]
    policy: EncodingPolicy
    metric: Metric | None
    pixels: str

    def study(self, asset: Asset, kind: ContentType, specs: Iterable[VariantSpec]) -> QualityStudy:
        """What is known already for these variants of one source, and what is missing."""
        study = QualityStudy(asset=asset, kind=kind, policy=self.policy, codecs=self.codecs)
        missing: dict[Size, list[Want]] = {}
        for spec in specs:
            if not needs_search(spec, self.policy):
                continue
            for coding in self.codecs[spec.format].codings(kind):
                found = study.qualities.setdefault((spec.format, coding), {})
                anchors = quality_model.anchors((asset.width, asset.height), spec.width, spec.format)
                for size in anchors if coding != LOSSLESS else ():
                    if size[0] in found or (spec.format, coding) in missing.get(size, ()):
                        continue
                    known = self._known(asset.sha256, spec.format, coding, size)
                    if known is None:
                        missing.setdefault(size, []).append((spec.format, coding))
                    else:
                        found[size[0]] = known
        study.todo = sorted(missing.items())
        return study

    def keep(self, asset: Asset, search: Search, found: QualityPoint) -> None:
        """Remember a result."""
        told = json.dumps(found._asdict()).encode()
        self.store.put(self._key(asset.sha256, search.format, search.coding, search.size), told)

    def kind(self, asset: Asset) -> ContentType | None:
        """The kind of a source as it was told when it was last open."""
        told = self._read(self._kind_key(asset.sha256))
        return ContentType(told["kind"]) if told and told.get("kind") in list(ContentType) else None

    def keep_kind(self, asset: Asset, kind: ContentType) -> None:
        if self.kind(asset) is None:
            self.store.put(self._kind_key(asset.sha256), json.dumps({"kind": kind.value}).encode())

    def _known(self, source: str, format: str, coding: str, size: Size) -> QualityPoint | None:
        told = self._read(self._key(source, format, coding, size))
        found = [told.get(name) if told else None for name in QualityPoint._fields]
        final, trial, density = (float(each) if isinstance(each, int | float) else None for each in found)
        return QualityPoint(final, trial, density) if final is not None else None

    def _read(self, key: str) -> dict[str, Any] | None:
        stored = self.store.find(key)
        data = self.store.read(stored) if stored else None
        try:
            told = json.loads(data) if data else None
        except ValueError:
            return None
        return told if isinstance(told, dict) else None

    def _key(self, source: str, format: str, coding: str, size: Size) -> str:
        way = self.policy.way(format)
        encoder = f"{format} {coding!r} efforts {way.effort} {way.trial} {self.codecs[format].version()}"
        parts = ("quality", source, f"{size[0]}x{size[1]}", encoder, self.aim(format), self.pixels)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _kind_key(self, source: str) -> str:
        return hashlib.sha256("\n".join(("kind", source, content_type.VERSION, self.pixels)).encode()).hexdigest()

    def aim(self, format: str) -> str:
        """What a tuned variant's quality follows from, besides its pixels and encoder."""
        way = self.policy.way(format)
        judge = f"{self.metric.name} {self.metric.version}" if self.metric else "nobody"
        scores = f"{way.target}, of type {way.type} ({content_type.VERSION})"
        return f"target {scores} by {judge}, {VERSION}, trials at {way.trial}, leeway {way.leeway}"


def needs_search(spec: VariantSpec, policy: EncodingPolicy) -> bool:
    """Whether a spec's quality is to be searched."""
    return spec.quality is None and policy.way(spec.format).quality is None


def sizes(asset: Asset, specs: Sequence[VariantSpec], policy: EncodingPolicy) -> Iterable[Size]:
    """The sizes that searches for these specs may need."""
    for spec in specs:
        if needs_search(spec, policy):
            yield from quality_model.anchors((asset.width, asset.height), spec.width, spec.format)
