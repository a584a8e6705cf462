"""Read an image's rights from XMP, IPTC and EXIF, and write them as a minimal XMP packet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from imageseo.images.metadata import properties
from imageseo.images.metadata.properties import MAX_TEXT, clean, first_value, url
from imageseo.model.image import RECOMPRESSED, Rights

__all__ = [
    "MAX_TEXT",
    "TOOLKIT",
    "added_fields",
    "empty_xmp_packet",
    "extract_png_xmp",
    "read_rights",
    "read_writer",
    "short_rights",
    "xmp_packet",
]

TOOLKIT = "imageseo packet"
"""Identifies imageseo as the writer of a packet, so that later builds recognise generated files."""

SHORT = 466
"""Bytes of a variant's packet: with its frame at most 500 in every format."""

_BY_WORTH = ("copyright", "creator", "license", "credit", "acquire_license_page", "made_with")
_DIGITS = 16  # of the source file's digest: it keeps files with equal pixels distinct
_WRITER = re.compile(rb'x:xmptk="(imageseo [a-z]+)[" ]')


def read_rights(*, xmp: bytes = b"", iim: bytes = b"", exif: Mapping[int, object] | None = None) -> Rights:
    """Return the rights in an image's metadata; XMP takes precedence over IPTC-IIM, and IPTC-IIM over EXIF.

    ``xmp``: the packet; ``iim``: the records of Photoshop resource 0x0404; ``exif``: tag -> value of IFD 0.
    Broken metadata is ignored.
    """
    tree, tags = properties.properties(xmp), exif or {}
    records = {key: clean(", ".join(texts)) for key, texts in properties.records(iim).items()}
    return Rights(
        creator=properties.listed(tree, properties.DC, "creator")
        or records.get(80)
        or properties.exif_text(tags.get(0x013B)),
        credit=first_value(tree, properties.PHOTOSHOP, "Credit") or records.get(110),
        copyright=first_value(tree, properties.DC, "rights")
        or records.get(116)
        or properties.exif_text(tags.get(0x8298)),
        license=url(first_value(tree, properties.XMP_RIGHTS, "WebStatement"))
        or url(first_value(tree, properties.CC, "license")),
        acquire_license_page=url(first_value(tree, properties.PLUS, "LicensorURL")),
        digital_source_type=_source_type(first_value(tree, properties.IPTC_EXT, "DigitalSourceType")),
    )


def _source_type(value: str | None) -> str | None:
    """Return a digital source type as IPTC writes it: some tools write ``https``."""
    return url(value.replace("https://cv.iptc.org/", "http://cv.iptc.org/") if value is not None else None)


def read_writer(xmp: bytes) -> str | None:
    """Return the toolkit name of an XMP packet that imageseo wrote, or None for other writers."""
    match = _WRITER.search(xmp)
    return match[1].decode() if match is not None else None


def xmp_packet(rights: Rights, *, original: str | None = None, toolkit: str = TOOLKIT) -> bytes:
    """Return a minimal XMP packet with ``rights``, ``b""`` when there are none. Equal rights give equal bytes.

    ``toolkit``: another name of the writer, for files that are not published.

    ``original``: digest of the source file that the image replaces; it is written into the packet, which is then never
    empty.
    """
    declarations, fields = added_fields(rights)
    if not fields and original is None:
        return b""
    toolkit = toolkit if original is None else f"{RECOMPRESSED} {original[:_DIGITS]}"
    return _build_packet(toolkit, declarations, fields)


def short_rights(rights: Rights) -> Rights:
    """Return what the variants of a hero that imageseo made declare: origin, and the rights that fit into ``SHORT``.

    Visitors download it with every variant, before the first pixel; the published file of ``src`` declares everything.
    """
    bare = Rights(digital_source_type=rights.digital_source_type)
    kept = replace(bare, prompt=rights.prompt)  # it is there only if a setting asks for it in every file
    limit = SHORT + len(xmp_packet(kept)) - len(xmp_packet(bare))
    for name in _BY_WORTH:
        more = replace(kept, **{name: getattr(rights, name)})
        if len(xmp_packet(more)) <= limit:
            kept = more
    return kept


def added_fields(rights: Rights) -> tuple[str, str]:
    """Return the namespaces of rights as attributes of ``rdf:Description``, and its content."""
    namespaces: dict[str, str] = {}
    fields: list[str] = []

    def add(prefix: str, namespace: str, name: str, value: str | None, wrap: str = "{}") -> None:
        if text := clean(value):
            namespaces[prefix] = namespace
            fields.append(f"<{prefix}:{name}>{wrap.format(_escape(text))}</{prefix}:{name}>")

    add("dc", properties.DC, "creator", rights.creator, "<rdf:Seq><rdf:li>{}</rdf:li></rdf:Seq>")
    add("dc", properties.DC, "rights", rights.copyright, '<rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt>')
    add("photoshop", properties.PHOTOSHOP, "Credit", rights.credit)
    add("xmpRights", properties.XMP_RIGHTS, "WebStatement", rights.license)
    licensor = '<rdf:Seq><rdf:li rdf:parseType="Resource"><plus:LicensorURL>{}</plus:LicensorURL></rdf:li></rdf:Seq>'
    add("plus", properties.PLUS, "Licensor", rights.acquire_license_page, licensor)
    add("Iptc4xmpExt", properties.IPTC_EXT, "DigitalSourceType", rights.digital_source_type)
    add("Iptc4xmpExt", properties.IPTC_EXT, "AIPromptInformation", rights.prompt)
    add("Iptc4xmpExt", properties.IPTC_EXT, "AISystemUsed", rights.made_with)
    declarations = "".join(f' xmlns:{prefix}="{namespace}"' for prefix, namespace in namespaces.items())
    return declarations, "".join(fields)


def _build_packet(toolkit: str, declarations: str, fields: str) -> bytes:
    text = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="{toolkit}">'
        f'<rdf:RDF xmlns:rdf="{properties.RDF}"><rdf:Description rdf:about=""{declarations}>{fields}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    )
    return text.encode("utf-8")


def empty_xmp_packet() -> bytes:
    """Return a packet that only names imageseo as its writer: for a generated file without rights."""
    return _build_packet(TOOLKIT, "", "")


def extract_png_xmp(text_chunk: bytes) -> bytes:
    """Return the packet of an uncompressed XMP ``iTXt`` chunk, else ``b""``."""
    head = b"XML:com.adobe.xmp\x00\x00\x00"
    return text_chunk[len(head) :].split(b"\x00", 2)[-1] if text_chunk.startswith(head) else b""


def _escape(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
