"""Search engines may show a large preview of the page's image: `max-image-preview:large`.

Without it Google shows at most a thumbnail in Discover, and publishers in the European Union get only what they ask
for. Pages with `noindex` need none.

Bad:
    <meta property="og:image" content="https://x.example/card.jpg">

Bad (something less):
    <meta property="og:image" content="https://x.example/card.jpg">
    <meta name="robots" content="index, follow, max-image-preview:standard">

Good:
    <meta property="og:image" content="https://x.example/card.jpg">
    <meta name="robots" content="index, follow, max-image-preview:large">

Good (no image to show):
    <p>A harbour</p>

Good (not to be indexed):
    <meta name="robots" content="noindex">
"""

from __future__ import annotations

from collections.abc import Iterator

from imageseo.model.facts import Problem, ProblemLocation
from imageseo.model.finding import Severity
from imageseo.model.image import PageScan
from imageseo.model.site import Page
from imageseo.web.html.head import Head, og_images
from imageseo.web.indexing import is_unlisted

SEVERITY = Severity.WARN
LINT_ONLY = True
SOURCES = ("Google robots-meta",)
_WANTED = "max-image-preview:large"


def check(page: Page, head: Head, scan: PageScan) -> Iterator[Problem]:
    tags = [*head.named("robots"), *head.named("googlebot")]
    words = {word.strip().replace(" ", "") for tag in tags for word in (tag.get("content") or "").lower().split(",")}
    if _WANTED in words or is_unlisted(page.path, scan) or not og_images(head):
        return
    less = next((word for word in sorted(words) if word.startswith("max-image-preview:")), None)
    yield Problem(
        message=f"the robots tag has {less}" if less else "no robots tag allows a large image preview",
        hint=f'write `<meta name="robots" content="{_WANTED}">`',
        place=ProblemLocation(offset=tags[0].span.start if tags else scan.head_end or 0),
    )
