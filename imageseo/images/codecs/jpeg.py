"""Progressive JPEG codec, for the fallback that every client can read."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from imageseo.images.pillow_versions import library_version
from imageseo.model.formats import mime_of, suffix_of
from imageseo.model.image import ContentType

if TYPE_CHECKING:
    from PIL.Image import Image


class Jpeg:
    """Encode as 4:2:0, progressive, with optimised Huffman tables. Effort is ignored. Transparency becomes white."""

    name = "jpeg"
    mime = mime_of("jpeg")
    suffix = suffix_of("jpeg")
    keeps_alpha = False
    max_side: int | None = 65_500
    """px: the limit of libjpeg; the format allows 65,535."""

    def version(self) -> str:
        return f"1 libjpeg {library_version('libjpeg_turbo') or library_version('jpg')}"

    def codings(self, kind: ContentType) -> tuple[str, ...]:
        return ("",)

    def encode(self, image: Image, *, quality: int, effort: int | None, xmp: bytes | None, coding: str = "") -> bytes:
        from PIL import Image as Images
        from PIL import JpegImagePlugin  # noqa: F401 - registers the format

        if image.mode == "RGBA":
            image = Images.alpha_composite(Images.new("RGBA", image.size, "white"), image).convert("RGB")
        out = io.BytesIO()
        image.save(
            out,
            "JPEG",
            quality=quality,
            progressive=True,
            optimize=True,
            subsampling="4:2:0",
            xmp=xmp or b"",
            comment=b"",
        )
        return out.getvalue()


CODEC = Jpeg()
