"""Read colour codes (CICP, ITU-T H.273) of PNG and AVIF files, convert them to ICC profiles, and detect HDR."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from imageseo.images.decoding.png_color import SRGB, matrix_profile
from imageseo.images.decoding.raster import png_chunks


class CicpCode(NamedTuple):
    """Colour primaries and transfer characteristics."""

    primaries: int
    transfer: int


HDR_TRANSFERS = {16: "PQ", 18: "HLG"}
"""Transfer characteristics brighter than a page's white, which an sRGB image cannot represent."""

_PRIMARIES = {
    1: SRGB,
    4: (0.310, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (0.3127, 0.3290, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (0.3127, 0.3290, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    9: (0.3127, 0.3290, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
_VIDEO = (1, 6, 11, 14, 15)  # the BT.709 camera curve, as five standards name it
_GAMMAS = {**dict.fromkeys(_VIDEO, 2.4), 4: 2.2, 5: 2.8, 8: 1.0}
"""Exponents that Chromium applies to PNGs: 2.4 is the display that the camera curve was designed for."""
_PARAMETRIC = {
    7: (1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4, 0.0912),
    13: (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
}


def read_cicp(data: bytes, kind: str) -> CicpCode | None:
    """Return the code of a PNG or AVIF, or None when it has none. ``kind``: the format from ``raster.sniff``."""
    if kind == "png":
        return _read_png(data)
    return _read_avif(data) if kind == "avif" else None


def hdr_format(data: bytes, kind: str, icc: bytes, xmp: bytes) -> str | None:
    """Return the name of the file's HDR technique, or None for an image without HDR.

    ``icc`` and ``xmp``: the profile and packet from the header. Gain maps are detected as browsers do: by Adobe's
    version in the XMP, or by ISO 21496-1 in a JPEG's segments or an AVIF's brands. Apple's own gain maps
    are ignored, as in browsers.
    """
    code = (read_cicp(data, kind) if kind == "png" or not icc else None) or _code_from_profile(icc)
    if code is not None and code.transfer in HDR_TRANSFERS:
        return HDR_TRANSFERS[code.transfer]
    has_adobe_gain_map = b"ns.adobe.com/hdr-gain-map/" in xmp and re.search(rb"Version\s*(=|>)", xmp)
    iso_name = b"urn:iso:std:iso:ts:21496:-1\0"
    has_iso_gain_map = kind == "jpeg" and any(iso_name in segment for segment in _app2_segments(data))
    has_tone_map = kind == "avif" and b"tmap" in data[16 : min(int.from_bytes(data[:4], "big"), 256)]
    return "gain map" if has_adobe_gain_map or has_iso_gain_map or has_tone_map else None


@lru_cache
def icc_profile(code: CicpCode) -> bytes:
    """Return an ICC profile; ``b""`` for sRGB and for unknown codes, as in browsers."""
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


def _read_png(data: bytes) -> CicpCode | None:
    """Return the code of a PNG's cICP chunk, which is valid only before the pixels."""
    for kind, content in png_chunks(data):
        if kind == b"cICP" and len(content) == 4:
            primaries, transfer, matrix, _ = content
            return CicpCode(primaries, transfer) if matrix == 0 else None
        if kind in (b"IDAT", b"IEND"):
            return None
    return None


def _read_avif(data: bytes) -> CicpCode | None:
    """Return the code of an AVIF's first nclx box. Camera curves are taken for sRGB's, as in browsers."""
    for meta in _iter_boxes(data, b"meta"):
        for properties in _iter_boxes(meta[4:], b"iprp"):
            for container in _iter_boxes(properties, b"ipco"):
                for color_box in _iter_boxes(container, b"colr"):
                    if color_box[:4] == b"nclx" and len(color_box) >= 8:
                        primaries, transfer = struct.unpack(">HH", color_box[4:8])
                        return CicpCode(primaries, 13 if transfer in _VIDEO else transfer)
    return None


def _iter_boxes(data: bytes, name: bytes) -> Iterator[bytes]:
    """Yield the contents of the boxes with this name on one level of an ISO base media file."""
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


def _app2_segments(data: bytes) -> Iterator[bytes]:
    """Yield a JPEG's APP2 segments before the pixels; later ones belong to other images in the file."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == 0xE2:
            yield data[at + 4 : at + 2 + length]
        at += 2 + max(2, length)


def _code_from_profile(icc: bytes) -> CicpCode | None:
    """Return the code that an ICC profile of version 4.4 may contain in addition to its curves."""
    for entry in range(min(int.from_bytes(icc[128:132], "big"), 100)):
        name, start, size = struct.unpack_from(">4sII", icc.ljust(132 + 12 * (entry + 1), b"\0"), 132 + 12 * entry)
        if name == b"cicp" and size >= 12 and start + 10 <= len(icc):
            return CicpCode(icc[start + 8], icc[start + 9])
    return None
