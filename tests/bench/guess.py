"""The static guess of a page's hero: what HTML and files tell without a browser."""

from __future__ import annotations

from pathlib import Path

from imageseo.core import hero, ladder
from imageseo.core.find import find
from imageseo.core.urls import resolve
from imageseo.model.image import Asset, ImageRef
from imageseo.probe import probe
from imageseo.settings import Settings


def guessed(root: Path, path: str, *, base_url: str | None) -> str | None:
    """The site path of the image that is the hero of a built page; None without confidence."""
    html = (root / path).read_bytes()
    scan = find(html)

    def asset(ref: ImageRef) -> Asset | None:
        place = resolve(ref.src, page=path, base_url=base_url, base_href=scan.base_href)
        found = probe(root / place, place, max_pixels=10**9) if isinstance(place, str) else None
        return found if isinstance(found, Asset) else None

    layout = ladder.layout_for(
        scan.meta_content("generator"), html=html, settings=Settings().layout, content_width=None
    )
    ref = hero.guess(scan, asset, layout)
    found = asset(ref) if ref is not None else None
    return found.path if found is not None else None
