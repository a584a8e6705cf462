"""Command `verify`: open pages with and without what imageseo added, and report what a visitor would notice."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from imageseo.cli.commands.measure import MeasureResult, matching_pages
from imageseo.config.settings import Settings
from imageseo.integrations.project import Project
from imageseo.layout.browser import chromium
from imageseo.layout.browser.runner import VIEWPORTS
from imageseo.layout.browser.server import serve
from imageseo.layout.browser.session import MeasureLimits
from imageseo.layout.browser.verification import PageToVerify, Verification, verify
from imageseo.layout.measurements import template_fingerprint
from imageseo.layout.themes import article_selectors
from imageseo.lint.linter import count
from imageseo.lint.severity import SeverityLevels, apply_levels
from imageseo.model.errors import SiteError
from imageseo.model.finding import Severity
from imageseo.model.humanize import format_count
from imageseo.model.progress import Progress
from imageseo.model.site import Page, Site
from imageseo.storage.site_folder import SiteFolder
from imageseo.web.html import edits, page_scan
from imageseo.web.indexing import refresh_target

DEFAULT_SAMPLE = 20
"""Pages that are opened by default: pages of one template differ little."""


def run(
    project: Project,
    root: Path,
    *,
    progress: Progress,
    against: Path | None = None,
    globs: Sequence[str] = (),
    sample: int | None = DEFAULT_SAMPLE,
    workers: int | None = None,
    viewports: Sequence[str] = (),
    limits: MeasureLimits | None = None,
) -> MeasureResult:
    """Compare pages of a built site with the folder ``against``, or else with themselves without imageseo's markup.

    ``globs``: only these pages. ``sample``: at most this many pages; None for all. ``viewports``: names;
    none for all four. Raises ImageseoError.
    """
    settings = project.settings
    chromium.require()
    executable = chromium.find(settings.measure.chromium, os.environ)
    site = project.site(root).without(settings.exclude_pages)
    if against is not None and not against.is_dir():
        raise SiteError(f"{against}: no such folder", hint="--against names the site as it was before the build")
    opened_at = [viewport for viewport in VIEWPORTS if viewport.name in viewports] or VIEWPORTS
    choice = _choose(site, settings, matching_pages(site.pages, globs), against, sample)
    with ExitStack() as stack:
        before = stack.enter_context(serve(against or root, site.base_url, prepare=None if against else edits.strip))
        after = stack.enter_context(serve(root, site.base_url))
        verification = verify(
            [
                PageToVerify(path=page.path, source=page.source, before=before.url(page.url), after=after.url(page.url))
                for page in choice.opened
            ],
            before=before,
            after=after,
            executable=executable,
            workers=workers or 1,
            progress=progress,
            limits=limits or MeasureLimits(load=settings.measure.timeout),
            viewports=opened_at,
        )
    return _result(settings, choice, verification, against, [viewport.name for viewport in opened_at])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """``opened``: the pages to compare. ``changed``: of how many. ``equal``: those with the same bytes on both sides.

    ``new``: pages that did not exist before. ``leading_away``: pages with an immediate redirect, which show nothing.
    """

    opened: tuple[Page, ...]
    changed: int
    equal: frozenset[str]
    new: int
    leading_away: int


def _choose(site: Site, settings: Settings, pages: Sequence[Page], against: Path | None, sample: int | None) -> _Choice:
    """Choose pages that the build has changed: some of each template, first those with the most changes."""
    by_template: dict[str, list[tuple[int, Page]]] = defaultdict(list)
    equal: list[Page] = []
    new = leading_away = 0
    files, former = SiteFolder(site.root), SiteFolder(against or site.root)
    for page in pages:
        try:
            after = files.read(page.path)
            before = edits.strip(after) if against is None else former.read(page.path)
        except FileNotFoundError:
            new += 1
            continue
        except OSError as error:
            raise SiteError(f"{page.path}: {error.strerror or error}") from error
        if _leads_away(before) and _leads_away(after):
            leading_away += 1
            continue
        if before == after:
            equal.append(page)
            continue
        by_template[_template(after, settings)].append((after.count(edits.MARKER.encode()), page))
    changed = sum(map(len, by_template.values()))
    ordered = [
        [page for _, page in sorted(group, key=lambda pair: (-pair[0], pair[1].path))]
        for _, group in sorted(by_template.items(), key=lambda item: min(page.path for _, page in item[1]))
    ]
    most = max(map(len, ordered), default=0)
    taking_turns = [group[turn] for turn in range(most) for group in ordered if turn < len(group)]
    # Other files may differ from those of another folder, too.
    opened = [*taking_turns, *(equal if against is not None else ())][:sample]
    return _Choice(
        opened=tuple(sorted(opened, key=lambda page: page.path)),
        changed=changed,
        equal=frozenset(page.path for page in equal),
        new=new,
        leading_away=leading_away,
    )


def _leads_away(html: bytes) -> bool:
    """Whether a page redirects at once, as alias pages do."""
    if b"refresh" not in html.lower():
        return False
    try:
        tags = page_scan.scan_page(html).indexing
    except page_scan.UnreadablePage:
        return False
    return any(tag.kind == "refresh" and refresh_target(tag.value) is not None for tag in tags)


def _template(html: bytes, settings: Settings) -> str:
    try:
        include = (*settings.include, *article_selectors(html))
        return template_fingerprint(html, page_scan.scan_page(html, include=include, exclude=settings.exclude))
    except page_scan.UnreadablePage:
        return ""


def _result(
    settings: Settings, choice: _Choice, verification: Verification, against: Path | None, viewports: Sequence[str]
) -> MeasureResult:
    found = tuple(
        sorted(
            apply_levels(verification.findings, SeverityLevels.of(settings.lint)), key=lambda finding: finding.sort_key
        )
    )
    summary: Mapping[str, int] = {
        "pages": verification.compared,
        "changing elements left out": verification.unstable,
        **count(found),
    }
    return MeasureResult(
        findings=found,
        summary=summary,
        notes=tuple(_notes(choice, verification, against, viewports)),
        failed=any(finding.severity is Severity.ERROR for finding in found),
        title="verify",
    )


def _notes(choice: _Choice, verification: Verification, against: Path | None, viewports: Sequence[str]) -> list[str]:
    """Return what was compared, and what was not."""
    other = f"those in {against}" if against is not None else "themselves without imageseo's markup"
    opened = sum(page.path not in choice.equal for page in choice.opened)
    where = "the four viewports" if len(viewports) == len(VIEWPORTS) else " and ".join(viewports)
    notes = [
        f"{opened:,} of {format_count('changed pages', choice.changed)} were compared with {other}, at "
        f"{where}; inserted heroes were hidden, other hosts were not asked"
        if choice.changed
        else "no page was changed"
    ]
    if choice.leading_away:
        they = "it leads" if choice.leading_away == 1 else "they lead"
        notes.append(f"{format_count('pages', choice.leading_away)} not compared: {they} at once to another page")
    if choice.equal:
        also = len(choice.opened) - opened
        more = f"; {also:,} of them were opened, because other files may differ" if also else ""
        notes.append(f"{format_count('pages', len(choice.equal))} with the same bytes before and after{more}")
    if choice.new:
        notes.append(f"{format_count('pages', choice.new)} not compared: missing in {against}")
    notes += [f"{path}: not compared, with and without imageseo: {why}" for path, why in verification.skipped.items()]
    return notes
