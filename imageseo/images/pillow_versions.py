"""Versions of Pillow and of its libraries, read without its Python modules: a build without new images needs none."""

from __future__ import annotations

from functools import cache
from importlib import import_module

_PLACES = {
    "libjpeg_turbo": ("_imaging", "HAVE_LIBJPEGTURBO", "libjpeg_turbo_version"),
    "jpg": ("_imaging", "jpeg_encoder", "jpeglib_version"),
    "zlib_ng": ("_imaging", "HAVE_ZLIBNG", "zlib_ng_version"),
    "zlib": ("_imaging", "zip_encoder", "zlib_version"),
    "webp": ("_webp", "webpdecoder_version", "webpdecoder_version"),
    "avif": ("_avif", "libavif_version", "libavif_version"),
    "littlecms2": ("_imagingcms", "littlecms_version", "littlecms_version"),
}
"""Extension module of each library, the attribute that is there and true if it has the library, and its version's."""


def pillow_version() -> str:
    """Return Pillow's own version."""
    import PIL

    return PIL.__version__


@cache
def library_version(name: str) -> str | None:
    """Return what ``PIL.features.version`` returns: the version of a library, or None if Pillow is built without."""
    try:
        module, present, version = _PLACES[name]
        extension = import_module(f"PIL.{module}")
        return str(getattr(extension, version)) if getattr(extension, present) else None
    except (ImportError, AttributeError, KeyError):
        pass  # built without it, or another Pillow, which has it elsewhere
    from PIL import features

    return features.version(name)
