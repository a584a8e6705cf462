"""The one job: read, find, cast the heroes, plan, encode, edit, map, judge."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from imageseo.cast import Cast, Casting
from imageseo.core import edits, plan
from imageseo.core.find import UnreadablePage
from imageseo.encode import Encoded, Encoder
from imageseo.facts import PageFacts, Reading, SiteFiles
from imageseo.finish import Finished, Finisher
from imageseo.generate import Heroes
from imageseo.lint import UNREADABLE, Rule, count
from imageseo.maps import write_sitemaps
from imageseo.model.finding import Finding, Location, Severity, Silenced
from imageseo.model.image import Asset, BadAsset, VariantSpec
from imageseo.model.page import Page, Site
from imageseo.model.plan import PagePlan
from imageseo.ports import Progress
from imageseo.publish import Output
from imageseo.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the job works with; ``compose.toolbox`` puts it together.

    ``probe``: file and site path -> Asset or BadAsset. ``locate``: digest -> the store's file.
    """

    encoder: Encoder
    masters: Heroes
    rules: Sequence[Rule]
    probe: Callable[[Path, str], Asset | BadAsset]
    locate: Callable[[str], Path]
    progress: Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """What a build did. ``changed``: paths written or removed below the site's root, in order."""

    findings: tuple[Finding, ...] = ()
    silenced: tuple[Silenced, ...] = ()
    changed: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    title: str = "build"

    @property
    def failed(self) -> bool:
        """True when the site must not be published as it is."""
        return any(finding.fails_build for finding in self.findings)

    @property
    def summary(self) -> Mapping[str, int]:
        return {**self.counts, **count(self.findings), "silenced": len(self.silenced)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A page on its way: what it is to become, and its hero."""

    page: Page
    plan: PagePlan
    cast: Cast | None


def build(site: Site, settings: Settings, tools: Tools) -> BuildResult:
    """Do the whole job on a built site. A fault of one page or image is a finding; the rest of the site is built.

    Raises SiteError, StoreError, LockError or SettingsError for what concerns the site as a whole.
    """
    if not settings.enabled:
        return BuildResult()
    output = Output(site.root, sources=site.sources)
    files = SiteFiles(site.root, lambda path: tools.probe(output.root / path, path))
    reading = Reading.of(
        site,
        layout=settings.layout,
        budgets=settings.budgets,
        guess=settings.hero.guess,
        include=settings.include,
        exclude=settings.exclude,
    )
    casting = Casting(
        site=site,
        files=files,
        output=output,
        masters=tools.masters,
        encoder=tools.encoder,
        hero=settings.hero,
        rights=settings.rights,
        jpeg_quality=settings.quality.jpeg,
        locate=tools.locate,
    )
    findings: list[Finding] = []
    planned = [
        one
        for page in site.pages
        if not _excluded(page, settings.exclude_pages)
        for one in _plan(page, site, output, files, reading, casting, settings, findings)
    ]
    jobs = _jobs(planned, output)
    encoded = tools.encoder.encode(jobs, _specs(planned), progress=tools.progress)
    findings += casting.findings
    findings += _unencoded(encoded, planned)
    finisher = Finisher(
        site=site,
        settings=settings,
        output=output,
        files=files,
        reading=reading,
        encoder=tools.encoder,
        jobs=jobs,
        variants={spec: made for spec, made in encoded.variants.items() if spec not in encoded.dropped},
        locate=tools.locate,
        rules=tools.rules,
    )
    finished = [finisher.finish(one.page, one.plan, one.cast) for one in planned]
    finisher.sweep()
    if settings.sitemap:
        findings += write_sitemaps(site, output, [(one.page, one.plan) for one in planned])
    return _result([*findings, *finisher.findings], finisher, encoded, finished, planned, output)


def _excluded(page: Page, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(page.path, pattern.lstrip("/")) for pattern in patterns)


def _plan(
    page: Page,
    site: Site,
    output: Output,
    files: SiteFiles,
    reading: Reading,
    casting: Casting,
    settings: Settings,
    findings: list[Finding],
) -> Iterable[Planned]:
    """The page as planned, once; nothing when it cannot be read (a finding)."""
    try:
        html = edits.strip(output.read(page.path))
        facts = PageFacts(page, site=site, files=files, reading=reading, html=html)
        scan = facts.scan
    except (OSError, UnreadablePage) as error:
        findings.append(unreadable(page, error))
        return
    cast = casting.of(page)
    assets = {image.ref.span: image.asset for image in facts.images}
    yield Planned(
        page=page,
        cast=cast,
        plan=plan.plan_page(
            page,
            scan,
            asset_of=lambda ref: assets.get(ref.span),
            hero=cast.hero if cast else None,
            hero_asset=cast.asset if cast else None,
            guess=settings.hero.guess and not casting.declined(page),
            layout=reading.layout(scan, html),
            offer=plan.Offer(widths=settings.widths, formats=settings.formats, quality=settings.quality),
            insert=settings.hero.insert,
        ),
    )


def unreadable(page: Page, error: Exception) -> Finding:
    """The finding for a page that cannot be read; it fails the build, for nobody knows what it holds."""
    problem = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return Finding(
        rule=UNREADABLE,
        severity=Severity.ERROR,
        message=f"the page cannot be read: {problem}",
        location=Location(page=page.path),
        hint="mend the page, or leave it out with `exclude_pages`",
        fails_build=True,
    )


def _specs(planned: Iterable[Planned]) -> list[VariantSpec]:
    return list(dict.fromkeys(spec for one in planned for spec in one.plan.specs))


def _jobs(planned: Iterable[Planned], output: Output) -> dict[str, tuple[Path, Asset]]:
    """Where the pixels of every wanted source lie, by digest."""
    jobs: dict[str, tuple[Path, Asset]] = {}
    for one in planned:
        for image in one.plan.images:
            if image.specs:
                jobs.setdefault(image.asset.sha256, (output.root / image.asset.path, image.asset))
        if one.cast is not None:
            jobs.setdefault(one.cast.asset.sha256, one.cast.pixels)
    return jobs


def _unencoded(encoded: Encoded, planned: Iterable[Planned]) -> Iterable[Finding]:
    """Images that broke while they were decoded, at the first place that shows each; and what a codec refused."""
    told: set[str] = set()
    for one in planned:
        for image in one.plan.images:
            bad = encoded.failures.get(image.asset.sha256)
            problems = [encoded.refused[spec] for spec in image.specs if spec in encoded.refused]
            if image.asset.sha256 in told or not (bad or problems):
                continue
            told.add(image.asset.sha256)
            source = one.page.hints.source
            yield Finding(
                rule=bad.rule if bad else "img-unreadable",
                severity=Severity.WARN,
                message=bad.problem if bad else f"{image.asset.path}: {problems[0]}",
                location=Location(
                    page=one.page.path,
                    source=source.as_posix() if source else None,
                    line=image.ref.line,
                    column=image.ref.column,
                    image=image.ref.src,
                ),
                hint=bad.hint if bad else "",
            )


def _result(
    findings: Iterable[Finding],
    finisher: Finisher,
    encoded: Encoded,
    finished: Sequence[Finished],
    planned: Sequence[Planned],
    output: Output,
) -> BuildResult:
    lowered = [
        # In a build everything that does not fail it is a warning: `--strict` counts those.
        replace(one, severity=Severity.WARN) if one.severity is Severity.ERROR and not one.fails_build else one
        for one in findings
    ]
    return BuildResult(
        findings=tuple(sorted(lowered, key=lambda finding: finding.sort_key)),
        silenced=tuple(sorted(finisher.silenced, key=lambda answer: answer.finding.sort_key)),
        changed=tuple(output.changed),
        counts={
            "pages": len(planned),
            "images": sum(len(one.plan.images) + (one.plan.insert is not None) for one in planned),
            "heroes": sum(one.plan.insert is not None or one.plan.hero_image is not None for one in planned),
            "variants": len({path for one in finished for path in one.variants}),
            "encoded": encoded.misses,
            "reused": encoded.hits,
            "dropped": len(encoded.dropped),
            "changed": len(output.changed),
        },
    )
