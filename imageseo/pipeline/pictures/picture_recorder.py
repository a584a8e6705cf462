"""Record what a page shows and downloads while a build writes it: nothing is read again later."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from imageseo.images.encoding.encoder import Encoder
from imageseo.images.encoding.jobs import Jobs
from imageseo.lint.facts.page import PageFacts
from imageseo.lint.facts.site_files import SiteFiles
from imageseo.model.errors import ImageseoError
from imageseo.model.hero import Hero
from imageseo.model.image import Variant
from imageseo.model.plan import MarkupForm, PageHero, PagePlan
from imageseo.pipeline.pictures.page_pictures import VariantFile, page_pictures
from imageseo.pipeline.pictures.page_record import DECLARED, FOUND, INSERTED, HeroOrigin, encode


@dataclass(slots=True, kw_only=True)
class PictureRecorder:
    """Records the pages of one build.

    ``files``: of the site, if their sizes must not become dependencies of pages because the build replaces files; None:
    a page depends on the sizes of its author's own candidates.
    """

    encoder: Encoder
    jobs: Jobs
    files: SiteFiles | None = None
    _known: dict[Variant, tuple[int | None, float | None]] = field(default_factory=dict)

    def record(
        self,
        plan: PagePlan,
        hero: PageHero | None,
        facts: PageFacts,
        *,
        variants: Mapping[str, Variant],
        recompressed: Mapping[str, int],
    ) -> bytes:
        """Return the encoded record of a page. ``facts``: of the page as it will be published.

        ``variants``: that it references, by site path. ``recompressed``: site path -> bytes of a replaced source file.
        """

        def variant_of(path: str) -> VariantFile | None:
            variant = variants.get(path)
            if variant is None:
                return None
            return VariantFile(variant.bytes, variant.spec.format, variant.spec.width, *self._quality(variant))

        return encode(
            page_pictures(
                facts,
                reasons={
                    image.ref.span: image.choice.reason
                    for image in plan.images
                    if image.choice.reason is not None and image.choice.form is not MarkupForm.PICTURE
                },
                variant_of=variant_of,
                recompressed=recompressed,
                size_of=self.files.size if self.files is not None else None,
                hero=_hero_origin(plan, hero),
            )
        )

    def _quality(self, variant: Variant) -> tuple[int | None, float | None]:
        if variant not in self._known:
            self._known[variant] = (None, None)
            with suppress(ImageseoError, OSError):  # a damaged store is reported where it is needed
                self._known[variant] = self.encoder.known_quality(variant, self.jobs)
        return self._known[variant]


def _hero_origin(plan: PagePlan, declared: PageHero | None) -> HeroOrigin | None:
    """Return where the hero of a page comes from; None for a page without one."""
    if plan.insert is not None:
        return _origin(plan.insert.hero, INSERTED)
    if plan.hero_image is None:
        return None
    if declared is not None:
        return _origin(declared.hero, DECLARED)
    asset, alt = plan.hero_image.asset, plan.hero_image.ref.get("alt")
    return HeroOrigin.of(asset.path, alt, asset.rights, origin=FOUND)


def _origin(hero: Hero, origin: str) -> HeroOrigin:
    return HeroOrigin.of(hero.path, hero.alt, hero.rights, origin=origin, generated=hero.generated)
