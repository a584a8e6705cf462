"""A drawing in the store, and notes on it: made when first needed, and again if lost or damaged since."""

from __future__ import annotations

import hashlib
import json
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


def kept_notes(store: Store, key: str, find: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
    """Return the notes on a drawing, kept beside it: finding those of a card sets its texts again, which is slow.

    ``key``: of the drawing in the store.
    """
    beside = hashlib.sha256(f"notes {key}".encode()).hexdigest()
    stored = store.find(beside)
    data = None if stored is None else store.read(stored)
    if data is None:
        notes = find()
        store.put(beside, json.dumps(notes).encode())
        return notes
    return tuple(json.loads(data))
