"""The title of a page as its social card shows it."""

from __future__ import annotations

import re

from imageseo.model.image import PageScan
from imageseo.model.site import Page
from imageseo.web.html.text_content import text_content, without_markdown

_SEPARATOR = r"\s+[-–—|·•:»]\s+"


def title_of(page: Page, scan: PageScan, site_name: str) -> str:
    """Return a page's title as plain text: its ``<h1>``, else what the generator calls it, else its ``<title>``."""
    for text in (page.hints.headline, page.hints.title):
        if scan.h1_text:
            break
        if text and (plain := without_markdown(text_content(text) if re.search(r"</|&#?\w+;", text) else text)):
            return plain
    found = scan.h1_text or scan.meta_content("og:title") or scan.title or ""
    plain = " ".join(found.split())
    if site_name and not scan.h1_text:
        name = re.escape(site_name)
        plain = re.sub(rf"{_SEPARATOR}{name}$|^{name}{_SEPARATOR}", "", plain) or plain
    return plain
