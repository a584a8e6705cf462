"""Locate the files that a build encodes, and read recompressed files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from imageseo.images.encoding.encode_result import EncodeResult
from imageseo.images.encoding.encoder import Encoder
from imageseo.images.encoding.jobs import Jobs
from imageseo.model.image import Asset
from imageseo.model.plan import PageHero, PagePlan
from imageseo.model.protocols import Store, StoredBlob
from imageseo.pipeline.incremental.build_state import RecompressedFile
from imageseo.pipeline.originals import OriginalFiles


def find_jobs(
    plans: Iterable[tuple[PagePlan, PageHero | None]], originals: OriginalFiles
) -> dict[str, tuple[Path, Asset]]:
    """Return the file and asset of every source that is encoded, by digest."""
    sources: dict[str, tuple[Path, Asset]] = {}
    for plan, hero in plans:
        estimated = {spec.source for _, spec in plan.estimates}
        encoded = [image.asset for image in plan.images if image.specs or image.asset.sha256 in estimated]
        for asset in [*encoded, *(each.asset for each in plan.fallbacks)]:
            sources.setdefault(asset.sha256, (originals.file(asset), asset))
        if hero is not None:
            file, asset = hero.pixels
            # Variants of a generated hero are encoded from its master, and have the master's digest.
            source = (file, asset) if hero.hero.generated else (originals.file(asset), asset)
            sources.setdefault(hero.asset.sha256, source)
            for version in hero.versions:
                sources.setdefault(version.asset.sha256, version.pixels)
    return sources


def make_reader(
    encoder: Encoder, encoded: EncodeResult, store: Store, jobs: Jobs
) -> Callable[[RecompressedFile], bytes | None]:
    """Return a function that reads recompressed files; if the store has lost one, it is encoded again if possible."""
    made = {variant.sha256: variant for variant in encoded.variants.values()}

    def read(new: RecompressedFile) -> bytes | None:
        if new.sha256 in made:
            return encoder.bytes_of(made[new.sha256], jobs)
        return store.read(StoredBlob(sha256=new.sha256, bytes=new.bytes))

    return read
