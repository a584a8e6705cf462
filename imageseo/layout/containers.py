"""What images of an article stand in that leaves them less room than its column: lists, quotations, notes, cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from imageseo.model.image import ImageRef, PageRegion, PageScan, Span
from imageseo.model.layout import SiteLayout
from imageseo.web.html.attributes import read
from imageseo.web.html.elements import ENDED_BY, OPTIONAL_END, SCOPES, VOID
from imageseo.web.html.tokenizer import walk

CELL = "cell"
"""In its box's name: a table's columns are as wide as what stands in them."""

_LABELS = {"li": "li", "dd": "dd", "blockquote": "blockquote", "details": "details", "td": CELL, "th": CELL}
_SAME = 2.0  # CSS px
_NOTES = ("admonition", "callout", "alert", "note")
_WANTED = frozenset({*_LABELS, "div", "img"}) | (OPTIONAL_END - {"p"}) | (SCOPES - {"body", "button"})


def containers_of(html: bytes, scan: PageScan) -> Mapping[Span, str]:
    """For the images of a page's article that stand in such a box: the names of its boxes, the outermost first
    (``li``, ``li/details``). Pages of a template have one room for all that stand in boxes of the same names.
    """
    asked: dict[int, ImageRef] = {ref.span.start: ref for ref in scan.refs if ref.region is PageRegion.ARTICLE}
    if not asked or scan.article is None:
        return {}
    lowered = html.lower().decode("latin-1")
    last, stack, found = min(max(asked), scan.article.end), list[tuple[str, str]](), dict[Span, str]()
    for name, start, end, _ in walk(lowered, _WANTED, since=scan.article.start):
        if start > last:
            break
        if name[0] == "/":
            at = _nearest(stack, name[1:])
            if at is not None:
                del stack[at:]
        elif name == "img":
            within = "/".join(label for _, label in stack if label)
            if within and start in asked:
                found[asked[start].span] = within
        elif name not in VOID:
            _imply_end(stack, name)
            stack.append((name, _label(name, lowered[start:end])))
    return found


def space_taken(layout: SiteLayout) -> Mapping[tuple[str, str], float]:
    """CSS px of the article's column that boxes take, by template and names of boxes.

    Told by the images in them that were seen, where they are narrower than elsewhere: by as much at several widths,
    which no share of the column is.
    """
    found: dict[tuple[str, str], float] = {}
    for page in layout.pages.values():
        known = layout.templates.get(page.template)
        for image in page.images:
            widest = max(image.widths, default=0.0)
            if known is None or not image.box:
                continue
            pairs = zip(image.widths, known.column, strict=False)
            lacks = sorted(max(0.0, column - px) for px, column in pairs if 0 < px < widest - 1 and column)
            if len(lacks) > 1 and lacks[1] - lacks[0] <= _SAME:
                key = (page.template, image.box)
                found[key] = min(found.get(key, lacks[0]), lacks[0])
    return found


def _nearest(stack: Sequence[tuple[str, str]], name: str) -> int | None:
    return next((at for at in range(len(stack) - 1, -1, -1) if stack[at][0] == name), None)


def _imply_end(stack: list[tuple[str, str]], starting: str) -> None:
    """As ``<li>`` ends the ``<li>`` before it."""
    for at in range(len(stack) - 1, -1, -1):
        if starting in ENDED_BY.get(stack[at][0], ()):
            del stack[at:]
            return
        if stack[at][0] in SCOPES:
            return


def _label(name: str, source: str) -> str:
    if name != "div":
        return _LABELS.get(name, "")
    classes = read(source, 1 + len(name)).get("class", "").split() if "class" in source else ()
    return "note" if any(each in _NOTES for each in classes) else ""
