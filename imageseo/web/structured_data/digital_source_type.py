"""How a picture came to be, by whatever says it: IPTC's codes and schema.org's members of the same list, as one."""

from __future__ import annotations

import re
from collections.abc import Callable

from imageseo.model.facts import ResolvedUrl
from imageseo.model.hero import COMPOSITE_TRAINED_MEDIA, TRAINED_MEDIA
from imageseo.web.structured_data.image_object import source_type
from imageseo.web.structured_data.parser import JsonLd
from imageseo.web.structured_data.schema_org import IMAGE_TYPES, SOURCE_TYPES

_PARTS = re.compile(r"[·|;()\[\]]|[.](?=\s|$)|\s[-–—]\s")
_NOUN = r"(?:image|picture|photo|illustration|bild|foto|imagen|immagine|imagem|beeld|obraz|画像|图片|圖片)"
_OUTRIGHT = re.compile(
    rf"(?:this\s+)?(?:{_NOUN}\s*(?:is\s+)?[:：]?\s*)?(?:"
    r"(?:AI|KI|IA)[- ](?:generated|made|created|generiert|gegenereerd)|"
    r"(?:generated|created|made)\s+(?:by|with)\s+(?:an?\s+)?AI|générée? par IA|generad[ao] por IA|"
    r"generat[ao] con IA|(?:met )?AI[- ]gegenereerd|gerad[ao] por IA|wygenerowany przez AI|AI生成"
    rf")(?:\s+{_NOUN})?",
    re.IGNORECASE,
)


def short_name(uri: str | None) -> str | None:
    """schema.org's name for an IPTC DigitalSourceType URI or for a member of its own, without the word they all end in
    (``TrainedAlgorithmicMedia``); None for what is no member.
    """
    if uri is None:
        return None
    name = (source_type(uri) or uri).rpartition("/")[2].rpartition(":")[2]
    return name.removesuffix("DigitalSource") if name in SOURCE_TYPES else None


_MADE = frozenset({short_name(TRAINED_MEDIA), short_name(COMPOSITE_TRAINED_MEDIA)})


def is_ai_type(code: str | None) -> bool:
    """Whether a name of ``code_of`` means that a trained model made a picture, or a part of it."""
    return code is not None and code in _MADE


def declares_ai(caption: str | None) -> bool:
    """Whether a caption says that this image is generated, not only that it is about AI."""
    return any(_OUTRIGHT.fullmatch(part.strip()) for part in _PARTS.split(caption or ""))


def declared_types(linked: JsonLd, target: Callable[[str], ResolvedUrl]) -> dict[str, str]:
    """File of the site -> what the page's JSON-LD says of its origin, as ``code_of`` names it."""
    found: dict[str, str] = {}
    for node in linked.nodes:
        said = node.said.get("digitalSourceType") if node.types & IMAGE_TYPES else None
        said = said.get("@id") if isinstance(said, dict) else said
        code = short_name(said) if isinstance(said, str) else None
        for key in ("contentUrl", "url"):
            url = node.said.get(key)
            if code is not None and isinstance(url, str) and (path := target(url).path) is not None:
                found.setdefault(path, code)
    return found
