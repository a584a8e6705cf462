"""Write a page: hold the budget, publish its variants, run the rules, write the file."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import lru_cache, partial
from hashlib import sha256
from urllib.parse import unquote

from imageseo.config.settings import Settings
from imageseo.images.encoding.encoder import EncodeResult, Jobs
from imageseo.images.encoding.recompression import is_worthwhile
from imageseo.lint.engine import CRASHED, location_of, run_rules
from imageseo.lint.facts.page import PageFacts
from imageseo.lint.severity import SeverityLevels
from imageseo.model.errors import ImageseoError
from imageseo.model.finding import Finding, Severity, Silenced
from imageseo.model.image import Rights, Variant, VariantSpec
from imageseo.model.plan import PagePlan
from imageseo.model.protocols import StoredBlob
from imageseo.model.site import Page
from imageseo.pipeline import markup, structured_data, variant_findings, variant_selection
from imageseo.pipeline.context import BuildContext
from imageseo.pipeline.incremental.build_state import (
    DroppedVariants,
    PageOutcome,
    PageRecord,
    PlannedVariant,
    PublishedVariant,
    RecompressedFile,
)
from imageseo.pipeline.incremental.dependencies import DependencyTracker
from imageseo.pipeline.page_candidates import PageCandidates
from imageseo.pipeline.planner import PlannedPage
from imageseo.pipeline.predicted_scan import predicted_scan
from imageseo.pipeline.sitemap_writer import article_image_urls, is_noindex
from imageseo.web import filenames
from imageseo.web.html import edits


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPage:
    """What became of a page; ``record``: for the next build, None when that has to look again."""

    page: Page
    outcome: PageOutcome
    record: PageRecord | None = None


@dataclass(slots=True, kw_only=True)
class PageWriter:
    """Writes the planned pages of a build, one by one. ``jobs``: where the pixels of each source lie."""

    context: BuildContext
    jobs: Jobs
    encoded: EncodeResult
    encoded_again: int = 0  # variants of heroes over their budget, that neither pages nor the store had

    def write(self, planned: PlannedPage, context: bytes | None) -> WrittenPage:
        """Make the plan true. What cannot be written is a finding that fails the build; the page stays as it was.

        ``context``: digest of what the page's record depends on besides files; None: no record is kept.
        """
        page, plan, files = planned.page, planned.plan, planned.files
        found: list[Finding] = []
        faults: list[Finding] = []
        silenced: list[Silenced] = []
        named: dict[str, Variant] = {}
        record = None
        anew = self.replaced(plan)
        offers = PageCandidates(
            planned=plan,
            variants=self.encoded.variants,
            alike=_alike(self.context.settings),
            anew={each.path: each.bytes for each in anew},
        )
        try:
            for each in anew:
                files.weigh(each.path, each.bytes)
            offers, record = self._write(planned, offers, found, faults, silenced)
            named = offers.paths()
        except (OSError, ImageseoError) as error:
            faults.append(unwritable_finding(page, error))
        outcome = PageOutcome(
            images=len(plan.images) + (plan.insert is not None),
            hero=plan.insert is not None or plan.hero_image is not None,
            findings=found,
            faults=faults,
            silenced=silenced,
            named=[
                *(PublishedVariant(path, variant.sha256, variant.bytes) for path, variant in named.items()),
                *(
                    PublishedVariant(crop.path, crop.sha256, crop.bytes)
                    for crop in (planned.hero.crops if planned.hero is not None else ())
                ),
            ],
            wanted=[
                PlannedVariant(_identity(spec), self.encoded.variants[spec].sha256)
                for spec in plan.specs
                if spec in self.encoded.variants
            ],
            shown=list(article_image_urls(self.context.site.base_url, files, page, plan)),
            hidden=is_noindex(page, plan),
            notes=list(variant_findings.image_findings(page, plan, self.encoded)),
            dropped=[
                DroppedVariants(each.asset.sha256, each.asset.path, location_of(page, each.ref), _named(why))
                for each, why in offers.drops()
            ],
            saved=offers.saved(),
            replaced=anew,
        )
        trace = files.trace
        lasting = not any(each.fails_build or each.message.startswith(CRASHED) for each in [*found, *faults])
        declined = sum(spec in self.encoded.declined for spec in plan.specs)
        complete = len(outcome.wanted) + declined == len(plan.specs)  # what broke or was refused is tried again
        if record is None or context is None or trace is None or not (lasting and complete):
            return WrittenPage(page=page, outcome=outcome)
        author, after, changes = record
        return WrittenPage(
            page=page, outcome=outcome, record=PageRecord(context, author, after, trace, changes, outcome)
        )

    def _write(
        self,
        planned: PlannedPage,
        offers: PageCandidates,
        found: list[Finding],
        faults: list[Finding],
        silenced: list[Silenced],
    ) -> tuple[PageCandidates, tuple[bytes, bytes, list[tuple[int, int, bytes]]]]:
        """Publish and write. The candidates in the end; digests of the page without and with our edits, and these.

        Fills the lists as far as it gets.
        """
        page, files, output = planned.page, planned.files, self.context.output
        raw = output.read(page.path)
        original = edits.strip(raw)
        graph = self._graph(planned, original, faults)
        facts, changes = self._facts(page, offers, original, graph, files)
        over = variant_selection.candidates_over_budget(facts.lcp, facts.budgets) if facts.lcp is not None else {}
        lighter = self._lighter(offers, over) if over else {}
        if lighter:
            offers = offers.instead(lighter)
            facts, changes = self._facts(page, offers, original, graph, files)
        findings, answered = run_rules(facts, self.context.tools.rules, SeverityLevels.of(self.context.settings.lint))
        found += findings
        silenced += answered
        paths = offers.paths()
        for path, variant in paths.items():
            self._publish(path, variant)
        if output.write(page.path, facts.html) and original != raw:
            self.context.stale.replaced(page, raw)
        self.context.stale.finished(page, paths)
        after = sha256(facts.html).digest()
        author = sha256(original).digest() if changes else after
        return offers, (author, after, [(*edit.span, edit.replacement) for edit in changes])

    def replaced(self, plan: PagePlan) -> list[RecompressedFile]:
        """The page's own files that are worth writing anew."""
        return [
            RecompressedFile(each.asset.path, each.asset.sha256, made.sha256, made.bytes)
            for each in plan.fallbacks
            if each.spec is not None
            and (made := self.encoded.variants.get(each.spec)) is not None
            and is_worthwhile(each.asset, made.bytes)
        ]

    def _facts(
        self, page: Page, offers: PageCandidates, original: bytes, graph: str | None, files: DependencyTracker
    ) -> tuple[PageFacts, tuple[edits.Edit, ...]]:
        """The page as it will be, with its variants known to be there before they are written; and its edits."""
        for path, variant in offers.paths().items():
            files.add(path, variant.bytes)
        changes = markup.page_edits(offers.plan, offers.variants, json_ld=graph)
        html = edits.apply(original, changes)
        scan = predicted_scan(original, offers.plan, offers.variants)
        facts = PageFacts(
            page, site=self.context.site, files=files, page_context=self.context.page_context, html=html, scan=scan
        )
        return facts, changes

    def _lighter(self, offers: PageCandidates, over: Mapping[str, int]) -> dict[VariantSpec, Variant]:
        """The hero's too heavy variants, encoded once more; those that became lighter."""
        hero = offers.plan.hero_image or offers.plan.insert
        if hero is None:
            return {}
        floors = {name: getattr(self.context.settings.quality_floor, name) for name in ("avif", "webp")}
        limits = {unquote(posixpath.basename(url)): limit for url, limit in over.items()}
        wanted = variant_selection.lower_quality_specs(
            hero.specs,
            offers.variants,
            limit_of=lambda variant: limits.get(filenames.variant_file(hero.asset, variant)),
            quality_of=lambda variant: self.context.encoder.quality_of(variant, self.jobs),
            floors=floors,
        )
        done = self.context.encoder.encode(self.jobs, wanted.values())
        self.encoded_again += done.misses
        made = done.variants
        return {
            spec: made[less]
            for spec, less in wanted.items()
            if less in made and made[less].bytes < offers.variants[spec].bytes
        }

    def _publish(self, path: str, variant: Variant) -> None:
        blob = StoredBlob(sha256=variant.sha256, bytes=variant.bytes)
        read = partial(self.context.encoder.bytes_of, variant, self.jobs)
        self.context.output.publish(path, blob, self.context.store, read=read)

    def _graph(self, planned: PlannedPage, original: bytes, faults: list[Finding]) -> str | None:
        """The page's JSON-LD; None where the settings or a missing site URL rule it out."""
        page, base_url, settings = planned.page, self.context.site.base_url, self.context.settings
        if not settings.json_ld or base_url is None:
            return None
        house = Rights.of(settings.rights)
        graph = structured_data.graph(page, planned.plan, planned.hero, original, base_url=base_url, house=house)
        hint = "mend the theme's template"
        faults += [
            Finding(rule="ld-parse", severity=Severity.WARN, message=problem, location=location_of(page), hint=hint)
            for problem in graph.problems
        ]
        return graph.text


def unwritable_finding(page: Page, error: OSError | ImageseoError) -> Finding:
    """The finding for a file of the site that cannot be written."""
    problem = error.message if isinstance(error, ImageseoError) else f"{error.strerror or error}"
    return Finding(
        rule="page-unwritable",
        severity=Severity.ERROR,
        message=f"cannot be written: {problem}",
        location=location_of(page),
        hint=error.hint if isinstance(error, ImageseoError) else "make the folder writable, or make room on the disk",
        fails_build=True,
    )


def _named(drops: Mapping[VariantSpec, variant_selection.DropReason]) -> list[tuple[str, str, str]]:
    """Variants that are left out: what tells each from all others, its name for people, the reason."""
    return [(_identity(spec), f"{spec.width}w {spec.format}", why.value) for spec, why in drops.items()]


@lru_cache(maxsize=65536)
def _identity(spec: VariantSpec) -> str:
    """What tells a spec from all others, short."""
    return sha256(repr(astuple(spec)).encode()).hexdigest()[:16]


def _alike(settings: Settings) -> bool:
    """Whether all formats are to look equally good; not where the author asked for more or less of one."""
    target, quality = settings.target, settings.quality
    return target.avif == target.webp and quality.avif is None and quality.webp is None
