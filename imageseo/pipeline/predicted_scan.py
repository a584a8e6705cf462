"""Predict the scan of a page after its plan is executed, without scanning it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from imageseo.model.image import Attribute, ImageRef, PageRegion, PageScan, Span, Variant, VariantSpec
from imageseo.model.plan import HeroInsert, PagePlan
from imageseo.pipeline.markup import ImageMarkup, hero_markup, image_markup
from imageseo.web.ai_labels import caption_with_label


def predicted_scan(html: bytes, plan: PagePlan, variants: Mapping[VariantSpec, Variant]) -> PageScan:
    """Return the plan's scan with its images as they will be published.

    ``html``: the page without edits. Spans and columns are those of that page; edits add no lines, so line numbers are
    correct in both.
    """
    plans = {image.ref.span: image for image in plan.images}
    refs = [
        _with_markup(ref, image_markup(plans[ref.span], variants)) if ref.span in plans else ref
        for ref in plan.scan.refs
    ]
    if plan.insert is not None:
        refs.append(_inserted_ref(html, plan.insert, hero_markup(plan.insert, variants)))
        refs.sort(key=lambda ref: ref.span)
    return replace(plan.scan, refs=tuple(refs))


def _with_markup(ref: ImageRef, markup: ImageMarkup) -> ImageRef:
    has_candidates = bool(markup.sources) or any(name == "srcset" for name, _ in markup.attributes)
    return replace(
        ref,
        attributes=(*ref.attributes, *_make_attributes(markup, ref.insert_at)),
        sources=markup.sources or ref.sources,
        is_processed=has_candidates or ref.is_processed,
    )


def _inserted_ref(html: bytes, insert: HeroInsert, markup: ImageMarkup) -> ImageRef:
    return ImageRef(
        span=Span(insert.at, insert.at),
        insert_at=insert.at,
        attributes=_make_attributes(markup, insert.at),
        line=html.count(b"\n", 0, insert.at) + 1,
        column=insert.at - html.rfind(b"\n", 0, insert.at),
        region=PageRegion.ARTICLE,
        caption=caption_with_label(insert.hero.caption, insert.label),
        disabled=(("ai-label", insert.label.declined),) if insert.label and insert.label.declined else (),
        sources=markup.sources,
        is_processed=bool(markup.sources),
    )


def _make_attributes(markup: ImageMarkup, at: int) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, value, Span(at, at)) for name, value in markup.attributes)
