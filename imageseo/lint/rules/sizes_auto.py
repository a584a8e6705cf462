"""``sizes="auto"`` is used on lazy images only.

``auto`` lets the browser take the width from the layout, which it has only for images that wait for it. On an image
without ``loading="lazy"`` Chromium treats ``auto`` as an unknown keyword and ignores everything after it: the slot
becomes ``100vw`` and phones load far too much. Validators report an error too. ``auto`` is allowed on a ``<source>`` if
the ``<img>`` of that ``<picture>`` is lazy. ``--fix`` removes ``auto,`` if a length follows it.

Bad:
    <img src="photo-1600x900.jpg" srcset="photo-800x450.jpg 800w, photo-1600x900.jpg 1600w"
      sizes="auto, (min-width: 900px) 860px, 100vw" alt="A harbour">

Bad (of a source):
    <picture><source type="image/webp" srcset="photo-800x450.webp 800w, photo-1600x900.webp 1600w" sizes="auto, 50vw">
    <img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high"></picture>

Good:
    <img src="photo-1600x900.jpg" srcset="photo-800x450.jpg 800w, photo-1600x900.jpg 1600w"
      sizes="auto, (min-width: 900px) 860px, 100vw" alt="A harbour" loading="lazy">

Good (of a source, and the image is lazy):
    <picture><source type="image/webp" srcset="photo-800x450.webp 800w, photo-1600x900.webp 1600w" sizes="auto, 50vw">
    <img src="photo-1600x900.jpg" alt="A harbour" loading="lazy"></picture>

Good (a library of lazy images has a word of its own for it):
    <img data-src="photo-1600x900.jpg" data-sizes="auto" class="lazyload" alt="A harbour">
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from imageseo.lint.tag_edits import added_attributes, is_lazy
from imageseo.model.edit import Edit
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import AttributeChange, Severity
from imageseo.model.image import ImageRef, Span
from imageseo.web.srcset.sizes import parse_sizes

SEVERITY = Severity.ERROR
SOURCES = ("HTML sizes",)

_AUTO = re.compile(r"\s*auto\s*(?:,|$)", re.IGNORECASE)


def check(html: bytes, images: Sequence[ImageFact]) -> Iterator[Problem]:
    for image in images:
        ref = image.ref
        if is_lazy(ref):
            continue
        own = _AUTO.match(ref.get("sizes") or "") is not None
        if own or any(_AUTO.match(source.sizes or "") for source in ref.sources):
            yield Problem(
                message=f"{image.name} is not lazy, but the sizes of its {'<img>' if own else '<source>'} begin "
                "with auto",
                hint='write only lengths, `sizes="(min-width: 900px) 860px, 100vw"`, or add loading="lazy" to the img',
                at=ref,
                changes=() if ref.sources else (AttributeChange("loading", "lazy"),),
                fix=_fix(html, ref) if own else (),
            )


def _fix(html: bytes, ref: ImageRef) -> tuple[Edit, ...]:
    """The edit that removes ``auto``; none if nothing would remain, or if a build wrote the attribute."""
    attribute = next(attribute for attribute in ref.attributes if attribute.name == "sizes")
    rest = _AUTO.sub("", attribute.value or "", count=1).strip()
    if not parse_sizes(rest) or "sizes" in added_attributes(ref):
        return ()
    start, end = attribute.span
    written = re.fullmatch(rb"""(sizes\s*=\s*["']?\s*)auto\s*,\s*(.+)""", html[start:end], re.IGNORECASE | re.DOTALL)
    if written is None:
        return ()
    return (Edit(span=Span(start, end), replacement=written[1] + written[2]),)
