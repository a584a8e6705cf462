"""Alternative texts and file names: what says nothing, and what says the same twice."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from imageseo.web.urls import PICTURES

SUFFIX = re.compile(rf"(?:{'|'.join(map(re.escape, PICTURES))})$", re.IGNORECASE)
# What cameras and phones call their files.
_CAMERA = re.compile(r"(?:img|dsc[nf]?|pxl|mvimg|gopr|dji|vid|cimg|sam|imag|wp|p)[-_ ]?\d{3,}[\w~()-]*", re.IGNORECASE)
_SCREENSHOT = re.compile(
    r"(?:screen ?shots?|bildschirmfoto|capture d[’']écran|captura de pantalla|schermafbeelding)"
    r"[-_ ]*(?:from |at |vom |du |le )?[-_ ]*\d[\d\W_]*(?:(?:at|um|à|om|am|pm)[\d\W_]*)*",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"(?:image|img|photo|picture|pic|bild|foto|untitled|unnamed|unbenannt|sans[-_ ]titre|download|file|grafik|asset|"
    r"screen ?shot|clipboard|pasted[-_ ]?(?:image|graphic))[-_ ]?\(?\d*\)?",
    re.IGNORECASE,
)
_HASH = re.compile(
    r"(?=[0-9a-f-]*\d)(?=[0-9a-f-]*[a-f])(?:[0-9a-f]{12,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.I
)
_DIGITS = re.compile(r"(?=[_-]*\d)[\d_-]{5,}")
# Of _CAMERA what nobody would call a product: P100, WP-1000 and SAM300 are some.
_SURELY = re.compile(
    r"(?:img|dsc[nf]?|pxl|mvimg|gopr|cimg|imag)(?:_\d{3,}|[- ]?\d{4,})[\w~()-]*|"
    r"(?:dji|vid|sam|wp|p)_\d{4,}[\w~()-]*|(?:dji|vid|wp|p)[- ]?\d{7,}[\w~()-]*|"
    r"(?:19|20)\d{6}[-_]\d{6,}[\w~()-]*",
    re.IGNORECASE,
)
_YEAR = r"(?:1[5-9]|20)\d\d"
_DATE = re.compile(rf"{_YEAR}(?:[-_](?:{_YEAR}|\d\d)){{1,2}}")


def is_machine_name(text: str) -> bool:
    """Whether a text is surely what a camera, a screenshot tool or a hash calls a file: ``IMG_1234``, ``3fa9c1d2b7e4``.

    A few letters and digits may as well be a product's name: ``P100``.
    """
    return any(pattern.fullmatch(text) for pattern in (_SURELY, _SCREENSHOT, _HASH))


def only_digits(text: str) -> bool:
    """Whether a text is a number of five digits or more, and neither a date nor a range of years."""
    return _DIGITS.fullmatch(text) is not None and _DATE.fullmatch(text) is None


def is_generic(stem: str) -> bool:
    """Whether a name says no more than that it is an image: ``image1``, ``untitled``, and what machines call them."""
    return any(pattern.fullmatch(stem) for pattern in (_CAMERA, _SURELY, _SCREENSHOT, _HASH, _DIGITS, _NUMBERED))


@lru_cache(maxsize=4096)
def normalized(text: str) -> str:
    """A text to compare: case, white space and punctuation at its ends aside."""
    return " ".join(text.casefold().split()).strip(" .,:;!?…\"'“”„‘’«»()[]¶#")


def file_name(url: str) -> str:
    """The last part of a URL's path, percent-decoded; ``""`` for a data URL."""
    if url[:5].lower() == "data:":
        return ""
    return unquote(re.split(r"[?#]", url, maxsplit=1)[0].rstrip("/").rsplit("/", 1)[-1], errors="replace")


def stem(name: str) -> str:
    """A file's name without the suffix of an image, and without the hash that a bundler put before it."""
    return re.sub(r"[.-](?=[0-9a-f]*\d)[0-9a-f]{8,}$", "", SUFFIX.sub("", name)) or SUFFIX.sub("", name)
