"""Leave one out: do pages that inherit by template agree with their own measurement?

    python -m tests.bench.inherit SITE... [--least 0.95]

``SITE``: a built folder with ``imageseo.layout.json`` beside it (``imageseo measure SITE``). Each measured page is
taken out of the layout, inherits what the others lead to expect, and is held against what a browser saw of it: widths
within 2 px, or of the same candidate of the default ladder at 1x and 2x, at every measured viewport; the LCP wherever
inheritance claims to know it. Beside that, the static guess of each page's hero, where it is confident: whether it is
the LCP on phones or on desktops.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from imageseo.config.settings import Settings
from imageseo.images.decoding.probe import probe
from imageseo.layout import layout_file
from imageseo.layout.measurements import SiteMeasurements, template_fingerprint
from imageseo.lint.facts.page import PageContext, PageFacts
from imageseo.lint.facts.site_files import SiteFiles
from imageseo.model.image import Asset, BadAsset
from imageseo.model.layout import PageLayout, ShownImage, SiteLayout
from imageseo.model.site import Page, Site
from tests.bench.guess import guessed

RUNGS = (320, 480, 640, 720, 880, 1000, 1120, 1280, 1600, 1920, 10**9)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sites", nargs="+", type=Path)
    parser.add_argument("--least", type=float, default=0.95)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args(arguments)
    total: Counter[str] = Counter()
    for root in options.sites:
        found = Counter(told for told, _ in judged(root))
        total += found
        print(root, *(f"{name}: {count}" for name, count in sorted(found.items())))
        if options.verbose:
            print(*(f"  {told}: {words}" for told, words in judged(root) if "off" in told), sep="\n")
    shares = {}
    for what in ("image", "page", "LCP", "guess"):
        right, off = total[f"{what} right"], total[f"{what} off"]
        if right + off:
            shares[what] = right / (right + off)
    print(*(f"{what}: {share:.1%}" for what, share in shares.items()))
    return 0 if min(shares.values(), default=0.0) >= options.least else 1


def judged(root: Path) -> Iterator[tuple[str, str]]:
    """What was told right, wrong or not at all: of images, of pages as a whole, of the LCP at each viewport."""
    layout = layout_file.read(root.parent / layout_file.NAME)
    if layout is None:
        sys.exit(f"{root}: not measured")
    for path, own in sorted(layout.pages.items()):
        told = inherited(root, layout, own)
        guess = guessed(root, path, base_url=None)
        if guess is not None:
            seen_as = {own.lcp[name].src for name in ("mobile", "desktop") if own.lcp[name].kind == "image"}
            yield f"guess {'right' if guess in seen_as else 'off'}", f"{path}: {guess}, seen {seen_as}"
        if told is None:
            yield "page alone of its template", path
            continue
        known = {(image.src, image.nth): image for image in told.images}
        right, told_of = True, 0
        for image in own.images:
            if not any(image.widths):
                continue
            other = known.get((image.src, image.nth))
            if other is None:
                yield "image not told", f"{path}: {image.src}"
                continue
            good = alike(image, other)
            right, told_of = right and good, told_of + 1
            yield f"image {'right' if good else 'off'}", f"{path}: {image.src} {image.widths} {other.widths}"
        if told_of:
            yield f"page {'right' if right else 'off'}", path
        for viewport, lcp in told.lcp.items():
            seen = own.lcp.get(viewport)
            if seen is not None:
                good = seen.kind == lcp.kind and (lcp.kind != "image" or (seen.src, seen.nth) == (lcp.src, lcp.nth))
                yield f"LCP {'right' if good else 'off'}", f"{path} {viewport}: {seen.kind} {seen.src}, told {lcp.kind}"


def inherited(root: Path, layout: SiteLayout, own: PageLayout) -> PageLayout | None:
    """What the page would be told if nobody had opened it; ``None`` when it is alone of its template."""
    others = {path: page for path, page in layout.pages.items() if path != own.page}
    if not any(page.template == own.template for page in others.values()):
        return None
    site = Site(root=root, project=root.parent, base_url="https://example.org/", pages=())

    def asset(path: str) -> Asset | BadAsset:
        return probe(root / path, path, max_pixels=10**9)

    facts = PageFacts(
        Page(path=own.page),
        site=site,
        files=SiteFiles(root, asset),
        page_context=replace(
            PageContext.of(site, Settings()), measurements=SiteMeasurements(replace(layout, pages=others))
        ),
    )
    assert template_fingerprint(facts.html, facts.scan) == own.template, own.page
    return facts.measured


def alike(seen: ShownImage, told: ShownImage) -> bool:
    return all(
        px == 0 or abs(px - other) <= 2 or all(rung(px * dpr) == rung(other * dpr) for dpr in (1, 2))
        for px, other in zip(seen.widths, told.widths, strict=True)
    )


def rung(px: float) -> int:
    return next(each for each in RUNGS if each >= px - 1)


if __name__ == "__main__":
    sys.exit(main())
