"""Files of the project that decide how title cards look."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from imageseo.config.brand import BrandSettings
from imageseo.config.social import SocialSettings
from imageseo.model import regular_file


def files_digest(social: SocialSettings, brand: BrandSettings, project: Path) -> str:
    """Return a digest of the files of the project that decide how title cards look; "" if there are none of either."""
    if "title" not in (social.cards, *social.paths.values()):
        return ""
    hasher, found = hashlib.sha256(), False
    for path in sorted({*_files(brand, project)}):
        try:
            data = regular_file.read(path)
        except OSError:
            continue
        found = True
        hasher.update(f"{path.name} {len(data)}\n".encode() + data)
    return hasher.hexdigest() if found else ""


def _files(brand: BrandSettings, project: Path) -> Iterator[Path]:
    yield from (project / "cards").glob("*.svg.jinja")
    yield from (project / name for name in (*brand.fonts, brand.logo) if name)
