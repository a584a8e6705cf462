"""Budgets: which hold for a page, what the page spends at each viewport, and how near it is to them."""

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
LCP = "lcp-bytes"
METRICS: Mapping[str, str] = {
    LCP: "the candidate that is downloaded for the LCP image",
    "page-image-bytes": "all that a page downloads for its images",
    "largest-image-bytes": "the heaviest download among a page's images",
    "image-bytes": "each image's download",
    "image-count": "how many images a page downloads",
}
"""What can have a budget; each id is that of the rule that judges it."""

_BASE_MS, _MS_A_KIB = 1671, 5.4


def lcp_ms(bytes: int) -> int:
    """Milliseconds until the LCP on a slow 4G phone, by the bytes of its image alone. An estimate, never a gate.

    A line through medians of throttled Chromium on MkDocs Material with 64 KB besides, 50 to 300 KiB (facts of 2026).
    """
    return round(_BASE_MS + _MS_A_KIB * bytes / 1024)


def budgets_for(
    settings: BudgetSettings, matches: Callable[[str, str], bool] = lambda page, glob: False
) -> Callable[[str], tuple[Budget, ...]]:
    """A page's file -> its budgets; levels of 0 are off. ``lcp-bytes`` always has those of its two gating viewports.

    ``matches``: whether a page's file fits a glob; of several in ``budgets.paths`` that do, the last one that sets a
    level counts.
    """
    known: dict[tuple[str, ...], tuple[Budget, ...]] = {}

    def of(page: str) -> tuple[Budget, ...]:
        globs = tuple(glob for glob in settings.paths if matches(page, glob))
        if globs not in known:
            known[globs] = tuple(_budgets(settings, globs))
        return known[globs]

    return of


def _budgets(settings: BudgetSettings, globs: tuple[str, ...]) -> Iterator[Budget]:
    for metric in METRICS:
        group = metric.replace("-", "_")
        for name, viewport in VIEWPORTS.items():
            levels: ByteLevels | CountLevels = getattr(getattr(settings, group), name)
            warn, error, pages = byte_count(levels.warn), byte_count(levels.error), "*"
            for glob in globs:
                mine = getattr(getattr(settings.paths[glob], group), name)
                if mine.warn is not None or mine.error is not None:
                    pages = glob
                error = error if mine.error is None else byte_count(mine.error)
                warn = warn if mine.warn is None else byte_count(mine.warn)
                if mine.warn is None and mine.error is not None and error:
                    warn = min(warn, error)  # who only lowers `error` need not know what `warn` was
            if warn or error or (metric == LCP and viewport in GATING):
                yield Budget(metric=metric, viewport=viewport, warn=warn or None, error=error or None, pages=pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetUse:
    """What a page spends of one budget. ``value``: bytes, or images; ``image``: what costs most of it, as written."""

    budget: Budget
    page: str
    value: int
    image: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """How a budget stands on the whole site. ``worst``: the page that spends most; ``p75``: what three quarters of
    the pages keep to; ``pages``: how many it holds for; ``warned``, ``broken``: how many are over each level.
    """

    budget: Budget
    pages: int
    worst: BudgetUse
    p75: int
    warned: int
    broken: int

    @property
    def headroom(self) -> float | None:
        """Share of the level that fails (else of the other) that the worst page leaves; below 0 it is over."""
        limit = self.budget.error or self.budget.warn
        return None if not limit else 1 - self.worst.value / limit


class PageWeight:
    """What the images of one page cost, worked out for the viewports that somebody asks for.

    ``bytes_of``: URL as written -> bytes of its file; None for one that is no file of the site, which is not counted.
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

    def of(self, metric: str) -> Iterator[tuple[Budget, list[tuple[ImageFact, ChosenCandidate]]]]:
        """Each budget of a metric, with every image of the page and what its viewport downloads for it, once a URL."""
        for budget in self._budgets:
            if budget.metric == metric:
                yield budget, self.at(budget.viewport)

    def at(self, viewport: Viewport) -> list[tuple[ImageFact, ChosenCandidate]]:
        """The images that a viewport downloads files of the site for, and which."""
        if viewport not in self._picks:
            found: dict[str, tuple[ImageFact, ChosenCandidate]] = {}
            for image in self._images():
                ref = image.ref
                url = candidates.chosen_url(
                    ref.sources, ref.src, viewport, srcset=ref.get("srcset"), sizes=ref.get("sizes")
                )
                size = self._bytes_of(url)
                if size is not None:
                    found.setdefault(url, (image, ChosenCandidate(viewport=viewport, url=url, bytes=size)))
            self._picks[viewport] = list(found.values())
        return self._picks[viewport]

    @cached_property
    def spent(self) -> tuple[BudgetUse, ...]:
        """What the page spends of every budget that it has."""
        return tuple(self._spend())

    def _spend(self) -> Iterator[BudgetUse]:
        for budget in self._budgets:
            if budget.metric == LCP:
                image = self._lcp()
                picks = [pick for pick in (image.picks if image else ()) if pick.viewport == budget.viewport]
                yield from (
                    BudgetUse(budget=budget, page=self._page, value=pick.bytes, image=pick.url) for pick in picks
                )
                continue
            costs = [pick for _, pick in self.at(budget.viewport)]
            if not costs:
                continue
            worst = max(costs, key=lambda pick: pick.bytes)
            values = {
                "page-image-bytes": sum(pick.bytes for pick in costs),
                "image-count": len(costs),
            }
            value = values.get(budget.metric, worst.bytes)
            yield BudgetUse(budget=budget, page=self._page, value=value, image=worst.url)


def budget_statuses(spent: Iterable[BudgetUse]) -> tuple[BudgetStatus, ...]:
    """Every budget of a site with the page that spends most of it; ordered by metric, viewport and glob."""
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
    """One problem for each budget of a page as a whole that is broken. ``what``: what the page spends too much of."""
    for each in weights.spent:
        if each.budget.metric == metric and (found := broken_level(each.budget, each.value)) is not None:
            severity, limit = found
            yield Problem(
                message=f"{what} {viewport_label(each.budget.viewport)}: {format_amount(metric, each.value)}, of which "
                f"{shorten(each.image)} costs most; {level(severity)} is {format_amount(metric, limit)}",
                hint=f"{hint}, or raise `{setting_key(each.budget, severity)}`",
                severity=severity,
            )
