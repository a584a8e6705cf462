"""The ``<meta>`` and ``<link>`` elements in the head of a page, read without parsing the page."""

from __future__ import annotations

import html
import re

from imageseo.storage.site_folder import SiteFolder

_CHUNK = 16_384  # bytes; few <head> elements are longer
_MAX_HEAD = 262_144  # bytes read in search of the end of <head>: a page may be 20 MB
_HTML_TAG = 2048  # bytes in which <html> begins, if the page names its language
_TAG = re.compile(rb"<(meta|link)\b((?:\"[^\"]*\"|'[^']*'|[^>\"'])*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([^\s=/>"']+)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)


def read_head(files: SiteFolder, path: str) -> bytes:
    """Return the start of a page, at most up to its body: one chunk, or ``_MAX_HEAD`` bytes for a longer head.

    Raises OSError.
    """
    head = files.begin(path, _CHUNK)
    if (position := head.find(b"<body")) >= 0:
        return head[:position]
    if len(head) == _CHUNK and (lowered := head.lower()).find(b"</head") < 0 and b"<body" not in lowered:
        return files.begin(path, _MAX_HEAD)
    return head


def find_tags(head: bytes, *, needle: bytes) -> list[tuple[str, dict[str, str]]]:
    """Return name and attributes of each ``<meta>`` and ``<link>``; none if the head does not contain ``needle``."""
    if needle not in head.lower():
        return []
    head = _COMMENT.sub(b"", head[: _body_start(head)])
    return [(tag.decode("ascii").lower(), _attributes(rest)) for tag, rest in _TAG.findall(head)]


def html_language(head: bytes) -> str:
    """Return the attribute ``lang`` of ``<html>``; ``""`` if there is none."""
    position = head[:_HTML_TAG].lower().find(b"<html")
    end = head.find(b">", position)
    if position < 0 or end < 0:
        return ""
    return _attributes(head[position + len(b"<html") : end]).get("lang", "").strip()


def _body_start(head: bytes) -> int:
    found = re.search(rb"<body\b", head, re.IGNORECASE)
    return found.start() if found else len(head)


def _attributes(tag: bytes) -> dict[str, str]:
    try:
        text = tag.decode("utf-8")
    except UnicodeDecodeError:
        text = tag.decode("windows-1252", "replace")
    pairs = ((name.lower(), html.unescape(value.strip("\"'"))) for name, value in _ATTRIBUTE.findall(text))
    return dict(reversed(list(pairs)))
