"""Detection of file names that describe nothing: of cameras, screenshot tools, messengers, and hashes."""

from __future__ import annotations

import re
import unicodedata

from imageseo.lint.alt_text import SUFFIX, is_generic

_BUNDLED = re.compile(r"(?:[.-]|_hu_?)(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}(?:_\w+)?$")
"""What a bundler or Hugo adds: the hash of the content, which makes the name safe to cache."""
_COPY = re.compile(
    r"(?:[-_ ]*(?:\(\d+\)|copy|kopie|edited|bearbeitet|scaled|cropped)|@[1-4]x|[-_]\d{2,5}x\d{2,5})+$", re.I
)
_PRODUCT = re.compile(r"(?:sam|wp|p|dji|vid)[-_ ]?\d{3,6}", re.IGNORECASE)
"""A camera's name, or a product's: ``P100``."""
_MONTH = r"jan|feb|m[aä]r|apr|ma[iy]|june?|july?|aug|sep|o[ck]t|nov|de[cz]"
_APP = re.compile(
    r"(?:signal|whats ?app[-_ ]?(?:image|photo|bild)|photo|image|snapchat|viber[-_ ]?image|telegram[-_a-z]*|received|"
    r"fb[-_ ]img|cleanshot|clipboard|chatgpt[-_ ]image|scan|snapshot)[-_ ]*(?=\D{0,12}\d{3}|\d{1,2}\D{1,8}\d)"
    rf"[\d\W_]+(?:(?:at|um|kl|am|pm|{_MONTH})[\d\W_]*)*",
    re.IGNORECASE,
)
_CAMERA = re.compile(
    r"_(?:mg|dsc|dsf|igp)_?\d{4,}|imgp\d{4,}|img_e\d{4,}|g[hx]\d{6}|pxl_\d{8}_\d{6,}(?:[.~-][\w-]+)*|"
    r"scan[-_ ]?\d{2,}|\d{3}_\d{4}|\d{8,}_[0-9a-f]{8,}_[a-z]|(?=[a-f]*\d)[0-9a-f]{16,}_[a-z]|"
    r"screenshots?[-_](?:19|20)\d\d[-_]?\d\d[-_]?\d\d[-_][\d-]+(?:_[\w.]+)?",
    re.IGNORECASE,
)


def is_nameless(name: str) -> bool:
    """Whether a file name describes nothing: ``IMG_1234.jpg``, ``signal-2026-01-05-1011.jpg``, ``3fa9c1d2b7e4.png``."""
    return kept_tail(name) is not None


def kept_tail(name: str) -> str | None:
    """Return what a better name must keep: the hash of a bundler, else ``""``; None for a name that describes."""
    whole = SUFFIX.sub("", unicodedata.normalize("NFC", name))
    bundled = _BUNDLED.search(whole)
    if bundled is not None and _is_nameless(whole[: bundled.start()]):
        return bundled[0]
    return "" if _is_nameless(whole) else None


def _is_nameless(stem: str) -> bool:
    names = (stem, _COPY.sub("", stem))
    if _PRODUCT.fullmatch(names[1]):
        return False
    return any(is_generic(each) or _CAMERA.fullmatch(each) or _APP.fullmatch(each) for each in names)
