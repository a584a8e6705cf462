"""Remove private data from XMP: positions in any namespace, serial numbers, owners of cameras, previews."""

from __future__ import annotations

import re
from collections.abc import Collection

from imageseo.images.metadata import properties
from imageseo.images.metadata.private_exif import DEVICE, GPS

_WORDS = re.compile(rb"gps|latitude|longitude|[:/ ](?:lat|long)\b|serialnumber|ownername", re.IGNORECASE)
_GPS_NAME = re.compile(r"gps.*|latitude|longitude|lat|long|(?:absolute|relative)altitude", re.IGNORECASE)
_DEVICE_NAME = re.compile(r"(?:.*serialnumber|(?:camera)?ownername)", re.IGNORECASE)
_PREVIEWS = "Thumbnails"
_POSITION = re.compile(rb"gps(?:l(?:at|on)|alt|coord)|latitude", re.IGNORECASE)


def private_xmp(packet: bytes) -> frozenset[str]:
    """Return the kinds of private data in an XMP packet. Nearly all have none, and are not parsed."""
    return _remove(packet, ())[1] if _WORDS.search(packet) else frozenset()


def without_private_xmp(packet: bytes, kinds: Collection[str]) -> bytes:
    """Return a packet of at most the same length without these kinds; the same bytes if there are none.

    A packet with a position that cannot be parsed, or that declares entities, is removed: lenient readers find it.
    """
    return _remove(packet, kinds)[0] if _WORDS.search(packet) else packet


def _remove(packet: bytes, kinds: Collection[str]) -> tuple[bytes, frozenset[str]]:
    tree = properties.properties(packet)
    if tree is None:
        found = frozenset((GPS,)) if _POSITION.search(packet) else frozenset()
        return (b"" if found.intersection(kinds) else packet), found
    from lxml import etree

    found_kinds: set[str] = set()
    changed = False
    for element in list(tree.iter("{*}*")):
        for name in list(element.attrib):
            kind = _kind_of(str(name))
            if kind is not None and element.attrib[name].strip():
                found_kinds.add(kind)
                if kind in kinds:
                    del element.attrib[name]
                    changed = True
        kind, parent = _kind_of(str(element.tag)), element.getparent()
        if kind is None or parent is None or not ("".join(element.itertext()).strip() or element.attrib):
            continue
        found_kinds.add(kind)
        if kind in kinds:
            parent.remove(element)
            changed = True
    if not changed:
        return packet, frozenset(found_kinds)
    for element in list(tree.iter("{*}" + _PREVIEWS)):
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
    etree.cleanup_namespaces(tree, keep_ns_prefixes=["x", "rdf"])
    start, end = packet.find(b"<"), packet.rfind(b">") + 1
    text = etree.tostring(tree.getroottree(), encoding="utf-8")
    return (packet[:start] + text + packet[end:])[: len(packet)] if len(text) <= end - start else b"", frozenset(
        found_kinds
    )


def _kind_of(name: str) -> str | None:
    local = name.rpartition("}")[2]
    if _GPS_NAME.fullmatch(local):
        return GPS
    return DEVICE if _DEVICE_NAME.fullmatch(local) else None
