"""Lines drawn from masks of glyphs look like those that are drawn as one SVG."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from imageseo.heroes.providers.art.cards.card_svg import Line
from imageseo.heroes.providers.art.cards.glyph_masks import GlyphMasks
from imageseo.heroes.providers.art.cards.typeface import Typeface
from imageseo.heroes.providers.art.svg_pixels import draw_svg


@pytest.mark.parametrize("text", ["Übergrößenträger, fjord", "مرحبا بالعالم", "नमस्ते दुनिया", "你好，世界", "a  b"])
@pytest.mark.parametrize("place", [(20.0, 80.0), (20.4, 79.7), (-30.3, 8.1)])
def test_masks_draw_what_the_svg_draws(text: str, place: tuple[float, float]) -> None:
    x, y = place
    line = Line(Typeface(800).set_line(text), text, x, y, 51.3, "text")
    masks, blank = GlyphMasks(), Image.new("RGB", (600, 120), "#123456")
    for _ in range(2):  # the second time from kept masks
        drawn, expected = blank.copy(), blank.copy()
        masks.draw(drawn, [(line, "#fff9f2")])
        markup = line.content.markup(x, y, line.size)
        head = '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="120">'
        draw_svg(expected, f'{head}<g fill="#fff9f2">{markup}</g></svg>')
        difference = np.abs(np.asarray(drawn, dtype=int) - np.asarray(expected, dtype=int))
        assert (np.asarray(expected) != np.asarray(blank)).any(), "the text is on the image"
        assert difference.mean() < 2, "a glyph is at most an eighth of a pixel away from its place"
        assert (difference.max(axis=-1) > 90).sum() == 0
