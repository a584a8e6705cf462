"""Convert brand colours to palettes for an image: OKLab values, roles, ramps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from imageseo.heroes.providers.art.deterministic import Dice, Field, encode, root


@dataclass(frozen=True)
class Lab:
    """A colour in OKLab: ``l`` 0..1, ``a`` and ``b`` about -0.4..0.4."""

    l: float  # noqa: E741 - usual name in OKLab
    a: float
    b: float

    @property
    def chroma(self) -> float:
        return root(self.a * self.a + self.b * self.b, 2)

    def at(self, lightness: float, chroma: float | None = None) -> Lab:
        """Return the same hue at another lightness, limited to ``chroma`` if given and clipped to sRGB."""
        chroma_now = self.chroma
        scale = 1.0 if chroma is None or chroma_now <= chroma or chroma_now == 0.0 else chroma / chroma_now
        return Lab(lightness, self.a * scale, self.b * scale).clip_to_srgb()

    def lit(self, amount: float) -> Lab:
        """Return the colour lighter by ``amount`` (negative: darker), within sRGB."""
        return Lab(min(max(self.l + amount, 0.0), 1.0), self.a, self.b).clip_to_srgb()

    def towards(self, other: Lab, t: float) -> Lab:
        return Lab(self.l + (other.l - self.l) * t, self.a + (other.a - self.a) * t, self.b + (other.b - self.b) * t)

    def vivid(self, chroma: float) -> Lab:
        """Return the same hue with this chroma as far as sRGB allows; greys are unchanged."""
        chroma_now = self.chroma
        if chroma_now < 0.015:
            return self
        return Lab(self.l, self.a * chroma / chroma_now, self.b * chroma / chroma_now).clip_to_srgb()

    def bridge(self, other: Lab, lightness: float) -> Lab:
        """Return a colour between two hues with similar chroma: opposite hues mix via red, not grey."""
        middle = self.towards(other, 0.5)
        target_chroma = (self.chroma + other.chroma) * 0.42
        deficit = target_chroma * target_chroma - middle.chroma * middle.chroma
        perpendicular = Lab(0.0, other.b - self.b, self.a - other.a)
        length = perpendicular.chroma
        if deficit <= 0.0 or length < 0.02:
            return middle.at(lightness)
        scale = root(deficit, 2) / length * (1.0 if perpendicular.a > 0.0 else -1.0)
        return Lab(lightness, middle.a + perpendicular.a * scale, middle.b + perpendicular.b * scale).clip_to_srgb()

    def clip_to_srgb(self) -> Lab:
        """Reduce chroma until the colour is inside sRGB."""
        low, high = 0.0, 1.0
        if _is_in_srgb(self):
            return self
        for _ in range(16):
            middle = (low + high) * 0.5
            if _is_in_srgb(Lab(self.l, self.a * middle, self.b * middle)):
                low = middle
            else:
                high = middle
        return Lab(self.l, self.a * low, self.b * low)

    def hue_distance(self, other: Lab) -> float:
        """Return the squared distance of two hues, weighted by chroma: 0 for equal hues."""
        return (self.a - other.a) * (self.a - other.a) + (self.b - other.b) * (self.b - other.b)


def _linear(lab: Lab) -> tuple[float, float, float]:
    l_ = lab.l + 0.3963377774 * lab.a + 0.2158037573 * lab.b
    m_ = lab.l - 0.1055613458 * lab.a - 0.0638541728 * lab.b
    s_ = lab.l - 0.0894841775 * lab.a - 1.2914855480 * lab.b
    l_, m_, s_ = l_ * l_ * l_, m_ * m_ * m_, s_ * s_ * s_
    return (
        4.0767416621 * l_ - 3.3077115913 * m_ + 0.2309699292 * s_,
        -1.2684380046 * l_ + 2.6097574011 * m_ - 0.3413193965 * s_,
        -0.0041960863 * l_ - 0.7034186147 * m_ + 1.7076147010 * s_,
    )


def _is_in_srgb(lab: Lab) -> bool:
    return all(-0.0005 <= channel <= 1.0005 for channel in _linear(lab))


def parse_hex(color: str) -> Lab:
    """Convert ``#rrggbb`` or ``#rgb`` to OKLab."""
    digits = color.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    r, g, b = (to_linear(int(digits[i : i + 2], 16) / 255.0) for i in (0, 2, 4))
    l_ = root(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b, 3)
    m_ = root(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b, 3)
    s_ = root(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b, 3)
    return Lab(
        0.2104542553 * l_ + 0.7936177850 * m_ - 0.0040720468 * s_,
        1.9779984951 * l_ - 2.4285922050 * m_ + 0.4505937099 * s_,
        0.0259040371 * l_ + 0.7827717662 * m_ - 0.8086757660 * s_,
    )


def to_linear(value: float) -> float:
    if value <= 0.04045:
        return value / 12.92
    base = (value + 0.055) / 1.055
    fifth = root(base, 5)
    return base * base * fifth * fifth  # base ** 2.4


@dataclass(frozen=True)
class Palette:
    """Colour roles used by all styles.

    ``deep``: darkest; ``main``: the brand's strongest colour; ``second``: another hue; ``accent``: the most distinct
    hue; ``pale``: lightest; ``night``: whether the image is dark. ``brand``: main and accent exactly as the brand
    writes them, one colour where they are equal. ``ink``: the brand's colour of texts, if it names one.
    """

    deep: Lab
    main: Lab
    second: Lab
    accent: Lab
    pale: Lab
    night: bool
    brand: tuple[Lab, ...] = ()
    ink: Lab | None = None

    @property
    def light(self) -> Lab:
        """The lighter of the brand's two colours, exactly as written: for skies and lights."""
        return max(self.brand, key=lambda lab: lab.l)

    @property
    def flat(self) -> bool:
        """Whether the brand's two colours are so alike in lightness that shapes of them alone would hardly show."""
        return self.light.l - self.dark.l < 0.15

    @property
    def contrast(self) -> Lab:
        """The darkest or lightest tone, whichever differs more from the brand's colours."""
        return self.deep if self.light.l + self.dark.l > 1.1 else self.pale

    @property
    def dark(self) -> Lab:
        """The darker of the brand's two colours, exactly as written: for land and near things."""
        return min(self.brand, key=lambda lab: lab.l)


def palette(colors: tuple[str, ...] | Mapping[str, str], dice: Dice, mode: str = "auto") -> Palette:
    """Assign roles to two to six colours in any order, or take those that the brand names.

    The seed decides between day and night, unless ``mode`` (``light``, ``dark``) or a named ground does.
    """
    roles = {role: parse_hex(color) for role, color in colors.items()} if isinstance(colors, Mapping) else {}
    labs = list(roles.values()) if isinstance(colors, Mapping) else [parse_hex(color) for color in colors]
    by_lightness = sorted(labs, key=lambda lab: lab.l)
    darkest, lightest = by_lightness[0], by_lightness[-1]
    main = roles.get("main") or max(labs, key=_weight)
    others = [lab for lab in labs if lab != main]
    chromatic = [lab for lab in others if lab.chroma > 0.016]
    accent = roles.get("accent") or max(chromatic or others or [main], key=lambda lab: _difference(lab, main))
    unassigned = [lab for lab in chromatic if lab != accent]
    average = sum(lab.l for lab in labs) / len(labs)
    ground = roles.get("ground")
    chance = dice.chance(0.85 if average < 0.4 else 0.12 if average > 0.75 else 0.5)
    night = mode == "dark" or (mode != "light" and (chance if ground is None else ground.l < 0.55))
    hue = _strong(accent if accent.chroma > 0.016 else main, 0.085)
    strong = _strong(main, 0.10)
    second = max(unassigned, key=lambda lab: lab.chroma) if unassigned else main.bridge(hue, 0.6)
    base_of_deep = darkest if darkest.chroma > 0.02 else strong
    deep = base_of_deep.at(min(darkest.l, 0.26), 0.075)
    pale = (lightest if lightest.chroma > 0.012 else strong).at(max(lightest.l, 0.95), 0.03)
    return Palette(
        deep=ground if ground is not None and ground.l < 0.3 else deep,
        main=strong,
        second=_strong(second, 0.085),
        accent=hue,
        pale=ground if ground is not None and ground.l > 0.9 else pale,
        night=night,
        brand=(main,) if _difference(main, accent) < 0.0001 else (main, accent),
        ink=roles.get("ink"),
    )


def _difference(lab: Lab, other: Lab) -> float:
    """Return how different two colours are, by hue before lightness; for opposite greys by lightness alone."""
    lightness = lab.l - other.l
    return lab.hue_distance(other) + 0.04 * lightness * lightness


def _weight(lab: Lab) -> float:
    """Rate a colour as main colour: strong ones first, cool ones slightly before warm ones, which darken to brown."""
    chroma = lab.chroma
    return 0.0 if chroma < 0.001 else chroma * (1.0 - 0.28 * max(lab.b, 0.0) / chroma)


def _strong(lab: Lab, chroma: float) -> Lab:
    """Strengthen pastels for use in images; near-greys are unchanged."""
    return lab if lab.chroma < 0.012 or lab.chroma >= chroma else Lab(min(lab.l, 0.7), lab.a, lab.b).vivid(chroma)


class Ramp:
    """A colour gradient over 0..1, mixed in OKLab with smooth transitions."""

    def __init__(self, *stops: tuple[float, Lab]) -> None:
        positions = [position for position, _ in stops]
        samples = 1024
        table = np.empty((3, samples + 1), dtype=np.float32)
        for index in range(samples + 1):
            at = index / samples
            upper = next((n for n, position in enumerate(positions) if position >= at), len(stops) - 1)
            lower = max(upper - 1, 0)
            gap = positions[upper] - positions[lower]
            t = 0.0 if gap <= 0.0 else min(max((at - positions[lower]) / gap, 0.0), 1.0)
            lab = stops[lower][1].towards(stops[upper][1], t) if at > positions[0] else stops[0][1]
            table[0, index], table[1, index], table[2, index] = lab.l, lab.a, lab.b
        table = _smooth(_smooth(table))
        self._table = table
        self._slopes = np.ascontiguousarray(table[:, 1:] - table[:, :-1])
        self._samples = samples

    def __call__(self, value: Field) -> tuple[Field, Field, Field]:
        """Return OKLab planes; ``value`` outside 0..1 gives the end colours."""
        t = np.minimum(np.maximum(value, np.float32(0.0)), np.float32(1.0)) * np.float32(self._samples)
        index = np.minimum(t.astype(np.int32), self._samples - 1)
        fraction = t - index.astype(np.float32)
        l, a, b = (  # noqa: E741 - usual name in OKLab
            self._table[plane][index] + self._slopes[plane][index] * fraction for plane in range(3)
        )
        return l, a, b


def _smooth(table: Field) -> Field:
    """Return a running mean, so that stops do not show as lines in wide gradients. Sums are sequential, hence exact."""
    radius = 40
    padded = np.pad(table.astype(np.float64), ((0, 0), (radius + 1, radius)), mode="edge")
    sums = np.cumsum(padded, axis=1)
    out: Field = ((sums[:, 2 * radius + 1 :] - sums[:, : -2 * radius - 1]) / (2 * radius + 1)).astype(np.float32)
    return out


class Paint:
    """Three OKLab planes to paint on. ``focus``: position of the subject, 0 left to 1 right."""

    def __init__(self, planes: tuple[Field, Field, Field], focus: float = 0.5) -> None:
        self.l, self.a, self.b = planes
        self.focus = focus

    def mirrored(self) -> Paint:
        """Return the image mirrored horizontally."""
        return Paint((self.l[:, ::-1].copy(), self.a[:, ::-1].copy(), self.b[:, ::-1].copy()), 1.0 - self.focus)

    def lay(self, lab: Lab | tuple[Field, Field, Field], cover: Field) -> None:
        """Paint a colour (or planes) with opacity ``cover`` (0..1)."""
        l, a, b = (lab.l, lab.a, lab.b) if isinstance(lab, Lab) else lab  # noqa: E741
        self.l = self.l + (l - self.l) * cover
        self.a = self.a + (a - self.a) * cover
        self.b = self.b + (b - self.b) * cover

    def shade(self, amount: Field) -> None:
        """Darken by a fraction; the saturation is kept."""
        factor = 1.0 - amount
        self.l, self.a, self.b = self.l * factor, self.a * factor, self.b * factor

    def light(self, amount: Field) -> None:
        """Add lightness (negative: darken)."""
        self.l = self.l + amount


def luminance(lab: Lab) -> float:
    """Return WCAG's relative luminance."""
    r, g, b = (min(max(channel, 0.0), 1.0) for channel in _linear(lab))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def format_hex(lab: Lab) -> str:
    """Format a colour as ``#rrggbb``."""
    planes = np.array([[[channel]] for channel in _linear(lab)], dtype=np.float32)
    return "#" + "".join(f"{int(value + 0.5):02x}" for value in encode(planes).ravel())
