"""Who made an image and on what terms: read from XMP, IPTC and EXIF, written back as a minimal XMP packet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from imageseo.model.image import RECOMPRESSED, Rights

if TYPE_CHECKING:
    from lxml.etree import _Element

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_XMP_RIGHTS = "http://ns.adobe.com/xap/1.0/rights/"
_PLUS = "http://ns.useplus.org/ldf/xmp/1.0/"
_IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_CC = "http://creativecommons.org/ns#"
_EXIF = "http://ns.adobe.com/exif/1.0/"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

TOOLKIT = "imageseo packet"
"""Names us as the writer of a packet, so that a later build knows its own files."""

MAX_TEXT = 1024
"""Characters kept of one field: a licence's full text would cost more than a small variant's pixels."""

_DIGITS = 16  # of the original: pictures of equal pixels must not become one file, or which was which is lost
_WRITER = re.compile(rb'x:xmptk="(imageseo [a-z]+)[" ]')
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_rights(*, xmp: bytes = b"", iim: bytes = b"", exif: Mapping[int, object] | None = None) -> Rights:
    """What an image's own metadata says of its rights; XMP is believed before IPTC-IIM, that before EXIF.

    ``xmp``: the packet; ``iim``: the records of Photoshop resource 0x0404; ``exif``: tag -> value of IFD 0.
    Broken metadata says nothing and raises nothing.
    """
    tree, records, tags = _parse(xmp), _records(iim), exif or {}
    licensor = _first(tree, _PLUS, "LicensorURL")
    return Rights(
        creator=_listed(tree, _DC, "creator") or records.get(80) or _exif_text(tags.get(0x013B)),
        credit=_first(tree, _PHOTOSHOP, "Credit") or records.get(110),
        copyright=_first(tree, _DC, "rights") or records.get(116) or _exif_text(tags.get(0x8298)),
        license=_url(_first(tree, _XMP_RIGHTS, "WebStatement")) or _url(_first(tree, _CC, "license")),
        acquire_license_page=_url(licensor),
        digital_source_type=_url(_first(tree, _IPTC_EXT, "DigitalSourceType")),
    )


def says_where(xmp: bytes) -> bool:
    """True when an XMP packet names the place a picture was taken at."""
    return b"GPSL" in xmp and any(_first(_parse(xmp), _EXIF, name) for name in ("GPSLatitude", "GPSLongitude"))


def writer(xmp: bytes) -> str | None:
    """The words that name us as the writer of an XMP packet; None for everybody else's."""
    match = _WRITER.search(xmp)
    return match[1].decode() if match is not None else None


def packet(rights: Rights, *, original: str | None = None) -> bytes:
    """A minimal XMP packet that says what ``rights`` says, ``b""`` when that is nothing. Same rights, same bytes.

    ``original``: digest of the file that the picture is to stand in for; the packet names it and is never empty.
    """
    spaces: dict[str, str] = {}
    fields: list[str] = []

    def add(prefix: str, space: str, name: str, value: str | None, wrap: str = "{}") -> None:
        if text := _clean(value):
            spaces[prefix] = space
            fields.append(f"<{prefix}:{name}>{wrap.format(_escape(text))}</{prefix}:{name}>")

    add("dc", _DC, "creator", rights.creator, "<rdf:Seq><rdf:li>{}</rdf:li></rdf:Seq>")
    add("dc", _DC, "rights", rights.copyright, '<rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt>')
    add("photoshop", _PHOTOSHOP, "Credit", rights.credit)
    add("xmpRights", _XMP_RIGHTS, "WebStatement", rights.license)
    licensor = '<rdf:Seq><rdf:li rdf:parseType="Resource"><plus:LicensorURL>{}</plus:LicensorURL></rdf:li></rdf:Seq>'
    add("plus", _PLUS, "Licensor", rights.acquire_license_page, licensor)
    add("Iptc4xmpExt", _IPTC_EXT, "DigitalSourceType", rights.digital_source_type)
    if not fields and original is None:
        return b""
    toolkit = TOOLKIT if original is None else f"{RECOMPRESSED} {original[:_DIGITS]}"
    names = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in spaces.items())
    return _packet(toolkit, names, "".join(fields))


def _packet(toolkit: str, names: str, fields: str) -> bytes:
    text = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="{toolkit}">'
        f'<rdf:RDF xmlns:rdf="{_RDF}"><rdf:Description rdf:about=""{names}>{fields}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    )
    return text.encode("utf-8")


def bare() -> bytes:
    """A packet that says nothing but who wrote it: for a file of ours of whose picture nothing is known."""
    return _packet(TOOLKIT, "", "")


def png_xmp(text_chunk: bytes) -> bytes:
    """The packet of an uncompressed ``iTXt`` chunk (XMP is written so), else ``b""``."""
    head = b"XML:com.adobe.xmp\x00\x00\x00"
    return text_chunk[len(head) :].split(b"\x00", 2)[-1] if text_chunk.startswith(head) else b""


def _escape(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clean(value: str | None) -> str | None:
    text = " ".join(_NOT_XML.sub("", value or "").split())
    return text[:MAX_TEXT] or None


def _url(value: str | None) -> str | None:
    return value if value and value.startswith(("http://", "https://")) else None


def _parse(xmp: bytes) -> _Element | None:
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


def _values(tree: _Element | None, space: str, name: str) -> list[str]:
    """Every value of a property, whichever of RDF's ways it is written in; ``x-default`` comes first."""
    if tree is None:
        return []
    key, found, others = f"{{{space}}}{name}", list[str](), list[str]()
    for element in tree.iter("{*}*"):
        if (attribute := element.get(key)) is not None:
            found.append(attribute)
        if element.tag != key:
            continue
        items = list(element.iter(f"{{{_RDF}}}li"))
        for item in items or [element]:
            value = item.get(f"{{{_RDF}}}resource") or "".join(item.itertext())
            (found if item.get(_LANG, "x-default") == "x-default" else others).append(value)
    return [text for value in [*found, *others] if (text := _clean(value))]


def _first(tree: _Element | None, space: str, name: str) -> str | None:
    return next(iter(_values(tree, space, name)), None)


def _listed(tree: _Element | None, space: str, name: str) -> str | None:
    return _clean(", ".join(dict.fromkeys(_values(tree, space, name))))


def _records(iim: bytes) -> dict[int, str]:
    """Data set -> text of record 2 (repeated ones joined), by the character set that record 1 declares."""
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
    texts = {key: ", ".join(_decode(value, utf8) for value in values) for key, values in found.items()}
    return {key: text for key, value in texts.items() if (text := _clean(value))}


def _decode(value: bytes, utf8: bool) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("utf-8", "replace") if utf8 else value.decode("latin-1")


def _exif_text(value: object) -> str | None:
    return _clean(value.replace("\x00", " ")) if isinstance(value, str) else None
