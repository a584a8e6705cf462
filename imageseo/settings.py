"""One schema for four doors; frozen slices, one per consumer."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from imageseo.model.finding import Severity

Px = Annotated[int, Meta(ge=1, le=16384)]
Quality = Annotated[int, Meta(ge=1, le=100)]
Colour = Annotated[str, Meta(pattern=r"^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")]
ByteCount = Annotated[int, Meta(ge=0)] | Annotated[str, Meta(pattern=r"(?i)^\s*\d+(\.\d+)?\s*(b|kb|kib|mb|mib)?\s*$")]


class Slice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen group of settings."""


class QualitySettings(Slice):
    """Encoder quality by format, each on its codec's own scale of 1 to 100."""

    avif: Quality = 55
    webp: Quality = 76
    jpeg: Quality = 85


class QualityFloorSettings(Slice):
    """How far quality may fall to meet a budget."""

    avif: Quality = 35
    webp: Quality = 50


class EncodeSettings(Slice):
    """How hard the encoders try, and how large a source may be."""

    avif_speed: Annotated[int, Meta(ge=0, le=10)] = 6
    webp_method: Annotated[int, Meta(ge=0, le=6)] = 4
    max_pixels: Annotated[int, Meta(ge=1)] = 120_000_000


class LayoutSettings(Slice):
    """How wide images are shown. ``content_width``: CSS px of the article column; ``sizes``: used as it is."""

    content_width: Px | None = None
    sizes: str | None = None


class HeroSettings(Slice):
    """Where heroes come from and where they show."""

    keys: tuple[str, ...] = ("hero", "image", "cover", "og_image")
    insert: Literal["after-h1", "before-h1", "none"] = "after-h1"
    guess: bool = True
    provider: str = "procedural"
    masters: str = "heroes"
    publish: str = "assets/heroes"
    width: Annotated[int, Meta(ge=64, le=8192)] = 1600
    height: Annotated[int, Meta(ge=64, le=8192)] = 900


class BrandSettings(Slice):
    """The look of what is made for you. ``colors``: two to six, dark to light or in any order."""

    colors: Annotated[tuple[Colour, ...], Meta(min_length=2, max_length=6)] = ("#0b1f3a", "#2563eb", "#f59e0b")
    name: str = ""


class RightsSettings(Slice):
    """What is said of every image that does not say it itself."""

    creator: str | None = None
    credit: str | None = None
    copyright: str | None = None
    license: str | None = None
    acquire_license_page: str | None = None


class MobileBudget(Slice):
    """Bytes at 412x823 CSS px and DPR 1.75; ``0`` switches a level off."""

    warn: ByteCount = "100 KiB"
    error: ByteCount = "150 KiB"


class DesktopBudget(Slice):
    """Bytes at 1350x940 CSS px and DPR 1; ``0`` switches a level off."""

    warn: ByteCount = "200 KiB"
    error: ByteCount = "300 KiB"


class LcpBudget(Slice):
    """Bytes of the candidate that a browser chooses for the page's LCP image."""

    mobile: MobileBudget = MobileBudget()
    desktop: DesktopBudget = DesktopBudget()


class BudgetSettings(Slice, rename="kebab"):
    """Budgets by metric."""

    lcp_bytes: LcpBudget = LcpBudget()


class LintSettings(Slice):
    """Which findings fail ``lint``, and how severe each rule is."""

    fail_on: Literal["info", "warn", "error", "never"] = "error"
    rules: dict[str, Severity] = field(default_factory=dict)


class Settings(Slice):
    """Everything that can be set. The same keys in every door."""

    enabled: bool = True
    site_url: str | None = None
    cache_dir: str = ".cache/imageseo"
    concurrency: Annotated[int, Meta(ge=0, le=256)] = 0
    frozen: bool = False
    formats: tuple[Literal["avif", "webp"], ...] = ("avif", "webp")
    widths: tuple[Px, ...] = (320, 480, 640, 720, 960, 1280, 1600, 1920)
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    exclude_pages: tuple[str, ...] = ()
    json_ld: bool = True
    sitemap: bool = True
    quality: QualitySettings = QualitySettings()
    quality_floor: QualityFloorSettings = QualityFloorSettings()
    encode: EncodeSettings = EncodeSettings()
    layout: LayoutSettings = LayoutSettings()
    hero: HeroSettings = HeroSettings()
    brand: BrandSettings = BrandSettings()
    rights: RightsSettings = RightsSettings()
    budgets: BudgetSettings = BudgetSettings()
    lint: LintSettings = LintSettings()
