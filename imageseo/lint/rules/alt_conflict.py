"""An image that is marked as decorative is hidden from everybody.

``alt=""``, ``role="none"`` and ``role="presentation"`` say that an image shows nothing that matters. With ``tabindex``
or a global ``aria-*`` attribute it matters nevertheless: browsers then expose it, some as an image without a name (axe:
presentation-role-conflict). Remove one or the other. An image without ``alt`` and with such a role is reported by
``alt-missing``.

Bad (a warning):
    <img src="ornament-80x20.png" alt="" aria-label="A harbour">

Bad (a warning: the keyboard reaches it):
    <img src="ornament-80x20.png" alt="" tabindex="0">

Bad (a warning: a drawing):
    <svg role="none" aria-label="Star"><path d="M0 0h9v9z"/></svg>

Good:
    <img src="ornament-80x20.png" alt=""><img src="photo-1600x900.jpg" alt="A harbour" tabindex="0">

Good (hidden anyway):
    <img src="ornament-80x20.png" alt="" aria-hidden="true"><svg role="none"><path d="M0 0h9v9z"/></svg>
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from imageseo.lint.alt_text import is_unseen
from imageseo.model.facts import ImageFact, Problem, ProblemLocation
from imageseo.model.finding import Severity

if TYPE_CHECKING:
    from imageseo.web.accessibility.graphics import Graphic, PageGraphics

SEVERITY = Severity.WARN
LINT_ONLY = True
SOURCES = ("WCAG 1.1.1", "ACT 46ca7f", "axe presentation-role-conflict")


def check(images: Sequence[ImageFact], graphics: PageGraphics) -> Iterator[Problem]:
    for number, image in enumerate(images):
        ref = image.ref
        is_empty = ref.get("alt") == ""
        if not is_empty and (ref.get("alt") is None or ref.get("role") is None):
            continue
        graphic = graphics.image(number)
        if graphic is None or not _conflicts(graphic, is_empty) or is_unseen(ref, graphic):
            continue
        mark = 'alt=""' if is_empty else f'role="{(ref.get("role") or "").strip()}"'
        yield Problem(
            message=f"{image.name} is marked as decorative by {mark}, and exposed by {_reason(graphic)}",
            hint="remove the attribute if the image decorates; else name it in its `alt`",
            at=ref,
        )
    for drawing in graphics.drawn_decorations():
        if drawing.has_void_role and not drawing.is_hidden:
            yield Problem(
                message=f"a drawing is marked as decorative by its role, and exposed by {_reason(drawing)}",
                hint='remove one of the two; `role="img"` goes with a name',
                place=ProblemLocation(offset=drawing.element.offset),
            )


def _conflicts(graphic: Graphic, is_empty: bool) -> bool:
    from imageseo.web.accessibility.roles import written_role  # not needed by a build

    role = written_role(graphic.element.node.attr)
    if is_empty and role is None:
        return graphic.conflict is not None
    return graphic.has_void_role


def _reason(graphic: Graphic) -> str:
    return graphic.conflict or "the keyboard"
