"""Draws social cards: cuts an image to 1200 × 630 px around its subject, or sets the page's title."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imageseo.heroes.masters.redrawn import Redrawer
from imageseo.images import social_jpeg
from imageseo.images.metadata.rights import empty_xmp_packet, xmp_packet
from imageseo.model import regular_file
from imageseo.model.errors import ProviderError, RecipeError
from imageseo.model.image import Asset
from imageseo.pipeline.shapes.crop_windows import crop_window
from imageseo.pipeline.shapes.hero_crops import find_subject
from imageseo.pipeline.social.card import RATIO, SIZE, SMALLEST, CardPicture, Drawing, SocialCard, Title
from imageseo.web.ai_labels import ENGLISH_OVERLAY

if TYPE_CHECKING:
    from PIL.Image import Image

_HINT = "name another image, or set `social.cards` to off for the page"
_INNER = 0.86
"""Part of the card's height that an image fills which is shown whole."""


@dataclass(slots=True, kw_only=True)
class SocialDrawer:
    """Draws the cards of a build. ``titles``: draws the texts of a card. ``max_bytes``: of a source file."""

    redrawer: Redrawer
    titles: Callable[[Mapping[str, Any]], Image]
    quality: int
    max_bytes: int = 1 << 28

    def draw(self, card: SocialCard) -> bytes:
        """Return a card's JPEG. Raises ImageseoError, OSError."""
        source = card.source
        match source:
            case Title(texts=texts):
                image = self.titles(texts)
            case Drawing(redrawing=redrawing):
                image = _open(self.redrawer.read(redrawing))
            case CardPicture():
                image = self._picture(source)
        if card.label is not None:
            from imageseo.heroes.providers.art.image_label import draw_label  # few sites have such images

            draw_label(image, card.label.text, instead=ENGLISH_OVERLAY, language=card.label.language)
        packet = xmp_packet(card.rights) or empty_xmp_packet()
        return social_jpeg.encode(
            image, quality=self.quality, xmp=packet, sharp_colors=not isinstance(source, CardPicture)
        )

    def read(self, source: CardPicture) -> bytes:
        """Return the file that a card is cut from. Raises OSError."""
        return regular_file.read(source.file, limit=self.max_bytes)

    def _picture(self, source: CardPicture) -> Image:
        data, asset = self.read(source), source.asset
        if asset.format == "svg":
            return _whole(_rasterized(data, asset))
        return cut(data, asset, source.focal)


def cut(data: bytes, asset: Asset, focal: tuple[float, float] | None) -> Image:
    """Return an image cut to a card around its focal point or subject; a small one is shown whole.

    Raises ProviderError for a file that cannot be decoded.
    """
    from PIL import Image as Images

    from imageseo.images.resizers import pillow as pixels

    full = (asset.width, asset.height)
    window = crop_window(full, RATIO, (0.5, 0.5))
    factor = min(1.0, SIZE[0] / window.width)
    size = (max(1, round(full[0] * factor)), max(1, round(full[1] * factor)))
    try:
        image = _on_white(pixels.render(data, asset.format, asset.orientation, [size])[size])
    except Exception as error:  # a damaged file can make a decoder raise any exception
        raise ProviderError(f"{asset.path} cannot be decoded: {error}", hint=_HINT) from error
    if full[0] < SMALLEST[0] or full[1] < SMALLEST[1]:
        return _whole(image)
    box = crop_window(image.size, RATIO, focal if focal is not None else find_subject(image, RATIO)).box
    return image.resize(SIZE, Images.Resampling.LANCZOS, box)


def _whole(image: Image) -> Image:
    """Return an image on a blurred enlargement of itself, at most at twice its size."""
    from PIL import Image as Images
    from PIL import ImageEnhance, ImageFilter, ImageOps

    tiny = ImageOps.fit(image, (SIZE[0] // 8, SIZE[1] // 8), Images.Resampling.BILINEAR)
    ground = tiny.filter(ImageFilter.GaussianBlur(8)).resize(SIZE, Images.Resampling.BICUBIC)
    ground = ImageEnhance.Brightness(ground).enhance(0.9)
    inner = (round(SIZE[0] * _INNER), round(SIZE[1] * _INNER))
    factor = min(2.0, inner[0] / image.width, inner[1] / image.height)
    shown = image.resize(
        (max(1, round(image.width * factor)), max(1, round(image.height * factor))), Images.Resampling.LANCZOS
    )
    ground.paste(shown, ((SIZE[0] - shown.width) // 2, (SIZE[1] - shown.height) // 2))
    return ground


def _rasterized(data: bytes, asset: Asset) -> Image:
    """Return an SVG as an image of the card's size or less. Raises ProviderError."""
    import resvg_py

    from imageseo.heroes.providers.art.cards import svg_check

    try:
        text = data.decode("utf-8-sig")
        svg_check.check(re.sub(r"<!DOCTYPE[^>\[]*>", "", text), asset.path, text)  # it loads no other file
        factor = min(SIZE[0] * _INNER / max(1, asset.width), SIZE[1] * _INNER / max(1, asset.height))
        width, height = max(1, round(asset.width * factor)), max(1, round(asset.height * factor))
        png = resvg_py.svg_to_bytes(svg_string=text, width=width, height=height, skip_system_fonts=True)
        return _open(bytes(png))
    except (ValueError, OSError, RecipeError) as error:
        raise ProviderError(f"{asset.path} cannot be drawn: {error}", hint=_HINT) from error


def _open(png: bytes) -> Image:
    from PIL import Image as Images

    with Images.open(io.BytesIO(png)) as opened:
        return _on_white(opened)


def _on_white(image: Image) -> Image:
    from PIL import Image as Images

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        return Images.alpha_composite(Images.new("RGBA", clear.size, "white"), clear).convert("RGB")
    return image.convert("RGB")
