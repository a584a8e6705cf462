"""What the metadata in a picture's file says: properties of an XMP packet and data sets of IPTC-IIM, as text."""

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
"""Characters kept of one field: a licence's full text would cost more than a small variant's pixels."""

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(value: str | None) -> str | None:
    """The text on one line and without what XML cannot hold, at most MAX_TEXT characters; None when that is nothing."""
    text = " ".join(_NOT_XML.sub(" ", value or "").split())
    return text[:MAX_TEXT] or None


def url(value: str | None) -> str | None:
    """The text where it is a web address, else None."""
    return value if value and value.startswith(("http://", "https://")) else None


def properties(xmp: bytes) -> _Element | None:
    """The tree of an XMP packet; None where there is none, or it is damaged."""
    start, end = xmp.find(b"<"), xmp.rfind(b">")
    # A document type could only hold entities, and no writer of XMP makes one.
    if start < 0 or b"<!DOCTYPE" in xmp:
        return None
    from lxml import etree  # most images have no XMP, and most builds need no lxml for it

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        return etree.fromstring(xmp[start : end + 1], parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def values(tree: _Element | None, space: str, name: str) -> list[str]:
    """Every value of a property, whichever of RDF's ways it is written in; ``x-default`` comes first."""
    if tree is None:
        return []
    key, found, others = f"{{{space}}}{name}", list[str](), list[str]()
    for element in tree.iter("{*}*"):
        if (attribute := element.get(key)) is not None:
            found.append(attribute)
        if element.tag != key:
            continue
        items = list(element.iter(f"{{{RDF}}}li"))
        for item in items or [element]:
            value = item.get(f"{{{RDF}}}resource") or "".join(item.itertext())
            (found if item.get(_LANG, "x-default") == "x-default" else others).append(value)
    return [text for value in [*found, *others] if (text := clean(value))]


def first(tree: _Element | None, space: str, name: str) -> str | None:
    """A property's first value."""
    return next(iter(values(tree, space, name)), None)


def listed(tree: _Element | None, space: str, name: str) -> str | None:
    """A property's values, each once, in one text."""
    return clean(", ".join(dict.fromkeys(values(tree, space, name))))


def records(iim: bytes) -> dict[int, list[str]]:
    """Data set -> texts of record 2 of IPTC-IIM, by the character set that record 1 declares. ``iim``: as in Photoshop
    resource 0x0404.
    """
    utf8, found, at = False, dict[int, list[bytes]](), 0
    while at + 5 <= len(iim) and iim[at] == 0x1C:
        record, dataset, size = iim[at + 1], iim[at + 2], int.from_bytes(iim[at + 3 : at + 5], "big")
        if size & 0x8000:  # an extended data set is never one of ours
            break
        value = iim[at + 5 : at + 5 + size]
        if (record, dataset) == (1, 90):
            utf8 = value == b"\x1b%G"
        elif record == 2:
            found.setdefault(dataset, []).append(value)
        at += 5 + size
    texts = {key: [text for each in held if (text := clean(_decode(each, utf8)))] for key, held in found.items()}
    return {key: held for key, held in texts.items() if held}


def exif_text(value: object) -> str | None:
    """A text of EXIF, as Pillow gives it."""
    return clean(value) if isinstance(value, str) else None


def _decode(value: bytes, utf8: bool) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("utf-8", "replace") if utf8 else value.decode("latin-1")
