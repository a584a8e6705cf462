"""Compute how wide an image is shown, its ``sizes``, and the widths of its variants."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from imageseo.config.settings import LayoutSettings
from imageseo.layout.candidate_widths import candidate_widths, ladder_widths
from imageseo.layout.fit_sizes import MeasuredSlot
from imageseo.layout.themes import recognise, theme_of_generator
from imageseo.model.finding import DESKTOP, MOBILE
from imageseo.model.image import Asset, ImageRef, Span
from imageseo.web.srcset.sizes import SourceSize, parse_sizes, source_size

_NARROWEST, _WIDEST = 320, 3840  # CSS px of screens
_UNSET = LayoutSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnLayout:
    """Widths of a page's images. ``content_width``: CSS px of the article column on a wide screen; ``sizes``: of an
    image as wide as the column. If both are None, an image may be as wide as the viewport.

    ``slots``: of measured images, by the span of the tag; by None for an inserted hero. ``lead``: the tag of the LCP
    image; ``lead_known``: whether the LCP was measured, so that no ``lead`` means no LCP image.
    """

    content_width: int | None = None
    sizes: str | None = None
    slots: Mapping[Span | None, MeasuredSlot] = field(default_factory=dict)
    lead: Span | None = None
    lead_known: bool = False

    def slot(self, ref: ImageRef | None) -> MeasuredSlot | None:
        """Return the measured slot of an image. ``ref``: None for the inserted hero."""
        return self.slots.get(ref.span if ref is not None else None) if self.slots else None


class AuthorWidth(NamedTuple):
    """The width that the author set for an image: CSS px, a share of the column, or neither."""

    px: float | None = None
    part: float | None = None


_NEITHER = AuthorWidth()


def layout_for(
    generator: str | None = None,
    *,
    html: bytes = b"",
    settings: LayoutSettings = _UNSET,
    content_width: int | None = None,
) -> ColumnLayout:
    """Return the layout of a page: from the settings, else the theme, else the integration's ``content_width``.

    ``generator``: of ``<meta name="generator">``; ``html``: the page, which is more exact (a hidden sidebar widens the
    column). ``content_width``: ``Site.content_width``.
    """
    if settings.sizes is not None:
        return ColumnLayout(content_width=settings.content_width or _column(settings.sizes), sizes=settings.sizes)
    if settings.content_width is not None:
        return ColumnLayout(content_width=settings.content_width)
    theme = recognise(html) or theme_of_generator(generator or "")
    if theme is not None:
        return ColumnLayout(content_width=theme.content_width, sizes=theme.sizes)
    return ColumnLayout(content_width=content_width)


def shown_width(ref: ImageRef | None, asset: Asset, layout: ColumnLayout, *, exact: bool = False) -> int:
    """Return CSS px of the image on a wide screen: its intrinsic width, limited by the author and the column.

    ``ref``: None for an inserted hero.
    """
    layout, written = _effective_layout(ref, asset, layout, exact=exact)
    column = layout.content_width or asset.css_width
    shown = min(asset.css_width, written.px or asset.css_width, column * (written.part or 1))
    return max(1, round(shown))


def sizes(ref: ImageRef | None, asset: Asset, layout: ColumnLayout, *, exact: bool = False) -> str:
    """Return the ``sizes`` of an image: the author's, else the column's, limited to the width without ``sizes``.

    Browsers show a candidate as wide as its slot, so a slot wider than the file would enlarge a small image.
    ``exact``: nothing else determines the width, so that a slot that is too narrow would shrink the image: in an
    unknown column it is as wide as without ``sizes``.
    """
    layout, written = _effective_layout(ref, asset, layout, exact=exact)
    limit = max(1, round(min(asset.css_width, written.px or asset.css_width)))
    if exact and layout.sizes is None and layout.content_width is None:
        return f"{limit}px"
    part = written.part or 1
    if layout.sizes is None:
        width = layout.content_width
        return _simple_sizes(limit if width is None else max(1, min(limit, round(width * part))), part)
    return _limit_sizes(layout.sizes, limit, part)


def widths(ref: ImageRef | None, asset: Asset, layout: ColumnLayout, ladder: Sequence[int] = ()) -> tuple[int, ...]:
    """Return the widths in px to encode, ascending. ``ladder``: those to choose from; empty for the best ones.

    ``ref``: None for an inserted hero.
    """
    effective, written = _effective_layout(ref, asset, layout, exact=True)
    known = (effective.sizes or effective.content_width or written.px) is not None
    if written.px is not None and effective.sizes is None and effective.content_width is None:
        # Most pages limit images to their column: on a phone such an image is narrower than its author's width.
        text = _simple_sizes(max(1, round(min(asset.css_width, written.px))), 1)
    else:
        text = sizes(ref, asset, layout, exact=known)
    return ladder_widths(asset, text, ladder) if ladder else candidate_widths(asset, text, known=known)


def written_width(ref: ImageRef | None, asset: Asset, *, exact: bool = False) -> AuthorWidth:
    """Return the width set by ``width``, ``height`` and ``style`` of the tag; ``style`` takes precedence.

    ``exact``: not by the attribute ``height`` alone.
    """
    if ref is None:
        return _NEITHER
    width, height, style = ref.get("width"), None if exact else ref.get("height"), ref.get("style")
    if width is None and height is None and not style:
        return _NEITHER
    return _parse_width(width, height, style or "", asset.css_width, asset.css_height)


@lru_cache(maxsize=4096)  # called three times per image, with values that many images share
def _parse_width(
    width_attribute: str | None, height_attribute: str | None, style_attribute: str, file_width: int, file_height: int
) -> AuthorWidth:
    """Parse the attributes of a tag. ``file_width``, ``file_height``: intrinsic size in CSS px."""
    style = declarations(style_attribute)
    width = dimension(style.get("width")) or dimension(width_attribute)
    limit = dimension(style.get("max-width")) or _NEITHER
    height = dimension(style.get("height")) or dimension(height_attribute)
    if width is None and height is not None and height.px is not None and file_height:
        width = AuthorWidth(px=height.px * file_width / file_height)
    width = width or _NEITHER
    px = [value for value in (width.px, limit.px) if value is not None]
    parts = [value for value in (width.part, limit.part) if value is not None]
    return AuthorWidth(min(px, default=None), min(parts, default=None))


def _effective_layout(
    ref: ImageRef | None, asset: Asset, layout: ColumnLayout, *, exact: bool = False
) -> tuple[ColumnLayout, AuthorWidth]:
    """Return the layout and the author's width for one image; the author's ``sizes`` replace the column.

    ``exact``: without the width that follows from the attribute ``height`` alone, which has no effect with
    ``height: auto``, as in most themes.
    """
    own = ref.get("sizes") if ref is not None else None
    if not own or not parse_sizes(own):
        slot = layout.slot(ref)
        if slot is not None:  # the measured width includes the author's
            return ColumnLayout(content_width=slot.width, sizes=slot.sizes), _NEITHER
        return layout, written_width(ref, asset, exact=exact)
    written = written_width(ref, asset)
    own = ", ".join(f"{condition} {length}".strip() for condition, length in parse_sizes(own))
    return ColumnLayout(content_width=_column(own), sizes=own), AuthorWidth(px=written.px)


def _column(text: str) -> int:
    """Return CSS px of a ``sizes`` on a wide screen."""
    return max(1, round(source_size(text, DESKTOP)))


@lru_cache(maxsize=4096)  # called a dozen times per image, with few different values
def dimension(text: str | None) -> AuthorWidth | None:
    """Parse a length of HTML (``300``) or CSS (``300px``, ``50%``); None for any other unit or value."""
    if text is None:
        return None
    match = re.match(r"\s*\+?(\d+(?:\.\d+)?)\s*(%|[a-z]*)", text.lower())
    if match is None or float(match[1]) == 0:
        return None
    if match[2] == "%":
        return AuthorWidth(part=min(float(match[1]) / 100, 1.0))
    return AuthorWidth(px=float(match[1])) if match[2] in ("", "px") else None


def declarations(style: str) -> dict[str, str]:
    """Parse a ``style`` attribute: property -> value, in lower case."""
    pairs = (declaration.split(":", 1) for declaration in style.lower().split(";") if ":" in declaration)
    return {name.strip(): value.strip() for name, value in pairs}


def _simple_sizes(limit: int, part: float) -> str:
    """Return ``sizes`` for a column of which only the largest width is known."""
    below = "100vw" if part == 1 else f"{_format_number(part * 100)}vw"
    viewport = round(limit / part)
    return f"{limit}px" if viewport <= 320 else f"(min-width: {viewport}px) {limit}px, {below}"


@lru_cache(maxsize=4096)
def _limit_sizes(text: str, limit: int, part: float) -> str:
    entries: list[SourceSize] = []
    above: int | None = _WIDEST  # the previous entries apply from this viewport on
    for entry in (*parse_sizes(text), SourceSize("", "100vw")):
        least = _min_width(entry.condition)
        ends = None if least is None or above is None else (max(least, _NARROWEST), above)
        capped = SourceSize(entry.condition, _limit_length(entry.length, limit, part, ends))
        if entries and entries[-1].length == capped.length and _implies(entries[-1].condition, capped.condition):
            entries.pop()
        entries.append(capped)
        if not entry.condition:
            break
        above = least if least is not None and (above is None or least < above) else None
    return ", ".join(f"{condition} {length}".strip() for condition, length in entries)


def _limit_length(length: str, limit: int, part: float, ends: tuple[int, int] | None) -> str:
    """Return the smaller of both. ``ends``: the range of viewports, so that ``min()`` is used only where needed."""
    px = re.fullmatch(r"(\d+(?:\.\d+)?)px", length)
    if px is not None:
        return f"{_format_number(min(limit, float(px[1]) * part))}px"
    inner = re.fullmatch(r"calc\((.*)\)", length)
    if part != 1:
        length = f"calc({f'({inner[1]})' if inner else length} * {_format_number(part)})"
        inner = re.fullmatch(r"calc\((.*)\)", length)
    if ends is not None:
        found = [source_size(length, replace(MOBILE, width=end)) for end in ends]
        if limit >= max(found):
            return length
        if limit <= min(found):
            return f"{limit}px"
    elif limit < _NARROWEST and part == 1:
        return f"{limit}px"
    return f"min({limit}px, {inner[1] if inner else length})"


def _min_width(condition: str) -> int | None:
    """Return the smallest viewport that meets a condition; None unless it is empty or a simple min-width."""
    match = re.fullmatch(r"\(min-width:\s*(\d+)px\)", condition)
    return int(match[1]) if match else None if condition else 0


def _implies(narrow: str, wide: str) -> bool:
    """Whether every viewport that meets the first condition certainly meets the second."""
    first, second = _min_width(narrow), _min_width(wide)
    return second == 0 or (first is not None and second is not None and first >= second)


def _format_number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
