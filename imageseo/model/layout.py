"""Layout of a site as measured by a browser (``imageseo.layout.json``): images, LCP, pages, templates; known themes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

LcpKind = Literal["image", "text", "background", "video", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownImage:
    """One ``<img>`` as rendered.

    ``src``: site path of its file, else the URL as written. ``nth``: index among the page's images with this ``src``,
    from 0. ``widths``: CSS px at each of ``SiteLayout.widths``; 0 if not shown. ``tops``: viewport name -> CSS px from
    the top of the page to the image's upper edge after loading; absent if not shown. ``box``: the container around it
    that is narrower than the article's column (``layout.containers``); "" for the column itself.
    """

    src: str
    nth: int = 0
    widths: tuple[float, ...] = ()
    tops: Mapping[str, float] = field(default_factory=dict)
    box: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lcp:
    """The largest contentful paint of a page at one viewport.

    ``src``, ``nth``: of an image, as in ``ShownImage``. ``chosen``: site path (else URL) of the downloaded candidate.
    ``width``, ``height``: CSS px as rendered. ``natural``: px of the file. ``bytes``: transferred bytes.
    ``fade_ms``: milliseconds that it was not fully opaque after it could have been visible; 0 if it did not fade in.
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
    """One page. ``lcp``, ``cls``: by viewport name. ``template``: id; pages of one template have the same layout.

    ``inherited``: whether the page was not measured itself and takes its layout from its template.
    """

    page: str
    template: str
    lcp: Mapping[str, Lcp] = field(default_factory=dict)
    cls: Mapping[str, float] = field(default_factory=dict)
    images: tuple[ShownImage, ...] = ()
    inherited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """Measurements that apply to every page of a template.

    ``column``: CSS px of the article's column at each of ``SiteLayout.widths``, the width of any image that is large
    enough. ``pages``: number of measured pages.
    """

    id: str
    column: tuple[float, ...]
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLayout:
    """All measurements of a site. ``widths``: CSS px of the viewports of ``ShownImage.widths``, ascending."""

    widths: tuple[int, ...]
    pages: Mapping[str, PageLayout] = field(default_factory=dict)
    templates: Mapping[str, Template] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A known theme, or a variant of one.

    ``marks``: texts that every page of it contains, and no page of another theme; without quotes, which minifiers
    remove from attributes. ``content_width``: CSS px of the article column at a viewport of 1350 px; ``sizes``: that
    column at every viewport, as the attribute. ``generator``: text in ``<meta name="generator">`` that identifies the
    theme where the marks do not. ``keeps_ratio``: whether its styles give images of the article `height: auto`.
    ``article``: CSS selector of the element with the article, where it is neither `<article>` nor `<main>`.
    """

    name: str
    content_width: int
    sizes: str
    marks: tuple[bytes, ...] = ()
    generator: str = ""
    keeps_ratio: bool = False
    article: str = ""
