"""Read metadata of image files as text: properties of an XMP packet and data sets of IPTC-IIM."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DC = "http://purl.org/dc/elements/1.1/"
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
XMP_RIGHTS = "http://ns.adobe.com/xap/1.0/rights/"
PLUS = "http://ns.useplus.org/ldf/xmp/1.0/"
IPTC_CORE = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
CC = "http://creativecommons.org/ns#"
EXIF = "http://ns.adobe.com/exif/1.0/"

MAX_TEXT = 1024
"""Characters kept per field: a licence's full text would take more bytes than a small variant's pixels."""

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_XML = r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"  # takes 20 ms to compile: when it is needed


def clean(value: str | None) -> str | None:
    """Return the text on one line, without characters invalid in XML, cut to MAX_TEXT; None when nothing remains."""
    if not value:
        return None
    text = " ".join(re.sub(_NOT_XML, " ", value).split())
    return text[:MAX_TEXT] or None


def url(value: str | None) -> str | None:
    """Return the text if it is an HTTP URL, else None."""
    return value if value and value.startswith(("http://", "https://")) else None


def properties(xmp: bytes) -> _Element | None:
    """Return the tree of an XMP packet; None when it is missing or damaged."""
    start, end = xmp.find(b"<"), xmp.rfind(b">")
    # A document type could only define entities, and no XMP writer produces one.
    if start < 0 or b"<!DOCTYPE" in xmp:
        return None
    from lxml import etree  # imported only here: most images have no XMP, and most builds need no lxml

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        return etree.fromstring(xmp[start : end + 1], parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def values(tree: _Element | None, space: str, name: str) -> list[str]:
    """Return all values of a property in any RDF notation; ``x-default`` comes first."""
    if tree is None:
        return []
    key, preferred, translated = f"{{{space}}}{name}", list[str](), list[str]()
    for element in tree.iter("{*}*"):
        if (attribute := element.get(key)) is not None:
            preferred.append(attribute)
        if element.tag != key:
            continue
        items = list(element.iter(f"{{{RDF}}}li"))
        for item in items or [element]:
            value = item.get(f"{{{RDF}}}resource") or "".join(item.itertext())
            (preferred if item.get(_LANG, "x-default") == "x-default" else translated).append(value)
    return [text for value in [*preferred, *translated] if (text := clean(value))]


def first_value(tree: _Element | None, space: str, name: str) -> str | None:
    """Return a property's first value."""
    return next(iter(values(tree, space, name)), None)


def listed(tree: _Element | None, space: str, name: str) -> str | None:
    """Return a property's distinct values, joined by commas."""
    return clean(", ".join(dict.fromkeys(values(tree, space, name))))


def records(iim: bytes) -> dict[int, list[str]]:
    """Return the texts of IPTC-IIM's record 2 by data set, decoded by the character set that record 1 declares.

    ``iim``: the content of Photoshop resource 0x0404.
    """
    utf8, datasets, at = False, dict[int, list[bytes]](), 0
    while at + 5 <= len(iim) and iim[at] == 0x1C:
        record, dataset, size = iim[at + 1], iim[at + 2], int.from_bytes(iim[at + 3 : at + 5], "big")
        if size & 0x8000:  # extended data sets do not hold rights
            break
        value = iim[at + 5 : at + 5 + size]
        if (record, dataset) == (1, 90):
            utf8 = value == b"\x1b%G"
        elif record == 2:
            datasets.setdefault(dataset, []).append(value)
        at += 5 + size
    texts = {key: [text for raw in raws if (text := clean(_decode(raw, utf8)))] for key, raws in datasets.items()}
    return {key: values for key, values in texts.items() if values}


def exif_text(value: object) -> str | None:
    """Return an EXIF value read by Pillow if it is text, else None."""
    return clean(value) if isinstance(value, str) else None


def _decode(value: bytes, utf8: bool) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("utf-8", "replace") if utf8 else value.decode("latin-1")
