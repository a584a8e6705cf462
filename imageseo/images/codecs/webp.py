"""WebP codec based on libwebp, for browsers without AVIF support."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from imageseo.images.pillow_versions import library_version
from imageseo.model.formats import mime_of, suffix_of
from imageseo.model.image import ContentType

if TYPE_CHECKING:
    from PIL.Image import Image


_LOSSLESS_EFFORT = 75
"""libwebp's second effort scale, 0 to 100, for lossless images only; 100 takes 2.5 times as long and saves 1.6 %."""


class WebP:
    """Encode lossily, or drawings losslessly: with few colours, else all pixels where that is smaller.

    Effort: libwebp's method, 0 (fastest) to 6. Quality of the coding ``palette``: the number of colours.
    """

    name = "webp"
    mime = mime_of("webp")
    suffix = suffix_of("webp")
    keeps_alpha = True
    max_side: int | None = 16_383
    default_method = 4

    def version(self) -> str:
        return f"3 libwebp {library_version('webp')}"

    def codings(self, kind: ContentType) -> tuple[str, ...]:
        return ("",) if kind is ContentType.PHOTO else ("palette", "lossless", "")

    def encode(self, image: Image, *, quality: int, effort: int | None, xmp: bytes | None, coding: str = "") -> bytes:
        from PIL import WebPImagePlugin  # noqa: F401 - registers the format

        lossless = coding in ("lossless", "palette")
        if coding == "palette":
            from imageseo.images.palette import reduce_colors

            image, effort = reduce_colors(image, quality), self.default_method  # method 6 saves nothing here
        out = io.BytesIO()
        image.save(
            out,
            "WEBP",
            lossless=lossless,
            quality=_LOSSLESS_EFFORT if lossless else quality,
            method=self.default_method if effort is None else effort,
            xmp=xmp or b"",
            exif=b"",
            icc_profile=b"",
        )
        return out.getvalue()


CODEC = WebP()
