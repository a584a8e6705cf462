"""ImageRef (with exact byte spans), PageScan, Asset, VariantSpec, Variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

RECOMPRESSED = "imageseo recompressed"
"""What a file says of its writer that a build put in the place of the author's."""


class Span(NamedTuple):
    """Half-open range of bytes in a page."""

    start: int
    end: int


class Attribute(NamedTuple):
    """One attribute of a tag: ``name`` lower-cased, ``value`` with entities decoded (``None`` when bare)."""

    name: str
    value: str | None
    span: Span


class PageRegion(StrEnum):
    """Where on the page an image stands."""

    ARTICLE = "article"
    CHROME = "chrome"  # header, navigation, footer, sidebar, widgets, logos


class OptOut(StrEnum):
    """Why an image's markup is left as it was found."""

    IGNORED = "ignored"  # data-imageseo="ignore" on it or on an ancestor, or an `exclude` selector
    PICTURE = "picture"  # already inside the author's <picture>
    SRCSET = "srcset"  # already has the author's srcset


class SourceTag(NamedTuple):
    """One ``<source>`` of the ``<picture>`` around an image; absent attributes are ``None``."""

    type: str | None
    srcset: str
    sizes: str | None
    media: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRef:
    """One ``<img>`` of a page. ``build`` scans the page with our edits taken out, ``lint`` as it is published.

    ``span``: the whole tag in bytes. ``insert_at``: where attributes may be added (before ``>`` or ``/>``).
    ``line``/``column``: 1-based, columns counted in characters. ``link``: the ``href`` of an enclosing ``<a>``.
    ``text_before``: characters of article text in front of it, white space folded.
    ``headings_before``: article headings (h2 and deeper) in front of it.
    ``disabled``: rule id -> reason, from ``data-imageseo-disable="rule: why"`` on it or on an ancestor.
    ``sources``: of the ``<picture>`` around it. ``is_processed``: that picture was written by us.
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
    _values: Mapping[str, str] = field(init=False, repr=False, compare=False)  # planning asks two dozen times an image

    def __post_init__(self) -> None:
        # of two with one name the first counts
        values = {name: value or "" for name, value, _ in reversed(self.attributes)}
        object.__setattr__(self, "_values", values)

    def get(self, name: str) -> str | None:
        """The value of an attribute; ``""`` when bare, ``None`` when absent."""
        return self._values.get(name)

    @property
    def src(self) -> str:
        """The ``src`` as written (entities decoded, surrounding white space gone), ``""`` when absent."""
        return (self.get("src") or "").strip()

    @property
    def is_marked_hero(self) -> bool:
        """True when an earlier build marked it as the page's hero."""
        return "hero" in (self.get("data-imageseo") or "").split()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageScan:
    """What the scanner found on a page. All positions are byte offsets into the page as the author made it.

    ``head_end``: where something can be added at the end of ``<head>``; ``None`` in a page without one.
    ``h1``: the article's first ``<h1>…</h1>`` as a whole; ``None`` when it has none.
    ``article``: the inner bytes of the main article; ``None`` when the page has neither article nor main.
    ``opening``: where the article begins, within what a theme puts around its text where that is plain; ``None`` when
    the article holds the ``<h1>``.
    ``json_ld``: contents of ``<script type="application/ld+json">``.
    ``meta``: name or property -> content of ``<meta>`` (first wins), names lower-cased.
    ``hero_slot``: tag span of an element with ``data-imageseo-hero``: the theme shows the hero itself.
    ``preload_images``: an author's ``<link rel=preload as=image>`` tags.
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
    disabled: tuple[tuple[str, str], ...] = ()

    def meta_content(self, name: str) -> str | None:
        """Content of the first ``<meta>`` with this name or property."""
        return dict(self.meta).get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Who made an image and on what terms; from its XMP/IPTC, front matter or settings."""

    creator: str | None = None
    credit: str | None = None
    copyright: str | None = None
    license: str | None = None  # URL
    acquire_license_page: str | None = None  # URL
    digital_source_type: str | None = None  # IPTC NewsCodes URI
    prompt: str | None = None  # what a model was asked for, where the site publishes that; read from no file

    @property
    def known(self) -> bool:
        return bool(self.creator or self.credit or self.copyright or self.license)

    @classmethod
    def of(cls, source: object) -> Rights:
        """The rights that another object names alike: settings, front matter."""
        names = ("creator", "credit", "copyright", "license", "acquire_license_page")
        return cls(**{name: getattr(source, name) for name in names})

    def or_else(self, other: Rights) -> Rights:
        """These, or the other's where nothing is known: one's licence never joins another one's creator."""
        if self.known:
            return self
        return replace(other, digital_source_type=self.digital_source_type or other.digital_source_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """An image file of the site, known from its header (never decoded for this).

    ``path``: relative to the site's root, with ``/``. ``width``/``height``: px as displayed, EXIF orientation applied.
    ``format``: Pillow's name in lower case (``jpeg``, ``png``, ``webp``, ``avif``, ``gif``, ``svg``).
    ``frames``: above 1 for an animation. ``sha256``: of the file's bytes. ``bytes``: its size.
    ``hdr``: what makes it one (``PQ``, ``HLG``, ``gain map``); None for an ordinary picture.
    ``writer``: the words by which a file that we wrote names us (``provenance.writer``); None for everybody else's.
    ``natural``: False for an SVG that says no size of its own, only a ratio: a browser fills the column with it.
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
    has_gps: bool = False
    natural: bool = True
    hdr: str | None = None
    writer: str | None = None
    rights: Rights = Rights()

    @property
    def encodable(self) -> bool:
        """True when variants can be made of it: a still raster image whose light fits into theirs."""
        return self.raster and self.frames == 1 and self.hdr is None

    @property
    def raster(self) -> bool:
        """True when it has a size in px that its tag can say."""
        return self.format != "svg"


@dataclass(frozen=True, slots=True, kw_only=True)
class BadAsset:
    """An image file that cannot be used. ``rule``: the finding to report (``img-missing``, ``img-unreadable``)."""

    path: str
    rule: str
    problem: str
    hint: str


class ContentType(StrEnum):
    """What a picture is, told from its pixels alone: what suits one of them smears or bloats another."""

    PHOTO = "photo"
    SCREEN = "screenshot"
    LINE = "line art"


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantSpec:
    """A variant that should exist: which source, how wide, which format, how good.

    ``quality``: on the codec's own scale; ``None``: as the profile says, by default tuned to a target for this image.
    ``in_place``: to be published in the place of the source itself; for a PNG, with the very same pixels.
    """

    source: str  # sha256 of the source's bytes
    format: str  # name of the codec: avif, webp, jpeg, png
    width: int
    height: int
    quality: int | None = None
    in_place: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A variant that exists in the store. ``sha256`` and ``bytes`` are those of the encoded file."""

    spec: VariantSpec
    sha256: str
    bytes: int
