"""A shared page has an image: `og:image`, an absolute https URL.

Social networks and messengers fetch it without the page, so they cannot resolve a relative URL, and many refuse
`http:`. A file of this site must exist. Pages with `noindex`, and the error page, need none. A page without an image is
reported, as a warning, only if it has other tags of Open Graph. imageseo makes the image: see `social.cards`.

Bad (a warning, no image):
    <meta property="og:title" content="A harbour">

Bad:
    <meta property="og:image" content="photo-1200x630.jpg">

Bad (not https):
    <meta property="og:image" content="http://x.example/guide/photo-1200x630.jpg">

Bad (no such file):
    site_url = "https://x.example/"
    <meta property="og:image" content="https://x.example/guide/gone.jpg">

Good:
    site_url = "https://x.example/"
    <meta property="og:image" content="https://x.example/guide/photo-1200x630.jpg">

Good (not to be indexed):
    <meta name="robots" content="noindex">
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from imageseo.model.facts import Problem, ProblemLocation, ResolvedUrl, shorten
from imageseo.model.finding import Severity
from imageseo.model.image import PageScan
from imageseo.model.site import Page
from imageseo.web.html.head import Head, og_images
from imageseo.web.indexing import is_unlisted

SEVERITY = Severity.ERROR
LINT_ONLY = True
_CARD_HINT = "give it a hero, or set `social.cards` to title: a build then makes the image and its tags"
_HINT = 'write `<meta property="og:image" content="https://…">` with the URL of a JPEG of 1200×630 px'


def check(page: Page, head: Head, scan: PageScan, target: Callable[[str], ResolvedUrl]) -> Iterator[Problem]:
    found = og_images(head)
    shares = any((tag.get("property") or "").lower().startswith("og:") for tag in head.metas)
    if not found and shares and not is_unlisted(page.path, scan):
        where = ProblemLocation(offset=scan.head_end or 0)
        message = "the page has no og:image: link previews show no image"
        yield Problem(message=message, hint=_CARD_HINT, severity=Severity.WARN, place=where)
    for preview in found:
        place = ProblemLocation(offset=preview.tag.span.start, image=preview.url or None)
        scheme = preview.url.partition(":")[0].lower()
        secure = (preview.said("secure_url") or "").lower().startswith("https://")
        if not preview.url:
            yield Problem(message="og:image is empty", hint=_HINT, place=place)
        elif scheme not in ("http", "https"):
            message = f"og:image is not an absolute URL: {shorten(preview.url)}"
            yield Problem(message=message, hint=_HINT, place=place)
        elif scheme == "http" and not secure:
            message = f"og:image is not https: {shorten(preview.url)}"
            yield Problem(message=message, hint="serve it over https and use that URL", place=place)
        elif (file := target(preview.url)).path is not None and not file.exists:
            suggestion = f"did you mean {file.near}? " if file.near else ""
            message = f"og:image names {shorten(file.path or '')}, which is not in the site"
            hint = f"{suggestion}Check the name, its letter case, and that the generator copies the file"
            yield Problem(message=message, hint=hint, place=place)
