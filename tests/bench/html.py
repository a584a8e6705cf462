"""Reading and editing pages in memory: CPU milliseconds for 100 KB of HTML, every image of the article edited.

python -m tests.bench.html [--pages 40] [--rounds 5] [--site DIR]

Without ``--site`` the pages are made up, as themes write them. Plain readers stand beside us when they are installed:
what each of them takes to visit the same ``<img>`` tags and set one attribute.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from tests.bench.warm import page


def ours(html: bytes) -> bytes:
    """What a cold build does with a page's bytes: take our edits out, scan, plan, edit."""
    from imageseo.config.encoding import QualitySettings
    from imageseo.layout import image_widths
    from imageseo.model.image import Asset
    from imageseo.model.site import Page
    from imageseo.pipeline import markup, page_plan
    from imageseo.web.html import edits, page_scan

    asset = Asset(path="photo.jpg", sha256="0" * 64, bytes=10**6, format="jpeg", width=1600, height=900)
    html = edits.strip(html)
    scan = page_scan.scan_page(html)
    planned = page_plan.plan_page(
        Page(path="index.html"),
        scan,
        asset_of=lambda ref: asset,
        hero=None,
        hero_asset=None,
        guess=True,
        layout=image_widths.layout_for(scan.meta_content("generator"), html=html),
        options=page_plan.VariantOptions(
            widths=(320, 640, 960, 1280), formats=("avif", "webp"), quality=QualitySettings()
        ),
        insert="after-h1",
    )
    return edits.apply(html, markup.page_edits(planned, {}))


def lolhtml(html: bytes) -> bytes:
    """The streaming rewriter of Cloudflare, which sees one tag at a time and no page around it."""
    import lolhtml as rewriting

    class Lazy:
        def element(self, element: rewriting.Element) -> None:
            element.set_attribute("loading", "lazy")

    out = bytearray()
    rewriter = rewriting.HTMLRewriter(out.extend)
    rewriter.on("img", Lazy())
    rewriter.write(html)
    rewriter.end()
    return bytes(out)


def lxml(html: bytes) -> bytes:
    """A tree, written anew: it keeps no byte that it does not care for."""
    from lxml import html as trees

    tree = trees.fromstring(html)
    for image in tree.iter("img"):
        image.set("loading", "lazy")
    return bytes(trees.tostring(tree))


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--site", type=Path, help="a built site to take pages from")


def run(options: argparse.Namespace) -> dict[str, object]:
    """Medians of alternating rounds, in ms for 100 KB; None for a peer that is not installed or not to be had."""
    pages = _pages(options.site, options.pages)
    size = sum(map(len, pages)) / 1e5
    ways: dict[str, Callable[[bytes], bytes]] = {"ours": ours}
    ways |= {name: way for name, way in {"lolhtml": lolhtml, "lxml": lxml}.items() if _works(name, way, pages[0])}
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, way in ways.items():
            began = time.process_time()
            for each in pages:
                way(each)
            took[name].append((time.process_time() - began) / size * 1e3)
    figures = {
        f"{name}_ms_per_100_kb": round(_median(took[name]), 3) if name in took else None
        for name in ("ours", "lolhtml", "lxml")
    }
    # What a machine and its load do to the one they do to the other: this figure travels, milliseconds do not.
    against = round(_median(took["ours"]) / _median(took["lxml"]), 3) if "lxml" in took else None
    return {
        "pages": len(pages),
        "kb": round(size * 100),
        "rounds": options.rounds,
        **figures,
        "ours_vs_lxml": against,
        "goal": 1.0,
    }


def _median(took: Sequence[float]) -> float:
    return statistics.median(took)


def _pages(site: Path | None, count: int) -> Sequence[bytes]:
    if site is None:
        return [page(number, 100_000, "photo.jpg").encode() for number in range(count)]
    found = [path.read_bytes() for path in sorted(site.rglob("*.html"))[:count]]
    if not found:
        raise SystemExit(f"{site}: no HTML file in it")
    return found


def _works(name: str, way: Callable[[bytes], bytes], sample: bytes) -> bool:
    if find_spec(name) is None:
        return False
    try:
        way(sample)
    except Exception:  # an alpha's interface changes from release to release: no figure is no failure
        return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments(parser)
    print(json.dumps(run(parser.parse_args()), indent=2))


if __name__ == "__main__":
    main()
