"""A PNG written anew with the very same pixels: fewer bytes for what is seen, nothing else but its colours' meaning."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any, cast

from imageseo.images.decoding.raster import open_raster, png_chunks

if TYPE_CHECKING:
    from PIL.Image import Image

_RECIPE = "repack 1: palette where it is exact, one of three filters"
_MEANING = (b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM")
"""What browsers read of a PNG's colours; it must stand in front of palette and pixels."""
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")
_COLOURS = 256


def version() -> str:
    """The recipe and the libraries; enters the store's key. Python's zlib packs what is written, not Pillow's."""
    import PIL

    return f"{_RECIPE}; Pillow {PIL.__version__}; zlib {zlib.ZLIB_RUNTIME_VERSION}"


def png(data: bytes, orientation: int, *, xmp: bytes) -> bytes:
    """The smallest of a few ways to write a PNG's pixels, upright; b"" for one whose pixels would not all survive.

    ``orientation``: EXIF's 1 to 8. ``xmp``: the one piece of metadata that the file is to have. Raises what Pillow
    raises for a file that it cannot decode.
    """
    depth = data[24]
    if depth > 8:  # Pillow reads colours of 16 bits as 8
        return b""
    with open_raster(data, "png") as opened:
        opened.load()
        if opened.mode not in _MODES:
            return b""
        image = _upright(opened, orientation)
    meaning = [_chunk(kind, content) for kind, content in png_chunks(data) if kind in _MEANING]
    seen = image.convert("RGBA")
    images = [image.convert("RGB") if image.mode == "RGBA" and seen.getchannel("A").getextrema()[0] == 255 else image]
    grey = image.mode in ("1", "L", "LA") and any(kind == b"iCCP" for kind, _ in png_chunks(data))
    # A palette holds colours, of which a profile for greys says nothing.
    if image.mode != "P" and not grey and (reduced := _by_palette(seen)) is not None:
        images.append(reduced)
    made = (_with(_packed(each), meaning, xmp) for each in images)
    best = min(made, key=len)
    return best if _same(best, seen) else b""


def _upright(image: Image, orientation: int) -> Image:
    from imageseo.images.resizers.pillow import TURNS

    return image.transpose(TURNS[orientation]) if orientation in TURNS else image.copy()


def _by_palette(seen: Image) -> Image | None:
    """The picture by a palette that holds every one of its colours; None when there are too many."""
    from PIL import Image as Images

    if seen.getcolors(_COLOURS) is None:
        return None
    import numpy as np

    pixels = np.asarray(seen).view(np.uint32)[..., 0]
    colours, first, places = np.unique(pixels, return_index=True, return_inverse=True)
    table = np.asarray(seen).reshape(-1, 4)[first]
    # What is not opaque comes first: a PNG's list of alphas may then be short.
    order = np.lexsort((colours, table[:, 3]))
    rank = np.empty(len(order), np.uint8)
    rank[order] = np.arange(len(order), dtype=np.uint8)
    made = Images.fromarray(rank[places].reshape(seen.height, seen.width))
    made.putpalette(table[order, :3].tobytes(), "RGB")
    alphas = table[order, 3]
    if alphas.min() < 255:
        made.info["transparency"] = alphas[: int((alphas < 255).sum())].tobytes()
    return made


def _packed(image: Image) -> bytes:
    """A PNG of the picture, by the filter that suits it best: flat pages want none, photographs one for each row."""
    drafted = _saved(image, compress_level=1)
    streams = [zlib.decompress(b"".join(content for kind, content in png_chunks(drafted) if kind == b"IDAT"))]
    if image.mode in ("L", "LA", "RGB", "RGBA"):
        streams += _filtered(image)
    # The order of a fast try is nearly that of the real thing.
    best = min(streams, key=lambda stream: len(zlib.compress(stream, 3)))
    pixels = _chunk(b"IDAT", zlib.compress(best, 9))
    chunks = list(png_chunks(drafted))
    first = next(index for index, (kind, _) in enumerate(chunks) if kind == b"IDAT")
    before = [_chunk(*chunk) for chunk in chunks[:first]]
    behind = [_chunk(*chunk) for chunk in chunks[first:] if chunk[0] != b"IDAT"]
    return b"".join([drafted[:8], *before, pixels, *behind])


def _filtered(image: Image) -> list[bytes]:
    """The rows of PNG's layout, each with its filter's number in front: as they are, and as differences of rows."""
    import numpy as np

    rows = np.frombuffer(image.tobytes(), np.uint8).reshape(image.height, -1)
    above = np.zeros_like(rows)
    above[1:] = rows[:-1]

    def numbered(filter: int, content: Any) -> bytes:
        return cast("bytes", np.insert(content, 0, filter, axis=1).tobytes())

    return [numbered(0, rows), numbered(2, rows - above)]


def _saved(image: Image, **options: Any) -> bytes:
    from PIL import PngImagePlugin  # noqa: F401 - registers the format

    out = io.BytesIO()
    given = {"transparency": image.info["transparency"]} if "transparency" in image.info else {}
    image.save(out, "PNG", exif=b"", icc_profile=b"", **given, **options)
    return out.getvalue()


def _with(png: bytes, meaning: list[bytes], xmp: bytes) -> bytes:
    """The PNG with chunks behind its header."""
    text = b"XML:com.adobe.xmp\x00\x00\x00\x00\x00" + xmp
    added = [*meaning, _chunk(b"iTXt", text)] if xmp else meaning
    kept = [_chunk(*chunk) for chunk in png_chunks(png) if chunk[0] in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")]
    return b"".join([png[:8], kept[0], *added, *kept[1:]])


def _chunk(kind: bytes, content: bytes | memoryview) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def _same(png: bytes, seen: Image) -> bool:
    """Whether a file decodes to these pixels: what was not held to be possible must not cost a picture either."""
    with open_raster(png, "png") as opened:
        return opened.size == seen.size and opened.convert("RGBA").tobytes() == seen.tobytes()
