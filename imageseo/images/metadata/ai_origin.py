"""Find out from the metadata of an image file whether a generative model made it, and where its prompt is."""

from __future__ import annotations

from collections.abc import Iterator

from imageseo.images.metadata.ai_tools import UNKNOWN, read_sign
from imageseo.images.metadata.rights import read_rights, read_writer
from imageseo.images.metadata.segments import EmbeddedMetadata, MetadataSegment, ReadRange, read_segments, reader_of
from imageseo.images.metadata.text_fields import TextField, read_text_fields
from imageseo.model.hero import COMPOSITE_TRAINED_MEDIA, TRAINED_MEDIA
from imageseo.model.origin import AiOrigin

_TRAINED, _COMPOSITE = b"trainedAlgorithmicMedia", b"compositeWithTrainedAlgorithmicMedia"
_SIGNERS = {
    b"OpenAI": "OpenAI",
    b"DALL": "OpenAI",
    b"Firefly": "Adobe Firefly",
    b"Google": "Google AI",
    b"Microsoft": "Microsoft",
    b"Stability": "Stability AI",
    b"Black Forest": "Black Forest Labs",
    b"Midjourney": "Midjourney",
}
UNINSPECTED = " (not inspected completely)"
"""End of the name of a text that is longer than what is read."""

_TEXT_TAGS = (b"tEXt", b"zTXt", b"iTXt", b"\xff\xfe", b"\xff\xed")


def read_ai_origin(read: ReadRange, found: EmbeddedMetadata | None) -> AiOrigin | None:
    """Return what a file tells; None if nothing tells of a model. ``read``, ``found``: of ``read_segments``.

    Costs nothing for a file without texts, EXIF, XMP and manifest.
    """
    if found is None or not any(_may_tell(part) for part in found.parts):
        return None
    tool: str | None = None
    prompts: dict[str, None] = {}
    for field, is_prompt, name in _signs(read, found):
        if name is not None and tool in (None, UNKNOWN):
            tool = name
        if is_prompt:
            prompts[field.name if field.whole else f"{field.name}{UNINSPECTED}"] = None
    declared = read_rights(xmp=found.xmp).digital_source_type if b"DigitalSourceType" in found.xmp else None
    is_declared = declared is not None and declared.replace("https:", "http:", 1) in (
        TRAINED_MEDIA,
        COMPOSITE_TRAINED_MEDIA,
    )
    by_manifest = _manifest_type(found.manifest)
    source_type = declared if is_declared else by_manifest or (TRAINED_MEDIA if tool is not None else None)
    if source_type is None and not prompts:
        return None
    if tool is None and by_manifest is not None:
        tool = next((name for word, name in _SIGNERS.items() if word in found.manifest), None)
    return AiOrigin(
        tool=tool,
        source_type=source_type,
        prompts=tuple(prompts),
        declared=is_declared,
        c2pa=bool(found.manifest),
    )


def read_file_origin(data: bytes) -> AiOrigin | None:
    """Return what the bytes of a file tell; broken metadata tells nothing."""
    read = reader_of(data)
    return read_ai_origin(read, read_segments(read))


def prompt_segments(read: ReadRange, found: EmbeddedMetadata) -> set[MetadataSegment]:
    """Return the segments that contain a prompt, or a text too long to be inspected."""
    return {field.segment for field, is_prompt, _ in _signs(read, found) if is_prompt}


def _signs(read: ReadRange, found: EmbeddedMetadata) -> Iterator[tuple[TextField, bool, str | None]]:
    """Yield the fields that tell something: whether they contain a prompt, and the tool that they tell of."""
    is_ours = read_writer(found.xmp) is not None
    signs = [(field, read_sign(field)) for field in read_text_fields(read, found)]
    writes_description = any(sign.tool == "NovelAI" for _, sign in signs)
    for field, sign in signs:
        # A site that publishes its prompts has chosen so.
        is_prompt = sign.is_prompt and not (is_ours and field.source == "XMP")
        is_prompt = is_prompt or (writes_description and field.key == "Description")
        if sign.tool is not None or is_prompt:
            yield field, is_prompt, sign.tool


def _may_tell(part: MetadataSegment) -> bool:
    return part.kind in ("exif", "xmp", "c2pa") or part.tag in _TEXT_TAGS


def _manifest_type(manifest: bytes) -> str | None:
    """Return the source type that a C2PA manifest states; a composite may have a generated ingredient."""
    if _COMPOSITE in manifest:
        return COMPOSITE_TRAINED_MEDIA
    return TRAINED_MEDIA if _TRAINED in manifest else None
