"""The predicted scan of a page equals the scan of the published page: build and lint use the same facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from imageseo.config.encoding import QualitySettings
from imageseo.layout import image_widths
from imageseo.model.hero import Hero
from imageseo.model.image import Asset, ImageRef, Variant
from imageseo.model.site import Page
from imageseo.pipeline import markup, page_plan
from imageseo.pipeline.predicted_scan import predicted_scan
from imageseo.web.html import edits
from imageseo.web.html.page_scan import scan_page

ASSET = Asset(path="a.jpg", sha256="ab" * 32, bytes=10**6, format="jpeg", width=1600, height=900)
HERO = Asset(path="hero.jpg", sha256="cd" * 32, bytes=10**6, format="jpeg", width=1600, height=900)
BODIES = {
    "plain": "<article><h1>T</h1><p><img src=a.jpg alt='x &amp; y'></p><p>text<img src=a.jpg></p></article>",
    "chrome": "<header><img src=a.jpg></header><main><h1>T</h1><img src='a.jpg' width=300></main>",
    "kept": "<article><h1>T</h1><picture><source srcset='a.jpg 2x'><img src=a.jpg></picture>"
    "<img src=a.jpg srcset='a.jpg 1600w'><p data-imageseo=ignore><img src=a.jpg></p></article>",
    "figure": "<article><h1>T</h1>\n<figure><a href=a.jpg><img src=a.jpg style='border:0'></a>"
    "<figcaption>Said</figcaption></figure>\n<h2>U</h2>\n<img loading=lazy src=a.jpg "
    "data-imageseo-disable='x: y'></article>",
    "lines": "<article>\r\n<h1>T</h1>\r\n<p>ä</p>\r\n<img\n src=a.jpg\n alt=''>\r\n<img src=a.jpg></article>",
}


def comparable(refs: Sequence[ImageRef]) -> list[dict[str, Any]]:
    """Return everything of images that a rule may use, except for columns and preceding text."""
    return [
        {
            "attributes": {each.name: each.value for each in ref.attributes},
            "region": ref.region,
            "opt_out": ref.opt_out,
            "is_processed": ref.is_processed,
            "sources": ref.sources,
            "link": ref.link,
            "caption": ref.caption,
            "disabled": ref.disabled,
            "line": ref.line,
        }
        for ref in refs
    ]


@pytest.mark.parametrize("hero", [None, Hero(path="hero.jpg", alt="H", caption="C"), Hero(path="a.jpg", alt=None)])
@pytest.mark.parametrize("has_width", [True, False])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_predicted_scan_equals_scan_of_the_published_page(body: str, has_width: bool, hero: Hero | None) -> None:
    html = f"<!doctype html><html><head><title>T</title></head><body>{body}</body></html>".encode()
    scan = scan_page(html)
    planned = page_plan.plan_page(
        Page(path="index.html"),
        scan,
        asset_of=lambda ref: ASSET if ref.src == "a.jpg" else None,
        hero=hero,
        hero_asset=None if hero is None else ASSET if hero.path == "a.jpg" else HERO,
        guess=True,
        layout=image_widths.ColumnLayout(content_width=700 if has_width else None),
        options=page_plan.VariantOptions(widths=(320, 640, 1280), formats=("avif", "webp"), quality=QualitySettings()),
        insert="after-h1",
    )
    variants = {spec: Variant(spec=spec, sha256=f"{spec.width:x}" * 20, bytes=5) for spec in planned.specs}
    after = edits.apply(html, markup.page_edits(planned, variants))
    assert comparable(predicted_scan(html, planned, variants).refs) == comparable(scan_page(after).refs)
    assert edits.strip(after) == html
