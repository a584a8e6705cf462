"""The words of a piece of HTML, as a reader sees them."""

from __future__ import annotations

import re
from html import unescape

_HIDDEN = r"script|style|textarea|title|svg|math|template|noscript|iframe"
# Looks for its words where one of their initials stands, and nowhere twice. (With a possessive loop around the
# lookahead, Python before 3.11.5 finds none.)
_SIGN = r"\b(?:headerlink|header-anchor|anchor-link|permalink)\b"
_PERMALINK = rf"""a\b(?=[^>hap]*+(?:(?!{_SIGN})[hap][^>hap]*+)*{_SIGN})[^>]*>.*?</a>"""
# Case is ignored behind the `<` only: a pattern that begins with a plain character is searched for much faster. And no
# attribute is tried twice: a tag that never ends would take forever.
_TAG = r"""[a-zA-Z/!?](?:(?:[^>=]++|="[^"]*+"|='[^']*+'|=)*+|[^>]*+)>"""
_MARKUP = re.compile(
    rf"""<(?:!--.*?(?:-->|\Z)|(?=[aimnstAIMNST])(?i:({_HIDDEN})\b.*?</\1[^>]*>|{_PERMALINK})|{_TAG})""",
    re.DOTALL,
)
_BREAK = re.compile(r"<(?=(?:[bB][rR]|[pP]|[dD][iI][vV]|[lL][iI]|[tT][rRdD]|[hH][1-6])\b)")


def text_content(html: str) -> str:
    """Plain text: markup, scripts and permalink signs gone, references resolved, white space folded."""
    text = _MARKUP.sub("", _BREAK.sub(" <", html)) if "<" in html else html
    return " ".join(unescape(text).split()).removesuffix("¶").rstrip()
