"""PNG codec: lossless."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from imageseo.images.pillow_versions import library_version
from imageseo.model.formats import mime_of, suffix_of
from imageseo.model.image import ContentType

if TYPE_CHECKING:
    from PIL.Image import Image


class Png:
    """Encode losslessly; ``quality`` is ignored. Effort: zlib's level, 0 to 9."""

    name = "png"
    mime = mime_of("png")
    suffix = suffix_of("png")
    keeps_alpha = True
    max_side: int | None = None
    default_level = 9

    def version(self) -> str:
        return f"1 zlib {library_version('zlib_ng') or library_version('zlib')}"

    def codings(self, kind: ContentType) -> tuple[str, ...]:
        return ("lossless",)

    def encode(
        self, image: Image, *, quality: int, effort: int | None, xmp: bytes | None, coding: str = "lossless"
    ) -> bytes:
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        if xmp:
            info.add_itxt("XML:com.adobe.xmp", xmp.decode("utf-8"))
        out = io.BytesIO()
        level = self.default_level if effort is None else effort
        image.save(out, "PNG", compress_level=level, pnginfo=info, exif=b"", icc_profile=b"")
        return out.getvalue()


CODEC = Png()
