"""AVIF codec based on libaom: the smallest files at an acceptable encoding time."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from imageseo.images.pillow_versions import library_version
from imageseo.model.formats import mime_of, suffix_of
from imageseo.model.image import ContentType

if TYPE_CHECKING:
    from PIL.Image import Image


_TUNE = {"tune": "ssimulacra2"}
_SCREEN = {"tune-content": "screen"}  # palettes and repeated blocks also where libaom does not notice a screen


class Avif:
    """Encode as 4:2:0, or as 4:4:4 where colours have hard edges; one thread.

    Effort: libavif's speed, 0 (slowest) to 10; below 6 libaom takes five times as long.
    """

    name = "avif"
    mime = mime_of("avif")
    suffix = suffix_of("avif")
    keeps_alpha = True
    max_side: int | None = 32_768
    """px: libavif encodes twice as many, but its decoder, which browsers use too, rejects them."""
    default_speed = 6

    def version(self) -> str:
        from PIL import _avif

        # Include the decoder: the quality search scores decoded images.
        return f"1 libavif {library_version('avif')} {_avif.codec_versions()} tune=ssimulacra2, 4:4:4 as screen"

    def codings(self, kind: ContentType) -> tuple[str, ...]:
        return ("",) if kind is ContentType.PHOTO else ("4:4:4",)

    def encode(self, image: Image, *, quality: int, effort: int | None, xmp: bytes | None, coding: str = "") -> bytes:
        from PIL import AvifImagePlugin  # noqa: F401 - registers the format

        out = io.BytesIO()
        image.save(
            out,
            "AVIF",
            codec="aom",
            quality=quality,
            speed=self.default_speed if effort is None else effort,
            subsampling=coding or "4:2:0",
            # libaom's output differs between one and several threads; Pillow's default is the number of processors.
            max_threads=1,
            autotiling=False,
            # At quality 100 libaom is lossless and rejects the option "tune".
            advanced=(_TUNE | _SCREEN if coding else _TUNE) if quality < 100 else None,
            xmp=xmp or b"",
            exif=b"",
            icc_profile=b"",
        )
        return out.getvalue()


CODEC = Avif()
