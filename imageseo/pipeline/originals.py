"""Find, keep and restore the source files that other files have replaced in the built site.

These are recompressed ones, and those without the prompt that a generative tool wrote into them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from imageseo.config.globs import matches
from imageseo.images.decoding.probe import MAX_BYTES, probe_bytes
from imageseo.images.encoding.recompression import is_worthwhile
from imageseo.model import regular_file
from imageseo.model.digital_source_types import uri_of
from imageseo.model.errors import ImageseoError
from imageseo.model.image import RECOMPRESSED, Asset, BadAsset, Rights, Variant, VariantSpec
from imageseo.model.plan import Fallback
from imageseo.model.protocols import Store, StoredBlob
from imageseo.pipeline.incremental.build_state import RecompressedFile
from imageseo.pipeline.incremental.probe_cache import ProbeCache
from imageseo.pipeline.provenance.file_cleaner import CleanedFile, FileCleaner
from imageseo.storage.local_keys import local_key
from imageseo.storage.output import OutputFolder
from imageseo.web.ai_labels import is_ai_generated


@dataclass(slots=True, kw_only=True)
class OriginalFiles:
    """The source files behind recompressed files of the site.

    The store maps the digest of a recompressed file to its source file. A recompressed file that was edited has another
    digest and counts as a source file, even if its metadata names imageseo. ``max_pixels``: limit of the probe.
    ``cleaner``: makes files without private data and prompts. ``earlier``: digests of those of earlier builds.
    ``source_types``: digital source type by glob of a path, as the settings declare them; the last match counts.
    ``in_articles``: site paths of files that articles show.
    """

    probes: ProbeCache
    store: Store
    output: OutputFolder
    max_pixels: int
    cleaner: FileCleaner
    earlier: Collection[str] = ()
    source_types: Mapping[str, str] = field(default_factory=dict)
    in_articles: set[str] = field(default_factory=set)
    _declared: dict[str, Rights] = field(default_factory=dict)  # site path -> what front matter says of its origin
    _recompressed: dict[str, str] = field(default_factory=dict)  # site path -> digest of the recompressed file there
    _originals: dict[str, Asset] = field(default_factory=dict)  # site path -> the source file it replaces

    def declare(self, path: str, rights: Rights) -> None:
        """Take note of how an image came to be, and of its rights, as the front matter of a page says."""
        self._declared[path] = rights

    def asset(self, path: str) -> Asset | BadAsset:
        """Return the source file at a site path, or the recompressed file if its source file is lost.

        What front matter, then settings declare of its origin takes precedence over its metadata.
        """
        found = self._source_file(path)
        if isinstance(found, BadAsset) or not (self.source_types or path in self._declared):
            return found
        declared = self._declared.get(path, Rights())
        by_setting = next((kind for glob, kind in reversed([*self.source_types.items()]) if matches(path, glob)), None)
        kind = declared.digital_source_type or (by_setting and uri_of(by_setting)) or found.rights.digital_source_type
        tells_owner_alone = path in self._declared and declared.digital_source_type is None
        made_with = found.rights.made_with if tells_owner_alone else declared.made_with
        return replace(found, rights=replace(found.rights, digital_source_type=kind, made_with=made_with))

    def _source_file(self, path: str) -> Asset | BadAsset:
        found = self.probes.asset(path)
        if isinstance(found, BadAsset):
            return found
        # An AVIF may have no place for the name of its writer, and a file without private data only lacks bytes.
        if found.writer != RECOMPRESSED and found.format != "avif" and found.sha256 not in self.earlier:
            return found
        original = self._find_original(found.sha256)
        if original is None:
            return found
        self._recompressed[path] = found.sha256
        self._originals[path] = replace(original, path=path)
        return self._originals[path]

    def file(self, asset: Asset) -> Path:
        """Return the file of an asset: in the site, or in the store if a recompressed file has replaced it."""
        original = self._originals.get(asset.path)
        is_replaced = original is not None and original.sha256 == asset.sha256
        return self.store.path(asset.sha256) if is_replaced else self.output.root / asset.path

    def replacements(
        self, fallbacks: Iterable[Fallback], shown: Iterable[Asset], variants: Mapping[VariantSpec, Variant]
    ) -> Iterator[RecompressedFile]:
        """Yield the files that a page's source files are replaced by: recompressed if worthwhile, else cleaned.

        ``shown``: files that may contain prompts.
        """
        done = set[str]()
        for each in fallbacks:
            variant = variants.get(each.spec) if each.spec is not None else None
            if variant is not None and is_worthwhile(each.asset, variant.bytes):
                done.add(each.asset.path)
                yield RecompressedFile(each.asset.path, each.asset.sha256, variant.sha256, variant.bytes)
        for asset in shown:
            cleaned = self.cleaned(asset) if asset.path not in done else None
            if cleaned is not None:
                yield RecompressedFile(asset.path, asset.sha256, cleaned.sha256, cleaned.bytes)

    def may_clean(self, asset: Asset) -> bool:
        """Whether a file that a page shows may be replaced by one with other metadata."""
        if asset.origin is not None or is_ai_generated(asset.rights.digital_source_type):
            return True
        return asset.path in self.in_articles and (self.cleaner.rights.known or asset.path in self._declared)

    def cleaned(self, asset: Asset) -> CleanedFile | None:
        """Return what is published instead of a file that a page shows; None if it stays as it is. Raises StoreError.

        It has the same pixels, without prompt and private data, and declares a generated image and its rights.
        """
        own = self._source_file(asset.path)
        rights = (
            self.cleaner.missing_rights(own, self._declared.get(asset.path))
            if isinstance(own, Asset) and asset.path in self.in_articles
            else None
        )
        return self.cleaner.clean(asset, partial(self._bytes_of, asset), rights=rights)

    def without_private(self, asset: Asset) -> CleanedFile | None:
        """Return what is published instead of a file with private data; None if it stays. Raises StoreError."""
        return self.cleaner.clean(asset, partial(self._bytes_of, asset), only_private=True)

    def _bytes_of(self, asset: Asset) -> bytes | None:
        try:
            return regular_file.read(self.file(asset), limit=MAX_BYTES)
        except OSError:
            return None

    def original_sizes(self) -> Iterator[tuple[str, int]]:
        """Yield site path and bytes of source files that are restored unless they are recompressed again."""
        return ((path, asset.bytes) for path, asset in self._originals.items())

    def is_available(self, new: RecompressedFile) -> bool:
        """Whether a recompressed file is published already, or the store has it."""
        if self._recompressed.get(new.path) == new.sha256:
            return True
        try:
            return self.store.read(StoredBlob(sha256=new.sha256, bytes=new.bytes)) is not None
        except ImageseoError:
            return False

    def update(
        self,
        wanted: Iterable[RecompressedFile],
        *,
        previous: Iterable[str],
        kept: Collection[str],
        read: Callable[[RecompressedFile], bytes | None],
    ) -> Iterator[tuple[str, OSError | ImageseoError]]:
        """Publish recompressed files, and restore the source files of those that are no longer wanted.

        ``previous``: site paths of the last build's recompressed files. ``kept``: those that stay although this build
        does not want them. ``read``: returns a recompressed file's bytes, None if it is lost. Yields paths that could
        not be written, with the reason. A source file is only overwritten after the store has it.
        """
        new = {each.path: each for each in wanted}
        for path, each in sorted(new.items()):
            if self._recompressed.get(path) == each.sha256:
                continue
            try:
                self._replace(each, read)
            except (OSError, ImageseoError) as error:
                yield path, error
        for path in sorted({*self._originals, *previous} - new.keys() - {*kept}):
            try:
                self._restore(path)
            except FileNotFoundError:
                continue
            except (OSError, ImageseoError) as error:
                yield path, error

    def _restore(self, path: str) -> None:
        """Restore a source file. If the store has lost it, the recompressed file stays; the next plan reports it."""
        recompressed = self._recompressed.get(path) or hashlib.sha256(self.output.read(path)).hexdigest()
        original = _parse_original(self._read(_link_key(recompressed)))
        data = self._read(_original_key(original)) if original is not None else None
        if data is not None and hashlib.sha256(data).hexdigest() == original:
            self.output.write(path, data)

    def _replace(self, new: RecompressedFile, read: Callable[[RecompressedFile], bytes | None]) -> None:
        data = read(new)
        if data is None:
            return
        if new.path not in self._originals:
            raw = self.output.read(new.path)
            if hashlib.sha256(raw).hexdigest() != new.original:
                return  # it changed during the build
            # Read it, not just find it: a damaged copy could not be restored.
            if self._read(_original_key(new.original)) is None:
                self.store.put(_original_key(new.original), raw)
        if _parse_original(self._read(_link_key(new.sha256))) is None:
            self.store.put(_link_key(new.sha256), json.dumps({"original": new.original}).encode())
        self.output.write(new.path, data)

    def _find_original(self, sha256: str) -> Asset | None:
        """Return the source file that a recompressed file replaces, if the store still has it."""
        original = _parse_original(self._read(_link_key(sha256)))
        stored = self.store.find(_original_key(original)) if original is not None else None
        if original is None or stored is None or stored.sha256 != original:
            return None
        asset = self.probes.find(original)
        if asset is None:
            data = self.store.read(stored)
            found = probe_bytes(data, "", max_pixels=self.max_pixels) if data is not None else None
            asset = found if isinstance(found, Asset) else None
        if asset is not None:
            self.probes.add(asset)
        return asset

    def _read(self, key: str) -> bytes | None:
        stored = self.store.find(key)
        return self.store.read(stored) if stored is not None else None


def _parse_original(data: bytes | None) -> str | None:
    """Return the digest of a source file from the entry of its recompressed file; None if it is invalid."""
    try:
        content = json.loads(data) if data is not None else None
    except ValueError:
        return None
    original = content.get("original") if isinstance(content, Mapping) else None
    return original if isinstance(original, str) and len(original) == 64 else None


def _link_key(sha256: str) -> str:
    """Return the store's key of the entry that names the source file of a recompressed file."""
    return hashlib.sha256(f"stands for\n{sha256}".encode()).hexdigest()


def _original_key(sha256: str) -> str:
    """Return the store's key of a source file, which no shared store gets: it may contain private data."""
    return local_key(f"original\n{sha256}")
