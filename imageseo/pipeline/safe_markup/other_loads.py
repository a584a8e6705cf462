"""Images whose file the page loads in another way too: with variants, visitors would load both."""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from imageseo.model.image import PageScan, Span

# Text is enough: a match in a comment or in a code sample only leaves an image without variants.
_VALUE = rb"""\s*=\s*["']?([^"'<>\s]+)"""
_LOADS = {
    b"url(": re.compile(rb"""url\(\s*(?:["']|&(?:quot|apos|#34|#39);)?([^"'()<>\s&]+)""", re.IGNORECASE),
    b"<image": re.compile(rb"<image\s[^<>]*?\bhref" + _VALUE, re.IGNORECASE),
    b"poster": re.compile(rb"poster" + _VALUE, re.IGNORECASE),
    **{
        name: re.compile(name + _VALUE, re.IGNORECASE)
        for name in (b"data-bg", b"data-bg-src", b"data-lazy-bg", b"data-background", b"data-background-image")
    },
}


def loaded_elsewhere(page: bytes, scan: PageScan, path_of: Callable[[str], str | None]) -> frozenset[Span]:
    """Return the tags of images whose file in ``src`` is also a background, a poster or an image of an SVG.

    Backgrounds count in ``style``, in ``<style>`` and in the attributes that scripts make backgrounds of; those in
    files of styles are told by ``ImageStyle.background``. ``path_of``: URL as written on the page -> site path; None
    for other hosts.
    """
    names = {_name(ref.src) for ref in scan.refs if ref.src}
    found = {path_of(url) for url in _urls(page, scan.charset) if _name(url) in names} if names else set()
    found.discard(None)
    return frozenset(ref.span for ref in scan.refs if found and ref.src and path_of(ref.src) in found)


def _urls(page: bytes, charset: str) -> Iterator[str]:
    lowered = page.lower()
    for needle, pattern in _LOADS.items():
        at = lowered.find(needle)
        while at >= 0:
            match = pattern.match(page, at)
            if match is not None and match[1][:5].lower() != b"data:":
                yield html.unescape(match[1].decode(charset, "replace"))
            at = lowered.find(needle, at + len(needle))


def _name(url: str) -> str:
    return unquote(posixpath.basename(re.split(r"[?#]", url, maxsplit=1)[0]))
