"""The style sheets that a page applies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from imageseo.model.image import Span, StyleSource
from imageseo.web.html.attributes import Tag
from imageseo.web.html.edits import MARKER

Values = Mapping[str, str]


def style_sources(links: Iterable[tuple[Tag, Values]], styles: Iterable[tuple[Tag, Values]]) -> tuple[StyleSource, ...]:
    """Return the sheets of the ``<link>`` and ``<style>`` elements of a page, in order of the document."""
    found = {}
    for tag, values in links:
        media = _sheet_media(values)
        if media is not None:
            found[tag.start] = StyleSource(values["href"], None, media)
    for tag, values in styles:
        if MARKER not in values:
            found[tag.start] = StyleSource(None, Span(tag.end, tag.close), values.get("media", ""))
    return tuple(found[start] for start in sorted(found))


def _sheet_media(link: Mapping[str, str]) -> str | None:
    """Return the media of a ``<link>`` to a style sheet; ``None`` for any other link, and for sheets not applied.

    Sheets that a handler applies once they are loaded (``rel=preload`` or ``media=print`` with ``onload``) count.
    """
    rel, media = link.get("rel", "").lower().split(), link.get("media", "")
    if "href" not in link or "disabled" in link or "alternate" in rel:
        return None
    if "preload" in rel and link.get("as", "").lower() == "style" and "onload" in link:
        return media
    if "stylesheet" not in rel or link.get("type", "text/css").split(";")[0].strip().lower() not in ("", "text/css"):
        return None
    return "" if "onload" in link and media.strip().lower() == "print" else media
