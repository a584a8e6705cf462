"""Every file that a feed encloses exists and matches its description in the feed.

RSS requires `url`, `length` (bytes) and `type` on an `<enclosure>`; Atom `href` on a `<link rel="enclosure">`; Media
RSS `url`. Feed readers decide by them whether to download the file. URLs must be absolute, because a feed is read away
from its site. For files of this site length, type, width and height are compared. A build writes the enclosures of
heroes, and corrects length and type of other images.

Bad:
    site_url = "https://x.example/"
    feed.xml:
        <rss version="2.0"><channel><item>
        <enclosure url="https://x.example/gone.jpg" length="1" type="image/jpeg"/></item></channel></rss>

Bad (says less than RSS wants):
    feed.xml:
        <rss version="2.0"><channel><item><enclosure url="https://img.example/a.jpg"/></item></channel></rss>

Bad (not its type):
    site_url = "https://x.example/"
    atom.xml:
        <feed xmlns="http://www.w3.org/2005/Atom"><entry>
        <link rel="enclosure" href="https://x.example/guide/photo-800x450.jpg" type="image/png"/></entry></feed>
    <img src="photo-800x450.jpg" alt="A harbour">

Bad (not its size):
    site_url = "https://x.example/"
    feed.xml:
        <rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><item>
        <media:content url="https://x.example/guide/photo-800x450.jpg" width="1200" height="675"/>
        </item></channel></rss>
    <img src="photo-800x450.jpg" alt="A harbour">

Good:
    feed.xml:
        <rss version="2.0"><channel><item>
        <enclosure url="https://img.example/a.jpg" length="52100" type="image/jpeg"/></item></channel></rss>
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from imageseo.model.facts import Problem, shorten
from imageseo.model.finding import Severity
from imageseo.model.image import Asset
from imageseo.model.site import Site
from imageseo.web import media_types, urls

if TYPE_CHECKING:
    from imageseo.lint.facts.feeds import Enclosure, Feeds
    from imageseo.lint.facts.page import SiteFiles

SEVERITY = Severity.ERROR
_REQUIRED = {"rss": ("url", "length", "type"), "atom": ("href",), "media": ("url",), "thumbnail": ("url",)}
_LENGTH = {"rss": "length", "atom": "length", "media": "fileSize"}
_TAG = {"rss": "<enclosure>", "atom": '<link rel="enclosure">', "media": "<media:content>"}


def check_site(site: Site, files: SiteFiles, feeds: Feeds) -> Iterator[Problem]:
    yield from feeds.problems
    for enclosure in feeds.enclosures:
        tag = _TAG.get(enclosure.kind, "<media:thumbnail>")
        url = enclosure.attributes.get("href" if enclosure.kind == "atom" else "url", "")
        place = replace(enclosure.place, image=url or None)
        for message, hint in _faults(site, files, enclosure, url):
            yield Problem(message=f"{tag} {message}", hint=hint, place=place)


def _faults(site: Site, files: SiteFiles, enclosure: Enclosure, url: str) -> Iterator[tuple[str, str]]:
    missing = [name for name in _REQUIRED[enclosure.kind] if not enclosure.attributes.get(name)]
    if missing and not (enclosure.kind == "media" and not url):  # the <media:content> of a player has no URL
        found = f": {shorten(url)}" if url else ""
        yield f"lacks {', '.join(missing)}{found}", "add what is missing: feed readers skip incomplete enclosures"
        return
    if not url:
        return
    if url.partition(":")[0].lower() not in ("http", "https"):
        yield f"has no absolute http(s) URL: {shorten(url)}", "write the full https URL"
        return
    path = urls.resolve(url, page="feed.xml", base_url=site.base_url)
    if not isinstance(path, str):
        return
    if not files.exists(path):
        near = files.near(path)
        yield f"names {shorten(path)}, which is not in the site", f"did you mean {near}?" if near else "check the name"
        return
    yield from _mismatches(files, enclosure, path)


def _mismatches(files: SiteFiles, enclosure: Enclosure, path: str) -> Iterator[tuple[str, str]]:
    length, size = enclosure.attributes.get(_LENGTH.get(enclosure.kind, ""), ""), files.size(path)
    if length and size is not None and length != str(size):
        yield f"declares {shorten(length)} bytes for {path}, which has {size}", f"write {size}"
    asset = files.asset(path) if urls.is_image_url(path) else None
    if not isinstance(asset, Asset):
        return
    actual_type = media_types.of_image(asset.format)
    declared = enclosure.attributes.get("type", "").lower().replace("image/jpg", "image/jpeg")
    if declared and declared != actual_type:
        yield f"declares {shorten(declared)} for {path}, which is {actual_type}", f"write {actual_type}"
    if enclosure.kind in ("media", "thumbnail") and asset.format != "svg":
        sides = (("width", asset.width), ("height", asset.height))
        wrong = [
            f"{name} {enclosure.attributes[name]}"
            for name, px in sides
            if enclosure.attributes.get(name, str(px)) != str(px)
        ]
        if wrong:
            actual = f"{asset.width}×{asset.height} px"
            yield f"declares {' and '.join(wrong)} for {path}, which is {actual}", f"write {actual}"
