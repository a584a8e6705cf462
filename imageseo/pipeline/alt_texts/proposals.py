"""Drafts of an alternative text: from the prompt of a generated image, else from the heading above an image."""

from __future__ import annotations

import re

LONGEST = 125
"""Characters: a convention of linters; a screen reader may read more in pieces."""

_WEIGHT = re.compile(r"[(\[{]+([^()\[\]{}:]*)(?::[\d.]+)?[)\]}]+")
_MODEL = re.compile(r"<[^<>]*>|\bBREAK\b|--\w+(?:\s+[\w.:]+)?")
# Words about how an image is made, not about what it shows.
_STYLE = re.compile(
    r"\b(?:photo-?realis\w+|hyper-?realis\w+|realistic|ultra[- ]?\w*|(?:4|8|16)k|u?hd|hdr|raw photo|highly detailed|"
    r"(?:intricate|fine|sharp|extreme\w*|insane\w*) (?:details?|focus)|detailed|masterpiece|best quality|high quality|"
    r"award[- ]winning|trending on \w+|artstation|unreal engine(?: \d)?|octane(?: render)?|\w+ render|cinematic\w*|"
    r"(?:soft|dramatic|volumetric|studio|rim|natural|global) (?:light|lighting|illumination)|lighting|"
    r"(?:shallow )?depth of field|bokeh|\d+ ?mm(?: lens| film)?|f/?\d(?:\.\d)?|iso ?\d+|canon|nikon|kodak\w*|"
    r"in the style of .+|\w+ style|by [A-Z][\w.]+(?: [A-Z][\w.]+)+|aspect ratio.*|concept art|digital art|vector art|"
    r"flat design|sharp|high[- ]resolution|professional\w*|beautiful|stunning|epic|aesthetic)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^(?:an? |the )?(?:[\w-]+ ){0,2}?(?:photo(?:graph)?|picture|image|illustration|drawing|painting|render(?:ing)?)"
    r"\s+(?:of|showing)\s+",
    re.IGNORECASE,
)


def from_prompt(prompt: str) -> str:
    """Return what a prompt says about the subject, at most 125 characters; "" if nothing remains."""
    text = _MODEL.sub(" ", prompt)
    for _ in range(3):  # weights may be nested
        text = _WEIGHT.sub(r"\1", text)
    kept = []
    for part in re.split(r"[,;\n|]+", text):
        words = " ".join(part.split()).strip(" .:")
        rest = " ".join(_STYLE.sub(" ", words).split()).strip(" .:-")
        # A part that is mostly about style is left out whole: `highly detailed fur` says little about the subject.
        if words and len(rest) * 3 > len(words):
            kept.append(rest)
    subject = _OPENING.sub("", ", ".join(kept))
    return shortened(subject[:1].upper() + subject[1:])


def from_heading(heading: str | None) -> str:
    """Return a draft from the heading that an image belongs to."""
    return shortened(" ".join((heading or "").split()).strip(" ¶#"))


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return a text of at most so many characters, cut between words."""
    if len(text) <= longest:
        return text
    cut = text[: longest + 1].rsplit(" ", 1)[0] if " " in text[:longest] else text[:longest]
    return cut[:longest].rstrip(" ,;:-–")
