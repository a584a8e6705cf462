"""What image files are, from the last build where they are the same: by their stamp, else by their digest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from imageseo.model.image import Asset, BadAsset
from imageseo.pipeline.incremental.build_state import FileStamp

Probe = Callable[[Path, str], Asset | BadAsset]

_RACE = 2_000_000_000  # ns; file systems stamp in steps of up to two seconds
_LARGEST = 64 * 2**20  # bytes; above it nothing is read but by the probe, which has its own limit


class ProbeCache:
    """Probes files, those alone that nobody knows. ``stamps`` and ``assets``: of the files that were asked for.

    ``now``: when the build began, ns. A file that was touched since shortly before may be touched again without its
    stamp telling, so that of an old file alone is kept; one from the future (a clock that was set back) is not either.
    """

    def __init__(
        self, root: Path, probe: Probe, *, stamps: Mapping[str, FileStamp], assets: Mapping[str, Asset], now: int
    ) -> None:
        self._place = f"{root}{os.sep}"
        self._probe = probe
        self._old_stamps = stamps
        self._old_assets = assets
        self._safe = now - _RACE
        self.stamps: dict[str, FileStamp] = {}
        self.assets: dict[str, Asset] = {}

    def recall(self, sha256: str) -> Asset | None:
        """An image that is known by its digest, wherever it lay."""
        return self._old_assets.get(sha256) or self.assets.get(sha256)

    def keep(self, asset: Asset) -> None:
        """Remember an image that lies in no place of the site."""
        self.assets[asset.sha256] = asset

    def asset(self, path: str) -> Asset | BadAsset:
        """The image at a site path; equal to what ``probe`` says of it."""
        name = f"{self._place}{path}"
        try:
            stat = os.stat(name)  # noqa: PTH116 - a Path costs more than the call
            seen = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
            known = self._old_stamps.get(path)
            if known is not None and seen == (known.size, known.modified, known.changed):
                sha256 = known.sha256
            elif stat.st_size <= _LARGEST:
                sha256 = hashlib.sha256(Path(name).read_bytes()).hexdigest()
            else:
                return self._probe(Path(name), path)
        except (OSError, ValueError):
            return self._probe(Path(name), path)
        old = self.recall(sha256)
        if old is not None and old.path != path:
            old = replace(old, path=path)
        asset = old or self._probe(Path(name), path)
        # What an SVG is depends on its name too, and costs little to ask.
        if isinstance(asset, Asset) and asset.format != "svg":
            self.assets[asset.sha256] = asset
            if asset.sha256 == sha256 and max(stat.st_mtime_ns, stat.st_ctime_ns) < self._safe:
                self.stamps[path] = FileStamp(*seen, sha256)
        return asset
