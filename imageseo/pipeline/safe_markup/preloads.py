"""The author's preload links of a page, and the images that they preload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from imageseo.model.image import ImageRef, PageScan, Span
from imageseo.model.plan import PreloadPlan
from imageseo.web.html.attributes import Tag, attributes, insertion_offset
from imageseo.web.html.page_text import PageText
from imageseo.web.srcset.preload import Preload


@dataclass(frozen=True, slots=True, kw_only=True)
class PreloadLink:
    """A ``<link rel=preload as=image>``. ``insert_at``: where attributes may be added."""

    preload: Preload
    insert_at: int

    def plan(self, image: Span) -> PreloadPlan:
        """Return the plan that adds the candidates of an image to the link."""
        return PreloadPlan(insert_at=self.insert_at, image=image, has_type=self.preload.type is not None)


def preload_links(html: bytes, scan: PageScan, path_of: Callable[[str], str | None]) -> Mapping[Span, PreloadLink]:
    """Return the link that preloads the file in ``src`` of an image, by the tag of the first image that shows it.

    The ``srcset`` of a link with candidates of its own is never None.

    ``path_of``: URL as written on the page -> site path; None for other hosts.
    """
    if not scan.preload_images:
        return {}
    source = PageText(html.decode("latin-1"))
    source.codec = scan.charset
    first: dict[str, ImageRef] = {}
    for ref in scan.refs:
        path = path_of(ref.src) if ref.src and ref.opt_out is None else None
        if path is not None:
            first.setdefault(path, ref)
    found: dict[Span, PreloadLink] = {}
    for start, end in scan.preload_images:
        tag = Tag("link", start, end, end)
        values = source.values(tag)
        preload = Preload.of(values)
        if "imagesrcset" in values or "imagesizes" in values:  # also empty or without the other
            preload = preload._replace(srcset=preload.srcset or "")
        path = path_of(preload.href) if preload.href else None
        if path in first:
            at = insertion_offset(source.text, tag, attributes(source.text, tag))
            found.setdefault(first[path].span, PreloadLink(preload=preload, insert_at=at))
    return found
