"""What a provider made, ready to be kept: the PNG with its parameters in it, and the pin that says all of it."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import replace

from imageseo.heroes.lock.lock import master_name
from imageseo.heroes.masters.similarity import opened, phash, pixels_digest
from imageseo.images.decoding.raster import png_chunks
from imageseo.model.errors import ProviderError
from imageseo.model.hero import Master, Pin, Recipe
from imageseo.model.protocols import MasterStore

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"parameters"


def build_pin(page: str, recipe: Recipe, master: Master, *, owner: str | None = None) -> tuple[Pin, str, bytes]:
    """The pin of a master that is to be kept for a page, its name, and the bytes to keep.

    The pin's ``file`` is the name alone until a vault has taken the bytes. The name holds the picture's own hash: a
    new picture, a new name. Raises ProviderError for what is no picture.
    """
    data = with_parameters(master.png, master.parameters, recipe.provider)
    digest = hashlib.sha256(data).hexdigest()
    name = master_name(page, digest)
    with opened(data, recipe.provider) as image:
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
    """The pin, its master in the vault. Raises SiteError when that cannot take it."""
    return replace(pin, file=vault.put(name, data))


def with_parameters(png: bytes, parameters: str | None, whose: str) -> bytes:
    """A PNG that says how it was made, as A1111 and its kin write and read it; every other chunk as it was.

    The text is tEXt where it is Latin-1 and iTXt elsewhere, behind the header. Equal texts, equal bytes.
    Raises ProviderError for what is no PNG.
    """
    if not png.startswith(_SIGNATURE) or png[12:16] != b"IHDR":
        raise ProviderError(f"{whose} gave {png[:8]!r} …, which is no PNG")
    if parameters is None:
        return png
    text = parameters.replace("\0", "")
    try:
        said = _chunk(b"tEXt", _KEYWORD + b"\0" + text.encode("latin-1"))
    except UnicodeEncodeError:
        said = _chunk(b"iTXt", _KEYWORD + b"\0\0\0\0\0" + text.encode("utf-8", "replace"))
    found = [_chunk(kind, bytes(body)) for kind, body in png_chunks(png) if not _says(kind, body)]
    return b"".join([_SIGNATURE, found[0], said, *found[1:]])


def _says(kind: bytes, body: memoryview) -> bool:
    """Whether a chunk holds parameters already."""
    return kind in (b"tEXt", b"iTXt", b"zTXt") and bytes(body[: len(_KEYWORD) + 1]) == _KEYWORD + b"\0"


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
