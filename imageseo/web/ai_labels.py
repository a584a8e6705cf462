"""What a page says of a picture that a model made, in the page's own language."""

from __future__ import annotations

import re
from collections.abc import Mapping

from imageseo.model.hero import COMPOSITE_TRAINED_MEDIA, TRAINED_MEDIA, Depicts
from imageseo.model.plan import Label

_MADE = frozenset({TRAINED_MEDIA, COMPOSITE_TRAINED_MEDIA})
# In the caption, and above the picture.
_WORDS: Mapping[str, tuple[str, str]] = {
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
_TRADITIONAL = re.compile(r"zh-(?:hant|tw|hk|mo)\b")
_SAID = re.compile(
    r"(?<![^\W\d_])(?:AI|A\.I\.|KI|IA)(?![^\W\d_])|künstliche\w* Intelligenz|artificial intelligence|"
    r"intelligence artificielle|inteligencia artificial|intelligenza artificiale|inteligência artificial|"
    r"kunstmatige intelligentie|sztuczn\w+ inteligencj\w+|人工知能|人工智能|人工智慧|(?:AI|ＡＩ)生成",
    re.IGNORECASE,
)


def is_ai_generated(digital_source_type: str | None) -> bool:
    """Whether an IPTC DigitalSourceType says that a trained model made a picture, or a part of it."""
    return digital_source_type is not None and digital_source_type.replace("https:", "http:", 1) in _MADE


def label(digital_source_type: str | None, depicts: Depicts, language: str | None) -> Label | None:
    """The label of a picture; None for what no model made. ``language``: the page's ``lang``.

    What could be taken for a photograph of something that was there, and what nobody says of, is marked on the picture
    itself as well.
    """
    if not is_ai_generated(digital_source_type):
        return None
    tag = (language or "").strip().lower().replace("_", "-")
    own = "zh-hant" if _TRADITIONAL.match(tag) else tag.partition("-")[0]
    caption, overlay = _WORDS.get(own) or _WORDS["en"]
    return Label(
        caption=caption,
        overlay=None if depicts == "illustration" else overlay,
        language=None if own in _WORDS else "en",
    )


def caption_with_label(caption: str | None, label: Label | None) -> str | None:
    """What a figure's caption says with a label."""
    return " · ".join(filter(None, ((caption or "").strip(), label.caption if label else None))) or None


def mentions_ai(text: str | None) -> bool:
    """Whether an author's own words tell that a model made a picture."""
    return text is not None and _SAID.search(text) is not None
