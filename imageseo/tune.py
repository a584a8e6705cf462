"""Tuning: the quality that each picture needs for its target, searched at a few sizes once and kept in the store."""

from __future__ import annotations

import errno
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from imageseo import kinds
from imageseo.core import target
from imageseo.core.profiles import Policy, Way
from imageseo.model.image import Asset, Kind, VariantSpec
from imageseo.ports import Codec, Metric, Store
from imageseo.raster import open_raster

if TYPE_CHECKING:
    from PIL.Image import Image

VERSION = "tuning 2"
"""Changes whenever an equal picture could be given another quality; enters the store's keys."""

LOSSLESS = "lossless"
Size = tuple[int, int]
Want = tuple[str, str]
"""Format and coding."""


_FAR = 4.0
"""Points of quality that a trial effort may differ from the final one by; what differs by more is noise."""


_MEMORY = re.compile(r"out of memory|allocation failed|encoding error [12]\b", re.IGNORECASE)
"""As libavif, Pillow and libwebp (by its codes 1 and 2) say that there was none left."""


class Known(NamedTuple):
    """What meets the target at one anchor: the quality at the final effort, and at that of trials where they differ."""

    final: float
    trial: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One search to make. ``wanted``: the score to meet; ``first``: where it begins; ``narrow``: what was found at the
    narrower anchor, if any; ``last``: no wider anchor follows.
    """

    format: str
    coding: str
    size: Size
    wanted: float
    first: float
    narrow: Known | None
    last: bool


@dataclass(slots=True, kw_only=True)
class Study:
    """What is known of one source's qualities, and what must be searched before its variants can be encoded.

    ``todo``: by anchor, the narrowest first: each tells the next where to begin. ``fault``: of a search that broke off.
    """

    asset: Asset
    kind: Kind
    policy: Policy
    codecs: Mapping[str, Codec]
    qualities: dict[Want, dict[int, Known]] = field(default_factory=dict)
    todo: list[tuple[Size, list[Want]]] = field(default_factory=list)
    fault: Exception | None = None

    def searches(self) -> list[Search]:
        """Those of the next anchor."""
        size, wants = self.todo[0]
        return [self._search(name, coding, size) for name, coding in wants]

    def learn(self, search: Search, found: Known) -> bool:
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
        if LOSSLESS in found and tuned(spec, self.policy):
            found = {
                coding: quality
                for coding, quality in found.items()
                if coding == LOSSLESS or max(self._found(spec, coding).values()) < target.MOST
            }
        return tuple(found.items())

    def _quality(self, spec: VariantSpec, way: Way, coding: str) -> int:
        fixed = way.quality if spec.quality is None else spec.quality
        if fixed is not None:
            return fixed
        return target.whole(target.between(self._found(spec, coding), spec.width, format=spec.format))

    def _found(self, spec: VariantSpec, coding: str) -> dict[int, float]:
        """The qualities at a spec's anchors, by width."""
        known = self.qualities[spec.format, coding]
        return {size[0]: known[size[0]].final for size in target.anchors(self._size, spec.width)}

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
            first=target.guess(format, size[0], wanted, told),
            narrow=before,
            last=size == target.anchors(self._size, self.asset.width)[-1],
        )

    @property
    def _size(self) -> Size:
        return self.asset.width, self.asset.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuner:
    """Knows what is searched and what was found. ``pixels``: version of what makes the sizes."""

    store: Store
    codecs: Mapping[str, Codec]
    policy: Policy
    metric: Metric | None
    pixels: str

    def study(self, asset: Asset, kind: Kind, specs: Iterable[VariantSpec]) -> Study:
        """What is known already for these variants of one source, and what is missing."""
        study = Study(asset=asset, kind=kind, policy=self.policy, codecs=self.codecs)
        missing: dict[Size, list[Want]] = {}
        for spec in specs:
            if not tuned(spec, self.policy):
                continue
            for coding in self.codecs[spec.format].codings(kind):
                found = study.qualities.setdefault((spec.format, coding), {})
                for size in target.anchors((asset.width, asset.height), spec.width) if coding != LOSSLESS else ():
                    if size[0] in found or (spec.format, coding) in missing.get(size, ()):
                        continue
                    known = self._known(asset.sha256, spec.format, coding, size)
                    if known is None:
                        missing.setdefault(size, []).append((spec.format, coding))
                    else:
                        found[size[0]] = known
        study.todo = sorted(missing.items())
        return study

    def keep(self, asset: Asset, search: Search, found: Known) -> None:
        """Remember a result."""
        told = json.dumps(found._asdict()).encode()
        self.store.put(self._key(asset.sha256, search.format, search.coding, search.size), told)

    def kind(self, asset: Asset) -> Kind | None:
        """The kind of a source as it was told when it was last open."""
        told = self._read(self._kind_key(asset.sha256))
        return Kind(told["kind"]) if told and told.get("kind") in list(Kind) else None

    def keep_kind(self, asset: Asset, kind: Kind) -> None:
        if self.kind(asset) is None:
            self.store.put(self._kind_key(asset.sha256), json.dumps({"kind": kind.value}).encode())

    def _known(self, source: str, format: str, coding: str, size: Size) -> Known | None:
        told = self._read(self._key(source, format, coding, size))
        found = [told.get(name) if told else None for name in Known._fields]
        final, trial = (float(each) if isinstance(each, int | float) else None for each in found)
        return Known(final, trial) if final is not None else None

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
        return hashlib.sha256("\n".join(("kind", source, kinds.VERSION, self.pixels)).encode()).hexdigest()

    def aim(self, format: str) -> str:
        """What a tuned variant's quality follows from, besides its pixels and encoder."""
        way = self.policy.way(format)
        judge = f"{self.metric.name} {self.metric.version}" if self.metric else "nobody"
        scores = f"{way.target}, of type {way.type} ({kinds.VERSION})"
        return f"target {scores} by {judge}, {VERSION}, trials at {way.trial}"


def tuned(spec: VariantSpec, policy: Policy) -> bool:
    """Whether a spec's quality is to be searched."""
    return spec.quality is None and policy.way(spec.format).quality is None


def starved(error: BaseException) -> bool:
    """Whether an error of a decoder, encoder or metric means that there was no memory for it."""
    if isinstance(error, OSError) and error.errno is not None:  # its words hold a path
        return error.errno == errno.ENOMEM
    known = isinstance(error, (RuntimeError, ValueError, OSError))
    return isinstance(error, MemoryError) or (known and _MEMORY.search(str(error)) is not None)


def refer(metric: Metric, image: Image) -> Any:
    """What the metric keeps of a picture; None where it refuses it. Raises MemoryError where it has no room."""
    try:
        return metric.reference(image.copy())
    except (OSError, ValueError) as error:
        if starved(error):
            raise MemoryError(f"{error}") from error
        return None


def search_one(codec: Codec, metric: Metric, way: Way, search: Search, image: Image, reference: Any) -> Known:
    """Make one search. Where encoder or metric refuse the size, what is usual has to do; where one has no memory, a
    MemoryError.

    Trials at the final effort are dear at the wide anchor. There the cheap effort finds the neighbourhood, corrected by
    what the efforts differ at the narrow anchor, and a single encode at the final effort tells the rest.

    ``reference``: as ``refer`` gives it for ``image``.
    """

    def score(quality: int, effort: int | None) -> float:
        data = codec.encode(image.copy(), quality=quality, effort=effort, xmp=None, coding=search.coding)
        with open_raster(data, codec.name) as decoded:
            decoded.load()
            return metric.score(reference, decoded)

    def find(effort: int | None, first: float, trials: int = target.TRIALS) -> float:
        of_effort = partial(score, effort=effort)
        try:
            if reference is not None:
                return target.search(of_effort, search.wanted, first=first, format=search.format, trials=trials)
        except Exception as error:  # as encoders may raise; but a machine out of memory must not choose the quality
            if starved(error):
                raise MemoryError(f"{error}") from error
        return first

    narrow = search.narrow
    if way.trial is None or (narrow is None and search.last):
        return Known(find(way.effort, search.first), None)
    if narrow is None or narrow.trial is None:
        final = find(way.effort, search.first)
        return Known(final, find(way.trial, final))
    trial = find(way.trial, search.first)
    apart = min(_FAR, max(-_FAR, narrow.final - narrow.trial))
    return Known(find(way.effort, trial + apart, trials=1), trial)


def sizes(asset: Asset, specs: Sequence[VariantSpec], policy: Policy) -> Iterable[Size]:
    """The sizes that searches for these specs may need."""
    for spec in specs:
        if tuned(spec, policy):
            yield from target.anchors((asset.width, asset.height), spec.width)
