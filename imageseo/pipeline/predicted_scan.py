"""What the scanner will find on a page once a plan is written into it, without a second scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from imageseo.model.image import Attribute, ImageRef, PageRegion, PageScan, Span, Variant, VariantSpec
from imageseo.model.plan import HeroInsert, PagePlan
from imageseo.pipeline.markup import ImageMarkup, hero_markup, image_markup
from imageseo.web.ai_labels import caption_with_label


def predicted_scan(html: bytes, plan: PagePlan, variants: Mapping[VariantSpec, Variant]) -> PageScan:
    """The plan's scan with its images as they will be published.

    ``html``: the page without our edits. Spans and columns stay those of that page: edits add no line, so a finding
    still names the line that holds its image in both.
    """
    plans = {image.ref.span: image for image in plan.images}
    refs = [
        _dressed(ref, image_markup(plans[ref.span], variants)) if ref.span in plans else ref for ref in plan.scan.refs
    ]
    if plan.insert is not None:
        refs.append(_inserted(html, plan.insert, hero_markup(plan.insert, variants)))
        refs.sort(key=lambda ref: ref.span)
    return replace(plan.scan, refs=tuple(refs))


def _dressed(ref: ImageRef, dress: ImageMarkup) -> ImageRef:
    return replace(
        ref,
        attributes=(*ref.attributes, *_attributes(dress, ref.insert_at)),
        sources=dress.sources or ref.sources,
        is_processed=bool(dress.sources) or ref.is_processed,
    )


def _inserted(html: bytes, insert: HeroInsert, dress: ImageMarkup) -> ImageRef:
    return ImageRef(
        span=Span(insert.at, insert.at),
        insert_at=insert.at,
        attributes=_attributes(dress, insert.at),
        line=html.count(b"\n", 0, insert.at) + 1,
        column=insert.at - html.rfind(b"\n", 0, insert.at),
        region=PageRegion.ARTICLE,
        caption=caption_with_label(insert.hero.caption, insert.label),
        sources=dress.sources,
        is_processed=bool(dress.sources),
    )


def _attributes(dress: ImageMarkup, at: int) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, value, Span(at, at)) for name, value in dress.attributes)
