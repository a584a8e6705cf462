"""Build the pin of a generated master, and embed the generation parameters in its PNG."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import replace

from imageseo.heroes.lock.lock import master_name
from imageseo.images.decoding.raster import png_chunks
from imageseo.images.metadata.rights import xmp_packet
from imageseo.model.errors import ProviderError
from imageseo.model.hero import Master, Pin, Recipe
from imageseo.model.protocols import MasterStore

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"parameters"
_XMP = b"XML:com.adobe.xmp"
_TOOLKIT = "imageseo"
"""Not that of published files: a copied master is an image like any other."""


def build_pin(page: str, recipe: Recipe, master: Master, *, owner: str | None = None) -> tuple[Pin, str, bytes]:
    """Return the pin of a master for a page, the master's file name, and the bytes to store.

    The pin's ``file`` is the bare name until the bytes are stored (``store_master``). The name contains the hash of
    the image, so a new image gets a new name. Raises ProviderError if the master is not a valid image.
    """
    data = with_parameters(master.png, master.parameters, recipe.provider)
    rights = replace(master.rights, digital_source_type=master.digital_source_type or None)
    data = _with_xmp(data, xmp_packet(rights, toolkit=_TOOLKIT))
    digest = hashlib.sha256(data).hexdigest()
    name = master_name(page, digest)
    from imageseo.heroes.masters.similarity import open_image, phash, pixels_digest  # a build makes no pin

    with open_image(data, recipe.provider) as image:
        pin = Pin(
            page=page,
            recipe=recipe,
            recipe_hash=recipe.key,
            file=name,
            file_sha256=f"sha256:{digest}",
            pixels_sha256=pixels_digest(image),
            digital_source_type=master.digital_source_type,
            width=image.width,
            height=image.height,
            phash=phash(image),
            env=master.env,
            models=master.models,
            rights=master.rights,
            owner=owner,
        )
    return pin, name, data


def store_master(pin: Pin, vault: MasterStore, name: str, data: bytes) -> Pin:
    """Store a master and return its pin with the stored file. Raises SiteError if it cannot be written."""
    return replace(pin, file=vault.put(name, data))


def with_parameters(png: bytes, parameters: str | None, provider: str) -> bytes:
    """Embed generation parameters in a PNG, in the form of A1111 and related tools; other chunks are not changed.

    The text follows the header, as tEXt if it is Latin-1, else as iTXt. Equal texts give equal bytes.
    ``provider``: for the message of the ProviderError, which is raised for data that is not PNG.
    """
    if not png.startswith(_SIGNATURE) or png[12:16] != b"IHDR":
        raise ProviderError(f"{provider} returned {png[:8]!r} …, which is not PNG")
    if parameters is None:
        return png
    text = parameters.replace("\0", "")
    try:
        chunk = _chunk(b"tEXt", _KEYWORD + b"\0" + text.encode("latin-1"))
    except UnicodeEncodeError:
        chunk = _chunk(b"iTXt", _KEYWORD + b"\0\0\0\0\0" + text.encode("utf-8", "replace"))
    others = [_chunk(kind, bytes(body)) for kind, body in png_chunks(png) if not _is_parameters(kind, body)]
    return b"".join([_SIGNATURE, others[0], chunk, *others[1:]])


def _with_xmp(png: bytes, packet: bytes) -> bytes:
    """Embed rights and digital source type in a PNG after its header, instead of the XMP that it may have."""
    if not packet:
        return png
    chunk = _chunk(b"iTXt", _XMP + b"\0\0\0\0\0" + packet)
    others = [
        _chunk(kind, bytes(body))
        for kind, body in png_chunks(png)
        if not (kind == b"iTXt" and bytes(body[: len(_XMP) + 1]) == _XMP + b"\0")
    ]
    return b"".join([_SIGNATURE, others[0], chunk, *others[1:]])


def _is_parameters(kind: bytes, body: memoryview) -> bool:
    """Whether a chunk contains generation parameters."""
    return kind in (b"tEXt", b"iTXt", b"zTXt") and bytes(body[: len(_KEYWORD) + 1]) == _KEYWORD + b"\0"


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
