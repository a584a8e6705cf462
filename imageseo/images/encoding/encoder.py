"""Encode variants through an executor and the store: only missing ones are encoded, the largest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, cast

from imageseo.images.decoding.probe import probe_bytes
from imageseo.images.encoding.cache_keys import CacheKeys, Prefetch, codec_unavailable, rights_xmp
from imageseo.images.encoding.encode_result import EncodeResult, PartialResult
from imageseo.images.encoding.foreign import PluginFailure
from imageseo.images.encoding.jobs import Jobs, group_jobs
from imageseo.images.encoding.postponed import Postponed
from imageseo.images.encoding.profiles import EncodingPolicy
from imageseo.images.encoding.scheduler import estimate_seconds, run_jobs
from imageseo.images.encoding.size_limits import exceeded_limit
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
from imageseo.images.metadata.rights import empty_xmp_packet
from imageseo.model.errors import ImageseoError, ProviderError
from imageseo.model.image import Asset, BadAsset, Rights, Variant, VariantSpec
from imageseo.model.progress import Progress, Step
from imageseo.model.protocols import Codec, Metric, Store, StoredBlob

if TYPE_CHECKING:
    from PIL.Image import Image

    from imageseo.images.credentials.signer import Signer

_DECLINED = b"imageseo declines\n"
_MAX_REASON = 1024  # bytes of a stored reason; images this small are read and distinguished by the prefix


class Encoder:
    """Encode variants. ``executor``: threads (Pillow releases the GIL); ``workers``: their number.

    ``codecs``: by name. ``policy``: how each format is encoded; everything that can change bytes is part of the cache
    key. ``metric``: scores trial encodes; required by a policy with targets. ``accepts``: policies whose variants are
    also accepted if the store has them, the best first: previews need not encode published variants again. ``engine``:
    encodes missing variants with the same codecs and settings, possibly in another process; without one the executor
    does. ``postponed``: missing variants are not encoded, but noted there. ``prefetch``: is asked before the store is.
    """

    signer: Signer | None = None
    """Signs published files."""

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
        postponed: Postponed | None = None,
        prefetch: Prefetch | None = None,
    ) -> None:
        self._store = store
        self._codecs = codecs
        self._executor = executor
        self._workers = max(1, workers)
        self._policy = policy
        self._metric = metric
        self._accepts = tuple(accepts)
        self._engine = engine
        self._postponed = postponed
        self._prefetch = prefetch
        self._keys = CacheKeys(store=store, codecs=codecs, metric=metric)

    def encode(self, jobs: Jobs, specs: Iterable[VariantSpec], *, progress: Progress | None = None) -> EncodeResult:
        """Return every spec's variant, from the store or newly encoded.

        Bytes depend neither on the number of workers nor on other specs. ``jobs`` must contain every spec's source
        file. Raises ValueError for a spec larger than its source, StoreError.
        """
        result = PartialResult()
        missing: dict[VariantSpec, str] = {}
        formats: dict[str, dict[str, None]] = {}
        specs = dict.fromkeys(specs)
        if self._prefetch is not None:
            self._keys.prefetch(specs, jobs, (self._policy, *self._accepts), self._prefetch)
        for spec in specs:
            formats.setdefault(spec.source, {})[spec.format] = None
            asset = jobs[spec.source][1]
            if limit := exceeded_limit(self._codecs.get(spec.format), spec, asset):
                result.oversized[spec] = limit
                continue
            key = self._keys.variant_key(spec, asset, self._policy)
            stored = self._find(spec, asset, key)
            if stored is None:
                missing[spec] = key
            elif is_whole_file(asset, spec) and (reason := self._declined_reason(stored)) is not None:
                result.declined[spec] = reason
            else:
                result.variants[spec] = _make_variant(spec, stored)
        for spec in [spec for spec in missing if self._is_omitted(spec, jobs, formats[spec.source])]:
            del missing[spec]
            result.declined[spec] = ""
        variants = result.variants
        hits = len(variants)
        if missing and self._postponed is not None:
            self._postponed.put_off(jobs, specs, missing, result)
        elif missing:
            self._check_encoders({spec.format for spec in missing} & self._codecs.keys())
            work = sum(estimate_seconds(spec, self._policy) for spec in missing)
            with progress.task("Encoding images", len(missing), work) if progress else nullcontext() as step:
                self._encode_missing(group_jobs(jobs, missing, formats), jobs, missing, result, step)
        dropped = frozenset(spec for spec, variant in variants.items() if variant.bytes > jobs[spec.source][1].bytes)
        return EncodeResult(
            variants=variants,
            dropped=dropped,
            failures=result.failures,
            refused=result.refused,
            declined=result.declined,
            oversized=result.oversized,
            crashed=result.crashed,
            seconds=result.seconds,
            pending=frozenset(result.pending),
            hits=hits,
            misses=len(variants) - hits,
        )

    def bytes_of(self, variant: Variant, jobs: Jobs) -> bytes | None:
        """Return the encoded file. If it is damaged in the store, encode it again; None if its source now fails."""
        data = self._store.read(StoredBlob(sha256=variant.sha256, bytes=variant.bytes))
        if data is None:
            reencoded = self.encode(jobs, [variant.spec]).variants.get(variant.spec)
            data = self._store.read(StoredBlob(sha256=reencoded.sha256, bytes=reencoded.bytes)) if reencoded else None
        return data

    def quality_of(self, variant: Variant, jobs: Jobs) -> int | None:
        """Return the quality of a variant, or that of its lossy coding; None when it has none."""
        spec, asset = variant.spec, jobs[variant.spec.source][1]
        fixed_quality = self._policy.way(spec.format).quality if spec.quality is None else spec.quality
        if is_whole_file(asset, spec):
            return None
        if fixed_quality is not None:
            return fixed_quality
        tuner, key = self._keys.tuner(self._policy), self._keys.quality_key(spec, asset, self._policy)
        stored = tuner.stored_quality(key)
        if stored is None:  # lost from the store: encode again
            for outcome in self._run_jobs(group_jobs(jobs, [spec])) if self._postponed is None else ():
                if isinstance(outcome, EncodedVariant):
                    tuner.save_quality(key, outcome.quality, outcome.score)
                    stored = outcome.quality, outcome.score
        return stored[0] if stored is not None else None

    def known_quality(self, variant: Variant, jobs: Jobs) -> tuple[int | None, float | None]:
        """Return quality and score of a variant, each None if it has none or the store has lost it."""
        spec, asset = variant.spec, jobs[variant.spec.source][1]
        fixed_quality = self._policy.way(spec.format).quality if spec.quality is None else spec.quality
        if fixed_quality is not None or is_whole_file(asset, spec):
            return (None if is_whole_file(asset, spec) else fixed_quality), None
        key = self._keys.quality_key(spec, asset, self._policy)
        return self._keys.tuner(self._policy).stored_quality(key) or (None, None)

    def publish(self, master: bytes, *, quality: int, rights: Rights, codec: str = "jpeg") -> bytes:
        """Return a master (PNG or any raster) as the file to publish at full size, from the store or newly encoded.

        ``rights``: written into it as XMP, with ``digital_source_type``; a packet is always written, so that later
        builds recognise the file as generated. Raises StoreError, and ProviderError for a master that is not a still
        raster image.
        """
        asset = probe_bytes(master, "the hero's master", max_pixels=self._policy.max_pixels)
        if isinstance(asset, BadAsset) or not asset.encodable:
            problem = asset.problem if isinstance(asset, BadAsset) else "the hero's master is not a still raster image"
            raise ProviderError(problem, hint="Generate it again with `imageseo generate`.")
        width, height = asset.width, asset.height
        spec = VariantSpec(source=asset.sha256, format=codec, width=width, height=height, quality=quality)
        if limit := exceeded_limit(self._codecs.get(codec), spec, asset):
            raise ProviderError(f"the hero's master has {width:,}×{height:,} px; {limit}", hint="Use a smaller image.")
        xmp = rights_xmp(rights) or empty_xmp_packet()
        key = self._keys.master_key(spec, self._policy, xmp)
        stored = self._store.find(key)
        data = self._store.read(stored) if stored else None
        if data is None:
            image = _decode_master(master, asset, self._policy.resizer)
            data = self._codecs[codec].encode(
                image, quality=quality, effort=self._policy.way(codec).effort, xmp=xmp or None
            )
            self._store.put(key, data)
        return data

    def _run_jobs(self, sources: Sequence[EncodeJob]) -> Outcomes:
        if self._engine is not None:
            with suppress(EngineUnavailable):
                yield from self._engine(sources)
                return
        yield from run_jobs(sources, self._keys.tuner(self._policy), self._executor, workers=self._workers)

    def _encode_missing(
        self,
        sources: list[EncodeJob],
        jobs: Jobs,
        keys: Mapping[VariantSpec, str],
        result: PartialResult,
        step: Step | None,
    ) -> None:
        for outcome in self._run_jobs(sources):
            done: tuple[VariantSpec, ...] = () if outcome.spec is None else (outcome.spec,)
            match outcome:
                case EncodedVariant(spec=spec, data=data):
                    result.seconds[spec] = outcome.seconds
                    result.variants[spec] = _make_variant(spec, self._store.put(keys[spec], data))
                    if outcome.score is not None:
                        asset = jobs[spec.source][1]
                        key = self._keys.quality_key(spec, asset, self._policy)
                        self._keys.tuner(self._policy).save_quality(key, outcome.quality, outcome.score)
                case EncodeFailure(source=source, problem=problem, spec=None):
                    result.failures[source.asset.sha256] = _unreadable_asset(source.asset, problem)
                    done = source.specs
                case EncodeFailure(source=source, problem=problem, spec=spec, declined=True) if spec is not None:
                    if is_whole_file(source.asset, spec):  # else it depends on the source's other formats
                        self._store.put(keys[spec], _DECLINED + problem.encode())
                    result.declined[spec] = problem
                case EncodeFailure(problem=problem, spec=spec, plugin=True) if spec is not None:
                    result.crashed[spec] = problem
                case EncodeFailure(problem=problem, spec=spec) if spec is not None:
                    result.refused[spec] = problem
            if step is not None:
                step.advance(len(done), sum(estimate_seconds(spec, self._policy) for spec in done))

    def _find(self, spec: VariantSpec, asset: Asset, key: str) -> StoredBlob | None:
        stored = self._store.find(key)
        for policy in self._accepts if stored is None else ():
            stored = self._store.find(self._keys.variant_key(spec, asset, policy))
            if stored is not None:
                break
        return stored

    def _declined_reason(self, stored: StoredBlob) -> str | None:
        """Return the reason that the store holds instead of a variant, or None for a variant."""
        data = self._store.read(stored) if stored.bytes <= _MAX_REASON else None
        return data.removeprefix(_DECLINED).decode() if data is not None and data.startswith(_DECLINED) else None

    def _check_encoders(self, formats: Iterable[str]) -> None:
        """Process a small image with every codec and the metric first: one error instead of one per image."""
        from PIL import Image

        image = Image.new("RGB", (16, 16), (37, 99, 235))
        if self._metric is not None and self._policy.tunes:
            with suppress(PluginFailure):  # reported for each image
                self._metric.reference(image)
        for name in sorted(formats):
            try:
                self._codecs[name].encode(image, quality=60, effort=self._policy.way(name).effort, xmp=None)
            except ImageseoError:
                raise
            except PluginFailure:  # reported for each image
                continue
            except Exception as error:  # an encoder's library may raise any exception
                raise codec_unavailable(name, error) from error

    def _is_omitted(self, spec: VariantSpec, jobs: Jobs, formats: Collection[str]) -> bool:
        """Whether it is known that a missing variant would be larger than in another format, or shown wrongly."""
        asset = jobs[spec.source][1]
        if len(formats) == 1 or is_whole_file(asset, spec):
            return False
        tuner = self._keys.tuner(self._policy)
        content = tuner.stored_content(asset)
        return content is not None and tuner.study(asset, content, [spec], formats).omits(spec)


def _decode_master(master: bytes, asset: Asset, resizer: str) -> Image:
    try:
        images = load_resizer(resizer).render(master, asset.format, asset.orientation, [(asset.width, asset.height)])
    except Exception as error:  # a damaged file can make a decoder raise any exception
        hint = "Generate it again with `imageseo generate`."
        raise ProviderError(f"the hero's master cannot be decoded: {error}", hint=hint) from error
    return cast("Image", images.popitem()[1])


def _unreadable_asset(asset: Asset, problem: str) -> BadAsset:
    hint = "The file is damaged or truncated. Export it again."
    problem = f"{asset.path} cannot be decoded: {problem}"
    return BadAsset(path=asset.path, rule="img-unreadable", problem=problem, hint=hint)


def _make_variant(spec: VariantSpec, stored: StoredBlob) -> Variant:
    return Variant(spec=spec, sha256=stored.sha256, bytes=stored.bytes)
