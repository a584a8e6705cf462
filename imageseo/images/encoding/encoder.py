"""VariantSpecs to Variants, through an executor and the store: only what is missing is made, the largest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from imageseo.images.decoding.probe import probe_bytes
from imageseo.images.encoding.cache_keys import CacheKeys, codec_unavailable, rights_xmp
from imageseo.images.encoding.profiles import EncodingPolicy
from imageseo.images.encoding.scheduler import work_through
from imageseo.images.encoding.tasks import (
    EncodedVariant,
    EncodeFailure,
    EncodeJob,
    Engine,
    EngineUnavailable,
    Outcomes,
    is_whole_file,
    load_resizer,
)
from imageseo.images.encoding.tuner import LOSSLESS, QualityStudy
from imageseo.images.metadata.rights import empty_xmp_packet
from imageseo.model.errors import ImageseoError, ProviderError
from imageseo.model.image import Asset, BadAsset, Rights, Variant, VariantSpec
from imageseo.model.protocols import Codec, Metric, Progress, Step, Store, StoredBlob

if TYPE_CHECKING:
    from PIL.Image import Image

_DECLINED = b"imageseo declines\n"
_LONGEST = 1024  # bytes of a reason; no picture is as short but those that are read and told from one

Jobs = Mapping[str, tuple[Path, Asset]]
"""Digest of a source -> where it lies and what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodeResult:
    """What became of the specs.

    ``variants``: all that exist now. ``dropped``: those among them with more bytes than their source (what to do with
    them is the caller's choice). ``failures``: sources that could not be decoded, by digest. ``refused``: specs that
    their codec could not encode, with its reason. ``declined``: specs that are not to be had of such a file, with the
    reason, or "" where they would gain nothing; nothing is wrong with them. ``hits``/``misses``: found in the store /
    made.
    """

    variants: Mapping[VariantSpec, Variant]
    dropped: frozenset[VariantSpec] = frozenset()
    failures: Mapping[str, BadAsset] = field(default_factory=dict)
    refused: Mapping[VariantSpec, str] = field(default_factory=dict)
    declined: Mapping[VariantSpec, str] = field(default_factory=dict)
    hits: int = 0
    misses: int = 0


@dataclass(slots=True)
class _Made:
    """``Encoded`` while it grows."""

    variants: dict[VariantSpec, Variant] = field(default_factory=dict)
    failures: dict[str, BadAsset] = field(default_factory=dict)
    refused: dict[VariantSpec, str] = field(default_factory=dict)
    declined: dict[VariantSpec, str] = field(default_factory=dict)


class Encoder:
    """Makes variants. ``executor``: threads (Pillow lets them run side by side); ``workers``: how many of them.

    ``codecs``: by name. ``policy``: what the profile and the settings make of a spec; all that may change bytes is in
    the store's key. ``metric``: judges what is tuned; a policy with targets needs one. ``accepts``: policies whose
    variants do as well where the store has them already, the best first: previews need not encode again what was
    published. ``engine``: makes what is missing, by these very codecs and settings, in another process perhaps; without
    one the executor does.
    """

    def __init__(
        self,
        store: Store,
        codecs: Mapping[str, Codec],
        executor: Executor,
        policy: EncodingPolicy,
        *,
        workers: int,
        metric: Metric | None = None,
        accepts: Sequence[EncodingPolicy] = (),
        engine: Engine | None = None,
    ) -> None:
        self._store = store
        self._codecs = codecs
        self._executor = executor
        self._workers = max(1, workers)
        self._policy = policy
        self._metric = metric
        self._accepts = tuple(accepts)
        self._engine = engine
        self._keys = CacheKeys(store=store, codecs=codecs, metric=metric)

    def encode(self, jobs: Jobs, specs: Iterable[VariantSpec], *, progress: Progress | None = None) -> EncodeResult:
        """Every spec's variant, from the store or made now; bytes do not depend on workers or on what else is asked.

        ``jobs`` must hold every spec's source; a spec larger than its source is a ValueError. Raises StoreError.
        """
        made = _Made()
        missing: dict[VariantSpec, str] = {}
        for spec in dict.fromkeys(specs):
            asset = jobs[spec.source][1]
            key = self._keys.of(spec, asset, self._policy)
            stored = self._find(spec, asset, key)
            if stored is None:
                missing[spec] = key
            elif is_whole_file(asset, spec) and (reason := self._reason(stored)) is not None:
                made.declined[spec] = reason
            else:
                made.variants[spec] = _variant(spec, stored)
        variants = made.variants
        hits = len(variants)
        if missing:
            self._try({spec.format for spec in missing} & self._codecs.keys())
            with progress.task("Encoding images", len(missing)) if progress else nullcontext() as step:
                self._make(_sources(jobs, missing), missing, made, step)
        dropped = frozenset(spec for spec, made in variants.items() if made.bytes > jobs[spec.source][1].bytes)
        return EncodeResult(
            variants=variants,
            dropped=dropped,
            failures=made.failures,
            refused=made.refused,
            declined=made.declined,
            hits=hits,
            misses=len(variants) - hits,
        )

    def bytes_of(self, variant: Variant, jobs: Jobs) -> bytes | None:
        """The encoded file. One that was damaged in the store is made again; None when its source has failed by now."""
        data = self._store.read(StoredBlob(sha256=variant.sha256, bytes=variant.bytes))
        if data is None:
            again = self.encode(jobs, [variant.spec]).variants.get(variant.spec)
            data = self._store.read(StoredBlob(sha256=again.sha256, bytes=again.bytes)) if again else None
        return data

    def quality_of(self, variant: Variant, jobs: Jobs) -> int | None:
        """The quality that a variant was encoded with, or its lossy coding would be; None when it has none."""
        spec, asset = variant.spec, jobs[variant.spec.source][1]
        fixed = self._policy.way(spec.format).quality if spec.quality is None else spec.quality
        if is_whole_file(asset, spec):
            return None
        if fixed is not None:
            return fixed
        if self._learnt(asset, spec) is None:  # lost from the store: what is made again tells it again
            for _ in self._work(_sources(jobs, [spec])):
                pass
        study = self._learnt(asset, spec)
        qualities = [quality for coding, quality in study.attempts(spec) if coding != LOSSLESS] if study else []
        return max(qualities, default=None)

    def publish(self, master: bytes, *, quality: int, rights: Rights, codec: str = "jpeg") -> bytes:
        """A master (PNG or any raster) as the file to publish at its full size, from the store or made now.

        ``rights``: written into it as XMP, with ``digital_source_type``; always a packet, by which later builds know
        the file for ours. Raises ProviderError for a master that is no picture, StoreError.
        """
        asset = probe_bytes(master, "the hero's master", max_pixels=self._policy.max_pixels)
        if isinstance(asset, BadAsset) or not asset.encodable:
            problem = asset.problem if isinstance(asset, BadAsset) else "the hero's master is not a still raster image"
            raise ProviderError(problem, hint="Make it again with `imageseo generate`.")
        width, height = asset.width, asset.height
        spec = VariantSpec(source=asset.sha256, format=codec, width=width, height=height, quality=quality)
        xmp = rights_xmp(rights) or empty_xmp_packet()
        key = self._keys.of_master(spec, self._policy, xmp)
        stored = self._store.find(key)
        data = self._store.read(stored) if stored else None
        if data is None:
            image = _whole(master, asset, self._policy.resizer)
            data = self._codecs[codec].encode(
                image, quality=quality, effort=self._policy.way(codec).effort, xmp=xmp or None
            )
            self._store.put(key, data)
        return data

    def _work(self, sources: Sequence[EncodeJob]) -> Outcomes:
        if self._engine is not None:
            with suppress(EngineUnavailable):
                yield from self._engine(sources)
                return
        yield from work_through(sources, self._keys.tuner(self._policy), self._executor, workers=self._workers)

    def _make(
        self,
        sources: list[EncodeJob],
        keys: Mapping[VariantSpec, str],
        made: _Made,
        step: Step | None,
    ) -> None:
        for outcome in self._work(sources):
            done = 1
            match outcome:
                case EncodedVariant(spec=spec, data=data):
                    made.variants[spec] = _variant(spec, self._store.put(keys[spec], data))
                case EncodeFailure(source=source, problem=problem, spec=None):
                    made.failures[source.asset.sha256] = _unreadable(source.asset, problem)
                    done = len(source.specs)
                case EncodeFailure(problem=problem, spec=spec, declined=True) if spec is not None:
                    self._store.put(keys[spec], _DECLINED + problem.encode())
                    made.declined[spec] = problem
                case EncodeFailure(problem=problem, spec=spec) if spec is not None:
                    made.refused[spec] = problem
            if step is not None:
                step.advance(done)

    def _find(self, spec: VariantSpec, asset: Asset, key: str) -> StoredBlob | None:
        stored = self._store.find(key)
        for policy in self._accepts if stored is None else ():
            stored = self._store.find(self._keys.of(spec, asset, policy))
            if stored is not None:
                break
        return stored

    def _reason(self, stored: StoredBlob) -> str | None:
        """Why there is no variant where the store holds that instead."""
        data = self._store.read(stored) if stored.bytes <= _LONGEST else None
        return data.removeprefix(_DECLINED).decode() if data is not None and data.startswith(_DECLINED) else None

    def _try(self, formats: Iterable[str]) -> None:
        """A small picture through each part before the work begins: one fault, and not one for each image."""
        from PIL import Image

        image = Image.new("RGB", (16, 16), (37, 99, 235))
        if self._metric is not None and self._policy.tunes:
            self._metric.reference(image)
        for name in sorted(formats):
            try:
                self._codecs[name].encode(image, quality=60, effort=self._policy.way(name).effort, xmp=None)
            except ImageseoError:
                raise
            except Exception as error:  # whatever an encoder's library may do
                raise codec_unavailable(name, error) from error

    def _learnt(self, asset: Asset, spec: VariantSpec) -> QualityStudy | None:
        """What the store knows of a tuned spec's quality; None when something is missing."""
        tuner = self._keys.tuner(self._policy)
        kind = tuner.kind(asset)
        study = tuner.study(asset, kind, [spec]) if kind is not None else None
        return study if study is not None and not study.todo else None


def _sources(jobs: Jobs, specs: Iterable[VariantSpec]) -> list[EncodeJob]:
    grouped: dict[str, list[VariantSpec]] = {}
    for spec in specs:
        asset = jobs[spec.source][1]
        if spec.width > asset.width or spec.height > asset.height:
            size = f"{spec.width}×{spec.height} px of {asset.path}, which has {asset.width}×{asset.height}"
            raise ValueError(f"never upscaled: {size}")
        grouped.setdefault(spec.source, []).append(spec)
    return [
        EncodeJob(
            path=path,
            asset=asset,
            specs=tuple(wanted),
            xmp=rights_xmp(asset.rights),
            mark=rights_xmp(asset.rights, digest),
        )
        for digest, wanted in grouped.items()
        for path, asset in [jobs[digest]]
    ]


def _whole(master: bytes, asset: Asset, resizer: str) -> Image:
    try:
        images = load_resizer(resizer).render(master, asset.format, asset.orientation, [(asset.width, asset.height)])
    except Exception as error:  # a damaged file makes a decoder raise anything at all
        hint = "Make it again with `imageseo generate`."
        raise ProviderError(f"the hero's master cannot be decoded: {error}", hint=hint) from error
    return cast("Image", images.popitem()[1])


def _unreadable(asset: Asset, problem: str) -> BadAsset:
    return BadAsset(
        path=asset.path,
        rule="img-unreadable",
        problem=f"{asset.path} cannot be decoded: {problem}",
        hint="The file is damaged or cut short. Export it again.",
    )


def _variant(spec: VariantSpec, stored: StoredBlob) -> Variant:
    return Variant(spec=spec, sha256=stored.sha256, bytes=stored.bytes)
