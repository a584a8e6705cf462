"""From pages to their plans: each is read, and what is to become of it is settled before anything is encoded."""

from __future__ import annotations

from dataclasses import dataclass, field

from imageseo.config.settings import Settings
from imageseo.images.encoding import profiles
from imageseo.lint.engine import unreadable_finding
from imageseo.lint.facts.page import PageContext, PageFacts, SiteFiles
from imageseo.model.finding import Finding
from imageseo.model.plan import PageHero, PagePlan
from imageseo.model.site import Page, Site
from imageseo.pipeline import page_plan as plan
from imageseo.pipeline.incremental.dependencies import DependencyTracker
from imageseo.pipeline.page_heroes import HeroPublisher
from imageseo.storage.output import OutputFolder
from imageseo.web.html import edits
from imageseo.web.html.page_scan import UnreadablePage


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A page on its way: what it is to become, its hero, and what it asked of the site's files."""

    page: Page
    plan: PagePlan
    cast: PageHero | None
    files: DependencyTracker


@dataclass(slots=True, kw_only=True)
class Planner:
    """Plans pages one by one. ``findings``: of those that cannot be read."""

    site: Site
    settings: Settings
    output: OutputFolder
    files: SiteFiles
    reading: PageContext
    casting: HeroPublisher
    findings: list[Finding] = field(default_factory=list)

    def plan(self, page: Page, cast: PageHero | None) -> Planned | None:
        """The page as planned; None when it cannot be read (a finding)."""
        settings = self.settings
        recompress = _anew(settings)
        try:
            html = edits.strip(self.output.read(page.path))
            asked = DependencyTracker(self.files, recompress=bool(recompress))
            inserted = cast.hero.path if cast else None
            facts = PageFacts(page, site=self.site, files=asked, reading=self.reading, html=html, inserted=inserted)
            scan = facts.scan
        except (OSError, UnreadablePage) as error:
            self.findings.append(unreadable_finding(page, error, fails_build=True))
            return None
        assets = {image.ref.span: image.asset for image in facts.images}
        planned = plan.plan_page(
            page,
            scan,
            asset_of=lambda ref: assets.get(ref.span),
            hero=cast.hero if cast else None,
            hero_asset=cast.asset if cast else None,
            guess=(settings.hero.guess or facts.column_layout.lead_known) and not self.casting.declined(page),
            layout=facts.column_layout,
            offer=plan.VariantOptions(
                widths=settings.widths,
                formats=settings.formats,
                quality=settings.quality,
                animated=settings.animated == "convert",
                recompress=recompress,
            ),
            insert=settings.hero.insert,
            labelled=settings.hero.label != "none",
        )
        return Planned(page=page, plan=planned, cast=cast, files=asked)


def _anew(settings: Settings) -> tuple[str, ...]:
    """The formats whose published files are to be written anew: a JPEG only where there is a target that it holds."""
    if settings.fallback != "recompress":
        return ()
    return ("png",) if profiles.policy(settings.profile).way("jpeg").target is None else ("jpeg", "png")
