"""Write the HTML of sources, attributes and heroes, without a template engine, which takes longer to load."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imageseo.model.image import SourceTag
    from imageseo.model.plan import Label

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"})


def escape(text: str) -> str:
    """Escape a text for elements and for quoted attributes."""
    return text.translate(_ESCAPES)


def attribute_run(attributes: Iterable[tuple[str, str]]) -> str:
    """Return attributes in one run, each behind one blank."""
    return "".join(f' {escape(name)}="{escape(value)}"' for name, value in attributes)


def source_tags(sources: Iterable[SourceTag]) -> str:
    """Return what stands between ``<picture …>`` and the author's ``<img>``."""
    return "".join(f"<source{attribute_run(_source_attributes(source))}>" for source in sources)


def _source_attributes(source: SourceTag) -> list[tuple[str, str]]:
    optional = (("sizes", source.sizes), ("width", source.width), ("height", source.height))
    media = [("media", source.media)] if source.media else []
    written = [(name, value) for name, value in optional if value]
    kind = [("type", source.type)] if source.type else []
    return [*media, *kind, ("srcset", source.srcset), *written]


def hero_figure(
    sources: Iterable[SourceTag], attributes: Iterable[tuple[str, str]], *, caption: str | None, label: Label | None
) -> str:
    """Return the figure of an inserted hero; ``label``: how it says that a model made the image."""
    image = f"<img{attribute_run(attributes)}>"
    if tags := source_tags(sources):
        image = f"<picture data-imageseo>{tags}{image}</picture>"
    if label is not None and label.overlay:
        image = f'<span data-imageseo="hero-frame">{image}{_words("ai-overlay", label.overlay, label)}</span>'
    texts = [escape(caption)] if caption else []
    if label is not None and label.caption:
        texts.append(_words("ai-label", label.caption, label))
    below = f"<figcaption>{' · '.join(texts)}</figcaption>" if texts else ""
    return f'<figure data-imageseo="hero-figure">{image}{below}</figure>'


def _words(kind: str, text: str, label: Label) -> str:
    language = f' lang="{escape(label.language)}"' if label.language else ""
    return f'<span data-imageseo="{kind}"{language}>{escape(text)}</span>'
