"""Pages that say in a comment what a browser saw of them: ``<!-- measured: {"a.jpg": {"width": 688, "top": 300}} -->``.

``width``: CSS px at every viewport, ``top``: from the top of the page at all of them. ``lcp``: an image, ``text``,
``background``, ``video``; ``fade_ms``: how long that fades in. Images are named as the page names them.
"""

from __future__ import annotations

import json
import posixpath
import re
from typing import Any

from imageseo.layout.measurements import WIDTHS, template_fingerprint
from imageseo.model.finding import GATING, REPORTED
from imageseo.model.layout import Lcp, PageLayout, ShownImage, SiteLayout, Template
from imageseo.web.html.page_scan import scan_page

_SAID = re.compile(rb"<!-- measured: (\{.*?\}) -->", re.DOTALL)


def layout_of(path: str, html: bytes) -> SiteLayout | None:
    """What a page says was seen of it; None when it says nothing. ``path``: its file in the site."""
    said = _SAID.search(html)
    if said is None:
        return None
    told: dict[str, Any] = json.loads(said[1])
    kind, fade = told.pop("lcp", None), told.pop("fade_ms", 0)
    screens = [viewport.name for viewport in (*GATING, *REPORTED)]
    images = tuple(
        ShownImage(
            src=_beside(path, name),
            widths=(float(image["width"]),) * len(WIDTHS),
            tops=dict.fromkeys(screens, float(image["top"])),
        )
        for name, image in told.items()
    )
    lcp = None
    if kind is not None:
        named = kind.rpartition(".")[2] in ("jpg", "png", "webp", "avif")
        lcp = Lcp(kind="image", src=_beside(path, kind), fade_ms=fade) if named else Lcp(kind=kind)
    page = PageLayout(
        page=path,
        template=template_fingerprint(html, scan_page(html)),
        lcp=dict.fromkeys(screens, lcp) if lcp is not None else {},
        images=images,
    )
    column = Template(id=page.template, column=(688.0,) * len(WIDTHS), pages=1)
    return SiteLayout(widths=WIDTHS, pages={path: page}, templates={page.template: column})


def _beside(path: str, name: str) -> str:
    return posixpath.join(posixpath.dirname(path), name)
