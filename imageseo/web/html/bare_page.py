"""A page without what no selector of CSS can see: its words, its scripts, its comments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from imageseo.model.image import Span

_REST = rb"""[^>=]*+(?:=\s*+(?:"[^"]*+"|'[^']*+')?+[^>=]*+)*+>"""  # of a tag after its name begins
_PIECES = re.compile(
    # Tags with the space after them, in one step as far as possible.
    rb"((?:<(?!script\b|!--)[a-zA-Z/!?]" + _REST + rb"\s*+)++|\s++)"
    # Words: not what begins with a reference, which may stand for a space, and not before a `>` that ends no tag.
    rb"|([^\s<>&])[^<>]*+(?=<|\Z)"
    # A script that is certainly read to here; it ends elsewhere after `<!--`.
    rb"|(<script\b" + _REST + rb")(?:[^<]++|<(?!!--|/script))*+(?=</script)"
    # A comment that contains no tags.
    rb"|<!--[^<>]*?-->"
    rb"|(<!--.*?-->|<[^<]*+|[^<]++)",
    re.DOTALL,
)
_LIMITS = ((b"<", b">"), (b"<!--", b"-->"), (b"<script", b"</script"))


class BarePage(NamedTuple):
    """``html``: the page. ``spans``: where the tags are in it that were asked for."""

    html: bytes
    spans: tuple[Span, ...]


def bare_page(html: bytes, tags: Iterable[Span]) -> BarePage:
    """Return a page with tags and space alone: an ``x`` for words, nothing for comments and in scripts.

    What is not certainly one of these stays. ``tags``: spans, in order, of tags that are kept as they are.
    """
    pieces: list[bytes] = []
    spans: list[Span] = []
    size = at = 0
    for start, end in tags:
        before = _bare(html[at:start])
        size += len(before)
        spans.append(Span(size, size + end - start))
        size, at = size + end - start, end
        pieces += (before, html[start:end])
    return BarePage(b"".join([*pieces, _bare(html[at:])]), tuple(spans))


def _bare(html: bytes) -> bytes:
    end = _end_of_pieces(html)
    found: list[tuple[bytes, bytes, bytes, bytes]] = _PIECES.findall(html, 0, end)
    return b"".join([tags or (words and b"x") or script or other for tags, words, script, other in found]) + html[end:]


def _end_of_pieces(html: bytes) -> int:
    """Return where the first piece begins that never ends: each one like it would search the rest of the page."""
    end = len(html)
    for opener, closer in _LIMITS:
        at = html.find(opener, html.rfind(closer) + 1)
        end = end if at < 0 else min(end, at)
    return end
