"""The checksum of an entry of the lock file: git merges text, and may mix two entries."""

from __future__ import annotations

import hashlib
import json

from imageseo.heroes.lock.rights import as_table
from imageseo.model.hero import Pin


def seal(pin: Pin) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of all that an entry says but its ``owner``."""
    values = {
        "page": pin.page,
        "recipe": pin.recipe_hash,
        "output": [
            *(pin.file, pin.file_sha256, pin.pixels_sha256, pin.digital_source_type),
            *(pin.width, pin.height, pin.phash),
        ],
        "env": pin.env,
        "models": pin.models,
        "rights": as_table(pin.rights),
        "checks": pin.checks,
        "made": pin.made,
        "picked": pin.picked,
    }
    if pin.approved:  # entries of older versions have none, and keep their checksum
        values["approved"] = [dict(each) for each in pin.approved]
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
