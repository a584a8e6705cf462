"""Measuring as it is asked for: which pages, by how many browsers, into the file or against it."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
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
from imageseo.layout.browser.session import Limits
from imageseo.layout.containers import containers_of
from imageseo.layout.drift import find_drift
from imageseo.layout.measurements import WIDTHS, image_names, template_fingerprint
from imageseo.lint.engine import location_of, unreadable_finding
from imageseo.lint.facts.site_files import SiteFiles
from imageseo.lint.linter import count
from imageseo.lint.severity import SeverityLevels, apply_levels
from imageseo.model.errors import SiteError
from imageseo.model.finding import Finding, Severity, Silenced
from imageseo.model.image import BadAsset, PageScan
from imageseo.model.layout import SiteLayout
from imageseo.model.protocols import Progress
from imageseo.model.site import Page, Site
from imageseo.web import urls
from imageseo.web.html import page_scan
from imageseo.web.html.page_scan import UnreadablePage

_SAMPLE = 3
"""Pages of a template that ``--check`` opens where nobody says more: drift comes with themes, not with pages."""


Serving = Callable[[Path, str | None], AbstractContextManager[SiteServer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureResult:
    """What a run of ``measure`` ends with. ``notes``: lines for people."""

    findings: tuple[Finding, ...]
    summary: Mapping[str, int]
    notes: tuple[str, ...] = ()
    failed: bool = False
    silenced: tuple[Silenced, ...] = ()
    title: str = "measure"


def run(
    here: Project,
    root: Path,
    *,
    progress: Progress,
    check: bool = False,
    globs: Sequence[str] = (),
    sample: int | None = None,
    workers: int | None = None,
    limits: Limits | None = None,
    serving: Serving = serve,
) -> MeasureResult:
    """Open a built site's pages in a browser; write what was seen, or (``check``) say where it has drifted.

    ``globs``: only these pages; what is known of the others stays. ``sample``: so many pages of each template at
    most; of all that match without it, 3 of each where a check names no pages.
    Raises ImageseoError.
    """
    settings = here.settings
    chromium.require()
    executable = chromium.find(settings.measure.chromium, os.environ)
    site = here.site(root).without(settings.exclude_pages)
    file = here.folder / layout_file.NAME
    known = layout_file.read(file)
    if check and known is None:
        raise SiteError(f"{file}: there is no such file to check", hint="measure first: `imageseo measure DIR`")
    reader = _Reader(site=site, settings=settings)
    chosen = _matching(site.pages, globs)
    if check and sample is None and not globs:
        sample = _SAMPLE
    if sample is not None:
        chosen = reader.sampled(chosen, sample)
    with serving(site.root, site.base_url) as served:
        measured = measure(
            [partial(reader.asked, page, served) for page in chosen],
            served=served,
            widths=known.widths if check and known else WIDTHS,
            size=SiteFiles(site.root, _unasked).size,
            executable=executable,
            workers=workers or settings.measure.workers,
            progress=progress,
            limits=limits or Limits(load=settings.measure.timeout),
        )
    levels = SeverityLevels.of(settings.lint)
    if check and known is not None:
        return _checked(site, len(chosen), known, measured, levels)
    return _written(file, site, chosen, known, measured, levels)


def _unasked(path: str) -> BadAsset:
    """Nobody asks what kind of image a file is."""
    raise LookupError(path)


def _checked(site: Site, opened: int, known: SiteLayout, measured: MeasureRun, levels: SeverityLevels) -> MeasureResult:
    """What has drifted from the file."""
    pages = {page.path: page for page in site.pages}
    drifted = {path: found for path, found in find_drift(known, measured.layout).items() if found}
    more = [
        Finding(
            rule="layout-drifted",
            severity=Severity.ERROR,
            message=f"{'; '.join(found[:3])}{f'; and {len(found) - 3} more' if len(found) > 3 else ''}",
            hint=f"look whether that is meant; then `imageseo measure DIR`, and commit {layout_file.NAME}",
            location=location_of(pages[path]),
        )
        for path, found in drifted.items()
    ]
    return _result(
        [*measured.findings, *more],
        levels,
        {"pages": opened, "drifted pages": len(drifted)},
        f"{opened:,} of {len(site.pages):,} pages were opened and held against {layout_file.NAME}",
    )


def _written(
    file: Path,
    site: Site,
    chosen: Sequence[Page],
    known: SiteLayout | None,
    measured: MeasureRun,
    levels: SeverityLevels,
) -> MeasureResult:
    """Put what was seen into the file, beside what is known of the site's other pages."""
    layout = measured.layout
    if known is not None and len(chosen) < len(site.pages) and known.widths == layout.widths:
        layout = merged(
            known, layout, opened={page.path for page in chosen}, standing={page.path for page in site.pages}
        )
    changed = layout_file.write(file, layout)
    state = "written" if changed else "as it was"
    return _result(
        measured.findings,
        levels,
        {"pages": len(measured.layout.pages), "templates": len(measured.layout.templates)},
        f"{layout_file.NAME} is {state}: {len(layout.pages):,} pages, {len(layout.templates):,} templates",
    )


def merged(known: SiteLayout, new: SiteLayout, *, opened: set[str], standing: set[str]) -> SiteLayout:
    """What was seen now, beside what is known of pages that stand and were not opened."""
    kept = {path: page for path, page in known.pages.items() if path in standing and path not in opened}
    pages = dict(sorted({**kept, **new.pages}.items()))
    counts = Counter(page.template for page in pages.values())
    columns = {name: each for name, each in {**known.templates, **new.templates}.items() if counts[name]}
    return SiteLayout(
        widths=new.widths,
        pages=pages,
        templates={name: replace(each, pages=counts[name]) for name, each in sorted(columns.items())},
    )


def _result(findings: Iterable[Finding], levels: SeverityLevels, counts: Mapping[str, int], note: str) -> MeasureResult:
    found = tuple(sorted(apply_levels(findings, levels), key=lambda finding: finding.sort_key))
    return MeasureResult(
        findings=found,
        summary={**counts, **count(found)},
        notes=(note,),
        failed=any(finding.severity is Severity.ERROR for finding in found),
    )


def _here(url: str, served: SiteServer) -> str:
    """A URL of the site's own host as it is served."""
    return served.led_here(url.encode()).decode()


def _matching(pages: Sequence[Page], globs: Sequence[str]) -> list[Page]:
    """The pages that a glob names, by file or URL. Raises SiteError for one that names none."""
    if not globs:
        return list(pages)
    found: dict[str, Page] = {}
    for glob in globs:
        named = [page for page in pages if any(matches(name, glob.lstrip("/")) for name in (page.path, page.url))]
        if not named:
            raise SiteError(
                f"--pages {glob}: the site has no such page",
                hint="a page's file or URL from the site's root; * takes /",
            )
        found.update((page.path, page) for page in named)
    return [page for page in pages if page.path in found]


@dataclass(frozen=True, kw_only=True)
class _Reader:
    """Reads pages as builds and lint do, so that they find their images again."""

    site: Site
    settings: Settings

    def asked(self, page: Page, served: SiteServer) -> PageToMeasure | Finding:
        """What is to be opened, or why it cannot be."""
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
        within = containers_of(html, scan)
        url = served.url(page.url)
        base = normalized_src(_here(scan.base_href or "", served), url)
        return PageToMeasure(
            path=page.path,
            url=url,
            source=page.source,
            template=template_fingerprint(html, scan),
            names=names,
            srcs=[normalized_src(_here(ref.src, served), base) for ref in scan.refs],
            article=article_of(html, scan),
            boxes={name: within[ref.span] for name, ref in zip(names, scan.refs, strict=True) if ref.span in within},
        )

    def sampled(self, pages: Sequence[Page], most: int) -> list[Page]:
        """So many of each template at most, spread evenly; what cannot be read is left to ``asked``."""
        alike: dict[str, list[str]] = defaultdict(list)
        for page in pages:
            try:
                alike[template_fingerprint(*self._read(page))].append(page.path)
            except (OSError, UnreadablePage):
                alike[""].append(page.path)
        spread = (
            paths if len(paths) <= most else [paths[index * len(paths) // most] for index in range(most)]
            for paths in alike.values()
        )
        chosen = {path for paths in spread for path in paths}
        return [page for page in pages if page.path in chosen]

    def _read(self, page: Page) -> tuple[bytes, PageScan]:
        html = (self.site.root / page.path).read_bytes()
        return html, page_scan.scan_page(html, include=self.settings.include, exclude=self.settings.exclude)
