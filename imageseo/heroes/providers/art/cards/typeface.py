"""Set text in the brand's font, with other fonts for what it lacks: the glyphs of a line, and its exact width."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from imageseo.heroes.providers.art.cards.bidi import ordered
from imageseo.heroes.providers.art.cards.faces import Face, Glyph, block, brand_face, fallback_face
from imageseo.heroes.providers.art.cards.text import Replaced, clean, clusters, compatible, describe, transliterate

_TALLEST = 1.5
"""Line height of fonts whose own is meant for stacked marks that titles hardly have."""


class Run(NamedTuple):
    """A part of a line in one font and one direction."""

    text: str
    face: Face
    rtl: bool


class PlacedGlyph(NamedTuple):
    face: Face
    glyph: Glyph


@dataclass(frozen=True)
class SetLine:
    """A line of text ready to draw. Lengths in em; ``above``, ``below``: ink around the baseline."""

    glyphs: tuple[PlacedGlyph, ...]
    width: float
    above: float
    below: float

    def markup(self, x: float, y: float, size: float) -> str:
        """Return the line as SVG paths, its baseline starting at ``x``, ``y`` px."""
        scale = size / 1000.0
        found = []
        for face, glyph in self.glyphs:
            shape = face.outline(glyph.number)
            if shape:
                place = f"{x + glyph.x * size:.3f} {y - glyph.y * size:.3f}"
                found.append(f'<path transform="matrix({scale:.6f} 0 0 {scale:.6f} {place})" d="{shape}"/>')
        return "".join(found)


@dataclass(eq=False)
class Typeface:
    """The fonts of one weight for one card. ``language``: of the page; decides the shape of Chinese characters."""

    weight: int
    language: str = ""
    brand: tuple[Face, ...] = ()
    rtl: bool = False
    _faces: dict[str, Face | None] = field(default_factory=dict)
    _widths: dict[tuple[str, float], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.brand = self.brand or (brand_face(self.weight),)

    @property
    def main(self) -> Face:
        return self.brand[0]

    def prepare(self, text: str) -> tuple[str, Replaced | None]:
        """Return a text of which every character has a glyph, and what had to be replaced for that."""
        kept, lost, shown = [], [], []
        cleaned = clean(text)
        for cluster in clusters(cleaned):
            if cluster in ("\u00ad", "\u200b") or self.face(cluster) is not None:
                kept.append(cluster)
                continue
            lost += [character for character in cluster if not self._has(character)] or [cluster[0]]
            instead = self._instead(cluster)
            kept.append(instead)
            shown.append(instead)
        if not lost:
            return cleaned, None
        result = " ".join("".join(kept).split())
        if not any(map(str.isalnum, result)):  # nothing but pictures: their names are better than an empty card
            names = " ".join(filter(None, map(describe, dict.fromkeys(lost))))
            result = names or result
            shown = [names]
        return result, Replaced(tuple(dict.fromkeys(lost)), "".join(shown).strip())

    def _instead(self, cluster: str) -> str:
        for form in (compatible(cluster), cluster[0], transliterate(cluster)):
            if form and all(self.face(each) is not None for each in clusters(form)):
                return form
        return ""

    def _has(self, character: str) -> bool:
        return character in "\u200c\u200d" or self.face(character) is not None

    def face(self, cluster: str) -> Face | None:
        """Return the first font with all of a cluster's characters; the brand's come first."""
        if cluster not in self._faces:
            found = next((face for face in self.brand if face.has(cluster)), None)
            if found is None:
                found = fallback_face(cluster, self.weight, self.language)
            self._faces[cluster] = found
        return self._faces[cluster]

    def runs(self, text: str) -> list[Run]:
        """Split a prepared text into runs from left to right. Spaces stay with the letters before them."""
        runs: list[Run] = []
        for part, rtl in ordered(text, rtl=self.rtl):
            inside: list[tuple[str, Face, str]] = []
            for cluster in clusters(part):
                face = self.face(cluster) or self.main
                script = block(cluster[0]) if cluster[0].isalpha() else ""
                if inside:
                    before, last, last_script = inside[-1]
                    keeps = last_script and not cluster[0].isalnum() and last is not self.main and last.has(cluster)
                    face = last if keeps else face
                    if face is last and (not script or not last_script or script == last_script):
                        inside[-1] = (before + cluster, last, last_script or script)
                        continue
                inside.append((cluster, face, script))
            runs += [Run(piece, face, rtl) for piece, face, _ in (inside[::-1] if rtl else inside)]
        return runs

    def set_line(self, text: str, spacing: float = 0.0) -> SetLine:
        """Place the glyphs of a line. ``spacing``: added after each glyph of scripts whose letters do not join."""
        text = self._visible(text)
        glyphs: list[PlacedGlyph] = []
        width, above, below = 0.0, 0.0, 0.0
        for run in self.runs(text):
            gap = spacing if self._is_plain(run) else 0.0
            shaped = run.face.shape(run.text, rtl=run.rtl, language=self.language, spaced=gap != 0.0)
            for number, glyph in enumerate(shaped.glyphs):
                placed = glyph._replace(x=width + glyph.x + gap * number)
                ink = run.face.ink(glyph.number)
                if ink is not None:
                    above, below = max(above, ink[1] + glyph.y), max(below, -ink[3] - glyph.y)
                glyphs.append(PlacedGlyph(run.face, placed))
            width += shaped.width + gap * len(shaped.glyphs)
        return SetLine(tuple(glyphs), width, above, below)

    def width(self, text: str, spacing: float = 0.0) -> float:
        """Return the width of a part of a line in em."""
        key = (text, spacing)
        if key not in self._widths:
            self._widths[key] = self.set_line(text, spacing).width
        return self._widths[key]

    def line_height(self, text: str) -> float:
        """Return the distance of baselines that the fonts of a line need besides the brand's own."""
        faces = {run.face for run in self.runs(self._visible(text))} - set(self.brand)
        return max((min(face.above + face.below, _TALLEST) for face in faces), default=0.0)

    def _visible(self, text: str) -> str:
        text = text.replace("\u00ad", "").replace("\u200b", "")
        return text if self.main.has("\u00a0") else text.replace("\u00a0", " ")

    def _is_plain(self, run: Run) -> bool:
        return run.face in self.brand and not run.rtl and all(character < "\u0590" for character in run.text)
