"""Headline and first code block of a page, in its source (Markdown, reStructuredText) or in its HTML."""

from __future__ import annotations

import json
import re
from html import unescape
from textwrap import dedent

from imageseo.web.html.attributes import read_cached
from imageseo.web.html.text_content import text_content, without_markdown

Code = tuple[str, str]
"""Language, ``""`` if none is named, and text."""

_LONGEST_TITLE = 1000  # characters of a line; a longer one is no title
_LONGEST_CODE = 20_000
# Eleventy names the language after the first three dashes.
_DASHES = re.compile(r"-{3}[ \t]*(json|toml|ya?ml)?[ \t]*\n(.*?\n)?(?:-{3}|\.{3})[ \t]*(?:\n|\Z)", re.DOTALL)
_PLUSES = re.compile(r"\+{3}[ \t]*\n(.*?\n)?\+{3}[ \t]*(?:\n|\Z)", re.DOTALL)
_HEADING = re.compile(r"#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\{[^{}]*\}[ \t]*)?\Z")
_SETEXT = re.compile(r"(?:=+|-+)[ \t]*\Z")
_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")
_INFO = re.compile(r"[ ]{0,3}(`{3,}|~{3,})[ \t]*(.*)\Z")
_LANGUAGE = re.compile(r"\{?\.?\s*(?:code-block|code|code-cell|literalinclude)?\}?\s*\.?([A-Za-z][\w+#.-]*)")
_DIRECTIVE = re.compile(r"([ ]*)\.\. (?:code-block|code|sourcecode)::[ \t]*([\w+#.-]*)[ \t]*\Z")
_H1 = re.compile(rb"<h1(?:\s[^>]*)?>(.*?)</h1\s*>", re.IGNORECASE | re.DOTALL)
_PRE = re.compile(r"(<pre\b[^>]*>)(.*?)</pre\s*>", re.IGNORECASE | re.DOTALL)
_OPEN = re.compile(r"\s*(<code\b[^>]*>)?", re.IGNORECASE)
_WRAPPERS = re.compile(r"""<(?:div|figure|code)\b[^>]*(?:class|data-lang)=[^>]*>""", re.IGNORECASE)
_CLASS = re.compile(r"(?:^|\s)(?:language|lang|highlight|highlight-source)-([A-Za-z][\w+#.-]*)")
_NO_LANGUAGE = ("default", "none", "plain", "text", "plaintext", "notranslate")
_TAG = re.compile(r"<[^>]*>")


def split_front_matter(text: str) -> tuple[str, str, str]:
    """Return language and text of the front matter, and the body."""
    if (match := _DASHES.match(text)) is not None:
        return (match[1] or "yaml").replace("yml", "yaml"), match[2] or "", text[match.end() :]
    if (match := _PLUSES.match(text)) is not None:
        return "toml", match[1] or "", text[match.end() :]
    if text.startswith("{") and text[1:].lstrip()[:1] in ('"', "}"):
        try:
            end = json.JSONDecoder().raw_decode(text)[1]
        except (ValueError, RecursionError):
            return "json", text.partition("\n\n")[0], text.partition("\n\n")[2]
        return "json", text[:end], text[end:]
    return "yaml", "", text


def markdown_headline(body: str) -> str | None:
    """Return the first heading of the first level, as text."""
    previous, fence = "", ""
    for line in body.splitlines():
        if len(line) > _LONGEST_TITLE:
            line = ""
        mark = _FENCE.match(line)
        if fence:
            fence = "" if mark and mark[1].startswith(fence) else fence
        elif mark:
            fence = mark[1]
        elif heading := _HEADING.match(line):
            return without_markdown(heading[1])
        elif previous.strip() and line.startswith("=") and _SETEXT.match(line):
            return without_markdown(previous.strip())
        previous = line
    return None


def markdown_code(body: str) -> Code | None:
    """Return the first fenced block; without one, None."""
    lines = body.splitlines()
    for number, line in enumerate(lines):
        opened = _INFO.match(line)
        if opened is None or ("`" in opened[2] and opened[1][0] == "`"):
            continue
        found = []
        for each in lines[number + 1 :]:
            closed = _INFO.match(each)
            if closed is not None and closed[1].startswith(opened[1]) and not closed[2].strip():
                break
            found.append(each)
        named = _LANGUAGE.match(opened[2].strip())
        return _block(named[1] if named else "", "\n".join(found))
    return None


def rest_code(text: str) -> Code | None:
    """Return the body of the first directive for code."""
    lines = text.expandtabs(8).splitlines()
    for number, line in enumerate(lines):
        directive = _DIRECTIVE.match(line)
        if directive is None:
            continue
        found: list[str] = []
        for each in lines[number + 1 :]:
            if each.strip() and len(each) - len(each.lstrip()) <= len(directive[1]):
                break
            if found or not re.match(r"\s*(?::[\w-]+:|\Z)", each):  # options stand before the body
                found.append(each)
        return _block(directive[2], "\n".join(found))
    return None


def html_code(html: str) -> Code | None:
    """Return the first ``<pre>``; its language is named by its class, or by that of an element around it."""
    found = _PRE.search(html)
    if found is None:
        return None
    opened = _OPEN.match(found[2])
    inner = opened[1] if opened and opened[1] else ""
    around = _WRAPPERS.findall(html[max(found.start() - 300, 0) : found.start()])
    languages = filter(None, map(_language, (inner, found[1], *reversed(around))))
    return _block(next(languages, ""), unescape(_TAG.sub("", found[2])))


def html_headline(page: bytes) -> str | None:
    """Return the text of the first ``<h1>``."""
    match = _H1.search(page)
    return (text_content(match[1].decode("utf-8", "replace")) or None) if match else None


def _language(tag: str) -> str:
    """Return the language that a start tag names; ``""`` if it names none."""
    if " " not in tag:
        return ""
    values = read_cached(tag, len(tag.split(None, 1)[0]))
    named = _CLASS.search(values.get("class", ""))
    language = values.get("data-lang") or values.get("data-language") or (named[1] if named else "")
    return "" if language.lower() in _NO_LANGUAGE else language.lower()


def _block(language: str, text: str) -> Code | None:
    text = dedent(text[:_LONGEST_CODE]).strip("\n")
    return (language.lower(), text) if text.strip() else None
