"""Budgets: which apply to a page, what the page uses of them at each viewport, and how much is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from imageseo.config.budgets import BudgetSettings, ByteLevels, CountLevels
from imageseo.config.fields import byte_count
from imageseo.lint.budgets.limits import broken_level, format_amount, level, setting_key, viewport_label
from imageseo.model.facts import ChosenCandidate, ImageFact, LcpImage, Problem, shorten
from imageseo.model.finding import DESKTOP, GATING, MOBILE, PHONE, TABLET, Budget, Viewport
from imageseo.web.srcset import candidates

VIEWPORTS: Mapping[str, Viewport] = {each.name: each for each in (MOBILE, DESKTOP, PHONE, TABLET)}
LCP, COUNT = "lcp-bytes", "image-count"
METRICS: Mapping[str, str] = {
    LCP: "the candidate that is downloaded for the LCP image",
    "page-image-bytes": "all that a page downloads for its images",
    "largest-image-bytes": "the largest download among a page's images",
    "image-bytes": "each image's download",
    "image-count": "how many images a page downloads",
}
"""The metrics that can have a budget, by the id of the rule that checks it."""

_BASE_MS, _MS_A_KIB = 1671, 5.4


def lcp_ms(bytes: int) -> int:
    """Estimate the milliseconds until the LCP on a slow 4G phone, from the bytes of its image alone. Never a gate.

    A line through medians of throttled Chromium on MkDocs Material with 64 KB of other files, 50 to 300 KiB (2026).
    """
    return round(_BASE_MS + _MS_A_KIB * bytes / 1024)


def budgets_for(
    settings: BudgetSettings, matches: Callable[[str, str], bool] = lambda page, glob: False
) -> Callable[[str], tuple[Budget, ...]]:
    """Return a function from a page's file to its budgets. Levels of 0 are off; ``lcp-bytes`` always has budgets for
    the two gating viewports.

    ``matches``: whether a page's file matches a glob; of several matching globs in ``budgets.paths``, the last one that
    sets a level counts.
    """
    by_globs: dict[tuple[str, ...], tuple[Budget, ...]] = {}

    def of(page: str) -> tuple[Budget, ...]:
        globs = tuple(glob for glob in settings.paths if matches(page, glob))
        if globs not in by_globs:
            by_globs[globs] = tuple(_budgets(settings, globs))
        return by_globs[globs]

    return of


def _budgets(settings: BudgetSettings, globs: tuple[str, ...]) -> Iterator[Budget]:
    for metric in METRICS:
        group = metric.replace("-", "_")
        for name, viewport in VIEWPORTS.items():
            levels: ByteLevels | CountLevels = getattr(getattr(settings, group), name)
            warn, error, pages = byte_count(levels.warn), byte_count(levels.error), "*"
            for glob in globs:
                own_levels = getattr(getattr(settings.paths[glob], group), name)
                if own_levels.warn is not None or own_levels.error is not None:
                    pages = glob
                error = error if own_levels.error is None else byte_count(own_levels.error)
                warn = warn if own_levels.warn is None else byte_count(own_levels.warn)
                if own_levels.warn is None and own_levels.error is not None and error:
                    warn = min(warn, error)  # lowering only `error` must not leave `warn` above it
            if warn or error or (metric == LCP and viewport in GATING):
                yield Budget(metric=metric, viewport=viewport, warn=warn or None, error=error or None, pages=pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetUse:
    """The use of one budget by a page. ``value``: bytes, or images; ``image``: URL of the largest image, as written."""

    budget: Budget
    page: str
    value: int
    image: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """The status of a budget on the whole site. ``worst``: the page that uses most; ``p75``: the value that three
    quarters of the pages keep; ``pages``: how many it applies to; ``warned``, ``broken``: how many exceed each level.
    """

    budget: Budget
    pages: int
    worst: BudgetUse
    p75: int
    warned: int
    broken: int

    @property
    def headroom(self) -> float | None:
        """Share of the error level (else of the warn level) that the worst page leaves; negative if exceeded."""
        limit = self.budget.error or self.budget.warn
        return None if not limit else 1 - self.worst.value / limit


class PageWeight:
    """The bytes of the images of one page, computed on demand for each viewport.

    ``bytes_of``: URL as written -> bytes of its file; None for a URL that is not a file of the site: it is not counted.
    """

    def __init__(
        self,
        page: str,
        *,
        images: Callable[[], Sequence[ImageFact]],
        lcp: Callable[[], LcpImage | None],
        budgets: Sequence[Budget],
        bytes_of: Callable[[str], int | None],
    ) -> None:
        self._page = page
        self._images = images
        self._lcp = lcp
        self._budgets = budgets
        self._bytes_of = bytes_of
        self._picks: dict[Viewport, list[tuple[ImageFact, ChosenCandidate]]] = {}
        self._unknown: dict[Viewport, int] = {}

    def of(self, metric: str) -> Iterator[tuple[Budget, list[tuple[ImageFact, ChosenCandidate]]]]:
        """Yield each budget of a metric with every image of the page and its download at the viewport, once per URL."""
        for budget in self._budgets:
            if budget.metric == metric:
                yield budget, self.at(budget.viewport)

    def at(self, viewport: Viewport) -> list[tuple[ImageFact, ChosenCandidate]]:
        """Return the images for which a viewport downloads a file of the site, with that file."""
        if viewport not in self._picks:
            found: dict[str, tuple[ImageFact, ChosenCandidate]] = {}
            unknown = set[str]()
            for image in self._images():
                ref = image.ref
                url = candidates.chosen_url(
                    ref.sources, ref.src, viewport, srcset=ref.get("srcset"), sizes=ref.get("sizes")
                )
                size = self._bytes_of(url)
                if size is not None:
                    found.setdefault(url, (image, ChosenCandidate(viewport=viewport, url=url, bytes=size)))
                elif ref.is_processed:
                    unknown.add(url)
            self._unknown[viewport] = len(unknown)
            self._picks[viewport] = list(found.values())
        return self._picks[viewport]

    @property
    def skipped(self) -> tuple[Budget, ...]:
        """The budgets of bytes that cannot be judged: a candidate of ours is not a file of the site, but of a CDN."""
        return tuple(
            each
            for each in self._budgets
            if each.metric not in (LCP, COUNT) and self.at(each.viewport) is not None and self._unknown[each.viewport]
        )

    @cached_property
    def spent(self) -> tuple[BudgetUse, ...]:
        """The use of every budget that the page has."""
        return tuple(self._spend())

    def _spend(self) -> Iterator[BudgetUse]:
        for budget in self._budgets:
            if budget.metric == LCP:
                image = self._lcp()
                picks = [pick for pick in (image.picks if image else ()) if pick.viewport == budget.viewport]
                picks = picks[:1]  # the heavier color scheme
                yield from (
                    BudgetUse(budget=budget, page=self._page, value=pick.bytes, image=pick.url) for pick in picks
                )
                continue
            costs = [pick for _, pick in self.at(budget.viewport)]
            elsewhere = self._unknown[budget.viewport]
            if budget.metric == COUNT and elsewhere:
                yield BudgetUse(budget=budget, page=self._page, value=len(costs) + elsewhere)
                continue
            if not costs or elsewhere:
                continue
            worst = max(costs, key=lambda pick: pick.bytes)
            values = {
                "page-image-bytes": sum(pick.bytes for pick in costs),
                COUNT: len(costs),
            }
            value = values.get(budget.metric, worst.bytes)
            yield BudgetUse(budget=budget, page=self._page, value=value, image=worst.url)


def budget_statuses(spent: Iterable[BudgetUse]) -> tuple[BudgetStatus, ...]:
    """Return the status of every budget of a site, ordered by metric, viewport and glob."""
    groups: dict[Budget, list[BudgetUse]] = {}
    for each in spent:
        groups.setdefault(each.budget, []).append(each)
    order = {name: place for place, name in enumerate((*METRICS, *VIEWPORTS))}

    def rank(budget: Budget) -> tuple[int, int, str]:
        return order[budget.metric], order[budget.viewport.name], budget.pages

    return tuple(
        BudgetStatus(
            budget=budget,
            pages=len(groups[budget]),
            worst=min(groups[budget], key=lambda each: (-each.value, each.page)),
            p75=sorted(each.value for each in groups[budget])[-(-3 * len(groups[budget]) // 4) - 1],
            warned=sum(bool(budget.warn) and each.value > (budget.warn or 0) for each in groups[budget]),
            broken=sum(bool(budget.error) and each.value > (budget.error or 0) for each in groups[budget]),
        )
        for budget in sorted(groups, key=rank)
    )


def budget_problems(weights: PageWeight, metric: str, *, what: str, hint: str) -> Iterator[Problem]:
    """Yield one problem for each exceeded budget of a whole page. ``what``: beginning of the message."""
    for each in weights.spent:
        if each.budget.metric == metric and (found := broken_level(each.budget, each.value)) is not None:
            severity, limit = found
            yield Problem(
                message=f"{what} {viewport_label(each.budget.viewport)}: {format_amount(metric, each.value)}, the "
                f"largest is {shorten(each.image)}; {level(severity)} is {format_amount(metric, limit)}",
                hint=f"{hint}, or raise `{setting_key(each.budget, severity)}`",
                severity=severity,
            )
