"""ShownImage, Lcp, PageLayout, SiteLayout: what a real browser saw of a site (``imageseo.layout.json``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

LcpKind = Literal["image", "text", "background", "video", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownImage:
    """One ``<img>`` as it was shown. ``src``: site path of its file, else the URL as written; ``nth``: which of the
    page's images with that ``src``, from 0.

    ``widths``: CSS px at each of ``SiteLayout.widths``; 0 where it was not shown. ``tops``: viewport name -> CSS px
    from the top of the page to its upper edge, as the page stood when it had loaded; absent where it was not shown.
    ``box``: what it stands in that is narrower than the article's column (``core.boxes``); "" for the column itself.
    """

    src: str
    nth: int = 0
    widths: tuple[float, ...] = ()
    tops: Mapping[str, float] = field(default_factory=dict)
    box: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lcp:
    """The largest contentful paint of a page at one viewport.

    ``src``, ``nth``: of an image, as in ``ShownImage``; ``chosen``: site path (else URL) of the candidate that was
    downloaded. ``width``, ``height``: CSS px as rendered; ``natural``: px of the file. ``bytes``: transferred.
    ``fade_ms``: how long it was less than opaque after it could have been seen; 0 when it was not.
    """

    kind: LcpKind
    src: str | None = None
    nth: int = 0
    chosen: str | None = None
    width: float = 0.0
    height: float = 0.0
    natural: tuple[int, int] | None = None
    bytes: int | None = None
    fade_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLayout:
    """One page. ``lcp``, ``cls``: by viewport name. ``template``: pages of one template are laid out alike.

    ``inherited``: nobody opened this very page; it is what its template leads to expect.
    """

    page: str
    template: str
    lcp: Mapping[str, Lcp] = field(default_factory=dict)
    cls: Mapping[str, float] = field(default_factory=dict)
    images: tuple[ShownImage, ...] = ()
    inherited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What holds for every page of a template.

    ``column``: CSS px of the article's column at each of ``SiteLayout.widths``: how wide an image gets that is large
    enough. ``pages``: how many were measured.
    """

    id: str
    column: tuple[float, ...]
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLayout:
    """All that was measured. ``widths``: CSS px of the viewports of ``ShownImage.widths``, ascending."""

    widths: tuple[int, ...]
    pages: Mapping[str, PageLayout] = field(default_factory=dict)
    templates: Mapping[str, Template] = field(default_factory=dict)
