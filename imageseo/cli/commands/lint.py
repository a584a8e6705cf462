"""Command `lint`: select rules and pages, apply the baseline, fix pages, and decide whether the run fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from msgspec import structs

from imageseo.cli.commands.author_files import source_lines
from imageseo.config.settings import Settings
from imageseo.integrations import runner
from imageseo.integrations.project import Project
from imageseo.lint import baseline, budget_history, changed_since, fixes
from imageseo.lint.crashes import CRASHED
from imageseo.lint.fingerprint import subject, with_fingerprints
from imageseo.lint.linter import LintResult, count
from imageseo.lint.report import Report
from imageseo.lint.rule_catalog import RuleCatalog
from imageseo.model.finding import Finding, Severity, Silenced
from imageseo.model.humanize import pluralize
from imageseo.model.progress import Progress
from imageseo.model.site import Site

_MAX_LISTED = 3
"""Number of baseline entries that a note lists by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LintRequest:
    """Options of the command line that are not settings.

    ``baseline``: a file that takes precedence over the setting. ``changed_since``: a revision. ``max_warnings``: the
    number of warnings that do not fail. ``budget_report``: a file to which a line about the budgets is appended.
    ``diff``: compute a diff instead of writing fixed pages. ``fail_on``: instead of the setting. ``detail``: as in
    ``Report``.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    baseline: Path | None = None
    update_baseline: bool = False
    changed_since: str | None = None
    max_warnings: int | None = None
    budget_report: Path | None = None
    fix: bool = False
    diff: bool = False
    color: bool = False
    fail_on: str | None = None
    detail: str = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class LintRun:
    """The result of a run.

    ``diff``: the pages that --fix would change, if requested; computed during iteration, which may raise SiteError.
    """

    report: Report
    failed: bool
    diff: Iterable[fixes.FixedPage] = ()

    @property
    def summary_line(self) -> str:
        """The number of findings and how many of them --fix can fix, in one line."""
        fixable = sum(each.is_fixable for each in (*self.report.findings, *self.report.known))
        return f"{pluralize(len(self.report.findings), 'finding')}, {fixable:,} fixable with --fix"


def lint(
    project: Project, root: Path, request: LintRequest, *, progress: Progress, config: Path | None = None
) -> LintRun:
    """Check a built site. Writes only what was requested: fixed pages, the baseline. Raises ImageseoError."""
    catalog = RuleCatalog.installed()
    only = catalog.chosen(request.select, request.ignore)
    settings = catalog.awake(project.settings, request.select, only)
    if request.fail_on is not None:
        lint_settings = structs.replace(settings.lint, fail_on=request.fail_on)
        settings = structs.replace(settings, lint=lint_settings)
    baseline_path = _baseline_path(project, request)
    known = _read_baseline(baseline_path, request)
    site = project.site(root)
    revision = request.changed_since
    scope = changed_since.changed_pages(site, revision, folder=project.folder) if revision is not None else None

    def run_rules() -> tuple[LintResult, tuple[Finding, ...]]:
        result, _ = runner.lint(site, settings, progress=progress, config=config, only=only)
        findings = [finding for finding in result.findings if scope is None or scope.holds(finding)]
        return result, with_fingerprints(findings)

    notes = list(_scope_notes(site, scope, revision))
    result, findings, fixed = _lint_and_fix(site, run_rules, request)
    if request.fix:
        files = f" and in {pluralize(fixed.files, 'image file')}" if fixed.files else ""
        notes.append(f"fixed {pluralize(fixed.findings, 'finding')} on {pluralize(fixed.pages, 'page')}{files}")
    notes += [f"--fix would rewrite {each.path}: {each.change}" for each in fixed.diff_files]
    if request.budget_report is not None:
        entry = budget_history.history_entry(result, project.folder, whole=only is None)
        budget_history.append(request.budget_report, entry)
    new, old = known.split(findings) if known else (list(findings), [])
    if baseline_path is not None and known is not None:
        is_in_scope = _baseline_scope(catalog, only, scope)
        stale = known.gone(findings, is_in_scope)
        if request.update_baseline:
            accepted = [finding for finding in findings if not finding.message.startswith(CRASHED)]
            updated = known.renewed(accepted, is_in_scope)
            baseline.write(baseline_path, updated)
            new, old = [finding for finding in findings if finding not in accepted], accepted
            added = len(updated.entries.keys() - known.entries.keys())
            notes.append(
                f"{_format_path(baseline_path, project.folder)}: "
                f"{pluralize(len(updated.entries), 'known finding')}, {added:,} added, {len(stale):,} removed"
            )
        elif stale:
            notes.append(_format_stale(stale))
    silenced = tuple(each for each in result.silenced if scope is None or scope.holds(each.finding))
    report = _report(
        project, site, result, new, old, silenced, catalog=catalog, only=only, settings=settings, notes=notes
    )
    report = replace(report, directory=str(root), detail=request.detail)
    if request.fix:
        report = replace(report, summary={**report.summary, "fixed": fixed.findings})
    warnings = count(new)["warnings"]
    too_many = request.max_warnings is not None and warnings > request.max_warnings
    if too_many:
        note = f"{pluralize(warnings, 'warning')}, but --max-warnings allows {request.max_warnings:,}"
        report = replace(report, notes=(*report.notes, note))
    failed = too_many or any(_is_failing(finding, report.fails) for finding in new)
    return LintRun(report=replace(report, color=request.color), failed=failed, diff=fixed.diff)


@dataclass(frozen=True, slots=True, kw_only=True)
class _FixResult:
    """Number of fixed findings, pages and image files, or the diff and the image files that would be rewritten."""

    findings: int = 0
    pages: int = 0
    files: int = 0
    diff: Iterable[fixes.FixedPage] = ()
    diff_files: Iterable[fixes.FixedFile] = ()


def _lint_and_fix(
    site: Site, run_rules: Callable[[], tuple[LintResult, tuple[Finding, ...]]], request: LintRequest
) -> tuple[LintResult, tuple[Finding, ...], _FixResult]:
    """Run the rules, and fix pages if requested; the findings are those that remain.

    With ``diff`` no page is written, and the diff shows the first round of fixes only.
    """
    if not (request.fix or request.diff):
        return *run_rules(), _FixResult()
    digests = fixes.digests(site)
    result, first = run_rules()
    if request.diff:
        pages_of_diff = fixes.fixed_pages(site, first, digests)
        return result, first, _FixResult(diff=pages_of_diff, diff_files=fixes.fixed_files(site, first))
    findings, pages, files = first, set[str](), set[str]()
    for _ in range(fixes.ROUNDS):
        written = fixes.write(site, fixes.fixed_pages(site, findings, digests))
        rewritten = fixes.write_files(site, fixes.fixed_files(site, findings))
        if not written and not rewritten:
            break
        pages.update(written)
        files.update(rewritten)
        digests = fixes.digests(site)
        result, findings = run_rules()
    fixed = Counter(map(_key, first)) - Counter(map(_key, findings))
    return result, findings, _FixResult(findings=fixed.total(), pages=len(pages), files=len(files))


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, finding.location.page, subject(finding)


def _baseline_path(project: Project, request: LintRequest) -> Path | None:
    """The baseline's file: from the command line, relative to the current folder, or from the settings, relative to
    the project.
    """
    if request.baseline is not None:
        return request.baseline
    setting = project.settings.lint.baseline
    if setting is None and request.update_baseline:
        raise baseline.BaselineError(
            "--update-baseline: no baseline file is configured",
            hint="name it with --baseline FILE, or set `lint.baseline`",
        )
    return None if setting is None else project.folder / setting


def _read_baseline(path: Path | None, request: LintRequest) -> baseline.Baseline | None:
    if path is None:
        return None
    known = baseline.read(path)
    if known is None and not request.update_baseline:
        raise baseline.BaselineError(f"{path}: no such file", hint="write it with --update-baseline")
    return known or baseline.Baseline()


def _baseline_scope(
    catalog: RuleCatalog, only: frozenset[str] | None, scope: changed_since.ChangedPages | None
) -> Callable[[baseline.BaselineEntry], bool]:
    """Return whether this run could have found a baseline entry; true for rules that no longer exist."""

    def is_in_scope(entry: baseline.BaselineEntry) -> bool:
        rule_ran = only is None or entry.rule in only or entry.rule not in catalog.ids
        page_checked = scope is None or bool(scope.why) or entry.page in scope.pages or entry.page in scope.files
        return rule_ran and page_checked

    return is_in_scope


def _format_stale(entries: list[baseline.BaselineEntry]) -> str:
    listed = ", ".join(f"{each.rule} on {each.page or 'the site'}" for each in entries[:_MAX_LISTED])
    more = f", and {len(entries) - _MAX_LISTED:,} more" if len(entries) > _MAX_LISTED else ""
    verb = (
        "finding of the baseline no longer occurs" if len(entries) == 1 else "findings of the baseline no longer occur"
    )
    return f"{len(entries):,} {verb} ({listed}{more}); --update-baseline removes stale entries"


def _scope_notes(site: Site, scope: changed_since.ChangedPages | None, revision: str | None) -> Iterable[str]:
    if scope is None:
        return
    if scope.why:
        yield f"all pages are checked: {scope.why} has changed since {revision}"
    else:
        pages = f"{len(scope.pages):,} of {pluralize(len(site.pages), 'page')}"
        yield f"{pages} changed since {revision}; all pages are read, findings on other pages are left out"


def _report(
    project: Project,
    site: Site,
    result: LintResult,
    new: Iterable[Finding],
    old: Iterable[Finding],
    silenced: tuple[Silenced, ...],
    *,
    catalog: RuleCatalog,
    only: frozenset[str] | None,
    settings: Settings,
    notes: Iterable[str],
) -> Report:
    new, old = tuple(new), tuple(old)
    lines = source_lines(project, site)
    summary: Mapping[str, int] = {
        "pages": result.pages,
        "images": result.images,
        **count(new),
        "silenced": len(silenced),
        **({"known": len(old)} if old else {}),
    }
    return Report(
        title=result.title,
        findings=new,
        known=old,
        silenced=silenced,
        summary=summary,
        notes=tuple(notes),
        rules={name: text for name, text in catalog.texts.items() if only is None or name in only},
        frame=lines.frame,
        built=lines.built,
        source=lines.source,
        fails=Severity.OFF if settings.lint.fail_on == "never" else Severity(settings.lint.fail_on),
        budgets=result.budgets,
    )


def _is_failing(finding: Finding, least: Severity) -> bool:
    return least is not Severity.OFF and finding.severity.rank >= least.rank


def _format_path(path: Path, folder: Path) -> str:
    """A file as messages show it: relative to the project, or its bare name if it lies outside."""
    resolved, top = path.resolve(), folder.resolve()
    return resolved.relative_to(top).as_posix() if resolved.is_relative_to(top) else path.name
