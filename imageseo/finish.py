"""The last steps of a page: hold the budget, publish its variants, judge it, write it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

from imageseo import describe, notes
from imageseo.cast import Cast
from imageseo.core import edits, fit, markup, naming
from imageseo.core.published import published
from imageseo.encode import Encoded, Encoder
from imageseo.errors import ImageseoError, SiteError
from imageseo.facts import PageFacts, Reading
from imageseo.lint import CRASHED, Rule, judge, locate
from imageseo.maps import hidden, images
from imageseo.memo import Named, Outcome, Record, Wanted
from imageseo.model.finding import Finding, Severity, Silenced
from imageseo.model.image import Asset, Rights, Variant, VariantSpec
from imageseo.model.page import Page, Site
from imageseo.model.plan import PagePlan
from imageseo.publish import Output
from imageseo.settings import Settings
from imageseo.sweep import Sweep
from imageseo.traces import Tracing


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What became of a page; ``record``: for the next build, None when that has to look again."""

    page: Page
    outcome: Outcome
    record: Record | None = None


@dataclass(slots=True, kw_only=True)
class Finisher:
    """Finishes pages one by one.

    ``locate``: digest -> the file of the store. ``failures``: what could not be written, and why.
    """

    site: Site
    settings: Settings
    output: Output
    sweep: Sweep
    reading: Reading
    encoder: Encoder
    jobs: Mapping[str, tuple[Path, Asset]]
    encoded: Encoded
    locate: Callable[[str], Path]
    rules: Sequence[Rule]
    _variants: Mapping[VariantSpec, Variant] = field(init=False)

    def __post_init__(self) -> None:
        worth = self.encoded.variants.items()
        self._variants = {spec: made for spec, made in worth if spec not in self.encoded.dropped}

    def finish(self, page: Page, plan: PagePlan, cast: Cast | None, files: Tracing, context: bytes | None) -> Finished:
        """Make the plan true. What cannot be written is a finding that fails the build; the page stays as it was.

        ``files``: as they answered while the page was planned. ``context``: of its record; None: there is to be none.
        """
        said: list[Finding] = []
        silenced: list[Silenced] = []
        named: dict[str, Variant] = {}
        record = None
        try:
            record = self._finish(page, plan, cast, files, said, silenced, named)
        except (OSError, ImageseoError) as error:
            said.append(unwritable(page, error))
            named = {}
        told = list(notes.of_page(page, plan, self.encoded))
        outcome = Outcome(
            images=len(plan.images) + (plan.insert is not None),
            hero=plan.insert is not None or plan.hero_image is not None,
            findings=said,
            silenced=silenced,
            named=[Named(path, variant.sha256, variant.bytes) for path, variant in named.items()],
            wanted=[
                Wanted(_identity(spec), self.encoded.variants[spec].sha256, spec in self.encoded.dropped)
                for spec in plan.specs
                if spec in self.encoded.variants
            ],
            shown=list(images(self.site.base_url, files, page, plan)),
            hidden=hidden(page, plan),
            notes=told,
        )
        trace = files.trace
        lasting = not any(each.fails_build or each.message.startswith(CRASHED) for each in said)
        complete = len(outcome.wanted) == len(plan.specs)  # what broke or was refused is tried again
        if record is None or context is None or trace is None or not (lasting and complete):
            return Finished(page=page, outcome=outcome)
        author, after, changes = record
        return Finished(page=page, outcome=outcome, record=Record(context, author, after, trace, changes, outcome))

    def _finish(
        self,
        page: Page,
        plan: PagePlan,
        cast: Cast | None,
        files: Tracing,
        said: list[Finding],
        silenced: list[Silenced],
        named: dict[str, Variant],
    ) -> tuple[bytes, bytes, list[tuple[int, int, bytes]]]:
        """Digests of the page without and with our edits, and these; fills the three lists."""
        raw = self.output.read(page.path)
        original = edits.strip(raw)
        plan = self._offered(plan)
        mine = {spec: self._variants[spec] for spec in plan.specs}
        graph = self._graph(page, plan, cast, original, said)
        facts, changes = self._facts(page, plan, mine, original, graph, files)
        over = fit.excesses(facts.lcp, facts.budgets) if facts.lcp is not None else {}
        if over:
            mine = self._lighter(plan, mine, over)
            facts, changes = self._facts(page, plan, mine, original, graph, files)
        found, answered = judge(facts, self.rules, self.settings.lint.rules)
        said += found
        silenced += answered
        paths = self._paths(plan, mine)
        for path, variant in paths.items():
            self._publish(path, variant)
        if self.output.write(page.path, facts.html) and original != raw:
            self.sweep.replaced(page, raw)
        self.sweep.finished(page, paths)
        named.update(paths)
        after = sha256(facts.html).digest()
        author = sha256(original).digest() if changes else after
        return author, after, [(*edit.span, edit.replacement) for edit in changes]

    def _offered(self, plan: PagePlan) -> PagePlan:
        """The plan with what is worth offering."""
        images = tuple(replace(image, specs=fit.offered(image.specs, self._variants)) for image in plan.images)
        insert = plan.insert
        if insert is not None:
            insert = replace(insert, specs=fit.offered(insert.specs, self._variants))
        return replace(plan, images=images, insert=insert)

    def _facts(
        self,
        page: Page,
        plan: PagePlan,
        variants: Mapping[VariantSpec, Variant],
        original: bytes,
        graph: str | None,
        files: Tracing,
    ) -> tuple[PageFacts, tuple[edits.Edit, ...]]:
        """The page as it will be, with its variants known to be there before they are written; and its edits."""
        for path, variant in self._paths(plan, variants).items():
            files.add(path, variant.bytes)
        changes = markup.page_edits(plan, variants, json_ld=graph)
        html = edits.apply(original, changes)
        scan = published(original, plan, variants)
        return PageFacts(page, site=self.site, files=files, reading=self.reading, html=html, scan=scan), changes

    def _lighter(
        self, plan: PagePlan, variants: Mapping[VariantSpec, Variant], over: Mapping[str, int]
    ) -> dict[VariantSpec, Variant]:
        """The variants with the hero's too heavy ones encoded once more."""
        hero = plan.hero_image or plan.insert
        if hero is None:
            return dict(variants)
        floors = {name: getattr(self.settings.quality_floor, name) for name in ("avif", "webp")}
        limits = {unquote(posixpath.basename(url)): limit for url, limit in over.items()}
        wanted = fit.lighter(
            hero.specs,
            variants,
            limit_of=lambda variant: limits.get(naming.variant_file(hero.asset, variant)),
            quality_of=lambda variant: self.encoder.quality_of(variant, self.jobs),
            floors=floors,
        )
        made = self.encoder.encode(self.jobs, wanted.values()).variants
        return {
            **variants,
            **{
                spec: made[less]
                for spec, less in wanted.items()
                if less in made and made[less].bytes < variants[spec].bytes
            },
        }

    def _paths(self, plan: PagePlan, variants: Mapping[VariantSpec, Variant]) -> dict[str, Variant]:
        """Site path -> variant, for all that the page names."""
        shown = [(image.asset, image.specs) for image in plan.images]
        if plan.insert is not None:
            shown.append((plan.insert.asset, plan.insert.specs))
        return {
            posixpath.join(posixpath.dirname(asset.path), naming.variant_file(asset, variants[spec])): variants[spec]
            for asset, specs in shown
            for spec in specs
            if spec in variants
        }

    def _publish(self, path: str, variant: Variant) -> None:
        if self.output.holds(path, variant.bytes):
            return
        data = self.encoder.bytes_of(variant, self.jobs)
        if data is None:
            raise SiteError(f"{path} is gone from the store and cannot be made again", hint="build again")
        self.output.put(path, data, twin=self.locate(variant.sha256))

    def _graph(self, page: Page, plan: PagePlan, cast: Cast | None, original: bytes, said: list[Finding]) -> str | None:
        base_url = self.site.base_url
        if not self.settings.json_ld or base_url is None:
            return None
        house = Rights.of(self.settings.rights)
        graph = describe.graph(page, plan, cast, original, base_url=base_url, house=house)
        hint = "mend the theme's template"
        said += [
            Finding(rule="ld-parse", severity=Severity.WARN, message=problem, location=locate(page), hint=hint)
            for problem in graph.problems
        ]
        return graph.text


def unwritable(page: Page, error: OSError | ImageseoError) -> Finding:
    """The finding for a file of the site that cannot be written."""
    problem = error.message if isinstance(error, ImageseoError) else f"{error.strerror or error}"
    return Finding(
        rule="page-unwritable",
        severity=Severity.ERROR,
        message=f"cannot be written: {problem}",
        location=locate(page),
        hint=error.hint if isinstance(error, ImageseoError) else "make the folder writable, or make room on the disk",
        fails_build=True,
    )


@lru_cache(maxsize=65536)
def _identity(spec: VariantSpec) -> str:
    """What tells a spec from all others, short."""
    return sha256(repr(astuple(spec)).encode()).hexdigest()[:16]
