"""What the scanner will find on a page once a plan is written into it, without a second scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from imageseo.model.image import Attribute, ImageRef, PageScan, Span, Variant, VariantSpec, Zone
from imageseo.model.plan import HeroInsert, PagePlan
from imageseo.pipeline.markup import Dress, dressed, dressed_hero
from imageseo.web.ai_labels import captioned


def published(html: bytes, plan: PagePlan, variants: Mapping[VariantSpec, Variant]) -> PageScan:
    """The plan's scan with its images as they will be published.

    ``html``: the page without our edits. Spans and columns stay those of that page: edits add no line, so a finding
    still names the line that holds its image in both.
    """
    plans = {image.ref.span: image for image in plan.images}
    refs = [_dressed(ref, dressed(plans[ref.span], variants)) if ref.span in plans else ref for ref in plan.scan.refs]
    if plan.insert is not None:
        refs.append(_inserted(html, plan.insert, dressed_hero(plan.insert, variants)))
        refs.sort(key=lambda ref: ref.span)
    return replace(plan.scan, refs=tuple(refs))


def _dressed(ref: ImageRef, dress: Dress) -> ImageRef:
    return replace(
        ref,
        attributes=(*ref.attributes, *_attributes(dress, ref.insert_at)),
        sources=dress.sources or ref.sources,
        ours=bool(dress.sources) or ref.ours,
    )


def _inserted(html: bytes, insert: HeroInsert, dress: Dress) -> ImageRef:
    return ImageRef(
        span=Span(insert.at, insert.at),
        insert_at=insert.at,
        attributes=_attributes(dress, insert.at),
        line=html.count(b"\n", 0, insert.at) + 1,
        column=insert.at - html.rfind(b"\n", 0, insert.at),
        zone=Zone.ARTICLE,
        caption=captioned(insert.hero.caption, insert.label),
        sources=dress.sources,
        ours=bool(dress.sources),
    )


def _attributes(dress: Dress, at: int) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, value, Span(at, at)) for name, value in dress.attributes)
