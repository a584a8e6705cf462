"""The static guess of a page's hero: what HTML and files tell without a browser."""

from __future__ import annotations

from pathlib import Path

from imageseo.config.settings import Settings
from imageseo.images.decoding.probe import probe
from imageseo.layout import first_screen, image_widths
from imageseo.model.image import Asset, ImageRef
from imageseo.web.html.page_scan import scan_page
from imageseo.web.urls import resolve


def guessed(root: Path, path: str, *, base_url: str | None) -> str | None:
    """The site path of the image that is the hero of a built page; None without confidence."""
    html = (root / path).read_bytes()
    scan = scan_page(html)

    def asset(ref: ImageRef) -> Asset | None:
        place = resolve(ref.src, page=path, base_url=base_url, base_href=scan.base_href)
        found = probe(root / place, place, max_pixels=10**9) if isinstance(place, str) else None
        return found if isinstance(found, Asset) else None

    layout = image_widths.layout_for(
        scan.meta_content("generator"), html=html, settings=Settings().layout, content_width=None
    )
    ref = first_screen.find_hero(scan, asset, layout, guess=True)
    found = asset(ref) if ref is not None else None
    return found.path if found is not None else None
