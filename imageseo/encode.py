"""VariantSpecs to Variants, through an executor and the store: only what is missing is made, the largest first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from imageseo import kinds
from imageseo.core.profiles import Policy
from imageseo.errors import ImageseoError, ProviderError, SettingsError
from imageseo.model.image import Asset, BadAsset, Rights, Variant, VariantSpec
from imageseo.ports import Codec, Metric, Progress, Step, Store, Stored
from imageseo.probe import probe_bytes
from imageseo.provenance import packet
from imageseo.schedule import work_through
from imageseo.tune import LOSSLESS, Study, Tuner
from imageseo.work import Engine, EngineAbsent, Failed, Made, Outcomes, Source, pixels

if TYPE_CHECKING:
    from PIL.Image import Image

Jobs = Mapping[str, tuple[Path, Asset]]
"""Digest of a source -> where it lies and what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """What became of the specs.

    ``variants``: all that exist now. ``dropped``: those among them with more bytes than their source (what to do with
    them is the caller's choice). ``failures``: sources that could not be decoded, by digest. ``refused``: specs that
    their codec could not encode, with its reason. ``hits``/``misses``: found in the store / made.
    """

    variants: Mapping[VariantSpec, Variant]
    dropped: frozenset[VariantSpec] = frozenset()
    failures: Mapping[str, BadAsset] = field(default_factory=dict)
    refused: Mapping[VariantSpec, str] = field(default_factory=dict)
    hits: int = 0
    misses: int = 0


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
        policy: Policy,
        *,
        workers: int,
        metric: Metric | None = None,
        accepts: Sequence[Policy] = (),
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
        self._versions: dict[str, str] = {}
        self._tuners: dict[int, Tuner] = {}

    def encode(self, jobs: Jobs, specs: Iterable[VariantSpec], *, progress: Progress | None = None) -> Encoded:
        """Every spec's variant, from the store or made now; bytes do not depend on workers or on what else is asked.

        ``jobs`` must hold every spec's source; a spec larger than its source is a ValueError. Raises StoreError.
        """
        packets = {digest: packet(asset.rights) for digest, (_, asset) in jobs.items()}
        variants: dict[VariantSpec, Variant] = {}
        missing: dict[VariantSpec, str] = {}
        for spec in dict.fromkeys(specs):
            key = self._key(spec, packets[spec.source])
            stored = self._find(spec, packets[spec.source], key)
            if stored is None:
                missing[spec] = key
            else:
                variants[spec] = _variant(spec, stored)
        hits = len(variants)
        failures, refused = dict[str, BadAsset](), dict[VariantSpec, str]()
        if missing:
            self._try({spec.format for spec in missing})
            sources = _sources(jobs, missing, packets)
            with progress.task("Encoding images", len(missing)) if progress else nullcontext() as step:
                self._make(sources, missing, variants, failures, refused, step)
        dropped = frozenset(spec for spec, made in variants.items() if made.bytes > jobs[spec.source][1].bytes)
        return Encoded(
            variants=variants,
            dropped=dropped,
            failures=failures,
            refused=refused,
            hits=hits,
            misses=len(variants) - hits,
        )

    def bytes_of(self, variant: Variant, jobs: Jobs) -> bytes | None:
        """The encoded file. One that was damaged in the store is made again; None when its source has failed by now."""
        data = self._store.read(Stored(sha256=variant.sha256, bytes=variant.bytes))
        if data is None:
            again = self.encode(jobs, [variant.spec]).variants.get(variant.spec)
            data = self._store.read(Stored(sha256=again.sha256, bytes=again.bytes)) if again else None
        return data

    def quality_of(self, variant: Variant, jobs: Jobs) -> int | None:
        """The quality that a variant was encoded with, or its lossy coding would be; None when it has none."""
        spec = variant.spec
        fixed = self._policy.way(spec.format).quality if spec.quality is None else spec.quality
        if fixed is not None:
            return fixed
        asset = jobs[spec.source][1]
        if self._learnt(asset, spec) is None:  # lost from the store: what is made again tells it again
            for _ in self._work(_sources(jobs, [spec], {spec.source: b""})):
                pass
        study = self._learnt(asset, spec)
        qualities = [quality for coding, quality in study.attempts(spec) if coding != LOSSLESS] if study else []
        return max(qualities, default=None)

    def publish(self, master: bytes, *, quality: int, rights: Rights, codec: str = "jpeg") -> bytes:
        """A master (PNG or any raster) as the file to publish at its full size, from the store or made now.

        ``rights``: written into it as XMP, with ``digital_source_type``. Raises ProviderError for a master that is no
        picture, StoreError.
        """
        asset = probe_bytes(master, "the hero's master", max_pixels=self._policy.max_pixels)
        if isinstance(asset, BadAsset) or not asset.encodable:
            problem = asset.problem if isinstance(asset, BadAsset) else "the hero's master is not a still raster image"
            raise ProviderError(problem, hint="Make it again with `imageseo generate`.")
        size = {"width": asset.width, "height": asset.height}
        spec = VariantSpec(source=asset.sha256, format=codec, quality=quality, **size)
        xmp = packet(rights)
        key = self._key(spec, xmp)
        stored = self._store.find(key)
        data = self._store.read(stored) if stored else None
        if data is None:
            image = _whole(master, asset, self._policy.resizer)
            data = self._codecs[codec].encode(
                image, quality=quality, effort=self._policy.way(codec).effort, xmp=xmp or None
            )
            self._store.put(key, data)
        return data

    def _work(self, sources: Sequence[Source]) -> Outcomes:
        if self._engine is not None:
            with suppress(EngineAbsent):
                yield from self._engine(sources)
                return
        yield from work_through(sources, self._tuner, self._executor, workers=self._workers)

    def _make(
        self,
        sources: list[Source],
        keys: Mapping[VariantSpec, str],
        variants: dict[VariantSpec, Variant],
        failures: dict[str, BadAsset],
        refused: dict[VariantSpec, str],
        step: Step | None,
    ) -> None:
        for outcome in self._work(sources):
            done = 1
            match outcome:
                case Made(spec=spec, data=data):
                    variants[spec] = _variant(spec, self._store.put(keys[spec], data))
                case Failed(source=source, problem=problem, spec=None):
                    failures[source.asset.sha256] = _unreadable(source.asset, problem)
                    done = len(source.specs)
                case Failed(problem=problem, spec=spec) if spec is not None:
                    refused[spec] = problem
            if step is not None:
                step.advance(done)

    def _find(self, spec: VariantSpec, xmp: bytes, key: str) -> Stored | None:
        stored = self._store.find(key)
        for policy in self._accepts if stored is None else ():
            stored = self._store.find(self._key(spec, xmp, policy))
            if stored is not None:
                break
        return stored

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
                raise _unable(name, error) from error

    def _learnt(self, asset: Asset, spec: VariantSpec) -> Study | None:
        """What the store knows of a tuned spec's quality; None when something is missing."""
        kind = self._tuner.kind(asset)
        study = self._tuner.study(asset, kind, [spec]) if kind is not None else None
        return study if study is not None and not study.todo else None

    def _key(self, spec: VariantSpec, xmp: bytes, policy: Policy | None = None) -> str:
        """Everything that may change the variant's bytes, hashed."""
        policy = policy or self._policy
        way = policy.way(spec.format)
        quality = way.quality if spec.quality is None else spec.quality
        parts = (
            spec.source,
            f"{spec.width}x{spec.height}",
            f"quality {quality}" if quality is not None else self._tuner_of(policy).aim(spec.format),
            f"effort {way.effort}",
            self._version(spec.format),
            hashlib.sha256(xmp).hexdigest() if xmp else "",
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def _tuner(self) -> Tuner:
        return self._tuner_of(self._policy)

    def _tuner_of(self, policy: Policy) -> Tuner:
        if id(policy) not in self._tuners:
            self._tuners[id(policy)] = Tuner(
                store=self._store,
                codecs=self._codecs,
                policy=policy,
                metric=self._metric,
                pixels=pixels(policy.resizer).version(),
            )
        return self._tuners[id(policy)]

    def _version(self, codec: str) -> str:
        if codec not in self._versions:
            try:
                said = self._codecs[codec].version()
            except ImageseoError:
                raise
            except Exception as error:  # as a library may fail that was built without it
                raise _unable(codec, error) from error
            self._versions[codec] = f"{codec} {said}\n{pixels(self._policy.resizer).version()}\n{kinds.VERSION}"
        return self._versions[codec]


def _unable(format: str, error: Exception) -> SettingsError:
    return SettingsError(
        (f"formats: {format} cannot be encoded on this machine ({type(error).__name__}: {error})",),
        hint=f"`pip install --force-reinstall pillow` brings encoders for all formats; or leave {format} out of "
        "`formats`. `imageseo doctor` shows what there is.",
    )


def _sources(jobs: Jobs, specs: Iterable[VariantSpec], packets: Mapping[str, bytes]) -> list[Source]:
    grouped: dict[str, list[VariantSpec]] = {}
    for spec in specs:
        asset = jobs[spec.source][1]
        if spec.width > asset.width or spec.height > asset.height:
            size = f"{spec.width}×{spec.height} px of {asset.path}, which has {asset.width}×{asset.height}"
            raise ValueError(f"never upscaled: {size}")
        grouped.setdefault(spec.source, []).append(spec)
    return [
        Source(path=jobs[digest][0], asset=jobs[digest][1], specs=tuple(wanted), xmp=packets[digest])
        for digest, wanted in grouped.items()
    ]


def _whole(master: bytes, asset: Asset, resizer: str) -> Image:
    try:
        images = pixels(resizer).render(master, asset.format, asset.orientation, [(asset.width, asset.height)])
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


def _variant(spec: VariantSpec, stored: Stored) -> Variant:
    return Variant(spec=spec, sha256=stored.sha256, bytes=stored.bytes)
