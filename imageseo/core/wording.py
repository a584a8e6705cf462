"""Alternative texts and file names: what says nothing, and what says the same twice."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from imageseo.core.urls import PICTURES

SUFFIX = re.compile(rf"(?:{'|'.join(map(re.escape, PICTURES))})$", re.IGNORECASE)
# What cameras, phones and screenshot tools call their files.
_CAMERA = re.compile(
    r"(?:img|dsc[nf]?|dscf?|pxl|mvimg|gopr|dji|vid|cimg|sam|imag|wp|p)[-_ ]?\d{3,}[\w~()-]*|"
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
_DIGITS = re.compile(r"[\d_-]{5,}")


def named_by_machine(stem: str) -> bool:
    """Whether a name was given by a camera, a screenshot tool or a hash: ``IMG_1234``, ``3fa9c1d2b7e4``."""
    return any(pattern.fullmatch(stem) for pattern in (_CAMERA, _HASH, _DIGITS))


def generic(stem: str) -> bool:
    """Whether a name says no more than that it is an image: ``image1``, ``untitled``, and what machines call them."""
    return named_by_machine(stem) or _NUMBERED.fullmatch(stem) is not None


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
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
