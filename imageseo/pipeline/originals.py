"""Find, keep and restore the source files that other files have replaced in the built site.

These are recompressed ones, and those without the prompt that a generative tool wrote into them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
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
from imageseo.storage.output import OutputFolder
from imageseo.web.ai_labels import is_ai_generated


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanedFile:
    """A file of the store that replaces a source file, with the same pixels. ``change``: what is different."""

    sha256: str
    bytes: int
    change: str


@dataclass(slots=True, kw_only=True)
class OriginalFiles:
    """The source files behind recompressed files of the site.

    The store maps the digest of a recompressed file to its source file. A recompressed file that was edited has another
    digest and counts as a source file, even if its metadata names imageseo. ``max_pixels``: limit of the probe.
    ``source_types``: digital source type by glob of a path, as the settings declare them; the last match counts.
    """

    probes: ProbeCache
    store: Store
    output: OutputFolder
    max_pixels: int
    source_types: Mapping[str, str] = field(default_factory=dict)
    _declared: dict[str, Rights] = field(default_factory=dict)  # site path -> what front matter says of its origin
    _recompressed: dict[str, str] = field(default_factory=dict)  # site path -> digest of the recompressed file there
    _originals: dict[str, Asset] = field(default_factory=dict)  # site path -> the source file it replaces
    _without_prompts: dict[tuple[str | None, ...], CleanedFile | None] = field(default_factory=dict)

    def declare(self, path: str, rights: Rights) -> None:
        """Take note of how an image came to be, as the front matter of a page says."""
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
        return replace(found, rights=replace(found.rights, digital_source_type=kind, made_with=declared.made_with))

    def _source_file(self, path: str) -> Asset | BadAsset:
        found = self.probes.asset(path)
        # An AVIF may have no place for the name of its writer.
        if isinstance(found, BadAsset) or (found.writer != RECOMPRESSED and found.format != "avif"):
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
            cleaned = self.without_prompt(asset) if asset.path not in done else None
            if cleaned is not None:
                yield RecompressedFile(asset.path, asset.sha256, cleaned.sha256, cleaned.bytes)

    def without_prompt(self, asset: Asset) -> CleanedFile | None:
        """Return what is published instead of a file with a prompt, or of a generated image that does not declare it.

        The same pixels with other metadata; None if the file stays as it is. It is made once, and stored. Raises
        StoreError.
        """
        kind = asset.rights.digital_source_type
        source_type = kind if asset.origin is not None or is_ai_generated(kind) else None
        key = (asset.sha256, source_type, asset.rights.made_with)
        if key not in self._without_prompts:
            self._without_prompts[key] = self._clean(asset, source_type) if _may_need_cleaning(asset) else None
        return self._without_prompts[key]

    def _clean(self, asset: Asset, source_type: str | None) -> CleanedFile | None:
        from imageseo.images.encoding.metadata_rewriting import VERSION, rewrite  # few sites have such images

        try:
            data = regular_file.read(self.file(asset), limit=MAX_BYTES)
        except OSError:
            return None
        made_with = asset.rights.made_with
        new = rewrite(data, source_type=source_type, made_with=made_with, original=asset.sha256)
        if new is None or hashlib.sha256(data).hexdigest() != asset.sha256:
            return None
        inputs = f"without prompt {VERSION}\n{asset.sha256}\n{source_type}\n{made_with}"
        stored_key = hashlib.sha256(inputs.encode()).hexdigest()
        sha256 = hashlib.sha256(new.data).hexdigest()
        stored = self.store.find(stored_key)
        if stored is None or stored.sha256 != sha256:
            stored = self.store.put(stored_key, new.data)
        return CleanedFile(sha256=stored.sha256, bytes=stored.bytes, change=new.describe())

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


def _may_need_cleaning(asset: Asset) -> bool:
    """Whether a file may contain a prompt, or be of a generated image that it does not declare."""
    origin, kind = asset.origin, asset.rights.digital_source_type
    if not asset.raster or (asset.writer is not None and not (origin and origin.prompts)):
        return False
    if origin is None:
        return is_ai_generated(kind)
    return bool(origin.prompts) or not origin.declared or kind != origin.source_type


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
    """Return the store's key of a source file."""
    return hashlib.sha256(f"original\n{sha256}".encode()).hexdigest()
