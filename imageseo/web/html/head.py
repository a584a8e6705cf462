"""Reads all ``<meta>`` and ``<link>`` tags of a page, in order and with their spans; and its Open Graph images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import starmap

from imageseo.model.image import PageScan, Span
from imageseo.web.html.attributes import Tag
from imageseo.web.html.page_text import PageText
from imageseo.web.html.tokenizer import HEAD, walk

_OG_IMAGE = "og:image"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadTag:
    """A ``<meta>`` or ``<link>``: its attributes (names lower-cased, values decoded) and its span on the page."""

    name: str
    values: Mapping[str, str]
    span: Span

    def get(self, name: str) -> str | None:
        """Return the value of an attribute, stripped of white space; ``""`` if bare, ``None`` if absent."""
        value = self.values.get(name)
        return None if value is None else value.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """All ``<meta>`` and ``<link>`` tags in page order, also those outside ``<head>``."""

    metas: tuple[HeadTag, ...]
    links: tuple[HeadTag, ...]

    def named(self, name: str) -> tuple[HeadTag, ...]:
        """Return every ``<meta>`` whose ``property`` or ``name`` is this, ignoring case. ``name``: lower case."""
        return tuple(tag for tag in self.metas if (tag.get("property") or tag.get("name") or "").lower() == name)

    def content(self, name: str) -> str | None:
        """Return the content of the first ``<meta>`` with this name or property that has one."""
        return next((content for tag in self.named(name) if (content := tag.get("content")) is not None), None)

    def rel(self, kind: str) -> Iterator[HeadTag]:
        """Return every ``<link>`` whose ``rel`` contains this keyword."""
        return (tag for tag in self.links if kind in (tag.get("rel") or "").lower().split())


EMPTY = Head(metas=(), links=())


def read(html: bytes, scan: PageScan) -> Head:
    """Read the tags of a page. ``scan``: of the same page, for its charset."""
    source = PageText(html.decode("latin-1"))
    source.codec = scan.charset
    found: dict[str, list[HeadTag]] = {"meta": [], "link": []}
    for tag in starmap(Tag, walk(html.lower().decode("latin-1"), HEAD)):
        if tag.name in found:  # a walk also yields end tags of raw text elements
            found[tag.name].append(HeadTag(name=tag.name, values=source.values(tag), span=Span(tag.start, tag.end)))
    return Head(metas=tuple(found["meta"]), links=tuple(found["link"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class OgImage:
    """One ``og:image``. ``parts``: the tags that describe it, by the last part of their name (``width``, ``alt`` …)."""

    tag: HeadTag
    url: str
    parts: Mapping[str, HeadTag]

    def said(self, part: str) -> str | None:
        """Return the content of a part; None if it is missing or empty."""
        tag = self.parts.get(part)
        return (tag.get("content") or None) if tag is not None else None


def og_images(head: Head) -> tuple[OgImage, ...]:
    """Return all images in page order; ``og:image:width`` etc. belong to the preceding ``og:image``."""
    found: list[tuple[HeadTag, str, dict[str, HeadTag]]] = []
    for tag in head.metas:
        name = (tag.get("property") or tag.get("name") or "").lower()
        url = tag.get("content") or ""
        if name == _OG_IMAGE or (name == f"{_OG_IMAGE}:url" and (not found or found[-1][1] != url)):
            found.append((tag, url, {}))
        elif name.startswith(f"{_OG_IMAGE}:") and found:
            found[-1][2].setdefault(name.removeprefix(f"{_OG_IMAGE}:"), tag)
    return tuple(OgImage(tag=tag, url=url, parts=parts) for tag, url, parts in found)
