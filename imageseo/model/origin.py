"""The origin of an image that a generative model made, as its file tells it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AiOrigin:
    """What the metadata of a file tells about an image from a generative model.

    ``tool``: the program that made it, if it is known. ``source_type``: IPTC NewsCodes URI, ``None`` if the file only
    may contain a prompt. ``prompts``: names of the fields that contain prompts, settings or workflows, or texts too
    long to be inspected. ``declared``: whether its XMP has an IPTC DigitalSourceType of generated images.
    ``c2pa``: whether it has a C2PA manifest.
    """

    tool: str | None = None
    source_type: str | None = None
    prompts: tuple[str, ...] = ()
    declared: bool = False
    c2pa: bool = False
