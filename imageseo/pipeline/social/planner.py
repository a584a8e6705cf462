"""Plan a page's social card: which image it is made of, and the tags that name it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

from imageseo.config.settings import Settings
from imageseo.heroes.masters.redrawn import Redrawing
from imageseo.images.resizers import pillow as pixels
from imageseo.layout.hero_detection import is_convincing
from imageseo.lint.facts.page import PageFacts
from imageseo.model.hero import ALGORITHMIC_MEDIA, Depicts
from imageseo.model.image import Asset, Attribute, PageRegion, Rights
from imageseo.model.plan import PageHero, PagePlan
from imageseo.model.site import Page, Site
from imageseo.pipeline.incremental.build_state import digest
from imageseo.pipeline.social.card import (
    LABEL_VERSION,
    SIZE,
    SMALLEST,
    VERSION,
    BurnedLabel,
    CardPicture,
    Drawing,
    PageCard,
    SocialCard,
    Title,
    card_path,
)
from imageseo.pipeline.social.existing import first_that_works, judge, shared_image
from imageseo.pipeline.social.titles import SiteTitles
from imageseo.web import urls
from imageseo.web.ai_labels import label
from imageseo.web.html.head import EMPTY, Head, og_images
from imageseo.web.indexing import ListingRules, is_error_page, refresh_target
from imageseo.web.social.image import SharedImage
from imageseo.web.social.tags import SocialTags, twitter_images

_TINY = (120, 63)
"""px: below this an image is an icon, also where the author names it."""


@dataclass(frozen=True, slots=True)
class _CardImage:
    """What a card is made of, with the texts and rights of that image."""

    source: CardPicture | Drawing | Title
    alt: str
    rights: Rights = field(default_factory=Rights)
    depicts: Depicts = "unknown"


@dataclass(kw_only=True)
class SocialPlanner:
    """Plans the cards of one build. ``file_of``: the file of an asset.

    ``redrawing``: returns how a page's hero is drawn in a size, None if it can only be cut. ``has_declined``: whether a
    page declares that it has no hero. ``is_free``: whether a site path has no file of the author.
    """

    site: Site
    settings: Settings
    file_of: Callable[[Asset], Path]
    listing: ListingRules
    titles: SiteTitles
    redrawing: Callable[[Page, tuple[int, int]], Redrawing | None]
    has_declined: Callable[[Page], bool]
    is_free: Callable[[str], bool]

    def plan(self, facts: PageFacts, plan: PagePlan, hero: PageHero | None) -> PageCard | None:
        """Return a page's card and edits; None for a page that gets neither. Raises RecipeError.

        ``hero``: the declared one, also if the page does not show it.
        """
        page, scan, base_url = facts.page, facts.scan, self.site.base_url
        cards = self.settings.social.cards_of(page.path)
        if base_url is None or cards == "off" or plan.scan.head_end is None:
            return None
        obstacle = self.listing.own_obstacle(page, scan, facts.files.exists)
        redirects = any(tag.kind == "refresh" and refresh_target(tag.value) for tag in scan.indexing)
        if redirects or is_error_page(page.path) or (obstacle is not None and obstacle.forbids):
            return None
        has_tags = bool(scan.indexing) or any(
            name.startswith(("og:image", "twitter:", "robots")) for name, _ in scan.meta
        )
        head = facts.head if has_tags else EMPTY
        tags = SocialTags(html=facts.html, head=head, charset=scan.charset, at=plan.scan.head_end)
        card, is_shared = self._image(facts, plan, hero, head, tags, base_url)
        if is_shared:
            tags.allow_large_previews(fix=self.settings.social.existing != "keep")
        edits = tags.edits
        return PageCard(edits=edits, card=card) if edits or card else None

    def _image(
        self, facts: PageFacts, plan: PagePlan, hero: PageHero | None, head: Head, tags: SocialTags, base_url: str
    ) -> tuple[SocialCard | None, bool]:
        """Edit the tags of the image; return the card that it needs, and whether the page has an image then."""
        previews, own = og_images(head), [*twitter_images(head)]
        fix = self.settings.social.existing != "keep"
        if not fix and (previews or own):
            tags.set_card(large=True, fix=False)
            return None, True
        found = [judge(each.url, target=facts.target, files=facts.files, base_url=base_url) for each in previews]
        kept = first_that_works(found)
        choice = None
        if kept is None or self.settings.social.existing == "replace":
            choice = self._choice(facts, plan, hero, [each.asset for each in found if each.asset is not None])
        card: SocialCard | None = None
        image: SharedImage | None = None
        if choice is not None:
            card, image = self._card(facts, choice, base_url)
        elif kept is not None:
            parts = {name: tag.get("content") or "" for name, tag in previews[kept].parts.items()}
            kept_parts = {name: text for name, text in parts.items() if name not in ("url", "secure_url") and text}
            image = shared_image(found[kept], kept_parts)
        judged = [
            judge(tag.get("content") or "", target=facts.target, files=facts.files, base_url=base_url) for tag in own
        ]
        if image is None:
            works = any(each.works for each in judged)
            if not previews:
                tags.set_card(large=works, fix=fix)
            return None, works
        tags.set_image(image)
        replaced = card is not None and self.settings.social.existing == "replace"
        broken = [
            tag
            for tag, each in zip(own, judged, strict=True)
            if replaced or not each.works or each.url != tag.get("content")
        ]
        if broken:
            tags.set_twitter_image(image, broken)
        if image.may_be_large:
            tags.set_card(large=True, fix=fix)
        return card, True

    def _card(self, facts: PageFacts, choice: _CardImage, base_url: str) -> tuple[SocialCard, SharedImage]:
        rights = choice.rights.or_else(Rights.of(self.settings.rights))
        found = None
        if self.settings.hero.label != "none":
            found = label(rights.digital_source_type, choice.depicts, facts.scan.language)
        burned = None
        if found is not None and found.overlay is not None:
            burned = BurnedLabel(text=found.overlay, language=facts.scan.language or "")
        path = card_path(facts.page.path)
        if not self.is_free(path):
            path = f"{path.removesuffix('.jpg')}-card.jpg"
        quality = self.settings.quality.jpeg
        key = digest(
            VERSION, pixels.version(), self.titles.version, choice.source.key, rights, quality, *_label_key(burned)
        )
        card = SocialCard(path=path, key=key, source=choice.source, rights=rights, label=burned)
        url = urls.absolute(base_url, path)
        return card, SharedImage.of_file(url, mime="image/jpeg", size=SIZE, alt=choice.alt)

    def _choice(
        self, facts: PageFacts, plan: PagePlan, hero: PageHero | None, named: Collection[Asset]
    ) -> _CardImage | None:
        """Return what the page's card is made of. ``named``: images of its tags, in formats that do not work."""
        if hero is not None:
            found = self._of_hero(facts.page, hero)
            if found is not None:
                return found
        for asset in named if self.settings.social.existing != "replace" else ():
            if _is_drawable(asset, explicit=True):
                return _CardImage(self._picture(asset), _alt_of(facts, asset), asset.rights)
        if self.settings.social.cards_of(facts.page.path) == "title":
            card = self.titles.card(facts.page, facts.scan)
            rights = Rights(digital_source_type=ALGORITHMIC_MEDIA)
            return None if card is None else _CardImage(card, card.texts["title"], rights)
        return None if self.has_declined(facts.page) else self._of_article(facts, plan)

    def _of_hero(self, page: Page, hero: PageHero) -> _CardImage | None:
        about, rights = hero.hero, hero.hero.rights
        alt = (about.alt or about.caption or "").strip()
        again = self.redrawing(page, SIZE) if about.generated else None
        if again is not None:
            return _CardImage(Drawing(redrawing=again), alt, rights, about.depicts)
        if not _is_drawable(hero.asset, explicit=True):
            return None
        file, asset = hero.pixels if about.generated else (self.file_of(hero.asset), hero.asset)
        return _CardImage(CardPicture(asset=asset, file=file, focal=about.focal), alt, rights, about.depicts)

    def _of_article(self, facts: PageFacts, plan: PagePlan) -> _CardImage | None:
        """Return the image of the article that stands for the page: the hero, else the first large one."""
        shown = plan.hero_image
        by_span = {image.ref.span: image.asset for image in facts.images}
        refs = [shown.ref] if shown is not None else []
        refs += [ref for ref in facts.scan.refs if ref.region is PageRegion.ARTICLE]
        for ref in refs:
            asset = by_span.get(ref.span)
            if asset is None or not _is_drawable(asset, explicit=False):
                continue
            if is_convincing(replace(ref, attributes=_without_loading(ref.attributes)), asset, facts.column_layout):
                return _CardImage(self._picture(asset), (ref.get("alt") or "").strip(), asset.rights)
        return None

    def _picture(self, asset: Asset) -> CardPicture:
        return CardPicture(asset=asset, file=self.file_of(asset))


def _is_drawable(asset: Asset, *, explicit: bool) -> bool:
    """Whether a card can be made of an image. ``explicit``: the author named it for that."""
    if asset.format == "svg":
        return explicit
    least = _TINY if explicit else SMALLEST
    return asset.encodable and asset.width >= least[0] and asset.height >= least[1]


def _alt_of(facts: PageFacts, asset: Asset) -> str:
    """Return what the page says of an image that it shows; "" if it does not show it."""
    texts = (
        image.ref.get("alt") for image in facts.images if image.asset is not None and image.asset.path == asset.path
    )
    return next((text.strip() for text in texts if text), "")


def _without_loading(attributes: tuple[Attribute, ...]) -> tuple[Attribute, ...]:
    """Return attributes without what says when an image loads: that does not decide what it shows."""
    return tuple(each for each in attributes if each.name not in ("loading", "fetchpriority"))


def _label_key(burned: BurnedLabel | None) -> tuple[object, ...]:
    return () if burned is None else (LABEL_VERSION, burned.text, burned.language)
