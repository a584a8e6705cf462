"""Stand-ins for heroes that only `generate` can make: art in the brand's colours, with the word DRAFT on it."""

from __future__ import annotations

import hashlib
import io
import math
import os
from collections.abc import Mapping
from dataclasses import replace

from imageseo.heroes.masters.master_check import checked_png
from imageseo.model.hero import Recipe
from imageseo.model.protocols import HeroProvider

PAINTER = "procedural"
"""The provider that draws stand-ins."""

_VERSION = "1"
_WORD = "DRAFT"
_MAX_PIXELS = 1600 * 900  # of what is drawn; larger ones are scaled up, as nobody publishes them
_HEIGHT = 0.105  # of the letters, as a share of the shorter side: a crop of 9:16 still shows the whole word
_SCRIM = (12, 16, 24, 235)
_INK = (255, 255, 255, 255)


def in_ci() -> bool:
    """Whether the variable ``CI`` is set, as services for continuous integration do: nobody looks at drafts there."""
    return os.environ.get("CI", "").strip().lower() not in ("", "0", "false", "no", "off")


def painter_of(providers: Mapping[str, HeroProvider]) -> HeroProvider | None:
    """Return the provider that draws stand-ins, None if there is none that may run in a build."""
    provider = providers.get(PAINTER)
    return provider if provider is not None and provider.reproducible else None


def draft_key(painter: HeroProvider, recipe: Recipe) -> str:
    """Return the store key of the stand-in for a recipe: its seed and size decide what it shows."""
    text = f"hero draft {_VERSION} {painter.version} {_stand_in(painter, recipe).key} {recipe.width}x{recipe.height}"
    return hashlib.sha256(text.encode()).hexdigest()


def draw(painter: HeroProvider, recipe: Recipe) -> bytes:
    """Return the stand-in as PNG, in the size of the recipe. Raises ImageseoError."""
    return _marked(checked_png(painter, _stand_in(painter, recipe)), (recipe.width, recipe.height))


def _stand_in(painter: HeroProvider, recipe: Recipe) -> Recipe:
    scale = min(1.0, math.sqrt(_MAX_PIXELS / (recipe.width * recipe.height)))
    width, height = (max(64, round(side * scale)) for side in (recipe.width, recipe.height))
    options = painter.complete({})
    return replace(recipe, provider=PAINTER, width=width, height=height, options=options, former_title="")


def _marked(png: bytes, size: tuple[int, int]) -> bytes:
    """Return the image in this size, with the word on a dark ground in its middle."""
    from PIL import Image, ImageDraw, ImageFont

    with Image.open(io.BytesIO(png)) as image:
        picture = image.convert("RGB")
    if picture.size != size:
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    letters = min(size) * _HEIGHT
    font = ImageFont.load_default(letters * 1.35)  # its capitals are three quarters of the size
    middle = (size[0] / 2, size[1] / 2)
    stroke = max(1, round(letters / 45))
    overlay = Image.new("RGBA", size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(overlay)
    box = pen.textbbox(middle, _WORD, font=font, anchor="mm", stroke_width=stroke)
    space = letters * 0.45
    frame = (box[0] - space, box[1] - space, box[2] + space, box[3] + space)
    pen.rounded_rectangle(frame, radius=letters * 0.3, fill=_SCRIM, outline=_INK, width=stroke)
    pen.text(middle, _WORD, font=font, anchor="mm", fill=_INK, stroke_width=stroke, stroke_fill=_INK)
    picture.paste(overlay, (0, 0), overlay)
    stream = io.BytesIO()
    picture.save(stream, "PNG", compress_level=3)
    return stream.getvalue()
