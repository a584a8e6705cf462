"""Give images names: no two of a folder share one, and an image that was moved keeps its own."""

from __future__ import annotations

import posixpath
import unicodedata
from collections.abc import Callable, Mapping

from imageseo.lint.naming.nameless import kept_tail
from imageseo.model.image import Asset, BadAsset
from imageseo.pipeline.names.named_files import NamedFiles
from imageseo.pipeline.names.names_file import Published


def assigned(
    offered: Mapping[str, str],
    names: Mapping[str, Published],
    files: NamedFiles,
    asset_of: Callable[[str], Asset | BadAsset],
) -> dict[str, Published]:
    """Return names for images. ``offered``: NFC path -> words. ``names``: those given before.

    Images are named in the order of their paths, so that the result is the same on every machine. A name counts as
    taken whatever its suffix, and for good.
    """
    found: dict[str, Published] = {}
    taken = {folder: set(stems) for folder, stems in files.stems.items()}
    gone: dict[str, str] = {}
    for old, published in sorted(names.items()):
        taken.setdefault(posixpath.dirname(published.path), set()).add(_stem(published.path))
        if old not in files.images and published.sha256:
            gone.setdefault(published.sha256, published.path)
    for old, words in sorted(offered.items()):
        asset = asset_of(files.images[old])
        if not isinstance(asset, Asset):
            continue
        digest, suffix = asset.sha256[:16], posixpath.splitext(old)[1].lower()
        if digest in gone and posixpath.splitext(gone[digest])[1] == suffix:
            found[old] = Published(gone.pop(digest), digest)
            continue
        folder, tail = posixpath.dirname(old), kept_tail(posixpath.basename(old)) or ""
        stems, stem, number = taken.setdefault(folder, set()), f"{words}{tail}", 1
        while stem in stems:
            number += 1
            stem = f"{words}-{number}{tail}"
        stems.add(stem)
        found[old] = Published(posixpath.join(folder, f"{stem}{suffix}"), digest)
    return found


def _stem(path: str) -> str:
    return unicodedata.normalize("NFC", posixpath.splitext(posixpath.basename(path))[0].lower())
