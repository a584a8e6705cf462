"""Names of variants and heroes: they keep the author's words and never clash."""

from __future__ import annotations

import hashlib
import posixpath
import re

from imageseo.model.image import Asset, Variant
from imageseo.model.site import Page

_SUFFIXES = {"jpeg": "jpg"}

# File systems allow 255 bytes; some room is left for the temporary name that an atomic write needs.
_MAX_BYTES = 200
_VARIANT = re.compile(r"-\d+w\.([0-9a-f]{8})\.(?:avif|webp|jpg|png)$")
_PLAIN = re.compile(r"[a-z0-9_]+(-[a-z0-9_]+)*")


def variant_name(original: str, width: int, sha256: str, suffix: str) -> str:
    """``launch-640w.3fa9c1d2.avif`` for ``images/launch.jpg``: a file name, to lie beside the original.

    ``sha256``: of the variant's bytes, hex, so that a name always means the same picture.
    """
    tail = f"-{width}w.{sha256.removeprefix('sha256:')[:8]}.{suffix}"
    stem = posixpath.splitext(posixpath.basename(original))[0]
    return _fit(stem, _MAX_BYTES - len(tail)) + tail


def variant_file(asset: Asset, variant: Variant) -> str:
    """The file name of an asset's variant."""
    suffix = _SUFFIXES.get(variant.spec.format, variant.spec.format)
    return variant_name(asset.path, variant.spec.width, variant.sha256, suffix)


def is_variant(path: str, sha256: str) -> bool:
    """Whether a file's name is that of a variant with these bytes: then it can only be ours."""
    match = _VARIANT.search(path)
    return match is not None and sha256.startswith(match[1])


def looks_like_variant(path: str) -> bool:
    """Whether a path is named as variants are; whose it is, nobody knows."""
    return _VARIANT.search(path) is not None


def hero_name(page: Page) -> str:
    """The stem of a page's hero: ``guide--start`` for ``guide/start/index.html``, ``index`` for the front page.

    Paths that need more than plain lower-case names get six digits of their hash, so that no two pages share one.
    The exception: ``a.html`` and ``a/index.html`` are one name, as most servers make them one URL.
    """
    path = posixpath.splitext(page.path.removesuffix("/index.html"))[0]
    parts = path.split("/")
    slug = "--".join(filter(None, (re.sub(r"[\W_]+", "-", part.lower()).strip("-") for part in parts)))
    if all(map(_PLAIN.fullmatch, parts)) and len(path) <= 80:
        return "--".join(parts)
    digest = hashlib.sha256(page.path.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{_fit(slug, 80) or 'page'}-{digest}"


def _fit(stem: str, limit: int) -> str:
    """Cut to so many bytes of UTF-8, at a whole character."""
    return stem.encode("utf-8", "surrogatepass")[:limit].decode("utf-8", "ignore")
