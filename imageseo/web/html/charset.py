"""Determines the character encoding of a page, and rejects pages that cannot be edited as bytes."""

from __future__ import annotations

import re
from contextlib import suppress

import webencodings

# In these encodings bytes below 0x80 are not always ASCII characters, so that tags cannot be located in the bytes.
_NOT_ASCII_COMPATIBLE = frozenset({"replacement", "iso-2022-jp"})
_CHARSET = re.compile(r"charset[ \t\n\f\r]*=[ \t\n\f\r]*[\"']?[ \t\n\f\r]*([^\"' \t\n\f\r;>]+)", re.IGNORECASE)


_CONTROLS = bytes({*range(32)} - {*b"\t\n\f\r\x1b"})
_TEXT_PER_CONTROL = 20  # bytes


class UnreadablePage(ValueError):
    """The bytes are not an editable HTML page: binary, or in a charset that is not ASCII-compatible."""


class OversizedPage(UnreadablePage):
    """The page is more than is worked on: time and memory grow with its size and images."""


MAX_BYTES = 64 * 2**20
"""Larger pages are not read."""
MAX_IMAGES = 50_000
"""Pages with more images are left as they are: each takes about 7 KB of memory and a millisecond."""


def check_size(html: bytes) -> None:
    """Raise ``OversizedPage`` for a page with too many images, counted by their tags."""
    if len(html) <= len(b"<img>") * MAX_IMAGES:
        return
    images = sum(1 for _ in re.finditer(rb"<img", html, re.IGNORECASE))
    if images > MAX_IMAGES:
        raise OversizedPage(f"the page has {images:,} images; pages with up to {MAX_IMAGES:,} are read")


def check_readable(html: bytes) -> None:
    """Raise ``UnreadablePage`` for UTF-16, UTF-32 and binary data."""
    if html.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        raise UnreadablePage("the page is encoded in UTF-16 or UTF-32; save it as UTF-8")
    # Browsers read a page with a NUL here and there. In UTF-16 nearly every second byte is one, and files that are not
    # text also have other control characters.
    if b"\0" in html and (len(html) - len(html.translate(None, _CONTROLS))) * _TEXT_PER_CONTROL > len(html):
        raise UnreadablePage("the page is not HTML: many NUL bytes (binary, or UTF-16 without BOM); save it as UTF-8")


def declared(content_type: str) -> str | None:
    """Return the label in ``text/html; charset=…``; None without one."""
    match = _CHARSET.search(content_type)
    return match[1] if match else None


def codec(html: bytes, label: str | None) -> str:
    """Return the Python codec of a page: by its BOM, then ``label``, then UTF-8 if valid, else windows-1252.

    ``label``: declared by the page's ``<meta>``, interpreted as in browsers (``latin1`` is windows-1252, ``shift_jis``
    is cp932, a declared ``utf-16`` is UTF-8). Unknown labels are ignored. Raises ``UnreadablePage``.
    """
    if html.startswith(b"\xef\xbb\xbf"):
        return "utf-8"
    encoding = webencodings.lookup(label) if label else None
    if encoding is not None:
        if encoding.name in _NOT_ASCII_COMPATIBLE:
            raise UnreadablePage(f"the page declares the charset {label}, which cannot be edited safely; use UTF-8")
        if encoding.name.startswith("utf-16"):
            return "utf-8"
        return "cp1252" if encoding.name == "x-user-defined" else str(encoding.codec_info.name)
    try:
        html.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def decode_sheet(data: bytes) -> str:
    """Return the text of a style sheet: in the encoding that it declares, else UTF-8. Nothing in it is an error."""
    if data.startswith(b'@charset "'):
        label = data[10:60].partition(b'"')[0].decode("latin-1")
        with suppress(UnreadablePage, LookupError):
            return data.decode(codec(data, label), "replace")
    return data.decode("utf-8-sig", "replace")
