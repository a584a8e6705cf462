"""What scripts say of a page at each viewport, as one PageLayout with the names that the site's own files have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urljoin

from imageseo.layout.browser.server import SiteServer
from imageseo.layout.measurements import Name
from imageseo.model.image import PageScan
from imageseo.model.layout import Lcp, PageLayout, ShownImage
from imageseo.web.html.attributes import read as attributes_of

_TAG = re.compile(rb"""<([a-zA-Z][a-zA-Z0-9-]*)(?:\s(?:"[^"]*"|'[^']*'|[^>"'])*)?>""")
_LONG = 200  # characters; a data: URL may be as long as a book


@dataclass(frozen=True, slots=True, kw_only=True)
class PageToMeasure:
    """A page to be opened. ``names``: of its images in page order; ``srcs``: where their ``src`` leads on
    loopback, as ``settled`` has it.

    ``article``: its article's start tag for read_page.js; None where it has none. ``boxes``: of its images, where they
    stand in one.
    """

    path: str
    url: str
    source: str | None
    template: str
    names: Sequence[Name]
    srcs: Sequence[str]
    article: Mapping[str, Any] | None
    boxes: Mapping[Name, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class PageObservation:
    """What was seen of it. ``looks``: viewport name -> as snapshot.js says; ``wide``: as image_widths.js says."""

    looks: dict[str, Mapping[str, Any]]
    wide: Mapping[str, Any] | None = None


def article_of(html: bytes, scan: PageScan) -> Mapping[str, Any] | None:
    """Name and attributes of the start tag of a page's article, and how often the very same stands before it."""
    if scan.article is None:
        return None
    end = scan.article.start
    room = range(max(0, end - 1024), end)
    starts = (at for at in room if html[at : at + 1] == b"<" and (hit := _TAG.match(html, at)) and hit.end() == end)
    start = next(starts, None)
    if start is None:
        return None
    tag = html[start:end].decode(scan.charset, "replace")
    name = tag[1:].split(None, 1)[0].rstrip(">").lower()
    written = {key: value for key, value in attributes_of(tag, 1 + len(name)).items() if not key.startswith("data-")}
    return {"name": name, "attributes": written, "nth": html.count(html[start:end], 0, start)}


def layout(
    asked: PageToMeasure,
    seen: PageObservation,
    *,
    served: SiteServer,
    size: Callable[[str], int | None],
    fade_ms: float,
) -> PageLayout:
    """The page as it was seen. ``size``: bytes of a file of the site. ``fade_ms``: what a fade without end counts."""
    wide = _wide(asked, seen)
    nowhere = (0.0,) * len(seen.wide["rows"]) if seen.wide else ()
    tops: dict[int, dict[str, float]] = {}
    lcps: dict[str, Lcp] = {}
    for viewport, look in seen.looks.items():
        own = match([image["src"] for image in look["images"]], asked.srcs, asked.url)
        for image, index in zip(look["images"], own, strict=True):
            if index is not None and index in wide and image["top"] is not None:
                tops.setdefault(index, {})[viewport] = image["top"]
        lcps[viewport] = _lcp(look, own, asked.names, served, size, fade_ms)
    return PageLayout(
        page=asked.path,
        template=asked.template,
        lcp=lcps,
        cls={viewport: look["cls"] for viewport, look in seen.looks.items()},
        # One that a script took away is not shown, and yet no news to whoever reads the page.
        images=tuple(
            ShownImage(
                src=src,
                nth=nth,
                widths=wide.get(index, nowhere),
                tops=tops.get(index, {}),
                box=asked.boxes.get((src, nth), ""),
            )
            for index, (src, nth) in enumerate(asked.names if seen.wide is not None else ())
        ),
    )


def column(seen: PageObservation) -> tuple[float, ...]:
    """CSS px of the article's column at each width."""
    return tuple(row["column"] for row in seen.wide["rows"]) if seen.wide else ()


def frame_agrees(asked: PageToMeasure, look: Mapping[str, Any], wide: Mapping[str, Any], row: int) -> bool:
    """Whether images and column are as wide in the frame as in a window of that width: scripts may tell them apart."""
    if abs(wide["rows"][row]["column"] - look["read"]["column"]) > 2:
        return False
    # A script may add an image between the two looks.
    framed = dict(zip(match(wide["srcs"], asked.srcs, asked.url), wide["rows"][row]["images"], strict=False))
    own = match([image["src"] for image in look["images"]], asked.srcs, asked.url)
    if any(width > 2 for index, width in framed.items() if index is not None and index not in own):
        return False  # a script has taken it away
    for index, image, width in zip(own, look["images"], look["read"]["images"], strict=False):
        if index is not None and image["sized"] and abs(framed.get(index, 0.0) - width) > 2:
            return False
    return True


def normalized_src(src: str, base: str) -> str:
    """Where a ``src`` leads, in one spelling: scripts of themes make it absolute, browsers escape it anew."""
    src = src.strip()
    if src[:5].lower() == "data:":
        return src
    try:
        return unquote(urljoin(base, src))
    except ValueError:  # a bracket where no address of six bytes is
        return src


def match(shown: Sequence[str], written: Sequence[str], base: str) -> list[int | None]:
    """For each image of a document which one of the page it is: the first with a ``src`` is the first with it.

    ``shown``: as browsers resolved it. ``written``: settled. None for what scripts have put there.
    """
    places: dict[str, list[int]] = {}
    for index, src in enumerate(written):
        places.setdefault(src, []).append(index)
    counts: dict[str, int] = {}
    found: list[int | None] = []
    for src in (normalized_src(each, base) for each in shown):
        number = counts.get(src, 0)
        counts[src] = number + 1
        known = places.get(src, ())
        found.append(known[number] if number < len(known) else None)
    return found


def _wide(asked: PageToMeasure, seen: PageObservation) -> Mapping[int, tuple[float, ...]]:
    if seen.wide is None:
        return {}
    own = match(seen.wide["srcs"], asked.srcs, asked.url)
    rows = [row["images"] for row in seen.wide["rows"]]
    # What did not arrive is as wide as its alternative text, in whichever font was there just then.
    return {
        index: tuple(row[at] if at < len(row) else 0.0 for row in rows)
        for at, (index, sized) in enumerate(zip(own, seen.wide["sized"], strict=True))
        if index is not None and sized
    }


def _lcp(
    look: Mapping[str, Any],
    own: Sequence[int | None],
    names: Sequence[Name],
    served: SiteServer,
    size: Callable[[str], int | None],
    fade_ms: float,
) -> Lcp:
    told = look["lcp"]
    if told["kind"] == "none":
        return Lcp(kind="none")
    url = told.get("url") or ""
    path = served.path(url) if url else None
    chosen = (path or url.replace(served.origin, "")[:_LONG]) if url else None
    index = told.get("index", -1)
    known = own[index] if 0 <= index < len(own) else None
    src, nth = names[known] if known is not None else (chosen, 0)
    natural = told.get("natural")
    weight = look["bytes"] or (size(path) if path is not None else None)
    return Lcp(
        kind=told["kind"],
        src=src,
        nth=nth,
        chosen=chosen,
        width=told.get("width", 0.0),
        height=told.get("height", 0.0),
        natural=(natural[0], natural[1]) if natural and natural[0] else None,
        bytes=weight,
        fade_ms=min(told.get("fade", 0.0), fade_ms),
    )
