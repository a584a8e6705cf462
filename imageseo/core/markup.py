"""picture, img, figure, style and JSON-LD: what a plan becomes in the page's own bytes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from imageseo.core import naming
from imageseo.core.edits import Edit
from imageseo.model.image import Kept, Span, Variant, VariantSpec
from imageseo.model.plan import HeroInsert, ImagePlan, PagePlan

_SUFFIXES = {"jpeg": "jpg"}
# Zero specificity: whatever the theme says wins. A <picture> must not be a box of its own, or it would be the flex
# item instead of the image; and a height attribute must not keep its px when only `max-width` narrows the image.
_STYLE = (
    "<style data-imageseo>:where(picture[data-imageseo]){display:contents}"
    ":where(img[data-imageseo~=height]){height:auto}</style>"
)


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
    head = _STYLE if opening else ""
    if json_ld:
        head += f'<script type="application/ld+json" data-imageseo>{json_ld}</script>'
    if head and plan.scan.head_end is not None:
        opening.insert(0, _insertion(plan.scan.head_end, head, codec))
    # Several edits may meet at one byte: first what ends there, then head, hero and pictures that begin there.
    return tuple(sorted([*closing, *opening], key=lambda edit: edit.span))


def _insertion(at: int, text: str, codec: str) -> Edit:
    return Edit(span=Span(at, at), replacement=text.encode(codec, "xmlcharrefreplace"))


def _image_edits(
    image: ImagePlan, variants: Mapping[VariantSpec, Variant], codec: str, opening: list[Edit], closing: list[Edit]
) -> None:
    ref = image.ref
    if ref.kept is Kept.IGNORED or ref.get("data-imageseo") is not None:
        return
    added = list(image.attributes)
    wrap = ref.kept is None
    sizes = f"auto, {image.sizes}" if image.auto_sizes else image.sizes
    sources = _sources(image.specs, variants, ref.src, image.asset.path, sizes) if wrap else []
    if sources and image.auto_sizes:
        # Chromium reads `auto` on a <source> only when the <img> allows it, and then sizes the box as if it were
        # empty; the intrinsic size keeps `width: auto` images as they were.
        added.append(("sizes", sizes))
        added.append(("style", f"contain-intrinsic-size:{image.asset.width}px {image.asset.height}px"))
    if sources:
        opening.append(_insertion(ref.span.start, f"<picture data-imageseo>{_macro('sources', sources)}", codec))
        closing.append(_insertion(ref.span.end, "</picture>", codec))
    marker = " ".join([*(name for name, _ in added), *(["hero"] if image.hero else [])])
    if marker:
        run = _macro("run", [*added, ("data-imageseo", marker)])
        opening.append(_insertion(ref.insert_at, run, codec))


def _hero(insert: HeroInsert, variants: Mapping[VariantSpec, Variant]) -> str:
    hero, asset = insert.hero, insert.asset
    alt = [] if hero.alt is None else [("alt", hero.alt)]
    attributes = [
        ("src", insert.src),
        *alt,
        ("width", str(asset.width)),
        ("height", str(asset.height)),
        ("fetchpriority", "high"),
        ("decoding", "async"),
        ("data-imageseo", "hero height"),
    ]
    sources = _sources(insert.specs, variants, insert.src, asset.path, insert.sizes)
    return _template("hero.jinja").render(
        hero={"sources": sources, "attributes": attributes, "caption": hero.caption or ""}
    )


def _sources(
    specs: Iterable[VariantSpec], variants: Mapping[VariantSpec, Variant], src: str, path: str, sizes: str
) -> list[dict[str, str]]:
    """One ``<source>`` a format, in the plan's order, candidates by width."""
    folder = _folder(src)
    by_format: dict[str, list[tuple[int, str]]] = {}
    for spec in specs:
        variant = variants.get(spec)
        if variant is not None:
            suffix = _SUFFIXES.get(spec.format, spec.format)
            name = naming.variant_name(posixpath.basename(path), spec.width, variant.sha256, suffix)
            by_format.setdefault(spec.format, []).append((spec.width, folder + quote(name)))
    return [
        {
            "type": f"image/{kind}",
            "srcset": ", ".join(f"{url} {width}w" for width, url in sorted(candidates)),
            "sizes": sizes,
        }
        for kind, candidates in by_format.items()
    ]


def _folder(src: str) -> str:
    """The folder part of a URL as its author wrote it, fit for a ``srcset``, where blanks part the candidates."""
    path = re.sub(r"[\t\r\n]", "", re.split(r"[?#]", src, maxsplit=1)[0])
    folder = path[: max(path.rfind("/"), path.rfind("\\")) + 1]
    return re.sub(r"\s", lambda match: quote(match[0]), folder)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(loader=PackageLoader("imageseo.core", "templates"), autoescape=True, undefined=StrictUndefined)


def _template(name: str) -> Template:
    return _environment().get_template(name)


def _macro(name: str, argument: object) -> str:
    return str(getattr(_template("picture.jinja").module, name)(argument))
