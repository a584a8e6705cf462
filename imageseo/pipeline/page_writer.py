"""Write a page: meet its budgets, run the rules, publish its variants, write the file."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from functools import lru_cache, partial
from hashlib import sha256
from urllib.parse import unquote

from imageseo.images.encoding.encode_result import EncodeResult
from imageseo.images.encoding.jobs import Jobs
from imageseo.lint.crashes import CRASHED
from imageseo.lint.engine import location_of, run_rules
from imageseo.lint.facts.page import PageFacts
from imageseo.lint.severity import SeverityLevels
from imageseo.model.errors import ImageseoError
from imageseo.model.finding import Finding, Silenced
from imageseo.model.formats import FORMATS, tunable
from imageseo.model.image import Rights, Variant, VariantSpec
from imageseo.model.plan import ImagePlan
from imageseo.model.protocols import StoredBlob
from imageseo.model.site import Page
from imageseo.pipeline import markup, structured_data, variant_findings, variant_selection
from imageseo.pipeline.context import BuildContext
from imageseo.pipeline.feeds.hero_file import hero_file
from imageseo.pipeline.incremental.build_state import (
    DroppedVariants,
    PageOutcome,
    PageRecord,
    PlannedVariant,
    PublishedVariant,
    RecompressedFile,
)
from imageseo.pipeline.page_candidates import PageCandidates, has_equal_quality, hero_sources
from imageseo.pipeline.page_listing import PageListing
from imageseo.pipeline.pictures.picture_recorder import PictureRecorder
from imageseo.pipeline.planner import PlannedPage
from imageseo.pipeline.predicted_scan import predicted_scan
from imageseo.pipeline.result import WrittenPage, unwritable_finding
from imageseo.pipeline.safe_markup.findings import markup_notes, uninserted_hero_finding
from imageseo.pipeline.sitemap_writer import article_image_urls
from imageseo.pipeline.structured_data import PageGraph
from imageseo.web import filenames
from imageseo.web.html import edits


@dataclass(slots=True, kw_only=True)
class PageWriter:
    """Writes the planned pages of a build, one by one. ``jobs``: digest of a source -> file and asset."""

    context: BuildContext
    jobs: Jobs
    encoded: EncodeResult
    recorder: PictureRecorder
    encoded_again: int = 0  # new variants of heroes over their budget, encoded with lower quality
    seconds_again: dict[str, float] = field(default_factory=dict)  # hash of such a variant -> what it took

    def write(self, planned: PlannedPage, context: bytes | None) -> WrittenPage:
        """Execute the plan. If the page cannot be written, it is unchanged, and a finding fails the build.

        ``context``: digest of what the page's record depends on besides files; None: no record is made.
        """
        page, plan, files = planned.page, planned.plan, planned.files
        findings: list[Finding] = []
        build_findings: list[Finding] = []
        silenced: list[Silenced] = []
        variant_paths: dict[str, Variant] = {}
        result, pictures = None, b""
        recompressed, originals = self.replaced(planned), self.context.originals
        listing = PageListing.of(planned, self.context.listing)
        if plan.not_inserted is not None:
            build_findings.append(uninserted_hero_finding(page, plan.not_inserted))
        candidates = PageCandidates(
            planned=plan,
            variants=self.encoded.variants,
            equal_quality=has_equal_quality(self.context.settings),
            oversized=self.encoded.oversized,
            pending=self.encoded.pending,
            recompressed_sizes={each.path: each.bytes for each in recompressed},
        )
        social = self.context.social.publish(page, planned.social, files, build_findings)
        planned = replace(planned, social=social)
        try:
            for each in recompressed:
                files.weigh(each.path, each.bytes)
            candidates, facts, result = self._write(planned, candidates, listing, findings, build_findings, silenced)
            pictures = self.recorder.record(
                *(plan, planned.hero, facts),
                variants=candidates.variant_paths(),
                recompressed=candidates.recompressed_sizes,
            )
            variant_paths = candidates.variant_paths()
        except (OSError, ImageseoError) as error:
            build_findings.append(unwritable_finding(page, error))
        located = partial(location_of, page, refs=plan.scan.refs)
        outcome = PageOutcome(
            images=len(plan.images) + (plan.insert is not None),
            hero=plan.insert is not None or plan.hero_image is not None,
            findings=findings,
            build_findings=build_findings,
            silenced=silenced,
            published=[
                *(PublishedVariant(path, variant.sha256, variant.bytes) for path, variant in variant_paths.items()),
                *(PublishedVariant(crop.path, crop.sha256, crop.bytes) for crop in planned.crops),
                *social.published,
            ],
            planned=[
                PlannedVariant(_spec_id(spec), self.encoded.variants[spec].sha256)
                for spec in plan.specs
                if spec in self.encoded.variants
            ],
            article_images=article_image_urls(
                *(self.context.site.base_url, files, page, plan),
                listing=listing,
                hosts=self.context.settings.delivery.image_hosts,
            ),
            unlisted=listing.unlisted,
            image_findings=[
                *variant_findings.image_findings(page, plan, self.encoded),
                *variant_findings.cleaned_findings(page, planned.shown, originals.cleaned, recompressed),
            ],
            dropped=[
                DroppedVariants(each.asset.sha256, each.asset.path, located(each.ref), _format_reasons(why))
                for each, why in candidates.find_dropped()
            ],
            saved_bytes=candidates.count_saved_bytes(),
            recompressed=recompressed,
            expiry=listing.expiry,
            markup=list(markup_notes(page, plan)),
            unchanged=dict(planned.unchanged),
            pictures=pictures,
            waiting=candidates.count_waiting(),
            hero_file=hero_file(plan, planned.hero, planned.crops),
        )
        dependencies = files.dependencies
        stable = not any(each.fails_build or each.message.startswith(CRASHED) for each in [*findings, *build_findings])
        final = sum(spec in self.encoded.declined or spec in self.encoded.oversized for spec in plan.specs)
        complete = social.fault is None and len(outcome.planned) + final == len(
            plan.specs
        )  # failed and refused variants are tried again
        if result is None or context is None or dependencies is None or not (stable and complete):
            return WrittenPage(page=page, outcome=outcome, digest=result[1] if result is not None else b"")
        source_digest, published_digest, changes = result
        return WrittenPage(
            page=page,
            outcome=outcome,
            record=PageRecord(context, source_digest, published_digest, dependencies, changes, outcome),
        )

    def _write(
        self,
        planned: PlannedPage,
        candidates: PageCandidates,
        listing: PageListing,
        findings: list[Finding],
        build_findings: list[Finding],
        silenced: list[Silenced],
    ) -> tuple[PageCandidates, PageFacts, tuple[bytes, bytes, list[tuple[int, int, bytes]]]]:
        """Publish and write. Returns the final candidates and facts, and a result: digests of the page without and with
        edits, and the edits.

        The lists are filled even if an error is raised later.
        """
        page, output = planned.page, self.context.output
        raw, original = planned.read_source(output)
        graph = self._describe(planned, candidates, original, listing)
        facts, changes = self._predict_facts(planned, candidates, original, graph)
        over = variant_selection.candidates_over_budget(facts.lcp, facts.budgets) if facts.lcp is not None else {}
        smaller = self._encode_smaller(candidates, over) if over else {}
        if smaller:
            build_findings.append(self._lowered_finding(page, candidates, smaller, over))
            candidates = candidates.with_variants(smaller)
            graph = self._describe(planned, candidates, original, listing)
            facts, changes = self._predict_facts(planned, candidates, original, graph)
        build_findings += graph.findings(page)
        rules = self.context.tools.rules
        if candidates.count_waiting():
            rules = [rule for rule in rules if not rule.judges_variants]
        rule_findings, suppressed = run_rules(facts, rules, SeverityLevels.of(self.context.settings.lint))
        findings += rule_findings
        silenced += suppressed
        paths = candidates.variant_paths()
        for path, variant in paths.items():
            self._publish(path, variant)
        is_written = output.write(page.path, facts.html)
        others = [*(each.path for each in planned.social.published), *(crop.path for crop in planned.article_crops)]
        self.context.stale.add_written_page(page, [*paths, *others])
        if is_written and original != raw:
            self.context.stale.add_replaced_page(page, raw)
        published_digest = sha256(facts.html).digest()
        source_digest = sha256(original).digest() if changes else published_digest
        result = (source_digest, published_digest, [(*edit.span, edit.replacement) for edit in changes])
        return candidates, facts, result

    def _describe(
        self, planned: PlannedPage, candidates: PageCandidates, original: bytes, listing: PageListing
    ) -> PageGraph:
        """Return the page's JSON-LD; nothing if it is disabled or there is no site URL."""
        base_url, settings = self.context.site.base_url, self.context.settings
        if not settings.json_ld or base_url is None:
            return PageGraph()
        return structured_data.build_graph(
            *(planned.page, planned.plan, planned.hero, original),
            crops=planned.crops,
            variants=candidates.variant_paths(),
            base_url=base_url,
            default_rights=Rights.of(settings.rights),
            may_list=listing.may_list,
        )

    def replaced(self, planned: PlannedPage) -> list[RecompressedFile]:
        """Return the files that are published instead of source files: recompressed, or without a prompt."""
        return list(self.context.originals.replacements(planned.plan.fallbacks, planned.shown, self.encoded.variants))

    def _predict_facts(
        self, planned: PlannedPage, candidates: PageCandidates, original: bytes, graph: PageGraph
    ) -> tuple[PageFacts, tuple[edits.Edit, ...]]:
        """Return the facts of the page as it will be published, and its edits; its variants count as existing."""
        page, files = planned.page, planned.files
        for path, variant in candidates.variant_paths().items():
            files.add(path, variant.bytes)
        others = [*planned.social.edits, *graph.edits]
        changes = markup.page_edits(candidates.plan, candidates.variants, json_ld=graph.text, others=others)
        html = edits.apply(original, changes)
        facts = PageFacts(
            page,
            site=self.context.site,
            files=files,
            page_context=self.context.page_context,
            html=html,
            scan=predicted_scan(original, candidates.plan, candidates.variants),
            estimates=candidates.estimates,
        )
        return facts, changes

    def _encode_smaller(self, candidates: PageCandidates, over: Mapping[str, int]) -> dict[VariantSpec, Variant]:
        """Encode the hero's variants over budget again with lower quality; return those that became smaller."""
        specs, source_of = hero_sources(candidates.plan)
        set_floors = self.context.settings.quality_floor
        floors = {name: set_floors.of(name) or FORMATS[name].quality_floor for name in tunable()}
        limits = {unquote(posixpath.basename(url)): limit for url, limit in over.items()}
        set_quality = self.context.settings.quality
        new_specs = variant_selection.lower_quality_specs(
            [spec for spec in specs if set_quality.own(source_of[spec.source].path, spec.format) is None],
            candidates.variants,
            limit_of=lambda variant: limits.get(filenames.variant_file(source_of[variant.spec.source], variant)),
            quality_of=lambda variant: self.context.encoder.quality_of(variant, self.jobs),
            floors=floors,
        )
        result = self.context.encoder.encode(self.jobs, new_specs.values())
        made = result.variants
        self.encoded_again += result.misses
        self.seconds_again |= {made[spec].sha256: seconds for spec, seconds in result.seconds.items()}
        return {
            spec: made[new]
            for spec, new in new_specs.items()
            if new in made and made[new].bytes < candidates.variants[spec].bytes
        }

    def _lowered_finding(
        self,
        page: Page,
        candidates: PageCandidates,
        smaller: Mapping[VariantSpec, Variant],
        over: Mapping[str, int],
    ) -> Finding:
        hero = candidates.plan.hero_image or candidates.plan.insert
        assert hero is not None  # only its variants are encoded again
        changes = variant_findings.lowered_variants(
            candidates.variants, smaller, lambda variant: self.context.encoder.quality_of(variant, self.jobs)
        )
        location = location_of(page, hero.ref if isinstance(hero, ImagePlan) else None)
        return variant_findings.lowered_finding(hero.asset, changes, min(over.values()), location)

    def _publish(self, path: str, variant: Variant) -> None:
        blob = StoredBlob(sha256=variant.sha256, bytes=variant.bytes)
        read = partial(self.context.encoder.bytes_of, variant, self.jobs)
        self.context.output.publish(path, blob, self.context.store, read=read)


def _format_reasons(dropped: Mapping[VariantSpec, str]) -> list[tuple[str, str, str]]:
    """Return id, display name and reason of each dropped variant."""
    return [(_spec_id(spec), f"{spec.width}w {spec.format}", str(reason)) for spec, reason in dropped.items()]


@lru_cache(maxsize=65536)
def _spec_id(spec: VariantSpec) -> str:
    """Return a short identifier of a spec."""
    return sha256(repr(astuple(spec)).encode()).hexdigest()[:16]
