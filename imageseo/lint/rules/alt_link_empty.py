"""A link that contains only an image has a name.

For readers who do not see the image, its alternative text is the link's name. With ``alt=""`` the link has none, and
screen readers read its address instead (axe: link-name). The text names where the link leads or what it does, usually
what the image shows: a thumbnail that opens the full-size image is named by that image.

Text in the link, ``aria-label``, ``aria-labelledby`` or ``title`` on the link or in it, and another image with a text
are names too. A link that is hidden from assistive technology needs none. An image without any ``alt`` is reported by
``alt-missing``.

Bad:
    <p><a href="/guide/"><img src="photo-1600x900.jpg" alt=""></a></p>

Bad (a lightbox):
    <a class="glightbox" href="photo-1600x900.jpg"><img src="photo-1600x900.jpg" alt=" "></a>

Good:
    <p><a href="/guide/"><img src="photo-1600x900.jpg" alt="The harbour guide"></a></p>

Good (the text names it, and the image decorates):
    <p><a href="/guide/"><img src="mark-64x64.png" alt=""> The harbour guide</a></p>

Good (named by its label):
    <p><a href="/guide/" aria-label="The harbour guide"><img src="mark-64x64.png" alt=""></a></p>

Good (two images, one says it):
    <p><a href="/"><img src="mark-64x64.png" alt=""><img src="name-200x64.png" alt="Harbour"></a></p>

Good (hidden, and said again below):
    <a href="/p/" aria-hidden="true" tabindex="-1"><img src="photo-1600x900.jpg" alt=""></a><a href="/p/">Boats</a>

Good (no link at all):
    <a name="top"><img src="mark-64x64.png" alt=""></a>
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imageseo.model.facts import ImageFact, Problem, shorten
from imageseo.model.finding import Severity
from imageseo.model.image import PageScan
from imageseo.web.html.ancestors import Link, ancestors_of

SEVERITY = Severity.ERROR
_NAMES = ("aria-label", "aria-labelledby", "title")


def check(html: bytes, scan: PageScan, images: Sequence[ImageFact]) -> Iterator[Problem]:
    reported_link: Link | None = None  # of several images in one link the first is reported
    for number, image in enumerate(images):
        ref = image.ref
        alt = ref.get("alt")
        if alt is None or alt.strip() or ref.link is None or any((ref.get(name) or "").strip() for name in _NAMES):
            continue
        link = ancestors_of(html, scan.charset).link(number, ref.span)
        if link is None or link == reported_link or link.text or link.named:
            continue
        reported_link = link
        if "href" not in link.values or any(link.values.get(name, "").strip() for name in _NAMES):
            continue
        if link.values.get("aria-hidden", "").strip().lower() == "true" or "hidden" in link.values:
            continue
        yield Problem(
            message=f"the link to {shorten(link.values['href'].strip())} contains only {image.name}, whose "
            "alternative text is empty",
            hint="write in its `alt` where the link leads, or what the image shows",
            at=ref,
        )
