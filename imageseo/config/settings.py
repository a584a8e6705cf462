"""Schema of the settings: one frozen group per consumer, the same for all configuration sources."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from imageseo.config.brand import BrandSettings
from imageseo.config.budgets import BudgetSettings
from imageseo.config.fields import (
    FormatGroup,
    PluginName,
    Px,
    Quality,
    Score,
    SettingsGroup,
    Side,
    Text,
    Url,
)
from imageseo.config.globs import matches
from imageseo.config.measuring import MeasureSettings
from imageseo.model.finding import Severity
from imageseo.model.formats import BUILT_IN


class QualitySettings(FormatGroup, frozen=True, kw_only=True):
    """Encoder quality by format, on the codec's own scale of 1 to 100; unset: the profile's."""

    avif: Quality | None = None
    webp: Quality | None = None
    jpeg: Annotated[int, Meta(ge=1, le=100, description="Quality of published heroes made from recipes.")] = 85
    paths: Annotated[
        dict[str, dict[str, Quality]],
        Meta(description="Quality by format for single images, by glob of their path; the last match counts."),
    ] = field(default_factory=dict)
    others: dict[str, Quality] = field(default_factory=dict)

    def own(self, image: str, format: str) -> int | None:
        """Return the quality that is set for an image alone, by its path; None if there is none."""
        found = None
        for glob, qualities in self.paths.items():
            if format in qualities and matches(image, glob):
                found = qualities[format]
        return found

    def of_image(self, image: str, format: str) -> int | None:
        """Return the quality for an image: its own, or that of the format; None if the image is tuned."""
        own = self.own(image, format) if self.paths else None
        return self.of(format) if own is None else own


class QualityFloorSettings(FormatGroup, frozen=True, kw_only=True):
    """Lowest quality allowed to meet a budget."""

    avif: Quality = 35
    webp: Quality = 50
    others: dict[str, Quality] = field(default_factory=dict)


class TargetSettings(FormatGroup, frozen=True, kw_only=True):
    """SSIMULACRA2 score that variants are tuned to, by format; unset: the profile's (90: visually lossless)."""

    avif: Score | None = None
    webp: Score | None = None
    leeway: Annotated[
        float,
        Meta(
            ge=0,
            le=3,
            description="Points by which the target of a photograph's AVIF may move with the cost of a point; 0: none.",
        ),
    ] = 2.0
    hero: Annotated[
        Score | None,
        Meta(description="Of a page's hero, while its file stays below half of the `lcp-bytes` warning level."),
    ] = None
    others: dict[str, Score] = field(default_factory=dict)


class EncodeSettings(SettingsGroup, frozen=True, kw_only=True):
    """Encoders, their effort, and the maximum size of source files."""

    avif_encoder: Annotated[
        Literal["aom", "svt"], Meta(description="svt: twice as fast, 8 % larger; needs the `svt` extra.")
    ] = "aom"
    resizer: Annotated[
        Literal["pillow", "vips"],
        Meta(description="vips: half the time to decode and resize; needs the `vips` extra."),
    ] = "pillow"
    metric: Annotated[
        PluginName,
        Meta(
            description="SSIMULACRA2 implementation: numpy, or a plug-in's; vszip: twice as fast, less exact; needs "
            "the `vszip` extra.",
            examples=["numpy", "vszip"],
        ),
    ] = "numpy"
    avif_speed: Annotated[
        Annotated[int, Meta(ge=0, le=10)] | None, Meta(description="0 is slowest and smallest; unset: the profile's.")
    ] = None
    webp_method: Annotated[
        Annotated[int, Meta(ge=0, le=6)] | None, Meta(description="6 is slowest and smallest; unset: the profile's.")
    ] = None
    isolate: Annotated[
        bool, Meta(description="Encode in a separate process, so that a crashing decoder affects one image only.")
    ] = True
    max_pixels: Annotated[
        int, Meta(ge=1, description="A source file with more pixels is reported and left unchanged.")
    ] = 120_000_000


class LayoutSettings(SettingsGroup, frozen=True, kw_only=True):
    """The width at which images are shown."""

    content_width: Annotated[Px | None, Meta(description="CSS px of the article column on a wide screen.")] = None
    sizes: Annotated[Text | None, Meta(description="The `sizes` attribute to write, unchanged.")] = None


class HeroSettings(SettingsGroup, frozen=True, kw_only=True):
    """Where heroes come from and where they are shown."""

    keys: Annotated[
        tuple[Text, ...],
        Meta(
            description="Front matter keys of a hero; the first one present counts. By default, only `hero` inserts it."
        ),
    ] = (
        "hero",
        "image",
        "cover",
        "og_image",
    )
    insert: Annotated[
        Literal["after-h1", "before-h1", "none"],
        Meta(description="Where to insert a hero that the article does not show yet."),
    ] = "after-h1"
    guess: Annotated[bool, Meta(description="Use a suitable article image as the hero if none is declared.")] = True
    provider: Annotated[Text, Meta(description="Provider for recipes that do not name one.")] = "procedural"
    masters: Annotated[
        Text,
        Meta(description="Where masters are stored: a folder of the project, to be committed, or an fsspec URL."),
    ] = "heroes"
    made_by: Annotated[
        Literal["name", "email", "off"],
        Meta(description="Who makes a pin, recorded in the lock file: git's user name or e-mail address, or nobody."),
    ] = "name"
    prompts: Annotated[Text, Meta(description="File of prompt templates, presets and series, in the project.")] = (
        "prompts.toml"
    )
    crops: Annotated[
        tuple[Literal["1:1", "4:3", "16:9", "1.91:1", "4:5", "9:16"], ...],
        Meta(description="Crops of a hero made from a recipe that are also published and listed in structured data."),
    ] = ()
    art_direction: Annotated[
        Literal["off", "phone"],
        Meta(description="phone: on narrow screens a hero made from a recipe is a tall image, with larger type."),
    ] = "off"
    label: Annotated[
        Literal["figcaption", "none"],
        Meta(description="How a page labels a hero generated by a model; `none` if the site has its own label."),
    ] = "figcaption"
    publish_prompt: Annotated[
        bool, Meta(description="Write the prompt of a generated image into its published files.")
    ] = False
    file_names: Annotated[
        Literal["alt", "page"], Meta(description="Name a published hero by the words of its `alt`, or by its page.")
    ] = "alt"
    publish: Annotated[Text, Meta(description="Folder of the built site that heroes are published in.")] = (
        "assets/heroes"
    )
    width: Annotated[
        Side | None, Meta(description="Width in px of a hero made from a recipe; unset: the provider's, else 1600.")
    ] = None
    height: Annotated[
        Side | None, Meta(description="Height in px of a hero made from a recipe; unset: the provider's, else 900.")
    ] = None


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
    hero: HeroSettings = HeroSettings()
    providers: Annotated[
        dict[str, dict[str, Any]], Meta(description="Options of hero providers, one table each: `providers.library`.")
    ] = field(default_factory=dict)
    brand: BrandSettings = BrandSettings()
    rights: RightsSettings = RightsSettings()
    digital_source_type: Annotated[
        dict[str, Text],
        Meta(description="IPTC digital source type of your image files, by glob of their path; the last match counts."),
    ] = field(default_factory=dict)
    budgets: BudgetSettings = BudgetSettings()
    lint: LintSettings = LintSettings()
