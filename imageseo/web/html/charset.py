"""The character encoding of a page, and whether its bytes can be searched as ASCII."""

from __future__ import annotations

import re

import webencodings

# In these, bytes below 0x80 need not mean ASCII characters, so tags cannot be found in the bytes.
_OPAQUE = frozenset({"replacement", "iso-2022-jp"})
_DECLARED = re.compile(r"charset[ \t\n\f\r]*=[ \t\n\f\r]*[\"']?[ \t\n\f\r]*([^\"' \t\n\f\r;>]+)", re.IGNORECASE)


class UnreadablePage(ValueError):
    """The bytes are no HTML page that can be edited: binary, or in a charset that is not ASCII-transparent."""


def check(html: bytes) -> None:
    """Raise ``UnreadablePage`` for bytes that no scanner should touch."""
    if html.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        raise UnreadablePage("the page is encoded in UTF-16 or UTF-32; save it as UTF-8")
    if b"\0" in html and html.count(b"\0") * 1000 > len(html):
        raise UnreadablePage("the page is not HTML: it is full of NUL bytes (UTF-16 without a mark, or a binary file)")


def declared(content_type: str) -> str | None:
    """The label in ``text/html; charset=…``."""
    match = _DECLARED.search(content_type)
    return match[1] if match else None


def codec(html: bytes, label: str | None) -> str:
    """The Python codec of a page: its BOM, then what its ``<meta>`` declares, then UTF-8, else windows-1252.

    Labels mean what they mean to browsers (``latin1`` is windows-1252, ``shift_jis`` is cp932, a declared
    ``utf-16`` must be UTF-8). Unknown labels are ignored. Raises ``UnreadablePage``.
    """
    if html.startswith(b"\xef\xbb\xbf"):
        return "utf-8"
    encoding = webencodings.lookup(label) if label else None
    if encoding is not None:
        if encoding.name in _OPAQUE:
            raise UnreadablePage(f"the page declares the charset {label}, which cannot be edited safely; use UTF-8")
        if encoding.name.startswith("utf-16"):
            return "utf-8"
        return "cp1252" if encoding.name == "x-user-defined" else str(encoding.codec_info.name)
    try:
        html.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
