"""Whether the plan of a page agrees with a browser: which LCP images are hurried, and which are lazy by mistake.

    python -m tests.bench first-screen --site DIR --layout imageseo.layout.json --out OUT.json

``--layout``: what ``imageseo measure`` wrote for that site before any build. Each measured page is planned without the
measurement. At each of the four viewports whose LCP is an image, ``fetchpriority="high"`` is ``right`` (on that image),
``wrong`` (on another one) or ``missing``; ``authors``: missing because the author wrote ``loading="lazy"`` or a
``fetchpriority`` on it. ``lazy``: the LCP was made lazy. ``in_view_lazy``: other images in a first screen that
were made lazy; ``below_eager``: images below every first screen that were not.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from imageseo.config.encoding import QualitySettings
from imageseo.config.settings import Settings
from imageseo.images.decoding.probe import probe
from imageseo.layout import image_widths, layout_file
from imageseo.layout.measurements import image_names, in_view
from imageseo.model.image import Asset, ImageRef
from imageseo.model.layout import PageLayout
from imageseo.model.site import Page
from imageseo.pipeline import page_plan
from imageseo.web.html.page_scan import scan_page
from imageseo.web.urls import resolve

_OPTIONS = page_plan.VariantOptions(widths=(320, 640, 960, 1280), formats=("webp",), quality=QualitySettings())
_ICON = 64  # CSS px


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--site", type=Path, required=True, metavar="DIR", help="a built site")
    parser.add_argument("--site-url", metavar="URL", help="where it is published")
    parser.add_argument("--layout", type=Path, required=True, metavar="FILE", help="its imageseo.layout.json")
    parser.add_argument("--out", type=Path, metavar="FILE", help="every LCP image that is not right, as JSON")


def run(options: argparse.Namespace) -> dict[str, Any]:
    layout = layout_file.read(options.layout)
    assert layout is not None
    counts: Counter[str] = Counter(
        dict.fromkeys(("views", "images", "right", "wrong", "missing", "authors", "lazy"), 0)
    )
    notes: list[str] = []
    for page in layout.pages.values():
        _compare(options.site.resolve(), options.site_url, page, counts, notes)
    if options.out:
        options.out.write_text(json.dumps(notes, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return dict(counts)


def _compare(root: Path, base_url: str | None, page: PageLayout, counts: Counter[str], notes: list[str]) -> None:
    html = (root / page.page).read_bytes()
    scan = scan_page(html)
    paths = [resolve(ref.src, page=page.page, base_url=base_url, base_href=scan.base_href) for ref in scan.refs]
    assets = {ref.span: _asset(root, path) for ref, path in zip(scan.refs, paths, strict=True)}
    names = image_names(path if isinstance(path, str) else ref.src for ref, path in zip(scan.refs, paths, strict=True))
    refs = dict(zip(names, scan.refs, strict=True))
    plan = page_plan.plan_page(
        Page(path=page.page),
        scan,
        asset_of=lambda ref: assets[ref.span],
        hero=None,
        hero_asset=None,
        guess=True,
        layout=image_widths.layout_for(scan.meta_content("generator"), html=html, settings=Settings().layout),
        options=_OPTIONS,
        insert="after-h1",
    )
    added = {image.ref.span: dict(image.attributes) for image in plan.images}

    def written(ref: ImageRef, name: str) -> str:
        return (ref.get(name) or added.get(ref.span, {}).get(name) or "").lower()

    hurried = [name for name, ref in refs.items() if written(ref, "fetchpriority") == "high"]
    lazy = {name for name, ref in refs.items() if added.get(ref.span, {}).get("loading") == "lazy"}
    for viewport, lcp in page.lcp.items():
        counts["views"] += lcp.kind != "none"
        if lcp.kind != "image" or lcp.src is None:
            continue
        name = (lcp.src, lcp.nth)
        ref = refs.get(name)
        verdict = "right" if name in hurried else "wrong" if hurried else "missing"
        if verdict == "missing" and ref is not None and (ref.get("fetchpriority") or ref.get("loading") == "lazy"):
            verdict = "authors"
        counts["images"] += 1
        counts[verdict] += 1
        counts["lazy"] += name in lazy
        if verdict != "right" or name in lazy:
            notes.append(f"{page.page} {viewport} {lcp.src}: {verdict}{' lazy' if name in lazy else ''}")
    for image in page.images:
        name = (image.src, image.nth)
        seen = in_view(image)
        if seen is None or max(image.widths) < _ICON or name not in refs:
            continue
        counts["in_view_lazy"] += seen and name in lazy
        counts["below_eager"] += not seen and written(refs[name], "loading") != "lazy"


def _asset(root: Path, path: object) -> Asset | None:
    found = probe(root / path, path, max_pixels=10**9) if isinstance(path, str) and (root / path).is_file() else None
    return found if isinstance(found, Asset) else None
