"""An encoder whose published files are signed."""

from __future__ import annotations

from typing import Any

from imageseo.images.credentials.signer import Signer, sign_once
from imageseo.images.decoding.probe import probe_bytes
from imageseo.images.encoding.encoder import Encoder
from imageseo.model.formats import FORMATS
from imageseo.model.image import Asset, Rights
from imageseo.model.protocols import Store


class SigningEncoder(Encoder):
    """Signs the files that show an image at full size: variants in a `srcset` stay small."""

    def __init__(self, store: Store, *args: Any, signer: Signer, **options: Any) -> None:
        super().__init__(store, *args, **options)
        self.signer: Signer = signer

    def publish(self, master: bytes, *, quality: int, rights: Rights, codec: str = "jpeg") -> bytes:
        """Return the published file of a master with a manifest: a file is signed once, as no two signatures are equal.

        Raises StoreError, ProviderError.
        """
        data = super().publish(master, quality=quality, rights=rights, codec=codec)
        kind = probe_bytes(master, "the hero's master", max_pixels=self._policy.max_pixels)
        source_kind = FORMATS[kind.format].mime if isinstance(kind, Asset) else ""
        return sign_once(self._store, self.signer, data, FORMATS[codec].mime, rights, (master, source_kind))
