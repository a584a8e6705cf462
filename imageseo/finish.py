"""The last steps of a page: hold the budget, publish its variants, judge it, write it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes

from imageseo.cast import Cast
from imageseo.core import candidates, edits, find, fit, jsonld, markup, naming, urls
from imageseo.core.published import published
from imageseo.encode import Encoder
from imageseo.errors import ImageseoError, SiteError
from imageseo.facts import PageFacts, Reading, SiteFiles
from imageseo.lint import Rule, judge, locate
from imageseo.model.finding import Finding, Severity, Silenced
from imageseo.model.image import Asset, Rights, Variant, VariantSpec, Zone
from imageseo.model.page import Page, Site
from imageseo.model.plan import PagePlan
from imageseo.publish import Output
from imageseo.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """``variants``: site paths of the variants that the page names."""

    page: Page
    variants: frozenset[str]


@dataclass(slots=True, kw_only=True)
class Finisher:
    """Finishes pages one by one.

    ``variants``: all that exist and are worth publishing. ``locate``: digest -> the file of the store.
    """

    site: Site
    settings: Settings
    output: Output
    files: SiteFiles
    reading: Reading
    encoder: Encoder
    jobs: Mapping[str, tuple[Path, Asset]]
    variants: Mapping[VariantSpec, Variant]
    locate: Callable[[str], Path]
    rules: Sequence[Rule]
    findings: list[Finding] = field(default_factory=list)
    silenced: list[Silenced] = field(default_factory=list)
    _named: set[str] = field(default_factory=set)
    _left: set[str] = field(default_factory=set)
    _written: set[str] = field(default_factory=set)

    def finish(self, page: Page, plan: PagePlan, cast: Cast | None) -> Finished:
        """Make the plan true. What cannot be written is a finding that fails the build; the page stays as it was."""
        try:
            return self._finish(page, plan, cast)
        except (OSError, ImageseoError) as error:
            self._unwritable(page, error)
            return Finished(page=page, variants=frozenset())

    def _finish(self, page: Page, plan: PagePlan, cast: Cast | None) -> Finished:
        raw = self.output.read(page.path)
        original = edits.strip(raw)
        plan = self._offered(plan)
        mine = {spec: self.variants[spec] for spec in plan.specs}
        graph = self._graph(page, plan, cast, original)
        facts = self._facts(page, plan, mine, original, graph)
        over = fit.excesses(facts.lcp, facts.budgets) if facts.lcp is not None else {}
        if over:
            mine = self._lighter(plan, mine, over)
            facts = self._facts(page, plan, mine, original, graph)
        paths = self._paths(plan, mine)
        found, answered = judge(facts, self.rules, self.settings.lint.rules)
        self.findings += found
        self.silenced += answered
        for path, variant in paths.items():
            self._publish(path, variant)
        if self.output.write(page.path, facts.html) and original != raw:
            self._left |= self._previous(page, raw)
        self._named |= paths.keys()
        self._written.add(page.path)
        return Finished(page=page, variants=frozenset(paths))

    def sweep(self) -> None:
        """Remove the variants that earlier builds wrote and that no page names any more.

        A file goes only when its name is that of a variant and holds the hash of its bytes: then it is ours.
        """
        left = {path: unquote(posixpath.basename(path)).encode() for path in self._left - self._named}
        for page in self.site.pages if left else ():
            if page.path not in self._written:  # left out, unreadable or unwritable: it may name what others do not
                with suppress(OSError):
                    raw = unquote_to_bytes(self.output.read(page.path))
                    left = {path: name for path, name in left.items() if name not in raw}
        for path in sorted(left):
            try:
                if naming.is_variant(path, sha256(self.output.read(path)).hexdigest()):
                    self.output.remove(path)
            except (OSError, SiteError) as error:
                self._unwritable(Page(path=path), error)

    def _offered(self, plan: PagePlan) -> PagePlan:
        """The plan with what is worth offering."""
        images = tuple(replace(image, specs=fit.offered(image.specs, self.variants)) for image in plan.images)
        insert = plan.insert
        if insert is not None:
            insert = replace(insert, specs=fit.offered(insert.specs, self.variants))
        return replace(plan, images=images, insert=insert)

    def _facts(
        self,
        page: Page,
        plan: PagePlan,
        variants: Mapping[VariantSpec, Variant],
        original: bytes,
        graph: str | None,
    ) -> PageFacts:
        """The page as it will be, with its variants known to be there before they are written."""
        for path, variant in self._paths(plan, variants).items():
            self.files.add(path, variant.bytes)
        html = edits.apply(original, markup.page_edits(plan, variants, json_ld=graph))
        scan = published(original, plan, variants)
        return PageFacts(page, site=self.site, files=self.files, reading=self.reading, html=html, scan=scan)

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

    def _graph(self, page: Page, plan: PagePlan, cast: Cast | None, original: bytes) -> str | None:
        base_url = self.site.base_url
        if not self.settings.json_ld or base_url is None:
            return None
        house = Rights.of(self.settings.rights)
        nodes = []
        if plan.insert is not None:
            hero = plan.insert.hero
            rights = hero.rights.or_else(house)
            nodes.append(_node(base_url, plan.insert.asset, hero.caption or hero.alt, rights, representative=True))
        for image in plan.images:
            rights = cast.hero.rights if cast is not None and image.hero else image.asset.rights
            rights = rights.or_else(house)
            # Search engines pass over an ImageObject of which nothing is known but its size.
            if image.ref.zone is Zone.ARTICLE and (image.hero or rights.known):
                said = image.ref.caption or image.ref.get("alt")
                if cast is not None and image.hero:
                    said = said or cast.hero.caption or cast.hero.alt
                nodes.append(_node(base_url, image.asset, said, rights, representative=image.hero))
        blocks = [original[start:end].decode(plan.scan.charset, "replace") for start, end in plan.scan.json_ld]
        graph = jsonld.image_graph(page_url=urls.absolute(base_url, page.url), nodes=nodes, existing=blocks)
        for problem in graph.problems:
            self._say("ld-parse", Severity.WARN, problem, page, hint="mend the theme's template")
        return graph.text

    def _previous(self, page: Page, raw: bytes) -> set[str]:
        """Site paths of the variants that the page named before this build."""
        scan = find.find(raw)
        resolved = (
            urls.resolve(each.url, page=page.path, base_url=self.site.base_url, base_href=scan.base_href)
            for ref in scan.refs
            if ref.ours
            for source in ref.sources
            for each in candidates.parse_srcset(source.srcset)
        )
        return {path for path in resolved if isinstance(path, str)}

    def _unwritable(self, page: Page, error: OSError | ImageseoError) -> None:
        problem = error.message if isinstance(error, ImageseoError) else f"{error.strerror or error}"
        hint = error.hint if isinstance(error, ImageseoError) else "make the folder writable, or make room on the disk"
        self._say("page-unwritable", Severity.ERROR, f"cannot be written: {problem}", page, hint=hint, fails=True)

    def _say(self, rule: str, severity: Severity, message: str, page: Page, *, hint: str, fails: bool = False) -> None:
        self.findings.append(
            Finding(rule=rule, severity=severity, message=message, location=locate(page), hint=hint, fails_build=fails)
        )


def _node(
    base_url: str, asset: Asset, caption: str | None, rights: Rights, *, representative: bool
) -> jsonld.ImageNode:
    return jsonld.ImageNode(
        content_url=urls.absolute(base_url, asset.path),
        width=asset.width,
        height=asset.height,
        caption=(caption or "").strip() or None,
        rights=rights,
        representative=representative,
    )
