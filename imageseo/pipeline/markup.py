"""picture, img, figure, style and JSON-LD: what a plan becomes in the page's own bytes."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from imageseo.model.image import Asset, OptOut, PageRegion, SourceTag, Span, Variant, VariantSpec
from imageseo.model.plan import HeroInsert, ImagePlan, PagePlan
from imageseo.web import filenames
from imageseo.web.ai_labels import caption_with_label
from imageseo.web.html.edits import CHROME, HERO, MARKER, Edit

if TYPE_CHECKING:
    from jinja2 import Environment, Template

# Zero specificity: whatever the theme says wins. Neither <picture> nor its sources may be a box, or they would be items
# of a flex or grid container. A height attribute must not keep its px when only `max-width` narrows the image, nor a
# width attribute when the theme sets the height of a logo and nothing else. The last rule says again what Material says
# of an image that is its paragraph's only child, which inside a picture it no longer is.
_STYLE = (
    "<style data-imageseo>:where(picture[data-imageseo]){display:contents}"
    ":where(picture[data-imageseo]>source){display:none}"
    ":where(img[data-imageseo~=height]){height:auto}"
    ":where(img[data-imageseo~=chrome]){width:auto}"
    ":where(figure[data-imageseo]){margin:1em 0}"
    ":where(figure[data-imageseo] img){max-width:100%}"
    ".md-typeset picture[data-imageseo]:only-child>img[align]{margin-top:0}"
)
# Above the picture and never hidden: what a visitor could take for a photograph says what it is at first sight. Black
# and white in themselves: no contrast hangs on the picture. Nothing that is clicked or dragged meets it.
_OVERLAY = (
    ":where([data-imageseo=hero-frame]){position:relative;display:inline-block;max-width:100%}"
    ":where([data-imageseo=ai-overlay]){position:absolute;top:.5rem;right:.5rem;margin:0;padding:.25em .5em;"
    "background:#000;color:#fff;font:bold .75rem/1.3 sans-serif;letter-spacing:.03em;pointer-events:none}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageMarkup:
    """What is written at an image: ``attributes`` in order, ``sources`` around it as a browser reads them."""

    attributes: tuple[tuple[str, str], ...] = ()
    sources: tuple[SourceTag, ...] = ()


def page_edits(
    plan: PagePlan, variants: Mapping[VariantSpec, Variant], *, json_ld: str | None = None
) -> tuple[Edit, ...]:
    """The edits that make a plan true. ``json_ld``: the text of one script, ASCII, or ``None``.

    A spec without a variant is not listed; without any the image gets no ``<picture>``.
    Nothing to add gives no edits.
    """
    codec = plan.scan.charset
    opening: list[Edit] = []
    closing: list[Edit] = []
    for image in plan.images:
        _image_edits(image, variants, codec, opening, closing)
    if plan.insert is not None:
        opening.insert(0, _insertion(plan.insert.at, _hero(plan.insert, variants), codec))
    head = f"{_STYLE}{_OVERLAY if _marked(plan.insert) else ''}</style>" if opening else ""
    if json_ld:
        head += f'<script type="application/ld+json" data-imageseo>{json_ld}</script>'
    if head and plan.scan.head_end is not None:
        opening.insert(0, _insertion(plan.scan.head_end, head, codec))
    # Several edits may meet at one byte: first what ends there, then head, hero and pictures that begin there.
    return tuple(sorted([*closing, *opening], key=lambda edit: edit.span))


def _marked(insert: HeroInsert | None) -> bool:
    return insert is not None and insert.label is not None and insert.label.overlay is not None


def _insertion(at: int, text: str, codec: str) -> Edit:
    return Edit(span=Span(at, at), replacement=text.encode(codec, "xmlcharrefreplace"))


def _image_edits(
    image: ImagePlan, variants: Mapping[VariantSpec, Variant], codec: str, opening: list[Edit], closing: list[Edit]
) -> None:
    ref = image.ref
    dress = image_markup(image, variants)
    if dress.sources:
        opening.append(_insertion(ref.span.start, f"<picture data-imageseo>{_macro('sources', dress.sources)}", codec))
        closing.append(_insertion(ref.span.end, "</picture>", codec))
    if dress.attributes:
        opening.append(_insertion(ref.insert_at, _macro("run", dress.attributes), codec))


def image_markup(image: ImagePlan, variants: Mapping[VariantSpec, Variant]) -> ImageMarkup:
    """What an image of the page gets: attributes, the marker that lists them last, and sources around it."""
    ref = image.ref
    if ref.opt_out is OptOut.IGNORED or ref.get(MARKER) is not None:
        return ImageMarkup()
    added = list(image.attributes)
    auto = image.auto_sizes and _sized(image)
    sources = _sources(image.specs, variants, ref.src, image.asset, image.sizes) if ref.opt_out is None else []
    if sources and auto:
        # `auto` must stand on the <img> too: there it brings size containment with it, without which an image of
        # `width:auto` would wait at 0 px for a source of 0 px. The intrinsic size keeps such images as they were.
        # Validators want a `srcset` beside `sizes`: the file itself, which is what `src` leads to anyway.
        sizes = f"auto, {image.sizes}"
        added.append(("srcset", f"{_candidate(ref.src)} {image.asset.width}w"))
        added.append(("sizes", sizes))
        added.append(("style", f"contain-intrinsic-size:{image.asset.width}px {image.asset.height}px"))
        # The W3C's checker takes `auto` for an error on every <source> but the last (it looks for the loading
        # attribute on the next <source>), so earlier ones have it only where `sizes` would else be a guess.
        plain = len(sources) - 1 if image.known_width else 0
        sources = [*sources[:plain], *(source._replace(sizes=sizes) for source in sources[plain:])]
    names = [name for name, _ in added]
    if ref.region is PageRegion.CHROME and "width" in names:
        names.append(CHROME)
    if image.hero:
        names.append(HERO)
    if names:
        added.append((MARKER, " ".join(names)))
    return ImageMarkup(attributes=tuple(added), sources=tuple(sources))


def hero_markup(insert: HeroInsert, variants: Mapping[VariantSpec, Variant]) -> ImageMarkup:
    """All attributes of the hero that is inserted, and the sources around it."""
    hero, asset = insert.hero, insert.asset
    attributes = [
        ("src", insert.src),
        *([] if hero.alt is None else [("alt", hero.alt)]),
        ("width", str(asset.width)),
        ("height", str(asset.height)),
        *([("fetchpriority", "high")] if insert.urgent else []),
        ("decoding", "async"),
        (MARKER, f"height {HERO}"),
    ]
    sources = _sources(insert.specs, variants, insert.src, asset, insert.sizes)
    return ImageMarkup(attributes=tuple(attributes), sources=tuple(sources))


def _sized(image: ImagePlan) -> bool:
    """Whether both attributes will be px: only then do they give a contained image its aspect ratio."""
    values = {**{name: image.ref.get(name) for name in ("width", "height")}, **dict(image.attributes)}
    return all((values[name] or "").strip().isdecimal() for name in ("width", "height"))


def _hero(insert: HeroInsert, variants: Mapping[VariantSpec, Variant]) -> str:
    dress = hero_markup(insert, variants)
    return _template("hero.html.jinja").render(
        hero=dress, caption=caption_with_label(insert.hero.caption, None), label=insert.label
    )


def _sources(
    specs: Iterable[VariantSpec], variants: Mapping[VariantSpec, Variant], src: str, asset: Asset, sizes: str
) -> list[SourceTag]:
    """One ``<source>`` a format, in the plan's order, candidates by width; an animation's as large as it is."""
    folder = _folder(src)
    by_format: dict[str, list[tuple[int, str]]] = {}
    for spec in specs:
        variant = variants.get(spec)
        if variant is not None:
            name = filenames.variant_file(asset, variant)
            by_format.setdefault(spec.format, []).append((spec.width, folder + quote(name)))
    if asset.frames > 1:  # without a width the picture keeps the natural size that the page was laid out with
        return [
            SourceTag(type=f"image/{kind}", srcset=candidates[0][1], sizes=None, media=None)
            for kind, candidates in by_format.items()
        ]
    return [
        SourceTag(
            type=f"image/{kind}",
            srcset=", ".join(f"{url} {width}w" for width, url in sorted(candidates)),
            sizes=sizes,
            media=None,
        )
        for kind, candidates in by_format.items()
    ]


def _folder(src: str) -> str:
    """The folder part of a URL as its author wrote it, ready for a ``srcset``."""
    path = src.partition("?")[0].partition("#")[0]
    return _candidate(path[: max(path.rfind("/"), path.rfind("\\")) + 1])


@lru_cache(maxsize=1024)  # images share their folders
def _candidate(url: str) -> str:
    """A URL as it must be written in a ``srcset``, where blanks and outer commas part the candidates."""
    url = re.sub(r"[\t\r\n]", "", url)
    return re.sub(r"\s|^,+|,+$", lambda match: quote(match[0]), url)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # a build that edits no page does without

    # Templates do not change while we run: to look after each of them at every image took as long as to fill it in.
    return Environment(
        loader=PackageLoader("imageseo.pipeline", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )


def _template(name: str) -> Template:
    return _environment().get_template(name)


@lru_cache(maxsize=1024)  # logos and icons stand on every page
def _macro(name: str, argument: Hashable) -> str:
    return str(getattr(_template("picture.html.jinja").module, name)(argument))
