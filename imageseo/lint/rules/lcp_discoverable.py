"""The LCP image is discoverable in the page's HTML.

Browsers search the HTML for images before any script or style sheet has loaded. They find a hero that a script fills in
(``data-src`` and similar) only after that script has run, and a CSS background only after the style sheets have loaded:
both load last. Lazy loaders are for images further down, and ``loading="lazy"`` does the same without a script.

The rule reports an image without a real ``src`` where the page's hero should be (near the top of the article, large,
not an icon), and an element at the top with a background in its own ``style`` or ``data-bg`` that is named hero, cover,
banner, masthead, jumbotron or header. The latter is a warning, because a name proves nothing, and an error if a browser
measured such a background as the LCP (``imageseo measure``); if the measured LCP is something else, nothing is
reported. Nothing is reported either if the page shows another hero before it or preloads an image. Backgrounds in style
sheets are not examined.

Bad:
    <article><h1>Harbour</h1>
    <img data-src="photo-1600x900.jpg" class="lazyload" alt="A harbour" width="1600" height="900"></article>

Bad (with a placeholder):
    <article><h1>Harbour</h1>
    <img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" data-src="photo-1600x900.jpg" alt="A harbour"></article>

Bad (a warning: a background):
    <main><div class="post-hero" style="background-image: url('photo-1600x900.jpg')"><h1>Harbour</h1></div>
    <p>Boats.</p></main>

Bad (a warning: a background that a script fills in):
    <header class="cover" data-bg="photo-1600x900.jpg"></header><main><h1>Harbour</h1></main>

Bad (a background that a browser saw to be the largest):
    <!-- measured: {"lcp": "background"} -->
    <main><div class="hero" style="background-image: url(photo-1600x900.jpg)"><h1>Harbour</h1></div></main>

Good:
    <article><h1>Harbour</h1><img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high"></article>

Good (a script may have what stands below):
    <article><h1>Harbour</h1><img src="photo-1600x900.jpg" alt="A harbour" width="1600" height="900">
    <img data-src="boats-1600x900.jpg" class="lazyload" alt="Boats" width="1600" height="900"></article>

Good (preloaded, so it is found):
    <link rel="preload" as="image" href="photo-1600x900.jpg">
    <main><div class="hero" style="background: url(photo-1600x900.jpg)"><h1>Harbour</h1></div></main>

Good (a browser saw that it is not):
    <!-- measured: {"lcp": "text"} -->
    <main><div class="hero" style="background-image: url(photo-1600x900.jpg)"><h1>Harbour</h1></div></main>

Good (a large pattern):
    <main><div class="page-header" style="background: #eee url('photo-1600x900.jpg') repeat-x"></div></main>

Good (a pattern, and a picture beside the text):
    <main><div class="hero" style="background: url(tile-64x64.png)"><h1>Harbour</h1></div>
    <div class="card-cover" style="background-image: url(photo-1600x900.jpg)"></div></main>

Good (an icon):
    <article><h1>Harbour</h1><img data-src="mark-64x64.png" class="lazyload" alt="The mark"></article>
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence

from imageseo.layout import hero_detection as heroes
from imageseo.layout import image_widths
from imageseo.lint.tag_edits import has_high_priority, is_lazy
from imageseo.model.facts import ImageFact, Problem, ProblemLocation, shorten
from imageseo.model.finding import Severity
from imageseo.model.image import Asset, ImageRef, OptOut, PageRegion, PageScan
from imageseo.model.layout import Lcp, PageLayout
from imageseo.web.html.attributes import read
from imageseo.web.html.text_content import text_content
from imageseo.web.html.tokenizer import tag_over

SEVERITY = Severity.ERROR
LINT_ONLY = True
SOURCES = ("Lighthouse lcp-discovery-insight",)

_SOURCE_ATTRIBUTES = ("data-src", "data-srcset", "data-lazy-src", "data-lazy", "data-original", "data-echo", "data-url")
_BACKGROUND_ATTRIBUTES = ("data-bg", "data-background", "data-background-image", "data-bg-src", "data-lazy-bg")
_NEEDLES = (b"url(", b"data-bg", b"data-background", b"data-lazy-bg")
_REACH = 20_000  # bytes of the article that 500 characters of text may take, with their markup
_HERO_NAME = re.compile(r"(?<![a-z])(?:hero|cover|banner|masthead|jumbotron|header|splash)(?![a-z])")
_NOT_HERO = re.compile(r"(?<![a-z])(?:card|thumb|thumbnail|tile|item|avatar|logo|icon|teaser|preview|footer)(?![a-z])")
_URL = re.compile(r"""url\(\s*(?:"([^"]*)"|'([^']*)'|([^)\s]*))\s*\)""", re.IGNORECASE)
_TILED = {"repeat", "repeat-x", "repeat-y", "round", "space"}
_LEAST = (600, 200)  # px; a smaller file is a pattern, not a hero

AssetOf = Callable[[str], Asset | None]


def check(
    html: bytes,
    scan: PageScan,
    images: Sequence[ImageFact],
    hero: ImageFact | None,
    column_layout: image_widths.ColumnLayout,
    measured: PageLayout | None,
    asset_of: AssetOf,
) -> Iterator[Problem]:
    if scan.preload_images:
        return
    for image in images:
        if hero is not None and image.ref.span >= hero.ref.span and not has_high_priority(image.ref):
            break
        loaded = _script_source(image.ref)
        if loaded is not None and _is_hero(image.ref, loaded, asset_of, column_layout):
            yield Problem(
                message=f"{shorten(loaded[1])} is the page's LCP image but is set in {loaded[0]}: browsers find it "
                "only after a script has run",
                hint="set it in src (and srcset); use lazy loaders only for images further down",
                at=image.ref,
            )
            return
    if hero is None:
        measured_lcps = measured.lcp.values() if measured is not None and not measured.inherited else ()
        yield from _background(html, scan, asset_of, measured_lcps)


def _script_source(ref: ImageRef) -> tuple[str, str] | None:
    """Attribute and URL of an image that a script fills in; None for an image that needs no script."""
    src = ref.src
    if (src and not src.lower().startswith("data:")) or ref.get("srcset") or ref.sources:
        return None
    found = next(((name, value.strip()) for name in _SOURCE_ATTRIBUTES if (value := ref.get(name))), None)
    return None if found is None else (found[0], re.split(r"[\s,]", found[1])[0] if "srcset" in found[0] else found[1])


def _is_hero(
    ref: ImageRef, loaded: tuple[str, str], asset_of: AssetOf, column_layout: image_widths.ColumnLayout
) -> bool:
    if has_high_priority(ref):
        return True
    if (
        ref.region is not PageRegion.ARTICLE
        or ref.opt_out is OptOut.IGNORED
        or ref.hidden_by is not None
        or not heroes.near_top(ref)
        or is_lazy(ref)
    ):
        return False
    asset = asset_of(loaded[1])
    if asset is None or not asset.encodable or heroes.is_small(ref, asset, column_layout):
        return False
    width = image_widths.shown_width(ref, asset, column_layout)
    return width >= 320 and width * width * asset.height / max(asset.width, 1) >= 320 * 150


def _background(html: bytes, scan: PageScan, asset_of: AssetOf, measured_lcps: Collection[Lcp]) -> Iterator[Problem]:
    """Report the first element at the top of the page with a hero as its background. ``measured_lcps``: of the page."""
    measured_backgrounds = [each for each in measured_lcps if each.kind == "background"]
    if measured_lcps and not measured_backgrounds:
        return
    start = scan.article.start if scan.article is not None else max(html.find(b"<body"), 0)
    lowered = html[: start + _REACH].lower()
    body = max(lowered.find(b"<body"), 0)
    positions = sorted(at for needle in _NEEDLES for at in _find_all(lowered, needle, body))
    if not positions:
        return
    text, folded = html.decode("latin-1"), lowered.decode("latin-1")
    for position in positions:
        tag = tag_over(folded, position)
        if tag is None or tag.start <= body or tag.name in ("img", "a", "source"):
            continue
        if tag.start > start and len(text_content(text[start : tag.start])) > 500:
            return
        url = _hero_background(tag.name, read(text[tag.start : tag.end], 1 + len(tag.name)))
        asset = asset_of(url) if url else None
        if asset is not None and asset.encodable and asset.width >= _LEAST[0] and asset.height >= _LEAST[1]:
            yield Problem(
                message=f"{asset.path} is the page's hero but a CSS background: browsers find it only after the styles",
                hint="show it with an <img> (object-fit: cover to fill its box), or preload it",
                place=ProblemLocation(offset=tag.start, image=url),
                severity=None
                if any(each.src in (None, asset.path) for each in measured_backgrounds)
                else Severity.WARN,
            )
            return


def _find_all(lowered: bytes, needle: bytes, start: int) -> Iterator[int]:
    at = lowered.find(needle, start)
    while at >= 0:
        yield at
        at = lowered.find(needle, at + 1)


def _hero_background(name: str, values: dict[str, str]) -> str | None:
    """URL of the background of an element whose class, id or tag name is that of a hero; None for any other."""
    names = f"{values.get('class', '')} {values.get('id', '')} {name}".lower()
    if not _HERO_NAME.search(names) or _NOT_HERO.search(names):
        return None
    style = image_widths.declarations(values.get("style", ""))
    background = _URL.sub(" ", f"{style.get('background', '')} {style.get('background-repeat', '')}")
    if style.get("display") == "none" or _TILED & set(re.split(r"[\s,]+", background)):
        return None
    loaded = next((values[each] for each in _BACKGROUND_ATTRIBUTES if values.get(each)), None)
    if loaded is not None:
        return loaded.strip()
    # From the style as written: declarations are lower-cased, but URLs are case-sensitive.
    match = _URL.search(values.get("style", "")) if "url(" in f"{style.get('background')} {style}" else None
    return next((part for part in match.groups() if part), None) if match else None
