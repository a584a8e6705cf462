"""The tags of a page's head that rules ask for: every ``<meta>`` and ``<link>`` in order, with where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import starmap

from imageseo.model.image import PageScan, Span
from imageseo.web.html.attributes import Tag
from imageseo.web.html.page_text import PageText
from imageseo.web.html.tokenizer import walk

_WANTED = frozenset({"meta", "link"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadTag:
    """A ``<meta>`` or ``<link>``: its attributes (names lower-cased, values decoded) and its bytes on the page."""

    name: str
    values: Mapping[str, str]
    span: Span

    def get(self, name: str) -> str | None:
        """The value of an attribute without the white space around it; ``""`` when bare, ``None`` when absent."""
        value = self.values.get(name)
        return None if value is None else value.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """All of them, in page order, wherever on the page they stand."""

    metas: tuple[HeadTag, ...]
    links: tuple[HeadTag, ...]

    def named(self, name: str) -> tuple[HeadTag, ...]:
        """Every ``<meta>`` with this ``name`` or ``property``, letter case aside."""
        return tuple(tag for tag in self.metas if (tag.get("property") or tag.get("name") or "").lower() == name)

    def content(self, name: str) -> str | None:
        """Content of the first ``<meta>`` with this name or property that has one."""
        return next((said for tag in self.named(name) if (said := tag.get("content")) is not None), None)

    def rel(self, kind: str) -> Iterator[HeadTag]:
        """Every ``<link>`` whose ``rel`` has this word."""
        return (tag for tag in self.links if kind in (tag.get("rel") or "").lower().split())


def read(html: bytes, scan: PageScan) -> Head:
    """The tags of a page that can be read (``scan`` tells its charset)."""
    source = PageText(html.decode("latin-1"))
    source.codec = scan.charset
    found: dict[str, list[HeadTag]] = {"meta": [], "link": []}
    for tag in starmap(Tag, walk(html.lower().decode("latin-1"), _WANTED)):
        if tag.name in found:  # a walk tells of the end tags of raw text elements too
            found[tag.name].append(HeadTag(name=tag.name, values=source.values(tag), span=Span(tag.start, tag.end)))
    return Head(metas=tuple(found["meta"]), links=tuple(found["link"]))
