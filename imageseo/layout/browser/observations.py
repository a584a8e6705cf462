"""Convert the scripts' results for a page at each viewport into a PageLayout with site paths."""

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
_MAX_URL = 200  # characters; a data: URL may be very long


@dataclass(frozen=True, slots=True, kw_only=True)
class PageToMeasure:
    """A page to open. ``names``: keys of its images in page order; ``srcs``: their ``src`` on loopback, from
    ``normalized_src``.

    ``article``: its article's start tag for read_page.js; None if it has none. ``boxes``: containers of images that are
    in one.
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
    """Script results for a page. ``snapshots``: of snapshot.js, by viewport name; ``wide``: of image_widths.js."""

    snapshots: dict[str, Mapping[str, Any]]
    wide: Mapping[str, Any] | None = None


def article_of(html: bytes, scan: PageScan) -> Mapping[str, Any] | None:
    """Return name and attributes of the article's start tag, and the number of equal tags before it."""
    if scan.article is None:
        return None
    end = scan.article.start
    offsets = range(max(0, end - 1024), end)
    starts = (at for at in offsets if html[at : at + 1] == b"<" and (tag := _TAG.match(html, at)) and tag.end() == end)
    start = next(starts, None)
    if start is None:
        return None
    text = html[start:end].decode(scan.charset, "replace")
    name = text[1:].split(None, 1)[0].rstrip(">").lower()
    attributes = {
        key: value for key, value in attributes_of(text, 1 + len(name)).items() if not key.startswith("data-")
    }
    return {"name": name, "attributes": attributes, "nth": html.count(html[start:end], 0, start)}


def to_page_layout(
    page: PageToMeasure,
    observation: PageObservation,
    *,
    served: SiteServer,
    size: Callable[[str], int | None],
    fade_ms: float,
) -> PageLayout:
    """Return the measured layout of a page. ``size``: bytes of a file of the site. ``fade_ms``: limit of fades."""
    wide = _widths_by_image(page, observation)
    not_shown = (0.0,) * len(observation.wide["rows"]) if observation.wide else ()
    tops: dict[int, dict[str, float]] = {}
    lcps: dict[str, Lcp] = {}
    for viewport, snapshot in observation.snapshots.items():
        indexes = match_images([image["src"] for image in snapshot["images"]], page.srcs, page.url)
        for image, index in zip(snapshot["images"], indexes, strict=True):
            if index is not None and index in wide and image["top"] is not None:
                tops.setdefault(index, {})[viewport] = image["top"]
        lcps[viewport] = _lcp(snapshot, indexes, page.names, served, size, fade_ms)
    return PageLayout(
        page=page.path,
        template=page.template,
        lcp=lcps,
        cls={viewport: snapshot["cls"] for viewport, snapshot in observation.snapshots.items()},
        # An image that a script removes is not shown, but still in the page's source.
        images=tuple(
            ShownImage(
                src=src,
                nth=nth,
                widths=wide.get(index, not_shown),
                tops=tops.get(index, {}),
                box=page.boxes.get((src, nth), ""),
            )
            for index, (src, nth) in enumerate(page.names if observation.wide is not None else ())
        ),
    )


def column_widths(observation: PageObservation) -> tuple[float, ...]:
    """Return CSS px of the article's column at each width."""
    return tuple(row["column"] for row in observation.wide["rows"]) if observation.wide else ()


def frame_agrees(page: PageToMeasure, snapshot: Mapping[str, Any], wide: Mapping[str, Any], row: int) -> bool:
    """Whether images and column are as wide in the frame as in a window of that width; scripts may distinguish them."""
    if abs(wide["rows"][row]["column"] - snapshot["read"]["column"]) > 2:
        return False
    # A script may add an image between the two snapshots.
    framed = dict(zip(match_images(wide["srcs"], page.srcs, page.url), wide["rows"][row]["images"], strict=False))
    indexes = match_images([image["src"] for image in snapshot["images"]], page.srcs, page.url)
    if any(width > 2 for index, width in framed.items() if index is not None and index not in indexes):
        return False  # a script has removed the image
    for index, image, width in zip(indexes, snapshot["images"], snapshot["read"]["images"], strict=False):
        if index is not None and image["sized"] and abs(framed.get(index, 0.0) - width) > 2:
            return False
    return True


def normalized_src(src: str, base: str) -> str:
    """Return the absolute, unescaped URL of a ``src``: scripts make it absolute, and browsers escape it."""
    src = src.strip()
    if src[:5].lower() == "data:":
        return src
    try:
        return unquote(urljoin(base, src))
    except ValueError:  # an invalid IPv6 address
        return src


def match_images(shown: Sequence[str], written: Sequence[str], base: str) -> list[int | None]:
    """Return the index in the page of each image of a document; the first with a ``src`` matches the first with it.

    ``shown``: each ``src`` as resolved by the browser. ``written``: from ``normalized_src``. None: added by a script.
    """
    positions: dict[str, list[int]] = {}
    for index, src in enumerate(written):
        positions.setdefault(src, []).append(index)
    counts: dict[str, int] = {}
    found: list[int | None] = []
    for src in (normalized_src(url, base) for url in shown):
        number = counts.get(src, 0)
        counts[src] = number + 1
        indexes = positions.get(src, ())
        found.append(indexes[number] if number < len(indexes) else None)
    return found


def _widths_by_image(page: PageToMeasure, observation: PageObservation) -> Mapping[int, tuple[float, ...]]:
    if observation.wide is None:
        return {}
    indexes = match_images(observation.wide["srcs"], page.srcs, page.url)
    rows = [row["images"] for row in observation.wide["rows"]]
    # A missing image is as wide as its alternative text, in the font of that moment.
    return {
        index: tuple(row[at] if at < len(row) else 0.0 for row in rows)
        for at, (index, sized) in enumerate(zip(indexes, observation.wide["sized"], strict=True))
        if index is not None and sized
    }


def _lcp(
    snapshot: Mapping[str, Any],
    indexes: Sequence[int | None],
    names: Sequence[Name],
    served: SiteServer,
    size: Callable[[str], int | None],
    fade_ms: float,
) -> Lcp:
    lcp = snapshot["lcp"]
    if lcp["kind"] == "none":
        return Lcp(kind="none")
    url = lcp.get("url") or ""
    path = served.path(url) if url else None
    chosen = (path or url.replace(served.origin, "")[:_MAX_URL]) if url else None
    index = lcp.get("index", -1)
    image = indexes[index] if 0 <= index < len(indexes) else None
    src, nth = names[image] if image is not None else (chosen, 0)
    natural = lcp.get("natural")
    weight = snapshot["bytes"] or (size(path) if path is not None else None)
    return Lcp(
        kind=lcp["kind"],
        src=src,
        nth=nth,
        chosen=chosen,
        width=lcp.get("width", 0.0),
        height=lcp.get("height", 0.0),
        natural=(natural[0], natural[1]) if natural and natural[0] else None,
        bytes=weight,
        fade_ms=min(lcp.get("fade", 0.0), fade_ms),
    )
