"""Open raster files by their content, not their name, reading no more than the header."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, cast

from imageseo.model import git_lfs

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

# Broken EXIF data is ignored; Pillow would print a line of its own code for it, among the messages of a build.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.TiffImagePlugin")

PLUGINS = {
    "jpeg": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "png": ("PIL.PngImagePlugin", "PngImageFile"),
    "webp": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "avif": ("PIL.AvifImagePlugin", "AvifImageFile"),
    "gif": ("PIL.GifImagePlugin", "GifImageFile"),
    "bmp": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "ico": ("PIL.IcoImagePlugin", "IcoImageFile"),
}
"""Supported raster formats that browsers show, with Pillow's module and class for each."""

_MAGIC = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"\x00\x00\x01\x00", "ico"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"\xff\x0a", "jxl"),
    (b"\x00\x00\x00\x0cJXL ", "jxl"),
    (b"\x00\x00\x00\x0cjP  ", "jpeg2000"),
    (b"%PDF-", "pdf"),
    (b"\x1f\x8b", "gzip"),
)
_MAX_DEFLATED = 1000  # bytes; deflate shrinks by 1032 at most, and Pillow reads texts of up to 1 MiB
_AVIF_BRANDS = (b"avif", b"avis")
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


def sniff(data: bytes) -> str | None:
    """Return the format: a key of ``PLUGINS``, ``svg``, another name (``tiff``, ``html``, ``git-lfs`` …) or None."""
    if git_lfs.is_pointer(data):
        return "git-lfs"
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp":
        brands = _read_brands(data)
        if any(brand in _AVIF_BRANDS for brand in brands):
            return "avif"
        return "heif" if any(brand in _HEIF_BRANDS for brand in brands) else "video"
    return _sniff_text(data[:65536])


def _read_brands(data: bytes) -> list[bytes]:
    """Return the major and compatible brands of an ISO base media file."""
    end = min(int.from_bytes(data[:4], "big"), 4096, len(data))
    return [data[8:12], *(data[at : at + 4] for at in range(16, end, 4))]


def _sniff_text(head: bytes) -> str | None:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = head.decode("utf-16", "replace").lower()
    else:
        text = head.removeprefix(b"\xef\xbb\xbf").decode("latin-1").lower()
    text = text.lstrip()
    if not text.startswith("<"):
        return None
    if text.startswith(("<!doctype html", "<html")):
        return "html"
    svg, html = text.find("<svg"), text.find("<html")
    if ":svg" in text and svg < 0:
        svg = text.find(":svg")
    if svg >= 0 and (html < 0 or svg < html):
        return "svg"
    return "html" if html >= 0 else None


def open_raster(data: bytes, kind: str) -> ImageFile:
    """Open an image: read its header, decode nothing.

    ``kind``: a key of ``PLUGINS``. The class is called directly instead of ``Image.open``, which applies a process-wide
    pixel limit (the limit here is a setting) and treats a JPEG with an appended preview or gain map (MPO) as two
    frames, while browsers show one still. Any exception that Pillow raises for a broken header is passed on.
    """
    if kind == "png":
        data = without_compressed_texts(data)
    module, name = PLUGINS[kind]
    return cast("ImageFile", getattr(import_module(module), name)(io.BytesIO(data)))


def png_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield type and content of each chunk of a PNG, including those after the pixels. A truncated file is no error.

    Pillow reads chunks after the pixels only when it decodes, and exiftool writes metadata there.
    """
    view, at = memoryview(data), 8
    while at + 8 <= len(data):
        length = int.from_bytes(view[at : at + 4], "big")
        yield data[at + 4 : at + 8], view[at + 8 : at + 8 + length]
        at += length + 12


def without_compressed_texts(data: bytes) -> bytes:
    """Return a PNG without compressed texts that may inflate beyond Pillow's limit: it would not open the image.

    Other data is returned unchanged.
    """
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    kept, start, at = list[bytes](), 0, 8
    for kind, content in png_chunks(data):
        end = at + len(content) + 12
        inflates = kind == b"zTXt" or (kind == b"iTXt" and bytes(content[:81]).partition(b"\0")[2][:1] == b"\1")
        if inflates and len(content) > _MAX_DEFLATED:
            kept.append(data[start:at])
            start = end
        at = end
    return b"".join([*kept, data[start:]]) if kept else data


def as_bytes(value: object) -> bytes:
    """Return a value of Pillow's ``info`` if it is bytes, else ``b""``."""
    return value if isinstance(value, bytes) else b""
