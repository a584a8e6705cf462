"""How much room themes give what is above an image, for estimates of where it is."""

from __future__ import annotations

from typing import NamedTuple


class ThemeRoom(NamedTuple):
    """How much room a theme gives. ``top``: CSS px above the text; ``character``: px² of one character of text, with
    everything around it; ``paragraph``: CSS px of a column in which paragraphs fill their lines; ``heading``: px of a
    heading's own row; ``gap``: px below an image; ``stacks``: whether all images stand one below the other, else only
    those that fill most of the column.
    """

    top: float
    character: float
    paragraph: float
    heading: float
    gap: float
    stacks: bool


# Between 160 and 240 px² per character were measured on phones in Material, just-the-docs, PaperMod, Ananke, alabaster.
LEAST = ThemeRoom(top=60, character=140, paragraph=640, heading=30, gap=0, stacks=False)
COMPACT = ThemeRoom(top=120, character=175, paragraph=480, heading=50, gap=16, stacks=False)
USUAL = ThemeRoom(top=150, character=210, paragraph=480, heading=80, gap=16, stacks=True)
SPACIOUS = ThemeRoom(top=200, character=280, paragraph=480, heading=80, gap=24, stacks=True)
