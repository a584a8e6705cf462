"""Who made an image and on what terms: read from XMP, IPTC and EXIF, written back as a minimal XMP packet."""

from __future__ import annotations

import re
from collections.abc import Mapping

from imageseo.images.metadata import properties
from imageseo.images.metadata.properties import MAX_TEXT, clean, first, url
from imageseo.model.image import RECOMPRESSED, Rights

__all__ = ["MAX_TEXT", "TOOLKIT", "empty_xmp_packet", "png_xmp", "read_rights", "says_where", "writer", "xmp_packet"]

TOOLKIT = "imageseo packet"
"""Names us as the writer of a packet, so that a later build knows its own files."""

_DIGITS = 16  # of the original: pictures of equal pixels must not become one file, or which was which is lost
_WRITER = re.compile(rb'x:xmptk="(imageseo [a-z]+)[" ]')


def read_rights(*, xmp: bytes = b"", iim: bytes = b"", exif: Mapping[int, object] | None = None) -> Rights:
    """What an image's own metadata says of its rights; XMP is believed before IPTC-IIM, that before EXIF.

    ``xmp``: the packet; ``iim``: the records of Photoshop resource 0x0404; ``exif``: tag -> value of IFD 0.
    Broken metadata says nothing and raises nothing.
    """
    tree, tags = properties.properties(xmp), exif or {}
    records = {key: clean(", ".join(texts)) for key, texts in properties.records(iim).items()}
    return Rights(
        creator=properties.listed(tree, properties.DC, "creator")
        or records.get(80)
        or properties.exif_text(tags.get(0x013B)),
        credit=first(tree, properties.PHOTOSHOP, "Credit") or records.get(110),
        copyright=first(tree, properties.DC, "rights") or records.get(116) or properties.exif_text(tags.get(0x8298)),
        license=url(first(tree, properties.XMP_RIGHTS, "WebStatement")) or url(first(tree, properties.CC, "license")),
        acquire_license_page=url(first(tree, properties.PLUS, "LicensorURL")),
        digital_source_type=url(first(tree, properties.IPTC_EXT, "DigitalSourceType")),
    )


def says_where(xmp: bytes) -> bool:
    """True when an XMP packet names the place a picture was taken at."""
    return b"GPSL" in xmp and any(
        first(properties.properties(xmp), properties.EXIF, name) for name in ("GPSLatitude", "GPSLongitude")
    )


def writer(xmp: bytes) -> str | None:
    """The words that name us as the writer of an XMP packet; None for everybody else's."""
    match = _WRITER.search(xmp)
    return match[1].decode() if match is not None else None


def xmp_packet(rights: Rights, *, original: str | None = None) -> bytes:
    """A minimal XMP packet that says what ``rights`` says, ``b""`` when that is nothing. Same rights, same bytes.

    ``original``: digest of the file that the picture is to stand in for; the packet names it and is never empty.
    """
    spaces: dict[str, str] = {}
    fields: list[str] = []

    def add(prefix: str, space: str, name: str, value: str | None, wrap: str = "{}") -> None:
        if text := clean(value):
            spaces[prefix] = space
            fields.append(f"<{prefix}:{name}>{wrap.format(_escape(text))}</{prefix}:{name}>")

    add("dc", properties.DC, "creator", rights.creator, "<rdf:Seq><rdf:li>{}</rdf:li></rdf:Seq>")
    add("dc", properties.DC, "rights", rights.copyright, '<rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt>')
    add("photoshop", properties.PHOTOSHOP, "Credit", rights.credit)
    add("xmpRights", properties.XMP_RIGHTS, "WebStatement", rights.license)
    licensor = '<rdf:Seq><rdf:li rdf:parseType="Resource"><plus:LicensorURL>{}</plus:LicensorURL></rdf:li></rdf:Seq>'
    add("plus", properties.PLUS, "Licensor", rights.acquire_license_page, licensor)
    add("Iptc4xmpExt", properties.IPTC_EXT, "DigitalSourceType", rights.digital_source_type)
    add("Iptc4xmpExt", properties.IPTC_EXT, "AIPromptInformation", rights.prompt)
    if not fields and original is None:
        return b""
    toolkit = TOOLKIT if original is None else f"{RECOMPRESSED} {original[:_DIGITS]}"
    names = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in spaces.items())
    return _packet(toolkit, names, "".join(fields))


def _packet(toolkit: str, names: str, fields: str) -> bytes:
    text = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="{toolkit}">'
        f'<rdf:RDF xmlns:rdf="{properties.RDF}"><rdf:Description rdf:about=""{names}>{fields}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    )
    return text.encode("utf-8")


def empty_xmp_packet() -> bytes:
    """A packet that says nothing but who wrote it: for a file of ours of whose picture nothing is known."""
    return _packet(TOOLKIT, "", "")


def png_xmp(text_chunk: bytes) -> bytes:
    """The packet of an uncompressed ``iTXt`` chunk (XMP is written so), else ``b""``."""
    head = b"XML:com.adobe.xmp\x00\x00\x00"
    return text_chunk[len(head) :].split(b"\x00", 2)[-1] if text_chunk.startswith(head) else b""


def _escape(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
