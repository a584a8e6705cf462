"""Labels for AI-generated images, in the language of the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from imageseo.model.hero import COMPOSITE_TRAINED_MEDIA, TRAINED_MEDIA, Depicts, Hero
from imageseo.model.plan import Label

Shown = Literal["figcaption", "overlay", "both", "none"]
"""Where a label is: ``figcaption`` in the caption, and on what could be mistaken for a photograph on the image too."""

_AI_TYPES = frozenset({TRAINED_MEDIA, COMPOSITE_TRAINED_MEDIA})
# Language -> text for the caption, text for the overlay.
_LABELS: Mapping[str, tuple[str, str]] = {
    "en": ("Image: AI-generated", "AI GENERATED"),
    "de": ("Bild: KI-generiert", "KI-GENERIERT"),
    "fr": ("Image : générée par IA", "GÉNÉRÉ PAR IA"),
    "es": ("Imagen: generada por IA", "GENERADO POR IA"),
    "it": ("Immagine: generata con IA", "GENERATO CON IA"),
    "nl": ("Beeld: met AI gegenereerd", "AI-GEGENEREERD"),
    "pt": ("Imagem: gerada por IA", "GERADO POR IA"),
    "pl": ("Obraz: wygenerowany przez AI", "WYGENEROWANE PRZEZ AI"),
    "ja": ("画像：AI生成", "AI生成"),
    "zh": ("图片：AI生成", "AI生成"),
    "zh-hant": ("圖片：AI生成", "AI生成"),
}
ENGLISH_OVERLAY = _LABELS["en"][1]
_TRADITIONAL_CHINESE = re.compile(r"zh-(?:hant|tw|hk|mo)\b")
_AI_MENTION = re.compile(
    r"(?<![^\W\d_])(?:AI|A\.I\.|KI|IA)(?![^\W\d_])|künstliche\w* Intelligenz|artificial intelligence|"
    r"intelligence artificielle|inteligencia artificial|intelligenza artificiale|inteligência artificial|"
    r"kunstmatige intelligentie|sztuczn\w+ inteligencj\w+|人工知能|人工智能|人工智慧|(?:AI|ＡＩ)生成",
    re.IGNORECASE,
)


def is_ai_generated(digital_source_type: str | None) -> bool:
    """Whether an IPTC digital source type means that a trained model generated the image or a part of it."""
    return digital_source_type is not None and digital_source_type.replace("https:", "http:", 1) in _AI_TYPES


def label(
    digital_source_type: str | None,
    depicts: Depicts,
    language: str | None,
    shown: Shown = "figcaption",
    reason: str | None = None,
) -> Label | None:
    """Return the label of an image; None if it is not AI-generated. ``language``: the page's ``lang``.

    With ``figcaption``, an image that could be mistaken for a photograph of a real scene also gets an overlay, and so
    does one whose ``depicts`` is unknown. ``reason``: why the site has no labels, for ``none``.
    """
    if not is_ai_generated(digital_source_type):
        return None
    if shown == "none":
        return Label(declined=" ".join((reason or "").replace(";", ",").split()))
    tag = (language or "").strip().lower().replace("_", "-")
    key = "zh-hant" if _TRADITIONAL_CHINESE.match(tag) else tag.partition("-")[0]
    caption, overlay = _LABELS.get(key) or _LABELS["en"]
    return Label(
        caption=None if shown == "overlay" else caption,
        overlay=None if shown == "figcaption" and depicts == "illustration" else overlay,
        language=None if key in _LABELS else "en",
    )


def label_of_hero(
    hero: Hero, language: str | None, shown: Shown = "figcaption", reason: str | None = None
) -> Label | None:
    """Return the label of a hero; see ``label``."""
    return label(hero.rights.digital_source_type, hero.depicts, language, shown, reason)


def caption_with_label(caption: str | None, label: Label | None) -> str | None:
    """Return a figure's caption with the label appended; None if both are empty."""
    return " · ".join(filter(None, ((caption or "").strip(), label.caption if label else None))) or None


def mentions_ai(text: str | None) -> bool:
    """Whether text of the author states that an image is AI-generated."""
    return text is not None and _AI_MENTION.search(text) is not None
