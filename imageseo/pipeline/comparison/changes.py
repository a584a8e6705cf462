"""The differences between two reports about a site's pictures. Equal reports give equal differences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field

from imageseo.lint.budgets.spending import LCP
from imageseo.lint.fingerprint import subject_of
from imageseo.model.build_findings import BUILD_FINDINGS
from imageseo.model.finding import GATING, Severity
from imageseo.model.site_report import ReportedBudget, ReportedFinding, ReportedPage, ReportTotals, SiteReport
from imageseo.pipeline.comparison.pictures import PictureChanges, compare_pictures

VERSION = 1
"""Version of the schema: raised when a key changes its meaning or is removed; keys may be added at any time."""


class LcpBytes(Struct, frozen=True, kw_only=True):
    """The bytes of a page's LCP image at a viewport; None: it has none, or the page does not exist."""

    viewport: str
    before: int | None
    after: int | None

    @property
    def growth(self) -> float | None:
        """The share by which it grew; None if there is nothing to compare."""
        return None if not self.before or self.after is None else self.after / self.before - 1

    @property
    def difference(self) -> int:
        return (self.after or 0) - (self.before or 0)


class BudgetLeft(Struct, frozen=True, kw_only=True):
    """The budget of the LCP image of which least is left. ``limit``: bytes; ``left``: bytes, negative if exceeded."""

    viewport: str
    limit: int
    left: int
    share: float


class LcpChange(Struct, frozen=True, kw_only=True):
    """A page whose LCP bytes changed. ``is_new``: the page was not there before; ``budget``: as it is now."""

    page: str
    source: str | None
    is_new: bool
    bytes: list[LcpBytes]
    budget: BudgetLeft | None

    @property
    def difference(self) -> int:
        """The largest difference of a viewport, of either sign."""
        return max((each.difference for each in self.bytes), key=lambda count: (abs(count), count))

    @property
    def growth(self) -> float | None:
        """The largest share by which it grew at a viewport."""
        return max((each.growth for each in self.bytes if each.growth is not None), default=None)


class FindingChange(Struct, frozen=True, kw_only=True):
    """A finding that is new or gone. ``count``: how many there are of the rule with this subject on the page."""

    finding: ReportedFinding
    count: int = 1


class SiteComparison(Struct, frozen=True, kw_only=True):
    """What a change does to a site's pictures. ``before``, ``after``: the totals of the two reports.

    ``pages_added``, ``pages_removed``: with pictures. ``unrecorded``: pages of either report whose build is not known,
    so that they have no quality.
    """

    version: int = VERSION
    title: str = "comparison"
    url_before: str | None
    url_after: str | None
    before: ReportTotals
    after: ReportTotals
    pages_added: list[str]
    pages_removed: list[str]
    lcp: list[LcpChange] = field(default_factory=list)
    pictures: PictureChanges
    new_findings: list[FindingChange] = field(default_factory=list)
    gone_findings: list[FindingChange] = field(default_factory=list)
    unrecorded: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has changed."""
        changes = (self.lcp, self.new_findings, self.gone_findings, self.pages_added, self.pages_removed)
        return not any(changes) and self.pictures.is_empty


class _LcpReader:
    """Reads the bytes of LCP images from a report."""

    def __init__(self, report: SiteReport) -> None:
        self.pages = {page.page: page for page in report.pages}
        self._pictures = {picture.source: picture for picture in report.pictures}

    def bytes_of(self, page: ReportedPage, *, by_budget: bool) -> Mapping[str, int]:
        if by_budget:
            return {name: budget.value for name, budget in _lcp_budgets(page).items()}
        picture = self._pictures.get(page.lcp or "")
        if picture is None:
            return {}
        mobile, desktop = (viewport.name for viewport in GATING)
        uses = [use for use in picture.uses if page.page in use.pages]
        return {
            name: count
            for name, counts in (
                (mobile, [use.phone.after for use in uses]),
                (desktop, [use.desktop.after for use in uses]),
            )
            for count in [max(counts, default=0)]
            if count
        }


def compare(before: SiteReport, after: SiteReport) -> SiteComparison:
    """Return what differs between two reports, sorted: the largest changes first, then by name."""
    old, new = ({page.page for page in report.pages} for report in (before, after))
    unrecorded = set(before.unrecorded) | set(after.unrecorded)
    return SiteComparison(
        url_before=before.url,
        url_after=after.url,
        before=before.totals,
        after=after.totals,
        pages_added=sorted(new - old),
        pages_removed=sorted(old - new),
        lcp=_lcp_changes(_LcpReader(before), _LcpReader(after)),
        pictures=compare_pictures(before.pictures, after.pictures),
        new_findings=list(_findings(after.findings, before.findings, unrecorded)),
        gone_findings=list(_findings(before.findings, after.findings, unrecorded)),
        unrecorded=sorted(unrecorded),
    )


def _lcp_changes(before: _LcpReader, after: _LcpReader) -> list[LcpChange]:
    changes = []
    for path, page in after.pages.items():
        old = before.pages.get(path)
        # The budgets tell the bytes at their viewports; without any on one side, the pictures do, on both.
        by_budget = bool(_lcp_budgets(page)) and (old is None or bool(_lcp_budgets(old)))
        now = after.bytes_of(page, by_budget=by_budget)
        was = before.bytes_of(old, by_budget=by_budget) if old is not None else {}
        found = [
            LcpBytes(viewport=each.name, before=was.get(each.name), after=now.get(each.name))
            for each in GATING
            if each.name in was or each.name in now
        ]
        if any(each.before != each.after for each in found):
            changes.append(
                LcpChange(page=path, source=page.source, is_new=old is None, bytes=found, budget=_budget_left(page))
            )
    return sorted(changes, key=lambda each: (-each.difference, each.page))


def _lcp_budgets(page: ReportedPage) -> Mapping[str, ReportedBudget]:
    """Return the budgets of the LCP image by viewport; of several that apply, the one of which least is left."""
    ordered = sorted(
        (each for each in page.budgets if each.metric == LCP),
        key=lambda each: (each.headroom is None, each.headroom or 0.0, each.paths),
        reverse=True,
    )
    return {each.viewport: each for each in ordered}


def _budget_left(page: ReportedPage) -> BudgetLeft | None:
    names = [viewport.name for viewport in GATING]
    found = [
        BudgetLeft(viewport=name, limit=limit, left=limit - budget.value, share=round(1 - budget.value / limit, 3))
        for name, budget in _lcp_budgets(page).items()
        if name in names and (limit := budget.error or budget.warn)
    ]
    return min(found, key=lambda each: (each.share, names.index(each.viewport)), default=None)


def _findings(
    found: Iterable[ReportedFinding], others: Iterable[ReportedFinding], unrecorded: set[str]
) -> Iterator[FindingChange]:
    """Yield the findings that the others do not have. Lines, numbers and hashes in names make no difference."""
    known = Counter(map(_key, others))
    groups: dict[tuple[str, ...], list[ReportedFinding]] = {}
    for finding in sorted(found, key=_place):
        groups.setdefault(_key(finding), []).append(finding)
    changes = [
        FindingChange(finding=group[known[key]], count=len(group) - known[key])
        for key, group in groups.items()
        if len(group) > known[key] and _is_comparable(group[0], unrecorded)
    ]
    yield from sorted(changes, key=lambda each: (-_rank(each.finding), *_place(each.finding)))


def _is_comparable(finding: ReportedFinding, unrecorded: set[str]) -> bool:
    """Whether both reports would have the finding. Those of a build are known only of pages that it recorded."""
    return finding.rule not in BUILD_FINDINGS or bool(finding.page and finding.page not in unrecorded)


def _key(finding: ReportedFinding) -> tuple[str, ...]:
    return finding.rule, finding.severity, finding.page, subject_of(finding.image, finding.message)


def _place(finding: ReportedFinding) -> tuple[str, int, int, str, str, str]:
    message, image = finding.message, finding.image or ""
    return finding.page, finding.line or 0, finding.column or 0, finding.rule, image, message


def _rank(finding: ReportedFinding) -> int:
    try:
        return Severity(finding.severity).rank
    except ValueError:  # of another version
        return 0
