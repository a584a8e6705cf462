"""The one job: read, find, cast the heroes, plan, encode, edit, map, judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from imageseo.cast import Cast, Casting
from imageseo.core import edits, plan
from imageseo.core.find import UnreadablePage
from imageseo.encode import Encoded, Encoder
from imageseo.facts import PageFacts, Reading, SiteFiles
from imageseo.finish import Finished, Finisher
from imageseo.lint import Rule, count, locate, unreadable
from imageseo.maps import write_sitemaps
from imageseo.masters import Heroes
from imageseo.model.finding import Finding, Severity, Silenced
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
    pages = site.without(settings.exclude_pages).pages
    casts = {page.path: casting.of(page) for page in pages}  # all of them first: one page may show another one's hero
    planned = [
        one
        for page in pages
        for one in _plan(page, casts[page.path], site, output, files, reading, casting, settings, findings)
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
        findings += write_sitemaps(site, output, files, [(one.page, one.plan) for one in planned])
    return _result([*findings, *finisher.findings], finisher, encoded, finished, planned, output)


def _plan(
    page: Page,
    cast: Cast | None,
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
        findings.append(unreadable(page, error, fails_build=True))
        return
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
    """Images that broke while they were decoded, what a codec refused, and what is larger than its source: each image
    once, at the first place that shows it.
    """
    told: set[str] = set()
    for one in planned:
        shown = [(image.asset, image.specs, locate(one.page, image.ref)) for image in one.plan.images]
        if one.plan.insert is not None:
            shown.append((one.plan.insert.asset, one.plan.insert.specs, locate(one.page)))
        for asset, specs, location in shown:
            if asset.sha256 in told:
                continue
            bad = encoded.failures.get(asset.sha256)
            refused = [encoded.refused[spec] for spec in specs if spec in encoded.refused]
            dropped = [f"{spec.width}w {spec.format}" for spec in specs if spec in encoded.dropped]
            if bad is not None:
                yield Finding(
                    rule=bad.rule, severity=Severity.WARN, message=bad.problem, location=location, hint=bad.hint
                )
            elif refused:
                problem = f"{asset.path}: {refused[0]}"
                yield Finding(rule="img-unreadable", severity=Severity.WARN, message=problem, location=location)
            elif dropped:
                yield Finding(
                    rule="variant-dropped",
                    severity=Severity.INFO,
                    message=f"{asset.path}: {len(dropped)} of {len(specs)} variants are larger than the file itself "
                    f"and are left out ({', '.join(dropped)})",
                    location=location,
                )
            else:
                continue
            told.add(asset.sha256)


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
