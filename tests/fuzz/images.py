"""Images to survive: a small file of every format that is read, with metadata, and mutations of it."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from functools import lru_cache

from tests.fuzz.mutations import mutated, mutated_binary

XMP = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    b'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" '
    b'xmpRights:Marked="True"><dc:creator><rdf:Seq><rdf:li>A. Person</rdf:li></rdf:Seq></dc:creator><dc:rights><rdf:Alt>'
    b'<rdf:li xml:lang="x-default">\xc2\xa9 2026</rdf:li></rdf:Alt></dc:rights></rdf:Description></rdf:RDF></x:xmpmeta>'
    b'<?xpacket end="w"?>'
)
_SVG = (
    b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg" width="60" '
    b'height="2em" viewBox="0 0 60 40"><style>a{b:c}</style><text>&a;</text><path d="M0 0h60v40z"/></svg>'
)
_XMP_PLACES = ("JPEG", "WEBP", "PNG", "AVIF")


@lru_cache(maxsize=1)
def seeds() -> dict[str, list[bytes]]:
    """Return files by suffix; all small, so that thousands can be tried in a minute."""
    from PIL import Image

    from tests.support.pictures import photo, save

    small = photo(72, 48)
    exif = Image.Exif()
    exif[0x0112], exif[0x8298] = 6, "Somebody"
    extra = {"exif": exif.tobytes()}
    frames = [photo(40, 40, seed) for seed in (1, 2, 3)]

    def moving(kind: str) -> bytes:
        out = io.BytesIO()
        frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=80)
        return out.getvalue()

    return {
        "jpg": [
            save(small, "JPEG", xmp=XMP, **extra),
            save(small, "JPEG", progressive=True),
            save(small.convert("CMYK"), "JPEG"),
            save(small.convert("L"), "JPEG"),
        ],
        "png": [
            save(small, "PNG", xmp=XMP),
            save(small.convert("P"), "PNG"),
            save(small.convert("I;16") if small.mode == "L" else small.convert("L").convert("I;16"), "PNG"),
            save(small.convert("RGBA"), "PNG", **extra),
            moving("PNG"),
        ],
        "webp": [save(small, "WEBP", xmp=XMP, **extra), save(small, "WEBP", lossless=True), moving("WEBP")],
        "avif": [save(small, "AVIF", xmp=XMP), save(small.convert("RGBA"), "AVIF")],
        "gif": [save(small.convert("P"), "GIF"), moving("GIF")],
        "bmp": [save(small, "BMP"), save(small.convert("1"), "BMP")],
        "ico": [save(small, "ICO", sizes=[(48, 32)])],
        "svg": [_SVG],
        "tiff": [save(small, "TIFF")],
    }


def images(rnd: random.Random, count: int) -> dict[str, bytes]:
    """Return mutated files by name."""
    found = {}
    for number in range(count):
        suffix = rnd.choice(sorted(seeds()))
        data = rnd.choice(seeds()[suffix])
        change: Callable[[random.Random, bytes], bytes] = mutated if suffix == "svg" else mutated_binary
        if b"<x:xmpmeta" in data and rnd.random() < 0.3:
            data = _with_other_xmp(rnd, data)
        for _ in range(rnd.choice((1, 1, 2, 5))):
            data = change(rnd, data)
        found[f"i{number:03}.{suffix if rnd.random() < 0.95 else rnd.choice(sorted(seeds()))}"] = data
    return found


def _with_other_xmp(rnd: random.Random, data: bytes) -> bytes:
    """Return a file whose XMP has changed, at the same length: the lengths around it stay right."""
    start = data.index(b"<x:xmpmeta")
    end = data.index(b"<?xpacket end")
    packet = mutated(rnd, data[start:end])[: end - start].ljust(end - start)
    return data[:start] + packet + data[end:]
