"""Show a comparison as Markdown, for a comment in a pull request; the same comparison gives the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from imageseo.lint.code_frame import sanitized
from imageseo.model.humanize import format_bytes, pluralize
from imageseo.model.site_report import PictureDownload, ReportedFinding, ReportedPicture
from imageseo.pipeline.comparison.changes import BudgetLeft, FindingChange, LcpBytes, LcpChange, SiteComparison
from imageseo.pipeline.comparison.pictures import SCREENS, PictureChange, largest_download, shown_bytes
from imageseo.pipeline.comparison.sections import Section, joined
from imageseo.web import urls

_CELL = 120  # characters of a name
_MESSAGE = 240  # of a message
_NAMES = 3  # of pages in a line
_SPECIAL = re.compile(r"([\\`*_\[\]<>~$&|])")
_UNSAFE = re.compile(r"[\s<>|\\`]")  # in an address
_NOTHING = "–"


def marker(name: str) -> str:
    """Return the hidden first line by which a comment is found again. ``name``: of the job that posts it."""
    return f"<!-- imageseo:{name} -->"


def render(comparison: SiteComparison, *, name: str, preview_url: str | None = None) -> str:
    """Return the comment: at most 60 lines and less than 65,536 characters, the totals always.

    ``preview_url``: where the changed site can be seen, for links to its images; by default its own URL.
    """
    links = _Links(comparison.url_before, preview_url or comparison.url_after)
    top = [marker(name), "## Images in this change", "", _totals(comparison), *_remarks(comparison)]
    return joined(top, [section for section in _sections(comparison, links) if section.rows])


def _totals(comparison: SiteComparison) -> str:
    """Return the line of totals."""
    before, after = comparison.before, comparison.after
    sums = [
        f"{screen.capitalize()} {_bytes_change(was.after, now.after)}"
        for screen, was, now in zip(SCREENS, (before.phone, before.desktop), (after.phone, after.desktop), strict=True)
    ]
    if comparison.is_empty:
        shown = f"{pluralize(after.pictures, 'image')} on {pluralize(after.pages, 'page')}"
        return f"Nothing changes: {shown}. {'; '.join(sums)}."
    pictures, lcp = comparison.pictures, comparison.lcp
    counts = {
        "added": len(pictures.added),
        "replaced": len(pictures.replaced),
        "encoded differently": len(pictures.encoded),
        "renamed": len(pictures.renamed),
        "removed": len(pictures.removed),
    }
    old = [each for each in lcp if not each.is_new]
    moves = {
        "LCP bytes grew on": sum(each.difference > 0 for each in old),
        "LCP bytes shrank on": sum(each.difference < 0 for each in old),
    }
    found = sum(each.count for each in comparison.new_findings), sum(each.count for each in comparison.gone_findings)
    parts = [
        f"**{'; '.join(sums)}**",
        f"images: {', '.join(f'{number:,} {what}' for what, number in counts.items() if number) or 'unchanged'}",
        *(f"{what} {pluralize(number, 'page')}" for what, number in moves.items() if number),
        *([f"findings: {found[0]:,} new, {found[1]:,} gone"] if any(found) else []),
    ]
    return " · ".join(parts)


def _remarks(comparison: SiteComparison) -> Iterator[str]:
    for what, pages in (("added", comparison.pages_added), ("removed", comparison.pages_removed)):
        if pages:
            yield ""
            yield f"{pluralize(len(pages), 'page')} with images {what}: {_some(pages)}"
    if comparison.unrecorded:
        number = pluralize(len(comparison.unrecorded), "page")
        yield ""
        yield f"{number} cannot be found in the build cache: quality is unknown there, findings of builds are left out."


def _sections(comparison: SiteComparison, links: _Links) -> list[Section]:
    pictures = comparison.pictures
    return [
        Section(
            title=f"LCP bytes: {pluralize(len(comparison.lcp), 'page')}",
            head=("| Page | Phone | Desktop | Budget left |", "|---|---|---|---|"),
            rows=[_lcp_row(change) for change in comparison.lcp],
            more="| {} more pages | | | |",
            share=2,
        ),
        Section(
            title=f"Findings: {_total(comparison.new_findings)} new",
            rows=[_finding_row(change) for change in comparison.new_findings],
            more="- {} more",
            share=2,
        ),
        _table(
            f"Images replaced: {len(pictures.replaced):,}",
            [_both_row(change, links) for change in pictures.replaced],
            share=2,
        ),
        _table(f"Images added: {len(pictures.added):,}", [_single_row(change, links) for change in pictures.added]),
        _table(
            f"Images encoded differently: {len(pictures.encoded):,}",
            [_both_row(change, links) for change in pictures.encoded],
        ),
        _table(
            f"Images removed: {len(pictures.removed):,}", [_single_row(change, links) for change in pictures.removed]
        ),
        Section(
            title=f"Images renamed: {len(pictures.renamed):,}",
            rows=[_renamed_row(change) for change in pictures.renamed],
            more="- {} more",
        ),
        Section(
            title=f"Findings: {_total(comparison.gone_findings)} gone",
            rows=[_finding_row(change) for change in comparison.gone_findings],
            more="- {} more",
        ),
    ]


def _table(title: str, rows: Sequence[str], *, share: int = 1) -> Section:
    head = ("| Image | Thumbnail | Phone | Desktop | Quality |", "|---|---|---|---|---|")
    return Section(title=title, head=head, rows=rows, more="| {} more | | | | |", share=share)


def _lcp_row(change: LcpChange) -> str:
    cells = {each.viewport: _lcp_bytes(each, is_new=change.is_new) for each in change.bytes}
    name = _cell(change.source or change.page)
    label = f"{name} (new)" if change.is_new else name
    cell = [cells.get(viewport, _NOTHING) for viewport in ("mobile", "desktop")]
    return f"| {label} | {cell[0]} | {cell[1]} | {_left(change.budget)} |"


def _lcp_bytes(each: LcpBytes, *, is_new: bool) -> str:
    if is_new and each.after is not None:
        return format_bytes(each.after)
    return _bytes_change(each.before, each.after)


def _left(budget: BudgetLeft | None) -> str:
    if budget is None:
        return _NOTHING
    limit = f"{format_bytes(budget.limit)} ({budget.viewport})"
    if budget.left < 0:
        return f"**over by {format_bytes(-budget.left)}** of {limit}"
    return f"{format_bytes(budget.left)} of {limit}, {budget.share:.0%}"


def _both_row(change: PictureChange, links: _Links) -> str:
    before, after = change.before, change.after
    assert before is not None
    assert after is not None
    thumbnails = f"{links.before(before, 'before')} → {links.after(after, 'after')}"
    cells = [_bytes_change(shown_bytes(before, screen), shown_bytes(after, screen)) for screen in SCREENS]
    was, now = largest_download(before), largest_download(after)
    is_known = was is not None and (was.quality is not None or now is None or was.format != now.format)
    quality = f"{_quality(was)} → {_quality(now)}" if is_known and _quality(was) != _quality(now) else _quality(now)
    return f"| {_cell(after.source)} | {thumbnails} | {cells[0]} | {cells[1]} | {quality} |"


def _single_row(change: PictureChange, links: _Links) -> str:
    picture = change.after or change.before
    assert picture is not None
    thumbnails = links.before(picture, "before") if change.after is None else links.after(picture, "after")
    cells = [format_bytes(shown_bytes(picture, screen) or 0) for screen in SCREENS]
    quality = _quality(largest_download(picture))
    return f"| {_cell(picture.source)} | {thumbnails} | {cells[0]} | {cells[1]} | {quality} |"


def _renamed_row(change: PictureChange) -> str:
    names = (each.source for each in (change.before, change.after) if each is not None)
    return f"- {' → '.join(map(_code, names))}"


def _finding_row(change: FindingChange) -> str:
    finding = change.finding
    more = f" ({change.count:,} times)" if change.count > 1 else ""
    return f"- **{_text(finding.severity)}** {_code(finding.rule)} {_place(finding)}: {_text(finding.message)}{more}"


def _place(finding: ReportedFinding) -> str:
    name = finding.source or finding.page
    if not name:
        return "the site as a whole"
    line = "" if finding.line is None or finding.source else f":{finding.line}"
    return _code(f"{name}{line}")


def _quality(download: PictureDownload | None) -> str:
    """Return format, quality and score of a file, as far as they are known."""
    if download is None:
        return _NOTHING
    number = "" if download.quality is None else f" {download.quality}"
    score = "" if download.score is None else f" (score {download.score:g})"
    return f"{_text(download.format.upper())}{number}{score}"


class _Links:
    """Links to images of the published site and of the changed one; their paths where there is no URL."""

    def __init__(self, before: str | None, after: str | None) -> None:
        self._before, self._after = before, after

    def before(self, picture: ReportedPicture, label: str) -> str:
        return self._link(self._before, picture, label)

    def after(self, picture: ReportedPicture, label: str) -> str:
        return self._link(self._after, picture, label)

    def _link(self, base: str | None, picture: ReportedPicture, label: str) -> str:
        size = f"{picture.width}×{picture.height}"
        if base is None:
            return f"{_cell(picture.thumbnail)} {size}"
        try:
            address = urls.absolute(base, picture.thumbnail)
        except UnicodeEncodeError:  # a name in the JSON that is no text
            return size
        return f"[{label}](<{re.sub(_UNSAFE, '', address)}>) {size}"


def _bytes_change(before: int | None, after: int | None) -> str:
    if before is None or after is None:
        return f"{_bytes_or_none(before)} → {_bytes_or_none(after)}" if before != after else _NOTHING
    if before == after:
        return format_bytes(after)
    share = f" ({after / before - 1:+.0%})" if before else ""
    return f"{format_bytes(before)} → {format_bytes(after)}{share}"


def _bytes_or_none(count: int | None) -> str:
    return "none" if count is None else format_bytes(count)


def _total(changes: Sequence[FindingChange]) -> str:
    return f"{sum(each.count for each in changes):,}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMES:,} more" if len(names) > _NAMES else ""
    return ", ".join(map(_code, names[:_NAMES])) + more


def _cell(name: str) -> str:
    """Return a name as code in a table, where a bar would end the cell even in code."""
    return _code(name).replace("|", "\\|")


def _code(name: str) -> str:
    """Return a name as code: nothing in it is Markdown or a mention."""
    shown = _shortened(sanitized(name))
    fence = "`" * (1 + max(map(len, re.findall(r"`+", shown)), default=0))
    pad = " " if "`" in shown else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _text(text: str) -> str:
    """Return a text in which nothing is Markdown, HTML, a mention or a reference to an issue."""
    escaped = _SPECIAL.sub(r"\\\1", _shortened(sanitized(text), _MESSAGE))
    return re.sub(r"(@|#|GH-)(?=\w)", r"\1<!-- -->", escaped)


def _shortened(text: str, limit: int = _CELL) -> str:
    return text if len(text) <= limit else f"{text[: limit // 2]}…{text[-limit // 2 :]}"
