"""Measured pages one by one: the LCP element at each viewport of the budgets, and what differs from the last run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from imageseo.layout.drift import find_drift
from imageseo.model.finding import GATING
from imageseo.model.layout import Lcp, SiteLayout


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPage:
    """A page that was opened. ``lcp``: by viewport, those of the budgets only.

    ``is_new``: whether the last run, if there was one, has not measured it. ``changes``: what differs from the last
    run, as texts.
    """

    page: str
    lcp: Mapping[str, Lcp] = field(default_factory=dict)
    is_new: bool = False
    changes: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether the last run saw something else, or did not open this page."""
        return self.is_new or bool(self.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredSite:
    """The pages of a run. ``first``: whether there is no earlier run to compare with.

    ``gone``: pages that an earlier run measured and that are no longer in the site.
    """

    pages: tuple[MeasuredPage, ...] = ()
    gone: tuple[str, ...] = ()
    first: bool = False


def compare_runs(previous: SiteLayout | None, measured: SiteLayout, *, standing: Sequence[str]) -> MeasuredSite:
    """Return the pages of a run, each with what differs from ``previous``. ``standing``: pages of the site now."""
    changes = find_drift(previous, measured) if previous is not None else {}
    viewports = [viewport.name for viewport in GATING]
    pages = (
        MeasuredPage(
            page=path,
            lcp={name: page.lcp[name] for name in viewports if name in page.lcp},
            is_new=previous is not None and path not in previous.pages,
            changes=changes.get(path, ()),
        )
        for path, page in sorted(measured.pages.items())
    )
    gone = sorted(previous.pages.keys() - set(standing)) if previous is not None else []
    return MeasuredSite(pages=tuple(pages), gone=tuple(gone), first=previous is None)
