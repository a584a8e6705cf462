"""Probe image files by their header: displayed size, format, frames, alpha, GPS, rights."""

from __future__ import annotations

import errno
import gzip
import hashlib
import io
import re
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers import expat

from imageseo.images.decoding.cicp import hdr_format
from imageseo.images.decoding.raster import PLUGINS, as_bytes, open_raster, png_chunks, sniff
from imageseo.images.metadata.ai_origin import read_ai_origin
from imageseo.images.metadata.private_data import private_kinds
from imageseo.images.metadata.rights import extract_png_xmp, read_rights, read_writer
from imageseo.images.metadata.segments import read_segments, reader_of
from imageseo.model import git_lfs, regular_file
from imageseo.model.image import Asset, BadAsset

if TYPE_CHECKING:
    from PIL.Image import Exif
    from PIL.ImageFile import ImageFile

MAX_BYTES = 256 * 2**20
"""Larger files are not read: no web page uses such an image."""

_ORIENTED_FORMATS = ("jpeg", "png", "avif")
"""Formats whose EXIF orientation browsers apply; they ignore the one of a WebP."""

_UNSUPPORTED_FORMATS = {
    "tiff": "a TIFF, which most browsers do not show",
    "heif": "a HEIF/HEIC image, which most browsers do not show",
    "jxl": "a JPEG XL image, which most browsers do not show",
    "jpeg2000": "a JPEG 2000 image, which most browsers do not show",
    "pdf": "a PDF",
    "html": "an HTML page",
    "video": "a video",
    "gzip": "a compressed file",
    "git-lfs": "a Git LFS pointer, not the image itself",
}
_NO_IMAGES = (None, "pdf", "html", "video", "gzip", "git-lfs")
_HINTS = {
    "html": "A web page may have been saved instead of the image. Replace the file.",
    "git-lfs": git_lfs.PULL,
}
_REPLACE = "Export the image again as JPEG, PNG, WebP, AVIF, GIF or SVG."


def probe(path: Path, site_path: str, *, max_pixels: int) -> Asset | BadAsset:
    """Return the image at ``path``, or the reason it cannot be used. Pixels are never decoded.

    ``site_path``: its path in the site, for messages. ``max_pixels``: the limit for width times height. Never raises
    for a problem with the file.
    """
    try:
        data = regular_file.read(path, limit=MAX_BYTES)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError) as error:  # ValueError: a NUL
        problem = "is a folder" if isinstance(error, IsADirectoryError) else "does not exist"
        return _missing_asset(site_path, f"{site_path} {problem}", "Correct the path, or add the file.")
    except regular_file.TooLargeError:
        size = f"{path.stat().st_size / 2**20:,.0f} MiB"
        return _unreadable_asset(site_path, f"{site_path} is {size}; files above {MAX_BYTES // 2**20} MiB are not read")
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return _missing_asset(
                site_path, f"{site_path[:80]}… does not exist: its name is too long", "Correct the path."
            )
        problem = f"{site_path} cannot be read: {error.strerror or error}"
        return _unreadable_asset(site_path, problem, "Give the build permission to read the file.")
    return probe_bytes(data, site_path, max_pixels=max_pixels)


def probe_bytes(data: bytes, site_path: str, *, max_pixels: int) -> Asset | BadAsset:
    """Probe a file already in memory, like :func:`probe`."""
    if not data:
        return replace(_unreadable_asset(site_path, f"{site_path} is empty (0 bytes)"), is_image=False)
    kind = sniff(data)
    if kind == "svg" or (kind == "gzip" and site_path.lower().endswith(".svgz")):
        return _probe_svg(data, site_path)
    if kind not in PLUGINS:
        problem = (
            f"is {_UNSUPPORTED_FORMATS[kind]}"
            if kind in _UNSUPPORTED_FORMATS
            else "is not an image of any format that browsers show"
        )
        unusable = _unreadable_asset(site_path, f"{site_path} {problem}", _HINTS.get(kind or "", _REPLACE))
        return replace(unusable, is_image=kind not in _NO_IMAGES)
    try:
        with open_raster(data, kind) as image:
            return _make_asset(image, data, kind, site_path, max_pixels)
    except Exception as error:  # a broken header can make Pillow raise any exception
        return _unreadable_asset(
            site_path, f"{site_path} looks like {kind.upper()} but its header cannot be read: {_describe_error(error)}"
        )


def _make_asset(image: ImageFile, data: bytes, kind: str, site_path: str, max_pixels: int) -> Asset | BadAsset:
    width, height = image.size
    if width < 1 or height < 1:
        return _unreadable_asset(site_path, f"{site_path} has the size {width}×{height} px in its header")
    if width * height > max_pixels:
        return _unreadable_asset(
            site_path,
            f"{site_path} has {width:,}×{height:,} px ({width * height / 1e6:,.0f} megapixels) in its header; "
            f"the limit is {max_pixels / 1e6:,.0f} megapixels, so it was not decoded",
            "Publish a smaller image, or raise `encode.max_pixels` if you trust this file.",
        )
    xmp, late_exif, iim = _read_metadata(image, data, kind)
    exif = header_exif = _parse_exif(as_bytes(image.info.get("exif")))
    if exif is None:
        exif = _parse_exif(late_exif)
    found = read_segments(read := reader_of(data))
    origin = read_ai_origin(read, found)
    rights = read_rights(xmp=xmp, iim=iim, exif=exif)
    if origin is not None and origin.source_type is not None:
        rights = replace(rights, digital_source_type=origin.source_type)
    orientation = _read_orientation(header_exif) if kind in _ORIENTED_FORMATS else 1
    css_size = _read_css_size(header_exif, image.size) if kind == "jpeg" else None
    if orientation >= 5:
        width, height = height, width
        css_size = css_size and (css_size[1], css_size[0])
    return Asset(
        path=site_path,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        format=kind,
        width=width,
        height=height,
        frames=int(getattr(image, "n_frames", 1)),
        orientation=orientation,
        css_size=css_size,
        mode=image.mode,
        has_alpha=image.has_transparency_data,
        private=tuple(sorted(private_kinds(data, found))) if found is not None and found.parts else (),
        hdr=hdr_format(data, kind, as_bytes(image.info.get("icc_profile")), xmp),
        writer=read_writer(xmp),
        rights=rights,
        origin=origin,
    )


def _read_metadata(image: ImageFile, data: bytes, kind: str) -> tuple[bytes, bytes, bytes]:
    """Return XMP, EXIF from where no browser looks for an orientation, and IPTC-IIM; ``b""`` where missing."""
    xmp, late_exif = as_bytes(image.info.get("xmp")), b""
    if kind == "png":
        for chunk, content in png_chunks(data):
            if chunk == b"eXIf":
                late_exif = late_exif or bytes(content)
            elif chunk == b"iTXt":
                xmp = xmp or extract_png_xmp(bytes(content))
    resources = image.info.get("photoshop")
    iim = resources.get(0x0404) if isinstance(resources, dict) else None
    return xmp, late_exif, as_bytes(iim)


def _parse_exif(raw: bytes) -> Exif | None:
    """Parse only the EXIF block: Pillow's ``getexif`` falls back to the XMP orientation, which browsers ignore."""
    if not raw:
        return None
    from PIL.Image import Exif

    exif = Exif()
    try:
        exif.load(raw)
    except Exception:  # broken metadata is ignored; the image itself may be intact
        return None
    return exif


def _read_orientation(exif: Exif | None) -> int:
    value = exif.get(0x0112) if exif is not None else None
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _read_css_size(exif: Exif | None, size: tuple[int, int]) -> tuple[int, int] | None:
    """Return the size in CSS px at which Chromium and Firefox show a JPEG; None if it is that in px.

    They only believe a density in dpi that agrees with the dimensions in the EXIF data at 72 dpi, so that those of
    cameras have no effect; in PNG, WebP and AVIF files they ignore it (measured with Chromium 156).
    """
    if exif is None or exif.get(0x0128) != 2:
        return None
    try:
        details = exif.get_ifd(0x8769)
        densities = [float(exif.get(tag, 0)) for tag in (0x011A, 0x011B)]
        found = [details.get(tag) for tag in (0xA002, 0xA003)]
        if not all(density > 0 for density in densities):
            return None
        computed = [int(side * 72 / density + 0.5) for side, density in zip(size, densities, strict=True)]
    except Exception:  # broken metadata is ignored, as above
        return None
    return (computed[0], computed[1]) if found == computed and 0 not in computed and computed != [*size] else None


def _describe_error(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")


def _missing_asset(path: str, problem: str, hint: str) -> BadAsset:
    return BadAsset(path=path, rule="img-missing", problem=problem, hint=hint)


def _unreadable_asset(path: str, problem: str, hint: str = _REPLACE) -> BadAsset:
    return BadAsset(path=path, rule="img-unreadable", problem=problem, hint=hint)


# SVG: no pixels; only the root element's attributes matter.


class _RootFound(Exception):
    """Raised to stop the parser at the root element."""


def _probe_svg(data: bytes, site_path: str) -> Asset | BadAsset:
    try:
        text = data if data[:2] != b"\x1f\x8b" else gzip.GzipFile(fileobj=io.BytesIO(data)).read(2**20)
        root = _read_root(text)
    except (expat.ExpatError, OSError, EOFError, zlib.error, ValueError) as error:
        return _unreadable_asset(site_path, f"{site_path} looks like SVG but cannot be read: {_describe_error(error)}")
    width, height, natural = _svg_size(root)
    has_whole_px = _has_whole_px(root)
    return Asset(
        path=site_path,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        format="svg",
        width=width,
        height=height,
        mode="RGBA",
        has_alpha=True,
        natural=natural,
        has_whole_px=has_whole_px,
    )


def _read_root(text: bytes) -> dict[str, str]:
    """Return the attributes of the root element, which must be ``svg``; parse no further."""
    attributes_found: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2].lower() != "svg":
            raise ValueError(f"its root element is <{name}>")
        attributes_found.update(attributes)
        raise _RootFound

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    try:
        parser.Parse(text[: 2**20], True)
    except _RootFound:
        return attributes_found
    raise ValueError("it has no root element")


_LENGTH = re.compile(
    r"\s*([+]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(px|pt|pc|in|cm|mm|q|em|ex|rem)?\s*", re.IGNORECASE
)
_PX = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4, "q": 96 / 101.6}
_PX |= {"em": 16.0, "rem": 16.0, "ex": 8.0}


def _parse_length(text: str | None) -> float | None:
    match = _LENGTH.fullmatch(text or "")
    value = float(match[1]) * _PX[(match[2] or "").lower()] if match else 0.0
    return value if 0 < value < 1e6 else None


def _svg_size(root: dict[str, str]) -> tuple[int, int, bool]:
    """Return width and height in CSS px, and whether browsers use them; with only a ratio they fill the column."""
    width, height = _parse_length(root.get("width")), _parse_length(root.get("height"))
    box = [_parse_length(part) for part in re.split(r"[\s,]+", root.get("viewBox", "").strip())[2:4]]
    ratio = box[0] / box[1] if len(box) == 2 and box[0] and box[1] else None
    natural = ratio is None or width is not None or height is not None
    if width is None and height is None:
        # Without a view box, browsers use CSS's default object size.
        width, height = (box[0], box[1]) if ratio else (300.0, 150.0)
    elif width is None:
        width = height * ratio if ratio and height else 300.0
    elif height is None:
        height = width / ratio if ratio else 150.0
    return max(1, round(width or 1)), max(1, round(height or 1)), natural


def _has_whole_px(root: dict[str, str]) -> bool:
    """Whether an SVG declares its size in whole px and keeps its ratio, so that its tag may repeat it."""
    lengths = [_LENGTH.fullmatch(root.get(name, "")) for name in ("width", "height")]
    return not root.get("preserveAspectRatio", "").strip().startswith("none") and all(
        match is not None and (match[2] or "px").lower() == "px" and float(match[1]).is_integer() for match in lengths
    )
