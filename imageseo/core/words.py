"""The words of a piece of HTML, as a reader sees them."""

from __future__ import annotations

import re
from html import unescape

_HIDDEN = r"script|style|textarea|title|svg|math|template|noscript|iframe"
_PERMALINK = r"""<a\b(?=[^>]*\b(?:headerlink|header-anchor|anchor-link|permalink)\b)[^>]*>.*?</a>"""
_MARKUP = re.compile(
    rf"""<!--.*?(?:-->|\Z)|<({_HIDDEN})\b.*?</\1[^>]*>|{_PERMALINK}|<[a-z/!?](?:="[^"]*"|='[^']*'|[^>])*>""",
    re.IGNORECASE | re.DOTALL,
)
_BREAK = re.compile(r"<(?=(?:br|p|div|li|tr|td|h[1-6])\b)", re.IGNORECASE)


def words(html: str) -> str:
    """Plain text: markup, scripts and permalink signs gone, references resolved, white space folded."""
    text = _MARKUP.sub("", _BREAK.sub(" <", html)) if "<" in html else html
    return " ".join(unescape(text).split()).removesuffix("¶").rstrip()
