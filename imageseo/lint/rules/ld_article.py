"""An article's JSON-LD names its image, large, and in the three aspect ratios that search results use.

Google asks for images of at least 50,000 px, shows those at least 1,200 px wide large in Discover, and recommends 1:1,
4:3 and 16:9: 1200×1200, 1200×900 and 1200×675 px satisfy all of it. Only files of this site can be measured. A build
publishes these crops of a hero that is at least 1,200 px wide, and adds them to the article, unless the theme gives it
another image.

Bad:
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "Article"}</script>

Bad (too small):
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "BlogPosting",
    "image": "photo-200x200.jpg"}</script>

Bad (a shape is missing):
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "NewsArticle",
    "image": ["photo-1200x1200.jpg", "photo-1200x675.jpg"]}</script>

Good:
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "NewsArticle",
    "image": ["photo-1200x1200.jpg", "photo-1200x900.jpg", "photo-1200x675.jpg"]}</script>
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from imageseo.model.facts import Problem, ProblemLocation, ResolvedUrl
from imageseo.model.finding import Severity
from imageseo.model.image import Asset
from imageseo.web.structured_data.parser import JsonLd, Node, image_url, images_of
from imageseo.web.structured_data.schema_org import ARTICLES

if TYPE_CHECKING:
    from imageseo.lint.facts.page import SiteFiles

SEVERITY = Severity.WARN
LINT_ONLY = True
_LEAST, _WIDE = 50_000, 1200
_SHAPES = (("1:1", 1.0), ("4:3", 4 / 3), ("16:9", 16 / 9))


def check(json_ld: JsonLd, files: SiteFiles, target: Callable[[str], ResolvedUrl]) -> Iterator[Problem]:
    for node in json_ld.nodes:
        # A listing names the articles of other pages.
        if not node.types & ARTICLES or not (node.top or "mainEntity" in node.path):
            continue
        kind = min(node.types & ARTICLES)
        listed = list(images_of(node, "image"))
        if not listed and not any(other.said.get("image") for other in json_ld.named(node.id or "")):
            place = ProblemLocation(offset=node.offset())
            hint = "name its image, ideally in 1:1, 4:3 and 16:9, each 1200 px wide"
            yield Problem(message=f"the {kind} has no image", hint=hint, place=place)
            continue
        yield from _measured(node, kind, [asset for asset in _assets(json_ld, listed, files, target) if asset])


def _assets(
    json_ld: JsonLd, listed: list[object], files: SiteFiles, target: Callable[[str], ResolvedUrl]
) -> Iterator[Asset | None]:
    for value in listed:
        url = image_url(json_ld, value)
        file = target(url) if url else None
        asset = files.asset(file.path) if file is not None and file.path is not None and file.exists else None
        yield asset if isinstance(asset, Asset) and asset.format != "svg" else None


def _measured(node: Node, kind: str, assets: list[Asset]) -> Iterator[Problem]:
    if not assets:
        return  # only files of other hosts
    place, hint = (
        ProblemLocation(offset=node.offset("image")),
        "publish 1200×1200, 1200×900 and 1200×675 px, and name all three",
    )
    best = max(assets, key=lambda asset: asset.width * asset.height)
    size = f"{best.path} is {best.width}×{best.height} px"
    if best.width * best.height < _LEAST:
        yield Problem(message=f"the {kind}'s image {size}; at least {_LEAST:,} px are required", hint=hint, place=place)
    elif best.width < _WIDE:
        yield Problem(
            message=f"the {kind}'s image {size}; a large preview needs {_WIDE} px width",
            hint=hint,
            place=place,
        )
    else:
        ratios = [asset.width / asset.height for asset in assets]
        missing = [name for name, ratio in _SHAPES if not any(abs(each / ratio - 1) < 0.02 for each in ratios)]
        if missing:
            message = f"the {kind} has no image in {' and '.join(missing)}"
            yield Problem(message=message, hint=hint, place=place)
