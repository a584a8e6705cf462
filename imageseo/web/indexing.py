"""Whether search engines may list a page and its images: one notion for sitemaps, JSON-LD and rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import mktime_tz, parsedate_tz
from urllib.parse import urlsplit

from imageseo.model.image import IndexingTag, PageScan, Span
from imageseo.model.site import Page
from imageseo.web import urls
from imageseo.web.response_headers import ROBOTS, HeaderRules, host_of
from imageseo.web.robots import IMAGES, PAGES, Robots

Exists = Callable[[str], bool]

EARLIEST = datetime(2026, 11, 30, tzinfo=UTC).timestamp()
"""Time in seconds at which this code was written. No build with it is earlier: what expired before is past, whatever
the clock says, so equal sites give equal sitemaps.
"""
_AGENTS = ("robots", "googlebot")
_WITH_VALUE = ("max-snippet", "max-image-preview", "max-video-preview", "unavailable_after")
_CRAWLER = re.compile(r"[A-Za-z*][^\s:]*")
_EXPIRY = re.compile(r"unavailable_after\s*:\s*", re.IGNORECASE)
# Compiled when they are used: few pages expire.
_ISO = r"(?i)\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?:\s*(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?"
_RFC = (
    r"(?:(?P<day>\d{1,2})[ -](?P<month>[A-Za-z]{3,9})|(?P<first>[A-Za-z]{3,9})\.? (?P<second>\d{1,2}))[ ,-]+"
    r"(?P<year>\d{4}|\d\d)\b(?:[ T]+(?P<time>\d{1,2}:\d\d(?::\d\d)?(?:\s*(?:[A-Za-z]{1,4}|[+-]\d{4}))?))?"
)
_REFRESH = re.compile(r"\s*(\d*)(?:\.[\d.]*)?\s*(?:[;,]|(?<=\d)\s)\s*(?:url\s*=\s*)?(.*)", re.IGNORECASE | re.DOTALL)
_UNRENDERED = re.compile(r"\{[{%].*|undefined|null|none|false|nan", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why a page may not be listed. ``fact``: follows "the page"; ``remedy``: instead of leaving it out.

    ``span``: of the tag that says so. ``forbids``: the author forbids it; False: listing it only has no effect.
    """

    fact: str
    remedy: str
    span: Span | None = None
    forbids: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsDirectives:
    """The directives of one robots tag or header. ``expires``: seconds since the epoch; None: never."""

    words: frozenset[str]
    expires: float | None = None

    @property
    def is_noindex(self) -> bool:
        return bool(self.words & {"noindex", "none"})


def parse_robots(value: str) -> RobotsDirectives:
    """Parse the content of a robots tag: directives in any case, separated by commas, semicolons or white space."""
    text = re.sub(r"\s*:\s*", ":", value.strip().lower())
    found = _EXPIRY.search(value)
    return RobotsDirectives(
        words=frozenset(re.split(r"[,;\s]+", text)), expires=parse_date(value[found.end() :]) if found else None
    )


def parse_header(value: str, *, images: bool = False) -> RobotsDirectives:
    """Parse an X-Robots-Tag; directives for other crawlers than Google's (``otherbot: noindex``) are left out.

    ``images``: with those for its crawler of images.
    """
    agents = (*_AGENTS, IMAGES.lower()) if images else _AGENTS
    kept: list[str] = []
    applies = True
    for part in value.split(","):
        name, colon, rest = part.strip().partition(":")
        # A date has commas and colons too: ``unavailable_after: Fri, 25 Jun 2010 15:00:00 GMT``.
        if colon and _CRAWLER.fullmatch(name.strip()) and name.strip().lower() not in _WITH_VALUE:
            applies, part = name.strip().lower() in agents, rest
        if applies:
            kept.append(part)
    return parse_robots(",".join(kept))


def parse_date(text: str) -> float | None:
    """Return the date that a text begins with (ISO 8601, RFC 822, RFC 850), in seconds; without a zone it is UTC."""
    start = text.lstrip()[:64]
    try:
        if (iso := re.match(_ISO, start)) is not None:
            iso_text = re.sub(r"\s*(?:z|utc|gmt)$", "+00:00", iso[0], flags=re.IGNORECASE)
            date = datetime.fromisoformat(re.sub(r"\s+(?=[+-])", "", iso_text))
            return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
        if (rfc := re.search(_RFC, start)) is None:
            return None
        day, month = rfc["day"] or rfc["second"], rfc["month"] or rfc["first"]
        parsed = parsedate_tz(f"{day} {month} {rfc['year']} {rfc['time'] or '00:00:00'}")
        return float(mktime_tz((*parsed[:9], parsed[9] or 0))) if parsed is not None else None
    except (ValueError, OverflowError):
        return None


def refresh_target(content: str) -> str | None:
    """Return the URL that a ``<meta http-equiv=refresh>`` leads to at once; None if it waits, or reloads the page."""
    match = _REFRESH.fullmatch(content)
    if match is None or int(match[1] or 0) > 0:
        return None
    url = match[2].strip()
    if url[:1] in ("'", '"'):
        url = url[1:].partition(url[0])[0].strip()
    return url or None


def is_error_page(path: str) -> bool:
    """Whether a file is the error page of the site, or of a part of it (``de/404.html``)."""
    return f"/{path}".endswith(("/404.html", "/404/index.html"))


def noindex_tag(scan: PageScan) -> IndexingTag | None:
    """Return the tag that excludes a page from search engines; None without one."""
    return next((tag for tag in scan.indexing if tag.kind == "robots" and parse_robots(tag.value).is_noindex), None)


def is_unlisted(page: str, scan: PageScan) -> bool:
    """Whether a page is not meant to be found or shared: error page or noindex. ``page``: its file."""
    return is_error_page(page) or noindex_tag(scan) is not None


def names_other_page(url: str, *, page: Page, scan: PageScan, base_url: str | None, exists: Exists) -> bool:
    """Whether a URL of a page's head names another page, or another site.

    http and https, the case of the host, ``index.html``, ``.html``, a final slash and percent-encoding make no
    difference, unless the site has a file for each spelling. False for a URL that is invalid or not rendered.
    """
    url = url.strip()
    if not url or url[0] in "#?" or _UNRENDERED.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises ValueError
    except ValueError:
        return False
    if base_url is None and (parts.scheme or parts.netloc):
        return False
    found = urls.resolve(url, page=page.path, base_url=base_url, base_href=scan.base_href)
    if isinstance(found, urls.ExternalUrl):
        if found.reason != "empty":
            return found.reason != "data"
        found = ""
    if parts.query:
        return True
    names = [f"{found}/index.html".lstrip("/")]
    if found:
        names = [*names, f"{found}.html"] if parts.path.endswith("/") else [found, f"{found}.html", *names]
    target = next((name for name in names if name == page.path or exists(name)), None)
    return target != page.path if target is not None else _bare(found) != _bare(page.path)


def _bare(path: str) -> str:
    """Return a page's path without what servers leave out."""
    return re.sub(r"(?:(?:^|/)index)?\.x?html?$|(?:^|/)index\.\w+$", "", path).strip("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingRules:
    """What decides on listing besides the pages themselves.

    ``base_url``: of the site. ``robots``: its robots.txt, None where crawlers read none. ``now``: seconds since the
    epoch; a page whose ``unavailable_after`` is earlier has expired.
    """

    base_url: str | None = None
    robots: Robots | None = None
    headers: HeaderRules = field(default_factory=HeaderRules)
    now: float = EARLIEST
    _images: dict[str, bool] = field(default_factory=dict)

    def page_obstacle(self, page: Page, scan: PageScan, exists: Exists) -> Obstacle | None:
        """Return why search engines may not list a page; None if they may. ``exists``: whether the site has a file."""
        own = self.own_obstacle(page, scan, exists)
        if own is None and self.robots is not None and self.base_url is not None:
            url = urls.absolute(self.base_url, page.url)
            if not self.robots.allows(url, PAGES):
                return Obstacle(fact="is blocked by robots.txt", remedy="allow it in robots.txt", forbids=True)
        return own

    def own_obstacle(self, page: Page, scan: PageScan, exists: Exists) -> Obstacle | None:
        """Return the obstacle apart from robots.txt."""
        if page.hints.unlisted:
            return Obstacle(
                fact=f"is {page.hints.unlisted}", remedy=f"publish it without `{page.hints.unlisted}`", forbids=True
            )
        if is_error_page(page.path):
            return Obstacle(fact="is the error page", remedy="rename it")
        tag = noindex_tag(scan)
        if tag is not None:
            return Obstacle(fact="has noindex", remedy="remove noindex", span=tag.span, forbids=True)
        if any(parse_header(value).is_noindex for value in self._header_values(page.path)):
            return Obstacle(fact="has noindex in X-Robots-Tag", remedy="remove that header", forbids=True)
        return next(self._vain(page, scan, exists), None)

    def _vain(self, page: Page, scan: PageScan, exists: Exists) -> Iterator[Obstacle]:
        """Yield what makes listing a page futile."""

        def elsewhere(url: str) -> bool:
            return names_other_page(url, page=page, scan=scan, base_url=self.base_url, exists=exists)

        for tag in scan.indexing:
            target = refresh_target(tag.value) if tag.kind == "refresh" else None
            if target is not None and elsewhere(target):
                yield Obstacle(fact="redirects to another page", remedy="remove the redirect", span=tag.span)
        # Search engines ignore canonical links that contradict each other.
        canonical = [tag for tag in scan.indexing if tag.kind == "canonical"]
        if canonical and all(elsewhere(tag.value) for tag in canonical):
            remedy = "correct its canonical link"
            yield Obstacle(fact="names another page as canonical", remedy=remedy, span=canonical[0].span)
        expires = self.expiry(page, scan)
        if expires is not None and expires < self.now:
            day = datetime.fromtimestamp(expires, UTC).date().isoformat()
            yield Obstacle(fact=f"is unavailable after {day}", remedy="remove that date")

    def expiry(self, page: Page, scan: PageScan) -> float | None:
        """Return the earliest ``unavailable_after`` of a page, in seconds since the epoch."""
        found = [each.expires for each in self._directives(page, scan) if each.expires is not None]
        return min(found, default=None)

    def hides_images(self, page: Page, scan: PageScan) -> bool:
        """Whether the images of a page may not be listed (``noimageindex``)."""
        return any("noimageindex" in each.words for each in self._directives(page, scan, images=True))

    def allows_image(self, path: str) -> bool:
        """Whether robots.txt and headers permit to list an image of the site."""
        if self.robots is None and not self.headers.rules:
            return True
        if path not in self._images:
            self._images[path] = not (
                (
                    self.robots is not None
                    and self.base_url is not None
                    and not self.robots.allows(urls.absolute(self.base_url, path), IMAGES)
                )
                or any(parse_header(value, images=True).is_noindex for value in self._header_values(path))
            )
        return self._images[path]

    def _directives(self, page: Page, scan: PageScan, *, images: bool = False) -> Iterable[RobotsDirectives]:
        yield from (parse_robots(tag.value) for tag in scan.indexing if tag.kind == "robots")
        yield from (parse_header(value, images=images) for value in self._header_values(page.path))

    def _header_values(self, path: str) -> list[str]:
        if not self.headers.rules or self.base_url is None:
            return []
        return self.headers.values(path, ROBOTS, host=host_of(self.base_url))
