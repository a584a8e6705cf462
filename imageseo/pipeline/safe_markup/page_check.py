"""Leaves a page unchanged if its edits would make another page of it for some browsers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from imageseo.model.edit import Edit
from imageseo.model.image import Variant, VariantSpec
from imageseo.model.plan import MarkupChoice, MarkupForm, PagePlan
from imageseo.pipeline.safe_markup import same_page
from imageseo.web.html import edits

_REASON = "browsers without scripts read the page in another way, since something in <noscript> does not end there"
_NOT_CHANGED = MarkupChoice(form=MarkupForm.NONE, reason=_REASON, sized=False, styled=False)


def checked_plan(
    html: bytes, plan: PagePlan, edits_of: Callable[[PagePlan, Mapping[VariantSpec, Variant]], tuple[Edit, ...]]
) -> PagePlan:
    """Return the plan; one that changes nothing if its edits are not safe. ``html``: the page without edits.

    ``edits_of``: the edits of a plan with all its variants.
    """
    if b"<noscript" not in html.lower() or not same_page.depends_on_scripts(html.lower().decode("latin-1")):
        return plan
    variants = {spec: Variant(spec=spec, sha256="0" * 64, bytes=1) for spec in plan.specs}
    changed = edits.apply(html, edits_of(plan, variants))
    if same_page.is_same_page(html, changed):
        return plan
    return replace(
        plan,
        scan=replace(plan.scan, head_end=None),
        images=tuple(
            replace(image, specs=(), attributes=(), auto_sizes=False, choice=_NOT_CHANGED, versions=(), remote=())
            for image in plan.images
        ),
        insert=None,
        not_inserted=plan.not_inserted or (_REASON if plan.insert is not None else None),
        preloads=(),
        estimates=(),
    )
