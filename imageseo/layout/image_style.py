"""What the style sheets of a page mean for its images."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field


class ImageStyle(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the page's style sheets mean for one ``<img>``. Each field holds the selector that is the reason.

    ``wrapper``: a ``<picture>`` around the image would change what this selector matches: ``figure > img``.
    ``picture``: it gives ``<picture>`` itself a box, which ``style="display:contents"`` on it would undo;
    ``picture_important``: but for its ``!important``.
    ``natural_size``: ``width`` and ``height`` attributes would change the shown size, because this selector sets a
    height, border or padding, and none sets a width.
    ``automatic``: the author's own ``width`` has no effect, because this selector sets ``width: auto``.
    ``stretched``: the same for an item of a flex or grid container that this selector makes one. With
    ``width: auto`` and ``height: auto`` such attributes, like those of ``natural_size``, change nothing.
    ``contained``: it makes the image an item that the size containment of ``sizes=auto`` would let shrink.
    ``layered``: it sets the width or height in a cascade layer: our ``auto``, which goes with such attributes and is in
    no layer, would win.
    ``attributes``: attributes that the build may add -> the selector that would match otherwise with that attribute.
    ``background``: it also loads the image's file, as a background, for an element of the page.
    ``hidden``: it hides the image or an element around it, on all screens, in the page as loaded.
    """

    wrapper: str | None = None
    picture: str | None = None
    picture_important: bool = False
    natural_size: str | None = None
    automatic: str | None = None
    stretched: str | None = None
    contained: str | None = None
    layered: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    background: str | None = None
    hidden: str | None = None


class PageStyles(Struct, frozen=True, kw_only=True, array_like=True):
    """The answer for one page, and all that it depends on.

    ``page``: digest of the page without its words. ``sheets``: site path -> digest of each sheet that was looked for.
    ``images``: by number of the image; none for those that no sheet affects.
    """

    page: bytes
    sheets: dict[str, str | None]
    images: dict[int, ImageStyle]
