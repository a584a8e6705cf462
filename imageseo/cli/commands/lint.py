"""Lint as it is asked for: which rules, which pages, what is known, what is mended, and what of it fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from imageseo.config.settings import Settings
from imageseo.integrations import runner
from imageseo.integrations.project import Project
from imageseo.lint import baseline, changed_since, fixes
from imageseo.lint import budget_history as history
from imageseo.lint.engine import CRASHED
from imageseo.lint.fingerprint import subject, with_fingerprints
from imageseo.lint.linter import LintResult, count
from imageseo.lint.report import Report
from imageseo.lint.rule_catalog import RuleCatalog
from imageseo.lint.source_lines import SourceLines, repository_root
from imageseo.model.finding import Finding, Severity, Silenced
from imageseo.model.protocols import Progress
from imageseo.model.site import Site

_NAMED = 3  # entries that a note names


@dataclass(frozen=True, slots=True, kw_only=True)
class LintRequest:
    """What the command line asks for beside the settings. ``most``: warnings that do not fail. ``baseline``: a file,
    before that of the settings. ``since``: a revision. ``history``: a file that gets a line about
    the budgets. ``show``: whether a diff is wanted instead of mended pages.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    baseline: Path | None = None
    update: bool = False
    since: str | None = None
    most: int | None = None
    history: Path | None = None
    fix: bool = False
    show: bool = False
    colour: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LintRun:
    """The end of a run. ``diff``: of the pages that would be mended, where that was asked for, made as it is read;
    then it raises SiteError.
    """

    report: Report
    failed: bool
    diff: Iterable[str] = ()

    @property
    def told(self) -> str:
        """The findings in one line, with how many of them a diff is about."""
        fixable = sum(bool(each.fix) for each in (*self.report.findings, *self.report.known))
        return f"{_counted(len(self.report.findings), 'finding')}, --fix mends {fixable:,}"


def lint(here: Project, root: Path, asked: LintRequest, *, progress: Progress, config: Path | None = None) -> LintRun:
    """Judge a built site. Writes nothing but what is asked for: mended pages, the baseline. Raises ImageseoError."""
    book = RuleCatalog.installed()
    only = book.chosen(asked.select, asked.ignore)
    settings = book.awake(here.settings, asked.select, only)
    place = _place(here, asked)
    known = _known(place, asked)
    site = here.site(root)
    scope = changed_since.changed_pages(site, asked.since, folder=here.folder) if asked.since is not None else None

    def judge() -> tuple[LintResult, tuple[Finding, ...]]:
        result, _ = runner.lint(site, settings, progress=progress, config=config, only=only)
        found = [finding for finding in result.findings if scope is None or scope.holds(finding)]
        return result, with_fingerprints(found)

    notes = list(_scoped(site, scope, asked.since))
    result, found, mended = _mending(site, judge, asked)
    if asked.fix:
        notes.append(f"mended {_counted(mended.fixed, 'finding')} on {_counted(mended.pages, 'page')}")
    if asked.history is not None:
        history.append(asked.history, history.history_entry(result, here.folder, whole=only is None))
    new, old = known.split(found) if known else (list(found), [])
    if place is not None and known is not None:
        judged = _judged(book, only, scope)
        gone = known.gone(found, judged)
        if asked.update:
            lasting = [finding for finding in found if not finding.message.startswith(CRASHED)]
            renewed = known.renewed(lasting, judged)
            baseline.write(place, renewed)
            new, old = [finding for finding in found if finding not in lasting], lasting
            added = len(renewed.entries.keys() - known.entries.keys())
            notes.append(
                f"{_shown(place, here.folder)}: {_counted(len(renewed.entries), 'known finding')}, "
                f"{added:,} of them new, {len(gone):,} gone"
            )
        elif gone:
            notes.append(_gone(gone))
    silenced = tuple(each for each in result.silenced if scope is None or scope.holds(each.finding))
    report = _report(here, site, result, new, old, silenced, book=book, only=only, settings=settings, notes=notes)
    if asked.fix:
        report = replace(report, summary={**report.summary, "fixed": mended.fixed})
    warnings = count(new)["warnings"]
    over = asked.most is not None and warnings > asked.most
    if over:
        told = f"{_counted(warnings, 'warning')}, and --max-warnings lets {asked.most:,} pass"
        report = replace(report, notes=(*report.notes, told))
    failed = over or any(_fails(finding, report.fails) for finding in new)
    return LintRun(report=replace(report, colour=asked.colour), failed=failed, diff=mended.diff)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mended:
    fixed: int = 0
    pages: int = 0
    diff: Iterable[str] = ()


def _mending(
    site: Site, judge: Callable[[], tuple[LintResult, tuple[Finding, ...]]], asked: LintRequest
) -> tuple[LintResult, tuple[Finding, ...], _Mended]:
    """What is found, after what could be mended has been; a diff of the first round where only that is asked for."""
    if not (asked.fix or asked.show):
        return *judge(), _Mended()
    judged = fixes.digests(site)
    result, first = judge()
    if asked.show:
        return result, first, _Mended(diff=fixes.diff(fixes.fixed_pages(site, first, judged)))
    found, pages = first, set[str]()
    for _ in range(fixes.ROUNDS):
        written = fixes.write(site, fixes.fixed_pages(site, found, judged))
        if not written:
            break
        pages.update(written)
        judged = fixes.digests(site)
        result, found = judge()
    vanished = Counter(map(_key, first)) - Counter(map(_key, found))
    return result, found, _Mended(fixed=vanished.total(), pages=len(pages))


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, finding.location.page, subject(finding)


def _place(here: Project, asked: LintRequest) -> Path | None:
    """The baseline's file: of the command line, as the shell sees it, or of the settings, as the project does."""
    if asked.baseline is not None:
        return asked.baseline
    told = here.settings.lint.baseline
    if told is None and asked.update:
        raise baseline.BaselineError(
            "--update-baseline does not know which file", hint="name it with --baseline FILE, or set `lint.baseline`"
        )
    return None if told is None else here.folder / told


def _known(place: Path | None, asked: LintRequest) -> baseline.Baseline | None:
    if place is None:
        return None
    known = baseline.read(place)
    if known is None and not asked.update:
        raise baseline.BaselineError(f"{place}: no such file", hint="write it with --update-baseline")
    return known or baseline.Baseline()


def _judged(
    book: RuleCatalog, only: frozenset[str] | None, scope: changed_since.ChangedPages | None
) -> Callable[[baseline.Entry], bool]:
    """Whether this run would have found what an entry is about; a rule that is no more finds nothing."""

    def judged(entry: baseline.Entry) -> bool:
        asked = only is None or entry.rule in only or entry.rule not in book.ids
        within = scope is None or bool(scope.why) or entry.page in scope.pages or entry.page in scope.files
        return asked and within

    return judged


def _gone(entries: list[baseline.Entry]) -> str:
    named = ", ".join(f"{each.rule} on {each.page or 'the site'}" for each in entries[:_NAMED])
    more = f", and {len(entries) - _NAMED:,} more" if len(entries) > _NAMED else ""
    occur = "finding of the baseline occurs" if len(entries) == 1 else "findings of the baseline occur"
    return f"{len(entries):,} {occur} no more ({named}{more}); --update-baseline drops what is gone"


def _scoped(site: Site, scope: changed_since.ChangedPages | None, since: str | None) -> Iterable[str]:
    if scope is None:
        return
    if scope.why:
        yield f"all pages are judged: {scope.why} was touched since {since}"
    else:
        told = f"{len(scope.pages):,} of {_counted(len(site.pages), 'page')}"
        yield f"{told} were touched since {since}; all are read, and what is found on others is left out"


def _report(
    here: Project,
    site: Site,
    result: LintResult,
    new: Iterable[Finding],
    old: Iterable[Finding],
    silenced: tuple[Silenced, ...],
    *,
    book: RuleCatalog,
    only: frozenset[str] | None,
    settings: Settings,
    notes: Iterable[str],
) -> Report:
    new, old = tuple(new), tuple(old)
    excerpts = SourceLines(site.root, project=here.folder, top=repository_root(here.folder))
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
        rules={name: text for name, text in book.texts.items() if only is None or name in only},
        frame=excerpts.frame,
        built=excerpts.built,
        source=excerpts.source,
        fails=Severity.OFF if settings.lint.fail_on == "never" else Severity(settings.lint.fail_on),
        budgets=result.budgets,
    )


def _fails(finding: Finding, least: Severity) -> bool:
    return least is not Severity.OFF and finding.severity.rank >= least.rank


def _shown(path: Path, folder: Path) -> str:
    """A file as messages name it: seen from the project where it lies in it."""
    whole, start = path.resolve(), folder.resolve()
    return whole.relative_to(start).as_posix() if whole.is_relative_to(start) else path.name


def _counted(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"
