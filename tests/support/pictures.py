"""Makers of pictures, plain and awkward: every one is bytes of a file, made anew and the same each time."""

from __future__ import annotations

import functools
import io
import math
import random
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

DIGITAL = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def save(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The file. ``xmp``, ``exif`` and ``icc_profile`` are written in every format that has a place for them."""
    out = io.BytesIO()
    if kind == "PNG" and "xmp" in options:
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", options.pop("xmp").decode("utf-8"))
    image.save(out, kind, **options)
    return out.getvalue()


def photo(width: int = 320, height: int = 200, seed: int = 1) -> Image.Image:
    """Soft shapes with grain: it compresses as photographs do."""
    soft = Image.frombytes("RGB", (8, 5), random.Random(seed).randbytes(120)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    grain = Image.frombytes("L", (64, 64), random.Random(seed + 1).randbytes(4096)).resize((width, height))
    return Image.blend(soft, Image.merge("RGB", (grain,) * 3), 0.08)


def flat(colour: Any, mode: str = "RGB", size: tuple[int, int] = (64, 48)) -> Image.Image:
    return Image.new(mode, size, colour)


def cut(data: bytes, share: float = 0.5) -> bytes:
    return data[: int(len(data) * share)]


# PNG, by hand where Pillow does not write it


def png(
    width: int, height: int, *, depth: int, colour: int, rows: bytes, extra: Sequence[tuple[bytes, bytes]] = ()
) -> bytes:
    """``rows``: unfiltered scan lines, each with its leading 0. ``extra``: chunks in front of the pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_late_chunk(data: bytes, kind: bytes, content: bytes) -> bytes:
    """A PNG with a chunk behind its pixels, where exiftool puts metadata."""
    end = data.rindex(b"IEND") - 4
    return data[:end] + _chunk(kind, content) + data[end:]


def bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A few hundred bytes that say they are gigapixels."""
    return png(width, height, depth=8, colour=2, rows=b"\x00" * 64)


def grey16(values: Sequence[int], transparent: int | None = None) -> bytes:
    """One row of 16-bit greys; ``transparent``: the value that a tRNS chunk makes invisible."""
    extra = [] if transparent is None else [(b"tRNS", struct.pack(">H", transparent))]
    rows = b"\x00" + struct.pack(f">{len(values)}H", *values)
    return png(len(values), 1, depth=16, colour=0, rows=rows, extra=extra)


def rgb16(pixel: tuple[int, int, int], size: tuple[int, int] = (64, 48), alpha: int | None = None) -> bytes:
    sample = struct.pack(">3H", *pixel) + (b"" if alpha is None else struct.pack(">H", alpha))
    rows = (b"\x00" + sample * size[0]) * size[1]
    return png(*size, depth=16, colour=2 if alpha is None else 6, rows=rows)


def palette_with_transparency() -> bytes:
    """Left half red, right half an invisible green."""
    image = Image.new("P", (64, 48), 0)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.paste(1, (32, 0, 64, 48))
    return save(image, "PNG", transparency=b"\xff\x00")


def coded_avif(image: Image.Image, primaries: int, transfer: int) -> bytes:
    """An AVIF whose nclx box says other colours than Pillow wrote into it."""
    data = save(image, "AVIF", quality=100)
    at = data.index(b"nclx") + 4
    return data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4 :]


# Several frames


def animated(kind: str, frames: int = 3) -> bytes:
    stills = [photo(48, 32, seed) for seed in range(frames)]
    return save(stills[0], kind, save_all=True, append_images=stills[1:], duration=100)


def with_preview(colour: str = "red") -> bytes:
    """A JPEG with a second one behind it (MPO), as phones write them for previews and gain maps."""
    return save(flat(colour), "MPO", save_all=True, append_images=[flat("blue", size=(16, 12))])


# Orientation: a picture whose corners differ, stored so that it looks upright when turned as EXIF says

CORNERS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0))  # top left, top right, bottom left, bottom right
_STORED: Mapping[int, Image.Transpose | None] = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def corners(size: tuple[int, int] = (96, 64)) -> Image.Image:
    image = Image.new("RGB", size)
    half = (size[0] // 2, size[1] // 2)
    for place, colour in zip(((0, 0), (half[0], 0), (0, half[1]), half), CORNERS, strict=True):
        image.paste(colour, (*place, place[0] + half[0], place[1] + half[1]))
    return image


def turned(orientation: int, kind: str = "JPEG") -> bytes:
    how = _STORED[orientation]
    stored = corners() if how is None else corners().transpose(how)
    options: dict[str, Any] = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {}
    return save(stored, kind, exif=exif({0x0112: orientation}), **options)


# Metadata


def exif(tags: Mapping[int, Any], *, gps: bool = False) -> bytes:
    block = Image.Exif()
    block.update(tags)
    if gps:
        block[0x8825] = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)}
    return block.tobytes()


CAMERA = {0x010F: "Spiegel & Sohn", 0x0110: "Reflex 3000", 0x013B: "Exif Artist", 0x8298: "Exif Copyright"}

XMP = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
   xmpRights:WebStatement="https://example.org/licence" photoshop:Credit="Example &amp; Söhne"
   Iptc4xmpExt:DigitalSourceType="{DIGITAL}" exif:GPSLatitude="52,31.2N" exif:GPSLongitude="13,24.6E">
   <dc:creator><rdf:Seq><rdf:li>Ada Lovelace</rdf:li><rdf:li>王小明</rdf:li></rdf:Seq></dc:creator>
   <dc:rights><rdf:Alt><rdf:li xml:lang="de">Alle Rechte</rdf:li>
     <rdf:li xml:lang="x-default">© 2026 Ada &lt;Lovelace&gt;</rdf:li></rdf:Alt></dc:rights>
   <plus:Licensor><rdf:Seq><rdf:li rdf:parseType="Resource">
     <plus:LicensorURL>https://example.org/buy?a=1&amp;b=2</plus:LicensorURL></rdf:li></rdf:Seq></plus:Licensor>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>{" " * 200}
<?xpacket end="w"?>""".encode()


def iim(*, utf8: bool = True, creator: str = "Bild Jürgen", credit: str = "Agentur", notice: str = "© Jürgen") -> bytes:
    code = "utf-8" if utf8 else "latin-1"
    records = [(1, 90, b"\x1b%G")] if utf8 else []
    records += [(2, 80, creator.encode(code)), (2, 110, credit.encode(code)), (2, 116, notice.encode(code))]
    return b"".join(struct.pack(">BBBH", 0x1C, record, number, len(value)) + value for record, number, value in records)


def with_iim(jpeg: bytes, records: bytes) -> bytes:
    """A JPEG with an APP13 segment as Photoshop writes it."""
    resource = b"8BIM" + struct.pack(">H", 0x0404) + b"\x00\x00" + struct.pack(">I", len(records)) + records
    body = b"Photoshop 3.0\x00" + resource + b"\x00" * (len(records) % 2)
    return jpeg[:2] + b"\xff\xed" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


# Colour profiles, by hand: small, exact and nobody's property


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _profile(kind: bytes, space: bytes, pcs: bytes, name: str, tags: Mapping[bytes, bytes]) -> bytes:
    text = name.encode() + b"\x00"
    described = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * 78,
        b"cprt": b"text\0\0\0\0CC0\0",
        b"wtpt": b"XYZ \0\0\0\0" + _fixed(0.9642, 1.0, 0.8249),
        **tags,
    }
    table, body, at = b"", b"", 132 + 12 * len(described)
    for tag, value in described.items():
        padded = value + b"\0" * (-len(value) % 4)
        table += struct.pack(">4sII", tag, at + len(body), len(value))
        body += padded
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"\0" * 4, 0x02400000, kind, space, pcs)
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + _fixed(0.9642, 1.0, 0.8249)
    return head.ljust(128, b"\0") + struct.pack(">I", len(described)) + table + body


GAMMA = 0x0233 / 256
P3_TO_XYZ = ((0.51512, 0.29198, 0.15710), (0.24120, 0.69225, 0.06657), (-0.00105, 0.04189, 0.78407))
"""Display P3's primaries, adapted to D50: rows X, Y, Z."""


def p3_like() -> bytes:
    """Display P3's primaries with a plain gamma of 2.2."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, 0x0233)
    columns = zip((b"rXYZ", b"gXYZ", b"bXYZ"), zip(*P3_TO_XYZ, strict=True), strict=True)
    tags = {name: b"XYZ \0\0\0\0" + _fixed(*column) for name, column in columns}
    return _profile(b"mntr", b"RGB ", b"XYZ ", "Wide", {**tags, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})


def linear_grey() -> bytes:
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, 0x0100)
    return _profile(b"mntr", b"GRAY", b"XYZ ", "Linear grey", {b"kTRC": curve})


INKS = {"c": (55, -37, -50), "m": (48, 74, -3), "y": (89, -5, 93)}
PAPER = (100, 0, 0)


@functools.cache
def press() -> bytes:
    """A CMYK profile of a simple press, as a table of Lab colours over nine steps an ink."""

    def lab(cyan: int, magenta: int, yellow: int, black: int) -> tuple[float, float, float]:
        light, a, b = (float(value) for value in PAPER)
        for on, ink in ((cyan, INKS["c"]), (magenta, INKS["m"]), (yellow, INKS["y"])):
            if on:
                light, a, b = light * ink[0] / 100, a + ink[1], b + ink[2]
        return (light * 0.15, 0.0, 0.0) if black else (light, max(-120.0, min(120.0, a)), max(-120.0, min(120.0, b)))

    corners = [(bits, lab(*bits)) for bits in product((0, 1), repeat=4)]

    def between(*inks: float) -> tuple[float, ...]:
        shares = [math.prod(x if bit else 1 - x for x, bit in zip(inks, bits, strict=True)) for bits, _ in corners]
        return tuple(
            sum(share * lab[axis] for share, (_, lab) in zip(shares, corners, strict=True)) for axis in range(3)
        )

    steps = [step / 8 for step in range(9)]
    nodes = [between(*inks) for inks in product(steps, repeat=4)]
    grid = b"".join(bytes((round(light * 2.55), round(a + 128), round(b + 128))) for light, a, b in nodes)
    straight = bytes(range(256))
    head = b"mft1\0\0\0\0" + bytes((4, 3, 9, 0)) + _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    tables = head + straight * 4 + grid + straight * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", "Press", {b"A2B0": tables})


AWKWARD: Mapping[str, Callable[[], bytes]] = {
    "truncated.jpg": lambda: cut(save(photo(), "JPEG")),
    "truncated.png": lambda: cut(save(photo(), "PNG")),
    "truncated.webp": lambda: cut(save(photo(), "WEBP")),
    "truncated.avif": lambda: cut(save(photo(), "AVIF")),
    "empty.jpg": bytes,
    "page.jpg": lambda: b"\xef\xbb\xbf\n<!DOCTYPE html>\n<html><body><svg></svg>404</body></html>",
    "noise.png": lambda: random.Random(3).randbytes(4000),
    "bomb.png": bomb,
    "header-only.jpg": lambda: save(photo(), "JPEG")[:20],
    "pointer.png": lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n",
    "scan.tiff": lambda: save(photo(), "TIFF"),
}
"""What no variant can be made of, one way or another."""
