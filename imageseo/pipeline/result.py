"""The result of a build: findings, changed files and counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from imageseo.config.settings import LintSettings
from imageseo.lint.engine import location_of
from imageseo.lint.linter import count
from imageseo.lint.severity import SeverityLevels, apply_levels
from imageseo.model.errors import ImageseoError, PageChangedError
from imageseo.model.finding import Finding, Severity, Silenced
from imageseo.model.markup_note import MarkupNote
from imageseo.model.regular_file import NotRegularError, TooLargeError
from imageseo.model.site import Page
from imageseo.pipeline import variant_findings
from imageseo.pipeline.incremental.build_state import PageOutcome, PageRecord
from imageseo.pipeline.safe_markup.findings import markup_findings
from imageseo.pipeline.social.card import is_card_path
from imageseo.storage.site_folder import OutsideError
from imageseo.web import filenames

if TYPE_CHECKING:
    from imageseo.model.site_report import BuildDownloads


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPage:
    """The result of a page. ``record``: for the next build; None if that has to process the page again.

    ``digest``: of the bytes of a page without a record; empty if it was not written.
    """

    page: Page
    outcome: PageOutcome
    record: PageRecord | None = None
    digest: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildResult:
    """The result of a build. ``changed``: paths written or removed below the site's root, in order.

    ``markup``: images whose markup is changed less than usual, in page order. ``pages``: as written, or replayed.
    ``new_variants``: hashes of those that were encoded. ``seconds``: hash of a variant -> what it took to encode, of
    the slowest ones of the site. ``store``: lines about the shared store.
    """

    findings: tuple[Finding, ...] = ()
    silenced: tuple[Silenced, ...] = ()
    changed: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    markup: tuple[MarkupNote, ...] = ()
    pages: tuple[WrittenPage, ...] = ()
    new_variants: frozenset[str] = frozenset()
    seconds: Mapping[str, float] = field(default_factory=dict)
    store: tuple[str, ...] = ()
    title: str = "build"

    @property
    def waiting(self) -> frozenset[str]:
        """Pages with images some of whose variants are to be encoded later."""
        return frozenset(each.page.path for each in self.pages if each.outcome.waiting)

    @property
    def failed(self) -> bool:
        """Whether the site must not be published."""
        return any(finding.fails_build for finding in self.findings)

    @property
    def downloads(self) -> BuildDownloads | None:
        """What browsers download now, and what the build changed about that; None if it processed no page."""
        from imageseo.pipeline.pictures.entries import build_downloads  # most builds do without

        return build_downloads(
            [(each.page, each.outcome.pictures) for each in self.pages],
            {each.path for page in self.pages for each in page.outcome.published if each.sha256 in self.new_variants}
            if self.new_variants
            else set(),
        )

    @property
    def summary(self) -> Mapping[str, int]:
        return {**self.counts, **count(self.findings), "silenced": len(self.silenced)}


def build_result(
    findings: Iterable[Finding],
    pages: Sequence[WrittenPage],
    *,
    settings: LintSettings,
    new: int = 0,
    encoded: int = 0,
    changed: Iterable[str] = (),
    new_variants: frozenset[str] = frozenset(),
    seconds: Mapping[str, float] | None = None,
) -> BuildResult:
    """Return the result of a build. ``findings``: those of no single page, severities not applied yet. ``new``: number
    of variants that the store did not have. ``encoded``: ``new`` and those encoded again to meet a budget. ``changed``:
    paths.
    """
    outcomes = [page.outcome for page in pages]
    dropped, dropped_count = variant_findings.dropped_findings(outcomes)
    markup = tuple(note for each in outcomes for note in each.markup)
    raw = [
        *findings,
        *dropped,
        *markup_findings(markup),
        *variant_findings.first_per_image(found for each in outcomes for found in each.image_findings),
    ]
    raw += [finding for each in outcomes for finding in each.build_findings]
    graded = [
        *apply_levels(map(_at_most_warning, raw), SeverityLevels.of(settings)),
        *(_at_most_warning(finding) for each in outcomes for finding in each.findings),
    ]
    paths = tuple(changed)
    published = [each.path for outcome in outcomes for each in outcome.published]
    planned = {each.spec for outcome in outcomes for each in outcome.planned}
    return BuildResult(
        findings=tuple(sorted(graded, key=lambda finding: finding.sort_key)),
        silenced=tuple(
            sorted((each for outcome in outcomes for each in outcome.silenced), key=lambda each: each.finding.sort_key)
        ),
        changed=paths,
        markup=markup,
        pages=tuple(pages),
        new_variants=new_variants,
        seconds=seconds or {},
        counts={
            "pages": len(outcomes),
            "images": sum(each.images for each in outcomes),
            "heroes": sum(each.hero for each in outcomes),
            "variants": len({path for path in published if filenames.looks_like_variant(path)}),
            "crops": len(
                {path for path in published if not (filenames.looks_like_variant(path) or is_card_path(path))}
            ),
            "cards": len({path for path in published if is_card_path(path)}),
            "encoded": encoded,
            "reused": len(planned) - new,
            "waiting": sum(each.waiting for each in outcomes),
            "dropped": dropped_count,
            "saved": sum(each.saved_bytes for each in outcomes),
            "changed": len(paths),
        },
    )


def _at_most_warning(finding: Finding) -> Finding:
    """Return a finding, with an error that does not fail the build as a warning: ``--strict`` counts warnings."""
    lowered = finding.severity is Severity.ERROR and not finding.fails_build
    return replace(finding, severity=Severity.WARN) if lowered else finding


def unwritable_finding(page: Page, error: OSError | ImageseoError) -> Finding:
    """Return the finding for a file of the site that cannot be written, or that another program has just written."""
    if isinstance(error, PageChangedError):
        location = location_of(page)
        return Finding(
            rule="page-changed", severity=Severity.WARN, message=error.message, location=location, hint=error.hint
        )
    problem = error.message if isinstance(error, ImageseoError) else f"{error.strerror or error}"
    hint = "make the folder writable, or free disk space"
    if isinstance(error, NotRegularError | OutsideError | TooLargeError):
        hint = "make it an ordinary file of the site, or remove it"
    return Finding(
        rule="page-unwritable",
        severity=Severity.ERROR,
        message=f"cannot be written: {problem}",
        location=location_of(page),
        hint=error.hint if isinstance(error, ImageseoError) else hint,
        fails_build=True,
    )
