"""The pages whose sources changed since the last build of a preview, and what lint says about them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from imageseo.config.settings import Settings
from imageseo.model.finding import Finding
from imageseo.model.site import Page, Site

MOST = 20
"""Pages that are checked; after a change of branch, the findings of the build are enough."""

_Stamp = tuple[int, int]


class EditedPages:
    """Finds the pages whose source files are new or have changed, by size and time."""

    def __init__(self) -> None:
        self._stamps: dict[str, _Stamp | None] | None = None

    def find(self, site: Site) -> list[Page]:
        """Return the pages edited since the last call; none at the first one."""
        before = self._stamps
        self._stamps = {
            page.path: _stamp(site.project / page.hints.source) for page in site.pages if page.hints.source is not None
        }
        if before is None:
            return []
        changed = {path for path, stamp in self._stamps.items() if stamp is not None and stamp != before.get(path)}
        return [page for page in site.pages if page.path in changed]


def lint_edited(site: Site, settings: Settings, pages: Sequence[Page], waiting: Collection[str]) -> list[Finding]:
    """Return what lint finds on pages by the rules that builds do not run, except those that need other pages.

    ``waiting``: pages with variants that are still to be encoded.
    """
    checked = {page.path for page in site.without(settings.exclude_pages).pages}
    pages = [page for page in pages if page.path in checked]
    if not 0 < len(pages) <= MOST:
        return []
    from imageseo.lint import parallel
    from imageseo.lint.engine import UNUSED
    from imageseo.lint.facts.names import SITE_FACTS

    rules = [rule for rule in parallel.installed_rules() if rule.lint_only and not SITE_FACTS & set(rule.facts)]
    early = frozenset({UNUSED, *(rule.id for rule in rules if not rule.judges_variants)})
    complete = frozenset({*early, *(rule.id for rule in rules)})
    findings: list[Finding] = []
    for ids, chosen in (
        (early, [page for page in pages if page.path in waiting]),
        (complete, [page for page in pages if page.path not in waiting]),
    ):
        if chosen:
            runner = parallel.rule_runner_for(site, settings, ids)
            findings += [finding for page in chosen for finding in runner.check_page(page).findings]
    return findings


def _stamp(path: Path) -> _Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
