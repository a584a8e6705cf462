"""Digital source types: IPTC codes and the corresponding schema.org members under one short name."""

from __future__ import annotations

import re
from collections.abc import Callable

from imageseo.model.digital_source_types import schema_org_member
from imageseo.model.facts import ResolvedUrl
from imageseo.model.hero import COMPOSITE_TRAINED_MEDIA, TRAINED_MEDIA
from imageseo.web.structured_data.parser import JsonLd
from imageseo.web.structured_data.schema_org import IMAGE_TYPES, SOURCE_TYPES

_SEPARATORS = re.compile(r"[·|;()\[\]]|[.](?=\s|$)|\s[-–—]\s")
_NOUN = r"(?:image|picture|photo|illustration|bild|foto|imagen|immagine|imagem|beeld|obraz|画像|图片|圖片)"
_AI_STATEMENT = re.compile(
    rf"(?:this\s+)?(?:{_NOUN}\s*(?:is\s+)?[:：]?\s*)?(?:"
    r"(?:AI|KI|IA)[- ](?:generated|made|created|generiert|gegenereerd)|"
    r"(?:generated|created|made)\s+(?:by|with)\s+(?:an?\s+)?AI|générée? par IA|generad[ao] por IA|"
    r"generat[ao] con IA|(?:met )?AI[- ]gegenereerd|gerad[ao] por IA|wygenerowany przez AI|AI生成"
    rf")(?:\s+{_NOUN})?",
    re.IGNORECASE,
)


def short_name(uri: str | None) -> str | None:
    """Return schema.org's name without the suffix ``DigitalSource`` (``TrainedAlgorithmicMedia``).

    ``uri``: an IPTC DigitalSourceType URI or a schema.org member. None for anything else.
    """
    if uri is None:
        return None
    name = (schema_org_member(uri) or uri).rpartition("/")[2].rpartition(":")[2]
    return name.removesuffix("DigitalSource") if name in SOURCE_TYPES else None


_AI_TYPES = frozenset({short_name(TRAINED_MEDIA), short_name(COMPOSITE_TRAINED_MEDIA)})


def is_ai_type(code: str | None) -> bool:
    """Whether a short name means that a trained model generated the image or a part of it."""
    return code is not None and code in _AI_TYPES


def declares_ai(caption: str | None) -> bool:
    """Whether a caption states that the image itself is AI-generated, not only that it is about AI."""
    return any(_AI_STATEMENT.fullmatch(part.strip()) for part in _SEPARATORS.split(caption or ""))


def declared_types(json_ld: JsonLd, target: Callable[[str], ResolvedUrl]) -> dict[str, str]:
    """Return file of the site -> short name of the digital source type that the page's JSON-LD declares."""
    found: dict[str, str] = {}
    for node in json_ld.nodes:
        declared = node.said.get("digitalSourceType") if node.types & IMAGE_TYPES else None
        declared = declared.get("@id") if isinstance(declared, dict) else declared
        code = short_name(declared) if isinstance(declared, str) else None
        for key in ("contentUrl", "url"):
            url = node.said.get(key)
            if code is not None and isinstance(url, str) and (path := target(url).path) is not None:
                found.setdefault(path, code)
    return found
