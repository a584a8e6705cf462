"""One schema for four doors; frozen slices, one per consumer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from imageseo.config.budgets import BudgetSettings
from imageseo.config.fields import Colour, Px, Quality, Score, SettingsGroup, Side, Text, Url
from imageseo.model.finding import Severity


class QualitySettings(SettingsGroup, frozen=True, kw_only=True):
    """Encoder quality by format, each on its codec's own scale of 1 to 100; unset: as the profile says."""

    avif: Quality | None = None
    webp: Quality | None = None
    jpeg: Annotated[int, Meta(ge=1, le=100, description="Of heroes that are made for you.")] = 85


class QualityFloorSettings(SettingsGroup, frozen=True, kw_only=True):
    """How far quality may fall to meet a budget."""

    avif: Quality = 35
    webp: Quality = 50


class TargetSettings(SettingsGroup, frozen=True, kw_only=True):
    """SSIMULACRA2 that variants are tuned to, by format; unset: the profile's (90 cannot be told from the source)."""

    avif: Score | None = None
    webp: Score | None = None
    leeway: Annotated[
        float,
        Meta(ge=0, le=3, description="Points that a photograph's AVIF may be off by what one costs there; 0: none."),
    ] = 2.0


class EncodeSettings(SettingsGroup, frozen=True, kw_only=True):
    """Who encodes, how hard the encoders try, and how large a source may be."""

    avif_encoder: Annotated[
        Literal["aom", "svt"], Meta(description="svt: twice as fast, 8 % larger; needs the `svt` extra.")
    ] = "aom"
    resizer: Annotated[
        Literal["pillow", "vips"], Meta(description="vips: half the time to decode and shrink; needs the `vips` extra.")
    ] = "pillow"
    metric: Annotated[
        Literal["numpy", "vszip"],
        Meta(description="Who computes SSIMULACRA2; vszip: twice as fast, less exact; needs the `vszip` extra."),
    ] = "numpy"
    avif_speed: Annotated[
        Annotated[int, Meta(ge=0, le=10)] | None, Meta(description="0 is slowest and smallest; unset: the profile's.")
    ] = None
    webp_method: Annotated[
        Annotated[int, Meta(ge=0, le=6)] | None, Meta(description="6 is slowest and smallest; unset: the profile's.")
    ] = None
    isolate: Annotated[
        bool, Meta(description="Encode in a process of its own: a decoder that crashes costs one picture.")
    ] = True
    max_pixels: Annotated[int, Meta(ge=1, description="A larger source is a finding, and left alone.")] = 120_000_000


class LayoutSettings(SettingsGroup, frozen=True, kw_only=True):
    """How wide images are shown."""

    content_width: Annotated[Px | None, Meta(description="CSS px of the article column on a wide screen.")] = None
    sizes: Annotated[Text | None, Meta(description="The sizes attribute to write, used as it is.")] = None


class MeasureSettings(SettingsGroup, frozen=True, kw_only=True):
    """How `imageseo measure` opens pages."""

    chromium: Annotated[
        Text | None, Meta(description="Program that opens pages; unset: $CHROME_PATH, else a known name.")
    ] = None
    workers: Annotated[int, Meta(ge=1, le=32, description="Browsers side by side.")] = 2
    timeout: Annotated[
        float, Meta(ge=1, le=600, description="Seconds that a page may take to load; one that takes longer hangs.")
    ] = 15.0


class HeroSettings(SettingsGroup, frozen=True, kw_only=True):
    """Where heroes come from and where they show."""

    keys: Annotated[tuple[Text, ...], Meta(description="Front matter keys that may name a hero; the first wins.")] = (
        "hero",
        "image",
        "cover",
        "og_image",
    )
    insert: Annotated[
        Literal["after-h1", "before-h1", "none"],
        Meta(description="Where a hero is put that the article does not show yet."),
    ] = "after-h1"
    guess: Annotated[bool, Meta(description="Take a fitting article image as the hero where none is named.")] = True
    provider: Annotated[Text, Meta(description="Who makes heroes from recipes that do not say it.")] = "procedural"
    masters: Annotated[
        Text,
        Meta(description="Where made heroes are kept: a folder of the project, to be committed, or an fsspec URL."),
    ] = "heroes"
    prompts: Annotated[Text, Meta(description="File of prompt templates, presets and series, in the project.")] = (
        "prompts.toml"
    )
    crops: Annotated[
        tuple[Literal["1:1", "4:3", "16:9", "1.91:1"], ...],
        Meta(description="Crops of a made hero that are published and described beside it."),
    ] = ()
    label: Annotated[
        Literal["figcaption", "none"],
        Meta(description="How a page says that a model made its hero; `none` where the site says it by itself."),
    ] = "figcaption"
    publish_prompt: Annotated[
        bool, Meta(description="Write the prompt of what a model made into its published files; else it stays here.")
    ] = False
    publish: Annotated[Text, Meta(description="Folder of the built site that heroes are published in.")] = (
        "assets/heroes"
    )
    width: Annotated[Side | None, Meta(description="px of a made hero; unset: its provider's, else 1600.")] = None
    height: Annotated[Side | None, Meta(description="px of a made hero; unset: its provider's, else 900.")] = None


class BrandSettings(SettingsGroup, frozen=True, kw_only=True):
    """The look of what is made for you."""

    colors: Annotated[
        tuple[Colour, ...], Meta(min_length=2, max_length=6, description="Two to six colours, in any order.")
    ] = ("#0b1f3a", "#2563eb", "#f59e0b")
    name: Annotated[str, Meta(description="Name to set on title cards.")] = ""


class RightsSettings(SettingsGroup, frozen=True, kw_only=True):
    """What is said of every image that does not say it itself."""

    creator: Text | None = None
    credit: Text | None = None
    copyright: Text | None = None
    license: Annotated[Url | None, Meta(description="URL of the licence.")] = None
    acquire_license_page: Annotated[Url | None, Meta(description="URL that tells how to license the image.")] = None


class LintSettings(SettingsGroup, frozen=True, kw_only=True):
    """Which findings fail ``lint``, and how severe each rule is."""

    fail_on: Annotated[
        Literal["info", "warn", "error", "never"], Meta(description="The least severity that fails lint.")
    ] = "error"
    baseline: Annotated[
        Text | None, Meta(description="File of findings that are known and fail nothing, seen from the project.")
    ] = None
    rules: Annotated[dict[str, Severity], Meta(description="Severity by rule id.")] = field(default_factory=dict)
    paths: Annotated[
        dict[str, dict[str, Severity]],
        Meta(
            description="Severity by rule id for some pages, by glob of their files; `*` takes `/` too, later ones win."
        ),
    ] = field(default_factory=dict)


class Settings(SettingsGroup, frozen=True, kw_only=True):
    """Everything that can be set. The same keys in every door."""

    enabled: Annotated[bool, Meta(description="Off: nothing is read and nothing is written.")] = True
    site_url: Annotated[Url | None, Meta(description="Absolute URL that the site is published at.")] = None
    cache_dir: Annotated[Text, Meta(description="Folder of encoded variants, seen from the project.")] = (
        ".cache/imageseo"
    )
    concurrency: Annotated[int, Meta(ge=0, le=256, description="Encoding workers; 0 asks the machine.")] = 0
    frozen: Annotated[bool, Meta(description="On: a hero without a pin in imageseo.lock is an error.")] = False
    formats: Annotated[
        tuple[Literal["avif", "webp"], ...], Meta(description="Formats of variants, in order of preference.")
    ] = ("avif", "webp")
    widths: Annotated[tuple[Px, ...], Meta(min_length=1, description="px that variants may be wide.")] = (
        # Of ten rungs those that fit the screens and columns there are best (tests/layout/test_image_widths.py).
        *(320, 480, 640, 720, 880),
        *(1000, 1120, 1280, 1600, 1920),
    )
    include: Annotated[
        tuple[Text, ...], Meta(description="CSS selectors of images outside the article to treat like its own.")
    ] = ()
    exclude: Annotated[tuple[Text, ...], Meta(description="CSS selectors of images to leave alone.")] = ()
    exclude_pages: Annotated[
        tuple[Text, ...], Meta(description="Globs of pages to leave alone, from the site's root.")
    ] = ()
    json_ld: Annotated[bool, Meta(description="Describe images as schema.org ImageObject.")] = True
    sitemap: Annotated[bool, Meta(description="List images in the sitemap.")] = True
    profile: Annotated[
        Literal["fast", "default", "small"],
        Meta(description="How much time files may cost: previews, the published site, or the smallest files."),
    ] = "default"
    fallback: Annotated[
        Literal["keep", "recompress"],
        Meta(description="recompress: the published JPEG and PNG files themselves, where that saves bytes."),
    ] = "keep"
    animated: Annotated[
        Literal["keep", "convert"], Meta(description="convert: animated GIFs also as animated WebP and AVIF.")
    ] = "keep"
    target: TargetSettings = TargetSettings()
    quality: QualitySettings = QualitySettings()
    quality_floor: QualityFloorSettings = QualityFloorSettings()
    encode: EncodeSettings = EncodeSettings()
    layout: LayoutSettings = LayoutSettings()
    measure: MeasureSettings = MeasureSettings()
    hero: HeroSettings = HeroSettings()
    providers: Annotated[
        dict[str, dict[str, Any]], Meta(description="Options of hero providers, a table for each: `providers.library`.")
    ] = field(default_factory=dict)
    brand: BrandSettings = BrandSettings()
    rights: RightsSettings = RightsSettings()
    budgets: BudgetSettings = BudgetSettings()
    lint: LintSettings = LintSettings()
