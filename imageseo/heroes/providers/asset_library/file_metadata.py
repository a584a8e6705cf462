"""Read an image's header: its upright size, and texts and rights from XMP, IPTC and EXIF."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from imageseo.images.metadata import properties
from imageseo.images.metadata.ai_origin import read_ai_origin
from imageseo.images.metadata.properties import CC, DC, IPTC_CORE, IPTC_EXT, PHOTOSHOP, PLUS, XMP_RIGHTS
from imageseo.images.metadata.segments import read_segments
from imageseo.model import git_lfs, regular_file

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MAX_PIXELS = 120_000_000
"""Maximum number of pixels of an image that is opened."""
POINTER = git_lfs.describe("", "image").strip()
"""The problem of a file that is only a Git LFS pointer."""

_XMP = {
    "title": ((DC, "title"),),
    "caption": ((DC, "description"),),
    "alt": ((IPTC_CORE, "AltTextAccessibility"),),
    "credit": ((PHOTOSHOP, "Credit"),),
    "copyright": ((DC, "rights"),),
    "license": ((CC, "license"), (XMP_RIGHTS, "WebStatement")),
    "source": ((PLUS, "LicensorURL"), (DC, "source")),
    "digital_source_type": ((IPTC_EXT, "DigitalSourceType"),),
}
_URLS = ("license", "source", "digital_source_type")
_IIM = {"title": 5, "caption": 120, "credit": 110, "copyright": 116, "creator": 80}
_EXIF = {"creator": 0x013B, "copyright": 0x8298}  # EXIF's description is not read: cameras write their own name into it


class HeaderMetadata(NamedTuple):
    """``fields``: values for the fields of ``LibraryEntry``. ``problem``: why the file cannot be used, else ``""``."""

    width: int = 0
    height: int = 0
    fields: dict[str, Any] = {}  # noqa: RUF012 - never written to
    problem: str = ""


def read_header(path: Path) -> HeaderMetadata:
    """Read the header without decoding pixels. Broken metadata is ignored; a broken file is a ``problem``."""
    from PIL import Image

    if git_lfs.is_pointer_file(path):
        return HeaderMetadata(problem=POINTER)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's warnings about size and EXIF: both are checked below
            with regular_file.open_binary(path) as file, Image.open(file) as image:
                header = _read_opened(image)
                return header if header.problem else header._replace(fields=_with_origin(header.fields, file))
    except OSError as error:
        return HeaderMetadata(problem=f"cannot be read: {error.strerror or 'not an image of a known format'}")
    except Exception as error:  # a broken header can make Pillow raise any exception
        return HeaderMetadata(problem=f"cannot be read: {error}")


def _read_opened(image: ImageFile) -> HeaderMetadata:
    width, height = image.size
    if width * height > MAX_PIXELS:
        return HeaderMetadata(problem=f"has {width}x{height} px; at most {MAX_PIXELS:,} are read")
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
        return HeaderMetadata(problem="is animated")
    exif = image.getexif()
    if exif.get(0x0112) in (5, 6, 7, 8):
        width, height = height, width
    fields = {name: text for name, tag in _EXIF.items() if (text := properties.exif_text(exif.get(tag)))}
    return HeaderMetadata(width=width, height=height, fields={**fields, **_iptc(image), **_xmp(image)})


def _with_origin(fields: dict[str, Any], file: BinaryIO) -> dict[str, Any]:
    """Return the fields of a generated image marked as such, and without texts that may be its prompt.

    Many tools tell of themselves only in the prompt, which the master does not keep.
    """

    def read(offset: int, size: int) -> bytes:
        file.seek(offset)
        return file.read(max(0, size))

    origin = read_ai_origin(read, read_segments(read))
    if origin is None:
        return fields
    if any(name.startswith(("XMP", "IPTC")) for name in origin.prompts):
        fields = {name: value for name, value in fields.items() if name not in ("title", "caption", "alt")}
    return {**fields, "digital_source_type": origin.source_type} if origin.source_type else fields


def _iptc(image: ImageFile) -> dict[str, Any]:
    resources = image.info.get("photoshop")
    data: Any = resources.get(0x0404) if isinstance(resources, dict) else None
    if image.format == "TIFF":
        data = getattr(image, "tag_v2", {}).get(0x83BB)
    records = properties.records(data if isinstance(data, bytes) else b"")
    found: dict[str, Any] = {
        name: text for name, number in _IIM.items() if (text := properties.clean(", ".join(records.get(number, ()))))
    }
    return {**found, "tags": records[25]} if 25 in records else found


def _xmp(image: ImageFile) -> dict[str, Any]:
    packet: Any = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    tree = properties.properties(packet.encode() if isinstance(packet, str) else packet)
    found: dict[str, Any] = {}
    for name, keys in _XMP.items():
        values = [value for key in keys for value in properties.values(tree, *key)]
        if name in _URLS:
            values = [value for value in values if properties.url(value)]
        if values:
            found[name] = values[0]
    if creators := properties.listed(tree, DC, "creator"):
        found["creator"] = creators
    if tags := properties.values(tree, DC, "subject"):
        found["tags"] = list(dict.fromkeys(tags))
    return found
