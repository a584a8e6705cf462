"""Command `measure`: choose pages, open them in browsers, and write the layout file or compare with it."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from imageseo.config.globs import matches
from imageseo.config.settings import Settings
from imageseo.integrations.project import Project
from imageseo.layout import layout_file
from imageseo.layout.browser import chromium
from imageseo.layout.browser.observations import PageToMeasure, article_of, normalized_src
from imageseo.layout.browser.runner import MeasureRun, measure
from imageseo.layout.browser.server import SiteServer, serve
from imageseo.layout.browser.session import MeasureLimits
from imageseo.layout.containers import containers_of
from imageseo.layout.measured_pages import MeasuredSite, compare_runs
from imageseo.layout.measurements import WIDTHS, image_names, template_fingerprint
from imageseo.layout.themes import article_selectors
from imageseo.lint.engine import location_of, unreadable_finding
from imageseo.lint.facts.site_files import SiteFiles
from imageseo.lint.linter import count
from imageseo.lint.severity import SeverityLevels, apply_levels
from imageseo.model.errors import SiteError
from imageseo.model.finding import Finding, Severity, Silenced
from imageseo.model.image import BadAsset, PageScan
from imageseo.model.layout import SiteLayout
from imageseo.model.progress import Progress
from imageseo.model.site import Page, Site
from imageseo.storage.site_folder import SiteFolder
from imageseo.web import urls
from imageseo.web.html import page_scan
from imageseo.web.html.page_scan import UnreadablePage

_DEFAULT_SAMPLE = 3
"""Pages of each template that ``--check`` opens by default: drift is caused by theme changes, not by single pages."""


Serving = Callable[[Path, str | None], AbstractContextManager[SiteServer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureResult:
    """The result of ``measure``. ``notes``: lines for the user. ``measured``: the pages that were opened."""

    findings: tuple[Finding, ...]
    summary: Mapping[str, int]
    notes: tuple[str, ...] = ()
    failed: bool = False
    silenced: tuple[Silenced, ...] = ()
    title: str = "measure"
    measured: MeasuredSite = field(default_factory=MeasuredSite)


def run(
    project: Project,
    root: Path,
    *,
    progress: Progress,
    check: bool = False,
    globs: Sequence[str] = (),
    sample: int | None = None,
    workers: int | None = None,
    limits: MeasureLimits | None = None,
    serving: Serving = serve,
) -> MeasureResult:
    """Open a built site's pages in a browser and write the layout file, or (``check``) report drift from it.

    ``globs``: only these pages; measurements of the others are kept. ``sample``: at most this many pages of each
    template; by default all pages that match, or 3 of each template if ``check`` is set and ``globs`` is empty.
    Raises ImageseoError.
    """
    settings = project.settings
    chromium.require()
    executable = chromium.find(settings.measure.chromium, os.environ)
    site = project.site(root).without(settings.exclude_pages)
    file = project.folder / layout_file.NAME
    previous = layout_file.read(file)
    if check and previous is None:
        raise SiteError(f"{file}: no such file, nothing to check", hint="measure first: `imageseo measure DIR`")
    page_reader = _PageReader(site=site, settings=settings)
    chosen = matching_pages(site.pages, globs)
    if check and sample is None and not globs:
        sample = _DEFAULT_SAMPLE
    if sample is not None:
        chosen = page_reader.sample_pages(chosen, sample)
    with serving(site.root, site.base_url) as server:
        measured = measure(
            [partial(page_reader.page_to_measure, page, server) for page in chosen],
            served=server,
            widths=previous.widths if check and previous else WIDTHS,
            size=SiteFiles(site.root, _no_image_facts).size,
            executable=executable,
            workers=workers or settings.measure.workers,
            progress=progress,
            limits=limits or MeasureLimits(load=settings.measure.timeout),
        )
    levels = SeverityLevels.of(settings.lint)
    pages = compare_runs(previous, measured.layout, standing=[page.path for page in site.pages])
    if check and previous is not None:
        return replace(_drift_result(site, len(chosen), pages, measured, levels), measured=pages)
    return replace(_write_layout(file, site, chosen, previous, measured, levels), measured=pages)


def _no_image_facts(path: str) -> BadAsset:
    """Raise LookupError: only file sizes are needed here, never image properties."""
    raise LookupError(path)


def _drift_result(
    site: Site, opened: int, compared: MeasuredSite, measured: MeasureRun, levels: SeverityLevels
) -> MeasureResult:
    """Return a finding for each page that has drifted from the layout file."""
    pages = {page.path: page for page in site.pages}
    drifted = {each.page: each.changes for each in compared.pages if each.changes}
    more = [
        Finding(
            rule="layout-drifted",
            severity=Severity.ERROR,
            message=f"{'; '.join(found[:3])}{f'; and {len(found) - 3} more' if len(found) > 3 else ''}",
            hint=f"if the change is intended, run `imageseo measure DIR` and commit {layout_file.NAME}",
            location=location_of(pages[path]),
        )
        for path, found in drifted.items()
    ]
    return _make_result(
        [*measured.findings, *more],
        levels,
        {"pages": opened, "drifted pages": len(drifted)},
        f"{opened:,} of {len(site.pages):,} pages were opened and compared with {layout_file.NAME}",
    )


def _write_layout(
    file: Path,
    site: Site,
    chosen: Sequence[Page],
    previous: SiteLayout | None,
    measured: MeasureRun,
    levels: SeverityLevels,
) -> MeasureResult:
    """Write the measurements to the layout file; entries of pages that were not opened are kept."""
    layout = measured.layout
    if previous is not None and len(chosen) < len(site.pages) and previous.widths == layout.widths:
        layout = merged(
            previous, layout, opened={page.path for page in chosen}, standing={page.path for page in site.pages}
        )
    changed = layout_file.write(file, layout)
    state = "written" if changed else "unchanged"
    return _make_result(
        measured.findings,
        levels,
        {"pages": len(measured.layout.pages), "templates": len(measured.layout.templates)},
        f"{layout_file.NAME} is {state}: {len(layout.pages):,} pages, {len(layout.templates):,} templates",
    )


def merged(previous: SiteLayout, new: SiteLayout, *, opened: set[str], standing: set[str]) -> SiteLayout:
    """Return the new measurements, and the known ones of unopened pages that still exist (``standing``)."""
    unopened = {path: page for path, page in previous.pages.items() if path in standing and path not in opened}
    pages = dict(sorted({**unopened, **new.pages}.items()))
    counts = Counter(page.template for page in pages.values())
    columns = {name: each for name, each in {**previous.templates, **new.templates}.items() if counts[name]}
    return SiteLayout(
        widths=new.widths,
        pages=pages,
        templates={name: replace(each, pages=counts[name]) for name, each in sorted(columns.items())},
    )


def _make_result(
    findings: Iterable[Finding], levels: SeverityLevels, counts: Mapping[str, int], note: str
) -> MeasureResult:
    found = tuple(sorted(apply_levels(findings, levels), key=lambda finding: finding.sort_key))
    return MeasureResult(
        findings=found,
        summary={**counts, **count(found)},
        notes=(note,),
        failed=any(finding.severity is Severity.ERROR for finding in found),
    )


def _served_url(url: str, server: SiteServer) -> str:
    """Map a URL of the site's own host to the local server."""
    return server.led_here(url.encode()).decode()


def matching_pages(pages: Sequence[Page], globs: Sequence[str]) -> list[Page]:
    """Return the pages whose file or URL matches a glob. Raises SiteError for a glob that matches no page."""
    if not globs:
        return list(pages)
    found: dict[str, Page] = {}
    for glob in globs:
        named = [page for page in pages if any(matches(name, glob.lstrip("/")) for name in (page.path, page.url))]
        if not named:
            raise SiteError(
                f"--pages {glob}: no page matches",
                hint="give a page's file or URL from the site's root; * also matches /",
            )
        found.update((page.path, page) for page in named)
    return [page for page in pages if page.path in found]


@dataclass(frozen=True, kw_only=True)
class _PageReader:
    """Reads pages as `build` and `lint` do, so that they can match measurements to images."""

    site: Site
    settings: Settings

    def page_to_measure(self, page: Page, server: SiteServer) -> PageToMeasure | Finding:
        """Return the page to open, or a finding if it cannot be read."""
        try:
            html, scan = self._read(page)
        except (OSError, UnreadablePage) as error:
            return unreadable_finding(page, error)
        resolved = [
            urls.resolve(ref.src, page=page.path, base_url=self.site.base_url, base_href=scan.base_href)
            for ref in scan.refs
        ]
        names = image_names(
            path if isinstance(path, str) else ref.src for path, ref in zip(resolved, scan.refs, strict=True)
        )
        containers = containers_of(html, scan)
        url = server.url(page.url)
        base = normalized_src(_served_url(scan.base_href or "", server), url)
        return PageToMeasure(
            path=page.path,
            url=url,
            source=page.source,
            template=template_fingerprint(html, scan),
            names=names,
            srcs=[normalized_src(_served_url(ref.src, server), base) for ref in scan.refs],
            article=article_of(html, scan),
            boxes={
                name: containers[ref.span] for name, ref in zip(names, scan.refs, strict=True) if ref.span in containers
            },
        )

    def sample_pages(self, pages: Sequence[Page], limit: int) -> list[Page]:
        """Return at most ``limit`` pages of each template, evenly spread; unreadable pages count as one template."""
        by_template: dict[str, list[str]] = defaultdict(list)
        for page in pages:
            try:
                by_template[template_fingerprint(*self._read(page))].append(page.path)
            except (OSError, UnreadablePage):
                by_template[""].append(page.path)
        sampled = (
            paths if len(paths) <= limit else [paths[index * len(paths) // limit] for index in range(limit)]
            for paths in by_template.values()
        )
        chosen = {path for paths in sampled for path in paths}
        return [page for page in pages if page.path in chosen]

    def _read(self, page: Page) -> tuple[bytes, PageScan]:
        html = SiteFolder(self.site.root).read(page.path)
        include = (*self.settings.include, *article_selectors(html))
        return html, page_scan.scan_page(html, include=include, exclude=self.settings.exclude)
