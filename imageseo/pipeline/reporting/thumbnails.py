"""Small pictures for reports, as data URIs; all of them together stay within a limit."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from imageseo.images.decoding.probe import probe_bytes
from imageseo.images.encoding.tasks import load_resizer
from imageseo.model.image import Asset
from imageseo.storage.site_folder import SiteFolder

_MAX_BYTES, _MAX_PIXELS = 32 * 2**20, 40_000_000
"""Largest file, and most pixels, of which a thumbnail is made: reports are no reason to run out of memory."""
_MAX_SVG = 12 * 2**10
_QUALITY, _EFFORT = 55, 4
_WORKERS = 4


def data_uris(root: Path, paths: Iterable[str], *, side: int, limit: int) -> Mapping[str, str]:
    """Return site path -> data URI of a picture with at most ``side`` px, in order until ``limit`` characters are used.

    A file that is missing, damaged or too large has none; a small SVG is embedded as it is.
    """
    folder, found, used = SiteFolder(root), dict[str, str](), 0
    wanted = list(dict.fromkeys(paths))
    with ThreadPoolExecutor(_WORKERS) as executor:
        for start in range(0, len(wanted), 64):  # in batches: the limit may be reached long before the end
            batch = wanted[start : start + 64]
            for path, uri in zip(batch, executor.map(lambda each: _data_uri(folder, each, side), batch), strict=True):
                if uri is not None and used + len(uri) <= limit:
                    found[path] = uri
                    used += len(uri)
            if used > limit * 0.98:
                break
    return found


def _data_uri(folder: SiteFolder, path: str, side: int) -> str | None:
    try:
        data = folder.read(path, limit=_MAX_BYTES)
        asset = probe_bytes(data, path, max_pixels=_MAX_PIXELS)
        if not isinstance(asset, Asset):
            return None
        if not asset.raster:
            # Scripts in it do not run, and nothing is loaded: browsers show an SVG in <img> so.
            is_text = len(data) <= _MAX_SVG and data[:2] != b"\x1f\x8b"
            return _uri("image/svg+xml", data) if is_text else None
        return _uri("image/webp", _shrink(data, asset, side))
    except Exception:  # a damaged file can make a decoder raise any exception; the report does without its picture
        return None


def _shrink(data: bytes, asset: Asset, side: int) -> bytes:
    scale = min(1.0, side / max(asset.width, asset.height))
    size = max(1, round(asset.width * scale)), max(1, round(asset.height * scale))
    image = load_resizer("fast").render(data, asset.format, asset.orientation, [size])[size]
    out = io.BytesIO()
    image.save(out, "WEBP", quality=_QUALITY, method=_EFFORT)
    return out.getvalue()


def _uri(mime: str, data: bytes) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"
