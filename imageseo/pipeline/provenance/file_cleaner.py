"""Make what is published instead of an image file: the same pixels with other metadata, made once and stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import astuple, dataclass, field

from imageseo.config.globs import matches
from imageseo.config.provenance import MetadataSettings
from imageseo.model.image import Asset, Rights
from imageseo.model.protocols import Store, StoredBlob
from imageseo.web.ai_labels import is_ai_generated

_VERSION = "metadata 2"


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanedFile:
    """A file of the store that replaces a source file, with the same pixels. ``change``: what is different."""

    sha256: str
    bytes: int
    change: str


@dataclass(slots=True, kw_only=True)
class FileCleaner:
    """Removes prompts and private data from files, and writes the marks of generated images and rights.

    ``rights``: of images without rights of their own.
    """

    store: Store
    metadata: MetadataSettings
    rights: Rights
    _done: dict[tuple[object, ...], CleanedFile | None] = field(default_factory=dict)

    def private_kinds(self, asset: Asset) -> tuple[str, ...]:
        """Return the kinds of private data that are to be removed from a file."""
        if not asset.private or self.is_excluded(asset.path):
            return ()
        wanted = {"gps": self.metadata.gps, "device": self.metadata.device}
        return tuple(kind for kind in asset.private if wanted.get(kind) == "remove")

    def is_excluded(self, path: str) -> bool:
        """Whether the metadata of a file stay as they are."""
        return any(matches(path, glob) for glob in self.metadata.exclude)

    def missing_rights(self, own: Asset, declared: Rights | None) -> Rights | None:
        """Return the rights to write into a file; None if it has its own, or none are known.

        ``own``: as its file says. ``declared``: by front matter.
        """
        if own.rights.known or self.metadata.rights == "keep" or self.is_excluded(own.path):
            return None
        found = (declared or Rights()).or_else(self.rights)
        return Rights.of(found) if found.known else None

    def clean(
        self,
        asset: Asset,
        read: Callable[[], bytes | None],
        *,
        rights: Rights | None = None,
        only_private: bool = False,
    ) -> CleanedFile | None:
        """Return what is published instead of a file; None if it stays as it is. Raises StoreError.

        ``read``: returns its bytes, None if they are lost. ``rights``: to be added. ``only_private``: nothing but
        private data is removed.
        """
        kind = asset.rights.digital_source_type
        source_type = kind if (asset.origin is not None or is_ai_generated(kind)) and not only_private else None
        private = self.private_kinds(asset)
        tells = not only_private and _may_need_cleaning(asset)
        if not (private or rights or tells):
            return None
        inputs = (asset.sha256, source_type, asset.rights.made_with, private, tells, rights and astuple(rights))
        if inputs not in self._done:
            key = hashlib.sha256(repr((_VERSION, inputs)).encode()).hexdigest()
            self._done[inputs] = self._find(key) or self._make(
                asset, read, key, source_type=source_type, private=private, rights=rights, tells=tells
            )
        return self._done[inputs]

    def _find(self, key: str) -> CleanedFile | None:
        """Return a file that was made before; the store also has what is different in it."""
        stored, note = self.store.find(key), self.store.find(_note_key(key))
        data = self.store.read(note) if stored is not None and note is not None else None
        try:
            change = json.loads(data) if data is not None else None
        except ValueError:
            return None
        if stored is None or not isinstance(change, str) or not self.store.intact(stored):
            return None
        return CleanedFile(sha256=stored.sha256, bytes=stored.bytes, change=change)

    def _make(
        self,
        asset: Asset,
        read: Callable[[], bytes | None],
        key: str,
        *,
        source_type: str | None,
        private: tuple[str, ...],
        rights: Rights | None,
        tells: bool,
    ) -> CleanedFile | None:
        from imageseo.images.encoding.metadata_rewriting import rewrite  # few sites have such images
        from imageseo.images.metadata.private_data import DEVICE, has_manifest, without_private

        data = read()
        if data is None or hashlib.sha256(data).hexdigest() != asset.sha256:
            return None
        if has_manifest(data):  # a serial number is not worth the loss of a signature
            private = tuple(kind for kind in private if kind != DEVICE)
        bare = without_private(data, private)
        is_changed = bare != data
        new = None
        if tells or rights or (is_changed and has_manifest(data)):
            new = rewrite(
                bare,
                source_type=source_type,
                made_with=asset.rights.made_with,
                original=asset.sha256 if tells or rights else None,
                rights=rights,
                drops_manifest=is_changed,
            )
        result = new.data if new is not None else bare
        if result == data:
            return None
        changes = [f"{describe_kinds(private)} removed"] if is_changed else []
        changes += [new.describe()] if new is not None else []
        change = "; ".join(filter(None, changes))
        self.store.put(_note_key(key), json.dumps(change).encode())
        stored: StoredBlob = self.store.put(key, result)
        return CleanedFile(sha256=stored.sha256, bytes=stored.bytes, change=change)


def describe_kinds(kinds: tuple[str, ...]) -> str:
    """Return private data in words."""
    words = {"gps": "GPS position", "device": "camera serial number, owner or maker note"}
    return " and ".join(words[kind] for kind in ("gps", "device") if kind in kinds)


def _note_key(key: str) -> str:
    return hashlib.sha256(f"change of {key}".encode()).hexdigest()


def _may_need_cleaning(asset: Asset) -> bool:
    """Whether a file may contain a prompt, or be of a generated image that it does not declare."""
    origin, kind = asset.origin, asset.rights.digital_source_type
    if not asset.raster or (asset.writer is not None and not (origin and origin.prompts)):
        return False
    if origin is None:
        return is_ai_generated(kind)
    return bool(origin.prompts) or not origin.declared or kind != origin.source_type
