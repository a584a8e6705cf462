"""Make the edits of a page plan: picture, img, figure, style and JSON-LD."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

from imageseo.model.formats import mime_of
from imageseo.model.image import Asset, OptOut, PageRegion, SourceTag, Span, Variant, VariantSpec
from imageseo.model.plan import HeroInsert, ImagePlan, MarkupForm, PagePlan, PlannedVersion, RemoteCandidate
from imageseo.pipeline.safe_markup.style_rules import style_markup
from imageseo.web import filenames
from imageseo.web.ai_labels import caption_with_label
from imageseo.web.html.edits import CHROME, HERO, MARKER, NATURAL, Edit
from imageseo.web.markup_text import attribute_run, hero_figure, source_tags


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageMarkup:
    """Markup of one image: ``attributes`` in order, ``sources`` in the order in which a browser reads them."""

    attributes: tuple[tuple[str, str], ...] = ()
    sources: tuple[SourceTag, ...] = ()


def page_edits(
    plan: PagePlan,
    variants: Mapping[VariantSpec, Variant],
    *,
    json_ld: str | None = None,
    others: Iterable[Edit] = (),
) -> tuple[Edit, ...]:
    """Return the edits for a plan. ``json_ld``: the text of one script, ASCII, or ``None``. ``others``: more edits.

    A spec without a variant is not listed; an image without variants gets no ``<picture>``.
    """
    codec = plan.scan.charset
    opening: list[Edit] = []
    closing: list[Edit] = []
    for image in plan.images:
        _add_image_edits(image, variants, codec, opening, closing)
    if plan.insert is not None:
        opening.insert(0, _make_insertion(plan.insert.at, _render_hero(plan.insert, variants), codec))
    head = ""
    if opening and plan.has_style:
        head = style_markup(overlay=_has_overlay(plan.insert), href=plan.style_sheet)
    opening += _preload_edits(plan, variants, codec)
    if json_ld:
        head += f'<script type="application/ld+json" data-imageseo>{json_ld}</script>'
    if head and plan.scan.head_end is not None:
        opening.insert(0, _make_insertion(plan.scan.head_end, head, codec))
    # Edits at the same byte: first those that end an element, then head, hero and pictures.
    return tuple(sorted([*others, *closing, *opening], key=lambda edit: edit.span))


def _has_overlay(insert: HeroInsert | None) -> bool:
    return insert is not None and insert.label is not None and insert.label.overlay is not None


def _make_insertion(at: int, text: str, codec: str) -> Edit:
    return Edit(span=Span(at, at), replacement=text.encode(codec, "xmlcharrefreplace"))


def _add_image_edits(
    image: ImagePlan, variants: Mapping[VariantSpec, Variant], codec: str, opening: list[Edit], closing: list[Edit]
) -> None:
    ref = image.ref
    markup = image_markup(image, variants)
    if markup.sources:
        style = ' style="display:contents"' if image.choice.contents else ""
        opening_tag = f"<picture data-imageseo{style}>{source_tags(markup.sources)}"
        opening.append(_make_insertion(ref.span.start, opening_tag, codec))
        closing.append(_make_insertion(ref.span.end, "</picture>", codec))
    if markup.attributes:
        opening.append(_make_insertion(ref.insert_at, attribute_run(markup.attributes), codec))


def image_markup(image: ImagePlan, variants: Mapping[VariantSpec, Variant]) -> ImageMarkup:
    """Return the attributes to add to an image, with the marker that lists them, and its sources."""
    ref = image.ref
    if ref.opt_out is OptOut.IGNORED or ref.get(MARKER) is not None or image.choice.form is MarkupForm.NONE:
        return ImageMarkup()
    added = list(image.attributes)
    auto = image.auto_sizes and _has_own_ratio(image)
    styles = [image.placeholder] if image.placeholder is not None else []
    sources = _all_sources(image, variants, ref.src) if ref.opt_out is None else []
    if sources and image.choice.form is MarkupForm.IMG:
        added.append(("srcset", sources[0].srcset))
        if sources[0].sizes is not None and ref.get("sizes") is None:
            added.append(("sizes", sources[0].sizes))
        sources = []
    elif sources and auto:
        # `auto` is needed on the <img> too: there it implies size containment, without which an image with `width:auto`
        # would stay at 0 px and choose a source for 0 px. The intrinsic size preserves the layout of such images.
        # Validators require `srcset` with `sizes`: it lists the file of `src`.
        sizes = f"auto, {image.sizes}"
        added.append(("srcset", f"{_escape_url(ref.src)} {image.asset.css_width}w"))
        added.append(("sizes", sizes))
        styles.insert(0, f"contain-intrinsic-size:{image.asset.css_width}px {image.asset.css_height}px")
        # The W3C's validator reports `auto` as an error on every <source> but the last (it expects the loading
        # attribute on the next <source>), so earlier ones have it only if `sizes` would be a guess otherwise.
        plain = len(sources) - 1 if image.known_width else 0
        sources = [*sources[:plain], *(source._replace(sizes=sizes) for source in sources[plain:])]
    sources = [*_version_sources(image.versions, variants, ref.src), *sources]
    if styles:
        added.append(("style", ";".join(styles)))
    names = [name for name, _ in added]
    if ref.region is PageRegion.CHROME and "width" in names:
        names.append(CHROME)
    elif image.choice.natural and "width" in names:
        names.append(NATURAL)
    if image.hero:
        names.append(HERO)
    if names:
        added.append((MARKER, " ".join(names)))
    return ImageMarkup(attributes=tuple(added), sources=tuple(sources))


def _preload_edits(plan: PagePlan, variants: Mapping[VariantSpec, Variant], codec: str) -> Iterator[Edit]:
    """Yield the attributes by which the author's preload links load the candidate that the image will show."""
    images = {image.ref.span: image for image in plan.images}
    for preload in plan.preloads:
        image = images.get(preload.image)
        if image is None:
            continue
        markup = image_markup(image, variants)
        first = next(iter(markup.sources), None)
        values = dict(markup.attributes) if first is None else {"srcset": first.srcset, "sizes": first.sizes or ""}
        if "srcset" not in values:
            continue
        added = [("imagesrcset", values["srcset"])]
        if values.get("sizes") or image.ref.get("sizes"):
            added.append(("imagesizes", values.get("sizes") or image.ref.get("sizes") or ""))
        if first is not None and first.type and not preload.has_type:
            added.append(("type", first.type))  # a browser that does not read the format preloads nothing
        added.append((MARKER, " ".join(name for name, _ in added)))
        yield _make_insertion(preload.insert_at, attribute_run(added), codec)


def hero_markup(insert: HeroInsert, variants: Mapping[VariantSpec, Variant]) -> ImageMarkup:
    """Return all attributes of an inserted hero, and its sources."""
    hero, asset = insert.hero, insert.asset
    declined = insert.label.declined if insert.label is not None else None
    attributes = [
        ("src", insert.src),
        *([] if hero.alt is None else [("alt", hero.alt)]),
        ("width", str(asset.css_width)),
        ("height", str(asset.css_height)),
        *([("fetchpriority", "high")] if insert.urgent else []),
        ("decoding", "async"),
        *([("data-imageseo-disable", f"ai-label: {declined}")] if declined else []),
        (MARKER, f"height {HERO}"),
    ]
    sources = [
        *_version_sources(insert.versions, variants, insert.src),
        *_all_sources(insert, variants, insert.src),
    ]
    return ImageMarkup(attributes=tuple(attributes), sources=tuple(sources))


def _has_own_ratio(image: ImagePlan) -> bool:
    """Whether both attributes will be in px and have the ratio of the file: a contained image has that of its tag."""
    values = {**{name: image.ref.get(name) for name in ("width", "height")}, **dict(image.attributes)}
    written = [(values[name] or "").strip() for name in ("width", "height")]
    if not all(text.isdecimal() and int(text) for text in written):
        return False
    width, height = map(int, written)
    return abs(width * image.asset.height / image.asset.width - height) <= 1


def _render_hero(insert: HeroInsert, variants: Mapping[VariantSpec, Variant]) -> str:
    markup = hero_markup(insert, variants)
    caption = caption_with_label(insert.hero.caption, None)
    return hero_figure(markup.sources, markup.attributes, caption=caption, label=insert.label)


def _version_sources(
    versions: Iterable[PlannedVersion], variants: Mapping[VariantSpec, Variant], src: str
) -> Iterator[SourceTag]:
    """Yield the sources of a hero's versions, each with its JPEG at last. ``src``: of the hero, in the same folder.

    With the size on each source a browser reserves the place of the version that it will show.
    """
    for each in versions:
        asset = each.asset
        name = quote(posixpath.basename(asset.path), errors="surrogateescape")
        jpeg = SourceTag(
            type="image/jpeg", srcset=f"{_url_folder(src)}{name} {asset.width}w", sizes=each.sizes, media=None
        )
        for source in (*_all_sources(each, variants, src), jpeg):
            yield source._replace(media=each.media, width=str(asset.width), height=str(asset.height))


def _all_sources(
    shown: ImagePlan | HeroInsert | PlannedVersion, variants: Mapping[VariantSpec, Variant], src: str
) -> list[SourceTag]:
    """Return the sources of an image: those of a CDN, or files beside ``src``."""
    if shown.remote:
        return _remote_sources(shown.remote, shown.sizes)
    return _sources(shown.specs, variants, src, shown.asset, shown.sizes)


def _remote_sources(candidates: Iterable[RemoteCandidate], sizes: str) -> list[SourceTag]:
    by_format: dict[str | None, list[str]] = {}
    for each in sorted(candidates, key=lambda each: each.width):
        by_format.setdefault(each.format, []).append(f"{_escape_url(each.url)} {each.width}w")
    order = dict.fromkeys(each.format for each in candidates)
    return [
        SourceTag(type=kind and mime_of(kind), srcset=", ".join(by_format[kind]), sizes=sizes, media=None)
        for kind in order
    ]


def _sources(
    specs: Iterable[VariantSpec], variants: Mapping[VariantSpec, Variant], src: str, asset: Asset, sizes: str
) -> list[SourceTag]:
    """Return one ``<source>`` per format, in the plan's order, candidates by width; animations have one candidate."""
    folder = _url_folder(src)
    if not asset.path.isascii():
        folder = _as_on_disk(folder, posixpath.dirname(asset.path))
    by_format: dict[str, list[tuple[int, str]]] = {}
    for spec in specs:
        variant = variants.get(spec)
        if variant is not None:
            name = filenames.variant_file(asset, variant)
            by_format.setdefault(spec.format, []).append((spec.width, folder + quote(name, errors="surrogateescape")))
    if asset.frames > 1:  # without a width descriptor the image keeps its intrinsic size
        return [
            SourceTag(type=mime_of(kind), srcset=candidates[0][1], sizes=None, media=None)
            for kind, candidates in by_format.items()
        ]
    return [
        SourceTag(
            type=mime_of(kind),
            srcset=", ".join(f"{url} {width}w" for width, url in sorted(candidates)),
            sizes=sizes,
            media=None,
        )
        for kind, candidates in by_format.items()
    ]


def _url_folder(src: str) -> str:
    """Return the folder of a URL as its author wrote it, escaped for ``srcset``."""
    path = src.partition("?")[0].partition("#")[0]
    return _escape_url(path[: max(path.rfind("/"), path.rfind("\\")) + 1])


def _as_on_disk(url: str, folder: str) -> str:
    """Return the URL of a folder in the Unicode form that its name has on disk: nothing else finds files in it."""
    written, names = url.split("/"), folder.split("/")
    for back in range(1, min(len(written) - 1, len(names)) + 1):  # the URL ends in a slash
        part, name = unquote(written[-1 - back]), names[-back]
        if unicodedata.normalize("NFC", part) != unicodedata.normalize("NFC", name):
            break
        if part != name:
            written[-1 - back] = quote(name, errors="surrogateescape")
    return "/".join(written)


@lru_cache(maxsize=1024)  # images share their folders
def _escape_url(url: str) -> str:
    """Escape a URL for ``srcset``, where spaces and outer commas separate the candidates."""
    url = re.sub(r"[\t\r\n]", "", url)
    return re.sub(r"\s|^,+|,+$", lambda match: quote(match[0]), url)
