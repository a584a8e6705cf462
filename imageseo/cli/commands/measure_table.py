"""The table at the end of `measure`: page, LCP element, the width at which it is shown, changes since the last run."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from imageseo.layout.measured_pages import MeasuredPage, MeasuredSite
from imageseo.lint.code_frame import display_width, padded, sanitized, shortened
from imageseo.model.finding import GATING
from imageseo.model.layout import Lcp

COLUMNS = 80
"""Terminal cells of the table where the output is no terminal."""
_ROWS = 20
_NARROW = 60  # cells below which each page gets lines of its own instead of a row
_WIDTH = 9  # cells of a column with widths: "1,350 px" and a space
_CHANGES = 4  # of a page
_NAMES = 3  # of pages that are gone
_VIEWPORTS = tuple(viewport.name for viewport in GATING)
_Cells = tuple[str, ...]


def as_text(site: MeasuredSite, columns: int = COLUMNS) -> str:
    """Return the table with lines of at most ``columns`` cells, changed pages first; "" if no page was measured."""
    columns = max(columns, 24)
    if not site.pages:
        return ""
    ordered = sorted(site.pages, key=lambda page: not page.differs)
    shown, left = ordered[:_ROWS], ordered[_ROWS:]
    lines = _stacked(shown, columns) if columns < _NARROW else _table(shown, columns)
    closing = []
    if left:
        changed = sum(page.differs for page in left)
        more = f", {changed:,} of them changed" if changed else ""
        closing.append(f"{len(left):,} more page{'s' if len(left) > 1 else ''}{more} (--format json lists all)")
    closing.append(_comparison(site))
    return "\n".join([*lines, "", *(line for text in closing for line in _wrapped(text, columns, ""))]) + "\n"


def as_json(site: MeasuredSite) -> Mapping[str, Any]:
    """Return the same as fields of the JSON report: ``measured``, ``gone`` and ``first_run``."""
    return {
        "first_run": site.first,
        "gone": list(site.gone),
        "measured": [
            {
                "page": page.page,
                "new": page.is_new,
                "changes": list(page.changes),
                "lcp": {name: _lcp_fields(lcp) for name, lcp in page.lcp.items()},
            }
            for page in site.pages
        ],
    }


def _lcp_fields(lcp: Lcp) -> Mapping[str, Any]:
    return {
        "kind": lcp.kind,
        "src": lcp.src,
        "chosen": lcp.chosen,
        "width": lcp.width,
        "height": lcp.height,
        "bytes": lcp.bytes,
    }


def _comparison(site: MeasuredSite) -> str:
    """Return what differs from the last run, in one line."""
    if site.first:
        return "First run: there is no earlier one to compare with."
    changed = sum(bool(page.changes) and not page.is_new for page in site.pages)
    new = sum(page.is_new for page in site.pages)
    found = []
    if changed:
        found.append(f"{changed:,} page{'s' if changed > 1 else ''} changed")
    if new:
        found.append(f"{new:,} new")
    if site.gone:
        names = ", ".join(map(sanitized, site.gone[:_NAMES])) + (", …" if len(site.gone) > _NAMES else "")
        found.append(f"{len(site.gone):,} no longer there ({names})")
    return f"Since the last run: {', '.join(found)}." if found else "Nothing has changed since the last run."


def _table(pages: Sequence[MeasuredPage], columns: int) -> list[str]:
    rows: list[tuple[_Cells, MeasuredPage | None]] = []
    for page in pages:
        cells = list(_rows(page))
        rows += [(row, page if number == len(cells) - 1 else None) for number, row in enumerate(cells)]
    head = ("Page", "LCP element", *(name.capitalize() for name in _VIEWPORTS))
    text = columns - len(_VIEWPORTS) * _WIDTH - 2
    longest = [max(display_width(row[at]) for row in (head, *(cells for cells, _ in rows))) for at in (0, 1)]
    first = min(longest[0], max(text - longest[1], text // 2))
    widths = (first, min(longest[1], text - first))
    lines = [_row(head, widths)]
    for row, page_at_end in rows:
        lines.append(_row(row, widths))
        if page_at_end is not None:
            lines += _changes(page_at_end, columns)
    return lines


def _row(cells: _Cells, widths: tuple[int, int]) -> str:
    left = "  ".join(padded(shortened(cell, width), width) for cell, width in zip(cells, widths, strict=False))
    return (left + "".join(cell.rjust(_WIDTH) for cell in cells[2:])).rstrip()


def _rows(page: MeasuredPage) -> Iterator[_Cells]:
    """Yield one row of cells, or one for each viewport if they have different LCP elements."""
    name = sanitized(page.page)
    names = {viewport: _element(lcp) for viewport, lcp in page.lcp.items()}
    if len(set(names.values())) <= 1:
        yield name, next(iter(names.values()), "not measured"), *(_px(page.lcp.get(each)) for each in _VIEWPORTS)
        return
    for viewport, element in names.items():
        widths = (_px(page.lcp[each]) if each == viewport else "" for each in _VIEWPORTS)
        yield name, element, *widths
        name = ""


def _stacked(pages: Sequence[MeasuredPage], columns: int) -> list[str]:
    """Return lines for a narrow terminal: the page, then its LCP elements below each other."""
    lines = []
    for page in pages:
        lines.append(shortened(sanitized(page.page), columns))
        for viewport, lcp in page.lcp.items():
            width = _px(lcp)
            lead, tail = f"  {viewport}: ", f", {width}" if width else ""
            lines.append(lead + shortened(_element(lcp), columns - len(lead) - len(tail)) + tail)
        if not page.lcp:
            lines.append("  not measured")
        lines += _changes(page, columns)
    return lines


def _changes(page: MeasuredPage, columns: int) -> Iterator[str]:
    texts = ["new", *page.changes] if page.is_new else list(page.changes)
    if len(texts) > _CHANGES:
        texts[_CHANGES:] = [f"and {len(texts) - _CHANGES} more"]
    for text in texts:
        yield from _wrapped(sanitized(text), columns, "    ")


def _wrapped(text: str, columns: int, indent: str) -> list[str]:
    """Return a text in lines; with wide characters they end early, because all of them might be in one line."""
    cells = columns if display_width(text) <= len(text) else columns // 2
    return textwrap.wrap(
        text, max(cells, 12), initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    ) or [indent]


def _element(lcp: Lcp) -> str:
    name = sanitized(lcp.src or "")
    if lcp.kind == "image":
        return name or "an image"
    label = "background image" if lcp.kind == "background" else lcp.kind
    return f"{label} {name}" if name else label


def _px(lcp: Lcp | None) -> str:
    return f"{round(lcp.width):,} px" if lcp is not None and lcp.width else ""
