"""A drawing in the store: drawn when it is first needed, and again if it was lost or damaged since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from imageseo.model.protocols import Store, StoredBlob


@dataclass(frozen=True, slots=True)
class StoredDrawing:
    """``key``: of the PNG in the store. ``draw``: returns it; equal recipes give equal bytes."""

    store: Store
    key: str
    draw: Callable[[], bytes]

    def stored(self) -> StoredBlob:
        """Return the blob; it is drawn if it is not there. Raises ImageseoError."""
        return self.store.find(self.key) or self.store.put(self.key, self.draw())

    def read(self) -> bytes:
        """Return the PNG. Raises ImageseoError."""
        data = self.store.read(self.stored())
        if data is None:  # damaged
            data = self.draw()
            self.store.put(self.key, data)
        return data
