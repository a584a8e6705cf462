"""Which of the images with the same file on a page an image is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from imageseo.model.finding import Occurrence
from imageseo.model.image import ImageRef, PageRegion, Span

_LINK = re.compile(r"\A[{|](?:static|attach|filename)[|}]")
_last: tuple[tuple[ImageRef, ...], Mapping[Span, Occurrence]] = ((), {})


def occurrence_of(ref: ImageRef, refs: tuple[ImageRef, ...]) -> Occurrence | None:
    """Return the occurrence of an image of a page; None for one that is not among the images of its scan."""
    global _last
    known, found = _last
    if known is not refs:  # findings come page by page
        found = _occurrences(refs)
        _last = (refs, found)
    return found.get(ref.span)


def is_inserted_hero(ref: ImageRef) -> bool:
    """Whether imageseo has inserted an image into the page, by the marker that it gives to such heroes."""
    return ref.get("data-imageseo") == "height hero"


def path_parts(url: str) -> tuple[str, ...]:
    """Return the parts of a URL's path without those that lead upwards, empty for a data URL or a folder.

    Pelican's `{static}` is no part.
    """
    if not url or url[:5].lower() == "data:":
        return ()
    try:
        path = unquote(urlsplit(_LINK.sub("", url.strip())).path)
    except ValueError:
        return ()
    return () if path.endswith("/") else tuple(part for part in path.split("/") if part not in ("", ".", ".."))


def _occurrences(refs: tuple[ImageRef, ...]) -> Mapping[Span, Occurrence]:
    """Return them by the span of the tag. A hero that imageseo has inserted is in no source, and not counted."""
    alike: dict[tuple[str, ...], list[ImageRef]] = {}
    for ref in refs:
        if not is_inserted_hero(ref):
            alike.setdefault(path_parts(ref.src), []).append(ref)
    found: dict[Span, Occurrence] = {}
    for group in alike.values():
        article = [ref.span for ref in group if ref.region is PageRegion.ARTICLE]
        numbers = {span: number for number, span in enumerate(article)}
        for index, ref in enumerate(group):
            found[ref.span] = Occurrence(index, len(group), numbers.get(ref.span), len(article))
    return found
