"""What a feed encloses is there, and is what the feed says.

RSS wants `url`, `length` (bytes) and `type` of an `<enclosure>`; Atom `href` of a `<link rel="enclosure">`; Media RSS
`url`. Readers decide by them whether to fetch. URLs are absolute, because a feed is read far from its site. Of this
site's files length, type, width and height are compared. Off by default, as imageseo does not write enclosures yet.

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
from imageseo.web import urls

if TYPE_CHECKING:
    from imageseo.lint.facts.feeds import Enclosure, Feeds
    from imageseo.lint.facts.page import SiteFiles

SEVERITY = Severity.ERROR
DEFAULT = Severity.OFF
_WANTED = {"rss": ("url", "length", "type"), "atom": ("href",), "media": ("url",), "thumbnail": ("url",)}
_LENGTH = {"rss": "length", "atom": "length", "media": "fileSize"}
_TAG = {"rss": "<enclosure>", "atom": '<link rel="enclosure">', "media": "<media:content>"}


def check_site(site: Site, files: SiteFiles, feeds: Feeds) -> Iterator[Problem]:
    yield from feeds.problems
    for each in feeds.enclosures:
        tag = _TAG.get(each.kind, "<media:thumbnail>")
        url = each.said.get("href" if each.kind == "atom" else "url", "")
        place = replace(each.place, image=url or None)
        for message, hint in _faults(site, files, each, url):
            yield Problem(message=f"{tag} {message}", hint=hint, place=place)


def _faults(site: Site, files: SiteFiles, each: Enclosure, url: str) -> Iterator[tuple[str, str]]:
    missing = [name for name in _WANTED[each.kind] if not each.said.get(name)]
    if missing and not (each.kind == "media" and not url):  # a player's <media:content> has none
        yield f"lacks {', '.join(missing)}: {shorten(url) or 'nothing'}", "readers pass over what is not complete"
        return
    if not url:
        return
    if url.partition(":")[0].lower() not in ("http", "https"):
        yield f"has no absolute URL: {shorten(url)}", "write the whole https URL"
        return
    path = urls.resolve(url, page="feed.xml", base_url=site.base_url)
    if not isinstance(path, str):
        return
    if not files.exists(path):
        near = files.near(path)
        yield f"names {shorten(path)}, which is not in the site", f"did you mean {near}?" if near else "check the name"
        return
    yield from _untrue(files, each, path)


def _untrue(files: SiteFiles, each: Enclosure, path: str) -> Iterator[tuple[str, str]]:
    length, size = each.said.get(_LENGTH.get(each.kind, ""), ""), files.size(path)
    if length and size is not None and length != str(size):
        yield f"says {shorten(length)} bytes of {path}, which has {size}", f"write {size}"
    asset = files.asset(path) if urls.is_picture(path) else None
    if not isinstance(asset, Asset):
        return
    true = "image/svg+xml" if asset.format == "svg" else f"image/{asset.format}"
    said = each.said.get("type", "").lower().replace("image/jpg", "image/jpeg")
    if said and said != true:
        yield f"says {shorten(said)} of {path}, which is {true}", f"write {true}"
    if each.kind in ("media", "thumbnail") and asset.format != "svg":
        sides = (("width", asset.width), ("height", asset.height))
        wrong = [f"{name} {each.said[name]}" for name, px in sides if each.said.get(name, str(px)) != str(px)]
        if wrong:
            size_said = f"{asset.width}×{asset.height} px"
            yield f"says {' and '.join(wrong)} of {path}, which is {size_said}", f"write {size_said}"
