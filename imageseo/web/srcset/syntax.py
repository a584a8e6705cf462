"""What the HTML standard forbids in `srcset`; browsers repair some of it, and drop candidates for the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from imageseo.model.facts import shorten
from imageseo.web.srcset.candidates import Candidate, SrcsetEntry, srcset_entries

_SPACE = " \t\n\f\r"
_GAP = re.compile(r"[ \t\n\f\r,]*")
_URL = re.compile(r"[^ \t\n\f\r]+")
_DESCRIPTORS = re.compile(r"(?:[^,(]+|\([^)]*\)?)*")


class SyntaxFault(NamedTuple):
    """One fault. ``what``: the end of a sentence; ``harmless``: browsers read the value as it was meant.

    ``corrected``: the value as it should be written, where that is certain.
    """

    what: str
    hint: str
    harmless: bool = False
    corrected: str | None = None


@lru_cache(maxsize=1024)
def srcset_fault(text: str) -> SyntaxFault | None:
    """Return the most serious fault of a ``srcset``; None if there is none."""
    entries = tuple(srcset_entries(text))
    if not entries:
        what = "is empty" if not text.strip(_SPACE) else "has no candidate"
        return SyntaxFault(
            what, "write candidates, `a-800w.jpg 800w, a-1600w.jpg 1600w`, or remove the attribute", True
        )
    return _dropped(entries) or _mixed(entries) or _repeated(entries) or _stray_comma(text) or _height(entries)


def _dropped(entries: Sequence[SrcsetEntry]) -> SyntaxFault | None:
    for entry in entries:
        hint = "write the file's width in px with a `w`, or a density with an `x`: `800w`, `2x`"
        if entry.candidate is None:
            what = (
                f"gives {shorten(entry.url)} the descriptor {shorten(entry.descriptors, 60)!r}, which browsers do not "
            )
            return SyntaxFault(f"{what}understand", hint)
        if entry.candidate.density == 0:
            what = f"gives {shorten(entry.url)} the density {shorten(entry.descriptors, 60)}"
            return SyntaxFault(what, "a density is more than zero: `1x`, `2x`")
    return None


def _mixed(entries: Sequence[SrcsetEntry]) -> SyntaxFault | None:
    candidates = [entry.candidate for entry in entries if entry.candidate is not None]
    widths = [each for each in candidates if each.width is not None]
    if not widths or len(widths) == len(candidates):
        return None
    other = next(each for each in candidates if each.width is None)
    what = f"mixes widths and densities: {widths[0].width}w, but {shorten(other.url)} has no width"
    return SyntaxFault(what, "give every candidate a width, or every candidate a density")


def _repeated(entries: Sequence[SrcsetEntry]) -> SyntaxFault | None:
    url_by_size: dict[str, str] = {}
    for each in (entry.candidate for entry in entries if entry.candidate is not None):
        size = descriptor(each)
        if size in url_by_size:
            what = f"has two candidates for {size}, {shorten(url_by_size[size])} and {shorten(each.url)}"
            return SyntaxFault(what, "browsers use the first: remove one, or correct its descriptor")
        url_by_size[size] = each.url
    return None


def descriptor(candidate: Candidate) -> str:
    """Return the descriptor of a candidate in its usual form; one without any is ``1x``."""
    if candidate.width is not None:
        return f"{candidate.width}w"
    return f"{1.0 if candidate.density is None else candidate.density:g}x"


def _height(entries: Sequence[SrcsetEntry]) -> SyntaxFault | None:
    entry = next((entry for entry in entries if re.search(r"(?:^|\s)\d+h(?:\s|$)", entry.descriptors)), None)
    if entry is None:
        return None
    what = f"gives {shorten(entry.url)} a height, {shorten(entry.descriptors, 60)!r}, which no browser uses"
    return SyntaxFault(what, "write the width alone", harmless=True)


def _stray_comma(text: str) -> SyntaxFault | None:
    """Return the fault of a comma without a candidate on one of its sides."""
    at, expected, pieces, stray = 0, 0, list[str](), ""
    while True:
        gap = _GAP.match(text, at)
        commas = gap[0].count(",") if gap else 0
        at = gap.end() if gap else at
        if commas > expected:
            stray = stray or ("begins with a comma" if not pieces else "has two commas in a row")
        url = _URL.match(text, at)
        if url is None:
            if commas and pieces:
                stray = "ends with a comma" if not stray or commas == 1 else stray
            break
        address = url[0].rstrip(",")
        following = len(url[0]) - len(address)
        at, descriptors = url.end(), ""
        if following:
            stray = stray or ("has two commas in a row" if following > 1 else "")
            expected = 0
        else:
            found = _DESCRIPTORS.match(text, at)
            descriptors = found[0].strip(_SPACE) if found else ""
            at = found.end() if found else at
            expected = 1
        pieces.append(f"{address} {descriptors}".strip(_SPACE))
        if following and not text[at:].strip(_SPACE + ","):
            stray = stray or "ends with a comma"
            break
    if not stray:
        return None
    corrected = ", ".join(pieces)
    return SyntaxFault(stray, "remove the comma", harmless=True, corrected=corrected)
