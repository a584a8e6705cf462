"""Which widths an image is offered in, and how wide it is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from imageseo.config.settings import LayoutSettings
from imageseo.layout.fit_sizes import MeasuredSlot
from imageseo.layout.themes import named, recognise
from imageseo.model.finding import DESKTOP, MOBILE
from imageseo.model.image import Asset, ImageRef, Span
from imageseo.web.srcset.sizes import SourceSize, parse_sizes, source_size

NEAR = 1.1
"""Two candidates nearer than this factor are one to the eye; the smaller is not worth its file."""
_DENSEST = 2
_NARROWEST, _WIDEST = 320, 3840  # CSS px of screens
_UNSET = LayoutSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnLayout:
    """``content_width``: CSS px of the article column on a wide screen; ``sizes``: of an image as wide as it.

    Both ``None``: nobody knows, and an image may be as wide as the viewport.

    ``slots``: of images that a browser saw, by their tags, that of a hero which is inserted by ``None``. ``lead``: the
    tag of the image that it waited for; ``lead_known``: it looked, so that without a ``lead`` there is none.
    """

    content_width: int | None = None
    sizes: str | None = None
    slots: Mapping[Span | None, MeasuredSlot] = field(default_factory=dict)
    lead: Span | None = None
    lead_known: bool = False

    def slot(self, ref: ImageRef | None) -> MeasuredSlot | None:
        """How an image was seen. ``ref``: ``None`` for the one that we insert."""
        return self.slots.get(ref.span if ref is not None else None) if self.slots else None


class AuthorWidth(NamedTuple):
    """The width that the author gave an image: CSS px, a part of the column, or neither."""

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
    """The layout of a page: the settings, else the theme that made it, else what the host said.

    ``generator``: of ``<meta name="generator">``; ``html``: the page, which tells more (a hidden sidebar widens the
    column). ``content_width``: ``Site.content_width``.
    """
    if settings.sizes is not None:
        return ColumnLayout(content_width=settings.content_width or _column(settings.sizes), sizes=settings.sizes)
    if settings.content_width is not None:
        return ColumnLayout(content_width=settings.content_width)
    theme = recognise(html) or named(generator or "")
    if theme is not None:
        return ColumnLayout(content_width=theme.content_width, sizes=theme.sizes)
    return ColumnLayout(content_width=content_width)


def shown_width(ref: ImageRef | None, asset: Asset, layout: ColumnLayout) -> int:
    """CSS px that the image takes on a wide screen: its own width, less where the author or the column says less.

    ``ref``: ``None`` for an image that we insert.
    """
    layout, written = _said(ref, asset, layout)
    column = layout.content_width or asset.width
    shown = min(asset.width, written.px or asset.width, column * (written.part or 1))
    return max(1, round(shown))


def sizes(ref: ImageRef | None, asset: Asset, layout: ColumnLayout) -> str:
    """The ``sizes`` of an image: its author's, else the column's, never more than what the image had without it.

    A candidate's natural width is its slot, so a slot wider than the file would blow a small image up.
    """
    layout, written = _said(ref, asset, layout)
    limit = max(1, round(min(asset.width, written.px or asset.width)))
    part = written.part or 1
    if layout.sizes is None:
        width = layout.content_width
        return _short(limit if width is None else max(1, min(limit, round(width * part))), part)
    return _capped(layout.sizes, limit, part)


def widths(asset: Asset, shown: int, ladder: Sequence[int]) -> tuple[int, ...]:
    """Widths in px to encode, ascending and no two of them near: the ladder's up to twice the shown width, never above
    the source's own.

    The last one is what the densest screen needs, or all that the source has, where no rung comes near it.
    """
    if not ladder:
        return ()
    top = min(asset.width, shown * _DENSEST, max(ladder))
    rungs = sorted({rung for rung in ladder if rung <= top}, reverse=True)
    # A rung that is near enough serves for the top, as a file that other images' markup names alike; but where the
    # source ends, its own width is no dearer and no less sharp than it.
    found = [rungs[0] if rungs and rungs[0] * NEAR >= top and top < asset.width else top]
    for rung in rungs:
        if rung * NEAR <= found[-1]:
            found.append(rung)
    return tuple(reversed(found))


def written_width(ref: ImageRef | None, asset: Asset) -> AuthorWidth:
    """What ``width``, ``height`` and ``style`` of the tag say of its width; ``style`` wins."""
    if ref is None:
        return _NEITHER
    width, height, style = ref.get("width"), ref.get("height"), ref.get("style")
    if width is None and height is None and not style:
        return _NEITHER
    return _written(width, height, style or "", asset.width, asset.height)


@lru_cache(maxsize=4096)  # asked three times for an image, and of sizes that many share
def _written(width_said: str | None, height_said: str | None, style_said: str, across: int, down: int) -> AuthorWidth:
    """``across``, ``down``: the size of the file in px."""
    style = declarations(style_said)
    width = dimension(style.get("width")) or dimension(width_said)
    height = dimension(style.get("height")) or dimension(height_said)
    limit = dimension(style.get("max-width")) or _NEITHER
    if width is None and height is not None and height.px is not None and down:
        width = AuthorWidth(px=height.px * across / down)
    width = width or _NEITHER
    px = [value for value in (width.px, limit.px) if value is not None]
    parts = [value for value in (width.part, limit.part) if value is not None]
    return AuthorWidth(min(px, default=None), min(parts, default=None))


def _said(ref: ImageRef | None, asset: Asset, layout: ColumnLayout) -> tuple[ColumnLayout, AuthorWidth]:
    """The layout and the written width that hold for one image: its author's ``sizes`` say all there is to say."""
    own = ref.get("sizes") if ref is not None else None
    if not own or not parse_sizes(own):
        slot = layout.slot(ref)
        if slot is not None:  # what the author wrote of its width was there to see
            return ColumnLayout(content_width=slot.width, sizes=slot.sizes), _NEITHER
        return layout, written_width(ref, asset)
    written = written_width(ref, asset)
    own = ", ".join(f"{condition} {length}".strip() for condition, length in parse_sizes(own))
    return ColumnLayout(content_width=_column(own), sizes=own), AuthorWidth(px=written.px)


def _column(text: str) -> int:
    """CSS px that a ``sizes`` gives an image on a wide screen."""
    return max(1, round(source_size(text, DESKTOP)))


@lru_cache(maxsize=4096)  # asked a dozen times for an image, of the same few values
def dimension(text: str | None) -> AuthorWidth | None:
    """A length as HTML reads ``width="300"`` and CSS ``300px`` or ``50%``; ``None`` for what we cannot know."""
    if text is None:
        return None
    match = re.match(r"\s*\+?(\d+(?:\.\d+)?)\s*(%|[a-z]*)", text.lower())
    if match is None or float(match[1]) == 0:
        return None
    if match[2] == "%":
        return AuthorWidth(part=min(float(match[1]) / 100, 1.0))
    return AuthorWidth(px=float(match[1])) if match[2] in ("", "px") else None


def declarations(style: str) -> dict[str, str]:
    pairs = (declaration.split(":", 1) for declaration in style.lower().split(";") if ":" in declaration)
    return {name.strip(): value.strip() for name, value in pairs}


def _short(limit: int, part: float) -> str:
    """For a column of which only the widest width is known."""
    below = "100vw" if part == 1 else f"{_plain(part * 100)}vw"
    at = round(limit / part)
    return f"{limit}px" if at <= 320 else f"(min-width: {at}px) {limit}px, {below}"


@lru_cache(maxsize=4096)
def _capped(text: str, limit: int, part: float) -> str:
    entries: list[SourceSize] = []
    above: int | None = _WIDEST  # viewports from here on were served by the entries before
    for entry in (*parse_sizes(text), SourceSize("", "100vw")):
        least = _min_width(entry.condition)
        ends = None if least is None or above is None else (max(least, _NARROWEST), above)
        capped = SourceSize(entry.condition, _cap(entry.length, limit, part, ends))
        if entries and entries[-1].length == capped.length and _implies(entries[-1].condition, capped.condition):
            entries.pop()
        entries.append(capped)
        if not entry.condition:
            break
        above = least if least is not None and (above is None or least < above) else None
    return ", ".join(f"{condition} {length}".strip() for condition, length in entries)


def _cap(length: str, limit: int, part: float, ends: tuple[int, int] | None) -> str:
    """The smaller of both. ``ends``: the viewports that it is for, so that ``min()`` is written only where needed."""
    px = re.fullmatch(r"(\d+(?:\.\d+)?)px", length)
    if px is not None:
        return f"{_plain(min(limit, float(px[1]) * part))}px"
    inner = re.fullmatch(r"calc\((.*)\)", length)
    if part != 1:
        length = f"calc({f'({inner[1]})' if inner else length} * {_plain(part)})"
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
    """Least width of the viewports that meet a condition; told for none and for a plain min-width only."""
    match = re.fullmatch(r"\(min-width:\s*(\d+)px\)", condition)
    return int(match[1]) if match else None if condition else 0


def _implies(narrow: str, wide: str) -> bool:
    """Whether every viewport that meets the first condition surely meets the second."""
    first, second = _min_width(narrow), _min_width(wide)
    return second == 0 or (first is not None and second is not None and first >= second)


def _plain(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
