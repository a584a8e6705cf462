"""Containers that make an image narrower than its article's column: lists, quotations, notes, table cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from imageseo.model.image import ImageRef, PageRegion, PageScan, Span
from imageseo.model.layout import SiteLayout
from imageseo.web.html.attributes import read
from imageseo.web.html.elements import ENDED_BY, OPTIONAL_END, SCOPES, VOID
from imageseo.web.html.tokenizer import walk

CELL = "cell"
"""Part of a container's name. The width of a table column depends on its content, so it cannot be predicted."""

_LABELS = {"li": "li", "dd": "dd", "blockquote": "blockquote", "details": "details", "td": CELL, "th": CELL}
_TOLERANCE = 2.0  # CSS px
_NOTE_CLASSES = ("admonition", "callout", "alert", "note")
_TAGS = frozenset({*_LABELS, "div", "img"}) | (OPTIONAL_END - {"p"}) | (SCOPES - {"body", "button"})


def containers_of(html: bytes, scan: PageScan) -> Mapping[Span, str]:
    """Return the containers of the images in a page's article: their names, outermost first (``li``, ``li/details``).

    Images outside containers are left out. Within a template, containers with the same names are equally wide.
    """
    images: dict[int, ImageRef] = {ref.span.start: ref for ref in scan.refs if ref.region is PageRegion.ARTICLE}
    if not images or scan.article is None:
        return {}
    lowered = html.lower().decode("latin-1")
    end_of_images, stack, found = min(max(images), scan.article.end), list[tuple[str, str]](), dict[Span, str]()
    for name, start, end, _ in walk(lowered, _TAGS, since=scan.article.start):
        if start > end_of_images:
            break
        if name[0] == "/":
            index = _find_open(stack, name[1:])
            if index is not None:
                del stack[index:]
        elif name == "img":
            names = "/".join(label for _, label in stack if label)
            if names and start in images:
                found[images[start].span] = names
        elif name not in VOID:
            _imply_end(stack, name)
            stack.append((name, _label(name, lowered[start:end])))
    return found


def space_taken(layout: SiteLayout) -> Mapping[tuple[str, str], float]:
    """Return CSS px by which containers are narrower than the article's column, by template and container names.

    Computed from measured images inside them that are narrower than the column by the same amount at several widths;
    an image that takes a share of the column does not qualify.
    """
    found: dict[tuple[str, str], float] = {}
    for page in layout.pages.values():
        template = layout.templates.get(page.template)
        for image in page.images:
            widest = max(image.widths, default=0.0)
            if template is None or not image.box:
                continue
            pairs = zip(image.widths, template.column, strict=False)
            missing = sorted(max(0.0, column - px) for px, column in pairs if 0 < px < widest - 1 and column)
            if len(missing) > 1 and missing[1] - missing[0] <= _TOLERANCE:
                key = (page.template, image.box)
                found[key] = min(found.get(key, missing[0]), missing[0])
    return found


def _find_open(stack: Sequence[tuple[str, str]], name: str) -> int | None:
    return next((index for index in range(len(stack) - 1, -1, -1) if stack[index][0] == name), None)


def _imply_end(stack: list[tuple[str, str]], starting: str) -> None:
    """Close the element that a start tag ends, as ``<li>`` ends the ``<li>`` before it."""
    for index in range(len(stack) - 1, -1, -1):
        if starting in ENDED_BY.get(stack[index][0], ()):
            del stack[index:]
            return
        if stack[index][0] in SCOPES:
            return


def _label(name: str, source: str) -> str:
    if name != "div":
        return _LABELS.get(name, "")
    classes = read(source, 1 + len(name)).get("class", "").split() if "class" in source else ()
    return "note" if any(each in _NOTE_CLASSES for each in classes) else ""
