"""Take an image that was made or retouched elsewhere in as the master of a page's recipe, with its lineage."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from imageseo.heroes.masters.similarity import hamming_distance, open_image, phash
from imageseo.heroes.providers.asset_library.master_image import UnreadableError, make_whole_master
from imageseo.images.decoding.probe import probe_bytes
from imageseo.images.metadata.ai_tools import A1111, read_sign
from imageseo.images.metadata.segments import read_segments, reader_of
from imageseo.images.metadata.text_fields import TextField, read_text_fields
from imageseo.model.errors import SiteError
from imageseo.model.hero import ADOPTED, Master, Pin
from imageseo.model.image import BadAsset, Rights

MAX_PIXELS = 100_000_000
_MAX_PARAMETERS = 16 * 1024  # characters
_RETOUCHED_BITS = 12  # of 64: retouching, sharpening and small crops stay below, other pictures are near 32
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def adopted_master(
    data: bytes, name: str, *, parent: Pin | None, who: str | None, source_type: str | None = None
) -> Master:
    """Return the master of a file: its pixels, upright and in sRGB, and how it came to be.

    ``name``: of the file, for messages and the pin. ``parent``: the page's former pin. ``who``: adopts it.
    ``source_type``: IPTC URI that takes precedence over the file's metadata. Raises SiteError for a file that is no
    still image.
    """
    asset = probe_bytes(data, name, max_pixels=MAX_PIXELS)
    if isinstance(asset, BadAsset):
        raise SiteError(asset.problem, hint=asset.hint)
    if not asset.raster or asset.frames > 1:
        kind = "an SVG" if not asset.raster else "an animation"
        raise SiteError(f"{name} is {kind}, not a still image", hint="save it as PNG, JPEG, WebP or AVIF")
    try:
        png = make_whole_master(data)
    except UnreadableError as error:
        raise SiteError(f"{name} {error}", hint="save it again as PNG, JPEG, WebP or AVIF") from error
    field = _find_parameters(data)
    tool = asset.origin.tool if asset.origin is not None else None
    parameters = _CONTROLS.sub(" ", field.text)[:_MAX_PARAMETERS].strip() if field is not None else ""
    lineage = _lineage(png, parent)
    found = source_type or asset.rights.digital_source_type
    if found is None and parent is not None and lineage.get("relation") == "retouched":
        found = parent.digital_source_type  # editors drop the mark
    evidence = {
        **lineage,
        "file": name,
        "sha256": f"sha256:{asset.sha256}",
        "by": who,
        "tool": tool,
        "parameters": parameters,
    }
    rights = asset.rights
    return Master(
        png=png,
        digital_source_type=found or "",
        notes=() if found else (f"nothing says how {name} came to be: name it with --source-type",),
        env={ADOPTED: {key: value for key, value in evidence.items() if value}},
        parameters=parameters if parameters and tool == A1111 else None,
        rights=Rights.of(rights),
    )


def describe(pin: Pin) -> str | None:
    """Return where an adopted pin comes from, for messages; None for a pin that a provider made."""
    table = pin.env.get(ADOPTED)
    if not isinstance(table, Mapping):
        return None
    by = f" by {table['by']}" if isinstance(table.get("by"), str) else ""
    return f"adopted from {table.get('file', 'a file')}{by}"


def _lineage(png: bytes, parent: Pin | None) -> dict[str, Any]:
    """Return what the page's former pin was, and whether the image looks like it."""
    if parent is None:
        return {}
    with open_image(png, "the file") as image:
        bits = hamming_distance(phash(image), parent.phash) if parent.phash else 64
    return {
        "relation": "retouched" if bits <= _RETOUCHED_BITS else "replaced",
        "parent": {"file": parent.file, "sha256": parent.file_sha256, "pixels": parent.pixels_sha256},
    }


def _find_parameters(data: bytes) -> TextField | None:
    """Return the first text of a file that contains a prompt or a workflow."""
    read = reader_of(data)
    segments = read_segments(read)
    fields = read_text_fields(read, segments) if segments is not None else ()
    return next((field for field in fields if field.source != "XMP" and read_sign(field).is_prompt), None)
