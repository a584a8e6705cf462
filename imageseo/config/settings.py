"""Schema of the settings: one frozen group per consumer, the same for all configuration sources."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from imageseo.config.alt import AltSettings
from imageseo.config.brand import BrandSettings
from imageseo.config.budgets import BudgetSettings
from imageseo.config.delivery import DeliverySettings
from imageseo.config.encoding import EncodeSettings, QualityFloorSettings, QualitySettings, TargetSettings
from imageseo.config.fields import (
    PluginName,
    Px,
    SettingsGroup,
    Text,
    Url,
)
from imageseo.config.heroes import HeroSettings
from imageseo.config.measuring import MeasureSettings
from imageseo.config.naming import NamesSettings
from imageseo.config.policy import PolicySettings
from imageseo.config.provenance import C2paSettings, MetadataSettings
from imageseo.config.social import SocialSettings
from imageseo.config.store import StoreSettings
from imageseo.model.finding import Severity
from imageseo.model.formats import BUILT_IN


class LayoutSettings(SettingsGroup, frozen=True, kw_only=True):
    """The width at which images are shown."""

    content_width: Annotated[Px | None, Meta(description="CSS px of the article column on a wide screen.")] = None
    sizes: Annotated[Text | None, Meta(description="The `sizes` attribute to write, unchanged.")] = None


class RightsSettings(SettingsGroup, frozen=True, kw_only=True):
    """Rights of every image without rights of its own."""

    creator: Text | None = None
    credit: Text | None = None
    copyright: Text | None = None
    license: Annotated[Url | None, Meta(description="URL of the licence.")] = None
    acquire_license_page: Annotated[Url | None, Meta(description="URL of a page on how to license the image.")] = None


class LintSettings(SettingsGroup, frozen=True, kw_only=True):
    """Which findings fail ``lint``, and the severity of each rule."""

    fail_on: Annotated[
        Literal["info", "warn", "error", "never"], Meta(description="The lowest severity that fails lint.")
    ] = "error"
    baseline: Annotated[
        Text | None, Meta(description="File of known findings, which do not fail, relative to the project.")
    ] = None
    rules: Annotated[dict[str, Severity], Meta(description="Severity by rule id.")] = field(default_factory=dict)
    paths: Annotated[
        dict[str, dict[str, Severity]],
        Meta(description="Severity by rule id for some pages, by glob; `*` also matches `/`, the last match counts."),
    ] = field(default_factory=dict)


class Settings(SettingsGroup, frozen=True, kw_only=True):
    """All settings; the keys are the same in every configuration source."""

    enabled: Annotated[bool, Meta(description="Off: nothing is read or written.")] = True
    site_url: Annotated[Url | None, Meta(description="Absolute URL that the site is published at.")] = None
    cache_dir: Annotated[Text, Meta(description="Folder of encoded variants, relative to the project.")] = (
        ".cache/imageseo"
    )
    content_dir: Annotated[
        Text | None,
        Meta(description="Folder of the Markdown files with front matter, for a generator that is not recognised."),
    ] = None
    concurrency: Annotated[int, Meta(ge=0, le=256, description="Encoding workers; 0: from the number of CPUs.")] = 0
    frozen: Annotated[bool, Meta(description="On: a hero without a pin in imageseo.lock is an error.")] = False
    formats: Annotated[
        tuple[Annotated[PluginName, Meta(examples=list(BUILT_IN))], ...],
        Meta(description="Formats of variants, in order of preference: avif, webp, and those of plug-ins."),
    ] = BUILT_IN
    widths: Annotated[
        tuple[Px, ...],
        Meta(min_length=1, description="Widths of variants in px to choose from; by default the best for each image."),
    ] = ()
    include: Annotated[
        tuple[Text, ...],
        Meta(description="CSS selectors of images outside the article to process like article images."),
    ] = ()
    exclude: Annotated[tuple[Text, ...], Meta(description="CSS selectors of images to leave unchanged.")] = ()
    exclude_pages: Annotated[
        tuple[Text, ...], Meta(description="Globs of pages to leave unchanged, from the site's root.")
    ] = ()
    markup: Annotated[
        Literal["auto", "picture", "img", "attributes"],
        Meta(
            description="auto: for each image the fullest form that is safe on its page; picture: <picture> with all "
            "formats; img: srcset on <img>, without <picture>; attributes: no other file."
        ),
    ] = "auto"
    img_format: Annotated[
        Literal["webp", "avif"], Meta(description="Format of the candidates of an <img> without <picture>.")
    ] = "webp"
    placeholder: Annotated[
        Literal["off", "color", "blur"],
        Meta(
            description="What an image shows until it is loaded: its main colour, or a blurred preview of up to 250 "
            "bytes; never the hero or an image with transparency."
        ),
    ] = "off"
    style: Annotated[
        Literal["inline", "file"],
        Meta(description="Where imageseo's CSS rules are: in a <style> of each page, or in a file of the site."),
    ] = "inline"
    json_ld: Annotated[bool, Meta(description="Describe images as schema.org ImageObject.")] = True
    sitemap: Annotated[bool, Meta(description="List images in the sitemap.")] = True
    feeds: Annotated[
        bool,
        Meta(description="Give entries of RSS, Atom and JSON feeds their page's hero, and plain images."),
    ] = True
    profile: Annotated[
        Literal["fast", "default", "small"],
        Meta(description="Encoding time: fast for previews, default for the published site, small for smallest files."),
    ] = "default"
    serve: Annotated[
        Literal["preview", "full", "off"],
        Meta(
            description="While a generator serves a preview: preview: encode in the background, in the fast profile; "
            "full: as a build does; off: leave the pages as they are."
        ),
    ] = "preview"
    fallback: Annotated[
        Literal["keep", "recompress"],
        Meta(description="recompress: also recompress the published JPEG and PNG files if that saves bytes."),
    ] = "keep"
    animated: Annotated[
        Literal["keep", "convert"], Meta(description="convert: also encode animated GIFs as animated WebP and AVIF.")
    ] = "keep"
    target: TargetSettings = TargetSettings()
    quality: QualitySettings = QualitySettings()
    quality_floor: QualityFloorSettings = QualityFloorSettings()
    encode: EncodeSettings = EncodeSettings()
    layout: LayoutSettings = LayoutSettings()
    measure: MeasureSettings = MeasureSettings()
    store: StoreSettings = StoreSettings()
    hero: HeroSettings = HeroSettings()
    policy: PolicySettings = PolicySettings()
    alt: AltSettings = AltSettings()
    social: SocialSettings = SocialSettings()
    providers: Annotated[
        dict[str, dict[str, Any]], Meta(description="Options of hero providers, one table each: `providers.library`.")
    ] = field(default_factory=dict)
    brand: BrandSettings = BrandSettings()
    rights: RightsSettings = RightsSettings()
    metadata: MetadataSettings = MetadataSettings()
    digital_source_type: Annotated[
        dict[str, Text],
        Meta(description="IPTC digital source type of your image files, by glob of their path; the last match counts."),
    ] = field(default_factory=dict)
    names: NamesSettings = NamesSettings()
    delivery: DeliverySettings = DeliverySettings()
    c2pa: C2paSettings = C2paSettings()
    budgets: BudgetSettings = BudgetSettings()
    lint: LintSettings = LintSettings()
