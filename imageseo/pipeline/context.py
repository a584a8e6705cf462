"""BuildTools and BuildContext: the inputs and objects that the steps of a build share."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from imageseo.config.settings import Settings
from imageseo.heroes.masters.resolver import MasterResolver
from imageseo.heroes.recipes.prompt_library import PromptLibrary
from imageseo.images.encoding.encoder import Encoder
from imageseo.lint.facts import listing
from imageseo.lint.facts.page_context import PageContext
from imageseo.lint.facts.site_files import SiteFiles
from imageseo.lint.rule import Rule
from imageseo.model.finding import Finding
from imageseo.model.image import Asset, BadAsset, Rights
from imageseo.model.layout import SiteLayout
from imageseo.model.progress import Progress
from imageseo.model.protocols import Store
from imageseo.model.site import Page, Site
from imageseo.pipeline.alt_texts.drafts_file import with_approved
from imageseo.pipeline.incremental.build_memory import BuildMemory, Recollection
from imageseo.pipeline.incremental.probe_cache import ProbeCache
from imageseo.pipeline.incremental.state_session import StateSession
from imageseo.pipeline.originals import OriginalFiles
from imageseo.pipeline.page_heroes import HeroPublisher
from imageseo.pipeline.provenance.file_cleaner import FileCleaner
from imageseo.pipeline.remote.findings import delivery_findings
from imageseo.pipeline.shapes.recipe_ratios import recipe_ratios
from imageseo.pipeline.social.card_files import files_digest
from imageseo.pipeline.social.site import SocialCards
from imageseo.pipeline.stale_files import StaleFileCleaner
from imageseo.storage.output import OutputFolder
from imageseo.web.indexing import ListingRules

if TYPE_CHECKING:
    from imageseo.storage.shared.store import SharedStore
    from imageseo.web.cdn.delivery import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildTools:
    """The tools of a build; ``composition.build_tools`` makes them.

    ``probe``: file and site path -> Asset or BadAsset. ``state``: the build state of the last build.
    ``library``: the project's prompts. ``layout``: the content of the layout file. ``memory``: of a process that builds
    the site again and again. ``workers``: how many threads draw. ``shared``: the store of the
    project, if other machines have a part in it.
    """

    encoder: Encoder
    masters: MasterResolver
    library: PromptLibrary
    rules: Sequence[Rule]
    probe: Callable[[Path, str], Asset | BadAsset]
    state: StateSession
    progress: Progress
    layout: SiteLayout | None = None
    memory: BuildMemory | None = None
    workers: int = 1
    shared: SharedStore | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildContext:
    """One build of one site: its inputs, and the objects that its steps share.

    ``pages``: without excluded ones. ``findings``: those of no single page; severities are not applied yet.
    ``recall``: what this process knows from the build before; None: all files are looked at.
    ``former``: former path of a renamed image -> its published path; the file is at both.
    ``delivery``: makes the URLs of a CDN; None: variants are files of the site.
    """

    site: Site
    settings: Settings
    tools: BuildTools
    pages: Sequence[Page]
    output: OutputFolder
    probes: ProbeCache
    originals: OriginalFiles
    files: SiteFiles
    page_context: PageContext
    heroes: HeroPublisher
    stale: StaleFileCleaner
    listing: ListingRules
    social: SocialCards
    findings: list[Finding] = field(default_factory=list)
    recall: Recollection | None = None
    former: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery | None = None

    @property
    def state(self) -> StateSession:
        return self.tools.state

    @property
    def store(self) -> Store:
        return self.tools.state.store

    @property
    def encoder(self) -> Encoder:
        return self.tools.encoder

    @classmethod
    def prepare(cls, site: Site, settings: Settings, tools: BuildTools) -> BuildContext:
        """Open the output folder and the build state.

        Raises SiteError for an unsuitable folder, and SettingsError if the settings of the CDN are not complete.
        """
        delivery = None
        if settings.delivery.cdn.template is not None:
            from imageseo.web.cdn.delivery import Delivery  # few sites have a CDN

            delivery = Delivery.of(settings.delivery.cdn, site.base_url, os.environ)
        site = with_approved(site, site.project / settings.alt.file)
        recall = tools.memory.recall() if tools.memory is not None else None
        state, max_pixels = tools.state, settings.encode.max_pixels
        is_known = state.open(
            *(site, settings, tools.rules, tools.layout),
            f"{listing.digest(site)}{files_digest(settings.social, settings.brand, site.project)}"
            f"{delivery.digest if delivery is not None else ''}",
            recall.last.known if recall else None,
        )
        recall = recall if is_known else None
        beside = [*recall.last.beside, *recall.changed] if recall is not None else None
        # What others can read must not change with a file of the site: nothing in the site is a link into the store.
        output = OutputFolder(site.root, sources=site.sources, known_beside=beside, links=tools.shared is None)
        probes = state.probe_cache(output.root, tools.probe)
        originals = OriginalFiles(
            probes=probes,
            store=state.store,
            output=output,
            max_pixels=max_pixels,
            source_types=settings.digital_source_type,
            cleaner=FileCleaner(store=state.store, metadata=settings.metadata, rights=Rights.of(settings.rights)),
            earlier=frozenset(each.sha256 for each in state.previous_cleaned.values()),
        )
        files = SiteFiles(site.root, originals.asset)
        heroes = HeroPublisher(
            site=site,
            files=files,
            originals=originals,
            output=output,
            masters=tools.masters,
            library=tools.library,
            encoder=tools.encoder,
            hero=settings.hero,
            ratios=partial(recipe_ratios, settings, site, files),
            rights=settings.rights,
            jpeg_quality=settings.quality.jpeg,
            max_pixels=max_pixels,
            store=state.store,
            previous_files=state.current.heroes,
        )
        indexing = listing.read_rules(site, listing.read_robots(site))
        return cls(
            site=site,
            settings=settings,
            tools=tools,
            pages=site.without(settings.exclude_pages).pages,
            output=output,
            probes=probes,
            originals=originals,
            files=files,
            page_context=PageContext.of(site, settings, tools.layout, files, state.current.styles),
            heroes=heroes,
            stale=StaleFileCleaner(site=site, output=output),
            listing=indexing,
            social=SocialCards(
                site=site,
                settings=settings,
                listing=indexing,
                providers=tools.masters.providers,
                redrawings=heroes.redrawings,
                file_of=originals.file,
                has_declined=heroes.has_declined,
                is_free=heroes.may_overwrite,
                output=output,
                store=state.store,
                workers=tools.workers,
                signer=tools.encoder.signer,
            ),
            findings=list(delivery_findings(site, delivery)) if delivery is not None else [],
            recall=recall,
            delivery=delivery,
        )
