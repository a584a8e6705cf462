"""The author's own files where the built site holds smaller ones in their place: found again, kept, put back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from imageseo.images.decoding.probe import probe_bytes
from imageseo.model.errors import ImageseoError
from imageseo.model.image import RECOMPRESSED, Asset, BadAsset
from imageseo.model.protocols import Store, StoredBlob
from imageseo.pipeline.incremental.build_state import RecompressedFile
from imageseo.pipeline.incremental.probe_cache import ProbeCache
from imageseo.storage.output import OutputFolder


@dataclass(slots=True, kw_only=True)
class OriginalFiles:
    """Knows which files of the site are ours, and by the store what they stand in for.

    Nothing is believed but the store's word on a file's digest: one that somebody has edited since, though it still
    names us as its writer, is his. ``max_pixels``: as probes take it.
    """

    probes: ProbeCache
    store: Store
    output: OutputFolder
    max_pixels: int
    _standing: dict[str, str] = field(default_factory=dict)  # site path -> digest of our file that lies there
    _were: dict[str, Asset] = field(default_factory=dict)  # site path -> what it stands in for

    def asset(self, path: str) -> Asset | BadAsset:
        """The image at a site path, as its author published it. Where nobody has that any more, our own file."""
        found = self.probes.asset(path)
        if isinstance(found, BadAsset) or found.writer != RECOMPRESSED:
            return found
        original = self._original(found.sha256)
        if original is None:
            return found
        self._standing[path] = found.sha256
        self._were[path] = replace(original, path=path)
        return self._were[path]

    def file(self, asset: Asset) -> Path:
        """Where the bytes of an asset lie: in the site, or in the store when a file of ours has taken their place."""
        were = self._were.get(asset.path)
        kept = were is not None and were.sha256 == asset.sha256
        return self.store.path(asset.sha256) if kept else self.output.root / asset.path

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Site path -> bytes, of the files that will be put back unless they are replaced again."""
        return ((path, asset.bytes) for path, asset in self._were.items())

    def obtainable(self, new: RecompressedFile) -> bool:
        """Whether a smaller file lies in its place already, or can be put there."""
        if self._standing.get(new.path) == new.sha256:
            return True
        try:
            return self.store.read(StoredBlob(sha256=new.sha256, bytes=new.bytes)) is not None
        except ImageseoError:
            return False

    def settle(
        self,
        wanted: Iterable[RecompressedFile],
        *,
        before: Iterable[str],
        spared: Collection[str],
        read: Callable[[RecompressedFile], bytes | None],
    ) -> Iterator[tuple[str, OSError | ImageseoError]]:
        """Put the smaller files in their places, and the originals back where none is wanted any more.

        ``before``: site paths where the last build left one; ``spared``: where it stays though this build does not want
        it; ``read``: a smaller file's bytes, None when it is gone. Gives the paths that could not be written, with the
        reason. However this ends, nothing is written over before the store has it.
        """
        new = {each.path: each for each in wanted}
        for path, each in sorted(new.items()):
            if self._standing.get(path) == each.sha256:
                continue
            try:
                self._replace(each, read)
            except (OSError, ImageseoError) as error:
                yield path, error
        for path in sorted({*self._were, *before} - new.keys() - {*spared}):
            try:
                self._put_back(path)
            except FileNotFoundError:
                continue
            except (OSError, ImageseoError) as error:
                yield path, error

    def _put_back(self, path: str) -> None:
        """The author's file again. One that the store has lost is left: whoever looks at the image next, says so."""
        ours = self._standing.get(path) or hashlib.sha256(self.output.read(path)).hexdigest()
        told = _told(self._read(_stands_for(ours)))
        data = self._read(_kept(told)) if told is not None else None
        if data is not None and hashlib.sha256(data).hexdigest() == told:
            self.output.write(path, data)

    def _replace(self, new: RecompressedFile, read: Callable[[RecompressedFile], bytes | None]) -> None:
        data = read(new)
        if data is None:
            return
        if new.path not in self._were:
            raw = self.output.read(new.path)
            if hashlib.sha256(raw).hexdigest() != new.original:
                return  # it changed during the build
            # Read, not found: what is damaged there could never be put back.
            if self._read(_kept(new.original)) is None:
                self.store.put(_kept(new.original), raw)
        if _told(self._read(_stands_for(new.sha256))) is None:
            self.store.put(_stands_for(new.sha256), json.dumps({"original": new.original}).encode())
        self.output.write(new.path, data)

    def _original(self, sha256: str) -> Asset | None:
        """What a file of ours stands in for, if the store still has it."""
        told = _told(self._read(_stands_for(sha256)))
        stored = self.store.find(_kept(told)) if told is not None else None
        if told is None or stored is None or stored.sha256 != told:
            return None
        asset = self.probes.recall(told)
        if asset is None:
            data = self.store.read(stored)
            found = probe_bytes(data, "", max_pixels=self.max_pixels) if data is not None else None
            asset = found if isinstance(found, Asset) else None
        if asset is not None:
            self.probes.keep(asset)
        return asset

    def _read(self, key: str) -> bytes | None:
        stored = self.store.find(key)
        return self.store.read(stored) if stored is not None else None


def _told(data: bytes | None) -> str | None:
    try:
        told = json.loads(data) if data is not None else None
    except ValueError:
        return None
    original = told.get("original") if isinstance(told, Mapping) else None
    return original if isinstance(original, str) and len(original) == 64 else None


def _stands_for(sha256: str) -> str:
    """The key of what a file of ours stands in for."""
    return hashlib.sha256(f"stands for\n{sha256}".encode()).hexdigest()


def _kept(sha256: str) -> str:
    """The key of an author's file."""
    return hashlib.sha256(f"original\n{sha256}".encode()).hexdigest()
