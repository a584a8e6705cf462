"""Where the bytes lie that a build works on: of every wanted source, and of what takes a file's place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from imageseo.images.encoding.encoder import Encoder, EncodeResult, Jobs
from imageseo.model.image import Asset
from imageseo.model.plan import PageHero, PagePlan
from imageseo.model.protocols import Store, StoredBlob
from imageseo.pipeline.incremental.build_state import RecompressedFile
from imageseo.pipeline.originals import OriginalFiles


def jobs(plans: Iterable[tuple[PagePlan, PageHero | None]], originals: OriginalFiles) -> dict[str, tuple[Path, Asset]]:
    """Where the pixels of every wanted source lie, by digest."""
    found: dict[str, tuple[Path, Asset]] = {}
    for plan, cast in plans:
        wanted = [image.asset for image in plan.images if image.specs]
        for asset in [*wanted, *(each.asset for each in plan.fallbacks)]:
            found.setdefault(asset.sha256, (originals.file(asset), asset))
        if cast is not None:
            file, asset = cast.pixels
            # A drawn hero's variants are made of its master, and known by the digest of that.
            place = (file, asset) if cast.hero.generated else (originals.file(asset), asset)
            found.setdefault(cast.asset.sha256, place)
    return found


def reader(
    encoder: Encoder, encoded: EncodeResult, store: Store, jobs: Jobs
) -> Callable[[RecompressedFile], bytes | None]:
    """Reads files that are to take another's place; what the store lost meanwhile is made again where it can be."""
    made = {variant.sha256: variant for variant in encoded.variants.values()}

    def read(new: RecompressedFile) -> bytes | None:
        if new.sha256 in made:
            return encoder.bytes_of(made[new.sha256], jobs)
        return store.read(StoredBlob(sha256=new.sha256, bytes=new.bytes))

    return read
