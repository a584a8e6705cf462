"""A card's texts laid out by its template: which boxes they fill, and the SVG that draws them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from markupsafe import Markup

from imageseo.heroes.providers.art.cards import sandbox, svg_check
from imageseo.heroes.providers.art.cards.brand_fonts import BrandFonts
from imageseo.heroes.providers.art.cards.faces import has_fallback_fonts
from imageseo.heroes.providers.art.cards.fitting import fit
from imageseo.heroes.providers.art.cards.text import Replaced, is_rtl, name
from imageseo.heroes.providers.art.cards.typeface import SetLine, Typeface
from imageseo.model.extras import install_command

SLOTS = ("title", "subtitle", "section", "tags", "author", "date", "site")
_ON_PHONES = 1.35  # a brand's name has 12 CSS px then on a card that is 358 CSS px wide
_DESCENT = 0.24  # em below the baseline that the next text keeps clear of


class Slot(str):
    """A text of a card. ``key``: its place in the recipe or the settings, for notes."""

    __slots__ = ("key",)
    key: str

    def __new__(cls, text: object, key: str) -> Slot:
        slot = super().__new__(cls, text)
        slot.key = key
        return slot


class Ink(NamedTuple):
    """Colours of a text and of marks beside it, as ``#rrggbb``. ``plate``: of what is drawn behind it, if needed."""

    text: str
    accent: str
    plate: str = ""


class Line(NamedTuple):
    """One line of text: its left edge and baseline in px."""

    content: SetLine
    text: str
    x: float
    y: float
    size: float
    group: str

    @property
    def area(self) -> tuple[float, float, float, float]:
        """The ink's left, top, width and height in px."""
        above, below = self.content.above * self.size, self.content.below * self.size
        return self.x, self.y - above, self.content.width * self.size, above + below


@dataclass(frozen=True)
class TextBox:
    """A text in a template: drawn where it is written out; false without a text. Positions in px.

    ``top`` and ``bottom``: of its capitals and descenders. ``base``: the last baseline, or where it would have been.
    """

    markup: Markup
    size: float
    top: float
    bottom: float
    base: float
    next_base: float
    left: float
    right: float
    lines: int
    ink: str
    accent: str

    def __bool__(self) -> bool:
        return self.lines > 0

    def __html__(self) -> str:
        return self.markup


class Safe(NamedTuple):
    """The area that no crop and no rounded corner takes away, in px."""

    x: float
    y: float
    w: float
    h: float

    @property
    def bottom(self) -> float:
        return self.y + self.h

    @property
    def right(self) -> float:
        return self.x + self.w


@dataclass(frozen=True, kw_only=True)
class CardSvg:
    """The texts of one card on a canvas in px. ``template``: Jinja; ``template_name``: for messages.

    ``values``: colours and pictures of the template.
    """

    width: int
    height: int
    texts: Mapping[str, Any]
    template: str
    template_name: str
    fonts: BrandFonts
    values: Mapping[str, Any]

    def layout(self) -> Rendered:
        """Render the template without its texts: what is behind them, and where they will be."""
        return self._render({})

    def draw(self, inks: Mapping[str, Ink], *, texts: bool = True) -> Rendered:
        """Render the template with its texts, in the inks of their groups. ``texts``: off for its shapes alone."""
        return self._render(inks, texts=texts)

    def _render(self, inks: Mapping[str, Ink], *, texts: bool = True) -> Rendered:
        rtl = is_rtl(str(self.texts.get("title", "")))
        setter = _Setter(self.width, self.height, self.fonts, str(self.texts.get("language", "")), inks, rtl=rtl)
        unit = min(self.height / 900.0, self.width / 1200.0)
        margin = 96.0 * unit
        unit *= _ON_PHONES if self.texts.get("size") == "phone" else 1.0
        values = {
            **{slot: self._slot(slot) for slot in SLOTS},
            "width": self.width,
            "height": self.height,
            "unit": unit,
            "safe": Safe(margin, margin, self.width - 2.0 * margin, self.height - 2.0 * margin),
            "rtl": rtl,
            "language": self.texts.get("language", ""),
            "box": setter.box
            if texts
            else lambda *args, **kwargs: replace(setter.box(*args, **kwargs), markup=Markup()),
            "flip": lambda x, w=0.0: self.width - x - w if rtl else x,
            **self.values,
        }
        svg = sandbox.render(self.template, self.template_name, values)
        return Rendered(svg, tuple(setter.lines), tuple(dict.fromkeys(setter.notes)))

    def _slot(self, slot: str) -> Any:
        key = "brand" if slot == "site" else slot
        value = self.texts.get(key, "")
        return value if slot == "tags" else Slot(value, "brand.name" if slot == "site" else f"card.{slot}")

    def check(self) -> None:
        """Raise RecipeError for a template that fails, or yields no SVG that may be drawn."""
        svg_check.check(self.layout().svg, self.template_name, self.template)


class Rendered(NamedTuple):
    """A template's SVG, the lines of its texts, and notes on what was lost of them."""

    svg: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


class _Setter:
    """Sets the boxes of one rendering."""

    def __init__(
        self, width: int, height: int, fonts: BrandFonts, language: str, inks: Mapping[str, Ink], *, rtl: bool
    ) -> None:
        self._width, self._height = width, height
        self._fonts, self._language, self._inks, self._rtl = fonts, language, inks, rtl
        self._typefaces: dict[int, Typeface] = {}
        self.lines: list[Line] = []
        self.notes: list[str] = []

    def box(
        self,
        text: Any,
        *,
        x: float,
        width: float,
        size: float,
        least: float | None = None,
        weight: int = 500,
        lines: int = 1,
        tracking: float = 0.0,
        align: str = "start",
        top: float | None = None,
        bottom: float | None = None,
        baseline: float | None = None,
        middle: float | None = None,
        over: TextBox | None = None,
        under: TextBox | None = None,
        gap: float = 0.0,
        group: str = "text",
    ) -> TextBox:
        """Fit a text into a box, and place it by its top, middle, last or only baseline, or at another text's box."""
        typeface = self._typeface(weight)
        written = ", ".join(map(str, text)) if isinstance(text, list | tuple) else str(text or "")
        prepared, replaced = typeface.prepare(written)
        if replaced is not None:
            self.notes.append(_replaced_note(self._name_of(text), replaced))
        sizes = (min(least or size, size), size)
        fitted = fit(prepared, typeface, width=width, sizes=sizes, lines=lines, spacing=tracking)
        if fitted.shortened:
            message = "is too long for the card and ends in an ellipsis: write a shorter one"
            self.notes.append(f"`{self._name_of(text)}` {message}")
        cap = typeface.main.cap_height
        height = (1.12 if tracking else 1.35) * fitted.size
        height = max([height, *(typeface.line_height(line) * fitted.size for line in fitted.lines)])
        rows = len(fitted.lines)
        if over is not None:
            last = over.next_base - _DESCENT * fitted.size - gap if over and rows else over.base
        elif under is not None:
            last = under.bottom + gap + cap * fitted.size + (rows - 1) * height if rows else under.bottom
        elif middle is not None:
            last = middle + (cap * fitted.size + (rows - 1) * height) / 2.0
        elif top is not None:
            last = top + cap * fitted.size + (rows - 1) * height if rows else top
        elif bottom is not None:
            last = bottom
        else:
            last = (baseline if baseline is not None else self._height / 2.0) + (rows - 1 if rows else 0) * height
        left = self._width - x - width if self._rtl else x
        side = {"start": 1.0 if self._rtl else 0.0, "end": 0.0 if self._rtl else 1.0, "center": 0.5}.get(align, 0.0)
        placed = []
        for number, row in enumerate(fitted.lines):
            content = typeface.set_line(row, tracking)
            at = left + (width - content.width * fitted.size) * side
            y = last - (rows - 1 - number) * height
            placed.append(Line(content, row, at, y, fitted.size, group))
        self.lines += placed
        first = last - (rows - 1) * height
        ink = self._inks.get(group)
        return TextBox(
            markup=Markup("".join(_markup(line, ink) for line in placed)),
            size=fitted.size,
            top=first - cap * fitted.size if rows else last,
            bottom=last + _DESCENT * fitted.size if rows else last,
            base=last,
            next_base=first - height if rows else last,
            left=min((line.x for line in placed), default=left),
            right=max((line.x + line.area[2] for line in placed), default=left),
            lines=rows,
            ink=ink.text if ink else "none",
            accent=ink.accent if ink else "none",
        )

    def _typeface(self, weight: int) -> Typeface:
        if weight not in self._typefaces:
            self._typefaces[weight] = self._fonts.typeface(weight, self._language, rtl=self._rtl)
        return self._typefaces[weight]

    def _name_of(self, text: Any) -> str:
        return getattr(text, "key", "card")


def _markup(line: Line, ink: Ink | None) -> str:
    if ink is None:
        return ""
    x, y, width, height = line.area
    pad = line.size * 0.16
    plate = (
        f'<rect x="{x - pad:.2f}" y="{y - pad:.2f}" width="{width + 2 * pad:.2f}" height="{height + 2 * pad:.2f}" '
        f'rx="{pad:.2f}" fill="{ink.plate}"/>'
        if ink.plate
        else ""
    )
    return f'{plate}<g fill="{ink.text}">{line.content.markup(line.x, line.y, line.size)}</g>'


def _replaced_note(key: str, replaced: Replaced) -> str:
    listed = ", ".join(map(name, replaced.characters[:8]))
    more = f" and {len(replaced.characters) - 8} more" if len(replaced.characters) > 8 else ""
    shown = f"shown as {replaced.shown!r}" if replaced.shown else "left out"
    advice = "" if has_fallback_fonts() else f"; for other scripts and emoji: {install_command('fonts')}"
    return f"`{key}`: no font has {listed}{more}: {shown}{advice}"
