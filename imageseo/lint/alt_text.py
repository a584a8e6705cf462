"""Detection of meaningless and repeated alternative texts and file names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from imageseo.lint.sources.syntax import PLACEHOLDER
from imageseo.model.facts import shorten
from imageseo.model.finding import AttributeChange, Severity
from imageseo.model.image import ImageRef
from imageseo.web.urls import IMAGE_SUFFIXES

if TYPE_CHECKING:
    from imageseo.web.accessibility.graphics import Graphic

SUFFIX = re.compile(rf"(?:{'|'.join(map(re.escape, IMAGE_SUFFIXES))})$", re.IGNORECASE)
# File names given by cameras and phones.
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
# The part of _CAMERA that cannot be a product name, as P100, WP-1000 and SAM300 are.
_MACHINE = re.compile(
    r"(?:img|dsc[nf]?|pxl|mvimg|gopr|cimg|imag)(?:_\d{3,}|[- ]?\d{4,})[\w~()-]*|"
    r"(?:dji|vid|sam|wp|p)_\d{4,}[\w~()-]*|(?:dji|vid|wp|p)[- ]?\d{7,}[\w~()-]*|"
    r"(?:19|20)\d{6}[-_]\d{6,}[\w~()-]*",
    re.IGNORECASE,
)
_YEAR = r"(?:1[5-9]|20)\d\d"
_DATE = re.compile(rf"{_YEAR}(?:[-_](?:{_YEAR}|\d\d)){{1,2}}")


_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|[$#]\{[^{}]*\}|<%.*?%>|<\?.*?\?>", re.DOTALL)
_VALUE = re.compile(r"undefined|null|\(null\)|NaN|None|\[object \w+\]|function\s*\(.*", re.DOTALL)
TO_DESCRIBE = (AttributeChange("alt", PLACEHOLDER),)
"""The change for an image whose alternative text only its author can write."""
_PERHAPS_VALUE = frozenset({"none", "nil", "true", "false", "nan"})


def is_unseen(ref: ImageRef, graphic: Graphic | None) -> bool:
    """Whether an image is hidden from assistive technology: by markup, or by the site's style sheets."""
    by_styles = (ref.hidden_by or "").startswith("`")  # a selector; what else hides it a visitor opens without a script
    return by_styles or graphic is None or graphic.is_hidden


def broken_reference(graphic: Graphic) -> str:
    """Return what is wrong with ``aria-labelledby``, as the end of a sentence; "" if nothing is."""
    if graphic.values.get("aria-labelledby") is None:
        return ""
    missing = graphic.missing_references
    if missing:
        return f"aria-labelledby names no element of the page: {shorten(' '.join(missing))}"
    return "what aria-labelledby names has no text" if graphic.values["aria-labelledby"].strip() else ""


def nameless(graphic: Graphic, usual: str) -> str:
    """Return why an element has no accessible name, as the end of a sentence. ``usual``: if no reason is special."""
    reasons = [usual]
    if reason := broken_reference(graphic):
        reasons.append(reason)
    if graphic.has_void_role:
        conflict = graphic.conflict
        because = f"it has {conflict}" if conflict else "it can be focused"
        reasons.append(f'role="{graphic.values.get("role")}" is void because {because}')
    return ", and ".join(reasons)


def classify_placeholder(text: str) -> tuple[str | None, Severity]:
    """Return how a text shows that a program never filled it in, as the end of a sentence, and how certain that is."""
    if text.casefold() == PLACEHOLDER:
        return "is that of a suggestion, which you should replace", Severity.ERROR
    if _VALUE.fullmatch(text):
        return "is a program's word for a missing value", Severity.ERROR
    if _TEMPLATE.search(text):
        is_whole = not re.search(r"\w", _TEMPLATE.sub("", text))
        return "is a template that was not rendered", Severity.ERROR if is_whole else Severity.WARN
    if text.casefold() in _PERHAPS_VALUE:
        return "looks like a program's value", Severity.WARN
    return None, Severity.ERROR


def is_machine_name(text: str) -> bool:
    """Whether a text is certainly a name from a camera or a screenshot tool, or a hash: ``IMG_1234``, ``3fa9c1d2b7e4``.

    A few letters and digits may be a product name and do not count: ``P100``.
    """
    return any(pattern.fullmatch(text) for pattern in (_MACHINE, _SCREENSHOT, _HASH))


def only_digits(text: str) -> bool:
    """Whether a text is a number of five digits or more, and neither a date nor a range of years."""
    return _DIGITS.fullmatch(text) is not None and _DATE.fullmatch(text) is None


def is_numbered(text: str) -> bool:
    """Whether a text is a word for any file with a number: ``image1``, ``photo_02``."""
    return _NUMBERED.fullmatch(text) is not None and re.search(r"\d", text) is not None


def is_generic(stem: str) -> bool:
    """Whether a name describes nothing: ``image1``, ``untitled``, and machine-generated names."""
    return any(pattern.fullmatch(stem) for pattern in (_CAMERA, _MACHINE, _SCREENSHOT, _HASH, _DIGITS, _NUMBERED))


@lru_cache(maxsize=4096)
def normalized(text: str) -> str:
    """Return a text for comparison: without case, extra white space and punctuation at its ends."""
    return " ".join(text.casefold().split()).strip(" .,:;!?…\"'“”„‘’«»()[]¶#")


def file_name(url: str) -> str:
    """Return the last part of a URL's path, percent-decoded; ``""`` for a data URL."""
    if url[:5].lower() == "data:":
        return ""
    return unquote(re.split(r"[?#]", url, maxsplit=1)[0].rstrip("/").rsplit("/", 1)[-1], errors="replace")


def stem(name: str) -> str:
    """Return a file name without its image suffix, and without the hash that a bundler put before it."""
    return re.sub(r"[.-](?=[0-9a-f]*\d)[0-9a-f]{8,}$", "", SUFFIX.sub("", name)) or SUFFIX.sub("", name)
