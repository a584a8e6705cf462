"""Fonts of title cards: the brand's own, and for characters that it lacks those of installed packages."""

from __future__ import annotations

import os
from bisect import bisect_right
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from typing import NamedTuple

from imageseo.heroes.providers.art.cards.packages import CODE_FONT, FONT_PACKAGES
from imageseo.model.errors import ProviderError

_MANROPE = {
    200: "ExtraLight",
    300: "Light",
    400: "Regular",
    500: "Medium",
    600: "SemiBold",
    700: "Bold",
    800: "ExtraBold",
}
_CJK = "NotoSansCJK-VF.otf.ttc"
_CJK_FACES = {"ja": "JP", "ko": "KR", "zh-hant": "TC", "zh-tw": "TC", "zh-hk": "HK", "zh-mo": "HK", "zh": "SC"}
# First code point of a block -> the font that has it; up to the next entry.
_BLOCKS = (
    (0x0000, "NotoSans"),
    (0x0530, "NotoSansArmenian"),
    (0x0590, "NotoSansHebrew"),
    (0x0600, "NotoSansArabic"),
    (0x0700, "NotoSans"),
    (0x0750, "NotoSansArabic"),
    (0x0780, "NotoSans"),
    (0x08A0, "NotoSansArabic"),
    (0x0900, "NotoSansDevanagari"),
    (0x0980, "NotoSansBengali"),
    (0x0A00, "NotoSansGurmukhi"),
    (0x0A80, "NotoSansGujarati"),
    (0x0B00, "NotoSansOriya"),
    (0x0B80, "NotoSansTamil"),
    (0x0C00, "NotoSansTelugu"),
    (0x0C80, "NotoSansKannada"),
    (0x0D00, "NotoSansMalayalam"),
    (0x0D80, "NotoSansSinhala"),
    (0x0E00, "NotoSansThai"),
    (0x0E80, "NotoSansLao"),
    (0x0F00, "NotoSans"),
    (0x1000, "NotoSansMyanmar"),
    (0x10A0, "NotoSansGeorgian"),
    (0x1100, "CJK"),
    (0x1200, "NotoSansEthiopic"),
    (0x13A0, "NotoSans"),
    (0x1780, "NotoSansKhmer"),
    (0x1800, "NotoSans"),
    (0x19E0, "NotoSansKhmer"),
    (0x1A00, "NotoSans"),
    (0x1C90, "NotoSansGeorgian"),
    (0x1CC0, "NotoSans"),
    (0x2100, "NotoSansSymbols"),
    (0x2C00, "NotoSans"),
    (0x2D00, "NotoSansGeorgian"),
    (0x2D30, "NotoSans"),
    (0x2D80, "NotoSansEthiopic"),
    (0x2DE0, "NotoSans"),
    (0x2E80, "CJK"),
    (0xA4D0, "NotoSans"),
    (0xA8E0, "NotoSansDevanagari"),
    (0xA900, "NotoSans"),
    (0xA960, "CJK"),
    (0xA980, "NotoSansMyanmar"),
    (0xAA00, "NotoSansMyanmar"),
    (0xAB00, "NotoSansEthiopic"),
    (0xAB30, "NotoSans"),
    (0xAC00, "CJK"),
    (0xD800, "NotoSans"),
    (0xF900, "CJK"),
    (0xFB00, "NotoSans"),
    (0xFB13, "NotoSansArmenian"),
    (0xFB1D, "NotoSansHebrew"),
    (0xFB50, "NotoSansArabic"),
    (0xFE10, "CJK"),
    (0xFE70, "NotoSansArabic"),
    (0xFF00, "CJK"),
    (0x10000, "NotoSansSymbols"),
    (0x1B000, "CJK"),
    (0x1B300, "NotoSansSymbols"),
    (0x1F000, "NotoEmoji"),
    (0x20000, "CJK"),
    (0x40000, "NotoSans"),
)


_STARTS = [start for start, _ in _BLOCKS]


class Glyph(NamedTuple):
    """A glyph of a shaped text: its number, and its place from the start of the text in em, y upwards."""

    number: int
    x: float
    y: float


class Shaped(NamedTuple):
    glyphs: tuple[Glyph, ...]
    width: float


class Face:
    """One font at one weight. Lengths in em. Raises OSError or ValueError for a file that is no font.

    ``above``, ``below``: usual extent of ink around the baseline.
    """

    def __init__(self, path: str, number: int = 0, weight: int = 400) -> None:
        import uharfbuzz

        blob = uharfbuzz.Blob.from_file_path(path)
        face = uharfbuzz.Face(blob, number)
        self._codes = face.unicodes
        if not face.glyph_count or not self._codes:
            raise ValueError("it has no table of characters (cmap)" if face.glyph_count else "it is no font")
        self.path, self.number, self.weight = path, number, weight
        self._unit = float(face.upem)
        self._font = uharfbuzz.Font(face)
        variable = any(axis.tag == "wght" for axis in face.axis_infos)
        if variable:
            self._font.set_variations({"wght": float(weight)})
        # Weight as the file says it, and whether it has an axis for it.
        self.style = (int(self._font.get_style_value(uharfbuzz.StyleTag.WEIGHT)), variable)
        extents = self._font.get_font_extents("ltr")
        wide = path.endswith(_CJK)  # the line height of Noto Sans CJK is far more than its ink
        self.above = 0.9 if wide else extents.ascender / self._unit
        self.below = 0.15 if wide else -extents.descender / self._unit
        tags = uharfbuzz.OTMetricsTag
        self.cap_height = self._font.get_metric_position_with_fallback(tags.CAP_HEIGHT) / self._unit
        self._outlines: dict[int, str] = {}
        self._shaped: dict[tuple[str, bool, str, bool], Shaped] = {}

    def has(self, cluster: str) -> bool:
        """Whether there is a glyph for each character that shows."""
        return all(ord(character) in self._codes for character in cluster if character not in "\u200c\u200d")

    def shape(self, text: str, *, rtl: bool = False, language: str = "", spaced: bool = False) -> Shaped:
        """Choose and place the glyphs of a text of one script and direction. ``spaced``: without ligatures."""
        key = (text, rtl, language, spaced)
        if key not in self._shaped:
            import uharfbuzz

            buffer = uharfbuzz.Buffer()
            buffer.add_str(text)
            buffer.direction = "rtl" if rtl else "ltr"
            if language:
                buffer.language = language
            buffer.guess_segment_properties()
            uharfbuzz.shape(self._font, buffer, {"liga": False, "clig": False} if spaced else {})
            glyphs, x = [], 0
            for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
                glyphs.append(Glyph(info.codepoint, (x + place.x_offset) / self._unit, place.y_offset / self._unit))
                x += place.x_advance
            self._shaped[key] = Shaped(tuple(glyphs), x / self._unit)
        return self._shaped[key]

    def ink(self, glyph: int) -> tuple[float, float, float, float] | None:
        """Return left, top, right and bottom of a glyph's ink, y upwards; None for a space."""
        extents = self._font.get_glyph_extents(glyph)
        if extents is None or not extents.width or not extents.height:
            return None
        left, top = extents.x_bearing / self._unit, extents.y_bearing / self._unit
        return left, top, left + extents.width / self._unit, top + extents.height / self._unit

    def outline(self, glyph: int) -> str:
        """Return a glyph's shape as the data of an SVG path, in units of 1/1000 em, y downwards."""
        if glyph not in self._outlines:
            pen = _PathPen(1000.0 / self._unit)
            self._font.draw_glyph_with_pen(glyph, pen)
            self._outlines[glyph] = "".join(pen.commands)
        return self._outlines[glyph]


class _PathPen:
    """Writes an outline as the data of an SVG path."""

    def __init__(self, scale: float) -> None:
        self.commands: list[str] = []
        self._scale = scale

    def _add(self, letter: str, *points: tuple[float, float]) -> None:
        numbers = (f"{x * self._scale:.2f} {-y * self._scale:.2f}" for x, y in points)
        self.commands.append(letter + " ".join(numbers))

    def moveTo(self, point: tuple[float, float]) -> None:
        self._add("M", point)

    def lineTo(self, point: tuple[float, float]) -> None:
        self._add("L", point)

    def curveTo(self, *points: tuple[float, float]) -> None:
        self._add("C", *points)

    def qCurveTo(self, *points: tuple[float, float]) -> None:
        self._add("Q", *points)

    def closePath(self) -> None:
        self.commands.append("Z")

    def endPath(self) -> None:
        """Open contours have no ink."""


@cache
def brand_face(weight: int) -> Face:
    """Load a weight of Manrope (SIL OFL 1.1, package font-manrope). Raises ProviderError if the package lacks it."""
    nearest = min(_MANROPE, key=lambda each: abs(each - weight))
    path = str(files("font_manrope") / "files" / f"Manrope-{_MANROPE[nearest]}.ttf")
    try:
        return Face(path, 0, weight)
    except Exception as error:  # HarfBuzz raises types of its own
        hint = "reinstall it: pip install --force-reinstall font-manrope"
        raise ProviderError(f"the font of title cards cannot be read: {error}", hint=hint) from error


def block(character: str) -> str:
    """Return the name of the font of Noto that has a character's block; letters of two blocks differ in script."""
    return _BLOCKS[bisect_right(_STARTS, ord(character)) - 1][1]


def fallback_face(cluster: str, weight: int, language: str = "") -> Face | None:
    """Return the font of the extra `fonts` that has all of a cluster; None: there is none, or it is not installed."""
    for name in dict.fromkeys((block(cluster[0]), "NotoSans", "NotoSansSymbols", "NotoEmoji", "CJK")):
        found = _cjk(weight, language) if name == "CJK" else _noto(name, weight)
        if found is not None and found.has(cluster):
            return found
    return None


def _noto(name: str, weight: int) -> Face | None:
    folder = package_folder("manimgx_fonts")
    return None if folder is None else _load_or_none(f"{folder}/{name}[wght].ttf", 0, weight)


def _cjk(weight: int, language: str) -> Face | None:
    folder = package_folder("manimgx_fonts_cjk")
    if folder is None:
        return None
    lower = language.lower().replace("_", "-")
    region = next((face for code, face in _CJK_FACES.items() if lower == code or lower.startswith(f"{code}-")), "SC")
    return _load_or_none(f"{folder}/{_CJK}", ("JP", "KR", "SC", "TC", "HK").index(region), weight)


@cache
def _load_or_none(path: str, number: int, weight: int) -> Face | None:
    """Return None for a file that cannot be read: a card is drawn without its characters then."""
    try:
        return Face(path, number, weight)
    except Exception:  # HarfBuzz raises types of its own
        return None


def code_face(weight: int) -> Face | None:
    """Return JetBrains Mono; None without its package."""
    folder = package_folder(CODE_FONT.replace("-", "_"))
    return None if folder is None else _load_or_none(f"{folder}/files/JetBrainsMono[wght].ttf", 0, weight)


def has_fallback_fonts() -> bool:
    """Whether the packages of the extra `fonts` are installed."""
    return all(package_folder(package.replace("-", "_")) is not None for package in FONT_PACKAGES)


@cache
def package_folder(package: str) -> str | None:
    """Return the folder of an installed package, without importing it; None: there is none of that name."""
    try:
        spec = find_spec(package)
    except ValueError:  # the running program is the module `__main__`, without a spec
        return None
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return os.fspath(places[0]) if places else None
