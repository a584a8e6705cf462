"""Images on pages (ImageRef, PageScan, with byte spans), image files (Asset), and variants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal, NamedTuple

from imageseo.model.origin import AiOrigin

RECOMPRESSED = "imageseo recompressed"  # the writer in the metadata of a file that a build recompressed in place


class Span(NamedTuple):
    """Half-open byte range of a page."""

    start: int
    end: int


class Attribute(NamedTuple):
    """One attribute of a tag: ``name`` in lower case, ``value`` with entities decoded (``None`` if bare)."""

    name: str
    value: str | None
    span: Span


class PageRegion(StrEnum):
    """The part of the page that contains an image."""

    ARTICLE = "article"
    CHROME = "chrome"  # header, navigation, footer, sidebar, widgets, logos


class OptOut(StrEnum):
    """Why an image's markup is left unchanged."""

    IGNORED = "ignored"  # data-imageseo="ignore" on the image or an ancestor, or an `exclude` selector
    PICTURE = "picture"  # already inside the author's <picture>
    SRCSET = "srcset"  # already has the author's srcset


class SourceTag(NamedTuple):
    """One ``<source>`` of the ``<picture>`` around an image; absent attributes are ``None``."""

    type: str | None
    srcset: str
    sizes: str | None
    media: str | None
    width: str | None = None
    height: str | None = None


class StyleSource(NamedTuple):
    """A style sheet of a page: a ``<link>`` (``href``) or the ``content`` of a ``<style>``, and its ``media``."""

    href: str | None
    content: Span | None
    media: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRef:
    """One ``<img>`` of a page. ``build`` scans the page without imageseo's edits, ``lint`` as published.

    ``span``: the whole tag in bytes. ``insert_at``: where attributes may be added (before ``>`` or ``/>``).
    ``line``/``column``: 1-based, columns counted in characters. ``link``: the ``href`` of an enclosing ``<a>``.
    ``text_before``: characters of article text before it that visitors see; ``headings_before``: h2 and deeper ones.
    ``disabled``: rule id -> reason, from ``data-imageseo-disable="rule: reason"`` on the image or an ancestor.
    ``sources``: of the ``<picture>`` around it. ``is_processed``: whether imageseo wrote that, or its own ``srcset``.
    ``hidden_by``: what hides it when the page opens (``a closed <details>``); ``may_be_hidden``: something may hide it.
    ``in_footer``: in a footer; ``in_rows``: in a table, grid or gallery. ``unwrappable``: why it gets no wrapper.
    """

    span: Span
    insert_at: int
    attributes: tuple[Attribute, ...]
    line: int
    column: int
    region: PageRegion
    opt_out: OptOut | None = None
    link: str | None = None
    caption: str | None = None
    heading: str | None = None
    text_before: int = 0
    headings_before: int = 0
    disabled: tuple[tuple[str, str], ...] = ()
    sources: tuple[SourceTag, ...] = ()
    is_processed: bool = False
    hidden_by: str | None = None
    may_be_hidden: bool = False
    in_footer: bool = False
    in_rows: bool = False
    unwrappable: str | None = None
    _values: Mapping[str, str] = field(init=False, repr=False, compare=False)  # read two dozen times an image

    def __post_init__(self) -> None:
        values = {name: value or "" for name, value, _ in reversed(self.attributes)}  # the first counts
        object.__setattr__(self, "_values", values)

    def get(self, name: str) -> str | None:
        """Return the value of an attribute; ``""`` if bare, ``None`` if absent."""
        return self._values.get(name)

    @property
    def src(self) -> str:
        """The ``src`` as written (entities decoded, surrounding whitespace stripped), ``""`` if absent."""
        return (self.get("src") or "").strip()

    @property
    def is_marked_hero(self) -> bool:
        """Whether an earlier build marked it as the page's hero."""
        return "hero" in (self.get("data-imageseo") or "").split()


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexingTag:
    """A tag of the head that tells search engines what to do with the page.

    ``kind``: ``robots`` (for all crawlers or Google's), ``canonical``, or ``refresh``. ``value``: as written.
    """

    kind: Literal["robots", "canonical", "refresh"]
    value: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class PageScan:
    """The result of scanning a page. All positions are byte offsets into the page without imageseo's edits.

    ``head_end``: where tags can be added at the end of ``<head>``; ``None`` if the page has no ``<head>``.
    ``h1``: the article's first ``<h1>…</h1>`` element. ``json_ld``: contents of the scripts ``application/ld+json``.
    ``article``: the inner bytes of the main article; ``None`` if the page has neither ``<article>`` nor ``<main>``.
    ``opening``: where the article's text begins, in unambiguous wrapper elements; None if it has the ``<h1>``.
    ``meta``: name or property -> content of ``<meta>`` (the first counts), names in lower case.
    ``hero_slot``: tag span of an element with ``data-imageseo-hero``: the theme itself shows the hero.
    ``preload_images``: the author's ``<link rel=preload as=image>`` tags. ``styles``: the sheets it applies, in order.
    ``indexing``: what tells search engines whether to list the page. ``policies``: its Content-Security-Policies.
    """

    charset: str
    refs: tuple[ImageRef, ...]
    head_end: int | None = None
    h1: Span | None = None
    article: Span | None = None
    opening: int | None = None
    json_ld: tuple[Span, ...] = ()
    meta: tuple[tuple[str, str], ...] = ()
    title: str | None = None
    h1_text: str | None = None
    language: str | None = None
    base_href: str | None = None
    canonical: str | None = None
    hero_slot: Span | None = None
    preload_images: tuple[Span, ...] = ()
    styles: tuple[StyleSource, ...] = ()
    indexing: tuple[IndexingTag, ...] = ()
    policies: tuple[str, ...] = ()
    disabled: tuple[tuple[str, str], ...] = ()

    def meta_content(self, name: str) -> str | None:
        """Return the content of the first ``<meta>`` with this name or property."""
        return dict(self.meta).get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Owner and licence of an image; from its XMP/IPTC metadata, front matter or settings."""

    creator: str | None = None
    credit: str | None = None
    copyright: str | None = None
    license: str | None = None  # URL
    acquire_license_page: str | None = None  # URL
    digital_source_type: str | None = None  # IPTC NewsCodes URI
    prompt: str | None = None  # the prompt of a generated image, if the site publishes it; never read from a file
    made_with: str | None = None  # the generative tool, as an author names it; never read from a file

    @property
    def known(self) -> bool:
        return bool(self.creator or self.credit or self.copyright or self.license)

    @classmethod
    def of(cls, source: object) -> Rights:
        """Copy the rights from an object with attributes of the same names: settings, front matter."""
        names = ("creator", "credit", "copyright", "license", "acquire_license_page")
        return cls(**{name: getattr(source, name) for name in names})

    def or_else(self, other: Rights) -> Rights:
        """Return these rights if known, else the other's; they are never mixed (one's licence, the other's creator)."""
        source_type, tool = self.digital_source_type or other.digital_source_type, self.made_with or other.made_with
        return self if self.known else replace(other, digital_source_type=source_type, made_with=tool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """An image file of the site, with properties read from its header (without decoding).

    ``path``: relative to the site's root, with ``/``. ``width``/``height``: px as displayed, EXIF orientation applied.
    ``format``: Pillow's name in lower case (``jpeg``, ``png``, ``webp``, ``avif``, ``gif``, ``svg``).
    ``frames``: above 1 for an animation. ``sha256``, ``bytes``: of the file. ``hdr``: ``PQ``, ``HLG`` or ``gain map``.
    ``writer``: of a file that imageseo wrote; None for others. ``origin``: what its metadata tells about a model.
    ``css_size``: CSS px that a browser shows it at if they differ, because the EXIF data of a JPEG declares a density.
    ``natural``: False for an SVG with a ratio only, which fills the column; ``has_whole_px``: and one of inexact size.
    """

    path: str
    sha256: str
    bytes: int
    format: str
    width: int
    height: int
    frames: int = 1
    orientation: int = 1
    mode: str = "RGB"
    has_alpha: bool = False
    private: tuple[str, ...] = ()  # kinds of private data: gps, device
    natural: bool = True
    has_whole_px: bool = True
    css_size: tuple[int, int] | None = None
    hdr: str | None = None
    writer: str | None = None
    rights: Rights = Rights()
    origin: AiOrigin | None = None

    @property
    def css_width(self) -> int:
        """CSS px of its width, where nothing else sets it."""
        return self.width if self.css_size is None else self.css_size[0]

    @property
    def css_height(self) -> int:
        """CSS px of its height, where nothing else sets it."""
        return self.height if self.css_size is None else self.css_size[1]

    @property
    def encodable(self) -> bool:
        """Whether variants can be made of it: a still raster image without HDR, with square pixels."""
        return self.raster and self.frames == 1 and self.hdr is None and self._has_square_pixels

    @property
    def _has_square_pixels(self) -> bool:
        """Whether it is shown with the aspect ratio of its pixels, up to one px of rounding."""
        return abs(self.css_width * self.height - self.css_height * self.width) <= max(self.width, self.height)

    @property
    def raster(self) -> bool:
        """Whether it is a raster image, with a size in px for its tag."""
        return self.format != "svg"


@dataclass(frozen=True, slots=True, kw_only=True)
class BadAsset:
    """An image file that cannot be used. ``rule``: id of the finding (``img-missing``, ``img-unreadable``).

    ``is_image``: false for a file that is certainly none, whatever its name: a Git LFS pointer, a web page, no bytes.
    """

    path: str
    rule: str
    problem: str
    hint: str
    is_image: bool = True


class ContentType(StrEnum):
    """Kind of an image, detected from its pixels alone: encoder settings for one kind blur or enlarge another."""

    PHOTO = "photo"
    SCREEN = "screenshot"
    LINE = "line art"


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantSpec:
    """A variant that should exist: source file, size, format and quality.

    ``quality``: on the codec's own scale; ``None``: from the profile, by default tuned to a target for this image.
    ``in_place``: whether it replaces the source file when published; a PNG then keeps exactly the same pixels.
    """

    source: str  # sha256 of the source file's bytes
    format: str  # name of the codec: avif, webp, jpeg, png
    width: int
    height: int
    quality: int | None = None
    in_place: bool = False
    ceiling: int | None = None  # bytes up to which a hero may be better than other images


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A variant in the store. ``sha256`` and ``bytes`` are those of the encoded file."""

    spec: VariantSpec
    sha256: str
    bytes: int
