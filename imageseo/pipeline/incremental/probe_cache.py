"""Cache of probed image files from the last build, by stamp (size and times), else by digest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from imageseo.model import regular_file
from imageseo.model.image import Asset, BadAsset
from imageseo.pipeline.incremental.build_state import FileStamp

Probe = Callable[[Path, str], Asset | BadAsset]

_TIME_RESOLUTION = 2_000_000_000  # ns; file systems store times in steps of up to two seconds
_MAX_HASHED_BYTES = 64 * 2**20  # larger files are only read by the probe, which has its own limit


class ProbeCache:
    """Probes files that are not cached. ``stamps`` and ``assets``: of the files that were requested.

    ``now``: start of the build, ns. A file modified since shortly before may be modified again without a new stamp, so
    stamps of older files only are cached; a time in the future (after the clock was set back) is not cached either.
    """

    def __init__(
        self, root: Path, probe: Probe, *, stamps: Mapping[str, FileStamp], assets: Mapping[str, Asset], now: int
    ) -> None:
        self._prefix = f"{root}{os.sep}"
        self._probe = probe
        self._old_stamps = stamps
        self._old_assets = assets
        self._stable_before = now - _TIME_RESOLUTION
        self.stamps: dict[str, FileStamp] = {}
        self.assets: dict[str, Asset] = {}

    def find(self, sha256: str) -> Asset | None:
        """Return an image by its digest, whatever its path."""
        return self._old_assets.get(sha256) or self.assets.get(sha256)

    def add(self, asset: Asset) -> None:
        """Add an image that is not in the site folder."""
        self.assets[asset.sha256] = asset

    def asset(self, path: str) -> Asset | BadAsset:
        """Return the image at a site path, equal to the result of ``probe``."""
        name = f"{self._prefix}{path}"
        try:
            stat = os.stat(name)  # noqa: PTH116 - a Path costs more than the call
            regular_file.check(name, stat)
            stamp = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
            old_stamp = self._old_stamps.get(path)
            if old_stamp is not None and stamp == (old_stamp.size, old_stamp.modified, old_stamp.changed):
                sha256 = old_stamp.sha256
            elif stat.st_size <= _MAX_HASHED_BYTES:
                sha256 = hashlib.sha256(regular_file.read(name, limit=_MAX_HASHED_BYTES)).hexdigest()
            else:
                return self._probe(Path(name), path)
        except (OSError, ValueError):
            return self._probe(Path(name), path)
        cached = self.find(sha256)
        if cached is not None and cached.path != path:
            cached = replace(cached, path=path)
        asset = cached or self._probe(Path(name), path)
        # The result for an SVG depends on its name too, and probing it is cheap.
        if isinstance(asset, Asset) and asset.format != "svg":
            self.assets[asset.sha256] = asset
            if asset.sha256 == sha256 and max(stat.st_mtime_ns, stat.st_ctime_ns) < self._stable_before:
                self.stamps[path] = FileStamp(*stamp, sha256)
        return asset
