"""Parses srcset attributes and selects candidates as browsers do."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from imageseo.model.finding import Viewport
from imageseo.model.image import ImageRef, SourceTag
from imageseo.web.css.media_queries import matches
from imageseo.web.srcset.sizes import source_size

# fmt: off
__all__ = [
    "MIMES",
    "Candidate",
    "choose",
    "chosen_url",
    "chosen_url_of",
    "has_width_descriptors",
    "parse_srcset",
    "source_matches",
    "source_size",
    "srcset_entries",
]
# fmt: on

# Image types that Chromium 156 decodes; it skips a <source> of any other type.
MIMES = frozenset(
    f"image/{name}"
    for name in ("avif", "webp", "jpeg", "jpg", "pjpeg", "png", "apng", "gif", "svg+xml", "bmp", "x-icon",
                 "vnd.microsoft.icon", "jxl")
)  # fmt: skip
_SPACE = " \t\n\f\r"
# Integers as browsers read them: up to nine digits always fit into a 32-bit int.
_DESCRIPTOR = re.compile(
    r"0*(\d{1,9})w|0*(\d{1,9})h|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|-?\.\d+(?:[eE][+-]?\d+)?)x", re.ASCII
)


_MAX_DESCRIPTOR = 500  # characters


class Candidate(NamedTuple):
    """One candidate of a srcset: ``width`` in px from a ``w`` descriptor, or ``density`` from ``x``, or neither."""

    url: str
    width: int | None = None
    density: float | None = None


class SrcsetEntry(NamedTuple):
    """One entry of a srcset as written. ``candidate``: ``None`` if browsers drop the entry for its descriptors."""

    url: str
    descriptors: str
    candidate: Candidate | None


@lru_cache(maxsize=1024)  # facts and rules parse the same srcsets of a page
def parse_srcset(text: str) -> tuple[Candidate, ...]:
    """Return the candidates in source order, without those that browsers drop for invalid descriptors."""
    return tuple(entry.candidate for entry in srcset_entries(text) if entry.candidate is not None)


def srcset_entries(text: str) -> Iterator[SrcsetEntry]:
    """Yield the entries in source order, including those that browsers drop."""
    at = 0
    while True:
        while at < len(text) and (text[at] in _SPACE or text[at] == ","):
            at += 1
        if at >= len(text):
            return
        start = at
        while at < len(text) and text[at] not in _SPACE:
            at += 1
        url = text[start:at]
        descriptors = ""
        if url.endswith(","):
            url = url.rstrip(",")
        else:
            start, depth = at, 0
            while at < len(text) and (depth or text[at] != ","):
                depth += {"(": 1, ")": -1}.get(text[at], 0) if depth or text[at] == "(" else 0
                at += 1
            descriptors = text[start:at]
        yield SrcsetEntry(url, descriptors.strip(), _parse_descriptors(url, descriptors.split()))


def choose(candidates: Sequence[Candidate], slot: float, dpr: float) -> Candidate | None:
    """Return the candidate for a slot in CSS px; ``None`` if there are no candidates.

    It is the one with the lowest density that suffices for the screen, else the one with the highest; the first of
    equals. Measured with Chromium 156. (Older versions took the smaller of two neighbours below their geometric mean,
    which never costs more bytes.)
    """
    ranked = sorted(((_density(candidate, slot), candidate) for candidate in candidates), key=lambda pair: pair[0])
    sufficient = next((candidate for density, candidate in ranked if density >= dpr), None)
    if sufficient is not None or not ranked:
        return sufficient
    return next(candidate for density, candidate in ranked if density == ranked[-1][0])


def chosen_url(
    sources: Sequence[SourceTag],
    fallback_src: str,
    viewport: Viewport,
    mimes: Collection[str] = MIMES,
    *,
    srcset: str | None = None,
    sizes: str | None = None,
    lazy: bool = True,
) -> str:
    """Return the URL that a browser shows.

    ``srcset``, ``sizes``: of the ``<img>`` itself. ``lazy``: it has ``loading=lazy``, so that ``sizes=auto`` is valid.
    """
    for source in sources:
        if not source_matches(source.type, source.media, viewport, mimes):
            continue
        candidate = choose(parse_srcset(source.srcset), source_size(source.sizes, viewport, lazy=lazy), viewport.dpr)
        if candidate is not None:
            return candidate.url
    img_candidates = list(parse_srcset(srcset or ""))
    # src is the 1x candidate of a srcset with densities; with widths it is not a candidate.
    if (
        fallback_src
        and not any(candidate.width for candidate in img_candidates)
        and not any(_density(candidate, 1) == 1.0 for candidate in img_candidates)
    ):
        img_candidates.append(Candidate(fallback_src))
    candidate = choose(img_candidates, source_size(sizes, viewport, lazy=lazy), viewport.dpr)
    return candidate.url if candidate else fallback_src


def source_matches(
    media_type: str | None, media: str | None, viewport: Viewport, mimes: Collection[str] = MIMES
) -> bool:
    """Whether a browser uses a ``<source>`` or preload with this ``type`` and ``media``."""
    kind = (media_type or "").split(";")[0].strip().lower()
    return (not kind or kind in mimes) and matches(media, viewport)


def has_width_descriptors(srcset: str | None) -> bool:
    """Whether a srcset has width descriptors, so that ``sizes`` applies."""
    return any(candidate.width is not None for candidate in parse_srcset(srcset or ""))


def chosen_url_of(ref: ImageRef, viewport: Viewport, mimes: Collection[str] = MIMES) -> str:
    """Return the URL that a browser shows for an ``<img>`` with its current markup."""
    lazy = (ref.get("loading") or "").strip().lower() == "lazy"
    return chosen_url(
        ref.sources, ref.src, viewport, mimes, srcset=ref.get("srcset"), sizes=ref.get("sizes"), lazy=lazy
    )


def _density(candidate: Candidate, slot: float) -> float:
    if candidate.width is not None:
        return candidate.width / slot if slot > 0 else math.inf
    return 1.0 if candidate.density is None else candidate.density


def _parse_descriptors(url: str, descriptors: Sequence[str]) -> Candidate | None:
    width: int | None = None
    density: float | None = None
    height = False
    for text in descriptors:
        # Nothing that somebody wrote is longer, and a number of a million digits takes minutes to read.
        match = _DESCRIPTOR.fullmatch(text) if len(text) <= _MAX_DESCRIPTOR else None
        if match is None:
            return None
        if match[1] is not None and width is None and density is None and int(match[1]) > 0:
            width = int(match[1])
        elif match[2] is not None and not height and density is None and int(match[2]) > 0:
            height = True
        elif match[3] is not None and density is None and width is None and not height:
            density = float(match[3])
            if not 0 <= density < math.inf:
                return None
        else:
            return None
    if height and width is None:
        return None
    return Candidate(url, width, density)
