"""Images far down the page are lazy.

A browser loads every image of a page at once unless it is lazy, and images that are never scrolled into view compete
with the important one. ``loading="lazy"`` leaves the choice to the browser. ``imageseo build`` writes it wherever it is
safe.

Without a measurement only near certainties are reported: an image of the article after 5,000 characters of text, more
than any of the viewports shows, and with a file of more than 4 KiB. With a measured layout (``imageseo measure``) every
image that begins below the first screen of phone, tablet and desktop is reported. ``loading="eager"`` from the author
is accepted, and so are the images that ``imageseo build`` has processed: it leaves the first two eager if there is no
hero. ``--fix`` adds the attribute only if a browser measured the image below the first screen, because collapsed text
counts as text.

Bad (a warning):
    <article><h1>Harbour</h1><p>[6,000 characters of text]</p>
    <img src="photo-800x450-60KiB.jpg" alt="A harbour" width="800" height="450"></article>

Bad (a warning, for what a browser saw):
    <!-- measured: {"photo-800x450-60KiB.jpg": {"width": 688, "top": 1400}} -->
    <article><h1>Harbour</h1><p>Boats come and go.</p>
    <img src="photo-800x450-60KiB.jpg" alt="A harbour" width="800" height="450"></article>

Good:
    <article><h1>Harbour</h1><p>[6,000 characters of text]</p>
    <img src="photo-800x450-60KiB.jpg" alt="A harbour" width="800" height="450" loading="lazy"></article>

Good (a browser saw it in view, for the text stands beside it):
    <!-- measured: {"photo-800x450-60KiB.jpg": {"width": 688, "top": 500}} -->
    <article><h1>Harbour</h1><p>[6,000 characters of text]</p>
    <img src="photo-800x450-60KiB.jpg" alt="A harbour" width="800" height="450"></article>

Good (it may be in view):
    <article><h1>Harbour</h1><p>Boats come and go.</p>
    <img src="photo-800x450-60KiB.jpg" alt="A harbour" width="800" height="450"></article>

Good (the author's own word):
    <article><h1>Harbour</h1><p>[6,000 characters of text]</p>
    <img src="photo-800x450-60KiB.jpg" alt="A harbour" width="800" height="450" loading="eager"></article>

Good (an icon costs less than the question):
    <article><h1>Harbour</h1><p>[6,000 characters of text]</p><img src="mark-32x32-2KiB.png" alt="The mark"></article>
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from imageseo.layout.measurements import in_view
from imageseo.lint.tag_edits import add_attributes, added_attributes, has_high_priority
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import AttributeChange, Severity
from imageseo.model.image import PageRegion, Span
from imageseo.model.layout import PageLayout, ShownImage

SEVERITY = Severity.WARN
LINT_ONLY = True
SOURCES = ("HTML loading",)
FAR = 5_000  # characters of text; a tablet of 820×1180 CSS px shows the most, about 4,500 in one column
LEAST = 4 * 1024  # bytes


def check(
    html: bytes,
    images: Sequence[ImageFact],
    hero: ImageFact | None,
    measured: PageLayout | None,
    measured_images: Mapping[Span, ShownImage],
) -> Iterator[Problem]:
    for image in images:
        ref = image.ref
        shown = measured_images.get(ref.span) if measured is not None and not measured.inherited else None
        is_in_view = in_view(shown) if shown is not None else None
        is_below = ref.text_before >= FAR and ref.region is PageRegion.ARTICLE if is_in_view is None else not is_in_view
        if not is_below or ref.get("loading") is not None:
            continue
        if (
            (image is hero and is_in_view is None)
            or has_high_priority(ref)
            or added_attributes(ref)
            or image.asset is None
            or image.asset.bytes <= LEAST
        ):
            continue
        yield Problem(
            message=f"{image.asset.path} ({-(-image.asset.bytes // 1024)} KiB) is below "
            f"{'every first screen' if is_in_view is False else 'more text than any first screen holds'} but is "
            "loaded at once",
            hint='write loading="lazy" on it; `imageseo build` adds it',
            at=ref,
            changes=(AttributeChange("loading", "lazy"),),
            # Only a measurement is certain enough to change a page.
            fix=add_attributes(html, ref, 'loading="lazy"') if is_in_view is False else (),
        )
