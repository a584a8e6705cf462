"""Links and buttons that show nothing but images, and have no name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from imageseo.model.facts import ImageFact

if TYPE_CHECKING:
    from imageseo.web.accessibility.graphics import Graphic, PageGraphics


class UnnamedControl(NamedTuple):
    """A link or button. ``image``: the first ``<img>`` in it; None if it shows other images only."""

    graphic: Graphic
    image: ImageFact | None


def unnamed_controls(images: Sequence[ImageFact], graphics: PageGraphics, *, links: bool) -> Iterator[UnnamedControl]:
    """Yield the links, or the buttons. Those with an image that ``alt-missing`` reports are left out."""
    from imageseo.web.accessibility.graphics import is_link

    if not graphics.has_drawings and not any(map(_may_name_nothing, images)):
        return
    numbers = {graphic.element.node: number for number, graphic in enumerate(graphics.images) if graphic is not None}
    for control, inside in graphics.controls.items():
        if is_link(control) is not links:
            continue
        found = graphics.unnamed(control)
        if found is None:
            continue
        shown = [number for each in inside if (number := numbers.get(each)) is not None and number < len(images)]
        if not any(_is_reported(images[number], graphics.images[number]) for number in shown):
            yield UnnamedControl(found, images[shown[0]] if shown else None)


def _may_name_nothing(image: ImageFact) -> bool:
    from imageseo.web.accessibility.names import is_blank

    alt = image.ref.get("alt")
    return is_blank(alt) if alt is not None else image.ref.get("role") is not None


def _is_reported(image: ImageFact, graphic: Graphic | None) -> bool:
    """Whether ``alt-missing`` reports an image."""
    if image.ref.get("alt") is not None or graphic is None:
        return False
    return graphic.needs_name and not graphic.is_hidden and not graphic.name.text
