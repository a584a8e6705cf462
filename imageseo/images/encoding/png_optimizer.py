"""Rewrite a PNG with identical pixels and fewer bytes, keeping only its colour information."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any, cast

from imageseo.images.decoding.raster import open_raster, png_chunks

if TYPE_CHECKING:
    from PIL.Image import Image

_POLICY = "repack 1: palette where it is exact, one of three filters"
_COLOR_CHUNKS = (b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM")
"""Chunks from which browsers read a PNG's colour space; they must precede palette and pixels."""
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")
_MAX_COLORS = 256


def version() -> str:
    """Return the policy and library versions; part of the cache keys. The result is compressed by Python's zlib."""
    import PIL

    return f"{_POLICY}; Pillow {PIL.__version__}; zlib {zlib.ZLIB_RUNTIME_VERSION}"


def optimize(data: bytes, orientation: int, *, xmp: bytes) -> bytes:
    """Return the smallest of several encodings of a PNG's pixels, upright; b"" if pixels would change.

    ``orientation``: EXIF's 1 to 8. ``xmp``: the only metadata written to the file. Raises any exception that Pillow
    raises for a file it cannot decode.
    """
    depth = data[24]
    if depth > 8:  # Pillow reads 16-bit colours as 8-bit
        return b""
    with open_raster(data, "png") as opened:
        opened.load()
        if opened.mode not in _MODES:
            return b""
        image = _turn_upright(opened, orientation)
    color_chunks = [_make_chunk(kind, content) for kind, content in png_chunks(data) if kind in _COLOR_CHUNKS]
    pixels = image.convert("RGBA")
    images = [image.convert("RGB") if image.mode == "RGBA" and pixels.getchannel("A").getextrema()[0] == 255 else image]
    grey = image.mode in ("1", "L", "LA") and any(kind == b"iCCP" for kind, _ in png_chunks(data))
    # A palette contains colours, to which a grey profile does not apply.
    if image.mode != "P" and not grey and (reduced := _reduce_to_palette(pixels)) is not None:
        images.append(reduced)
    encoded = (_insert_chunks(_compress(candidate), color_chunks, xmp) for candidate in images)
    best = min(encoded, key=len)
    return best if _has_same_pixels(best, pixels) else b""


def _turn_upright(image: Image, orientation: int) -> Image:
    from imageseo.images.resizers.pillow import turn_upright

    turned = turn_upright(image, orientation)
    return image.copy() if turned is image else turned


def _reduce_to_palette(image: Image) -> Image | None:
    """Return the image with a palette of exactly its colours; None when there are too many."""
    from PIL import Image as Images

    if image.getcolors(_MAX_COLORS) is None:
        return None
    import numpy as np

    pixels = np.asarray(image).view(np.uint32)[..., 0]
    colors, first, indexes = np.unique(pixels, return_index=True, return_inverse=True)
    table = np.asarray(image).reshape(-1, 4)[first]
    # Transparent colours come first, so that the PNG's list of alphas can be short.
    order = np.lexsort((colors, table[:, 3]))
    rank = np.empty(len(order), np.uint8)
    rank[order] = np.arange(len(order), dtype=np.uint8)
    paletted = Images.fromarray(rank[indexes].reshape(image.height, image.width))
    paletted.putpalette(table[order, :3].tobytes(), "RGB")
    alphas = table[order, 3]
    if alphas.min() < 255:
        paletted.info["transparency"] = alphas[: int((alphas < 255).sum())].tobytes()
    return paletted


def _compress(image: Image) -> bytes:
    """Return the image as PNG with the best filter: none for flat images, one per row for photographs."""
    draft = _save(image, compress_level=1)
    streams = [zlib.decompress(b"".join(content for kind, content in png_chunks(draft) if kind == b"IDAT"))]
    if image.mode in ("L", "LA", "RGB", "RGBA"):
        streams += _filter_rows(image)
    # Fast compression ranks the streams almost like the final compression.
    best = min(streams, key=lambda stream: len(zlib.compress(stream, 3)))
    pixels = _make_chunk(b"IDAT", zlib.compress(best, 9))
    chunks = list(png_chunks(draft))
    first = next(index for index, (kind, _) in enumerate(chunks) if kind == b"IDAT")
    before = [_make_chunk(*chunk) for chunk in chunks[:first]]
    after = [_make_chunk(*chunk) for chunk in chunks[first:] if chunk[0] != b"IDAT"]
    return b"".join([draft[:8], *before, pixels, *after])


def _filter_rows(image: Image) -> list[bytes]:
    """Return the rows in PNG's layout, each prefixed with its filter number: unfiltered, and as differences of rows."""
    import numpy as np

    rows = np.frombuffer(image.tobytes(), np.uint8).reshape(image.height, -1)
    above = np.zeros_like(rows)
    above[1:] = rows[:-1]

    def prefix(filter: int, content: Any) -> bytes:
        return cast("bytes", np.insert(content, 0, filter, axis=1).tobytes())

    return [prefix(0, rows), prefix(2, rows - above)]


def _save(image: Image, **options: Any) -> bytes:
    from PIL import PngImagePlugin  # noqa: F401 - registers the format

    out = io.BytesIO()
    transparency = {"transparency": image.info["transparency"]} if "transparency" in image.info else {}
    image.save(out, "PNG", exif=b"", icc_profile=b"", **transparency, **options)
    return out.getvalue()


def _insert_chunks(png: bytes, color_chunks: list[bytes], xmp: bytes) -> bytes:
    """Return the PNG with these chunks inserted after its header."""
    text = b"XML:com.adobe.xmp\x00\x00\x00\x00\x00" + xmp
    inserted = [*color_chunks, _make_chunk(b"iTXt", text)] if xmp else color_chunks
    required = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
    chunks = [_make_chunk(*chunk) for chunk in png_chunks(png) if chunk[0] in required]
    return b"".join([png[:8], chunks[0], *inserted, *chunks[1:]])


def _make_chunk(kind: bytes, content: bytes | memoryview) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def _has_same_pixels(png: bytes, pixels: Image) -> bool:
    """Whether a file decodes to these pixels, as a safeguard against unexpected conversions."""
    with open_raster(png, "png") as opened:
        return opened.size == pixels.size and opened.convert("RGBA").tobytes() == pixels.tobytes()
