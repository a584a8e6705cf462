"""A page with an image for link previews asks for the large card.

X shows `og:image` as a small square unless `twitter:card` is `summary_large_image`. Pages without such an image are
covered by `og-image`; players and apps have cards of their own.

Bad:
    <meta property="og:image" content="https://x.example/card.jpg">

Bad (the small one):
    <meta property="og:image" content="https://x.example/card.jpg"><meta name="twitter:card" content="summary">

Good:
    <meta property="og:image" content="https://x.example/card.jpg">
    <meta name="twitter:card" content="summary_large_image">

Good (nothing to show):
    <meta property="og:title" content="A harbour">
"""

from __future__ import annotations

from collections.abc import Iterator

from imageseo.model.facts import Problem, ProblemLocation, shorten
from imageseo.model.finding import Severity
from imageseo.web.html.head import Head, og_images

SEVERITY = Severity.WARN
LINT_ONLY = True
_LARGE = "summary_large_image"


def check(head: Head) -> Iterator[Problem]:
    tags, previews = head.named("twitter:card"), og_images(head)
    image_tags = [preview.tag for preview in previews] or list(head.named("twitter:image"))
    card = next((card for tag in tags if (card := tag.get("content"))), None)
    if not image_tags or (card or "").lower() in (_LARGE, "player", "app"):
        return
    found = f"twitter:card is {shorten(card)}" if card else "there is no twitter:card"
    yield Problem(
        message=f"{found}: X shows the page's image as a small square",
        hint=f'write `<meta name="twitter:card" content="{_LARGE}">`',
        place=ProblemLocation(offset=(tags[0] if tags else image_tags[0]).span.start),
    )
