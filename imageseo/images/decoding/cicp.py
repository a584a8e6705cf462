"""Colours by code (CICP, ITU-T H.273): what a PNG's cICP chunk or an AVIF's nclx box says, as a profile; and HDR."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from imageseo.images.decoding.png_color import SRGB, matrix_profile
from imageseo.images.decoding.raster import png_chunks


class Code(NamedTuple):
    """Colour primaries and transfer characteristics."""

    primaries: int
    transfer: int


HDR = {16: "PQ", 18: "HLG"}
"""Transfers that go beyond the white of a page; a browser shows more of them than an sRGB picture can hold."""

_PRIMARIES = {
    1: SRGB,
    4: (0.310, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (0.3127, 0.3290, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (0.3127, 0.3290, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    9: (0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
_VIDEO = (1, 6, 11, 14, 15)  # the camera's curve of BT.709, under the names of five standards
_GAMMAS = {**dict.fromkeys(_VIDEO, 2.4), 4: 2.2, 5: 2.8, 8: 1.0}
"""Exponents as Chromium takes them for PNGs: 2.4 is the screen that the camera's curve was made for."""
_PARAMETRIC = {
    7: (1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4, 0.0912),
    13: (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
}


def read(data: bytes, kind: str) -> Code | None:
    """The code of a PNG or AVIF (``kind`` as ``raster.sniff`` says); None where there is none."""
    if kind == "png":
        return _png(data)
    return _avif(data) if kind == "avif" else None


def hdr(data: bytes, kind: str, icc: bytes, xmp: bytes) -> str | None:
    """What makes the file HDR, in a word or two; None for an ordinary picture.

    ``icc`` and ``xmp``: what the header holds of them. Gain maps are seen as browsers see them: by Adobe's version
    in the XMP, by ISO 21496-1 in a JPEG's segments or an AVIF's brands; the maps of Apple's camera are for its own
    programs and are none of a browser's.
    """
    code = (read(data, kind) if kind == "png" or not icc else None) or _in_profile(icc)
    if code is not None and code.transfer in HDR:
        return HDR[code.transfer]
    gain = b"ns.adobe.com/hdr-gain-map/" in xmp and re.search(rb"Version\s*(=|>)", xmp)
    iso = kind == "jpeg" and any(b"urn:iso:std:iso:ts:21496:-1\0" in segment for segment in _segments(data))
    tone = kind == "avif" and b"tmap" in data[16 : min(int.from_bytes(data[:4], "big"), 256)]
    return "gain map" if gain or iso or tone else None


@lru_cache
def profile(code: Code) -> bytes:
    """An ICC profile; ``b""`` for sRGB itself and for what is unknown, as in browsers."""
    primaries = _PRIMARIES.get(code.primaries)
    if primaries is None or code == (1, 13):
        return b""
    if gamma := _GAMMAS.get(code.transfer):
        curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))
    elif numbers := _PARAMETRIC.get(code.transfer):
        curve = b"para\0\0\0\0\0\x03\0\0" + struct.pack(">5i", *(round(number * 65536) for number in numbers))
    else:
        return b""
    return matrix_profile(primaries, curve)


def _png(data: bytes) -> Code | None:
    """A cICP chunk counts in front of the pixels only."""
    for kind, content in png_chunks(data):
        if kind == b"cICP" and len(content) == 4:
            primaries, transfer, matrix, _ = content
            return Code(primaries, transfer) if matrix == 0 else None
        if kind in (b"IDAT", b"IEND"):
            return None
    return None


def _avif(data: bytes) -> Code | None:
    """The first nclx box among the properties of the items; browsers take a camera's curve there for sRGB's."""
    for meta in _boxes(data, b"meta"):
        for properties in _boxes(meta[4:], b"iprp"):
            for container in _boxes(properties, b"ipco"):
                for colour in _boxes(container, b"colr"):
                    if colour[:4] == b"nclx" and len(colour) >= 8:
                        primaries, transfer = struct.unpack(">HH", colour[4:8])
                        return Code(primaries, 13 if transfer in _VIDEO else transfer)
    return None


def _boxes(data: bytes, name: bytes) -> Iterator[bytes]:
    """Contents of the boxes of a name, on one level of an ISO base media file."""
    at = 0
    while at + 8 <= len(data):
        size, head = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        size = size or len(data) - at
        if size < head:
            return
        if data[at + 4 : at + 8] == name:
            yield data[at + head : at + size]
        at += size


def _segments(data: bytes) -> Iterator[bytes]:
    """A JPEG's APP2 segments in front of the pixels: what stands behind belongs to other pictures of the file."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == 0xE2:
            yield data[at + 4 : at + 2 + length]
        at += 2 + max(2, length)


def _in_profile(icc: bytes) -> Code | None:
    """The code that an ICC profile of version 4.4 may carry beside its curves."""
    for entry in range(min(int.from_bytes(icc[128:132], "big"), 100)):
        name, start, size = struct.unpack_from(">4sII", icc.ljust(132 + 12 * (entry + 1), b"\0"), 132 + 12 * entry)
        if name == b"cicp" and size >= 12 and start + 10 <= len(icc):
            return Code(icc[start + 8], icc[start + 9])
    return None
