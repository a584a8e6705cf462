"""Extracts the visible text of HTML."""

from __future__ import annotations

import re
from html import unescape

_HIDDEN = r"script|style|textarea|title|svg|math|template|noscript|iframe"
# Tests for the class names only at their initials, and at no position twice. (With a possessive loop around the
# lookahead, Python before 3.11.5 finds no match.)
_PERMALINK_CLASS = r"\b(?:headerlink|header-anchor|anchor-link|permalink)\b"
_PERMALINK = rf"""a\b(?=[^>hap]*+(?:(?!{_PERMALINK_CLASS})[hap][^>hap]*+)*{_PERMALINK_CLASS})[^>]*>.*?</a>"""
# Case is ignored only after the `<`: a pattern that begins with a literal character is searched much faster. No
# attribute is matched twice: backtracking over an unterminated tag would take exponential time.
_TAG = r"""[a-zA-Z/!?](?:(?:[^>=]++|="[^"]*+"|='[^']*+'|=)*+|[^>]*+)>"""
_MARKUP = re.compile(
    rf"""<(?:!--.*?(?:-->|\Z)|(?=[aimnstAIMNST])(?i:({_HIDDEN})\b.*?</\1[^>]*>|{_PERMALINK})|{_TAG})""",
    re.DOTALL,
)
_BREAK = re.compile(r"<(?=(?:[bB][rR]|[pP]|[dD][iI][vV]|[lL][iI]|[tT][rRdD]|[hH][1-6])\b)")


_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])")
_MARKS = re.compile(r"(?<![\w\\])(\*{1,3}|_{1,3}|`+)(?=\S)(.+?)(?<=\S)\1(?!\w)")


def without_markdown(text: str) -> str:
    """Return a heading without links, emphasis and backticks of Markdown, white space collapsed."""
    return " ".join(_MARKS.sub(r"\2", _LINK.sub(r"\1", text)).split())


def text_content(html: str) -> str:
    """Return plain text: without markup, scripts and permalink signs, references resolved, white space collapsed."""
    text = _MARKUP.sub("", _BREAK.sub(" <", html)) if "<" in html else html
    return " ".join(unescape(text).split()).removesuffix("¶").rstrip()
