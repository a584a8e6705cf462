"""Reads robots.txt as Google's crawlers do (RFC 9309)."""

from __future__ import annotations

import re

MAX_BYTES = 500 * 1024
"""Neither Google nor imageseo reads a robots.txt beyond this size."""
IMAGES = "Googlebot-Image"
PAGES = "Googlebot"
_DISALLOW = re.compile(r"^[ \t]*[a-z]*dis+al+o[a-z]*[ \t]*:?[ \t]*[^\s#:]", re.IGNORECASE | re.MULTILINE)
_SITEMAP = re.compile(r"[ \t]*site-?map[ \t]*:[ \t]*([^\s#]+)", re.IGNORECASE)


class Robots:
    """The rules of a robots.txt. ``sitemaps``: URL and line number of each sitemap it declares."""

    def __init__(self, data: bytes) -> None:
        from protego import Protego

        text = data[:MAX_BYTES].decode("utf-8-sig", "replace")
        self.sitemaps = [
            (match[1], number)
            for number, line in enumerate(text.splitlines(), 1)
            if (match := _SITEMAP.match(line)) is not None
        ]
        self._parsed = Protego.parse(text)
        self._forbids = _DISALLOW.search(text) is not None  # most files forbid nothing, and a site has many URLs

    def allows(self, url: str, agent: str) -> bool:
        """Whether a crawler may fetch an absolute URL.

        The group with the crawler's own name applies, else that of a shorter name (``Googlebot`` for
        ``Googlebot-Image``), else ``*``.
        """
        if not self._forbids:
            return True
        try:
            return self._parsed.can_fetch(url, agent)
        except ValueError:  # an invalid URL
            return True
