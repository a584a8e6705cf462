"""The source files of a build's variants, and the jobs to encode them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from imageseo.images.encoding.cache_keys import rights_xmp
from imageseo.images.encoding.tasks import EncodeJob
from imageseo.model.image import Asset, VariantSpec

Jobs = Mapping[str, tuple[Path, Asset]]
"""Digest of a source file -> its path and its asset."""


def group_jobs(
    jobs: Jobs, specs: Iterable[VariantSpec], formats: Mapping[str, Iterable[str]] = MappingProxyType({})
) -> list[EncodeJob]:
    """Return one job for each source file of the specs. ``formats``: of all variants of each source file.

    Raises ValueError for a spec larger than its source.
    """
    grouped: dict[str, list[VariantSpec]] = {}
    for spec in specs:
        asset = jobs[spec.source][1]
        if spec.width > asset.width or spec.height > asset.height:
            size = f"{spec.width}×{spec.height} px of {asset.path}, which has {asset.width}×{asset.height}"
            raise ValueError(f"images are never upscaled: {size}")
        grouped.setdefault(spec.source, []).append(spec)
    return [
        EncodeJob(
            path=path,
            asset=asset,
            specs=tuple(source_specs),
            xmp=rights_xmp(asset.rights),
            in_place_xmp=rights_xmp(asset.rights, digest),
            formats=tuple(formats.get(digest, ())),
        )
        for digest, source_specs in grouped.items()
        for path, asset in [jobs[digest]]
    ]
