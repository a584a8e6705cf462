"""What a picture's own header says: its size as shown, and its words and rights in XMP, IPTC and EXIF."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from lxml.etree import _Element
    from PIL.ImageFile import ImageFile

MAX_PIXELS = 120_000_000
"""A picture above this is not opened."""

_DC = "http://purl.org/dc/elements/1.1/"
_IPTC_CORE = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_XMP = {
    "title": (f"{{{_DC}}}title",),
    "caption": (f"{{{_DC}}}description",),
    "alt": (f"{{{_IPTC_CORE}}}AltTextAccessibility",),
    "credit": ("{http://ns.adobe.com/photoshop/1.0/}Credit",),
    "copyright": (f"{{{_DC}}}rights",),
    "license": ("{http://creativecommons.org/ns#}license", "{http://ns.adobe.com/xap/1.0/rights/}WebStatement"),
    "source": ("{http://ns.useplus.org/ldf/xmp/1.0/}LicensorURL", f"{{{_DC}}}source"),
    "digital_source_type": ("{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType",),
}
_URLS = ("license", "source", "digital_source_type")
_IIM = {"title": 5, "caption": 120, "credit": 110, "copyright": 116, "creator": 80}
_EXIF = {"creator": 0x013B, "copyright": 0x8298}  # cameras write their own name as the description


class Seen(NamedTuple):
    """``said``: by the fields of ``Entry``. ``problem``: why the file cannot be used, ``""`` when it can."""

    width: int = 0
    height: int = 0
    said: dict[str, Any] = {}  # noqa: RUF012 - never written to
    problem: str = ""


def look(path: Path) -> Seen:
    """What the header says; pixels are not decoded. Broken metadata says nothing, a broken file is a ``problem``."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's words on size and EXIF: both are judged here
            with Image.open(path) as image:
                return _seen(image)
    except OSError as error:
        return Seen(problem=f"cannot be read: {error.strerror or 'no image of a known format'}")
    except Exception as error:  # a broken header makes Pillow raise whatever it meets first
        return Seen(problem=f"cannot be read: {error}")


def _seen(image: ImageFile) -> Seen:
    width, height = image.size
    if width * height > MAX_PIXELS:
        return Seen(problem=f"has {width}x{height} px; at most {MAX_PIXELS:,} are read")
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
        return Seen(problem="is animated")
    exif = image.getexif()
    if exif.get(0x0112) in (5, 6, 7, 8):
        width, height = height, width
    said = {name: text for name, tag in _EXIF.items() if (text := _text(exif.get(tag)))}
    return Seen(width=width, height=height, said={**said, **_iptc(image), **_packet(image)})


def _iptc(image: ImageFile) -> dict[str, Any]:
    from PIL.IptcImagePlugin import getiptcinfo

    try:
        records: Any = getiptcinfo(image) or {}
    except Exception:  # damaged records
        return {}
    found: dict[str, Any] = {}
    for name, number in _IIM.items():
        values = _several(records.get((2, number)))
        if text := ", ".join(each for value in values if (each := _text(value))):
            found[name] = text
    if tags := [text for value in _several(records.get((2, 25))) if (text := _text(value))]:
        found["tags"] = tags
    return found


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _packet(image: ImageFile) -> dict[str, Any]:
    said: Any = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    data: bytes = said.encode() if isinstance(said, str) else said
    start, end = data.find(b"<"), data.rfind(b">")
    if start < 0 or b"<!DOCTYPE" in data:  # a document type could only hold entities
        return {}
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        tree = etree.fromstring(data[start : end + 1], parser)
    except (etree.XMLSyntaxError, ValueError):
        return {}
    found: dict[str, Any] = {}
    for name, keys in _XMP.items():
        values = [value for key in keys for value in _values(tree, key)]
        if name in _URLS:
            values = [value for value in values if value.startswith(("http://", "https://"))]
        if values:
            found[name] = values[0]
    if creators := _values(tree, f"{{{_DC}}}creator"):
        found["creator"] = ", ".join(dict.fromkeys(creators))
    if tags := _values(tree, f"{{{_DC}}}subject"):
        found["tags"] = list(dict.fromkeys(tags))
    return found


def _values(tree: _Element, key: str) -> list[str]:
    """Every value of a property, whichever of RDF's ways it is written in; ``x-default`` comes first."""
    found: list[tuple[bool, str]] = []
    for element in tree.iter("{*}*"):
        if (attribute := element.get(key)) is not None:
            found.append((False, attribute))
        if element.tag == key:
            for item in list(element.iter(f"{_RDF}li")) or [element]:
                value = item.get(f"{_RDF}resource") or "".join(item.itertext())
                found.append((item.get(_LANG, "x-default") != "x-default", value))
    return [text for _, value in sorted(found, key=lambda each: each[0]) if (text := _text(value))]


def _text(value: object) -> str:
    text = value if isinstance(value, str) else ""
    if isinstance(value, bytes):
        try:
            text = value.decode()
        except UnicodeDecodeError:
            text = value.decode("latin-1")
    return " ".join(text.replace("\x00", " ").split())[:1024]
