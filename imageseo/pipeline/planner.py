"""Plan one page, before anything is encoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Literal
from urllib.parse import urlsplit

from imageseo.config.settings import Settings
from imageseo.images.encoding import profiles
from imageseo.layout import hero_detection, shown_hero
from imageseo.lint.engine import unreadable_finding
from imageseo.lint.facts.page import PageFacts
from imageseo.model.errors import PageChangedError
from imageseo.model.image import Asset, ImageRef, OptOut, PageRegion, PageScan, Span, VariantSpec
from imageseo.model.plan import PageHero, PagePlan
from imageseo.model.site import Page
from imageseo.pipeline import markup, page_plan, variant_selection
from imageseo.pipeline.alt_texts.apply import with_alts
from imageseo.pipeline.context import BuildContext
from imageseo.pipeline.incremental.dependencies import DependencyTracker
from imageseo.pipeline.originals import OriginalFiles
from imageseo.pipeline.page_listing import PageListing
from imageseo.pipeline.remote.delivered_plan import delivered_plan
from imageseo.pipeline.safe_markup.choice import MarkupChooser
from imageseo.pipeline.safe_markup.other_loads import loaded_elsewhere
from imageseo.pipeline.safe_markup.page_check import checked_plan
from imageseo.pipeline.safe_markup.preloads import PreloadLink, preload_links
from imageseo.pipeline.safe_markup.style_rules import STYLE_SHEET, style_text
from imageseo.pipeline.shapes.article_crops import article_crops
from imageseo.pipeline.shapes.version_plan import with_versions
from imageseo.pipeline.social.card import NO_CARD, PageCard
from imageseo.pipeline.unchanged_images import count_reasons
from imageseo.storage.output import OutputFolder
from imageseo.web import urls
from imageseo.web.ai_labels import label_of_hero
from imageseo.web.filenames import looks_like_variant
from imageseo.web.html import edits
from imageseo.web.html.charset import UnreadablePage
from imageseo.web.response_headers import SECURITY_POLICY

_Place = Literal["after-h1", "before-h1", "none"]
_RASTERS = (".png", ".jpg", ".jpeg", ".webp", ".avif")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPage:
    """A page with its plan and hero. ``files``: the site's files; they record the page's dependencies.

    ``unchanged``: reason -> number of images that are left as they are for it. ``shown``: the image files that it
    shows or links to, and that may contain a prompt. ``source_digest``: of the page without edits of earlier builds.
    ``article_crops``: crops of a hero that is a file, for the article of the page's JSON-LD.
    ``social``: its social card.
    """

    page: Page
    plan: PagePlan
    hero: PageHero | None
    files: DependencyTracker
    unchanged: Mapping[str, int]
    shown: Sequence[Asset] = ()
    source_digest: bytes = b""
    social: PageCard = NO_CARD
    article_crops: Sequence[Asset] = ()

    @property
    def crops(self) -> tuple[Asset, ...]:
        """All crops of the hero."""
        return (*(self.hero.crops if self.hero is not None else ()), *self.article_crops)

    def read_source(self, output: OutputFolder) -> tuple[bytes, bytes]:
        """Read the page again: its bytes, and those without earlier edits. Raises PageChangedError, OSError.

        The positions of the plan are those of the page as it was planned; in other bytes an edit would break markup.
        """
        raw = output.read(self.page.path)
        original = edits.strip(raw)
        if sha256(original).digest() != self.source_digest:
            raise PageChangedError
        return raw, original


def plan_page(context: BuildContext, page: Page, hero: PageHero | None) -> PlannedPage | None:
    """Read and plan a page. If it cannot be read, return None and add a finding to the context."""
    settings = context.settings
    recompress = _recompressed_formats(settings)
    try:
        html = edits.strip(context.files.page(page.path))
        files = DependencyTracker(context.files, recompress=bool(recompress))
        inserted = hero.hero.path if hero is not None and hero.hero.inserts else None
        facts = PageFacts(
            page, site=context.site, files=files, page_context=context.page_context, html=html, inserted=inserted
        )
        scan = facts.scan
    except (OSError, UnreadablePage) as error:
        context.findings.append(unreadable_finding(page, error, fails_build=True))
        return None
    assets = {image.ref.span: image.asset for image in facts.images}
    chooser, preloads = _make_chooser(context, facts, files)
    options = page_plan.VariantOptions(
        widths=settings.widths,
        formats=settings.formats,
        quality=settings.quality,
        animated=settings.animated == "convert",
        recompress=recompress,
        img_format=settings.img_format,
    )
    declared = hero
    hero, insert = _unshown(facts, hero, lambda ref: assets.get(ref.span), settings.hero.insert, context.output)
    ceiling = variant_selection.hero_ceiling(facts.budgets)
    plan = page_plan.plan_page(
        page,
        scan,
        asset_of=lambda ref: assets.get(ref.span),
        hero=hero.hero if hero else None,
        hero_asset=hero.asset if hero else None,
        guess=settings.hero.guess,
        declined=context.heroes.has_declined(page),
        layout=facts.column_layout,
        options=options,
        insert=insert,
        label_of=partial(label_of_hero, shown=settings.hero.label, reason=settings.hero.label_reason),
        choose=chooser.choose,
        fixed=chooser.reason_against_insertion if hero else None,
        hero_ceiling=ceiling,
    )
    if hero is not None and hero.versions:

        def plan_specs(ref: ImageRef | None, asset: Asset) -> tuple[VariantSpec, ...]:
            return page_plan.plan_specs(ref, asset, facts.column_layout, options, ceiling)

        plan = with_versions(plan, html, hero.versions, layout=facts.column_layout, plan_specs=plan_specs)
    plan = replace(
        plan,
        preloads=tuple(link.plan(image) for image, link in preloads.items() if link.preload.srcset is None),
        has_style=chooser.has_style,
        style_sheet=_style_sheet_url(context, page, scan) if settings.style == "file" else None,
    )
    if page.hints.alts:
        alts = dict(page.hints.alts)
        plan = with_alts(plan, scan, alts, asset_of=lambda ref: assets.get(ref.span), choose=chooser.choose)
    if settings.placeholder != "off":
        plan = _with_placeholders(context, facts, plan, chooser)
    if context.delivery is not None:
        policies, budgets = chooser.policies, facts.budgets
        plan = delivered_plan(
            plan, context.delivery, policies=policies, budgets=budgets, img_format=settings.img_format
        )
    plan = checked_plan(html, plan, partial(markup.page_edits, json_ld="{}"))
    unchanged = count_reasons(plan, facts.images)
    shown = tuple(_files_to_clean(facts, hero, files, context.originals))
    planned = PlannedPage(
        page=page,
        plan=plan,
        hero=hero,
        files=files,
        unchanged=unchanged,
        shown=shown,
        source_digest=sha256(html).digest(),
        social=context.social.plan(facts, plan, declared),
    )
    if not scan.json_ld:
        return planned
    may_list = PageListing.of(planned, context.listing).may_list
    return replace(planned, article_crops=article_crops(context, planned, html, may_list))


def _with_placeholders(context: BuildContext, facts: PageFacts, plan: PagePlan, chooser: MarkupChooser) -> PagePlan:
    from imageseo.pipeline.safe_markup.placeholders import Placeholders  # few sites have them

    styles, blurred = context.page_context.styles, context.settings.placeholder == "blur"

    def may_paint(ref: ImageRef) -> bool:
        return styles is not None and styles.may_paint(facts.page.path, facts.html, facts.scan, ref)

    made = Placeholders(blurred=blurred, store=context.store, file_of=context.originals.file)
    return made.added(plan, chooser, may_paint)


def _unshown(
    facts: PageFacts,
    hero: PageHero | None,
    asset_of: Callable[[ImageRef], Asset | None],
    insert: _Place,
    output: OutputFolder,
) -> tuple[PageHero | None, _Place]:
    """Return the declared hero of a page, by the file that the page shows, and where it may be inserted.

    A key of a theme that names an image which the page does not show declares no hero: it is for previews.
    """
    if hero is None or hero_detection.find_shown(facts.scan, hero.hero.path, asset_of) is not None:
        return hero, insert
    copy = None if hero.hero.generated else shown_hero.find_copy(facts.scan, hero.asset, asset_of)
    if copy is not None:
        own = replace(hero.hero, path=copy.path)
        return replace(hero, hero=own, asset=copy, pixels=(output.locate(copy.path), copy)), insert
    if not hero.hero.inserts:
        return None, insert
    by_theme = shown_hero.is_shown_by_theme(
        facts.scan, facts.html, hero.asset, asset_of=asset_of, file_of=facts.asset_of
    )
    return hero, "none" if by_theme else insert


def _files_to_clean(
    facts: PageFacts, hero: PageHero | None, files: DependencyTracker, originals: OriginalFiles
) -> Iterator[Asset]:
    """Yield the image files of a page that may contain a prompt, or lack marks or rights, each once.

    These are the files of its images, those that images link to, and the one for other sites. Images that the author
    opted out are left alone.
    """
    images = [image for image in facts.images if image.ref.opt_out is not OptOut.IGNORED]
    paths = [target.path for image in images for target in image.targets if target.exists]
    others = [image.ref.link for image in images] + [
        facts.scan.meta_content(name) for name in ("og:image", "twitter:image")
    ]
    named = (facts.target(url).path for url in others if url is not None)
    paths += [path for path in named if path is not None and path.lower().endswith(_RASTERS) and files.exists(path)]
    if hero is not None and not hero.hero.generated:
        paths.append(hero.hero.path)
        originals.in_articles.add(hero.hero.path)
    shown = [each for image in images if image.ref.region is PageRegion.ARTICLE for each in image.targets]
    originals.in_articles.update(each.path for each in shown if each.attribute == "src" and each.path is not None)
    for path in dict.fromkeys(paths):
        asset = files.asset(path) if path is not None and not looks_like_variant(path) else None
        if isinstance(asset, Asset) and originals.may_clean(asset):
            yield asset


def _make_chooser(
    context: BuildContext, facts: PageFacts, files: DependencyTracker
) -> tuple[MarkupChooser, Mapping[Span, PreloadLink]]:
    """Return what chooses the markup of the page's images, and the author's preload links of images."""
    settings, page, html, scan = context.settings, facts.page, facts.html, facts.scan
    # Of all hosts: a preview must not lack what the site has. A change of these files makes the build plan all pages.
    of_headers = context.listing.headers.values(page.path, SECURITY_POLICY, host=None)
    preloads = preload_links(html, scan, lambda url: facts.target(url).path)

    def read_script(url: str) -> str | None:
        path = facts.target(url).path
        content = files.read(path) if path is not None else None
        return None if content is None else content.decode("latin-1")

    chooser = MarkupChooser(
        wanted=settings.markup,
        html=html,
        scan=scan,
        policies=(*scan.policies, *of_headers),
        has_place=scan.head_end is not None
        and (settings.style == "inline" or _style_sheet_url(context, page, scan) is not None),
        rules=None if settings.style == "file" else (style_text(), style_text(overlay=True)),
        styles=facts.image_styles,
        preloads={span: link.preload for span, link in preloads.items()},
        loaded=loaded_elsewhere(html, scan, lambda url: facts.target(url).path),
        read_script=read_script,
    )
    return chooser, preloads


def _style_sheet_url(context: BuildContext, page: Page, scan: PageScan) -> str | None:
    """Return the URL of the file with imageseo's rules; None if it cannot be given.

    A ``<base>`` changes relative URLs, and hosts show an error page at any address.
    """
    if scan.base_href is None and page.path != "404.html":
        return urls.relative(page.path, STYLE_SHEET)
    base_url = context.site.base_url
    if base_url is None:
        return None
    return urls.absolute(base_url if "//" in (scan.base_href or "") else urlsplit(base_url).path, STYLE_SHEET)


def _recompressed_formats(settings: Settings) -> tuple[str, ...]:
    """Return the formats of source files to recompress: JPEG only if the profile has a quality target for it."""
    if settings.fallback != "recompress":
        return ()
    return ("png",) if profiles.policy(settings.profile).way("jpeg").target is None else ("jpeg", "png")
