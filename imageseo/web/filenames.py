"""File names of variants and heroes: they keep the author's naming and never collide."""

from __future__ import annotations

import hashlib
import posixpath
import re
import unicodedata

from imageseo.model.formats import suffix_of
from imageseo.model.image import Asset, Variant
from imageseo.model.site import Page

# File systems allow 255 bytes; the rest is reserved for the longer temporary name of an atomic write.
_MAX_BYTES = 200
_MAX_SLUG = 60
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
# Languages in which ä, ö or ü are letters of their own, or are written without dots where there are none.
_WITHOUT_UMLAUTS = frozenset(
    {"sv", "fi", "et", "tr", "az", "tk", "tt", "hu", "sk", "nl", "es", "ca", "pt", "fr", "gl", "cy"}
)
_NORDIC = frozenset({"da", "nb", "nn", "no"})
# Any suffix: files of a codec that is no longer installed are found, and removed, like all others.
_VARIANT = re.compile(r"-(\d+)w\.([0-9a-f]{8})\.[a-z0-9]{1,8}$")
_PLAIN_NAME = re.compile(r"[a-z0-9_]+(-[a-z0-9_]+)*")


def variant_name(source_path: str, width: int, sha256: str, suffix: str) -> str:
    """Return the file name of a variant: ``launch-640w.3fa9c1d2.avif`` for ``images/launch.jpg``.

    The variant goes into the folder of its source file. ``sha256``: of the variant's bytes, in hex, so that a name
    always identifies the same image.
    """
    tail = f"-{width}w.{sha256.removeprefix('sha256:')[:8]}.{suffix}"
    stem = posixpath.splitext(posixpath.basename(source_path))[0]
    return _truncate(stem, _MAX_BYTES - len(tail)) + tail


def variant_file(asset: Asset, variant: Variant) -> str:
    """Return the file name of a variant of a source file."""
    return variant_name(asset.path, variant.spec.width, variant.sha256, suffix_of(variant.spec.format))


def is_variant(path: str, sha256: str) -> bool:
    """Whether a file is named like a variant with this hash, which means that imageseo wrote it."""
    match = _VARIANT.search(path)
    return match is not None and sha256.startswith(match[2])


def looks_like_variant(path: str) -> bool:
    """Whether a path is named like a variant; the name alone does not prove that imageseo wrote the file."""
    return _VARIANT.search(path) is not None


def variant_width(path: str) -> int | None:
    """Return the px that the name of a variant says; None for another file."""
    match = _VARIANT.search(path)
    return int(match[1][:9]) if match is not None else None


def hero_name(page: Page) -> str:
    """Return the stem of a page's hero: ``guide--start`` for ``guide/start/index.html``, ``index`` for the home page.

    Paths with anything but plain lower-case names get six digits of their hash, so that no two pages share a name.
    Exception: ``a.html`` and ``a/index.html`` share one, because most servers give them the same URL.
    """
    path = posixpath.splitext(page.path.removesuffix("/index.html"))[0]
    parts = path.split("/")
    slug = "--".join(filter(None, (re.sub(r"[\W_]+", "-", part.lower()).strip("-") for part in parts)))
    if all(map(_PLAIN_NAME.fullmatch, parts)) and len(path) <= 80:
        return "--".join(parts)
    digest = hashlib.sha256(page.path.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{_truncate(slug, 80) or 'page'}-{digest}"


def words_slug(text: str, language: str = "") -> str:
    """Return the words of a text in lower-case ASCII, joined by hyphens; ``""`` below three characters, at most 60.

    Every script is transliterated; umlauts as in German (``Mühle`` -> ``muehle``) unless the ``language`` has others.
    """
    plain = unicodedata.normalize("NFC", text)
    if not plain.isascii():
        from anyascii import anyascii  # few texts need its tables

        plain = anyascii(plain.translate(_letters(re.split("[-_]", language.strip().lower())[0])))
    words = re.findall(r"[a-z0-9]+", plain.lower().replace("'", ""))
    slug = ""
    for word in words:
        longer = f"{slug}-{word}" if slug else word[:_MAX_SLUG]
        if len(longer) > _MAX_SLUG:
            break
        slug = longer
    return slug if len(slug) > 2 else ""


def _letters(language: str) -> dict[int, str]:
    """Return what stands for the letters of a language that lose too much without their marks."""
    if language in _NORDIC:
        return {**_UMLAUTS, **str.maketrans({"ø": "oe", "Ø": "Oe", "å": "aa", "Å": "Aa"})}
    return {} if language in _WITHOUT_UMLAUTS else _UMLAUTS


def _truncate(stem: str, limit: int) -> str:
    """Truncate to at most ``limit`` bytes of UTF-8 without splitting a character."""
    return stem.encode("utf-8", "surrogatepass")[:limit].decode("utf-8", "ignore")
